// ControlGroup: a control group of our own with a limit of memory, for one workload at a time.
//
//   v2   PARENT/cgroup.controllers names memory     memory.max             memory.events: oom_kill
//   v1   PARENT/memory.limit_in_bytes               memory.limit_in_bytes  memory.oom_control
//
// GROUP-GIVEN    groups are made only below a directory that the user gives: who runs a machine
//                (an init system, a container's keeper) counts what is in its groups
// GROUP-SWAP     swapping is off where the machine lets us: it would hide the limit
// GROUP-REMOVED  the destructor kills what is left in the group and removes it; a program that
//                makes one must not be ended by a signal that it could have caught
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace stress {

class ControlGroup {
 public:
    // parent: a directory of a control group file system. nullptr, and why in *reason: there is no
    // memory controller, or it may not be used.
    [[nodiscard]] static std::unique_ptr<ControlGroup> make(const std::string& parent,
                                                            std::string* reason);
    ControlGroup(const ControlGroup&) = delete;
    ControlGroup& operator=(const ControlGroup&) = delete;
    ~ControlGroup();

    [[nodiscard]] bool set_limit(uint64_t bytes);
    // The file that a process writes its number into to join.
    [[nodiscard]] std::string processes() const { return path_ + "/cgroup.procs"; }
    // How many processes of the group the kernel killed for lack of memory, ever.
    [[nodiscard]] uint64_t kills() const;
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] bool is_v2() const { return v2_; }

 private:
    ControlGroup(std::string path, bool v2);

    std::string path_;
    bool v2_;
};

}  // namespace stress

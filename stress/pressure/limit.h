// Limit: one limit of memory that a workload runs under, and how a process comes under it.
//
//   as      RLIMIT_AS    all addresses that are mapped; the kernel refuses to map more
//   data    RLIMIT_DATA  what of these is private and writable (but for the stack); likewise
//   bound   the library's own bound: the command gets --bytes-max; the library refuses
//   cgroup  a control group (control_group.h): the kernel does not refuse, it kills. So the command
//           gets --bytes-max as well, below the group's limit by what the process itself takes
//
// LIMIT-SOFT  the limits of as and data are soft: the process may lift them (--again)
// LIMIT-CHILD a limit is set by a launcher that then becomes the command: nobody else is under it
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stress {

enum class LimitKind : uint8_t { as, data, bound, cgroup };

[[nodiscard]] const char* limit_name(LimitKind kind);
[[nodiscard]] std::optional<LimitKind> limit_named(std::string_view name);

using Command = std::vector<std::string>;

// Launcher: a program whose first argument is kLaunch calls launch() with what follows.
inline constexpr const char* kLaunch = "--launch";

// The command that runs command under RLIMIT_AS or RLIMIT_DATA of so many bytes, or in a group
// whose list of processes is the file group; launcher is a program as above. kind: as, data,
// cgroup.
[[nodiscard]] Command launched(const std::string& launcher, LimitKind kind,
                               const std::string& bytes_or_group, const Command& command);

// arguments: what launched() put behind kLaunch. Does not return when the command runs: else 127,
// with a message.
[[nodiscard]] int launch(const std::vector<std::string>& arguments);

// "1.5 MiB" for people.
[[nodiscard]] std::string in_words(uint64_t bytes);

}  // namespace stress

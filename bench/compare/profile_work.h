// The profile as work: the mix of stress/profile, 100 objects a line, in one structure on every
// system and in every mode.
//
//   newest -> directory ---> directory ---> ... the oldest          a directory is 128 bytes:
//             +---+---+---+---+                                     a link and 15 lists with
//             |   | o | o | ...                                     1,000 objects, or 10 lines
//             +---+-|-+---+---+
//                   v
//                  object 66 -> object 65 -> ... -> object 0        word 0 is the link
//
// All other words of an object tell which it is, and their place in it. Directories are objects of
// the system like all others, and newest is the only variable outside: nothing here grows with the
// lines. newest is a root where the system has a collector; a conservative one finds it on the
// stack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bench/compare/work.h"

namespace compare {

class ProfileWork : public Work {
 public:
    static constexpr size_t kDirectoryObjects = 1000;
    static constexpr size_t kListObjects = 67;  // in the last list fewer
    static constexpr size_t kLists = (kDirectoryObjects + kListObjects - 1) / kListObjects;
    static constexpr size_t kDirectoryBytes = (1 + kLists) * sizeof(void*);

    ProfileWork(uint64_t lines, uint64_t seed);

    [[nodiscard]] bool open(MorphMemContext* context) override;
    [[nodiscard]] Outcome run() override;
    [[nodiscard]] Outcome run_in_steps(const Step& step) override;
    [[nodiscard]] bool check(Sample* sample) override;
    void drop() override { newest_ = nullptr; }
    [[nodiscard]] Outcome allocate_only(bool references) override;
    void write_again() override;

 private:
    struct Next {  // what the pattern says of one object
        uint32_t size;
        uint32_t type;
    };

    // Directories from the oldest on, objects from index 0 on; a directory is begun, then filled.
    [[nodiscard]] uint64_t directories() const;
    [[nodiscard]] uint64_t objects_in(uint64_t directory) const;
    [[nodiscard]] bool begin_directory();
    template <bool kLink, bool kFill>
    [[nodiscard]] bool fill_directory(uint64_t directory);
    template <bool kLink, bool kFill>
    [[nodiscard]] Outcome run_as(uint64_t first, uint64_t last);
    // action(index, object) for every object, from the newest list to the oldest. false: a list
    // ends too early, or action gave false.
    template <typename Action>
    [[nodiscard]] bool for_each(Action action) const;
    void store(void* object, void** slot, void* value) const;
    [[nodiscard]] uint64_t payload_of(uint64_t objects) const;

    const uint64_t objects_;
    MorphMemContext* context_ = nullptr;
    bool collected_ = false;  // stores take the barrier
    uint32_t directory_type_ = MORPH_TYPE_INVALID;
    std::array<Next, kDirectoryObjects> pattern_{};
    std::array<uint8_t, kDirectoryObjects> kinds_{};
    void* newest_ = nullptr;
};

}  // namespace compare

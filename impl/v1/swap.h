// Swap: pages that were not used for a while, in a file; read back by the kernel when touched.
//
//   page in memory          file, unlinked: gone with the process
//   +-----------+  write    +--------+--------+--------+--------
//   | contents  |---------->| unit 0 | unit 1 | unit 2 | ...        a bit says which are in use
//   +-----------+           +--------+--------+--------+--------
//         ^                      |
//         +---- mapped privately over the same address
//
// A load of a swapped page reads it from the file, a store gets a copy of its own: nobody has to
// know, nothing can fault, there is no signal handler. (The first system made the page inaccessible
// and had no handler either.) It happens on the program's thread, inside an allocating call, so
// nobody writes to the page meanwhile.
//
// Whatever fails (no space, a limit, too many mappings), the page stays as it is.
//
// fork: parent and child would share the file, and one would overwrite what the other still reads.
// A child of fork may exec or _exit; it must not go on with the heap while swapping is on.
//
// Invariants (checked by Swap::check):
//   SWAP-SLOTS   units in use are as many as bits are set; all lie inside the file
//   SWAP-KEPT    a page's units are its own until a later swap_out of it, or forget
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/error.h"
#include "chunk/source.h"
#include "os/swap_file.h"

namespace morph {

class Swap {
 public:
    struct Stats {
        uint64_t pages_out;    // swapped out, ever
        uint64_t bytes_out;    // ditto
        uint64_t refused;      // calls of swap_out that left the page as it was
        size_t bytes_in_file;  // of pages that are swapped now
        size_t file_bytes;     // length of the file
    };

    Swap() = default;
    Swap(const Swap&) = delete;
    Swap& operator=(const Swap&) = delete;
    ~Swap() { close(); }

    // nullptr: no swapping. The table of units comes from source, which must outlive this.
    // MORPH_ERROR_IO: nothing can be written there; MORPH_ERROR_UNSUPPORTED: on this system, or
    // under a tool that watches memory and would not follow.
    MorphCode open(const char* directory, Source& source, ErrorState& errors);
    void close();  // after the last page is unmapped, or is never touched again
    [[nodiscard]] bool on() const { return file_.is_open(); }

    // Writes a page (whole pages of the system) and maps the file over it. *swap_id: 0, or what the
    // last swap_out of this page left there; on success the new one, and the old one is forgotten.
    // false: the page and *swap_id are as they were.
    [[nodiscard]] bool swap_out(void* page, size_t bytes, uint64_t* swap_id);
    // Its page is unmapped, or will be mapped anew, or is never touched again. 0 is fine.
    void forget(uint64_t swap_id);

    [[nodiscard]] Stats stats() const { return stats_; }
    // nullptr, or the id of the first broken invariant. O(units).
    [[nodiscard]] const char* check() const;

 private:
    // 0, or why nothing can be written.
    [[nodiscard]] int try_a_unit();
    // First fit, from the lowest unit that may be free.
    [[nodiscard]] bool take_units(size_t count, size_t* first);
    [[nodiscard]] bool find_units(size_t count, size_t begin, size_t end, size_t* first) const;
    [[nodiscard]] bool grow(size_t count);
    void give_units(size_t first, size_t count);
    [[nodiscard]] bool in_use(size_t unit) const {
        return (bits_[unit / 64] >> unit % 64 & 1) != 0;
    }

    os::SwapFile file_;
    Source* source_ = nullptr;
    uint64_t* bits_ = nullptr;  // a bit for each unit: in use
    size_t units_ = 0;          // bits there are, a multiple of 64
    size_t units_in_use_ = 0;
    size_t next_ = 0;  // where a search begins
    size_t unit_bytes_ = 0;
    Stats stats_ = {};
};

}  // namespace morph

// Pages from the operating system: the only place that maps and unmaps memory.
//
// Mapping n bytes aligned to more than a page, cheapest first:
//   1. map exactly n bytes, hinting at the address that the caller expects to be free and aligned
//   2. not aligned: give it back and hint at the aligned address next below it
//   3. map n + alignment bytes and trim both ends
//   4. refused (RLIMIT_AS has room for n but not for more): hint at further aligned addresses
// A mapping holds exactly the bytes asked for once the call has returned.
#pragma once

#include <cstddef>

namespace morph::os {

// Size of the pages in which memory is mapped: all sizes below are multiples of it. The library
// reckons in 4 KiB (kPageBytes); systems with larger pages round up by themselves.
//
// Zeroed memory, aligned to `alignment` (a power of two from the page size). hint: where it might
// lie, or nullptr. nullptr when the system refuses; nothing is mapped then.
[[nodiscard]] void* map_pages(size_t bytes, size_t alignment, void* hint);

// Gives back exactly what map_pages gave. If the system cannot forget the addresses (it can run
// out of mapping records), their memory at least is given back.
void unmap_pages(void* address, size_t bytes);

// Asks for pages of 2 MiB behind a range, where the system leaves that to the program. A hint: has
// no effect but on speed and on how early memory becomes resident.
void prefer_huge_pages(void* address, size_t bytes);

// Whole pages of a mapping can be read and written from here on, or not at all (a touch faults);
// their contents stay. false: the system refused, which it may when that splits a mapping; some of
// the pages may have changed then.
[[nodiscard]] bool protect_pages(void* address, size_t bytes, bool accessible);

}  // namespace morph::os

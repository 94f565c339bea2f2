// Memory of the recorder: it must not ask the allocator that it watches.
#pragma once

#include <cstddef>
#include <sys/mman.h>

namespace trace {

// Zeroed; nullptr when there is none.
inline void* map_pages(size_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace trace

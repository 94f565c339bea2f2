// A memory system whose calls take as long as they are told, for the calibration of the sampler: it
// is in a file of its own, so that calls of it go by way of the wrappers.
#include "bench/compare/spinning_memory.h"

#include <chrono>

#include "morph/mem.h"

namespace compare {

double spin(uint64_t microseconds) {
    const auto start = std::chrono::steady_clock::now();
    const auto end = start + std::chrono::microseconds(microseconds);
    auto now = start;
    while (now < end) now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - start).count();
}

}  // namespace compare

extern "C" {

void* morph_mem_alloc(MorphMemContext*, size_t size, uint32_t) {
    (void)compare::spin(size);
    return nullptr;
}

void* morph_mem_realloc(MorphMemContext*, void*, size_t, size_t new_size, uint32_t) {
    (void)compare::spin(new_size);
    return nullptr;
}

MorphCode morph_mem_free(MorphMemContext*, void* object) {
    (void)compare::spin(reinterpret_cast<uintptr_t>(object));
    return MORPH_OK;
}

}  // extern "C"

#include "os/pages.h"

#include <cstdint>

#if defined(_WIN32)
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace morph::os {
namespace {

constexpr int kFurtherHints = 32;  // aligned addresses tried where over-mapping is refused

uintptr_t round_down(uintptr_t number, size_t alignment) {
    return number & ~(alignment - 1);
}

bool is_aligned(const void* address, size_t alignment) {
    return (reinterpret_cast<uintptr_t>(address) & (alignment - 1)) == 0;
}

#if defined(_WIN32)

// Reserves and commits in one step. A hint that is taken makes the call fail, not move.
void* map_anywhere(size_t bytes, uintptr_t hint) {
    return VirtualAlloc(reinterpret_cast<void*>(hint), bytes, MEM_RESERVE | MEM_COMMIT,
                        PAGE_READWRITE);
}

void unmap_whole(void* address, size_t) {
    VirtualFree(address, 0, MEM_RELEASE);
}

// Address space cannot be trimmed here: find an aligned hole by reserving too much, let go of it,
// and take the part wanted. Another thread may be quicker: then again.
void* map_trimmed(size_t bytes, size_t alignment) {
    for (int attempt = 0; attempt < kFurtherHints; ++attempt) {
        void* hole = VirtualAlloc(nullptr, bytes + alignment, MEM_RESERVE, PAGE_NOACCESS);
        if (hole == nullptr) return nullptr;
        uintptr_t begin = round_down(reinterpret_cast<uintptr_t>(hole) + alignment - 1, alignment);
        VirtualFree(hole, 0, MEM_RELEASE);
        void* address = map_anywhere(bytes, begin);
        if (address != nullptr) return address;
    }
    return nullptr;
}

#else

void* map_anywhere(size_t bytes, uintptr_t hint) {
    void* address = mmap(reinterpret_cast<void*>(hint), bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address == MAP_FAILED ? nullptr : address;
}

void unmap_whole(void* address, size_t bytes) {
    // Fails only when a mapping had to be split and the kernel has no record left for the second
    // half. Then the pages can still be given back; the addresses stay taken.
    if (munmap(address, bytes) != 0) madvise(address, bytes, MADV_DONTNEED);
}

void* map_trimmed(size_t bytes, size_t alignment) {
    size_t whole = bytes + alignment;
    if (whole < bytes) return nullptr;
    void* address = map_anywhere(whole, 0);
    if (address == nullptr) return nullptr;
    uintptr_t begin = reinterpret_cast<uintptr_t>(address);
    uintptr_t wanted = round_down(begin + alignment - 1, alignment);
    uintptr_t end = begin + whole;
    size_t before = wanted - begin;
    size_t after = end - (wanted + bytes);
    // The tail first: if that fails, everything is still one piece and can be given back.
    if (after != 0 && munmap(reinterpret_cast<void*>(wanted + bytes), after) != 0) {
        unmap_whole(address, whole);
        return nullptr;
    }
    if (before != 0 && munmap(address, before) != 0) {
        unmap_whole(address, before + bytes);
        return nullptr;
    }
    return reinterpret_cast<void*>(wanted);
}

#endif

// As map_anywhere, but nothing stays mapped if the result is not aligned. *place: where the
// system put it, for a better hint.
void* map_if_aligned(size_t bytes, size_t alignment, uintptr_t hint, uintptr_t* place) {
    void* address = map_anywhere(bytes, hint);
    if (address == nullptr) return nullptr;
    if (is_aligned(address, alignment)) return address;
    *place = reinterpret_cast<uintptr_t>(address);
    unmap_whole(address, bytes);
    return nullptr;
}

}  // namespace

void* map_pages(size_t bytes, size_t alignment, void* hint) {
    uintptr_t place = 0;
    void* address = map_if_aligned(bytes, alignment, reinterpret_cast<uintptr_t>(hint), &place);
    if (address != nullptr) return address;
#if defined(_WIN32)
    if (place == 0) address = map_if_aligned(bytes, alignment, 0, &place);
    if (address != nullptr) return address;
#endif
    if (place == 0) return nullptr;  // refused as such: there is no memory
    address = map_if_aligned(bytes, alignment, round_down(place, alignment), &place);
    if (address != nullptr) return address;
    address = map_trimmed(bytes, alignment);
    if (address != nullptr) return address;

    // Systems map downwards or upwards: look in both directions from where there was room.
    uintptr_t below = round_down(place, alignment);
    uintptr_t above = below + alignment;
    for (int step = 0; step < kFurtherHints; ++step) {
        bool down = step % 2 == 0;
        uintptr_t next = down ? below : above;
        if (next == 0 || next > UINTPTR_MAX - bytes) continue;
        uintptr_t ignored = 0;
        address = map_if_aligned(bytes, alignment, next, &ignored);
        if (address != nullptr) return address;
        if (down) {
            below = below > alignment ? below - alignment : 0;
        } else {
            above += alignment;
        }
    }
    return nullptr;
}

void unmap_pages(void* address, size_t bytes) {
    unmap_whole(address, bytes);
}

void prefer_huge_pages(void* address, size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    madvise(address, bytes, MADV_HUGEPAGE);
#else
    (void)address;
    (void)bytes;
#endif
}

bool protect_pages(void* address, size_t bytes, bool accessible) {
#if defined(_WIN32)
    DWORD before = 0;
    return VirtualProtect(address, bytes, accessible ? PAGE_READWRITE : PAGE_NOACCESS, &before) !=
           0;
#else
    return mprotect(address, bytes, accessible ? PROT_READ | PROT_WRITE : PROT_NONE) == 0;
#endif
}

}  // namespace morph::os

// What the tools that watch memory are told about ours: AddressSanitizer, Valgrind, or nobody.
//
//   state        ASan             Valgrind (memcheck)      used for
//   no access    poisoned         no access                free and never allocated memory, guards
//   undefined    accessible       undefined                an object handed out
//   defined      accessible       defined                  zeroed memory, the library's own records
//
// A room asks marks_active() once, when it is created, and keeps the answer ("instrumented"). If it
// is true, the inline fast paths are pinned off, every object handed out is made accessible for
// exactly its bytes, and everything freed loses access. If it is false none of the functions below
// need be called. Memory that goes back to the system must be made accessible first
// (mark_undefined): the next owner of the addresses inherits the marks. Source does it for chunks
// and metadata.
//
// A mark pool groups objects for Valgrind, so that its reports tell where an object was allocated
// and freed. Its anchor is any address of the library's that stays until mark_pool_destroy.
//
// An atomic is said to helgrind and DRD, which cannot tell its accesses from others.
//
// A context's home is a block to memcheck, as if malloc had given it: one that nobody points to any
// more is a leak. (Homes of arenas, pools and heaps are not: their own chunks point to them.)
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define MORPH_MARKS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MORPH_MARKS_ASAN 1
#endif
#endif

#if defined(MORPH_MARKS_ASAN)
#include <cstdlib>
#include <sanitizer/asan_interface.h>
#elif !defined(MORPH_NO_VALGRIND) && defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/drd.h>
#include <valgrind/helgrind.h>
#include <valgrind/memcheck.h>
#define MORPH_MARKS_VALGRIND 1
#endif
#endif

namespace morph {

#if defined(MORPH_MARKS_ASAN)

// With MORPH_ASAN_MARKS=0 a process runs what programs run that no tool watches: the fast paths,
// under the checks that the compiler put into them.
inline bool marks_active() {
    static const bool wanted = [] {
        const char* value = getenv("MORPH_ASAN_MARKS");
        return value == nullptr || value[0] != '0';
    }();
    return wanted;
}
inline void mark_no_access(const void* address, size_t bytes) {
    __asan_poison_memory_region(address, bytes);
}
inline void mark_undefined(const void* address, size_t bytes) {
    __asan_unpoison_memory_region(address, bytes);
}
inline void mark_defined(const void* address, size_t bytes) {
    __asan_unpoison_memory_region(address, bytes);
}
inline void mark_atomic(const void*, size_t) {}
inline void mark_home(const void*, size_t) {}
inline void mark_home_gone(const void*) {}
inline void mark_pool_create(const void*) {}
inline void mark_pool_destroy(const void*) {}
inline void mark_pool_trim(const void*, const void*, size_t) {}
inline void mark_allocated(const void*, const void* object, size_t size) {
    __asan_unpoison_memory_region(object, size);
}
inline void mark_freed(const void*, const void* object, size_t size) {
    __asan_poison_memory_region(object, size);
}
inline void mark_resized(const void*, const void*, size_t) {}

#elif defined(MORPH_MARKS_VALGRIND)

inline bool marks_active() {
    return RUNNING_ON_VALGRIND != 0;
}
inline void mark_no_access(const void* address, size_t bytes) {
    (void)VALGRIND_MAKE_MEM_NOACCESS(address, bytes);
}
inline void mark_undefined(const void* address, size_t bytes) {
    (void)VALGRIND_MAKE_MEM_UNDEFINED(address, bytes);
}
inline void mark_defined(const void* address, size_t bytes) {
    (void)VALGRIND_MAKE_MEM_DEFINED(address, bytes);
}

// Until the memory goes back to the system.
inline void mark_atomic(const void* address, size_t bytes) {
    VALGRIND_HG_DISABLE_CHECKING(address, bytes);
    VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_START_SUPPRESSION, address, bytes, 0, 0, 0);
}

// A context's own pages, zeroed; and before they go back.
inline void mark_home(const void* home, size_t bytes) {
    VALGRIND_MALLOCLIKE_BLOCK(home, bytes, 0, 1);
}
inline void mark_home_gone(const void* home) {
    VALGRIND_FREELIKE_BLOCK(home, 0);
}

// Opens and closes a group of objects. Closing it takes access from all that are left.
inline void mark_pool_create(const void* anchor) {
    VALGRIND_CREATE_MEMPOOL(anchor, 0, 0);
}
inline void mark_pool_destroy(const void* anchor) {
    VALGRIND_DESTROY_MEMPOOL(anchor);
}

// Frees every object of the group outside the range.
inline void mark_pool_trim(const void* anchor, const void* begin, size_t bytes) {
    VALGRIND_MEMPOOL_TRIM(anchor, begin, bytes);
}

// An object of exactly size bytes was handed out, contents undefined; and came back. mark_freed
// takes access from size bytes: pass the bytes the object occupied.
inline void mark_allocated(const void* anchor, const void* object, size_t size) {
    VALGRIND_MEMPOOL_ALLOC(anchor, object, size);
}
inline void mark_freed(const void* anchor, const void* object, size_t size) {
    VALGRIND_MEMPOOL_FREE(anchor, object);
    (void)VALGRIND_MAKE_MEM_NOACCESS(object, size);
}
// An object keeps its place and has another size from now on; access is the caller's to say. What
// Valgrind remembers of it counts when it is freed: a size from before would take access from a
// neighbour that moved into what the object gave up.
inline void mark_resized(const void* anchor, const void* object, size_t size) {
    VALGRIND_MEMPOOL_CHANGE(anchor, object, object, size);
}

#else

inline constexpr bool marks_active() {
    return false;
}
inline void mark_no_access(const void*, size_t) {}
inline void mark_undefined(const void*, size_t) {}
inline void mark_defined(const void*, size_t) {}
inline void mark_atomic(const void*, size_t) {}
inline void mark_home(const void*, size_t) {}
inline void mark_home_gone(const void*) {}
inline void mark_pool_create(const void*) {}
inline void mark_pool_destroy(const void*) {}
inline void mark_pool_trim(const void*, const void*, size_t) {}
inline void mark_allocated(const void*, const void*, size_t) {}
inline void mark_freed(const void*, const void*, size_t) {}
inline void mark_resized(const void*, const void*, size_t) {}

#endif

// Access to a range that carries no access (a guard, a freed slot) for the library's own reading
// and writing; at the end of the scope the range has no access again.
class MarkedAccess {
 public:
    MarkedAccess(const void* address, size_t bytes, bool instrumented)
        : address_(address), bytes_(instrumented ? bytes : 0) {
        if (bytes_ != 0) mark_defined(address_, bytes_);
    }
    MarkedAccess(const MarkedAccess&) = delete;
    MarkedAccess& operator=(const MarkedAccess&) = delete;
    ~MarkedAccess() {
        if (bytes_ != 0) mark_no_access(address_, bytes_);
    }

 private:
    const void* address_;
    size_t bytes_;
};

}  // namespace morph

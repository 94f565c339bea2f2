// The functions that the process would have called without the recorder: the next ones in its
// search order, be they libc's or those of another allocator.
//
// Finding them may itself ask for memory; that comes from a small static arena, which frees
// nothing.
#pragma once

#include <cstddef>

namespace trace {

struct RealFunctions {
    void* (*malloc)(size_t);
    void* (*calloc)(size_t, size_t);
    void* (*realloc)(void*, size_t);
    void (*free)(void*);
    int (*posix_memalign)(void**, size_t, size_t);
    void* (*aligned_alloc)(size_t, size_t);
    void* (*memalign)(size_t, size_t);
    void* (*valloc)(size_t);
    void* (*pvalloc)(size_t);
    size_t (*usable_size)(void*);
    int (*execve)(const char*, char* const*, char* const*);
    int (*execv)(const char*, char* const*);
    int (*execvp)(const char*, char* const*);
    int (*execvpe)(const char*, char* const*, char* const*);
    int (*fexecve)(int, char* const*, char* const*);
    void (*exit_now)(int);
};

// nullptr: this thread is inside the search for them.
const RealFunctions* real();

// Zeroed. alignment is a power of two. nullptr: the arena is used up.
void* bootstrap_allocate(size_t size, size_t alignment);
bool is_bootstrap(const void* object);
size_t bootstrap_size(const void* object);

}  // namespace trace

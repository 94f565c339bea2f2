// libmorph-trace.so: the functions that stand before those of the C library in a process that is
// started with LD_PRELOAD=libmorph-trace.so. Each does what the next one in the search order does,
// and tells the recorder.
#include <bit>
#include <cerrno>
#include <cstdint>
#include <unistd.h>

#include "stress/trace/preload/real.h"
#include "stress/trace/preload/recorder.h"

#define MORPH_INTERPOSED extern "C" __attribute__((visibility("default")))

namespace trace {
namespace {

// The recorder's work must not be seen in errno.
class Visit {
 public:
    Visit() : error_(errno), entered_(recorder().enter()) {}
    ~Visit() {
        if (entered_) recorder().leave();
        errno = error_;
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    [[nodiscard]] bool entered() const { return entered_; }

 private:
    int error_;
    bool entered_;
};

void* tell_allocated(Kind kind, void* object, uint64_t size, uint64_t alignment = 1) {
    const Visit visit;
    // Sizes that no machine has fail, and are told as the largest.
    const uint64_t told = size < kSizeMax ? size : kSizeMax;
    const auto log2 = static_cast<unsigned>(std::countr_zero(alignment));
    if (visit.entered()) recorder().allocated(kind, object, told, log2);
    return object;
}

void tell_freed(const void* object) {
    const Visit visit;
    if (visit.entered()) recorder().freed(recorder().take(object));
}

// What was taken out of the arena goes to the process's allocator, which can resize it.
void* move_out(const void* object, size_t size) {
    void* moved = tell_allocated(Kind::plain, real()->malloc(size), size);
    const size_t old_size = bootstrap_size(object);
    if (moved != nullptr) std::memcpy(moved, object, old_size < size ? old_size : size);
    return moved;
}

void* resize(const RealFunctions& next, void* object, size_t size) {
    uint64_t name = 0;
    bool told = false;
    {
        const Visit visit;
        told = visit.entered();
        if (told) name = recorder().take(object);
    }
    void* moved = next.realloc(object, size);
    const Visit visit;
    if (told && visit.entered()) {
        recorder().resized(name, object, moved, size < kSizeMax ? size : kSizeMax);
    }
    return moved;
}

// What the C library makes of an alignment that is none. One beyond all sizes fails.
size_t power_of_two(size_t alignment) {
    return alignment <= kSizeMax ? std::bit_ceil(alignment) : 1;
}

void flush_before_the_end() {
    const Visit visit;
    if (visit.entered()) recorder().flush_all();
}

__attribute__((destructor)) void at_exit() {
    const Visit visit;
    if (visit.entered()) recorder().finish();
}

}  // namespace
}  // namespace trace

using trace::Kind;
using trace::RealFunctions;

// The C library's own names of the parameters are reserved ones.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)

MORPH_INTERPOSED void* malloc(size_t size) noexcept {
    const RealFunctions* next = trace::real();
    if (next == nullptr) return trace::bootstrap_allocate(size, 1);
    return trace::tell_allocated(Kind::plain, next->malloc(size), size);
}

MORPH_INTERPOSED void* calloc(size_t count, size_t size) noexcept {
    const RealFunctions* next = trace::real();
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
    if (next == nullptr) return trace::bootstrap_allocate(bytes, 1);
    return trace::tell_allocated(Kind::zeroed, next->calloc(count, size), bytes);
}

MORPH_INTERPOSED void free(void* object) noexcept {
    const RealFunctions* next = trace::real();
    if (object == nullptr || next == nullptr || trace::is_bootstrap(object)) return;
    trace::tell_freed(object);
    next->free(object);
}

MORPH_INTERPOSED void* realloc(void* object, size_t size) noexcept {
    const RealFunctions* next = trace::real();
    if (next == nullptr) {
        void* moved = trace::bootstrap_allocate(size, 1);
        const size_t old_size = object != nullptr ? trace::bootstrap_size(object) : 0;
        if (moved != nullptr && object != nullptr) {
            std::memcpy(moved, object, old_size < size ? old_size : size);
        }
        return moved;
    }
    if (object == nullptr) {
        return trace::tell_allocated(Kind::plain, next->realloc(nullptr, size), size);
    }
    if (trace::is_bootstrap(object)) return trace::move_out(object, size);
    if (size == 0) {
        // Frees; what some allocators give in its place is another object.
        trace::tell_freed(object);
        void* other = next->realloc(object, 0);
        return other == nullptr ? nullptr : trace::tell_allocated(Kind::plain, other, 0);
    }
    return trace::resize(*next, object, size);
}

MORPH_INTERPOSED void* reallocarray(void* object, size_t count, size_t size) noexcept {
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        (void)trace::tell_allocated(Kind::plain, nullptr, SIZE_MAX);
        errno = ENOMEM;
        return nullptr;
    }
    return realloc(object, bytes);
}

MORPH_INTERPOSED int posix_memalign(void** object, size_t alignment, size_t size) noexcept {
    const RealFunctions* next = trace::real();
    if (next == nullptr) {
        *object = trace::bootstrap_allocate(size, alignment);
        return *object != nullptr ? 0 : ENOMEM;
    }
    const int error = next->posix_memalign(object, alignment, size);
    (void)trace::tell_allocated(Kind::aligned, error == 0 ? *object : nullptr, size, alignment);
    return error;
}

MORPH_INTERPOSED void* aligned_alloc(size_t alignment, size_t size) noexcept {
    const RealFunctions* next = trace::real();
    const size_t rounded = trace::power_of_two(alignment);
    if (next == nullptr) return trace::bootstrap_allocate(size, rounded);
    return trace::tell_allocated(Kind::aligned, next->aligned_alloc(alignment, size), size,
                                 rounded);
}

MORPH_INTERPOSED void* memalign(size_t alignment, size_t size) noexcept {
    const RealFunctions* next = trace::real();
    const size_t rounded = trace::power_of_two(alignment);
    if (next == nullptr) return trace::bootstrap_allocate(size, rounded);
    return trace::tell_allocated(Kind::aligned, next->memalign(alignment, size), size, rounded);
}

MORPH_INTERPOSED void* valloc(size_t size) noexcept {
    const RealFunctions* next = trace::real();
    const auto page = static_cast<size_t>(getpagesize());
    if (next == nullptr) return trace::bootstrap_allocate(size, page);
    return trace::tell_allocated(Kind::aligned, next->valloc(size), size, page);
}

MORPH_INTERPOSED void* pvalloc(size_t size) noexcept {
    const RealFunctions* next = trace::real();
    const auto page = static_cast<size_t>(getpagesize());
    const size_t whole = size > SIZE_MAX - page ? size : (size + page - 1) & ~(page - 1);
    if (next == nullptr) return trace::bootstrap_allocate(whole, page);
    return trace::tell_allocated(Kind::aligned, next->pvalloc(size), whole, page);
}

MORPH_INTERPOSED size_t malloc_usable_size(void* object) noexcept {
    const RealFunctions* next = trace::real();
    if (object == nullptr) return 0;
    if (next == nullptr || trace::is_bootstrap(object)) return trace::bootstrap_size(object);
    return next->usable_size(object);
}

// The program goes and another one comes: what is not written now never is. (execl and its kin
// reach the C library past us: what their process has not written then is lost.)
MORPH_INTERPOSED int execve(const char* path, char* const* arguments,
                            char* const* environment) noexcept {
    const RealFunctions* next = trace::real();
    trace::flush_before_the_end();
    return next->execve(path, arguments, environment);
}

MORPH_INTERPOSED int execv(const char* path, char* const* arguments) noexcept {
    const RealFunctions* next = trace::real();
    trace::flush_before_the_end();
    return next->execv(path, arguments);
}

MORPH_INTERPOSED int execvp(const char* file, char* const* arguments) noexcept {
    const RealFunctions* next = trace::real();
    trace::flush_before_the_end();
    return next->execvp(file, arguments);
}

MORPH_INTERPOSED int execvpe(const char* file, char* const* arguments,
                             char* const* environment) noexcept {
    const RealFunctions* next = trace::real();
    trace::flush_before_the_end();
    return next->execvpe(file, arguments, environment);
}

MORPH_INTERPOSED int fexecve(int file, char* const* arguments, char* const* environment) noexcept {
    const RealFunctions* next = trace::real();
    trace::flush_before_the_end();
    return next->fexecve(file, arguments, environment);
}

// Ends at once, past every destructor.
MORPH_INTERPOSED void _exit(int status) {
    const RealFunctions* next = trace::real();
    trace::flush_before_the_end();
    next->exit_now(status);
    __builtin_trap();
}

MORPH_INTERPOSED void _Exit(int status) noexcept {
    _exit(status);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

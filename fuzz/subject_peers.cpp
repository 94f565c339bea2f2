// Peers: allocators in wide use, all of which must pass. malloc is that of the program itself (the
// sanitizer's in sanitizer builds); mimalloc and jemalloc are loaded beside it, so that they do not
// take its place.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <string>

#include "fuzz/subject_plugin.h"
#include "fuzz/subjects.h"

// Requests that no machine can serve must give NULL here as they do without sanitizers. A small
// quarantine keeps the model's objects in warm pages: a third more runs a second.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
    // Shadow of memory that comes and goes is cleared in place: mapping it anew costs a page fault
    // for each 32 KiB, again in each execution.
    return "allocator_may_return_null=1:quarantine_size_mb=8:"
           "clear_shadow_mmap_threshold=1073741824";
}

namespace suite {
namespace {

// posix_memalign's, because C11's aligned_alloc may refuse sizes that are no multiple.
constexpr size_t kLeastAlignment = sizeof(void*);

// No malloc serves this, and the C library says so; sanitizers and valgrind print a warning as
// well, so it is said here in its place.
bool beyond_any_malloc(size_t size) {
    return size > PTRDIFF_MAX;
}

// The standard functions of one shared object (or of the program).
struct Functions {
    void* (*allocate)(size_t) = nullptr;
    void* (*allocate_zeroed)(size_t, size_t) = nullptr;
    void* (*reallocate)(void*, size_t) = nullptr;
    int (*allocate_aligned)(void**, size_t, size_t) = nullptr;
    void (*free)(void*) = nullptr;
};

void* aligned_of(const Functions& functions, size_t size, size_t alignment) {
    void* object = nullptr;
    int error = functions.allocate_aligned(&object, std::max(alignment, kLeastAlignment), size);
    return error == 0 ? object : nullptr;
}

MorphSubject table(const char* name, const char* description, size_t alignment) {
    MorphSubject subject = {};
    subject.version = MORPH_SUBJECT_VERSION;
    subject.name = name;
    subject.description = description;
    subject.alignment = alignment;
    subject.allocate = [](void* self, size_t size) {
        return static_cast<const Functions*>(self)->allocate(size);
    };
    subject.allocate_zeroed = [](void* self, size_t size) {
        return static_cast<const Functions*>(self)->allocate_zeroed(1, size);
    };
    subject.allocate_aligned = [](void* self, size_t size, size_t asked) {
        return aligned_of(*static_cast<const Functions*>(self), size, asked);
    };
    subject.free = [](void* self, void* object, size_t) {
        static_cast<const Functions*>(self)->free(object);
    };
    subject.reallocate = [](void* self, void* object, size_t, size_t new_size) {
        return static_cast<const Functions*>(self)->reallocate(object, new_size);
    };
    return subject;
}

template <typename Function>
void look_up(void* object, const std::string& name, Function* function) {
    *function = reinterpret_cast<Function>(dlsym(object, name.c_str()));
}

// All five or none.
Functions load(const char* file, const std::string& prefix) {
    void* object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) return {};
    Functions functions;
    look_up(object, prefix + "malloc", &functions.allocate);
    look_up(object, prefix + "calloc", &functions.allocate_zeroed);
    look_up(object, prefix + "realloc", &functions.reallocate);
    look_up(object, prefix + "posix_memalign", &functions.allocate_aligned);
    look_up(object, prefix + "free", &functions.free);
    bool whole = functions.allocate != nullptr && functions.allocate_zeroed != nullptr &&
                 functions.reallocate != nullptr && functions.allocate_aligned != nullptr &&
                 functions.free != nullptr;
    return whole ? functions : Functions{};
}

void* self_or_null(const Functions& functions) {
    return functions.allocate != nullptr ? const_cast<Functions*>(&functions) : nullptr;
}

}  // namespace

SubjectEntry malloc_entry() {
    static constexpr Functions kFunctions{
        [](size_t size) { return beyond_any_malloc(size) ? nullptr : std::malloc(size); },
        [](size_t count, size_t size) {
            return beyond_any_malloc(size) ? nullptr : std::calloc(count, size);
        },
        [](void* object, size_t size) {
            return beyond_any_malloc(size) ? nullptr : std::realloc(object, size);
        },
        [](void** object, size_t alignment, size_t size) {
            return beyond_any_malloc(size) ? ENOMEM : posix_memalign(object, alignment, size);
        },
        std::free};
    static const MorphSubject kSubject = [] {
        MorphSubject subject = table("malloc", "the C library's malloc", 16);
        subject.open = [](const MorphSubjectSettings*) { return self_or_null(kFunctions); };
        return subject;
    }();
    return entry_of(kSubject, kSubject.name);
}

namespace {

// posix_memalign of mimalloc 2.0.9 gives wrong addresses (microsoft/mimalloc issue 700, mended
// later) for alignments of 256, 512 and 1,024 and sizes of 256, 512 and 1,024 that are multiples of
// them; always there, and nowhere else. Objects of one byte more are right.
constexpr int kMisalignedUpTo = 209;
constexpr size_t kSmallMax = 1024;

int (*mimalloc_aligned)(void**, size_t, size_t) = nullptr;

int around_issue_700(void** object, size_t alignment, size_t size) {
    const bool struck = size != 0 && size <= kSmallMax && size % alignment == 0;
    return mimalloc_aligned(object, alignment, struck ? size + 1 : size);
}

const Functions& mimalloc_functions() {
    static const Functions kFunctions = load("libmimalloc.so.2", "mi_");
    return kFunctions;
}

bool mimalloc_is_struck() {
    void* object = dlopen("libmimalloc.so.2", RTLD_NOW | RTLD_LOCAL);
    int (*version)() = nullptr;
    if (object != nullptr) look_up(object, "mi_version", &version);
    return version != nullptr && version() <= kMisalignedUpTo;
}

}  // namespace

// Both promise 16 bytes only to objects that are as large.
SubjectEntry mimalloc_entry() {
    static const MorphSubject kSubject = [] {
        MorphSubject subject = table("mimalloc", "mimalloc (libmimalloc.so.2), if installed", 8);
        subject.open = [](const MorphSubjectSettings*) {
            static const Functions kFunctions = [] {
                Functions functions = mimalloc_functions();
                if (!mimalloc_is_struck()) return functions;
                mimalloc_aligned = functions.allocate_aligned;
                functions.allocate_aligned = around_issue_700;
                return functions;
            }();
            return self_or_null(kFunctions);
        };
        return subject;
    }();
    return entry_of(kSubject, kSubject.name);
}

std::optional<SubjectEntry> misaligned_mimalloc_entry() {
    if (!mimalloc_is_struck()) return std::nullopt;
    static const MorphSubject kSubject = [] {
        MorphSubject subject = table("mimalloc 2.0.9", "mimalloc with issue 700", 8);
        subject.open = [](const MorphSubjectSettings*) {
            return self_or_null(mimalloc_functions());
        };
        return subject;
    }();
    return entry_of(kSubject, kSubject.name);
}

SubjectEntry jemalloc_entry() {
    static const MorphSubject kSubject = [] {
        MorphSubject subject = table("jemalloc", "jemalloc (libjemalloc.so.2), if installed", 8);
        subject.open = [](const MorphSubjectSettings*) {
            static const Functions kFunctions = load("libjemalloc.so.2", "");
            return self_or_null(kFunctions);
        };
        return subject;
    }();
    return entry_of(kSubject, kSubject.name);
}

}  // namespace suite

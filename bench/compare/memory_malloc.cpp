// compare-malloc: malloc, realloc and free of whatever library serves them in this process.
//
//   glibc               compare-malloc
//   mimalloc, jemalloc  LD_PRELOAD=libmimalloc.so.2 (libjemalloc.so.2) compare-malloc
//
// Objects that morph_mem_alloc gave go into one table, and those of morph_mem_realloc, which are
// the ones that come and go while a program runs, into another, where they are found in few steps.
#include <cstdlib>
#include <dlfcn.h>
#include <malloc.h>
#include <new>

#include "bench/compare/address_table.h"
#include "bench/compare/peer.h"
#include "bench/compare/system.h"

#if defined(__SANITIZE_ADDRESS__)
#define COMPARE_MALLOC_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COMPARE_MALLOC_IS_SANITIZED 1
#endif
#endif

namespace {

struct Context : compare::Peer {
    compare::AddressTable objects;
    compare::AddressTable resizable;
};

Context* of(MorphMemContext* context) {
    return static_cast<Context*>(context);
}

// Symbols that one library alone has.
constexpr std::string_view kNames[] = {"glibc", "mimalloc", "jemalloc"};
constexpr const char* kMarks[] = {"gnu_get_libc_version", "mi_version", "mallctl"};

const void* library_of(const char* symbol) {
    Dl_info info = {};
    void* address = dlsym(RTLD_DEFAULT, symbol);
    return address != nullptr && dladdr(address, &info) != 0 ? info.dli_fbase : nullptr;
}

// The library that serves malloc, as an index of kNames.
size_t loaded() {
    const void* serving = library_of("malloc");
    for (size_t i = 0; i < std::size(kNames); ++i) {
        if (serving != nullptr && library_of(kMarks[i]) == serving) return i;
    }
    return std::size(kNames);
}

template <typename Function>
Function* symbol(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

// Bytes committed, as mimalloc tells.
uint64_t mimalloc_bytes(bool peak) {
    using Info = void(size_t*, size_t*, size_t*, size_t*, size_t*, size_t*, size_t*, size_t*);
    size_t skip = 0;
    size_t now = 0;
    size_t most = 0;
    symbol<Info>("mi_process_info")(&skip, &skip, &skip, &skip, &skip, &now, &most, &skip);
    return peak ? most : now;
}

// "mapped": active extents and what they were rounded up to.
std::optional<uint64_t> jemalloc_bytes() {
    auto* control = symbol<int(const char*, void*, size_t*, void*, size_t)>("mallctl");
    uint64_t epoch = 1;
    size_t mapped = 0;
    size_t size = sizeof mapped;
    if (control("epoch", nullptr, nullptr, &epoch, sizeof epoch) != 0) return std::nullopt;
    if (control("stats.mapped", &mapped, &size, nullptr, 0) != 0) return std::nullopt;
    return mapped;
}

// nullptr as context: what the program around holds. mimalloc commits segments of 32 MiB, of which
// the first holds some of both; all of it is counted as the system's.
std::optional<uint64_t> asked(MorphMemContext* context, bool peak) {
    switch (loaded()) {
        case 0: {
            const struct mallinfo2 info = mallinfo2();
            return info.arena + info.hblkhd;
        }
        case 1:
            return context == nullptr ? 0 : mimalloc_bytes(peak);
        case 2:
            return jemalloc_bytes();
        default:
            return std::nullopt;
    }
}

}  // namespace

namespace compare {

std::span<const std::string_view> system_names() {
    return kNames;
}

std::string why_not(std::string_view name) {
#ifdef COMPARE_MALLOC_IS_SANITIZED
    if (name == kNames[0]) return "";  // the sanitizer's malloc, in tests
#endif
    const size_t index = loaded();
    if (index < std::size(kNames) && kNames[index] == name) return "";
    return std::string("malloc is served by ") +
           (index < std::size(kNames) ? std::string(kNames[index]) : "an unknown library") +
           ": load the library of " + std::string(name) + " with LD_PRELOAD";
}

MorphMemContext* open_system(const SystemSettings&, Sample*) {
    return new Context();
}

bool needs_references(MorphMemContext*) {
    return false;
}

std::optional<uint64_t> asked_now(MorphMemContext* context) {
    return asked(context, false);
}

std::optional<uint64_t> asked_peak(MorphMemContext* context) {
    return asked(context, true);
}

uint64_t layer_resident(MorphMemContext* context) {
    return of(context)->objects.bytes_resident() + of(context)->resizable.bytes_resident();
}

void tell_collections(MorphMemContext*, Sample*) {}

}  // namespace compare

extern "C" {

void* morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t) {
    void* object = std::malloc(size);
    if (object != nullptr && !of(context)->objects.add(object)) {
        std::free(object);
        return nullptr;
    }
    return object;
}

void* morph_mem_realloc(MorphMemContext* context, void* object, size_t, size_t new_size, uint32_t) {
    compare::AddressTable& resizable = of(context)->resizable;
    if (object == nullptr) {
        void* fresh = std::malloc(new_size);
        if (fresh != nullptr && !resizable.add(fresh)) {
            std::free(fresh);
            return nullptr;
        }
        return fresh;
    }
    void** entry = resizable.find(object);
    if (entry == nullptr) entry = of(context)->objects.find(object);
    if (entry == nullptr) return nullptr;
    // Size 0 is an object as well.
    void* moved = std::realloc(object, new_size == 0 ? 1 : new_size);
    if (moved != nullptr) *entry = moved;
    return moved;
}

MorphCode morph_mem_free(MorphMemContext* context, void* object) {
    if (object == nullptr) return MORPH_OK;
    for (compare::AddressTable* table : {&of(context)->resizable, &of(context)->objects}) {
        void** entry = table->find(object);
        if (entry == nullptr) continue;
        table->remove(entry);
        std::free(object);
        return MORPH_OK;
    }
    return MORPH_ERROR_NOT_AN_OBJECT;
}

void morph_mem_reset(MorphMemContext* context) {
    for (compare::AddressTable* table : {&of(context)->objects, &of(context)->resizable}) {
        for (size_t i = 0; i < table->count(); ++i) std::free((*table)[i]);
        table->clear();
    }
}

MorphCode morph_mem_destroy(MorphMemContext* context) {
    if (context == nullptr) return MORPH_OK;
    morph_mem_reset(context);
    delete of(context);
    return MORPH_OK;
}

}  // extern "C"

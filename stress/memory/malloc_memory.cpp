// The part of morph/mem.h that the stress programs use, as a thin layer over malloc: the third
// system that they are linked with. COMPILER mode: each object has a header in front of it:
//
//   Header | object           all headers of a context are a doubly linked list
//
// RUNTIME mode: a MovingHeap. Types and figures by type are kept, limits are asked, and a recorder
// may listen (in COMPILER mode); placement, queries and debug mode are not here.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "stress/memory/record.h"

#include "morph/mem.h"

namespace {

struct Header {
    Header* next;
    Header* previous;
    size_t size;
    uint32_t type;
    uint32_t magic;
};
constexpr uint32_t kMagic = 0x4d4c4f43;

struct Type {
    std::string name;
    MorphMemCounts counts;
};

struct Context : MorphMemContext {
    Context() : MorphMemContext{} {}

    MorphMemoryLimits limits{};
    Header objects{};  // head of the list
    std::vector<Type> types;
    MorphMemStats stats{};
    MorphError error{};
    suite::MemoryListener* listener = nullptr;
};

Context* of(MorphMemContext* context) {
    return static_cast<Context*>(context);
}
const Context* of(const MorphMemContext* context) {
    return static_cast<const Context*>(context);
}

void set_error(Context* context, MorphCode code, const char* text) {
    context->error.code = code;
    std::snprintf(context->error.text, sizeof context->error.text, "%s", text);
    context->stats.failures += 1;
}

void count(MorphMemCounts* counts, size_t size) {
    counts->allocations += 1;
    counts->bytes_allocated += size;
    counts->objects_live += 1;
    counts->bytes_live += size;
}

void uncount(MorphMemCounts* counts, size_t size) {
    counts->frees += 1;
    counts->bytes_freed += size;
    counts->objects_live -= 1;
    counts->bytes_live -= size;
}

Header* header_of(void* object) {
    return static_cast<Header*>(object) - 1;
}

bool granted(Context* context, size_t bytes) {
    const MorphMemoryLimits& limits = context->limits;
    const size_t mapped = context->stats.bytes_mapped;
    if (limits.bytes_max != 0 && (bytes > limits.bytes_max || mapped > limits.bytes_max - bytes)) {
        return false;
    }
    return limits.request == nullptr || limits.request(limits.user, bytes);
}

void returned(Context* context, size_t bytes) {
    const MorphMemoryLimits& limits = context->limits;
    if (limits.returned != nullptr) limits.returned(limits.user, bytes);
}

void* allocate(Context* context, size_t size, uint32_t type) {
    if (type >= context->types.size()) {
        set_error(context, MORPH_ERROR_UNKNOWN_TYPE, "unknown type");
        return nullptr;
    }
    if (size > MORPH_MAX_REQUEST) {
        set_error(context, MORPH_ERROR_TOO_LARGE, "larger than MORPH_MAX_REQUEST");
        return nullptr;
    }
    const size_t bytes = sizeof(Header) + size;
    if (!granted(context, bytes)) {
        set_error(context, MORPH_ERROR_OUT_OF_MEMORY, "request refused");
        return nullptr;
    }
    void* memory = std::malloc(bytes);
    if (memory == nullptr) {
        returned(context, bytes);
        set_error(context, MORPH_ERROR_OUT_OF_MEMORY, "malloc refused");
        return nullptr;
    }
    auto* header =
        new (memory) Header{context->objects.next, &context->objects, size, type, kMagic};
    header->next->previous = header;
    context->objects.next = header;
    MorphMemStats& stats = context->stats;
    count(&stats.total, size);
    count(&context->types[type].counts, size);
    stats.bytes_mapped += bytes;
    if (stats.bytes_mapped > stats.bytes_mapped_peak) stats.bytes_mapped_peak = stats.bytes_mapped;
    if (stats.total.bytes_live > stats.bytes_live_peak) {
        stats.bytes_live_peak = stats.total.bytes_live;
    }
    return header + 1;
}

void release(Context* context, Header* header) {
    header->next->previous = header->previous;
    header->previous->next = header->next;
    uncount(&context->stats.total, header->size);
    uncount(&context->types[header->type].counts, header->size);
    const size_t bytes = sizeof(Header) + header->size;
    context->stats.bytes_mapped -= bytes;
    header->magic = 0;
    std::free(header);
    returned(context, bytes);
}

constexpr MorphMemConfig preset(MorphMemMode mode) {
    MorphMemConfig config{};
    config.mode = mode;
    config.heap_size_hint = size_t{256} << 20;
    config.enable_metrics = true;
    return config;
}

void release_all(Context* context) {
    while (context->objects.next != &context->objects) release(context, context->objects.next);
}

}  // namespace

namespace suite {

void listen(MorphMemContext* context, MemoryListener* listener) {
    of(context)->listener = listener;
}

}  // namespace suite

extern "C" {

const MorphMemConfig MORPH_CONFIG_COMPILER = preset(MORPH_MODE_COMPILER);
const MorphMemConfig MORPH_CONFIG_RUNTIME = preset(MORPH_MODE_RUNTIME);

size_t morph_chunk_bytes(void) {
    return 1;
}

MorphMemContext* morph_mem_init(const MorphMemConfig* config) {
    auto* context = new Context();
    if (config != nullptr) context->limits = config->memory;
    context->objects.next = context->objects.previous = &context->objects;
    context->types.push_back({"none", {}});
    context->stats.metrics = true;
    if (config == nullptr || config->mode == MORPH_MODE_COMPILER) return context;
    MorphHeapConfig heap{};
    heap.memory = config->memory;
    context->heap = morph_heap_create(&heap);
    return context;
}

MorphCode morph_mem_destroy(MorphMemContext* context) {
    if (context == nullptr) return MORPH_OK;
    morph_heap_destroy(context->heap);
    release_all(of(context));
    delete of(context);
    return MORPH_OK;
}

void* morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t type_id) {
    if (context->heap != nullptr) return morph_heap_alloc(context->heap, size, type_id);
    void* object = allocate(of(context), size, type_id);
    suite::MemoryListener* listener = of(context)->listener;
    if (object != nullptr && listener != nullptr) listener->allocated(object, size, type_id);
    return object;
}

MorphCode morph_mem_free(MorphMemContext* context, void* object) {
    if (object == nullptr) return MORPH_OK;
    if (context->heap != nullptr) return MORPH_ERROR_UNSUPPORTED;
    if (header_of(object)->magic != kMagic) {
        set_error(of(context), MORPH_ERROR_NOT_AN_OBJECT, "not an object");
        return MORPH_ERROR_NOT_AN_OBJECT;
    }
    suite::MemoryListener* listener = of(context)->listener;
    if (listener != nullptr) listener->freed(object);
    release(of(context), header_of(object));
    return MORPH_OK;
}

void* morph_mem_realloc(MorphMemContext* context, void* object, size_t old_size, size_t new_size,
                        uint32_t type_id) {
    if (context->heap != nullptr) {
        return object == nullptr ? morph_heap_alloc(context->heap, new_size, type_id)
                                 : morph_heap_resize(context->heap, object, new_size);
    }
    void* moved = allocate(of(context), new_size, type_id);
    if (moved == nullptr) return nullptr;
    suite::MemoryListener* listener = of(context)->listener;
    if (object == nullptr) {
        if (listener != nullptr) listener->allocated(moved, new_size, type_id);
        return moved;
    }
    const size_t kept = old_size < new_size ? old_size : new_size;
    if (kept != 0) std::memcpy(moved, object, kept);
    if (listener != nullptr) listener->reallocated(object, moved, new_size);
    release(of(context), header_of(object));
    return moved;
}

void morph_mem_reset(MorphMemContext* context) {
    if (context->heap != nullptr) morph_heap_reset(context->heap);
    release_all(of(context));
    of(context)->stats.resets += 1;
    suite::MemoryListener* listener = of(context)->listener;
    if (listener != nullptr) listener->reset();
}

uint32_t morph_mem_register_type(MorphMemContext* context, const MorphMemTypeInfo* info) {
    if (context->heap != nullptr) return morph_heap_register_type(context->heap, info);
    of(context)->types.push_back({info->name == nullptr ? "" : info->name, {}});
    suite::MemoryListener* listener = of(context)->listener;
    if (listener != nullptr) listener->registered();
    return static_cast<uint32_t>(of(context)->types.size() - 1);
}

MorphCode morph_mem_gc_collect(MorphMemContext* context) {
    if (context->heap == nullptr) return MORPH_ERROR_UNSUPPORTED;
    return morph_heap_collect_major(context->heap);
}

MorphCode morph_mem_gc_push_root(MorphMemContext* context, void** slot) {
    if (context->heap == nullptr) return MORPH_ERROR_UNSUPPORTED;
    return morph_heap_push_root(context->heap, slot);
}

MorphCode morph_mem_gc_pop_roots(MorphMemContext* context, size_t count) {
    if (context->heap == nullptr) return MORPH_ERROR_UNSUPPORTED;
    return morph_heap_pop_roots(context->heap, count);
}

MorphCode morph_mem_get_stats(const MorphMemContext* context, MorphMemStats* stats) {
    *stats = of(context)->stats;
    stats->types = static_cast<uint32_t>(of(context)->types.size());
    if (context->heap == nullptr) return MORPH_OK;
    stats->mode = MORPH_MODE_RUNTIME;
    stats->heap = morph_heap_stats(context->heap);
    stats->total = stats->heap.counts;
    stats->bytes_mapped = stats->heap.bytes_mapped;
    stats->bytes_mapped_peak = stats->heap.bytes_mapped_peak;
    return MORPH_OK;
}

MorphCode morph_mem_get_type_stats(const MorphMemContext* context, uint32_t type_id,
                                   MorphMemTypeStats* stats) {
    *stats = {};
    if (context->heap != nullptr) {
        MorphHeapTypeStats of_heap;
        const MorphCode code = morph_heap_type_stats(context->heap, type_id, &of_heap);
        if (code != MORPH_OK) return code;
        std::snprintf(stats->name, sizeof stats->name, "%s", of_heap.name);
        stats->layout = of_heap.layout;
        stats->counts = of_heap.counts;
        return MORPH_OK;
    }
    if (type_id >= of(context)->types.size()) return MORPH_ERROR_UNKNOWN_TYPE;
    const Type& type = of(context)->types[type_id];
    std::snprintf(stats->name, sizeof stats->name, "%s", type.name.c_str());
    stats->counts = type.counts;
    return MORPH_OK;
}

MorphCode morph_mem_verify(MorphMemContext* mem) {
    Context* context = of(mem);
    if (context->heap != nullptr) return morph_heap_verify(context->heap);
    uint64_t objects = 0;
    uint64_t bytes = 0;
    for (Header* header = context->objects.next; header != &context->objects;
         header = header->next) {
        if (header->magic != kMagic || header->next->previous != header) {
            set_error(context, MORPH_ERROR_CORRUPTION, "MALLOC-LIST: a header is broken");
            return MORPH_ERROR_CORRUPTION;
        }
        objects += 1;
        bytes += header->size;
    }
    const MorphMemCounts& total = context->stats.total;
    if (objects == total.objects_live && bytes == total.bytes_live) return MORPH_OK;
    set_error(context, MORPH_ERROR_CORRUPTION, "MALLOC-COUNT: figures differ from the list");
    return MORPH_ERROR_CORRUPTION;
}

MorphError morph_mem_last_error(const MorphMemContext* context) {
    if (context == nullptr) return MorphError{};
    return context->heap != nullptr ? morph_heap_last_error(context->heap) : of(context)->error;
}

// This layer fails in one way.
const char* morph_code_name(MorphCode code) {
    return code == MORPH_ERROR_OUT_OF_MEMORY ? "MORPH_ERROR_OUT_OF_MEMORY" : "an unexpected code";
}

MorphError morph_creation_error(void) {
    return MorphError{};
}

}  // extern "C"

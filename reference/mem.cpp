// morph/mem.h over Context.

#include "morph/mem.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "reference/config.h"
#include "reference/context.h"
#include "reference/format.h"

using reference::Context;
using reference::Owner;

namespace {

Context& whole(MorphMemContext* context) {
    return *static_cast<Context*>(context);
}
const Context& whole(const MorphMemContext* context) {
    return *static_cast<const Context*>(context);
}

MorphCode refuse_collecting(MorphMemContext* context) {
    return whole(context).fail(MORPH_ERROR_UNSUPPORTED, "COMPILER mode has no collector");
}

}  // namespace

extern "C" {

MorphMemContext* morph_mem_init(const MorphMemConfig* given) {
    MorphMemConfig config = given != nullptr ? *given : MORPH_CONFIG_COMPILER;
    std::string stats_path;
    if (!reference::read_environment(&config, &stats_path)) return nullptr;
    if (!reference::check_context(config)) return nullptr;
    auto context = std::make_unique<Context>(config, stats_path);
    return context->open() ? context.release() : nullptr;
}

MorphMemContext* morph_mem_init_auto(void) {
    const MorphMemConfig config = morph_mem_detect_config();
    return morph_mem_init(&config);
}

MorphCode morph_mem_destroy(MorphMemContext* context) {
    if (context == nullptr) return MORPH_OK;
    const MorphCode code = whole(context).close();
    delete &whole(context);
    return code;
}

// ------------------------------------------------------------------------------------- objects

void* morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t type_id) {
    if (context->heap != nullptr) return morph_heap_alloc(context->heap, size, type_id);
    Owner& owner = whole(context).compiler();
    return owner.keep(owner.model.allocate(size, type_id));
}

void* morph_mem_alloc_zeroed(MorphMemContext* context, size_t size, uint32_t type_id) {
    if (context->heap != nullptr) return morph_heap_alloc(context->heap, size, type_id);
    Owner& owner = whole(context).compiler();
    return owner.keep(owner.model.allocate(size, type_id, true));
}

void* morph_mem_alloc_with(MorphMemContext* context, size_t size, size_t alignment,
                           uint32_t type_id, MorphMemPlacement placement) {
    if (context->heap != nullptr) {
        return whole(context).allocate_with(size, alignment, type_id, placement);
    }
    Owner& owner = whole(context).compiler();
    return owner.keep(owner.model.allocate(size, type_id, false, alignment, placement));
}

MorphCode morph_mem_free(MorphMemContext* context, void* address) {
    if (address == nullptr) return MORPH_OK;
    if (context->heap != nullptr) {
        return whole(context).fail(MORPH_ERROR_UNSUPPORTED, "RUNTIME mode: the collector frees");
    }
    // Of an arena no more is known than that an object may be there: it stays, and that is fine.
    Owner& owner = whole(context).compiler();
    if (owner.query(address).room == MORPH_ROOM_ARENA) return MORPH_OK;
    MorphCode code = MORPH_OK;
    reference::Object* object = owner.claim(address, &code);
    return object != nullptr ? owner.free(*object) : code;
}

void* morph_mem_realloc(MorphMemContext* context, void* address, size_t old_size, size_t new_size,
                        uint32_t type_id) {
    if (context->heap != nullptr) {
        return whole(context).reallocate(address, old_size, new_size, type_id);
    }
    Owner& owner = whole(context).compiler();
    if (address == nullptr) return morph_mem_alloc(context, new_size, type_id);
    MorphCode code = MORPH_OK;
    reference::Object* object = owner.claim(address, &code);
    if (object == nullptr) return nullptr;
    code = owner.model.refusal(new_size, type_id);
    if (code != MORPH_OK) {
        owner.fail(code);
        return nullptr;
    }
    const bool pool = object->room == MORPH_ROOM_POOL;
    if (pool && type_id != object->type) {
        owner.fail(MORPH_ERROR_INVALID_ARGUMENT, "type_id: not the type of the object");
        return nullptr;
    }
    if (pool && owner.check_size(*object, old_size) != MORPH_OK) return nullptr;
    return owner.reallocate(*object, new_size);
}

void morph_mem_reset(MorphMemContext* context) {
    whole(context).reset();
}

MorphAddressInfo morph_mem_query(const MorphMemContext* context, const void* address) {
    if (context->heap != nullptr) return morph_heap_query(context->heap, address);
    return whole(context).compiler().query(address);
}

void morph_mem_walk(const MorphMemContext* context, MorphObjectVisitor visit, void* user) {
    if (context->heap != nullptr) {
        morph_heap_walk(context->heap, visit, user);
    } else {
        whole(context).compiler().walk(visit, user);
    }
}

MorphCode morph_mem_verify(MorphMemContext* context) {
    if (context->heap != nullptr) return morph_heap_verify(context->heap);
    return whole(context).compiler().verify();
}

// -------------------------------------------------------------------------- types and collector

uint32_t morph_mem_register_type(MorphMemContext* context, const MorphMemTypeInfo* info) {
    if (context->heap != nullptr) return morph_heap_register_type(context->heap, info);
    if (info == nullptr) {
        whole(context).fail(MORPH_ERROR_INVALID_ARGUMENT, "info is NULL");
        return MORPH_TYPE_INVALID;
    }
    Owner& owner = whole(context).compiler();
    MorphCode code = MORPH_OK;
    const char* name = info->name != nullptr ? info->name : "";
    const uint32_t id = owner.model.register_type(name, info->placement, &code);
    owner.keep(code);
    return id;
}

MorphCode morph_mem_gc_collect(MorphMemContext* context) {
    if (context->heap == nullptr) return refuse_collecting(context);
    return morph_heap_collect_major(context->heap);
}

MorphCode morph_mem_gc_collect_minor(MorphMemContext* context) {
    if (context->heap == nullptr) return refuse_collecting(context);
    return morph_heap_collect_minor(context->heap);
}

MorphCode morph_mem_gc_push_root(MorphMemContext* context, void** slot) {
    if (context->heap == nullptr) return refuse_collecting(context);
    return morph_heap_push_root(context->heap, slot);
}

MorphCode morph_mem_gc_pop_roots(MorphMemContext* context, size_t count) {
    if (context->heap == nullptr) return refuse_collecting(context);
    return morph_heap_pop_roots(context->heap, count);
}

// ------------------------------------------------------------------------------------- figures

MorphCode morph_mem_get_stats(const MorphMemContext* context, MorphMemStats* stats) {
    if (context == nullptr) return MORPH_ERROR_INVALID_ARGUMENT;
    if (stats == nullptr) return whole(context).fail(MORPH_ERROR_INVALID_ARGUMENT);
    *stats = whole(context).stats();
    return MORPH_OK;
}

MorphCode morph_mem_get_type_stats(const MorphMemContext* context, uint32_t type_id,
                                   MorphMemTypeStats* stats) {
    if (context == nullptr) return MORPH_ERROR_INVALID_ARGUMENT;
    if (stats == nullptr) return whole(context).fail(MORPH_ERROR_INVALID_ARGUMENT);
    const std::vector<MorphMemTypeStats> all = whole(context).type_stats();
    if (type_id >= all.size()) return whole(context).fail(MORPH_ERROR_UNKNOWN_TYPE);
    *stats = all[type_id];
    return MORPH_OK;
}

size_t morph_mem_format_stats(const MorphMemContext* context, MorphMemFormat format, char* buffer,
                              size_t capacity) {
    std::string text;
    if (reference::raw_number(format) <= MORPH_FORMAT_CSV) {
        text = reference::format_stats(whole(context).stats(), whole(context).type_stats(), format);
    } else {
        whole(context).fail(MORPH_ERROR_INVALID_ARGUMENT, "format: not one of MorphMemFormat");
    }
    if (buffer != nullptr && capacity > 0) {
        const size_t length = std::min(text.size(), capacity - 1);
        std::memcpy(buffer, text.data(), length);
        buffer[length] = '\0';
    }
    return text.size();
}

MorphCode morph_mem_print_stats(const MorphMemContext* context, FILE* stream) {
    const std::string text = reference::format_stats(
        whole(context).stats(), whole(context).type_stats(), MORPH_FORMAT_TEXT);
    FILE* out = stream != nullptr ? stream : stdout;
    const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
    if (written && std::fflush(out) == 0) return MORPH_OK;
    return whole(context).fail(MORPH_ERROR_IO, "the stream did not take the statistics");
}

MorphCode morph_mem_dump_stats(MorphMemContext* context, const char* path) {
    if (path == nullptr) return whole(context).fail(MORPH_ERROR_INVALID_ARGUMENT, "path is NULL");
    return whole(context).dump(path);
}

MorphError morph_mem_last_error(const MorphMemContext* context) {
    if (context == nullptr) return morph_creation_error();
    if (context->heap != nullptr) return morph_heap_last_error(context->heap);
    return whole(context).compiler().last;
}

}  // extern "C"

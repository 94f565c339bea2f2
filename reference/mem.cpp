// morph/mem.h over the Model: COMPILER mode.

#include "morph/mem.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "reference/config.h"
#include "reference/format.h"
#include "reference/owner.h"

struct MorphMemContext {
    MorphMemContext(const reference::Settings& settings, const MorphMemConfig& config)
        : owner(settings, config.report, config.report_user), report_leaks(config.report_leaks) {}
    mutable reference::Owner owner;  // queries count their failures as well
    std::string stats_path;
    bool report_leaks;
};

namespace reference {
namespace {

MorphMemStats figures_of(const MorphMemContext* context) {
    const Model& model = context->owner.model;
    MorphMemStats stats = model.context_figures();
    stats.bytes_mapped = model.memory().bytes();
    stats.bytes_mapped_peak = model.memory().bytes_peak();
    stats.pool_bytes_mapped = model.bytes_taken(MORPH_ROOM_POOL);
    stats.arena_bytes_mapped = model.bytes_taken(MORPH_ROOM_ARENA);
    stats.arena_bytes_reserved = stats.arena_bytes_mapped;
    stats.metadata_bytes_mapped =
        stats.bytes_mapped - stats.pool_bytes_mapped - stats.arena_bytes_mapped;
    return stats;
}

// All or nothing: into a file beside it, which then takes its name.
bool write_file(const std::string& path, const std::string& text) {
    const std::string fresh = path + ".new";
    FILE* file = std::fopen(fresh.c_str(), "w");
    if (file == nullptr) return false;
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    const bool closed = std::fclose(file) == 0;
    if (written && closed && std::rename(fresh.c_str(), path.c_str()) == 0) return true;
    std::remove(fresh.c_str());
    return false;
}

}  // namespace
}  // namespace reference

extern "C" {

MorphMemContext* morph_mem_init(const MorphMemConfig* given) {
    MorphMemConfig config = given != nullptr ? *given : MORPH_CONFIG_COMPILER;
    std::string stats_path;
    if (!reference::read_environment(&config, &stats_path)) return nullptr;
    if (!reference::check_context(config)) return nullptr;
    reference::Settings settings = {.rules = reference::Rules::context};
    settings.debug = config.enable_debug;
    settings.metrics = config.enable_metrics;
    settings.limits = config.memory;
    auto context = std::make_unique<MorphMemContext>(settings, config);
    context->stats_path = stats_path;
    return context->owner.open() ? context.release() : nullptr;
}

MorphMemContext* morph_mem_init_auto(void) {
    const MorphMemConfig config = morph_mem_detect_config();
    return morph_mem_init(&config);
}

MorphCode morph_mem_destroy(MorphMemContext* context) {
    if (context == nullptr) return MORPH_OK;
    if (context->report_leaks) context->owner.report_leaks();
    MorphCode code = MORPH_OK;
    if (!context->stats_path.empty()) {
        code = morph_mem_dump_stats(context, context->stats_path.c_str());
    }
    context->owner.check_guards();
    delete context;
    return code;
}

void* morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t type_id) {
    return context->owner.keep(context->owner.model.allocate(size, type_id));
}

void* morph_mem_alloc_zeroed(MorphMemContext* context, size_t size, uint32_t type_id) {
    return context->owner.keep(context->owner.model.allocate(size, type_id, true));
}

void* morph_mem_alloc_with(MorphMemContext* context, size_t size, size_t alignment,
                           uint32_t type_id, MorphMemPlacement placement) {
    return context->owner.keep(
        context->owner.model.allocate(size, type_id, false, alignment, placement));
}

MorphCode morph_mem_free(MorphMemContext* context, void* address) {
    if (address == nullptr) return MORPH_OK;
    // Of an arena no more is known than that an object may be there: it stays, and that is fine.
    if (context->owner.query(address).room == MORPH_ROOM_ARENA) return MORPH_OK;
    MorphCode code = MORPH_OK;
    reference::Object* object = context->owner.claim(address, &code);
    return object != nullptr ? context->owner.free(*object) : code;
}

void* morph_mem_realloc(MorphMemContext* context, void* address, size_t old_size, size_t new_size,
                        uint32_t type_id) {
    reference::Owner& owner = context->owner;
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
    context->owner.reset();
}

MorphAddressInfo morph_mem_query(const MorphMemContext* context, const void* address) {
    return context->owner.query(address);
}

uint32_t morph_mem_register_type(MorphMemContext* context, const MorphMemTypeInfo* info) {
    if (info == nullptr) {
        context->owner.fail(MORPH_ERROR_INVALID_ARGUMENT, "info is NULL");
        return MORPH_TYPE_INVALID;
    }
    MorphCode code = MORPH_OK;
    const char* name = info->name != nullptr ? info->name : "";
    const uint32_t id = context->owner.model.register_type(name, info->placement, &code);
    context->owner.keep(code);
    return id;
}

MorphCode morph_mem_gc_collect(MorphMemContext* context) {
    return context->owner.fail(MORPH_ERROR_UNSUPPORTED, "COMPILER mode has no collector");
}

MorphCode morph_mem_gc_push_root(MorphMemContext* context, void** /*slot*/) {
    return context->owner.fail(MORPH_ERROR_UNSUPPORTED, "COMPILER mode has no collector");
}

MorphCode morph_mem_gc_pop_roots(MorphMemContext* context, size_t /*count*/) {
    return context->owner.fail(MORPH_ERROR_UNSUPPORTED, "COMPILER mode has no collector");
}

MorphCode morph_mem_get_stats(const MorphMemContext* context, MorphMemStats* stats) {
    if (context == nullptr) return MORPH_ERROR_INVALID_ARGUMENT;
    if (stats == nullptr) return context->owner.fail(MORPH_ERROR_INVALID_ARGUMENT);
    *stats = reference::figures_of(context);
    return MORPH_OK;
}

MorphCode morph_mem_get_type_stats(const MorphMemContext* context, uint32_t type_id,
                                   MorphMemTypeStats* stats) {
    if (context == nullptr) return MORPH_ERROR_INVALID_ARGUMENT;
    if (stats == nullptr) return context->owner.fail(MORPH_ERROR_INVALID_ARGUMENT);
    if (type_id >= context->owner.model.types()) {
        return context->owner.fail(MORPH_ERROR_UNKNOWN_TYPE);
    }
    *stats = context->owner.model.type_figures(type_id);
    return MORPH_OK;
}

size_t morph_mem_format_stats(const MorphMemContext* context, MorphMemFormat format, char* buffer,
                              size_t capacity) {
    std::string text;
    if (reference::raw_number(format) <= MORPH_FORMAT_CSV) {
        text =
            reference::format_stats(reference::figures_of(context), context->owner.model, format);
    } else {
        context->owner.fail(MORPH_ERROR_INVALID_ARGUMENT, "format: not one of MorphMemFormat");
    }
    if (buffer != nullptr && capacity > 0) {
        const size_t length = std::min(text.size(), capacity - 1);
        std::memcpy(buffer, text.data(), length);
        buffer[length] = '\0';
    }
    return text.size();
}

MorphCode morph_mem_print_stats(const MorphMemContext* context, FILE* stream) {
    const std::string text = reference::format_stats(reference::figures_of(context),
                                                     context->owner.model, MORPH_FORMAT_TEXT);
    FILE* out = stream != nullptr ? stream : stdout;
    const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
    if (written && std::fflush(out) == 0) return MORPH_OK;
    return context->owner.fail(MORPH_ERROR_IO, "the stream did not take the statistics");
}

MorphCode morph_mem_dump_stats(MorphMemContext* context, const char* path) {
    if (path == nullptr) return context->owner.fail(MORPH_ERROR_INVALID_ARGUMENT, "path is NULL");
    const std::string text = reference::format_stats(
        reference::figures_of(context), context->owner.model, reference::format_of_path(path));
    if (reference::write_file(path, text)) return MORPH_OK;
    return context->owner.fail(MORPH_ERROR_IO, std::string(path) + " could not be written");
}

MorphCode morph_mem_verify(MorphMemContext* context) {
    return context->owner.verify();
}

void morph_mem_walk(const MorphMemContext* context, MorphObjectVisitor visit, void* user) {
    context->owner.walk(visit, user);
}

MorphError morph_mem_last_error(const MorphMemContext* context) {
    return context != nullptr ? context->owner.last : morph_creation_error();
}

}  // extern "C"

// The calls of morph/mem.h that only ask and show: types, figures, formats, verification.
#include <cstdio>
#include <cstring>

#include "context/format.h"
#include "context/mode.h"
#include "os/replace_file.h"

namespace morph {

MorphCode dump_stats(MorphMemContext* context, const char* path) {
    ReplaceFile file(path);
    if (file.ok()) {
        Writer writer([](void* user, const char* text,
                         size_t length) { static_cast<ReplaceFile*>(user)->write(text, length); },
                      &file);
        write_stats(context, format_of_path(path), writer);
        file.commit();
    }
    if (file.ok()) return MORPH_OK;
    return in_mode(context, [&](auto& its) {
        return its.fail(MORPH_ERROR_IO, "statistics cannot be written to \"%.120s\": %.60s", path,
                        strerror(file.error()));
    });
}

namespace {

MorphCode refuse_argument(const MorphMemContext* context, const char* call, const char* text) {
    return with_context(context, call, [=](auto& its) {
        return its.fail(MORPH_ERROR_INVALID_ARGUMENT, "%s", text);
    });
}

// call(heap), or a refusal in COMPILER mode.
template <typename Call>
MorphCode on_heap(MorphMemContext* context, const char* name, Call call) {
    MorphHeap* heap = morph_mem_heap(context);
    if (heap != nullptr) return call(heap);
    return with_context(context, name, [=](auto& its) {
        return its.fail(MORPH_ERROR_UNSUPPORTED, "%s: COMPILER mode has no collector", name);
    });
}

// What a stream took of the text, and whether it took all.
struct StreamReceiver {
    FILE* stream;
    bool ok = true;

    static void emit(void* user, const char* text, size_t length) {
        auto* receiver = static_cast<StreamReceiver*>(user);
        if (fwrite(text, 1, length, receiver->stream) != length) receiver->ok = false;
    }
};

}  // namespace
}  // namespace morph

using morph::with_context;

extern "C" {

uint32_t morph_mem_register_type(MorphMemContext* context, const MorphMemTypeInfo* info) {
    if (info == nullptr) {
        morph::refuse_argument(context, "morph_mem_register_type", "info: NULL");
        return MORPH_TYPE_INVALID;
    }
    return with_context(context, "morph_mem_register_type",
                        [=](auto& its) { return its.register_type(*info); });
}

MorphAddressInfo morph_mem_query(const MorphMemContext* context, const void* address) {
    return with_context(context, "morph_mem_query", [=](auto& its) { return its.query(address); });
}

MorphCode morph_mem_gc_collect(MorphMemContext* context) {
    return morph::on_heap(context, "morph_mem_gc_collect", morph_heap_collect_major);
}

MorphCode morph_mem_gc_collect_minor(MorphMemContext* context) {
    return morph::on_heap(context, "morph_mem_gc_collect_minor", morph_heap_collect_minor);
}

MorphCode morph_mem_gc_push_root(MorphMemContext* context, void** slot) {
    return morph::on_heap(context, "morph_mem_gc_push_root",
                          [=](MorphHeap* heap) { return morph_heap_push_root(heap, slot); });
}

MorphCode morph_mem_gc_pop_roots(MorphMemContext* context, size_t count) {
    return morph::on_heap(context, "morph_mem_gc_pop_roots",
                          [=](MorphHeap* heap) { return morph_heap_pop_roots(heap, count); });
}

MorphCode morph_mem_get_stats(const MorphMemContext* context, MorphMemStats* stats) {
    if (stats == nullptr) {
        return morph::refuse_argument(context, "morph_mem_get_stats", "stats: NULL");
    }
    return with_context(context, "morph_mem_get_stats", [=](auto& its) {
        *stats = its.stats();
        return MORPH_OK;
    });
}

MorphCode morph_mem_get_type_stats(const MorphMemContext* context, uint32_t type_id,
                                   MorphMemTypeStats* stats) {
    if (stats == nullptr) {
        return morph::refuse_argument(context, "morph_mem_get_type_stats", "stats: NULL");
    }
    return with_context(context, "morph_mem_get_type_stats", [=](auto& its) {
        if (type_id >= its.types()) {
            return its.fail(MORPH_ERROR_UNKNOWN_TYPE, "type %u is not registered", type_id);
        }
        *stats = its.type_stats(type_id);
        return MORPH_OK;
    });
}

size_t morph_mem_format_stats(const MorphMemContext* context, MorphMemFormat format, char* buffer,
                              size_t capacity) {
    morph::MemoryReceiver receiver{buffer, capacity};
    receiver.terminate();
    unsigned number = morph::raw_number(format);
    return with_context(context, "morph_mem_format_stats", [=, &receiver](auto& its) -> size_t {
        if (number > MORPH_FORMAT_CSV) {
            its.fail(MORPH_ERROR_INVALID_ARGUMENT, "format: %u is none", number);
            return 0;
        }
        morph::Writer writer(morph::MemoryReceiver::emit, &receiver);
        morph::write_stats(context, format, writer);
        receiver.terminate();
        return writer.length();
    });
}

MorphCode morph_mem_print_stats(const MorphMemContext* context, FILE* stream) {
    return with_context(context, "morph_mem_print_stats", [=](auto& its) {
        morph::StreamReceiver receiver{stream != nullptr ? stream : stdout};
        {
            morph::Writer writer(morph::StreamReceiver::emit, &receiver);
            morph::write_stats(context, MORPH_FORMAT_TEXT, writer);
        }
        if (fflush(receiver.stream) == 0 && receiver.ok) return MORPH_OK;
        return its.fail(MORPH_ERROR_IO, "the stream did not take the statistics");
    });
}

MorphCode morph_mem_dump_stats(MorphMemContext* context, const char* path) {
    if (path == nullptr) {
        return morph::refuse_argument(context, "morph_mem_dump_stats", "path: NULL");
    }
    return with_context(context, "morph_mem_dump_stats",
                        [=](auto&) { return morph::dump_stats(context, path); });
}

MorphCode morph_mem_verify(MorphMemContext* context) {
    return with_context(context, "morph_mem_verify", [](auto& its) { return its.verify(); });
}

void morph_mem_walk(const MorphMemContext* context, MorphObjectVisitor visit, void* user) {
    with_context(context, "morph_mem_walk", [=](auto& its) { its.walk(visit, user); });
}

MorphError morph_mem_last_error(const MorphMemContext* context) {
    if (context == nullptr) return morph_creation_error();
    return morph::error_in_turn(morph::reporter_of(context), [=] {
        return morph::in_mode(context, [](auto& its) -> MorphError { return its.last_error(); });
    });
}

}  // extern "C"

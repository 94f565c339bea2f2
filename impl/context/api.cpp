// The calls of morph/mem.h that only ask and show: types, figures, formats, verification.
#include <cstdio>
#include <cstring>

#include "context/context.h"
#include "context/format.h"
#include "os/replace_file.h"

namespace morph {

MorphCode Context::dump(const char* path) {
    ReplaceFile file(path);
    if (file.ok()) {
        Writer writer([](void* user, const char* text,
                         size_t length) { static_cast<ReplaceFile*>(user)->write(text, length); },
                      &file);
        write_stats(*this, format_of_path(path), writer);
        file.commit();
    }
    if (file.ok()) return MORPH_OK;
    return fail(MORPH_ERROR_IO, "statistics cannot be written to \"%.120s\": %.60s", path,
                strerror(file.error()));
}

namespace {

MorphCode refuse_collector_call(MorphMemContext* context, const char* call) {
    return context_of(context)->fail(MORPH_ERROR_UNSUPPORTED, "%s: COMPILER mode has no collector",
                                     call);
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

using morph::context_of;

extern "C" {

uint32_t morph_mem_register_type(MorphMemContext* context, const MorphMemTypeInfo* info) {
    if (info == nullptr) {
        context_of(context)->fail(MORPH_ERROR_INVALID_ARGUMENT, "info: NULL");
        return MORPH_TYPE_INVALID;
    }
    return context_of(context)->register_type(*info);
}

MorphAddressInfo morph_mem_query(const MorphMemContext* context, const void* address) {
    return context_of(context)->query(address);
}

MorphCode morph_mem_gc_collect(MorphMemContext* context) {
    return morph::refuse_collector_call(context, "morph_mem_gc_collect");
}

MorphCode morph_mem_gc_push_root(MorphMemContext* context, void**) {
    return morph::refuse_collector_call(context, "morph_mem_gc_push_root");
}

MorphCode morph_mem_gc_pop_roots(MorphMemContext* context, size_t) {
    return morph::refuse_collector_call(context, "morph_mem_gc_pop_roots");
}

MorphCode morph_mem_get_stats(const MorphMemContext* context, MorphMemStats* stats) {
    if (stats == nullptr) {
        return context_of(context)->fail(MORPH_ERROR_INVALID_ARGUMENT, "stats: NULL");
    }
    *stats = context_of(context)->stats();
    return MORPH_OK;
}

MorphCode morph_mem_get_type_stats(const MorphMemContext* context, uint32_t type_id,
                                   MorphMemTypeStats* stats) {
    morph::Context* asked = context_of(context);
    if (stats == nullptr) return asked->fail(MORPH_ERROR_INVALID_ARGUMENT, "stats: NULL");
    if (type_id >= asked->types()) {
        return asked->fail(MORPH_ERROR_UNKNOWN_TYPE, "type %u is not registered", type_id);
    }
    *stats = asked->type_stats(type_id);
    return MORPH_OK;
}

size_t morph_mem_format_stats(const MorphMemContext* context, MorphMemFormat format, char* buffer,
                              size_t capacity) {
    morph::MemoryReceiver receiver{buffer, capacity};
    receiver.terminate();
    unsigned number = morph::raw_number(format);
    if (number > MORPH_FORMAT_CSV) {
        context_of(context)->fail(MORPH_ERROR_INVALID_ARGUMENT, "format: %u is none", number);
        return 0;
    }
    morph::Writer writer(morph::MemoryReceiver::emit, &receiver);
    morph::write_stats(*context_of(context), format, writer);
    receiver.terminate();
    return writer.length();
}

MorphCode morph_mem_print_stats(const MorphMemContext* context, FILE* stream) {
    morph::StreamReceiver receiver{stream != nullptr ? stream : stdout};
    {
        morph::Writer writer(morph::StreamReceiver::emit, &receiver);
        morph::write_stats(*context_of(context), MORPH_FORMAT_TEXT, writer);
    }
    if (fflush(receiver.stream) == 0 && receiver.ok) return MORPH_OK;
    return context_of(context)->fail(MORPH_ERROR_IO, "the stream did not take the statistics");
}

MorphCode morph_mem_dump_stats(MorphMemContext* context, const char* path) {
    if (path == nullptr) {
        return context_of(context)->fail(MORPH_ERROR_INVALID_ARGUMENT, "path: NULL");
    }
    return context_of(context)->dump(path);
}

MorphCode morph_mem_verify(MorphMemContext* context) {
    return context_of(context)->verify();
}

void morph_mem_walk(const MorphMemContext* context, MorphObjectVisitor visit, void* user) {
    context_of(context)->walk(visit, user);
}

MorphError morph_mem_last_error(const MorphMemContext* context) {
    return context == nullptr ? morph_creation_error() : context_of(context)->last_error();
}

}  // extern "C"

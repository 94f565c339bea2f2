// The Fox front end on arbitrary source: a tree or an error with a position inside the source, the
// same on the library and with memory that runs out, and nothing left behind.
//
//   byte 0      bits 0-6: the request for memory that is refused (127: none); bit 7: debug mode
//   the rest    source text
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "stress/fox/front_end.h"

#include "morph/mem.h"

namespace {

[[noreturn]] void finding(const char* what, const char* text) {
    std::fprintf(stderr, "finding: fox: %s (%s)\n", what, text);
    std::abort();
}

struct Ledger {
    size_t mapped = 0;
    size_t refuse_from = SIZE_MAX;
    size_t requests = 0;
    size_t refused = 0;
};

bool request(void* user, size_t bytes) {
    Ledger& ledger = *static_cast<Ledger*>(user);
    if (ledger.requests++ >= ledger.refuse_from) {
        ++ledger.refused;
        return false;
    }
    ledger.mapped += bytes;
    return true;
}

void returned(void* user, size_t bytes) {
    static_cast<Ledger*>(user)->mapped -= bytes;
}

void check_error(const fox::Error& error, std::string_view source, const Ledger& ledger) {
    if (error.kind == fox::ErrorKind::none || error.message[0] == 0) {
        finding("no tree and no error", error.message);
    }
    if (error.kind == fox::ErrorKind::out_of_memory) {
        if (ledger.refused == 0) finding("out of memory although none was refused", error.message);
        return;
    }
    size_t lines = 1;
    for (char c : source) lines += c == '\n' ? 1 : 0;
    if (error.line < 1 || error.line > lines || error.column < 1 ||
        error.column > source.size() + 1) {
        finding("the error's position is not in the source", error.message);
    }
}

void parse_in(MorphMemContext* context, std::string_view source, const Ledger& ledger) {
    fox::Types types;
    if (!fox::register_types(context, &types)) {
        if (ledger.refused == 0) finding("no types", morph_mem_last_error(context).text);
        return;
    }
    const fox::Result result = fox::parse(context, types, source);
    if (morph_mem_verify(context) != MORPH_OK) {
        finding("verify", morph_mem_last_error(context).text);
    }
    if (result.tree == nullptr) {
        check_error(result.error, source, ledger);
        MorphMemStats stats = {};
        (void)morph_mem_get_stats(context, &stats);
        if (stats.total.objects_live != 0) {
            finding("a failed parse leaves objects", result.error.message);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    Ledger ledger;
    if ((data[0] & 127) != 127) ledger.refuse_from = data[0] & 127;
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.enable_debug = (data[0] & 128) != 0;
    config.memory.request = request;
    config.memory.returned = returned;
    config.memory.user = &ledger;
    MorphMemContext* context = morph_mem_init(&config);
    if (context == nullptr) {
        if (ledger.refused == 0) finding("no context", morph_creation_error().text);
    } else {
        const std::string_view source(reinterpret_cast<const char*>(data + 1), size - 1);
        parse_in(context, source, ledger);
        (void)morph_mem_destroy(context);
    }
    if (ledger.mapped != 0) finding("memory is not returned", "");
    return 0;
}

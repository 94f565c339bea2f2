#include "stress/real/duktape_work.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "stress/real/duktape_scripts.h"
#include "stress/real/embed_duktape.h"
#include "stress/real/generator.h"

namespace real {
namespace {

constexpr const char* kLibraryFile = "/usr/share/javascript/underscore/underscore.js";
// A program of more lines is compiled in parts.
constexpr uint64_t kChunkLines = 10000;
constexpr int kExitBroken = 4;

// Never for lack of memory: all calls are protected.
void fatal(void* /*user*/, const char* text) {
    std::fprintf(stderr, "duktape: fatal error: %s\n", text == nullptr ? "" : text);
    std::_Exit(kExitBroken);
}

// As DuktapeMemory, on a Memory.
struct Creation {
    Memory* memory;
    bool creating = false;
    std::jmp_buf no_memory = {};
};

void* resize(void* user, void* object, duk_size_t size) {
    auto* its = static_cast<Creation*>(user);
    if (size == 0) {
        if (object != nullptr) its->memory->release(object, kUntold);
        return nullptr;
    }
    void* moved = object == nullptr ? its->memory->allocate(size)
                                    : its->memory->reallocate(object, kUntold, size);
    if (moved == nullptr && its->creating) std::longjmp(its->no_memory, 1);
    return moved;
}

duk_context* new_duktape_on_memory(Creation* creation) {
    creation->creating = true;
    if (setjmp(creation->no_memory) != 0) {
        creation->creating = false;
        creation->memory->abandon();
        return nullptr;
    }
    duk_context* duk = duk_create_heap(
        [](void* user, duk_size_t size) { return resize(user, nullptr, size); }, resize,
        [](void* user, void* object) { (void)resize(user, object, 0); }, creation, fatal);
    creation->creating = false;
    return duk;
}

// What Duktape says when it has no memory; also while it makes an error, or the text of one.
bool says_memory(const char* text) {
    return std::strstr(text, "alloc failed") != nullptr ||
           std::strstr(text, "error in error handling") != nullptr ||
           std::strcmp(text, "Error") == 0;
}

// digest(hash, value): of the value as text; 32 bits.
duk_ret_t js_digest(duk_context* duk) {
    const auto start = static_cast<uint64_t>(duk_to_number(duk, 0));
    duk_size_t length = 0;
    const char* bytes = duk_to_lstring(duk, 1, &length);
    const uint64_t hash = digest(kHashStart ^ start, {bytes, length});
    duk_push_number(duk, static_cast<double>(static_cast<uint32_t>(hash ^ (hash >> 32))));
    return 1;
}

duk_ret_t js_collect(duk_context* duk) {
    duk_gc(duk, 0);
    duk_gc(duk, 0);
    return 0;
}

duk_ret_t js_is_memory(duk_context* duk) {
    duk_push_boolean(duk, says_memory(duk_safe_to_string(duk, 0)));
    return 1;
}

// What runs inside duk_safe_call: nothing here may own C++ objects, since errors jump over it.
struct Step {
    enum class What : uint8_t { prepare, library, generated, script } what;
    const std::string* source = nullptr;
    const Script* script = nullptr;
    double size = 0;
    double seed = 0;
};

void prepare(duk_context* duk, const std::string& library) {
    duk_push_c_function(duk, js_digest, 2);
    duk_put_global_string(duk, "digest");
    duk_push_c_function(duk, js_collect, 0);
    duk_put_global_string(duk, "collect");
    duk_push_c_function(duk, js_is_memory, 1);
    duk_put_global_string(duk, "isMemory");
    duk_push_lstring(duk, library.data(), library.size());
    duk_put_global_string(duk, "librarySource");
    duk_eval_string_noresult(duk, duktape_prelude());
}

duk_ret_t run_step(duk_context* duk, void* user) {
    const auto& step = *static_cast<const Step*>(user);
    switch (step.what) {
        case Step::What::prepare:
            prepare(duk, *step.source);
            duk_push_string(duk, "");
            return 1;
        case Step::What::library:
        case Step::What::generated:
            duk_eval_lstring(duk, step.source->data(), step.source->size());
            break;
        case Step::What::script:
            duk_eval_string(duk, step.script->text);
            duk_push_number(duk, step.size);
            duk_push_number(duk, step.seed);
            duk_call(duk, 2);
            break;
    }
    (void)duk_to_string(duk, -1);
    duk_gc(duk, 0);
    return 1;
}

class DuktapeRun {
 public:
    DuktapeRun(Memory& memory, const Request& request) : memory_(memory), request_(request) {
        std::ifstream stream(kLibraryFile, std::ios::binary);
        library_.assign(std::istreambuf_iterator<char>(stream), {});
        for (uint64_t left = request.size, part = 0; left != 0; ++part) {
            const uint64_t lines = std::min(left, kChunkLines);
            sources_.push_back(generate_javascript(request.seed + part, lines));
            left -= lines;
        }
    }

    Report run() {
        if (request_.library && library_.empty()) {
            return {Ending::broken,
                    std::string(kLibraryFile) + ": not there; install the package libjs-underscore",
                    {}};
        }
        direct_.general = memory_.direct();
        duk_ = direct_.general != nullptr ? new_duktape(&direct_, fatal)
                                          : new_duktape_on_memory(&creation_);
        if (duk_ == nullptr) return failed(memory_, true, "duk_create_heap");
        try {
            all_steps();
        } catch (...) {
            duk_destroy_heap(duk_);
            throw;
        }
        if (request_.close || report_.ending != Ending::good) duk_destroy_heap(duk_);
        if (report_.ending == Ending::good) report_.results = results_;
        return report_;
    }

 private:
    void all_steps() {
        using What = Step::What;
        step({.what = What::prepare, .source = &library_}, nullptr);
        if (request_.library) step({.what = What::library, .source = &library_}, nullptr);
        for (const std::string& source : sources_) {
            step({.what = What::generated, .source = &source}, "generated");
        }
        for (const Script& script : duktape_scripts()) {
            if (script.library && !request_.library) continue;
            step({.what = What::script,
                  .script = &script,
                  .size = static_cast<double>(request_.size),
                  .seed = static_cast<double>(request_.seed)},
                 script.name);
        }
    }

    void step(const Step& step, const char* name) {
        if (report_.ending != Ending::good) return;
        const duk_int_t code = duk_safe_call(duk_, run_step, const_cast<Step*>(&step), 0, 1);
        const std::string text = duk_safe_to_string(duk_, -1);
        duk_pop(duk_);
        if (code != DUK_EXEC_SUCCESS) {
            report_ = failed(memory_, says_memory(text.c_str()),
                             std::string(name == nullptr ? "prepare" : name) + ": " + text);
        } else if (name != nullptr) {
            results_ += std::string("result ") + name + " " + text + "\n";
        }
    }

    Memory& memory_;
    const Request& request_;
    DuktapeMemory direct_;
    Creation creation_ = {.memory = &memory_};
    std::string library_;
    std::vector<std::string> sources_;
    duk_context* duk_ = nullptr;
    Report report_;
    std::string results_;
};

}  // namespace

const Program& duktape_program() {
    static constexpr Program kProgram = {
        .name = "duktape",
        .about = "Run Duktape (JavaScript) on an allocator of Morph Memory or on malloc.",
        .unit = "lines of generated source",
        .sizes = Sizes::kept,
        .classic = 10000,
        .abandons = true,
        .run = [](Memory& memory,
                  const Request& request) { return DuktapeRun(memory, request).run(); },
    };
    return kProgram;
}

}  // namespace real

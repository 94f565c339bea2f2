// Configuration from outside: the environment and every field of MorphMemConfig, from bytes.
//
//   byte 0      which of MORPH_MEM_DEBUG, MORPH_MEM_STATS, MORPH_MEM_V2, MORPH_MEM_V1_... are set
//   bytes 1-17  configuration fields; the rest: the values, each ends at a zero byte
//
// A context must come, work and give everything back; or NULL must come with a code and a text that
// names the field or variable. What is legal is decided here a second time.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "morph/mem.h"

namespace {

[[noreturn]] void finding(const char* what, const MorphError& error) {
    std::fprintf(stderr, "finding: configuration: %s (%s: %s)\n", what, morph_code_name(error.code),
                 error.text);
    std::abort();
}

class Input {
 public:
    Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}

    uint8_t byte() {
        if (size_ == 0) return 0;
        --size_;
        return *data_++;
    }

    // 0, small, a power of two with a neighbour, or the largest values.
    size_t number() {
        const uint8_t first = byte();
        const uint8_t second = byte();
        if (first < 64) return first;
        if (first < 128) return (size_t{1} << (second % 64)) + (first % 3) - 1;
        if (first < 192) return size_t{second} << (first % 48);
        return SIZE_MAX - second;
    }

    std::string word() {
        std::string result;
        while (size_ > 0) {
            const char c = static_cast<char>(byte());
            if (c == 0) break;
            result += c;
        }
        return result;
    }

 private:
    const uint8_t* data_;
    size_t size_;
};

constexpr size_t kV1ThresholdMin = 4096;

struct Ledger {
    size_t mapped = 0;
    size_t refuse_at = SIZE_MAX;
    size_t requests = 0;
};

bool request(void* user, size_t bytes) {
    Ledger& ledger = *static_cast<Ledger*>(user);
    // The harness's own bound: a huge hint may be refused but must not take the machine.
    if (ledger.requests++ == ledger.refuse_at || bytes > (size_t{1} << 30)) return false;
    ledger.mapped += bytes;
    return true;
}

void returned(void* user, size_t bytes) {
    static_cast<Ledger*>(user)->mapped -= bytes;
}

bool is_switch(const std::string& value) {
    return value == "0" || value == "1";
}

// A folder of its own that goes with the process.
struct TemporaryFolder {
    std::string path;

    TemporaryFolder() {
        char name[] = "/tmp/morph-config-XXXXXX";
        const char* made = mkdtemp(name);
        path = std::string(made != nullptr ? made : "/nonexistent") + "/";
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

// Statistics may be written nowhere else.
const std::string& directory() {
    static const TemporaryFolder folder;
    return folder.path;
}

std::string stats_path(std::string name) {
    for (char& c : name) {
        if (c == '/' && name.size() % 4 != 0) c = '_';
    }
    if (name.find("..") != std::string::npos) name = "dots";
    return name.empty() ? name : directory() + name.substr(0, 300);
}

// Decimal digits, and in the range that V1's threshold has.
bool is_threshold(const std::string& value) {
    if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) return false;
    const size_t digits = std::min(value.find_first_not_of('0'), value.size());
    if (value.size() - digits > 19) return false;
    const unsigned long long bytes = std::strtoull(value.c_str(), nullptr, 10);
    return bytes >= kV1ThresholdMin && bytes <= MORPH_MAX_REQUEST;
}

struct Environment {
    std::string debug, stats, v2, v1_threshold, v1_daemon;
    bool has_debug, has_stats, has_v2, has_v1;

    void apply() const {
        set("MORPH_MEM_DEBUG", has_debug, debug);
        set("MORPH_MEM_STATS", has_stats, stats);
        set("MORPH_MEM_V2", has_v2, v2);
        set("MORPH_MEM_V1_THRESHOLD", has_v1, v1_threshold);
        set("MORPH_MEM_V1_DAEMON", has_v1, v1_daemon);
    }
    [[nodiscard]] bool legal() const {
        return (!has_debug || is_switch(debug)) && (!has_v2 || is_switch(v2)) &&
               (!has_stats || !stats.empty()) &&
               (!has_v1 || (is_threshold(v1_threshold) && is_switch(v1_daemon)));
    }

 private:
    static void set(const char* name, bool present, const std::string& value) {
        if (present) {
            setenv(name, value.c_str(), 1);
        } else {
            unsetenv(name);
        }
    }
};

bool is_zero(const MorphHeapSettings& settings) {
    return settings.nursery_bytes == 0 && settings.nursery_bytes_max == 0 &&
           settings.promotion_age == 0 && settings.major_threshold == 0 &&
           settings.growth_percent == 0 && settings.large_bytes == 0 &&
           settings.pause_target_ms == 0 && !settings.full_collections;
}

bool legal_compiler(const MorphMemConfig& config) {
    const size_t block = config.arena_block_size;
    const bool block_legal =
        block == 0 || ((block & (block - 1)) == 0 && block >= 4096 && block <= (size_t{1} << 30));
    return config.gc_threshold == 0 && config.gc_pause_target_ms == 0 &&
           !config.enable_generational && block_legal && is_zero(config.heap);
}

bool legal_runtime(const MorphMemConfig& config) {
    return morph_heap_bytes_min(&config.heap) != SIZE_MAX &&  // that: impossible settings
           config.arena_block_size == 0 && config.gc_threshold <= MORPH_MAX_REQUEST;
}

bool legal_v1(const MorphMemConfig& config) {
    return config.v1.threshold == 0 ||
           (config.v1.threshold >= kV1ThresholdMin && config.v1.threshold <= MORPH_MAX_REQUEST);
}

// Least bytes_max.
size_t least_bytes(const MorphMemConfig& config, bool v1) {
    if (v1) return size_t{192} << 10;
    if (config.mode == MORPH_MODE_COMPILER) return 2 * morph_chunk_bytes() + (size_t{128} << 10);
    const size_t heap = morph_heap_bytes_min(&config.heap);
    return heap > SIZE_MAX - (size_t{64} << 10) ? SIZE_MAX : heap + (size_t{64} << 10);
}

// Of a legal environment.
bool legal(const MorphMemConfig& given, const Environment& environment) {
    MorphMemConfig config = given;
    const bool v1 = environment.has_v2 ? environment.v2 == "0" : config.enable_v1;
    if (environment.has_v1) {
        config.v1.threshold = std::strtoull(environment.v1_threshold.c_str(), nullptr, 10);
    }
    if (config.enable_compaction) return false;
    if (config.mode != MORPH_MODE_RUNTIME && config.mode != MORPH_MODE_COMPILER) return false;
    const bool runtime = config.mode == MORPH_MODE_RUNTIME;
    if (!(runtime ? legal_runtime(config) : legal_compiler(config))) return false;
    if (v1 && !legal_v1(config)) return false;
    return config.memory.bytes_max == 0 || config.memory.bytes_max >= least_bytes(config, v1);
}

bool names_something(const char* text) {
    static const char* const kNames[] = {"mode",
                                         "heap_size_hint",
                                         "gc_threshold",
                                         "gc_pause_target_ms",
                                         "enable_",
                                         "arena_block_size",
                                         "bytes_max",
                                         "heap.",
                                         "v1.",
                                         "MORPH_MEM_DEBUG",
                                         "MORPH_MEM_STATS",
                                         "MORPH_MEM_V2",
                                         "MORPH_MEM_V1_THRESHOLD",
                                         "MORPH_MEM_V1_DAEMON"};
    for (const char* name : kNames) {
        if (std::strstr(text, name) != nullptr) return true;
    }
    return false;
}

void use(MorphMemContext* context) {
    for (size_t size : {size_t{24}, size_t{5000}}) {
        void* object = morph_mem_alloc(context, size, MORPH_TYPE_NONE);
        if (object != nullptr) std::memset(object, 0x5a, size);
    }
    const MorphCode code = morph_mem_verify(context);
    if (code != MORPH_OK) finding("verify fails", morph_mem_last_error(context));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Input input(data, size);
    const uint8_t variables = input.byte();
    Ledger ledger;
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    const uint8_t flags = input.byte();
    config.mode = static_cast<MorphMemMode>((flags & 1) != 0 ? input.byte() % 4 : 0);
    config.heap_size_hint = input.number();
    if ((flags & 2) != 0) config.gc_threshold = input.number();
    if ((flags & 4) != 0) config.gc_pause_target_ms = static_cast<uint32_t>(input.number());
    config.enable_generational = (flags & 8) != 0;
    config.enable_compaction = (flags & 16) != 0;
    config.enable_metrics = (flags & 32) != 0;
    config.enable_debug = (flags & 64) != 0;
    if ((flags & 128) != 0) config.arena_block_size = input.number();
    if ((variables & 8) != 0) config.memory.bytes_max = input.number();
    if ((variables & 16) != 0) ledger.refuse_at = input.byte() % 8;
    if ((variables & 32) != 0) {
        config.heap.nursery_bytes = input.number();
        config.heap.nursery_bytes_max = input.number();
        config.heap.promotion_age = input.byte();
        config.heap.growth_percent = static_cast<uint32_t>(input.number());
        config.heap.large_bytes = input.number();
    }
    if ((variables & 64) != 0) {
        const uint8_t v1 = input.byte();
        config.enable_v1 = (v1 & 1) != 0;
        config.v1.daemon = (v1 & 6) == 6;
        config.v1.threshold = input.number();
    }
    config.memory.request = request;
    config.memory.returned = returned;
    config.memory.user = &ledger;
    Environment environment{};
    environment.has_debug = (variables & 1) != 0;
    environment.has_stats = (variables & 2) != 0;
    environment.has_v2 = (variables & 4) != 0;
    if (environment.has_debug) environment.debug = input.word();
    if (environment.has_v2) environment.v2 = input.word();
    if (environment.has_stats) environment.stats = stats_path(input.word());
    environment.has_v1 = (variables & 128) != 0;
    if (environment.has_v1) environment.v1_threshold = input.word();
    if (environment.has_v1) environment.v1_daemon = input.word();
    environment.apply();

    MorphMemContext* context = morph_mem_init(&config);
    if (context == nullptr) {
        const MorphError error = morph_creation_error();
        if (error.code == MORPH_OK || error.text[0] == 0)
            finding("refused without a reason", error);
        if (error.code == MORPH_ERROR_INVALID_CONFIGURATION && !names_something(error.text)) {
            finding("the error names neither field nor variable", error);
        }
        if (error.code == MORPH_ERROR_INVALID_CONFIGURATION && environment.legal() &&
            legal(config, environment)) {
            finding("a legal configuration is refused", error);
        }
    } else {
        if (!environment.legal() || !legal(config, environment)) {
            finding("an impossible configuration is taken", morph_mem_last_error(context));
        }
        use(context);
        (void)morph_mem_destroy(context);
        if (environment.has_stats) std::remove(environment.stats.c_str());
    }
    if (ledger.mapped != 0) finding("memory is not returned", morph_creation_error());
    return 0;
}

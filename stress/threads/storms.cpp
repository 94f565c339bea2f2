// What the other rooms do not do: objects created and destroyed in storms, failing creations,
// questions about the process, files, and the allocators alone.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include "stress/generate/random.h"
#include "stress/threads/jobs.h"

#include "morph/arena.h"
#include "morph/general.h"
#include "morph/mem.h"
#include "morph/pool.h"

namespace threads {
namespace {

using fox::Random;

// A sum that tells two runs apart.
class Digest {
 public:
    void add(uint64_t value) { sum_ = (sum_ ^ value) * 0x100000001b3; }
    [[nodiscard]] std::string text() const { return "digest " + std::to_string(sum_); }

 private:
    uint64_t sum_ = 0xcbf29ce484222325;
};

MorphMemConfig config_of(unsigned kind, const Choice& choice) {
    MorphMemConfig config = kind % 2 == 0 ? MORPH_CONFIG_COMPILER : MORPH_CONFIG_RUNTIME;
    if (kind % 2 != 0) config.heap.nursery_bytes = size_t{64} << 10;
    config.enable_v1 = kind >= 2;
    config.enable_debug = choice.debug;
    return config;
}

// ------------------------------------------------------------------------------------- storms

// A context of one of four kinds, used a little.
const char* use_context(unsigned kind, const Choice& choice, Random& random, Digest* digest) {
    const MorphMemConfig config = config_of(kind, choice);
    MorphMemContext* context = morph_mem_init(&config);
    if (context == nullptr) return "THREADS-RESULT: no context";
    const char* wrong = nullptr;
    MorphMemTypeInfo info = {};
    info.name = "bytes";
    const uint32_t type = morph_mem_register_type(context, &info);
    for (unsigned count = 0; count < 40; ++count) {
        const size_t size = random.below(2000);
        auto* bytes = static_cast<unsigned char*>(morph_mem_alloc(context, size, type));
        if (bytes == nullptr) wrong = "THREADS-RESULT: NULL";
        if (bytes != nullptr && size != 0) bytes[size - 1] = static_cast<unsigned char>(count);
        digest->add(size);
    }
    MorphMemStats stats = {};
    if (morph_mem_get_stats(context, &stats) != MORPH_OK || morph_mem_verify(context) != MORPH_OK) {
        wrong = "THREADS-RESULT: a context is broken";
    }
    digest->add(stats.total.bytes_allocated);
    digest->add(stats.total.allocations);
    return morph_mem_destroy(context) == MORPH_OK ? wrong : "THREADS-RESULT: destroy failed";
}

Outcome storm(const Choice& choice, uint64_t seed) {
    Random random(seed);
    Digest digest;
    for (unsigned round = 0; round < (choice.small ? 4u : 24u); ++round) {
        const char* wrong = use_context(round % 4, choice, random, &digest);
        if (wrong != nullptr) return {wrong, {}};
    }
    return {{}, digest.text()};
}

Outcome grow_types(const Choice& choice, uint64_t seed) {
    Digest digest;
    for (unsigned kind = 0; kind < 4; ++kind) {
        const MorphMemConfig config = config_of(kind, choice);
        MorphMemContext* context = morph_mem_init(&config);
        if (context == nullptr) return {"THREADS-RESULT: no context", {}};
        uint32_t last = 0;
        for (unsigned count = 0; count < (choice.small ? 100u : 700u); ++count) {
            const std::string name = "type " + std::to_string(seed + count);
            MorphMemTypeInfo info = {};
            info.name = name.c_str();
            last = morph_mem_register_type(context, &info);
            (void)morph_mem_alloc(context, 16, last);
        }
        MorphMemTypeStats stats = {};
        (void)morph_mem_get_type_stats(context, last, &stats);
        digest.add(last);
        for (const char* letter = stats.name; *letter != '\0'; ++letter) {
            digest.add(static_cast<unsigned char>(*letter));
        }
        (void)morph_mem_destroy(context);
    }
    return {{}, digest.text()};
}

// --------------------------------------------------------------------------- what is per thread

// Each creation fails in a way that shows in its error: a number of this thread's.
Outcome fail_creations(const Choice& choice, uint64_t seed) {
    Random random(seed);
    for (unsigned round = 0; round < (choice.small ? 20u : 200u); ++round) {
        const size_t bound = 1 + random.below(60000);
        MorphMemConfig config = config_of(round % 4, choice);
        config.memory.bytes_max = bound;
        MorphPoolConfig pool = {};
        pool.memory.bytes_max = bound;
        const bool made = round % 5 == 4 ? morph_pool_create(&pool) != nullptr
                                         : morph_mem_init(&config) != nullptr;
        if (made) return {"THREADS-OWN: an impossible bound was accepted", {}};
        const MorphError error = morph_creation_error();
        std::string digits;
        for (const char* letter = error.text; *letter != '\0'; ++letter) {
            if (*letter != ',') digits += *letter;
        }
        if (error.code != MORPH_ERROR_INVALID_CONFIGURATION ||
            digits.find(std::to_string(bound)) == std::string::npos) {
            return {"THREADS-OWN: of another thread: " + std::string(error.text), {}};
        }
    }
    return {{}, "refused"};
}

Outcome ask_surroundings(uint64_t) {
    const MorphMemConfig config = morph_mem_detect_config();
    MorphMemContext* context = morph_mem_init_auto();
    const bool made = context != nullptr;
    (void)morph_mem_destroy(context);
    if (!made) return {"THREADS-RESULT: no context of its own accord", {}};
    return {{},
            std::string(morph_version()) + " hint " + std::to_string(config.heap_size_hint) +
                " ram " + std::to_string(morph_mem_get_available_ram() >> 30)};
}

// Statistics in a file of this job are what the context tells.
Outcome dump(const Choice& choice, uint64_t seed) {
    std::string folder = std::filesystem::temp_directory_path() / "morph-threads-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) return {"no directory: " + folder, {}};
    std::string wrong;
    const MorphMemConfig config = config_of(0, choice);
    MorphMemContext* context = morph_mem_init(&config);
    const char* const names[] = {"/stats.txt", "/stats.json", "/stats.csv"};
    for (unsigned round = 0; round < 6 && wrong.empty(); ++round) {
        (void)morph_mem_alloc(context, 1 + (seed + round) % 900, 0);
        const std::string path = folder + names[round % 3];
        std::string told(size_t{64} << 10, '\0');
        told.resize(morph_mem_format_stats(context, static_cast<MorphMemFormat>(round % 3),
                                           told.data(), told.size()));
        if (morph_mem_dump_stats(context, path.c_str()) != MORPH_OK) {
            wrong = morph_mem_last_error(context).text;
        }
        std::ifstream stream(path, std::ios::binary);
        const std::string written{std::istreambuf_iterator<char>(stream), {}};
        if (wrong.empty() && written != told) wrong = "THREADS-RESULT: " + path + " differs";
    }
    (void)morph_mem_destroy(context);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return {wrong, "written"};
}

// V1's thread watches a heap that idles now and then.
Outcome serve_daemon(const Choice& choice, uint64_t seed) {
    MorphMemConfig config = config_of(3, choice);
    config.v1.daemon = true;
    config.v1.daemon_interval_ms = 1;
    config.v1.idle_ms = 1;
    MorphMemContext* context = morph_mem_init(&config);
    if (context == nullptr) return {morph_creation_error().text, {}};
    Random random(seed);
    Digest digest;
    void* kept = nullptr;
    (void)morph_mem_gc_push_root(context, &kept);
    for (unsigned count = 0; count < 400; ++count) {
        const size_t size = 1 + random.below(8000);
        kept = morph_mem_alloc(context, size, 0);
        digest.add(size);
        if (count % 100 == 99) usleep(3000);
    }
    const bool sound = kept != nullptr && morph_mem_verify(context) == MORPH_OK;
    (void)morph_mem_destroy(context);
    return {sound ? "" : "THREADS-RESULT: V1 with its daemon is broken", digest.text()};
}

// ------------------------------------------------------------------------- the allocators alone

struct Arena {
    explicit Arena(const Choice& choice) {
        MorphArenaConfig config = {};
        config.enable_debug = choice.debug;
        arena_ = morph_arena_create(&config);
    }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() { morph_arena_destroy(arena_); }
    void* allocate(size_t size) { return morph_arena_alloc(arena_, size); }
    void free(void*, size_t) {}  // all at the end
    MorphCode verify() { return morph_arena_verify(arena_); }
    MorphArena* arena_;
};

struct Pool {
    explicit Pool(const Choice& choice) {
        MorphPoolConfig config = {};
        config.enable_debug = choice.debug;
        pool_ = morph_pool_create(&config);
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() { morph_pool_destroy(pool_); }
    void* allocate(size_t size) { return morph_pool_alloc(pool_, size); }
    void free(void* object, size_t size) { (void)morph_pool_free(pool_, object, size); }
    MorphCode verify() { return morph_pool_verify(pool_); }
    MorphPool* pool_;
};

struct General {
    explicit General(const Choice& choice) {
        MorphGeneralConfig config = {};
        config.enable_debug = choice.debug;
        general_ = morph_general_create(&config);
    }
    General(const General&) = delete;
    General& operator=(const General&) = delete;
    ~General() { morph_general_destroy(general_); }
    void* allocate(size_t size) { return morph_general_alloc(general_, size); }
    void free(void* object, size_t) { (void)morph_general_free(general_, object); }
    MorphCode verify() { return morph_general_verify(general_); }
    MorphGeneral* general_;
};

// Objects that are filled, looked at, and replaced at random.
template <typename Allocator>
Outcome churn(const Choice& choice, size_t size_max, uint64_t seed) {
    Allocator allocator(choice);
    Random random(seed);
    Digest digest;
    struct Slot {
        unsigned char* bytes = nullptr;
        size_t size = 0;
        unsigned char fill = 0;
    };
    std::vector<Slot> slots(200);
    for (unsigned count = 0; count < (choice.small ? 600u : 6000u); ++count) {
        Slot& slot = slots[random.below(slots.size())];
        for (size_t at = 0; at < slot.size; ++at) {
            if (slot.bytes[at] != slot.fill) return {"THREADS-RESULT: contents changed", {}};
        }
        if (slot.bytes != nullptr) allocator.free(slot.bytes, slot.size);
        slot = {nullptr, 1 + random.below(size_max), static_cast<unsigned char>(random.below(256))};
        slot.bytes = static_cast<unsigned char*>(allocator.allocate(slot.size));
        if (slot.bytes == nullptr) return {"THREADS-RESULT: NULL", {}};
        std::memset(slot.bytes, slot.fill, slot.size);
        digest.add(slot.size + slot.fill);
    }
    return {allocator.verify() == MORPH_OK ? "" : "THREADS-RESULT: broken", digest.text()};
}

}  // namespace

void add_storms(const Choice& choice, std::vector<Job>* out) {
    out->push_back({"storm", [=](uint64_t seed) { return storm(choice, seed); }});
    out->push_back({"types", [=](uint64_t seed) { return grow_types(choice, seed); }});
    out->push_back({"errors", [=](uint64_t seed) { return fail_creations(choice, seed); }});
    out->push_back({"surroundings", ask_surroundings, true});
    out->push_back({"dump", [=](uint64_t seed) { return dump(choice, seed); }});
    out->push_back({"daemon", [=](uint64_t seed) { return serve_daemon(choice, seed); }});
    out->push_back({"arena", [=](uint64_t seed) { return churn<Arena>(choice, 4000, seed); }});
    out->push_back({"pool", [=](uint64_t seed) { return churn<Pool>(choice, 1024, seed); }});
    out->push_back({"general", [=](uint64_t seed) { return churn<General>(choice, 4000, seed); }});
}

}  // namespace threads

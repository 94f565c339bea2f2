// The reference's C interface: what programs that link it see.

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "morph/arena.h"
#include "morph/mem.h"
#include "morph/pool.h"

namespace {

// Counts requests, refuses one of them, and collects reports.
struct Witness {
    size_t requests = 0;
    size_t refuse_at = SIZE_MAX;
    size_t refuse_count = 1;
    int64_t balance = 0;
    std::vector<MorphReport> reports;

    MorphMemoryLimits limits(size_t bytes_max = 0) {
        return {.bytes_max = bytes_max, .request = &request, .returned = &returned, .user = this};
    }
    static bool request(void* user, size_t bytes) {
        auto* self = static_cast<Witness*>(user);
        const size_t number = self->requests++;
        if (number >= self->refuse_at && number - self->refuse_at < self->refuse_count) {
            return false;
        }
        self->balance += static_cast<int64_t>(bytes);
        return true;
    }
    static void returned(void* user, size_t bytes) {
        static_cast<Witness*>(user)->balance -= static_cast<int64_t>(bytes);
    }
    static void report(void* user, const MorphReport* report) {
        static_cast<Witness*>(user)->reports.push_back(*report);
    }
};

const MorphMemTypeInfo kToken = [] {
    MorphMemTypeInfo info = {};
    info.name = "token";
    return info;
}();

// An environment variable, for one test.
class Variable {
 public:
    Variable(const char* name, const std::string& value) : name_(name) {
        setenv(name, value.c_str(), 1);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { unsetenv(name_); }

 private:
    const char* name_;
};

std::string temporary_path(const char* name) {
    return ::testing::TempDir() + "reference-" + std::to_string(getpid()) + "-" + name;
}

std::string contents_of(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(ReferenceArena, InlinePathsWorkForEverySizeAndAlignment) {
    MorphArena* arena = morph_arena_create(nullptr);
    ASSERT_NE(arena, nullptr);
    for (const size_t size : {size_t{0}, size_t{1}, size_t{8}, size_t{100}, size_t{3} << 20}) {
        auto* object = static_cast<unsigned char*>(morph_arena_alloc(arena, size));
        ASSERT_NE(object, nullptr);
        std::memset(object, 1, size);
        EXPECT_TRUE(morph_arena_contains(arena, object));
        auto* zeroed = static_cast<unsigned char*>(morph_arena_alloc_zeroed(arena, size));
        for (size_t at = 0; at < size; at += 17) ASSERT_EQ(zeroed[at], 0);
    }
    for (size_t alignment = 1; alignment <= size_t{1} << 24; alignment *= 2) {
        void* object = morph_arena_alloc_aligned(arena, 10, alignment);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
    }
    EXPECT_EQ(morph_arena_alloc(arena, SIZE_MAX), nullptr);
    EXPECT_EQ(morph_arena_last_error(arena).code, MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(morph_arena_alloc_aligned(arena, 8, 12), nullptr);
    EXPECT_EQ(morph_arena_last_error(arena).code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_STRNE(morph_arena_last_error(arena).text, "");
    EXPECT_EQ(morph_arena_verify(arena), MORPH_OK);
    morph_arena_reset(arena);
    EXPECT_EQ(morph_arena_stats(arena).bytes_used, 0u);
    EXPECT_EQ(morph_arena_stats(arena).utilisation, 1.0);
    morph_arena_destroy(arena);
    morph_arena_destroy(nullptr);
}

TEST(ReferenceArena, MarksThatAreNotLiveScopesAreRefused) {
    MorphArena* arena = morph_arena_create(nullptr);
    MorphArenaMark* outer = morph_arena_mark(arena);
    MorphArenaMark* inner = morph_arena_mark(arena);
    void* object = morph_arena_alloc(arena, 10);
    EXPECT_EQ(morph_arena_release(arena, outer), MORPH_OK);
    EXPECT_FALSE(morph_arena_contains(arena, object));
    EXPECT_EQ(morph_arena_release(arena, inner), MORPH_ERROR_SCOPE);
    EXPECT_EQ(morph_arena_release(arena, nullptr), MORPH_ERROR_SCOPE);
    int foreign = 0;
    EXPECT_EQ(morph_arena_release(arena, reinterpret_cast<MorphArenaMark*>(&foreign)),
              MORPH_ERROR_SCOPE);
    EXPECT_EQ(morph_arena_last_error(arena).code, MORPH_ERROR_SCOPE);
    morph_arena_destroy(arena);
}

TEST(ReferenceArena, ImpossibleConfigurationsNameFieldAndValue) {
    for (const size_t block : {size_t{5000}, size_t{2048}, size_t{2} << 30, SIZE_MAX}) {
        MorphArenaConfig config = {};
        config.block_size = block;
        EXPECT_EQ(morph_arena_create(&config), nullptr);
        const std::string text = morph_creation_error().text;
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);
        EXPECT_NE(text.find("block_size: " + std::to_string(block)), std::string::npos) << text;
    }
    MorphArenaConfig config = {};
    config.memory.bytes_max = 2 * morph_chunk_bytes() + (64 << 10) - 1;
    EXPECT_EQ(morph_arena_create(&config), nullptr);
    EXPECT_NE(std::string(morph_creation_error().text).find("bytes_max"), std::string::npos);
    config.memory.bytes_max += 1;
    MorphArena* arena = morph_arena_create(&config);
    ASSERT_NE(arena, nullptr);
    EXPECT_EQ(morph_arena_alloc(arena, config.memory.bytes_max), nullptr);
    EXPECT_EQ(morph_arena_last_error(arena).code, MORPH_ERROR_OUT_OF_MEMORY);
    morph_arena_destroy(arena);
}

TEST(ReferencePool, InlinePathsWorkAndQueriesTellSizeAndType) {
    MorphPool* pool = morph_pool_create(nullptr);
    ASSERT_NE(pool, nullptr);
    for (size_t size = 0; size <= MORPH_POOL_MAX_SIZE; ++size) {
        auto* object = static_cast<unsigned char*>(morph_pool_alloc(pool, size));
        ASSERT_NE(object, nullptr);
        std::memset(object, 3, size);
        const MorphAddressInfo info = morph_pool_query(pool, object + size / 2);
        EXPECT_EQ(info.room, MORPH_ROOM_POOL);
        EXPECT_TRUE(info.allocated);
        EXPECT_EQ(info.object, object);
        EXPECT_EQ(info.size, size);
        EXPECT_EQ(info.type, 0u);
        if (size % 2 == 0) {
            EXPECT_EQ(morph_pool_free(pool, object, size), MORPH_OK);
            EXPECT_FALSE(morph_pool_query(pool, object).allocated);
        }
    }
    EXPECT_EQ(morph_pool_alloc(pool, 1025), nullptr);
    EXPECT_EQ(morph_pool_last_error(pool).code, MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(morph_pool_stats(pool).objects_live, 512u);
    size_t walked = 0;
    const auto count = [](void* user, void*, size_t size, uint32_t type) {
        *static_cast<size_t*>(user) += size % 2 == 1 && type == 0;
        return true;
    };
    morph_pool_walk(pool, count, &walked);
    EXPECT_EQ(walked, 512u);
    morph_pool_reset(pool);
    EXPECT_EQ(morph_pool_stats(pool).bytes_slots, 0u);
    morph_pool_destroy(pool);
    morph_pool_destroy(nullptr);
}

TEST(ReferencePool, WalkStopsWhenToldTo) {
    MorphPool* pool = morph_pool_create(nullptr);
    for (int number = 0; number < 5; ++number) ASSERT_NE(morph_pool_alloc(pool, 8), nullptr);
    int visits = 0;
    const auto stop = [](void* user, void*, size_t, uint32_t) {
        return ++*static_cast<int*>(user) < 2;
    };
    morph_pool_walk(pool, stop, &visits);
    EXPECT_EQ(visits, 2);
    morph_pool_destroy(pool);
}

TEST(ReferencePool, MisuseIsRefusedInReleaseModeAndChangesNothing) {
    MorphPool* pool = morph_pool_create(nullptr);
    auto* object = static_cast<unsigned char*>(morph_pool_alloc(pool, 40));
    int foreign = 0;
    EXPECT_EQ(morph_pool_free(pool, &foreign, 4), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_pool_free(pool, object + 8, 40), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_pool_free(pool, reinterpret_cast<void*>(8), 8), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_pool_realloc(pool, object + 1, 8), nullptr);
    EXPECT_EQ(morph_pool_realloc(pool, object, 0), nullptr);
    EXPECT_EQ(morph_pool_last_error(pool).code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(morph_pool_realloc(pool, nullptr, 0), nullptr);
    EXPECT_EQ(morph_pool_realloc(pool, object, 1025), nullptr);
    EXPECT_EQ(morph_pool_query(pool, object).size, 40u);
    EXPECT_EQ(morph_pool_free(pool, object, 40), MORPH_OK);
    EXPECT_EQ(morph_pool_free(pool, object, 40), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_pool_free(pool, nullptr, 40), MORPH_OK);
    morph_pool_destroy(pool);
}

TEST(ReferencePool, DebugModeReportsEachKindOfMisuseOnce) {
    Witness witness;
    MorphPoolConfig config = {};
    config.enable_debug = true;
    config.report = &Witness::report;
    config.report_user = &witness;
    MorphPool* pool = morph_pool_create(&config);
    auto* object = static_cast<unsigned char*>(morph_pool_alloc_typed(pool, 40, 9));
    EXPECT_EQ(morph_pool_free(pool, object, 41), MORPH_ERROR_WRONG_SIZE);
    ASSERT_EQ(witness.reports.size(), 1u);
    EXPECT_EQ(witness.reports[0].kind, MORPH_REPORT_WRONG_SIZE);
    EXPECT_EQ(witness.reports[0].size, 40u);
    EXPECT_EQ(witness.reports[0].type, 9u);
    EXPECT_EQ(morph_pool_free(pool, object + 8, 32), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(witness.reports.back().kind, MORPH_REPORT_FOREIGN_POINTER);
    object[40] ^= 1;
    EXPECT_EQ(morph_pool_free(pool, object, 40), MORPH_ERROR_CORRUPTION);
    EXPECT_EQ(witness.reports.back().kind, MORPH_REPORT_GUARD_OVERWRITTEN);
    EXPECT_EQ(morph_pool_verify(pool), MORPH_ERROR_CORRUPTION);
    object[40] ^= 1;
    EXPECT_EQ(morph_pool_verify(pool), MORPH_OK);
    EXPECT_EQ(morph_pool_free(pool, object, 40), MORPH_OK);
    EXPECT_EQ(morph_pool_free(pool, object, 40), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(witness.reports.back().kind, MORPH_REPORT_DOUBLE_FREE);
    EXPECT_EQ(witness.reports.size(), 4u);
    morph_pool_destroy(pool);
}

TEST(ReferencePoolDeathTest, TheDefaultHandlerPrintsAndAborts) {
    MorphPoolConfig config = {};
    config.enable_debug = true;
    MorphPool* pool = morph_pool_create(&config);
    int foreign = 0;
    EXPECT_DEATH(morph_pool_free(pool, &foreign, 4), "foreign pointer");
    morph_pool_destroy(pool);
}

TEST(ReferenceContext, FreesReallocatesAndCountsByType) {
    MorphMemContext* memory = morph_mem_init(nullptr);
    ASSERT_NE(memory, nullptr);
    const uint32_t token = morph_mem_register_type(memory, &kToken);
    EXPECT_EQ(token, 1u);
    auto* object = static_cast<unsigned char*>(morph_mem_alloc(memory, 32, token));
    std::memset(object, 5, 32);
    auto* larger = static_cast<unsigned char*>(morph_mem_realloc(memory, object, 32, 2000, token));
    EXPECT_EQ(larger[31], 5);
    EXPECT_EQ(morph_mem_query(memory, larger + 1).room, MORPH_ROOM_ARENA);
    EXPECT_EQ(morph_mem_free(memory, larger), MORPH_OK);
    EXPECT_EQ(morph_mem_query(memory, larger).room, MORPH_ROOM_ARENA) << "stays until reset";
    EXPECT_EQ(morph_mem_free(memory, object), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_mem_realloc(memory, larger, 2000, 10, 77), nullptr);
    EXPECT_EQ(morph_mem_last_error(memory).code, MORPH_ERROR_UNKNOWN_TYPE);

    MorphMemStats stats = {};
    EXPECT_EQ(morph_mem_get_stats(memory, &stats), MORPH_OK);
    EXPECT_EQ(stats.total.allocations, 2u);
    EXPECT_EQ(stats.total.frees, 1u);
    EXPECT_EQ(stats.failures, 2u);
    EXPECT_EQ(stats.bytes_mapped,
              stats.pool_bytes_mapped + stats.arena_bytes_mapped + stats.metadata_bytes_mapped);
    MorphMemTypeStats type_stats = {};
    EXPECT_EQ(morph_mem_get_type_stats(memory, token, &type_stats), MORPH_OK);
    EXPECT_STREQ(type_stats.name, "token");
    EXPECT_EQ(type_stats.counts.bytes_live, 2000u);
    EXPECT_EQ(morph_mem_get_type_stats(memory, 2, &type_stats), MORPH_ERROR_UNKNOWN_TYPE);
    morph_mem_reset(memory);
    morph_mem_get_stats(memory, &stats);
    EXPECT_EQ(stats.total.objects_live, 0u);
    EXPECT_EQ(stats.types, 2u);
    EXPECT_EQ(morph_mem_verify(memory), MORPH_OK);
    EXPECT_EQ(morph_mem_destroy(memory), MORPH_OK);
    EXPECT_EQ(morph_mem_destroy(nullptr), MORPH_OK);
}

TEST(ReferenceContext, CollectorCallsAndOtherModesAreRefused) {
    MorphMemContext* memory = morph_mem_init_auto();
    ASSERT_NE(memory, nullptr);
    void* slot = nullptr;
    EXPECT_EQ(morph_mem_gc_collect(memory), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_gc_push_root(memory, &slot), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_gc_pop_roots(memory, 1), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_register_type(memory, nullptr), MORPH_TYPE_INVALID);
    morph_mem_destroy(memory);
    for (const auto& config : {MORPH_CONFIG_VM, MORPH_CONFIG_SERVER}) {
        EXPECT_EQ(morph_mem_init(&config), nullptr);
        EXPECT_EQ(morph_mem_last_error(nullptr).code, MORPH_ERROR_UNSUPPORTED);
    }
}

TEST(ReferenceContext, ImpossibleConfigurationsNameFieldAndValue) {
    const auto refused = [](const char* text, auto change) {
        MorphMemConfig config = MORPH_CONFIG_COMPILER;
        change(config);
        EXPECT_EQ(morph_mem_init(&config), nullptr) << text;
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);
        EXPECT_EQ(std::string(morph_creation_error().text).find(text), 0u)
            << morph_creation_error().text;
    };
    refused("gc_threshold: 7", [](MorphMemConfig& config) { config.gc_threshold = 7; });
    refused("gc_pause_target_ms: 9", [](MorphMemConfig& config) { config.gc_pause_target_ms = 9; });
    refused("enable_generational",
            [](MorphMemConfig& config) { config.enable_generational = true; });
    refused("enable_compaction", [](MorphMemConfig& config) { config.enable_compaction = true; });
    refused("arena_block_size: 4097",
            [](MorphMemConfig& config) { config.arena_block_size = 4097; });
    refused("memory.bytes_max: 1", [](MorphMemConfig& config) { config.memory.bytes_max = 1; });
    refused("mode: 4711", [](MorphMemConfig& config) {
        const unsigned mode = 4711;
        std::memcpy(&config.mode, &mode, sizeof mode);
    });
}

TEST(ReferenceContext, EnvironmentValuesThatDoNotParseNameTheVariable) {
    for (const char* value : {"", "2", "yes", "01", " 1"}) {
        for (const char* name : {"MORPH_MEM_DEBUG", "MORPH_MEM_V2"}) {
            const Variable variable(name, value);
            EXPECT_EQ(morph_mem_init(nullptr), nullptr);
            const std::string expected = std::string(name) + ": \"" + value + "\"";
            EXPECT_EQ(std::string(morph_creation_error().text).find(expected), 0u);
        }
    }
}

TEST(ReferenceContext, TheBaselineIsNotPartOfTheModel) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    {
        const Variable first("MORPH_MEM_V2", "0");
        EXPECT_EQ(morph_mem_init(&config), nullptr);
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_UNSUPPORTED);
    }
    config.enable_v1 = true;
    EXPECT_EQ(morph_mem_init(&config), nullptr);
    EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(std::string(morph_creation_error().text).find("enable_v1: "), 0u);
    const Variable second("MORPH_MEM_V2", "1");
    MorphMemContext* memory = morph_mem_init(&config);
    EXPECT_NE(memory, nullptr);
    morph_mem_destroy(memory);
}

TEST(ReferenceContext, StatisticsAreWrittenAtDestroyInTheFormOfTheExtension) {
    for (const char* name : {"stats.json", "stats.csv", "stats.txt"}) {
        const std::string path = temporary_path(name);
        {
            const Variable variable("MORPH_MEM_STATS", path);
            MorphMemContext* memory = morph_mem_init(nullptr);
            ASSERT_NE(morph_mem_alloc(memory, 24, MORPH_TYPE_NONE), nullptr);
            EXPECT_EQ(morph_mem_destroy(memory), MORPH_OK);
        }
        const std::string text = contents_of(path);
        const char* expected = "bytes_live 24\n";
        if (path.ends_with("json")) expected = "{\"mode\": \"compiler\"";
        if (path.ends_with("csv")) expected = "total,,,bytes_live,24\r\n";
        EXPECT_NE(text.find(expected), std::string::npos) << text;
        unlink(path.c_str());
    }
    const Variable variable("MORPH_MEM_STATS", temporary_path("missing") + "/stats.json");
    MorphMemContext* memory = morph_mem_init(nullptr);
    EXPECT_EQ(morph_mem_destroy(memory), MORPH_ERROR_IO);
}

TEST(ReferenceContext, JsonIsValidForAnyTypeName) {
    MorphMemContext* memory = morph_mem_init(nullptr);
    MorphMemTypeInfo info = {};
    info.name = "a\"\\\n,\xff";
    info.placement = MORPH_PLACE_POOL;
    const uint32_t type = morph_mem_register_type(memory, &info);
    ASSERT_NE(morph_mem_alloc(memory, 24, type), nullptr);
    const size_t length = morph_mem_format_stats(memory, MORPH_FORMAT_JSON, nullptr, 0);
    std::string text(length + 1, '#');
    EXPECT_EQ(morph_mem_format_stats(memory, MORPH_FORMAT_JSON, text.data(), 10), length);
    EXPECT_EQ(std::strlen(text.c_str()), 9u) << "cut and terminated";
    EXPECT_EQ(morph_mem_format_stats(memory, MORPH_FORMAT_JSON, text.data(), text.size()), length);
    const auto json = nlohmann::json::parse(text.c_str(), nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << text;
    EXPECT_EQ(json["total"]["bytes_live"], 24);
    ASSERT_EQ(json["by_type"].size(), 1u) << "types without any allocation are left out";
    EXPECT_EQ(json["by_type"][0]["name"], "a\"\\\n,\u00ff");
    morph_mem_destroy(memory);
}

TEST(ReferenceContext, AnUnknownFormatIsRefused) {
    MorphMemContext* memory = morph_mem_init(nullptr);
    char text[8] = "before";
    EXPECT_EQ(morph_mem_format_stats(memory, static_cast<MorphMemFormat>(3), text, 8), 0u);
    EXPECT_STREQ(text, "");
    EXPECT_EQ(morph_mem_last_error(memory).code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_GT(morph_mem_format_stats(memory, MORPH_FORMAT_TEXT, nullptr, 8), 8u);
    morph_mem_destroy(memory);
}

TEST(ReferenceContext, LeaksAreReportedOncePerTypeWhenAskedFor) {
    Witness witness;
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.report = &Witness::report;
    config.report_user = &witness;
    for (const bool wanted : {false, true}) {
        config.report_leaks = wanted;
        MorphMemContext* memory = morph_mem_init(&config);
        const uint32_t type = morph_mem_register_type(memory, &kToken);
        void* freed = morph_mem_alloc(memory, 8, MORPH_TYPE_NONE);
        EXPECT_EQ(morph_mem_free(memory, freed), MORPH_OK);
        for (int number = 0; number < 3; ++number) {
            ASSERT_NE(morph_mem_alloc(memory, 24, type), nullptr);
        }
        ASSERT_NE(morph_mem_alloc(memory, 5000, MORPH_TYPE_NONE), nullptr);
        morph_mem_destroy(memory);
        EXPECT_EQ(witness.reports.size(), wanted ? 1u : 0u);
    }
    EXPECT_EQ(witness.reports.at(0).kind, MORPH_REPORT_LEAK);
    EXPECT_EQ(witness.reports.at(0).type, 1u);
}

TEST(ReferenceContext, ReallocChecksTypeAndInDebugModeSize) {
    Witness witness;
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.enable_debug = true;
    config.report = &Witness::report;
    config.report_user = &witness;
    MorphMemContext* memory = morph_mem_init(&config);
    const uint32_t type = morph_mem_register_type(memory, &kToken);
    void* object = morph_mem_alloc(memory, 40, type);
    EXPECT_EQ(morph_mem_realloc(memory, object, 40, 41, MORPH_TYPE_NONE), nullptr);
    EXPECT_EQ(morph_mem_last_error(memory).code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(morph_mem_realloc(memory, object, 39, 41, type), nullptr);
    EXPECT_EQ(morph_mem_last_error(memory).code, MORPH_ERROR_WRONG_SIZE);
    EXPECT_EQ(witness.reports.size(), 1u);
    EXPECT_EQ(morph_mem_query(memory, object).size, 40u);
    morph_mem_destroy(memory);
}

TEST(ReferenceArena, ReleaseStopsAtABrokenGuardOfWhatItWouldFree) {
    Witness witness;
    MorphArenaConfig config = {};
    config.enable_debug = true;
    config.report = &Witness::report;
    config.report_user = &witness;
    MorphArena* arena = morph_arena_create(&config);
    auto* outer = static_cast<unsigned char*>(morph_arena_alloc(arena, 5));
    MorphArenaMark* mark = morph_arena_mark(arena);
    auto* inner = static_cast<unsigned char*>(morph_arena_alloc(arena, 5));
    inner[5] ^= 1;
    EXPECT_EQ(morph_arena_release(arena, mark), MORPH_ERROR_CORRUPTION);
    EXPECT_EQ(witness.reports.size(), 1u);
    EXPECT_EQ(morph_arena_stats(arena).scopes, 1u);
    inner[5] ^= 1;
    outer[5] ^= 1;
    EXPECT_EQ(morph_arena_release(arena, mark), MORPH_OK) << "the outer object is not its matter";
    EXPECT_EQ(morph_arena_verify(arena), MORPH_ERROR_CORRUPTION);
    morph_arena_reset(arena);
    EXPECT_EQ(witness.reports.size(), 2u);
    EXPECT_EQ(witness.reports[1].kind, MORPH_REPORT_GUARD_OVERWRITTEN);
    morph_arena_destroy(arena);
}

TEST(ReferenceContext, DetectedConfigurationFitsTheRam) {
    const MorphMemConfig config = morph_mem_detect_config();
    EXPECT_EQ(config.mode, MORPH_MODE_COMPILER);
    EXPECT_GT(morph_mem_get_available_ram(), size_t{1} << 20);
    EXPECT_LE(config.heap_size_hint, MORPH_CONFIG_COMPILER.heap_size_hint);
}

// A short program of every call that may ask for memory; false when any of them failed.
bool short_program(Witness* witness) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.memory = witness->limits();
    MorphMemContext* memory = morph_mem_init(&config);
    if (memory == nullptr) return false;
    void* small = morph_mem_alloc(memory, 40, MORPH_TYPE_NONE);
    void* large = morph_mem_alloc_zeroed(memory, 5000, MORPH_TYPE_NONE);
    void* grown = morph_mem_realloc(memory, small, 40, 400, MORPH_TYPE_NONE);
    const bool all = small != nullptr && large != nullptr && grown != nullptr;
    EXPECT_EQ(morph_mem_verify(memory), MORPH_OK);
    EXPECT_EQ(morph_mem_destroy(memory), MORPH_OK);
    return all;
}

TEST(ReferenceContext, EveryRefusedRequestFailsCleanlyAndNothingLeaks) {
    Witness whole;
    EXPECT_TRUE(short_program(&whole));
    EXPECT_EQ(whole.balance, 0);
    EXPECT_EQ(whole.requests, 4u);
    for (const size_t count : {size_t{1}, SIZE_MAX}) {
        for (size_t number = 0; number < whole.requests; ++number) {
            Witness witness;
            witness.refuse_at = number;
            witness.refuse_count = count;
            EXPECT_FALSE(short_program(&witness));
            EXPECT_EQ(witness.balance, 0);
        }
    }
}

TEST(ReferenceCommon, NamesAreNeverNull) {
    EXPECT_STREQ(morph_code_name(MORPH_OK), "MORPH_OK");
    EXPECT_STREQ(morph_code_name(MORPH_ERROR_IO), "MORPH_ERROR_IO");
    EXPECT_STREQ(morph_code_name(static_cast<MorphCode>(15)), "unknown code");
    EXPECT_STREQ(morph_report_kind_name(MORPH_REPORT_DOUBLE_FREE), "double free");
    EXPECT_STREQ(morph_report_kind_name(MORPH_REPORT_LEAK), "leak");
    EXPECT_STREQ(morph_version(), "2.0.0");
}

}  // namespace

#include "context/config.h"

#include <map>
#include <string>

#include "context/config_for_tests.h"
#include "os/ram.h"

namespace {

using morph::expect_invalid;
using morph::Refusal;
using morph::refusal_of;

constexpr size_t kMiB = size_t{1} << 20;

// Numbers that an enum of C may hold and one of C++ may not.
template <typename Enum>
void set_raw(Enum* target, unsigned number) {
    std::memcpy(target, &number, sizeof(number));
}

TEST(Presets, AreAsDocumented) {
    EXPECT_EQ(MORPH_CONFIG_COMPILER.heap_size_hint, 256 * kMiB);
    EXPECT_EQ(MORPH_CONFIG_RUNTIME.heap_size_hint, 512 * kMiB);
    EXPECT_EQ(MORPH_CONFIG_VM.heap_size_hint, 2048 * kMiB);
    EXPECT_EQ(MORPH_CONFIG_SERVER.heap_size_hint, 1024 * kMiB);
    EXPECT_EQ(MORPH_CONFIG_COMPILER.gc_threshold, 0u);
    EXPECT_EQ(MORPH_CONFIG_RUNTIME.gc_threshold, 64 * kMiB);
    EXPECT_EQ(MORPH_CONFIG_VM.gc_threshold, 128 * kMiB);
    EXPECT_EQ(MORPH_CONFIG_SERVER.gc_threshold, 128 * kMiB);
    EXPECT_EQ(MORPH_CONFIG_COMPILER.gc_pause_target_ms, 0u);
    EXPECT_EQ(MORPH_CONFIG_RUNTIME.gc_pause_target_ms, 10u);
    EXPECT_EQ(MORPH_CONFIG_VM.gc_pause_target_ms, 5u);
    EXPECT_EQ(MORPH_CONFIG_SERVER.gc_pause_target_ms, 5u);
    EXPECT_EQ(MORPH_CONFIG_COMPILER.memory.bytes_max, 0u);
    EXPECT_EQ(MORPH_CONFIG_SERVER.memory.bytes_max, 1024 * kMiB);
    for (const MorphMemConfig* preset :
         {&MORPH_CONFIG_COMPILER, &MORPH_CONFIG_RUNTIME, &MORPH_CONFIG_VM, &MORPH_CONFIG_SERVER}) {
        EXPECT_TRUE(preset->enable_metrics);
        EXPECT_FALSE(preset->enable_debug);
    }
    EXPECT_EQ(MORPH_CONFIG_COMPILER.mode, MORPH_MODE_COMPILER);
    EXPECT_EQ(MORPH_CONFIG_RUNTIME.mode, MORPH_MODE_RUNTIME);
    EXPECT_EQ(MORPH_CONFIG_VM.mode, MORPH_MODE_VM);
    EXPECT_EQ(MORPH_CONFIG_SERVER.mode, MORPH_MODE_SERVER);
}

TEST(Config, NullIsTheCompilerPreset) {
    MorphMemContext* context = morph_mem_init(nullptr);
    ASSERT_NE(context, nullptr);
    MorphMemStats stats;
    EXPECT_EQ(morph_mem_get_stats(context, &stats), MORPH_OK);
    EXPECT_EQ(stats.mode, MORPH_MODE_COMPILER);
    EXPECT_TRUE(stats.metrics);
    EXPECT_EQ(morph_mem_destroy(context), MORPH_OK);
}

TEST(Config, ModesWhoseCollectorIsMissingAreRefusedAsUnsupported) {
    const char* names[] = {"VM", "SERVER"};
    const MorphMemConfig* presets[] = {&MORPH_CONFIG_VM, &MORPH_CONFIG_SERVER};
    for (int i = 0; i < 2; ++i) {
        Refusal refusal = refusal_of(*presets[i]);
        EXPECT_EQ(refusal.code, MORPH_ERROR_UNSUPPORTED);
        EXPECT_NE(refusal.text.find(std::string("mode: MORPH_MODE_") + names[i]), std::string::npos)
            << refusal.text;
    }
}

TEST(Config, AnUnknownModeIsNamedWithItsNumber) {
    for (unsigned number : {4u, 7u, 0x80000000u, UINT32_MAX}) {
        MorphMemConfig config = MORPH_CONFIG_COMPILER;
        set_raw(&config.mode, number);
        expect_invalid(config, "mode: ", std::to_string(number).c_str());
    }
}

TEST(Config, CollectorFieldsMustBeZeroInCompilerMode) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.gc_threshold = SIZE_MAX;
    expect_invalid(config, "gc_threshold: ", "18446744073709551615");
    config = MORPH_CONFIG_COMPILER;
    config.gc_pause_target_ms = 10;
    expect_invalid(config, "gc_pause_target_ms: ", "10");
    config = MORPH_CONFIG_COMPILER;
    config.enable_generational = true;
    expect_invalid(config, "enable_generational: ", "1");
    config = MORPH_CONFIG_COMPILER;
    config.enable_compaction = true;
    expect_invalid(config, "enable_compaction: ", "1");
}

// Each field of the heap's settings, set to that number.
std::map<std::string, MorphHeapSettings> settings_with(unsigned number) {
    std::map<std::string, MorphHeapSettings> all;
    all["nursery_bytes"].nursery_bytes = number;
    all["nursery_bytes_max"].nursery_bytes_max = number;
    all["promotion_age"].promotion_age = number;
    all["major_threshold"].major_threshold = number;
    all["growth_percent"].growth_percent = number;
    all["large_bytes"].large_bytes = number;
    all["pause_target_ms"].pause_target_ms = number;
    return all;
}

TEST(Config, HeapSettingsMustBeZeroInCompilerMode) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    for (const auto& [field, settings] : settings_with(7)) {
        config.heap = settings;
        expect_invalid(config, ("heap." + field + ": ").c_str(), "7");
    }
    config.heap = {};
    config.heap.full_collections = true;
    expect_invalid(config, "heap.full_collections: ", "1");
}

TEST(Config, ARuntimeHasNoCompactionAndNoArena) {
    MorphMemConfig config = MORPH_CONFIG_RUNTIME;
    EXPECT_EQ(refusal_of(config).code, MORPH_OK);
    config.enable_compaction = true;
    expect_invalid(config, "enable_compaction: ", "1");
    config = MORPH_CONFIG_RUNTIME;
    config.arena_block_size = 65536;
    expect_invalid(config, "arena_block_size: ", "65536");
}

TEST(Config, HeapSettingsThatAreImpossibleAreNamed) {
    MorphMemConfig config = MORPH_CONFIG_RUNTIME;
    config.gc_threshold = 0;
    for (size_t size : {size_t{1}, size_t{4095}, MORPH_NURSERY_BYTES_MAX + 1, SIZE_MAX}) {
        config.heap = {};
        config.heap.nursery_bytes = size;
        expect_invalid(config, "heap.nursery_bytes: ", std::to_string(size).c_str());
    }
    config.heap = {};
    config.heap.nursery_bytes = 65536;
    config.heap.nursery_bytes_max = 65535;
    expect_invalid(config, "heap.nursery_bytes_max: ", "65535");
    config.heap = {};
    config.heap.promotion_age = 16;
    expect_invalid(config, "heap.promotion_age: ", "16");
    config.heap = {};
    config.heap.growth_percent = 1001;
    expect_invalid(config, "heap.growth_percent: ", "1001");
    config.heap = {};
    config.heap.large_bytes = morph_chunk_bytes() / 2 + 1;
    expect_invalid(config, "heap.large_bytes: ", std::to_string(config.heap.large_bytes).c_str());
    config.heap = {};
    config.heap.major_threshold = SIZE_MAX;
    expect_invalid(config, "heap.major_threshold: ", "18446744073709551615");
    config.heap = {};
    config.gc_threshold = SIZE_MAX;
    expect_invalid(config, "gc_threshold: ", "18446744073709551615");
}

TEST(Config, FieldsOfTheContextOverrideTheSettings) {
    MorphMemConfig config = {};
    config.enable_generational = true;
    config.heap.major_threshold = 1000;
    config.heap.pause_target_ms = 3;
    config.heap.nursery_bytes = 8192;
    MorphHeapSettings settings = morph::effective_heap_settings(config);
    EXPECT_EQ(settings.major_threshold, 1000u);
    EXPECT_EQ(settings.pause_target_ms, 3u);
    EXPECT_EQ(settings.nursery_bytes, 8192u);
    EXPECT_FALSE(settings.full_collections);
    config.gc_threshold = 2000;
    config.gc_pause_target_ms = 4;
    settings = morph::effective_heap_settings(config);
    EXPECT_EQ(settings.major_threshold, 2000u);
    EXPECT_EQ(settings.pause_target_ms, 4u);
    EXPECT_FALSE(settings.full_collections);
    config.heap.full_collections = true;
    EXPECT_TRUE(morph::effective_heap_settings(config).full_collections);
    config.heap.full_collections = false;
    config.enable_generational = false;
    EXPECT_TRUE(morph::effective_heap_settings(config).full_collections);
}

TEST(Config, ARuntimesBoundHoldsItsHeapAnd64KiB) {
    MorphMemConfig config = MORPH_CONFIG_RUNTIME;
    for (size_t nursery : {size_t{0}, size_t{4096}, size_t{1} << 20, size_t{16} << 20}) {
        config.heap.nursery_bytes = nursery;
        size_t least = morph_heap_bytes_min(&config.heap) + (64 << 10);
        for (size_t bound : {size_t{1}, morph_chunk_bytes(), least - 1}) {
            config.memory.bytes_max = bound;
            expect_invalid(config, "memory.bytes_max: ", std::to_string(bound).c_str());
        }
        config.memory.bytes_max = least;
        EXPECT_EQ(refusal_of(config).code, MORPH_OK) << nursery;
    }
}

TEST(Config, AnArenaBlockIsAPowerOfTwoFrom4KiBTo1GiB) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    for (size_t size : {size_t{1}, size_t{2048}, size_t{4095}, size_t{4097}, size_t{5000},
                        size_t{1} << 31, SIZE_MAX, (size_t{1} << 30) + 1}) {
        config.arena_block_size = size;
        expect_invalid(config, "arena_block_size: ", std::to_string(size).c_str());
    }
    EXPECT_EQ(std::string(refusal_of(config).text).find("from 4096 to 1073741824"),
              refusal_of(config).text.size() - 23);
    for (size_t shift = 12; shift <= 30; ++shift) {
        config.arena_block_size = size_t{1} << shift;
        EXPECT_EQ(refusal_of(config).code, MORPH_OK) << shift;
    }
}

TEST(Config, ABoundHoldsAtLeastTwoChunksAnd128KiB) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    size_t least = 2 * morph_chunk_bytes() + (128 << 10);
    for (size_t bound : {size_t{1}, morph_chunk_bytes(), least - 1}) {
        config.memory.bytes_max = bound;
        expect_invalid(config, "memory.bytes_max: ", std::to_string(bound).c_str());
    }
    for (size_t bound : {size_t{0}, least, SIZE_MAX}) {
        config.memory.bytes_max = bound;
        EXPECT_EQ(refusal_of(config).code, MORPH_OK) << bound;
    }
}

TEST(Config, UnderTheLeastBoundBothRoomsWork) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.memory.bytes_max = 2 * morph_chunk_bytes() + (128 << 10);
    MorphMemContext* context = morph_mem_init(&config);
    ASSERT_NE(context, nullptr);
    EXPECT_NE(morph_mem_alloc(context, 100, 0), nullptr);
    EXPECT_NE(morph_mem_alloc(context, 2000, 0), nullptr);
    MorphMemStats stats;
    EXPECT_EQ(morph_mem_get_stats(context, &stats), MORPH_OK);
    EXPECT_LE(stats.bytes_mapped_peak, config.memory.bytes_max);
    morph_mem_destroy(context);
}

TEST(Config, AHintMayBeAnything) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    for (size_t hint : {size_t{0}, size_t{1}, size_t{1} << 40, SIZE_MAX}) {
        config.heap_size_hint = hint;
        EXPECT_EQ(refusal_of(config).code, MORPH_OK) << hint;
        config.memory.bytes_max = 2 * morph_chunk_bytes() + (128 << 10);
        EXPECT_EQ(refusal_of(config).code, MORPH_OK) << "above its bound: " << hint;
        config.memory.bytes_max = 0;
    }
}

// -------------------------------------------------------------------------------------- RAM

TEST(DetectedConfig, CutsTheHintToAQuarterOfASmallRam) {
    EXPECT_EQ(morph::config_for_ram(100 * kMiB).heap_size_hint, 25 * kMiB);
    EXPECT_EQ(morph::config_for_ram(512 * kMiB - 4).heap_size_hint, 128 * kMiB - 1);
    EXPECT_EQ(morph::config_for_ram(512 * kMiB).heap_size_hint, 256 * kMiB);
    EXPECT_EQ(morph::config_for_ram(SIZE_MAX).heap_size_hint, 256 * kMiB);
    EXPECT_EQ(morph::config_for_ram(0).heap_size_hint, 256 * kMiB) << "unknown: as the preset is";
    EXPECT_EQ(morph::config_for_ram(1).heap_size_hint, 0u);
}

TEST(DetectedConfig, IsForThisMachineAndWorks) {
    size_t ram = morph_mem_get_available_ram();
    uint64_t physical = morph::read_ram_limits("", 0).physical;
    EXPECT_GT(ram, 0u);
    EXPECT_LE(ram, physical);
    EXPECT_EQ(morph_mem_detect_config().heap_size_hint, morph::config_for_ram(ram).heap_size_hint);
    MorphMemContext* context = morph_mem_init_auto();
    ASSERT_NE(context, nullptr);
    EXPECT_NE(morph_mem_alloc(context, 1, 0), nullptr);
    EXPECT_EQ(morph_mem_destroy(context), MORPH_OK);
}

}  // namespace

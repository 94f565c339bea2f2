// What of V1's configuration is possible.
#include <string>

#include "context/config_for_tests.h"

namespace {

using morph::expect_invalid;
using morph::refusal_of;

TEST(ConfigV1, AThresholdIsFrom4KiBToTheLargestRequest) {
    for (MorphMemConfig config : {MORPH_CONFIG_COMPILER, MORPH_CONFIG_RUNTIME}) {
        config.enable_v1 = true;
        for (size_t threshold : {size_t{1}, size_t{4095}, MORPH_MAX_REQUEST + 1, SIZE_MAX}) {
            config.v1.threshold = threshold;
            expect_invalid(config, "v1.threshold: ", std::to_string(threshold).c_str());
            config.enable_v1 = false;
            EXPECT_EQ(refusal_of(config).code, MORPH_OK) << "no effect where V1 does not serve";
            config.enable_v1 = true;
        }
        for (size_t threshold : {size_t{0}, size_t{4096}, MORPH_MAX_REQUEST}) {
            config.v1.threshold = threshold;
            EXPECT_EQ(refusal_of(config).code, MORPH_OK) << threshold;
        }
    }
}

TEST(ConfigV1, SwappingNeedsTheDaemon) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.enable_v1 = true;
    config.v1.swap_directory = "/somewhere";
    expect_invalid(config, "v1.swap_directory: ", "/somewhere");
    EXPECT_NE(refusal_of(config).text.find("MORPH_MEM_V1_DAEMON=1"), std::string::npos);
}

TEST(ConfigV1, PathsAreFrom1To4095Bytes) {
    std::string fits(4095, 'p');
    std::string long_one(4096, 'p');
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.enable_v1 = true;
    config.v1.daemon = true;
    for (const char* path : {"", long_one.c_str()}) {
        config.v1.death_log = path;
        expect_invalid(config, "v1.death_log: ", path[0] == '\0' ? "\"\"" : "ppp");
        config.v1.death_log = nullptr;
        config.v1.swap_directory = path;
        expect_invalid(config, "v1.swap_directory: ", path[0] == '\0' ? "\"\"" : "ppp");
        config.v1.swap_directory = nullptr;
    }
    morph::ErrorState errors;
    config.v1.death_log = fits.c_str();
    EXPECT_EQ(morph::validate_config(config, errors), MORPH_OK);
}

// What cannot be known before it is tried.
TEST(ConfigV1, PathsThatCannotBeUsedAreErrorsOfInit) {
    MorphMemConfig config = MORPH_CONFIG_RUNTIME;
    config.enable_v1 = true;
    config.v1.death_log = "/no/such/directory/log";
    EXPECT_EQ(morph_mem_init(&config), nullptr);
    EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_IO);
    EXPECT_EQ(std::string(morph_creation_error().text)
                  .find("v1.death_log: \"/no/such/directory/log\" cannot be written"),
              0u)
        << morph_creation_error().text;
    config.v1.death_log = nullptr;
    config.v1.daemon = true;
    config.v1.swap_directory = "/no/such/directory";
    EXPECT_EQ(morph_mem_init(&config), nullptr);
    if (morph_creation_error().code == MORPH_ERROR_UNSUPPORTED) return;  // under Valgrind
    EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_IO);
    EXPECT_EQ(std::string(morph_creation_error().text)
                  .find("v1.swap_directory: \"/no/such/directory\" cannot be used"),
              0u)
        << morph_creation_error().text;
}

TEST(ConfigV1, ModesKeepTheirRules) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.enable_v1 = true;
    config.gc_threshold = 1;
    expect_invalid(config, "gc_threshold: ", "1");
    config = MORPH_CONFIG_RUNTIME;
    config.enable_v1 = true;
    config.arena_block_size = 4096;
    expect_invalid(config, "arena_block_size: ", "4096");
    config = MORPH_CONFIG_VM;
    config.enable_v1 = true;
    EXPECT_EQ(refusal_of(config).code, MORPH_ERROR_UNSUPPORTED);
}

TEST(ConfigV1, ABoundHoldsAtLeast192KiB) {
    for (MorphMemConfig config : {MORPH_CONFIG_COMPILER, MORPH_CONFIG_RUNTIME}) {
        config.enable_v1 = true;
        size_t least = 192 << 10;
        for (size_t bound : {size_t{1}, least - 1}) {
            config.memory.bytes_max = bound;
            expect_invalid(config, "memory.bytes_max: ", std::to_string(bound).c_str());
        }
        for (size_t bound : {size_t{0}, least, SIZE_MAX}) {
            config.memory.bytes_max = bound;
            EXPECT_EQ(refusal_of(config).code, MORPH_OK) << bound;
        }
    }
}

}  // namespace

// A user's allocator in a shared object: the example of docs/adding-a-subject.md is built and run.
#include "fuzz/subject_plugin.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

#include "fuzz/generate.h"
#include "fuzz/runner.h"

#ifndef MORPH_EXAMPLE_PLUGIN
#define MORPH_EXAMPLE_PLUGIN ""
#endif

namespace suite {
namespace {

std::string example_path() {
    const char* told = std::getenv("MORPH_EXAMPLE_PLUGIN");
    return told != nullptr ? told : MORPH_EXAMPLE_PLUGIN;
}

RunResult run_random(const SubjectEntry& entry, uint64_t seed) {
    GenerateOptions options;
    options.kind = entry.kind;
    options.abilities = entry.abilities;
    options.operations_max = 128;
    options.plausible = true;
    return run(generate(seed, options), entry);
}

TEST(Plugin, TheExampleIsASubjectThatPasses) {
    ASSERT_FALSE(example_path().empty());
    std::string error;
    std::optional<SubjectEntry> entry = find_subject(example_path(), &error);
    ASSERT_TRUE(entry.has_value()) << error;
    EXPECT_EQ(entry->name, "bump");
    EXPECT_TRUE(entry->abilities.reset);
    EXPECT_FALSE(entry->abilities.free);
    EXPECT_EQ(entry->abilities.alignment, 16u);
    size_t allocations = 0;
    for (uint64_t seed = 0; seed < 200; ++seed) {
        RunResult result = run_random(*entry, seed);
        allocations += result.allocations;
        ASSERT_FALSE(result.finding.has_value()) << result.finding->text;
    }
    EXPECT_GT(allocations, 1000u);
}

// The example with its rounding forgotten: what a user's first bug might be.
struct Bump {
    unsigned char bytes[1 << 16];
    size_t used;
};

TEST(Plugin, AForgottenRoundingIsFoundAsAlignment) {
    static Bump bump;
    static MorphSubject functions = {};
    functions.version = MORPH_SUBJECT_VERSION;
    functions.name = "unrounded";
    functions.open = [](const MorphSubjectSettings*) -> void* {
        bump.used = 0;
        return &bump;
    };
    functions.allocate = [](void*, size_t size) -> void* {
        if (size > sizeof bump.bytes - bump.used) return nullptr;
        bump.used += size == 0 ? 1 : size;
        return bump.bytes + bump.used - (size == 0 ? 1 : size);
    };
    SubjectEntry entry = entry_of(functions, functions.name);
    Program program;
    program.operations.resize(2);
    program.operations[0].size = 3;
    program.operations[1].size = 8;
    RunResult result = run(program, entry);
    ASSERT_TRUE(result.finding.has_value());
    EXPECT_EQ(result.finding->checker, Checker::alignment);
    EXPECT_EQ(result.finding->operation, 1u);
}

TEST(Plugin, LimitsOfAPluginAreEnforcedAndItsLeakIsFound) {
    static MorphSubject functions = {};
    static MorphSubjectSettings settings;
    functions.version = MORPH_SUBJECT_VERSION;
    functions.name = "leaker";
    functions.uses_limits = true;
    functions.open = [](const MorphSubjectSettings* given) -> void* {
        settings = *given;
        return &settings;
    };
    functions.allocate = [](void*, size_t size) -> void* {
        if (!settings.request(settings.user, size + 64)) return nullptr;
        return std::malloc(size + 64);
    };
    functions.free = [](void*, void* object, size_t size) {
        settings.returned(settings.user, size);  // 64 too few
        std::free(object);
    };
    SubjectEntry entry = entry_of(functions, functions.name);
    Program program;
    program.operations.resize(1);
    program.operations[0].size = 24;
    RunResult result = run(program, entry);
    ASSERT_TRUE(result.finding.has_value());
    EXPECT_EQ(result.finding->checker, Checker::leak);
    program.configuration.bytes_max = 80;  // less than the request: refused, and that is right
    result = run(program, entry);
    EXPECT_FALSE(result.finding.has_value());
    EXPECT_EQ(result.requests, 1u);
    EXPECT_EQ(result.allocations, 0u);
}

TEST(Plugin, WhatIsNoSubjectIsRefusedWithTheReason) {
    std::string error;
    EXPECT_FALSE(find_subject("./no-such-object.so", &error).has_value());
    EXPECT_NE(error.find("no-such-object"), std::string::npos) << error;
    EXPECT_FALSE(find_subject("no-such-subject", &error).has_value());
    EXPECT_NE(error.find("context.tiny"), std::string::npos) << error;
    EXPECT_NE(error.find("path"), std::string::npos) << error;
    EXPECT_FALSE(find_subject("", nullptr).has_value());
}

}  // namespace
}  // namespace suite

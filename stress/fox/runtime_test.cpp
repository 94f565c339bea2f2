// RUNTIME mode: the front end while everything it makes moves. Tokens and trees must be those of
// COMPILER mode, whenever collections come. Run from the root of the tree.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

#include "stress/fox/print.h"
#include "stress/fox/session.h"
#include "stress/generate/generator.h"

namespace {

std::string contents(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::filesystem::path> sources(const char* directory) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        if (entry.path().extension() == ".fox") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

// Everything of a parse but its addresses.
std::string printed(const fox::Result& result) {
    if (result.tree == nullptr) return fox::format_error("f", result.error);
    fox::StringSink sink;
    fox::print_tree(result.tree, sink);
    std::string text = sink.text();
    for (uint64_t i = 0; i <= result.counts.tokens; ++i) {
        const fox::Token& token = *result.tokens[i];
        text += std::to_string(token.line) + ':' + std::to_string(token.column) + ' ' +
                fox::token_kind_name(token.kind) + ' ' + std::to_string(token.length) + ' ';
        if (token.text != nullptr) text += token.text->view();
        text += '\n';
    }
    return text + fox::format_counts(result.counts);
}

std::string of_compiler(const std::string& source) {
    fox::Session session;
    EXPECT_TRUE(session.open());
    return printed(session.parse(source));
}

stress::Setup runtime(uint64_t force, bool force_major, bool debug = false) {
    stress::Setup setup;
    setup.mode = MORPH_MODE_RUNTIME;
    setup.force = force;
    setup.force_major = force_major;
    setup.debug = debug;
    setup.nursery = MORPH_NURSERY_BYTES_MIN;
    return setup;
}

// Parses in RUNTIME mode as set up; the same as in COMPILER mode, before and after a collection,
// and nothing is left.
void expect_equal(const std::string& source, const stress::Setup& setup) {
    const std::string expected = of_compiler(source);
    fox::Session session(setup);
    ASSERT_TRUE(session.open());
    fox::Result result = session.parse(source);
    EXPECT_EQ(printed(result), expected);
    if (result.tree != nullptr) {
        EXPECT_EQ(fox::check_result(session, &result), "");
        EXPECT_EQ(printed(result), expected);
    }
    const uint64_t forced = morph_heap_stats(morph_mem_heap(session.context())).collections_forced;
    EXPECT_EQ(fox::check_dropped(session), "");
    const uint64_t made = result.counts.tokens + result.counts.nodes + result.counts.texts;
    if (setup.force != 0 && made >= setup.force) {
        EXPECT_GE(forced, made / setup.force) << "the schedule did not fire";
    }
    session.reset();
    EXPECT_EQ(session.objects_live(), 0u);
    EXPECT_TRUE(session.close());
}

constexpr size_t kSmallBytes = 3000;

struct Schedule {
    uint64_t force;
    bool major;
};

class EverySchedule : public testing::TestWithParam<Schedule> {};

TEST_P(EverySchedule, GivesTheTreesAndTokensOfCompilerMode) {
    size_t parsed = 0;
    for (const std::filesystem::path& path : sources("corpora/fox/accepted")) {
        const std::string source = contents(path);
        // Each collection of the reference walks its whole heap: the smaller sources.
        if (GetParam().force < 97 && source.size() > kSmallBytes) continue;
        SCOPED_TRACE(path.string());
        expect_equal(source, runtime(GetParam().force, GetParam().major));
        ++parsed;
    }
    EXPECT_GE(parsed, 10u);
}

TEST_P(EverySchedule, GivesTheTreesAndTokensOfCompilerModeInDebugMode) {
    const std::string source = fox::generate(21, 30);
    expect_equal(source, runtime(GetParam().force, GetParam().major, true));
}

TEST_P(EverySchedule, GivesTheErrorsOfCompilerMode) {
    for (const std::filesystem::path& path : sources("corpora/fox/rejected")) {
        const std::string source = contents(path);
        if (source.size() > 4096) continue;  // nesting, which takes long at every allocation
        SCOPED_TRACE(path.string());
        expect_equal(source, runtime(GetParam().force, GetParam().major));
    }
}

INSTANTIATE_TEST_SUITE_P(Runtime, EverySchedule,
                         testing::Values(Schedule{1, false}, Schedule{7, false},
                                         Schedule{97, false}, Schedule{7, true},
                                         Schedule{97, true}),
                         [](const auto& info) {
                             return (info.param.major ? "Major" : "Minor") +
                                    std::to_string(info.param.force);
                         });

TEST(Runtime, OneSourceAtAMajorCollectionForEveryAllocation) {
    expect_equal(contents("corpora/fox/accepted/31-sudut-tata-bahasa.fox"), runtime(1, true));
}

TEST(Runtime, ALargeSourceWithoutForcedCollectionsIsTheSameToo) {
    const std::string source = fox::generate(22, 2000);
    expect_equal(source, runtime(0, false));
    stress::Setup wide = runtime(0, false);
    wide.nursery = 0;
    expect_equal(source, wide);
}

TEST(Runtime, ManySourcesInOneHeapWithoutReset) {
    fox::Session session(runtime(97, false));
    ASSERT_TRUE(session.open());
    for (const std::filesystem::path& path : sources("corpora/fox/accepted")) {
        const std::string source = contents(path);
        EXPECT_EQ(printed(session.parse(source)), of_compiler(source)) << path;
    }
    EXPECT_EQ(fox::check_dropped(session), "");
}

TEST(Runtime, DeepNestingKeepsItsRootsOnTheShadowStack) {
    std::string source;
    for (int i = 0; i < 900; ++i) source += "pilih a kasus 1: ";
    for (int i = 0; i < 900; ++i) source += "akhir ";
    expect_equal(source, runtime(211, false));
}

TEST(Runtime, EveryRefusedRequestEndsCleanlyAndTheNextParseIsGood) {
    const fox::Sweep sweep = fox::sweep_failures(fox::generate(23, 300), 20, runtime(0, false));
    EXPECT_EQ(sweep.wrong, "");
    EXPECT_GT(sweep.requests, 0u);
    EXPECT_GE(sweep.refusals, sweep.runs) << "a refusal was planned and not met";
}

}  // namespace

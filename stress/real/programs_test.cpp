// Each program on each allocator has the results that it has on malloc, ledger on; and when memory
// runs out anywhere it ends cleanly.
#include <gtest/gtest.h>

#include "stress/real/memory_for_tests.h"
#include "stress/real/sweep.h"

namespace real {
namespace {

// Tests run under ASan: small, and without the packaged sources but in one.
constexpr uint64_t kSize = 40;

Report run_on(const Program& program, const MemoryOptions& options, const Request& request) {
    WatchedMemory memory(options, program.sizes);
    EXPECT_TRUE(memory->open());
    Report report = program.run(*memory, request);
    memory->check_closed();
    EXPECT_EQ(memory.end(), "") << program.name;
    return report;
}

Report on_malloc(const Program& program, const Request& request) {
    MemoryOptions options;
    options.kind = Kind::malloc;
    return run_on(program, options, request);
}

class EveryProgram : public testing::TestWithParam<const Program*> {};
INSTANTIATE_TEST_SUITE_P(Programs, EveryProgram, testing::ValuesIn(programs()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST_P(EveryProgram, HasTheSameResultsOnEveryAllocator) {
    const Request request = {.size = kSize, .seed = 3, .library = false};
    const Report expected = on_malloc(*GetParam(), request);
    ASSERT_EQ(expected.ending, Ending::good) << expected.wrong;
    ASSERT_GT(expected.results.size(), 200u);
    for (const Kind kind : {Kind::context, Kind::general, Kind::v1}) {
        for (const bool debug : {false, true}) {
            MemoryOptions options;
            options.kind = kind;
            options.verify_every = kind == Kind::v1 ? 20000 : 3000;
            options.setup.debug = debug;
            const Report report = run_on(*GetParam(), options, request);
            EXPECT_EQ(report.ending, Ending::good) << report.wrong;
            EXPECT_EQ(report.results, expected.results);
        }
    }
}

TEST_P(EveryProgram, HasThemThroughAnEmbeddersHooksAsWell) {
    const Request request = {.size = kSize, .seed = 4, .library = false};
    const Report expected = on_malloc(*GetParam(), request);
    MemoryOptions options;
    options.ledger = false;
    WatchedMemory memory(options, GetParam()->sizes);
    ASSERT_NE(memory->direct(), nullptr);
    const Report report = GetParam()->run(*memory, request);
    EXPECT_EQ(report.results, expected.results) << report.wrong;
    EXPECT_EQ(memory->calls(), 0u) << "the hooks go to the allocator directly";
    EXPECT_GT(memory->figures().total.allocations, 1000u);
    memory->check_closed();
    EXPECT_EQ(memory.end(), "");
}

TEST_P(EveryProgram, HasOthersWithAnotherSeed) {
    const Report one = on_malloc(*GetParam(), {.size = kSize, .seed = 1, .library = false});
    const Report other = on_malloc(*GetParam(), {.size = kSize, .seed = 2, .library = false});
    EXPECT_NE(one.results, other.results);
}

TEST_P(EveryProgram, RunsAgainInTheSameAllocatorAfterAReset) {
    for (const Kind kind : {Kind::context, Kind::general}) {
        MemoryOptions options;
        options.kind = kind;
        WatchedMemory memory(options, GetParam()->sizes);
        std::string results;
        size_t peak = 0;
        for (int round = 0; round < 4; ++round) {
            const Request request = {.size = kSize,
                                     .seed = 1,
                                     .close = round % 2 == 0 || !GetParam()->abandons,
                                     .library = false};
            const Report report = GetParam()->run(*memory, request);
            ASSERT_EQ(report.ending, Ending::good) << report.wrong;
            if (round == 0) results = report.results;
            EXPECT_EQ(report.results, results);
            EXPECT_EQ(memory->ledger()->blocks() == 0, request.close);
            memory->abandon();
            if (round >= 2) EXPECT_EQ(memory->figures().mapped_peak, peak);
            peak = memory->figures().mapped_peak;
        }
        memory->check_closed();
        EXPECT_EQ(memory.end(), "");
    }
}

TEST_P(EveryProgram, EndsCleanlyWhicheverCallFails) {
    for (const Kind kind : {Kind::malloc, Kind::context, Kind::general}) {
        MemoryOptions options;
        options.kind = kind;
        const Request request = {.size = 10, .seed = 1, .library = false};
        const SweepResult result = sweep(*GetParam(), options, request, 15);
        EXPECT_EQ(result.wrong, "");
        EXPECT_EQ(result.good + result.out_of_memory, 15u);
        EXPECT_GE(result.out_of_memory, 8u) << "calls that fail for ever";
    }
}

TEST_P(EveryProgram, EndsCleanlyUnderABound) {
    const size_t least = 2 * morph_chunk_bytes() + 131072;
    for (const Kind kind : {Kind::context, Kind::general}) {
        MemoryOptions options;
        options.kind = kind;
        options.setup.bytes_max = least;
        const Request request = {.size = 3000, .seed = 1, .library = false};
        const Report report = run_on(*GetParam(), options, request);
        EXPECT_EQ(report.ending, Ending::out_of_memory) << report.wrong;
    }
}

TEST(LuaProgram, CompilesAndRunsThePackagedLibrary) {
    EXPECT_GE(lua_library_files().size(), 30u);
    MemoryOptions options;
    options.ledger = false;
    const Report report = run_on(lua_program(), options, {.size = 10, .seed = 1});
    ASSERT_EQ(report.ending, Ending::good) << report.wrong;
    EXPECT_NE(report.results.find("result dumps "), std::string::npos);
    EXPECT_NE(report.results.find("result library "), std::string::npos);
}

TEST(DuktapeProgram, CompilesAndRunsThePackagedLibrary) {
    const Report report = run_on(duktape_program(), {}, {.size = 10, .seed = 1});
    ASSERT_EQ(report.ending, Ending::good) << report.wrong;
    EXPECT_NE(report.results.find("result underscore "), std::string::npos);
}

// Without this the sweeps would prove nothing of the ledger: what is freed wrongly is found.
TEST_P(EveryProgram, MeetsAPlantedLeak) {
    MemoryOptions options;
    options.fault = Fault::leak;
    options.fault_after = 10;
    WatchedMemory memory(options, GetParam()->sizes);
    (void)GetParam()->run(*memory, {.size = 10, .seed = 1, .library = false});
    memory->check_closed();
    EXPECT_TRUE(memory.complained_of("LEDGER-FIGURES"));
}

}  // namespace
}  // namespace real

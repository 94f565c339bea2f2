// The programs compare-<memory>, run as the driver runs them: those that sanitizers watch (what a
// layer does not free is a leak there, and fails the program) and those of a release, for what
// sanitizers do not bear: limits of address space and other mallocs.
#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "stress/driver/child.h"

namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

struct System {
    const char* name;
    const char* program;
    const char* preload = "";
};
constexpr System kGlibc = {"glibc", "compare-malloc"};
constexpr System kV2 = {"v2-compiler", "compare-library"};
constexpr System kMimalloc = {"mimalloc", "compare-malloc", "libmimalloc.so.2"};
constexpr System kJemalloc = {"jemalloc", "compare-malloc", "libjemalloc.so.2"};
constexpr System kSystems[] = {{"v1", "compare-library"},
                               {"v1-runtime", "compare-library"},
                               kV2,
                               {"v2-runtime", "compare-library"},
                               {"reference", "compare-reference"},
                               kGlibc,
                               {"pmr", "compare-pmr"},
                               {"pmr-pool", "compare-pmr"},
                               {"boehm", "compare-boehm"}};

struct Answer {
    int exit_code;
    std::vector<Json> lines;
    std::string output;

    [[nodiscard]] Json sample(size_t index = 0) const {
        return index < lines.size() ? lines[index].value("sample", Json::object()) : Json();
    }
};

// megabytes: of address space; 0: no limit.
Answer run(const std::string& folder, const System& system, const Words& options, int megabytes = 0,
           const std::string& suffix = "") {
    std::string line;
    if (megabytes != 0) line += "ulimit -v " + std::to_string(megabytes * 1024) + " && ";
    if (*system.preload != '\0') line += std::string("LD_PRELOAD=") + system.preload + ' ';
    line += folder + '/' + system.program + suffix + " --system " + system.name;
    for (const std::string& option : options) line += ' ' + option;
    const stress::Outcome outcome = stress::run_child(
        {"/bin/sh", "-c", line}, std::chrono::steady_clock::now() + std::chrono::seconds(120));
    Answer result = {outcome.exit_code, {}, outcome.output};
    std::istringstream stream(outcome.output);
    for (std::string text; std::getline(stream, text);) {
        if (text.starts_with('{')) result.lines.push_back(Json::parse(text, nullptr, false));
    }
    return result;
}

Answer sanitized(const System& system, const Words& options) {
    return run(COMPARE_SANITIZED, system, options);
}

Answer released(const System& system, const Words& options, int megabytes = 0) {
    return run(COMPARE_RELEASED, system, options, megabytes);
}

// What must not depend on the system.
Json result_of(const Json& sample) {
    Json result;
    for (const char* name : {"lines", "objects", "payload", "checksum"}) {
        result[name] = sample.value(name, Json());
    }
    return result;
}

class Everywhere : public testing::TestWithParam<System> {
 protected:
    // The same result as glibc's, without a leak.
    void expect_same(const Words& options) {
        const Answer wanted = sanitized(kGlibc, options);
        ASSERT_EQ(wanted.exit_code, 0) << wanted.output;
        const Answer got = sanitized(GetParam(), options);
        ASSERT_EQ(got.exit_code, 0) << got.output;
        ASSERT_EQ(got.lines.size(), wanted.lines.size()) << got.output;
        EXPECT_EQ(result_of(got.sample()), result_of(wanted.sample()));
    }
};
INSTANTIATE_TEST_SUITE_P(Compare, Everywhere, testing::ValuesIn(kSystems), [](const auto& system) {
    std::string name = system.param.name;
    for (char& letter : name) letter = letter == '-' ? '_' : letter;
    return name;
});

// 33 lines: neither the last directory nor its last list is full.
TEST_P(Everywhere, TheProfileIsTheSameAndFreedWhole) {
    expect_same({"--workload profile --lines 33 --seed 3"});
    expect_same({"--workload profile --lines 1000 --allocating"});
}

TEST_P(Everywhere, TheGeneratedTreeIsTheSameAndFreedWhole) {
    expect_same({"--workload fox-generated --lines 400 --seed 5"});
}

TEST_P(Everywhere, TheRealTreeIsTheSameAndFreedWhole) {
    expect_same({"--workload fox-real --lines 1"});
}

TEST(Compare, SourcesJoinedAgainAndAgainAreAccepted) {
    const Answer twice = released(kV2, {"--workload fox-real --lines 8000"});
    ASSERT_EQ(twice.exit_code, 0) << twice.output;
    EXPECT_GE(twice.sample().at("lines"), 8000);
    EXPECT_LT(twice.sample().at("lines"), 16000);
}

TEST(Compare, AnotherSeedIsAnotherProgramAndAnotherProfile) {
    for (const char* workload : {"profile", "fox-generated"}) {
        const std::string options = std::string("--lines 50 --workload ") + workload;
        const Answer one = released(kV2, {options, "--seed 1"});
        const Answer two = released(kV2, {options, "--seed 2"});
        ASSERT_EQ(one.exit_code + two.exit_code, 0) << one.output << two.output;
        if (workload == std::string("profile")) {
            EXPECT_EQ(one.sample().at("objects"), two.sample().at("objects"));
        } else {
            EXPECT_NE(one.sample().at("objects"), two.sample().at("objects"));
        }
        EXPECT_NE(one.sample().at("checksum"), two.sample().at("checksum")) << workload;
    }
}

class Loaded : public testing::TestWithParam<System> {};
INSTANTIATE_TEST_SUITE_P(Compare, Loaded, testing::Values(kGlibc, kMimalloc, kJemalloc),
                         [](const auto& system) { return std::string(system.param.name); });

TEST_P(Loaded, MeasuresTheLibraryThatServesMallocAndNoOther) {
    const Answer wanted = released(kV2, {"--lines 100"});
    for (const System& named : {kGlibc, kMimalloc, kJemalloc}) {
        const System system = {named.name, "compare-malloc", GetParam().preload};
        const Answer got = released(system, {"--lines 100"});
        if (named.name == std::string(GetParam().name)) {
            ASSERT_EQ(got.exit_code, 0) << got.output;
            EXPECT_EQ(result_of(got.sample()), result_of(wanted.sample()));
        } else {
            EXPECT_EQ(got.exit_code, 2) << got.output;
        }
    }
}

// Exact to some pages: code that runs for the first time does not count, nor do the layers' own
// tables (8 bytes an object, a fifth of the payload). Lists and headers of these systems take up to
// a third of the payload.
TEST(Compare, ResidentMemoryIsThatOfTheSystemAlone) {
    for (const System& system : {kV2, kGlibc, kMimalloc, kJemalloc, System{"pmr", "compare-pmr"}}) {
        const Answer got = released(system, {"--lines 5000"});
        ASSERT_EQ(got.exit_code, 0) << got.output;
        const uint64_t payload = got.sample().at("payload");
        const uint64_t resident = got.sample().at("peak_resident");
        EXPECT_GE(resident, payload) << system.name;
        EXPECT_LE(resident, payload + payload * 35 / 100) << system.name;
        EXPECT_GE(got.sample().at("peak_asked"), payload) << system.name;
    }
    const Answer exact = released({"pmr", "compare-pmr"}, {"--lines 1000"});
    const uint64_t payload = exact.sample().at("payload");
    EXPECT_LE(exact.sample().at("peak_resident"), payload + (size_t{128} << 10));
}

TEST(Compare, SamplesAreIndependentAndAsManyAsAskedFor) {
    const Answer got = released(kGlibc, {"--lines 1000 --samples 4"});
    ASSERT_EQ(got.exit_code, 0) << got.output;
    ASSERT_EQ(got.lines.size(), 4u);
    const auto first = got.sample().at("peak_resident").get<double>();
    for (size_t i = 0; i < got.lines.size(); ++i) {
        const Json sample = got.sample(i);
        EXPECT_NEAR(sample.at("peak_resident").get<double>(), first, 100000) << "a heap was warm";
        EXPECT_GT(sample.at("seconds"), sample.at("teardown_seconds"));
        EXPECT_TRUE(sample.at("allocating_seconds").is_null());
        EXPECT_TRUE(sample.at("collections").is_null());
    }
}

TEST(Compare, CollectorsTellTheirCollectionsAndEachPause) {
    for (const System& system :
         {System{"v2-runtime", "compare-library"}, System{"v1-runtime", "compare-library"},
          System{"v1", "compare-library"}, System{"boehm", "compare-boehm"}}) {
        const Answer got = released(system, {"--lines 4000"});
        ASSERT_EQ(got.exit_code, 0) << got.output;
        const Json sample = got.sample();
        const uint64_t collections = sample.at("collections");
        EXPECT_GE(collections, 1u) << system.name;
        ASSERT_EQ(sample.at("pauses_ns").size(), std::min<uint64_t>(collections, 256))
            << system.name;
        uint64_t longest = 0;
        for (const Json& pause : sample.at("pauses_ns")) {
            longest = std::max<uint64_t>(longest, pause);
        }
        EXPECT_GE(sample.at("longest_pause_ns"), longest) << system.name;
        if (collections <= 256) EXPECT_EQ(sample.at("longest_pause_ns"), longest) << system.name;
        EXPECT_GT(longest, 0u);
    }
}

TEST(Compare, TheThresholdOfV1IsTheOneAskedFor) {
    const System v1 = {"v1", "compare-library"};
    const Answer often = released(v1, {"--lines 2000 --threshold 262144"});
    const Answer seldom = released(v1, {"--lines 2000 --threshold 67108864"});
    ASSERT_EQ(often.exit_code + seldom.exit_code, 0) << often.output << seldom.output;
    EXPECT_GE(often.sample().at("collections"), 5);
    EXPECT_EQ(seldom.sample().at("collections"), 0);
}

TEST(Compare, TheTimelineGrowsFromNothingToTheWhole) {
    for (const System& system : {kV2, System{"v2-runtime", "compare-library"}}) {
        const Answer got = released(system, {"--lines 3000 --timeline"});
        ASSERT_EQ(got.exit_code, 0) << got.output;
        ASSERT_EQ(got.lines.size(), 2u);
        const Json timeline = got.lines[1].at("timeline");
        ASSERT_EQ(timeline.size(), 201u);
        EXPECT_EQ(timeline.front().at("objects"), 0);
        EXPECT_EQ(timeline.back().at("objects"), got.sample().at("objects"));
        EXPECT_EQ(timeline.back().at("payload"), got.sample().at("payload"));
        for (size_t i = 1; i < timeline.size(); ++i) {
            EXPECT_GT(timeline[i].at("payload"), timeline[i - 1].at("payload"));
            EXPECT_GE(timeline[i].at("asked"), timeline[i].at("payload"));
        }
        EXPECT_GE(timeline.back().at("resident"), timeline.back().at("payload"));
    }
}

// Each at a size that its limit cannot hold: told, clean, and with the status of it.
TEST(Compare, OutOfMemoryIsAStatusAndNotACrash) {
    for (const System& system : kSystems) {
        for (const char* workload : {"profile --lines 20000", "fox-generated --lines 300000"}) {
            const Answer got = released(system, {"--workload", workload, "--samples 2"}, 64);
            EXPECT_EQ(got.exit_code, 3) << system.name << ' ' << got.output;
            ASSERT_EQ(got.lines.size(), 1u) << system.name << ' ' << got.output;
            EXPECT_EQ(got.lines[0].value("status", ""), "out of memory") << got.output;
        }
    }
}

TEST(Compare, FiftyThousandLinesFitIn256Megabytes) {
    const Answer got = released(kV2, {"--workload profile --lines 50000"}, 256);
    EXPECT_EQ(got.exit_code, 0) << got.output;
    EXPECT_EQ(got.sample().at("objects"), 5005000);
}

TEST(Compare, AMeasurementThatTakesTooLongIsGivenUp) {
    const auto start = std::chrono::steady_clock::now();
    const Answer got =
        released({"reference", "compare-reference"}, {"--lines 50000 --time-limit 0.2"});
    EXPECT_EQ(got.exit_code, 4) << got.output;
    ASSERT_EQ(got.lines.size(), 1u);
    EXPECT_EQ(got.lines[0].value("status", ""), "time limit");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Compare, WhatCannotBeMeasuredIsRefused) {
    EXPECT_EQ(released({"v3", "compare-library"}, {}).exit_code, 2);
    EXPECT_EQ(released(kV2, {"--lines 0"}).exit_code, 2);
    EXPECT_EQ(released(kV2, {"--workload nothing"}).exit_code, 2);
    EXPECT_EQ(released(kV2, {"--samples 0"}).exit_code, 2);
    EXPECT_EQ(released(kV2, {"--threshold 8388608"}).exit_code, 2);
    EXPECT_EQ(released(kV2, {"--time-limit nan"}).exit_code, 2);
    EXPECT_EQ(released({"v1", "compare-library"}, {"--threshold 1"}).exit_code, 1);
    EXPECT_EQ(released(kV2, {"--workload fox-real --sources corpora"}).exit_code, 2);
    EXPECT_EQ(released(kV2, {"--workload fox-generated --timeline"}).exit_code, 2);
    EXPECT_EQ(released(kV2, {"--workload fox-generated --allocating"}).exit_code, 2);
}

// The two ways to know it agree: the calls in a loop of their own, and sampled while the program
// does more. Of several lives, since other work of the machine comes between.
TEST(Compare, TheShareThatIsSampledIsLikeTheTimeOfTheCalls) {
    const auto least = [](const Answer& answer) {
        double seconds = 1e9;
        for (size_t i = 0; i < answer.lines.size(); ++i) {
            seconds = std::min(seconds, answer.sample(i).at("allocating_seconds").get<double>());
        }
        return seconds;
    };
    const System system = {"reference", "compare-reference"};
    const Words options = {"--lines 1000 --allocating --samples 3"};
    const Answer timed = released(system, options);
    const Answer sampled = run(COMPARE_RELEASED, system, options, 0, "-sampled");
    ASSERT_EQ(timed.exit_code + sampled.exit_code, 0) << timed.output << sampled.output;
    EXPECT_GE(sampled.sample().at("ticks"), 2500);
    EXPECT_GT(least(sampled), least(timed) * 0.5);
    EXPECT_LT(least(sampled), least(timed) * 2);
}

}  // namespace

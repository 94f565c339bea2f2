// Replays: what is correct passes, what is broken is caught; what people have recorded stays
// replayable.
#include "stress/trace/replay.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <gtest/gtest.h>

#include "fuzz/broken_subject.h"
#include "stress/trace/file.h"
#include "stress/trace/profile.h"
#include "stress/trace/trace_for_tests.h"

namespace {

using suite::Checker;
using suite::Mischief;
using trace::Replayed;
using trace::Trace;

suite::SubjectEntry entry_named(const std::string& name) {
    std::string error;
    std::optional<suite::SubjectEntry> entry = suite::find_subject(name, &error);
    EXPECT_TRUE(entry.has_value()) << error;
    return *entry;
}

// Empty: it went well.
std::string wrong_with(const Replayed& result) {
    if (!result.refused.empty()) return "refused: " + result.refused;
    if (!result.finding.has_value()) return result.out_of_memory ? "out of memory" : "";
    return "event " + std::to_string(result.finding->operation) + ": " +
           suite::checker_name(result.finding->checker) + ": " + result.finding->text;
}

std::vector<std::string> committed() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator("corpora/traces")) {
        files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

TEST(TraceReplay, EverySubjectThatFreesByOrderReplaysTheSameContents) {
    const Trace trace = trace::made_up(5, 4000);
    const uint64_t digest = trace::replay(trace, entry_named("malloc")).digest;
    size_t replayed = 0;
    for (const suite::SubjectEntry& entry : suite::subjects()) {
        const Replayed result = trace::replay(trace, entry);
        if (!trace::replays(entry)) {
            EXPECT_EQ(result.refused, "a collected heap frees by itself") << entry.name;
            continue;
        }
        ASSERT_EQ(wrong_with(result), "") << entry.name;
        EXPECT_EQ(result.digest, digest) << entry.name;
        EXPECT_EQ(result.live_end, trace::profile(trace).end_objects) << entry.name;
        ++replayed;
    }
    EXPECT_GE(replayed, 12u);
}

TEST(TraceReplay, DebugModeReplaysAsWell) {
    const Trace trace = trace::made_up(6, 3000);
    for (const char* name : {"context", "pool", "arena", "general", "reference.context"}) {
        trace::ReplayOptions options;
        options.debug = true;
        EXPECT_EQ(wrong_with(trace::replay(trace, entry_named(name), options)), "") << name;
    }
}

TEST(TraceReplay, WhatASubjectCannotDoIsCounted) {
    const Trace trace = trace::made_up(7, 3000);
    const trace::Profile profile = trace::profile(trace);
    const Replayed arena = trace::replay(trace, entry_named("arena"));
    EXPECT_EQ(arena.substitutes.resizes_copied, profile.kinds[3]);
    EXPECT_GE(arena.substitutes.frees_skipped, profile.kinds[4]);
    const Replayed pool = trace::replay(trace, entry_named("pool"));
    EXPECT_EQ(pool.substitutes.cleared, profile.kinds[1]);
    EXPECT_GT(pool.substitutes.beside, 0u);
    EXPECT_GT(pool.substitutes.unaligned, 0u);
}

TEST(TraceReplay, ABoundThatIsTooSmallEndsItCleanly) {
    const Trace trace = trace::made_up(8, 4000);
    for (const char* name : {"context", "pool", "arena", "general", "v1", "malloc"}) {
        trace::ReplayOptions options;
        const uint64_t need =
            std::max(trace::replay(trace, entry_named(name)).mapped_peak, uint64_t{1} << 20);
        size_t ended = 0;
        for (uint64_t bound = 0; bound < need; bound += need / 16) {
            options.bytes_max = bound;
            const Replayed result = trace::replay(trace, entry_named(name), options);
            const std::string wrong = result.finding.has_value() ? wrong_with(result) : "";
            EXPECT_EQ(wrong, "") << name << " in " << bound;
            ended += result.out_of_memory ? 1 : 0;
        }
        EXPECT_GT(ended, 3u) << name;
    }
}

struct Case {
    Mischief mischief;
    const char* subject;
    Checker checker;
};

TEST(TraceReplay, WhatIsBrokenIsCaughtByTheCheckerForIt) {
    const Case cases[] = {
        {Mischief::misaligned, "malloc", Checker::alignment},
        {Mischief::alignment_ignored, "malloc", Checker::alignment},
        {Mischief::handed_out_twice, "reference.pool", Checker::overlap},
        {Mischief::too_short, "reference.arena", Checker::overlap},
        {Mischief::byte_lost, "malloc", Checker::contents},
        {Mischief::byte_lost, "reference.context", Checker::contents},
        {Mischief::tail_dropped, "malloc", Checker::contents},
        {Mischief::not_zeroed, "malloc", Checker::zeroing},
        {Mischief::count_off_by_one, "reference.pool", Checker::metrics},
        {Mischief::count_off_by_one, "reference.context", Checker::metrics},
        {Mischief::mapped_wrong, "reference.pool", Checker::metrics},
        {Mischief::held_per_object, "reference.pool", Checker::footprint},
        {Mischief::null_for_no_reason, "reference.context", Checker::contract},
        {Mischief::moves_in_place, "reference.pool", Checker::contract},
        {Mischief::verify_fails, "reference.arena", Checker::invariants},
        {Mischief::report_without_cause, "reference.pool", Checker::detection},
        {Mischief::bytes_not_returned, "reference.context", Checker::leak},
    };
    const Trace trace = trace::made_up(9, 6000);
    // What is misaligned must be seen before it is resized: malloc promises little to small
    // objects.
    Trace larger = trace;
    for (trace::Event& event : larger.events) event.size = std::max<uint64_t>(event.size, 16);
    for (const Case& one : cases) {
        const suite::SubjectEntry correct = entry_named(one.subject);
        const bool about_alignment = one.checker == Checker::alignment;
        const Replayed result =
            trace::replay(about_alignment ? larger : trace, suite::broken(correct, one.mischief));
        const char* name = suite::checker_name(one.checker);
        ASSERT_TRUE(result.finding.has_value()) << name << " on " << one.subject;
        EXPECT_STREQ(suite::checker_name(result.finding->checker), name) << result.finding->text;
    }
}

TEST(TraceReplay, WithoutCheckersItMakesTheSameCalls) {
    const Trace trace = trace::made_up(10, 3000);
    for (const char* name : {"malloc", "context", "pool", "arena", "general"}) {
        const Replayed timed = trace::replay_for_speed(trace, entry_named(name));
        EXPECT_EQ(wrong_with(timed), "") << name;
        EXPECT_EQ(timed.calls, trace.events.size()) << name;
        EXPECT_GT(timed.seconds, 0) << name;
    }
    EXPECT_EQ(trace::replay_on_nothing(trace).calls, trace.events.size());
}

TEST(TraceProfile, FiguresAreThoseOfASmallTrace) {
    Trace trace;
    // 100 bytes live over two others, one of which grows from 10 to 40; freed by another thread.
    trace.events = {{.sequence = 1, .size = 100},
                    {.sequence = 2, .size = 10},
                    {.sequence = 3, .size = 8, .thread = 1, .kind = trace::Kind::zeroed},
                    {.sequence = 4, .object = 2, .size = 40, .kind = trace::Kind::resized},
                    {.sequence = 5, .object = 1, .thread = 1, .kind = trace::Kind::freed},
                    {.sequence = 6, .object = 3, .thread = 1, .kind = trace::Kind::freed}};
    ASSERT_FALSE(settle(&trace, {}).has_value());
    const trace::Profile profile = trace::profile(trace);
    EXPECT_EQ(profile.events, 6u);
    EXPECT_EQ(profile.bytes_allocated, 148u);
    EXPECT_EQ(profile.peak_bytes, 148u);
    EXPECT_EQ(profile.peak_bytes_event, 4u);
    EXPECT_EQ(profile.peak_objects, 3u);
    EXPECT_EQ(profile.end_bytes, 40u);
    EXPECT_EQ(profile.end_objects, 1u);
    EXPECT_EQ(profile.freed_elsewhere, 1u);
    EXPECT_EQ(profile.grown, 1u);
    EXPECT_EQ(profile.bytes_kept, 10u);
    EXPECT_EQ(profile.sizes.count[7], 1u);             // 64 .. 127
    EXPECT_EQ(profile.life_allocations.count[2], 1u);  // 100 bytes: two others came after
    EXPECT_EQ(profile.life_allocations.count[0], 1u);
    EXPECT_EQ(profile.life_bytes.sum[6], 100u);  // 48 bytes came after
    EXPECT_EQ(profile.threads.at(1), 3u);
    EXPECT_NE(print_profile(profile).find("realloc: 1 grew"), std::string::npos);
    EXPECT_NE(json_profile(profile).find("\"bytes_allocated\": 148"), std::string::npos);
}

TEST(TraceCorpus, EveryCommittedTraceIsSmallAndReplays) {
    const std::vector<std::string> files = committed();
    EXPECT_GE(files.size(), 4u);
    for (const std::string& file : files) {
        EXPECT_LT(std::filesystem::file_size(file), 1000000u) << file;
        Trace trace;
        const std::optional<trace::Refusal> refusal = trace::load(file, &trace);
        ASSERT_FALSE(refusal.has_value()) << file << ": " << refusal->reason;
        EXPECT_EQ(trace.missing, 0u) << file;
        EXPECT_EQ(trace.cut_at, 0u) << file;
        trace::cut(&trace, 30000);  // under ASan; `make stress` replays all of it
        const uint64_t digest = trace::replay(trace, entry_named("malloc")).digest;
        for (const char* name : {"context", "general", "pool", "reference.context"}) {
            const Replayed result = trace::replay(trace, entry_named(name));
            EXPECT_EQ(wrong_with(result), "") << file << " on " << name;
            EXPECT_EQ(result.digest, digest) << file << " on " << name;
        }
    }
}

}  // namespace

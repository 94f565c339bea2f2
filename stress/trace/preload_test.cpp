// The recorder in real processes: trace-victim does what a recorder may get wrong; its trace must
// say what it did.
#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "stress/driver/child.h"
#include "stress/trace/codec.h"
#include "stress/trace/file.h"
#include "stress/trace/profile.h"
#include "stress/trace/record.h"
#include "stress/trace/text.h"
#include "stress/trace/trace_for_tests.h"

namespace {

using trace::Event;
using trace::Kind;
using trace::Trace;

constexpr size_t kMark = 777;  // trace-victim's

// A run of `trace record` on a part of trace-victim.
class Recorded {
 public:
    explicit Recorded(const std::string& part, int exit_code = 0) {
        const std::string programs = MORPH_RELEASED;
        const stress::Outcome outcome =
            stress::run_child({programs + "/trace", "record", "-o", folder_.file("t"), "--",
                               programs + "/trace-victim", part},
                              std::chrono::steady_clock::now() + std::chrono::seconds(60));
        EXPECT_EQ(outcome.exit_code, exit_code) << outcome.output;
        for (const std::string& file : trace::recorded_files(folder_.file("t"))) {
            Trace trace;
            const std::optional<trace::Refusal> refusal = trace::load(file, &trace);
            EXPECT_FALSE(refusal.has_value())
                << file << " at " << refusal->offset << ": " << refusal->reason;
            traces_[file.substr(folder_.file("t").size())] = std::move(trace);
        }
    }

    [[nodiscard]] size_t files() const { return traces_.size(); }
    [[nodiscard]] const Trace& main() const { return traces_.at(""); }
    [[nodiscard]] const Trace& named(const std::string& name) const { return traces_.at(name); }
    [[nodiscard]] std::vector<const Trace*> others() const {
        std::vector<const Trace*> list;
        for (const auto& [name, trace] : traces_) {
            if (!name.empty()) list.push_back(&trace);
        }
        return list;
    }

 private:
    trace::Folder folder_;
    std::map<std::string, Trace> traces_;
};

size_t marks(const Trace& trace) {
    return static_cast<size_t>(std::count_if(
        trace.events.begin(), trace.events.end(),
        [](const Event& event) { return event.kind == Kind::plain && event.size == kMark; }));
}

// Objects of that size that were freed.
size_t marks_freed(const Trace& trace) {
    std::set<uint64_t> objects;
    size_t freed = 0;
    for (const Event& event : trace.events) {
        if (event.kind == Kind::plain && event.size == kMark) objects.insert(event.object);
        if (event.kind == Kind::freed) freed += objects.count(event.object);
    }
    return freed;
}

size_t count(const Trace& trace, Kind kind) {
    return static_cast<size_t>(
        std::count_if(trace.events.begin(), trace.events.end(),
                      [kind](const Event& event) { return event.kind == kind; }));
}

// The events about objects of 10,000 bytes and more, without numbers.
std::string large_events(const Trace& trace) {
    std::string text;
    std::set<uint64_t> objects;
    for (const Event& event : trace.events) {
        if (trace::allocates(event.kind) && event.size >= 10000 && event.size < 30000) {
            objects.insert(event.object);
        }
        if (event.kind == Kind::failed || objects.count(event.object) != 0) {
            text += trace::kind_name(event.kind);
            if (event.kind != Kind::freed) text += ' ' + std::to_string(event.size);
            if (event.kind == Kind::aligned) text += ' ' + std::to_string(event.alignment);
            text += '\n';
        }
    }
    return text;
}

TEST(TraceRecorder, EveryCallIsRecordedAsItWas) {
    const Recorded recorded("calls");
    const std::string most = std::to_string(trace::kSizeMax);
    EXPECT_EQ(large_events(recorded.main()),
              "malloc 10007\ncalloc 10003\nrealloc 20011\nrealloc 30027\n"
              "aligned 10009 8\naligned 10048 6\naligned 10061 7\naligned 10067 12\n"
              "aligned 12288 12\nfree\nfree\nfree\nfree\nfree\nfree\nfree\n"
              "malloc 10079\nfree\nmalloc 10091\n"
              "failed " +
                  most + "\nfailed " + most + "\nfailed " + most + "\nfailed " + most +
                  "\nfailed 8\nfree\n");
    EXPECT_EQ(recorded.main().missing, 0u);
    EXPECT_EQ(recorded.files(), 1u);
    EXPECT_STREQ(recorded.main().head.name.data(), "trace-victim");
}

TEST(TraceRecorder, ObjectsMayMoveBetweenHundredsOfThreads) {
    const Recorded recorded("threads");
    const Trace& trace = recorded.main();
    EXPECT_EQ(trace.missing, 0u);
    const trace::Profile profile = trace::profile(trace);
    EXPECT_EQ(count(trace, Kind::foreign), 0u);
    EXPECT_GE(profile.threads.size(), 300u);
    EXPECT_GT(profile.freed_elsewhere, 100u);
    EXPECT_GT(profile.grown + profile.shrunk, 1000u);
    // Everything that the threads shared was freed in the end.
    EXPECT_LT(profile.end_objects, 30u);
}

TEST(TraceRecorder, WhatAThreadFreesAtItsEndIsThere) {
    const Recorded recorded("thread-ends");
    EXPECT_EQ(marks(recorded.main()), 200u);
    EXPECT_EQ(marks_freed(recorded.main()), 200u);
    EXPECT_EQ(recorded.main().missing, 0u);
}

TEST(TraceRecorder, AForkedChildWritesAFileOfItsOwn) {
    const Recorded recorded("forks");
    ASSERT_EQ(recorded.files(), 2u);
    EXPECT_EQ(marks(recorded.main()), 5u);
    EXPECT_EQ(recorded.main().missing, 0u);
    EXPECT_EQ(recorded.main().head.flags, 0u);
    const Trace& child = *recorded.others()[0];
    EXPECT_EQ(child.head.flags, trace::kAfterFork);
    EXPECT_EQ(child.head.parent, recorded.main().head.process);
    EXPECT_EQ(marks(child), 5u);
    EXPECT_EQ(child.missing, 0u);
    // It freed one of its parent's objects and resized another, which then is its own.
    EXPECT_GE(count(child, Kind::foreign), 2u);
    const auto moved = std::find_if(child.events.begin(), child.events.end(),
                                    [](const Event& event) { return event.size == 6007; });
    ASSERT_NE(moved, child.events.end());
    EXPECT_EQ(moved->kind, Kind::plain);
    EXPECT_TRUE(std::any_of(moved, child.events.end(), [&](const Event& event) {
        return event.kind == Kind::freed && event.object == moved->object;
    }));
}

TEST(TraceRecorder, ForksWhileThreadsAllocateHangNobodyAndLoseNothing) {
    const Recorded recorded("fork-storm");
    ASSERT_EQ(recorded.files(), 21u);
    EXPECT_EQ(recorded.main().missing, 0u);
    EXPECT_EQ(count(recorded.main(), Kind::foreign), 0u);
    for (const Trace* child : recorded.others()) {
        EXPECT_EQ(marks(*child), 4u);
        EXPECT_EQ(child->missing, 0u);
    }
}

TEST(TraceRecorder, AProgramThatReplacesItselfWritesTwoFiles) {
    const Recorded recorded("execvs");
    ASSERT_EQ(recorded.files(), 2u);
    EXPECT_EQ(marks(recorded.main()), 3u);
    EXPECT_EQ(count(recorded.named(".1"), Kind::aligned), 5u);
    EXPECT_EQ(recorded.main().head.process, recorded.named(".1").head.process);
}

TEST(TraceRecorder, TheNewProgramIsRecordedEvenWhenTheOldOneHadNoTimeToWrite) {
    const Recorded recorded("execs");
    ASSERT_EQ(recorded.files(), 1u);
    EXPECT_EQ(count(recorded.main(), Kind::aligned), 5u);
}

TEST(TraceRecorder, AnEndPastAllDestructorsLosesNothing) {
    const Recorded recorded("leaves-at-once");
    EXPECT_EQ(marks(recorded.main()), 9u);
    EXPECT_EQ(recorded.main().missing, 0u);
}

TEST(TraceRecorder, AKilledProcessLeavesAReadableBeginning) {
    const Recorded recorded("killed", 128 + 9);
    EXPECT_GT(marks(recorded.main()), 20000u);
    EXPECT_LE(marks(recorded.main()), 40000u);
    EXPECT_EQ(recorded.main().missing, 0u);  // one thread: it ends, and nothing is lost before
    EXPECT_EQ(recorded.main().cut_at, 0u);   // with a whole frame
}

TEST(TraceRecorder, AProgramThatClosesOurDescriptorLosesNeitherTraceNorItsOwnFile) {
    const Recorded recorded("closes-all");
    EXPECT_EQ(marks(recorded.main()), 80000u);
    EXPECT_EQ(recorded.main().missing, 0u);
}

TEST(TraceRecorder, WhatIsFreedAfterMainIsThere) {
    const Recorded recorded("late");
    EXPECT_EQ(marks(recorded.main()), 4u);
    EXPECT_EQ(marks_freed(recorded.main()), 4u);
}

TEST(TraceRecorder, WithoutAFileNothingIsRecordedAndNothingChanges) {
    const std::string programs = MORPH_RELEASED;
    const stress::Outcome outcome =
        stress::run_child({"/usr/bin/env", "LD_PRELOAD=" + programs + "/libmorph-trace.so",
                           programs + "/trace-victim", "calls"},
                          std::chrono::steady_clock::now() + std::chrono::seconds(20));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_EQ(outcome.output, "");
}

TEST(TraceRecorder, AFileThatCannotBeWrittenIsSaidOnceAndTheProgramGoesOn) {
    const std::string programs = MORPH_RELEASED;
    const stress::Outcome outcome = stress::run_child(
        {"/usr/bin/env", "LD_PRELOAD=" + programs + "/libmorph-trace.so",
         "MORPH_TRACE_FILE=/no/such/folder/trace", programs + "/trace-victim", "threads"},
        std::chrono::steady_clock::now() + std::chrono::seconds(20));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_EQ(outcome.output, "libmorph-trace: open: error 2, nothing more is recorded\n");
}

}  // namespace

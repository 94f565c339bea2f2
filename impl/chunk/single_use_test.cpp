#include "chunk/single_use.h"

#include <csetjmp>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "chunk/error.h"

namespace morph {
namespace {

using Entry = SingleUse::Entry;

// What run() gives on a thread of its own.
template <typename Run>
auto elsewhere(Run run) {
    decltype(run()) result{};
    std::thread([&] { result = run(); }).join();
    return result;
}

struct Reports {
    std::vector<MorphReportKind> kinds;
    static void keep(void* user, const MorphReport* report) {
        static_cast<Reports*>(user)->kinds.push_back(report->kind);
    }
};

TEST(SingleUse, OneThreadEntersAsOftenAsItLikes) {
    SingleUse use;
    Entry outer = use.enter();
    EXPECT_EQ(outer, Entry::free);
    Entry inner = use.enter();
    EXPECT_EQ(inner, Entry::nested);
    use.leave(inner);
    EXPECT_EQ(elsewhere([&] { return use.enter(); }), Entry::refused) << "the outer call is inside";
    use.leave(outer);
    EXPECT_EQ(use.enter(), Entry::free);
}

TEST(SingleUse, ThreadsOneAfterAnotherEnter) {
    SingleUse use;
    for (int turn = 0; turn < 10; ++turn) {
        Entry entry = elsewhere([&] {
            Entry got = use.enter();
            use.leave(got);
            return got;
        });
        ASSERT_EQ(entry, Entry::free);
    }
}

TEST(SingleUse, ARefusedThreadLeavesNothingBehind) {
    SingleUse use;
    Entry mine = use.enter();
    EXPECT_TRUE(elsewhere([&] {
        Entry entry = use.enter();
        use.leave(entry);
        return entry == Entry::refused && !use.lend();
    }));
    EXPECT_EQ(elsewhere([&] { return use.enter(); }), Entry::refused)
        << "the first is inside still";
    use.leave(mine);
    EXPECT_EQ(elsewhere([&] { return use.enter(); }), Entry::free);
}

TEST(SingleUse, WhatIsLentIsTakenBackUnlessSomebodyCame) {
    SingleUse use;
    Entry mine = use.enter();
    ASSERT_TRUE(use.lend());
    EXPECT_TRUE(use.take_back());
    ASSERT_TRUE(use.lend());
    Entry nested = use.enter();  // a handler that calls the library
    EXPECT_EQ(nested, Entry::lent);
    EXPECT_EQ(elsewhere([&] { return use.enter(); }), Entry::refused) << "a call is no handler";
    use.leave(nested);
    EXPECT_TRUE(use.take_back());
    ASSERT_TRUE(use.lend());
    EXPECT_EQ(elsewhere([&] {
                  Entry entry = use.enter();
                  use.leave(entry);
                  return entry;
              }),
              Entry::free);
    EXPECT_FALSE(use.take_back());
    use.leave(mine);  // it is not ours any more; nothing happens
    EXPECT_EQ(use.enter(), Entry::free);
}

TEST(SingleUse, AHandlerThatLeavesByLongjmpLeavesTheObjectOpen) {
    SingleUse use;
    static jmp_buf back;
    Reporter reporter{[](void*, const MorphReport*) { longjmp(back, 1); }, nullptr, &use};
    if (setjmp(back) == 0) {
        (void)use.enter();
        reporter.report(MORPH_REPORT_LEAK, nullptr, 0, 0, "away");
    }
    EXPECT_EQ(use.enter(), Entry::lent) << "the same thread goes on";
    use.leave(Entry::lent);
    Entry entry = elsewhere([&] {
        Entry got = use.enter();
        use.leave(got);
        return got;
    });
    EXPECT_EQ(entry, Entry::free) << "and then another one";
    EXPECT_EQ(use.enter(), Entry::free);
}

TEST(SingleUse, ATurnIsReportedOnceAndNotedForTheThreadThatCame) {
    Reports reports;
    SingleUse use;
    Reporter reporter{Reports::keep, &reports, &use};
    int object = 0;
    set_creation_error(MORPH_ERROR_IO, "earlier");
    {
        Turn turn(reporter, &object, "first");
        ASSERT_TRUE(turn);
        MorphError error = elsewhere([&] {
            Turn late(reporter, &object, "second");
            EXPECT_FALSE(late);
            return morph_creation_error();
        });
        EXPECT_EQ(error.code, MORPH_ERROR_CONCURRENT_USE);
        EXPECT_EQ(std::string_view(error.text).substr(0, 8), "second: ");
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_IO) << "this one keeps its own";
        EXPECT_EQ(
            elsewhere([&] { return error_in_turn(reporter, [] { return MorphError{}; }); }).code,
            MORPH_ERROR_CONCURRENT_USE)
            << "asking for the error is not reported, but told";
    }
    EXPECT_EQ(reports.kinds, std::vector{MORPH_REPORT_CONCURRENT_USE});
    Turn again(reporter, &object, "third");
    EXPECT_TRUE(again);
}

TEST(SingleUse, SomebodyWhoCameDuringAHandlerIsReportedByTheThreadThatWasInside) {
    struct Meeting {
        SingleUse use;
        std::vector<MorphReportKind> kinds;
        static void handle(void* user, const MorphReport* report) {
            auto* meeting = static_cast<Meeting*>(user);
            meeting->kinds.push_back(report->kind);
            if (report->kind != MORPH_REPORT_LEAK) return;
            std::thread([=] { meeting->use.leave(meeting->use.enter()); }).join();
        }
    } meeting;
    Reporter reporter{Meeting::handle, &meeting, &meeting.use};
    Turn turn(reporter, &meeting, "call");
    reporter.report(MORPH_REPORT_LEAK, nullptr, 0, 0, "something");
    EXPECT_EQ(meeting.kinds, (std::vector{MORPH_REPORT_LEAK, MORPH_REPORT_CONCURRENT_USE}));
}

TEST(SingleUse, TheChildOfAForkIsTheThreadThatForked) {
    SingleUse use;
    Entry mine = use.enter();
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        bool nested = use.enter() == Entry::nested;
        use.leave(mine);
        _exit(nested && use.enter() == Entry::free ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(SingleUse, WithoutAWordEveryTurnIsGiven) {
    Reporter reporter;
    Turn turn(reporter, nullptr, "call");
    EXPECT_TRUE(turn);
    EXPECT_TRUE(elsewhere([&] { return static_cast<bool>(Turn(reporter, nullptr, "other")); }));
    EXPECT_EQ(in_turn(reporter, nullptr, "call", [] { return 7; }), 7);
}

}  // namespace
}  // namespace morph

#include "stress/driver/journal.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/driver/temporary.h"

namespace {

using stress::contents;
using stress::Entry;
using stress::Journal;
using stress::Temporary;

const stress::Identity kRun = {7, "brief", "", ""};

Entry entry(const std::string& name, bool good = true) {
    Entry made;
    made.round = 2;
    made.seed = 8;
    made.room = "real";
    made.name = name;
    made.good = good;
    if (!good) {
        made.text = "exit status 4\nall of its output";
        made.again = "stress --only 'x'";
    }
    return made;
}

TEST(Journal, WhatWasDoneIsKnownToTheNextRun) {
    const Temporary place;
    {
        Journal journal;
        ASSERT_EQ(journal.open(place.path(), kRun), "");
        EXPECT_TRUE(journal.add(entry("one")));
        EXPECT_TRUE(journal.add(entry("two \"quoted\"\n\xff", false)));
    }
    Journal journal;
    ASSERT_EQ(journal.open(place.path(), kRun), "");
    EXPECT_TRUE(journal.done(2, "real", "one"));
    EXPECT_FALSE(journal.done(3, "real", "one"));
    EXPECT_FALSE(journal.done(2, "traces", "one"));
    EXPECT_EQ(journal.findings(), 1u);
    const Entry& found = journal.entries().at(1);
    EXPECT_FALSE(found.good);
    EXPECT_EQ(found.seed, 8u);
    EXPECT_EQ(found.text, "exit status 4");
    EXPECT_EQ(found.again, "stress --only 'x'");
    const std::string file = contents(place.file("finding-0001.txt"));
    EXPECT_NE(file.find("all of its output"), std::string::npos) << file;
    EXPECT_NE(file.find("stress --only 'x'"), std::string::npos) << file;
    EXPECT_NE(file.find("seed 8"), std::string::npos) << file;
}

TEST(Journal, ATornLastLineIsCutOffAtEveryByte) {
    const Temporary place;
    {
        Journal journal;
        ASSERT_EQ(journal.open(place.path(), kRun), "");
        ASSERT_TRUE(journal.add(entry("one")));
    }
    const std::string path = place.file("journal.jsonl");
    const std::string before = contents(path);
    {
        Journal journal;
        ASSERT_EQ(journal.open(place.path(), kRun), "");
        ASSERT_TRUE(journal.add(entry("two")));
    }
    const std::string whole = contents(path);
    for (size_t size = before.size(); size < whole.size(); ++size) {
        stress::write_file(path, whole.substr(0, size));
        {
            Journal journal;
            ASSERT_EQ(journal.open(place.path(), kRun), "") << size;
            EXPECT_TRUE(journal.done(2, "real", "one"));
            EXPECT_FALSE(journal.done(2, "real", "two"));
            EXPECT_TRUE(journal.add(entry("three")));
        }
        Journal journal;
        ASSERT_EQ(journal.open(place.path(), kRun), "") << size;
        EXPECT_TRUE(journal.done(2, "real", "three"));
        EXPECT_EQ(journal.entries().size(), 2u);
    }
    // What the disk made of it may also be whole in length alone.
    stress::write_file(path, before + std::string(40, '\0') + '\n');
    Journal journal;
    EXPECT_EQ(journal.open(place.path(), kRun), "");
    EXPECT_EQ(journal.entries().size(), 1u);
}

TEST(Journal, EvenATornHeadBeginsAnew) {
    const Temporary place;
    stress::write_file(place.file("journal.jsonl"), "{\"stress\":1,\"se");
    Journal journal;
    EXPECT_EQ(journal.open(place.path(), kRun), "");
    EXPECT_TRUE(journal.entries().empty());
}

TEST(Journal, ABrokenLineBeforeTheLastIsNotPassedOver) {
    const Temporary place;
    {
        Journal journal;
        ASSERT_EQ(journal.open(place.path(), kRun), "");
        ASSERT_TRUE(journal.add(entry("one")));
    }
    const std::string path = place.file("journal.jsonl");
    stress::write_file(path, contents(path) + "rubbish\n" + contents(path));
    Journal journal;
    EXPECT_NE(journal.open(place.path(), kRun).find("line 3"), std::string::npos);
}

TEST(Journal, AnotherSeedPlanOrChoiceIsRefused) {
    const Temporary place;
    {
        Journal journal;
        ASSERT_EQ(journal.open(place.path(), kRun), "");
    }
    for (const stress::Identity& other :
         {stress::Identity{8, "brief", "", ""}, stress::Identity{7, "full", "", ""},
          stress::Identity{7, "brief", "real", ""}, stress::Identity{7, "brief", "", "lua"}}) {
        Journal journal;
        const std::string refused = journal.open(place.path(), other);
        EXPECT_NE(refused.find("belongs to another run"), std::string::npos) << refused;
        EXPECT_NE(refused.find("\"seed\":7"), std::string::npos) << refused;
    }
}

TEST(Journal, TwoRunsAtOnceAreRefused) {
    const Temporary place;
    Journal first;
    ASSERT_EQ(first.open(place.path(), kRun), "");
    Journal second;
    EXPECT_NE(second.open(place.path(), kRun).find("another run"), std::string::npos);
}

TEST(Journal, WhatAKilledRunLeftIsWaitedFor) {
    const Temporary place;
    Journal next;
    {
        Journal killed;
        ASSERT_EQ(killed.open(place.path(), kRun), "");
        const pid_t left = fork();  // holds the lock on, as between fork and exec
        ASSERT_GE(left, 0);
        if (left == 0) {
            (void)usleep(300000);
            _exit(0);
        }
    }
    EXPECT_EQ(next.open(place.path(), kRun), "");
    EXPECT_GT(wait(nullptr), 0);
}

TEST(Journal, ALineThatDoesNotFitIsNotHalfWritten) {
    const Temporary place;
    Journal journal;
    ASSERT_EQ(journal.open(place.path(), kRun), "");
    const std::string before = contents(place.file("journal.jsonl"));
    rlimit limit = {};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight = {before.size() + 20, limit.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
    const bool written = journal.add(entry("one"));
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    std::signal(SIGXFSZ, handler);
    EXPECT_FALSE(written);
    EXPECT_EQ(contents(place.file("journal.jsonl")), before);
    EXPECT_TRUE(journal.add(entry("two")));
}

TEST(Journal, WithoutADirectoryItRemembersAllTheSame) {
    Journal journal;
    EXPECT_TRUE(journal.add(entry("one", false)));
    EXPECT_TRUE(journal.done(2, "real", "one"));
    EXPECT_EQ(journal.findings(), 1u);
}

}  // namespace

// V1's options at work: the log of deaths, the daemon, swapping.
#include <algorithm>
#include <cstring>
#include <unistd.h>

#include "chunk/memory_marks.h"
#include "os/directory_for_tests.h"
#include "os/refused_calls_for_tests.h"
#include "v1/v1_for_tests.h"

namespace morph {
namespace {

constexpr uint64_t kPatienceMs = 30000;

V1Config daemon_config(const char* swap_directory) {
    V1Config config = {};
    config.settings.daemon = true;
    config.settings.daemon_interval_ms = 1;
    config.settings.idle_ms = 5;
    config.settings.swap_after_ms = 3;
    config.settings.swap_directory = swap_directory;
    return config;
}

template <typename Condition>
bool eventually(Condition condition) {
    uint64_t end = Daemon::now_ms() + kPatienceMs;
    while (!condition()) {
        if (Daemon::now_ms() > end) return false;
        usleep(500);
    }
    return true;
}

TEST(V1Options, NoneIsOnUnlessAskedFor) {
    TestV1 test;
    EXPECT_FALSE(test.parts().death_log.on());
    EXPECT_FALSE(test.parts().daemon.on());
    EXPECT_FALSE(test.parts().swap.on());
}

TEST(V1Options, ADeathIsALineForEachObjectThatASweepFindsDead) {
    DirectoryForTests directory;
    std::string path = directory.file("deaths");
    V1Config config = {};
    config.settings.death_log = path.c_str();
    TestV1 test(config);
    ASSERT_NE(test.v1, nullptr) << test.errors.last.text;
    Cell* list = nullptr;
    test.push(list);
    test.prepend(list, 3);
    void* dead = test.make(77);
    test.collect();
    char line[64];
    snprintf(line, sizeof(line), "%p 77 0\n", dead);
    EXPECT_EQ(directory.contents("deaths"), line);
    list = nullptr;
    test.collect();
    std::string all = directory.contents("deaths");
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 4);
    EXPECT_EQ(test.parts().death_log.lines(), 4u);
}

TEST(V1Options, AnOptionThatCannotBeHadRefusesTheCreation) {
    for (bool log : {true, false}) {
        V1Config config = daemon_config(log ? nullptr : "/nowhere/at/all");
        if (log) config.settings.death_log = "/nowhere/at/all";
        TestV1 test(config);
        EXPECT_EQ(test.v1, nullptr);
        EXPECT_NE(test.errors.last.code, MORPH_OK);
        std::string text = test.errors.last.text;
        EXPECT_EQ(text.find(log ? "v1.death_log: " : "v1.swap_directory: "), 0u) << text;
    }
}

TEST(V1Options, ACallOfTheSystemThatFailsRefusesTheCreationOrChangesNothing) {
    DirectoryForTests directory;
    std::string deaths = directory.file("deaths");
    size_t refused_creations = 0;
    auto life = [&](const RefusedCall& refused, const SystemCallForTests& each) {
        SCOPED_TRACE(each.name);
        {
            V1Config config = daemon_config(marks_active() ? nullptr : directory.path().c_str());
            config.settings.idle_ms = 3600 * 1000;
            config.settings.swap_after_ms = 3600 * 1000;
            config.settings.death_log = deaths.c_str();
            TestV1 test(config);
            refused_creations += test.v1 == nullptr ? 1u : 0u;
            if (test.v1 == nullptr) {
                EXPECT_TRUE(refused.happened());
                EXPECT_NE(test.errors.last.code, MORPH_OK);
            } else {
                Cell* dead = test.new_cell(1);
                EXPECT_TRUE(dead != nullptr || refused.happened());
                test.collect();  // says so in the log, or that it could not
                test.verify();
            }
        }
        std::filesystem::remove(directory.path() + "/.morph-swap-" + std::to_string(getpid()) +
                                "-0");
        std::filesystem::remove(deaths);
        EXPECT_EQ(directory.files(), 0u);
    };
    EXPECT_GT(refuse_each_call(life), 15u);
    EXPECT_GT(refused_creations, 10u);
}

TEST(V1Options, TheDaemonHasAnIdleProgramCollectInItsNextAllocation) {
    TestV1 test(daemon_config(nullptr));
    ASSERT_NE(test.v1, nullptr) << test.errors.last.text;
    ASSERT_NE(test.make(Daemon::kLiveBytesMin + 1), nullptr);
    EXPECT_TRUE(eventually([&] {
        usleep(10000);
        return test.make(8) != nullptr && test.stats().major.count != 0;
    }));
    EXPECT_LT(test.stats().counts.bytes_live, Daemon::kLiveBytesMin);
    test.verify();
}

// Pages that are not used go to the file and come back with what they held.
TEST(V1Options, UnusedPagesAreSwappedOutAndReadBackWhenTouched) {
    DirectoryForTests directory;
    TestV1 test(daemon_config(directory.path().c_str()));
    if (test.v1 == nullptr && test.errors.last.code == MORPH_ERROR_UNSUPPORTED) {
        GTEST_SKIP() << test.errors.last.text;
    }
    ASSERT_NE(test.v1, nullptr) << test.errors.last.text;
    Cell* list = nullptr;
    test.push(list);
    test.prepend(list, 20000);
    auto* own = static_cast<unsigned char*>(test.make(100000));
    test.push(own);
    memset(own, 0x5a, 100000);
    void* last = nullptr;
    test.push(last);
    Swap& swap = test.parts().swap;
    auto all_out = [&] {
        last = test.make(8);  // on the current page
        return swap.stats().bytes_in_file >= 20000 * 112 + 100000 - 3 * 4096;
    };
    ASSERT_TRUE(eventually(all_out));
    EXPECT_EQ(directory.files(), 0u);
    test.verify();  // reads every page
    for (size_t index = 0; index < 100000; ++index) ASSERT_EQ(own[index], 0x5a);
    uint64_t expected = 20000;
    for (Cell* at = list; at != nullptr; at = at->left) {
        ASSERT_EQ(at->number, --expected);
        at->number += 7;
    }
    // Marking writes to every page: then they go again, with what was written meanwhile.
    uint64_t before = swap.stats().pages_out;
    test.collect();
    ASSERT_TRUE(eventually([&] {
        last = test.make(8);
        return swap.stats().pages_out > before + 20000 / 40;
    }));
    expected = 20000;
    for (Cell* at = list; at != nullptr; at = at->left) ASSERT_EQ(at->number, --expected + 7);
    test.verify();
    // The current page stays, however long nothing was put there; what is out is not written again.
    before = swap.stats().pages_out;
    for (int round = 0; round < 5; ++round) {
        usleep(10000);
        last = test.make(8);
        EXPECT_EQ(test.parts().pages.current()->swap_id, 0u);
    }
    EXPECT_LE(swap.stats().pages_out - before, 10u);
    // What dies is forgotten by the file.
    list = nullptr;
    own = nullptr;
    test.collect();
    test.verify();
    EXPECT_LE(swap.stats().bytes_in_file, 16 * 4096u);
    test.prepend(list, 1000);
    ASSERT_TRUE(eventually([&] {
        last = test.make(8);
        return swap.stats().bytes_in_file > size_t{64} << 10;
    }));
    morph_heap_reset(test.heap);
    EXPECT_EQ(swap.stats().bytes_in_file, 0u);
    test.verify();
}

TEST(V1Options, SwappingWhileObjectsAreFreedAndReusedLosesNothing) {
    DirectoryForTests directory;
    V1Config config = daemon_config(directory.path().c_str());
    config.retains_all = true;
    config.settings.threshold = size_t{64} << 10;
    TestV1 test(config);
    if (test.v1 == nullptr && test.errors.last.code == MORPH_ERROR_UNSUPPORTED) {
        GTEST_SKIP() << test.errors.last.text;
    }
    std::vector<unsigned char*> objects(500);
    size_t sizes[500] = {};
    uint64_t end = Daemon::now_ms() + 500;
    for (unsigned step = 1; Daemon::now_ms() < end || test.parts().swap.stats().pages_out < 100;
         ++step) {
        ASSERT_LT(step, 10000000u);
        size_t index = step * 7919 % objects.size();
        if (objects[index] != nullptr) {
            for (size_t at = 0; at < sizes[index]; ++at) {
                ASSERT_EQ(objects[index][at], static_cast<unsigned char>(index));
            }
            ASSERT_EQ(test.v1->free(objects[index]), MORPH_OK);
        }
        sizes[index] = step % 6 * 200;
        objects[index] =
            static_cast<unsigned char*>(test.v1->allocate(sizes[index], 8, 0, step % 2 == 0));
        ASSERT_NE(objects[index], nullptr);
        memset(objects[index], static_cast<int>(index), sizes[index]);
        if (step % 500 == 0) usleep(4000);
    }
    test.verify();
}

}  // namespace
}  // namespace morph

// Every program up to a length over a small alphabet of operations, on tiny arenas, pools and
// heaps, and on V1: what random programs reach by luck is here reached for sure.
#include <array>
#include <gtest/gtest.h>
#include <iostream>
#include <span>

#include "fuzz/runner.h"
#include "fuzz/text.h"

namespace suite {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSlow = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSlow = true;
#else
constexpr bool kSlow = false;
#endif
#else
constexpr bool kSlow = false;
#endif

constexpr size_t kLength = kSlow ? 4 : 5;  // of the longest programs

// Runs all programs of 0 .. kLength letters. The first finding ends it.
void run_all(const char* name, std::span<const char* const> letters, Configuration configuration,
             bool refuses = true) {
    std::string error;
    const std::optional<SubjectEntry> subject = find_subject(name, &error);
    ASSERT_TRUE(subject) << error;
    std::vector<Operation> alphabet;
    for (const char* letter : letters) {
        auto parsed = parse(letter);
        ASSERT_TRUE(std::holds_alternative<Program>(parsed)) << letter;
        alphabet.push_back(std::get<Program>(parsed).operations.at(0));
    }
    size_t programs = 0;
    size_t allocations = 0;
    size_t refusals = 0;
    for (size_t length = 0; length <= kLength; ++length) {
        std::array<size_t, kLength> digits{};
        for (bool more = true; more;) {
            Program program;
            program.configuration = configuration;
            for (size_t i = 0; i < length; ++i) {
                program.operations.push_back(alphabet[digits[i]]);
            }
            const RunResult result = run(program, *subject);
            ASSERT_FALSE(result.finding) << name << ": " << checker_name(result.finding->checker)
                                         << ": " << result.finding->text << "\n"
                                         << print(program);
            ++programs;
            allocations += result.allocations;
            refusals += result.refusals;
            size_t place = 0;
            while (place < length && ++digits[place] == alphabet.size()) digits[place++] = 0;
            more = place < length;
        }
    }
    size_t expected = 0;
    for (size_t length = 0, power = 1; length <= kLength; ++length, power *= alphabet.size()) {
        expected += power;
    }
    EXPECT_EQ(programs, expected);
    EXPECT_GT(allocations, programs);
    EXPECT_EQ(refusals > 0, refuses);
    std::cout << name << ": all " << programs << " programs of up to " << kLength
              << " operations of " << alphabet.size() << ", " << allocations << " allocations, "
              << refusals << " refused requests\n";
}

constexpr std::array<const char*, 8> kArenaLetters{
    "allocate size=8",      // fits the block
    "allocate size=4096",   // a block of the smallest size, and more
    "allocate size=40000",  // two do not fit a chunk
    "allocate size=70000",  // a mapping of its own
    "mark",
    "release count=0",
    "reset",
    "fail_requests size=0 count=1",
};

constexpr std::array<const char*, 8> kPoolLetters{
    "allocate size=8",
    "allocate size=1024 type=1",    // three to a block
    "allocate size=1024 type=300",  // two-byte tags: another block
    "free object=0",
    "free object=1",
    "reallocate object=0 size=100",
    "reset",
    "fail_requests size=0 count=1",
};

TEST(Exhaustive, EveryShortProgramOnATinyArena) {
    run_all("arena.tiny", kArenaLetters, Configuration{.block_shift = 12});
}

TEST(Exhaustive, EveryShortProgramOnATinyPool) {
    run_all("pool.tiny", kPoolLetters, Configuration{});
}

TEST(Exhaustive, EveryShortProgramOnATinyPoolInDebugMode) {
    static constexpr std::array<const char*, 6> kLetters{
        "allocate size=8",     "allocate size=1017", "free object=0",
        "free_twice object=0", "overrun object=0",   "fail_requests size=0 count=1"};
    run_all("pool.tiny", kLetters, Configuration{.debug = true});
}

// Three objects and four roots at most: every order of stores, collections and losses among them.
constexpr std::array<const char*, 8> kHeapLetters{
    "allocate_object size=8 type=2",
    "allocate_object size=1000 type=8 root=1",  // four fill the nursery
    "store_reference object=0 slot=0 target=2",
    "store_reference object=1 slot=0 target=1",
    "pop_roots count=0",
    "collect_minor",
    "collect_major",
    "fail_requests size=0 count=1",
};

TEST(Exhaustive, EveryShortProgramOnATinyHeap) {
    run_all("heap.tiny", kHeapLetters, Configuration{.nursery_shift = 12, .promotion_age = 1});
}

TEST(Exhaustive, EveryShortProgramOfWeakReferencesAndFinalizersOnATinyHeapInDebugMode) {
    static constexpr std::array<const char*, 7> kLetters{"allocate_object size=8 type=2",
                                                         "new_weak target=1",
                                                         "set_finalizer object=0 count=3",
                                                         "set_root root=0 target=null",
                                                         "load_reference object=1 root=new",
                                                         "collect_minor",
                                                         "collect_major"};
    run_all("heap.tiny", kLetters, Configuration{.debug = true, .nursery_shift = 12}, false);
}

TEST(Exhaustive, EveryShortProgramOnTheTinyHeapOfAContext) {
    static constexpr std::array<const char*, 6> kLetters{
        "allocate_object size=40 type=8",    "allocate_object size=40000 type=4",
        "store_reference object=1 target=1", "resize_object object=0 size=2000 root=1",
        "force_collections size=1 slot=1",   "pop_roots count=0"};
    run_all("runtime.tiny", kLetters, Configuration{.nursery_shift = 12, .promotion_age = 1},
            false);
}

TEST(Exhaustive, EveryShortProgramOnV1) {
    static constexpr std::array<const char*, 8> kLetters{
        "allocate size=3000",         // one to a page
        "allocate_zeroed size=3000",  // reused: another way
        "allocate size=1000 type=1",  // four to a page
        "allocate size=5000",         // a mapping of its own, and the next allocation collects
        "free object=0",              // the oldest,
        "free object=4294967295",     // or another one
        "reallocate object=0 size=3000",
        "fail_requests size=0 count=1",
    };
    run_all("v1", kLetters, Configuration{});
}

TEST(Exhaustive, EveryShortProgramOnTheHeapOfV1) {
    static constexpr std::array<const char*, 7> kLetters{"allocate_object size=3000 type=1",
                                                         "allocate_object size=8 type=2",
                                                         "store_reference object=1 target=1",
                                                         "pop_roots count=0",
                                                         "new_weak target=1",
                                                         "set_finalizer object=0 count=2",
                                                         "collect_major"};
    run_all("v1.runtime", kLetters, Configuration{}, false);
}

}  // namespace
}  // namespace suite

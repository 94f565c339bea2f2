#include "os/pages.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "os/refused_calls_for_tests.h"

namespace {

using morph::RefusedCall;
using morph::SystemCall;
using morph::SystemCallForTests;

constexpr size_t kPage = 4096;
constexpr size_t kMega = size_t{1} << 20;

// Whether any page of the range is mapped.
bool is_mapped(const void* address, size_t bytes) {
    std::vector<unsigned char> present(bytes / kPage);
    for (size_t offset = 0; offset < bytes; offset += kPage) {
        auto* page = const_cast<char*>(static_cast<const char*>(address)) + offset;
        if (mincore(page, kPage, present.data()) == 0) return true;
    }
    return false;
}

TEST(Pages, EveryAlignmentIsKeptAndMemoryIsZero) {
    for (size_t alignment = kPage; alignment <= 64 * kMega; alignment *= 2) {
        for (size_t bytes : {kPage, 3 * kPage, 2 * kMega, 2 * kMega + kPage}) {
            auto* address =
                static_cast<unsigned char*>(morph::os::map_pages(bytes, alignment, nullptr));
            ASSERT_NE(address, nullptr);
            EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % alignment, 0u);
            EXPECT_EQ(address[0], 0);
            EXPECT_EQ(address[bytes - 1], 0);
            memset(address, 1, bytes);
            morph::os::unmap_pages(address, bytes);
            EXPECT_FALSE(is_mapped(address, bytes));
        }
    }
}

TEST(Pages, ExactlyTheBytesAskedForStayMapped) {
    for (int round = 0; round < 8; ++round) {
        size_t bytes = 2 * kMega + 3 * kPage;
        auto* address = static_cast<char*>(morph::os::map_pages(bytes, 16 * kMega, nullptr));
        ASSERT_NE(address, nullptr);
        // The page behind may belong to another mapping of the process; the surplus of trimming
        // would be far more than one page.
        auto* behind = static_cast<char*>(morph::os::map_pages(kPage, kPage, address + bytes));
        auto* before = static_cast<char*>(morph::os::map_pages(kPage, kPage, address - kPage));
        EXPECT_TRUE(behind == address + bytes || before == address - kPage);
        morph::os::unmap_pages(behind, kPage);
        morph::os::unmap_pages(before, kPage);
        morph::os::unmap_pages(address, bytes);
    }
}

TEST(Pages, AHintIsTakenWhenItIsFree) {
    auto* first = static_cast<char*>(morph::os::map_pages(8 * kMega, 2 * kMega, nullptr));
    ASSERT_NE(first, nullptr);
    morph::os::unmap_pages(first, 8 * kMega);
    void* again = morph::os::map_pages(2 * kMega, 2 * kMega, first + 4 * kMega);
    EXPECT_EQ(again, first + 4 * kMega);
    morph::os::unmap_pages(again, 2 * kMega);
}

TEST(Pages, AHintThatIsTakenIsNoFailure) {
    void* first = morph::os::map_pages(2 * kMega, 2 * kMega, nullptr);
    ASSERT_NE(first, nullptr);
    memset(first, 7, 2 * kMega);
    void* second = morph::os::map_pages(2 * kMega, 2 * kMega, first);
    ASSERT_NE(second, nullptr);
    EXPECT_NE(second, first);
    EXPECT_EQ(static_cast<char*>(first)[kPage], 7) << "the hint must never replace a mapping";
    morph::os::unmap_pages(first, 2 * kMega);
    morph::os::unmap_pages(second, 2 * kMega);
}

TEST(Pages, ImpossibleSizesAreRefused) {
    EXPECT_EQ(morph::os::map_pages(size_t{1} << 60, kPage, nullptr), nullptr);
    EXPECT_EQ(morph::os::map_pages(size_t{1} << 60, 2 * kMega, nullptr), nullptr);
    EXPECT_EQ(morph::os::map_pages(SIZE_MAX & ~(kPage - 1), 2 * kMega, nullptr), nullptr);
}

TEST(Pages, ProtectedPagesKeepTheirContents) {
    auto* address = static_cast<unsigned char*>(morph::os::map_pages(8 * kPage, kPage, nullptr));
    ASSERT_NE(address, nullptr);
    memset(address, 7, 8 * kPage);
    ASSERT_TRUE(morph::os::protect_pages(address + 2 * kPage, 4 * kPage, false));
    address[0] = address[2 * kPage - 1] = address[6 * kPage] = 8;  // its neighbours
    ASSERT_TRUE(morph::os::protect_pages(address + 2 * kPage, 4 * kPage, true));
    for (size_t at = 2 * kPage; at < 6 * kPage; ++at) ASSERT_EQ(address[at], 7);
    address[3 * kPage] = 9;
    EXPECT_EQ(address[3 * kPage], 9);
    morph::os::unmap_pages(address, 8 * kPage);
    EXPECT_FALSE(is_mapped(address, 8 * kPage));
}

TEST(Pages, ProtectingWhatIsNotMappedIsRefused) {
    auto* address = static_cast<unsigned char*>(morph::os::map_pages(kPage, kPage, nullptr));
    ASSERT_NE(address, nullptr);
    morph::os::unmap_pages(address, kPage);
    EXPECT_FALSE(morph::os::protect_pages(address, kPage, false));
    EXPECT_FALSE(morph::os::protect_pages(address, kPage, true));
}

TEST(PagesDeathTest, TouchingAProtectedPageEndsTheProgram) {
    auto* address = static_cast<volatile char*>(morph::os::map_pages(4 * kPage, kPage, nullptr));
    ASSERT_NE(address, nullptr);
    auto* guarded = const_cast<char*>(address) + kPage;
    ASSERT_TRUE(morph::os::protect_pages(guarded, 2 * kPage, false));
    // Valgrind leaves out a read whose value nobody uses.
    EXPECT_EXIT(_exit(address[kPage]), [](int status) { return status != 0; }, "");
    EXPECT_EXIT(address[3 * kPage - 1] = 1, [](int status) { return status != 0; }, "");
    address[0] = 1;
    address[3 * kPage] = 1;
    morph::os::unmap_pages(const_cast<char*>(address), 4 * kPage);
}

// ThreadSanitizer counts on addresses of its own; AddressSanitizer on mappings of its own.
#if defined(__SANITIZE_THREAD__)
#define MORPH_TEST_SANITIZED 1
#elif defined(__SANITIZE_ADDRESS__)
#define MORPH_TEST_NEEDS_MAPPINGS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MORPH_TEST_SANITIZED 1
#elif __has_feature(address_sanitizer)
#define MORPH_TEST_NEEDS_MAPPINGS 1
#endif
#endif

#if !defined(MORPH_TEST_SANITIZED)

size_t address_space_used() {
    size_t pages = 0;
    FILE* file = fopen("/proc/self/statm", "r");
    if (file == nullptr || fscanf(file, "%zu", &pages) != 1) pages = 0;
    if (file != nullptr) fclose(file);
    return pages * kPage;
}

// Where no hint can help: the aligned addresses around the place where the system maps next are
// taken while it lives.
class NoHintHelps {
 public:
    static constexpr size_t kBytes = 2 * kMega;
    static constexpr size_t kAlignment = 1024 * kMega;

    NoHintHelps() {
        void* place = morph::os::map_pages(kBytes, kPage, nullptr);
        morph::os::unmap_pages(place, kBytes);
        uintptr_t below = reinterpret_cast<uintptr_t>(place) & ~(kAlignment - 1);
        for (uintptr_t spot : {below, below + kAlignment, below - kAlignment}) {
            taken_.push_back(morph::os::map_pages(kPage, kPage, reinterpret_cast<void*>(spot)));
        }
    }
    NoHintHelps(const NoHintHelps&) = delete;
    NoHintHelps& operator=(const NoHintHelps&) = delete;
    ~NoHintHelps() {
        for (void* page : taken_) morph::os::unmap_pages(page, kPage);
    }

 private:
    std::vector<void*> taken_;
};

// Too much is mapped and trimmed: what stays is exact.
TEST(Pages, TrimmingLeavesNothingBehind) {
    NoHintHelps here;
    size_t before = address_space_used();
    void* address = morph::os::map_pages(here.kBytes, here.kAlignment, nullptr);
    ASSERT_NE(address, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % here.kAlignment, 0u);
    EXPECT_EQ(address_space_used() - before, here.kBytes);
    morph::os::unmap_pages(address, here.kBytes);
    EXPECT_EQ(address_space_used(), before);
}

// A mapping that cannot be made is asked for elsewhere; what is mapped and does not serve goes back
// in one piece, where trimming it is refused.
TEST(Pages, ACallThatFailsLeavesAlignedMemoryOrNoneAndNothingMore) {
    NoHintHelps here;
    size_t kept = 0;
    auto map = [&](const RefusedCall& refused, const SystemCallForTests& each) {
        SCOPED_TRACE(each.name);
        size_t before = address_space_used();
        void* address = morph::os::map_pages(here.kBytes, here.kAlignment, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % here.kAlignment, 0u);
        EXPECT_TRUE(address != nullptr || refused.happened());
        bool refused_inside = refused.happened();
        if (address != nullptr) morph::os::unmap_pages(address, here.kBytes);
        size_t left = address_space_used() - before;
        // Of what the system does not take back whole, only addresses are left.
        EXPECT_TRUE(left == 0 || each.call == SystemCall::munmap);
        EXPECT_LE(left, here.kBytes);
        kept += refused_inside && left == 0 ? 1u : 0u;
    };
    // Three mappings and what follows; three times all of a mapping is given back, and two trims.
    EXPECT_GE(morph::refuse_each_call(map), 8u);
    EXPECT_GE(kept, 5u);
}

TEST(Pages, WhereTrimmingIsRefusedPlacesNearbyAreTried) {
    NoHintHelps here;
    for (size_t mappings : {2u, 3u}) {  // the first one is not aligned, nor that at its hint
        RefusedCall refused(SystemCall::mmap, ENOMEM, 2, mappings - 1);
        size_t before = address_space_used();
        void* address = morph::os::map_pages(here.kBytes, here.kAlignment, nullptr);
        EXPECT_TRUE(refused.happened());
        ASSERT_NE(address, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % here.kAlignment, 0u);
        EXPECT_EQ(address_space_used() - before, here.kBytes);
        morph::os::unmap_pages(address, here.kBytes);
    }
    RefusedCall refused(SystemCall::mmap, ENOMEM, 2, RefusedCall::kAll);
    EXPECT_EQ(morph::os::map_pages(here.kBytes, here.kAlignment, nullptr), nullptr);
}

// The two below run in a process of their own and end it with 0, or with the step that failed.
void map_under_a_tight_limit() {
    size_t bytes = 2 * kMega;
    rlimit limit{};
    limit.rlim_cur = limit.rlim_max = address_space_used() + bytes + bytes / 2;
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
    void* address = morph::os::map_pages(bytes, bytes, nullptr);
    if (address == nullptr) _exit(3);
    if (reinterpret_cast<uintptr_t>(address) % bytes != 0) _exit(4);
    if (morph::os::map_pages(bytes, bytes, nullptr) != nullptr) _exit(5);
    morph::os::unmap_pages(address, bytes);
    if (morph::os::map_pages(bytes, bytes, nullptr) == nullptr) _exit(6);
    _exit(0);
}

#if !defined(MORPH_TEST_NEEDS_MAPPINGS)
void run_out_of_mapping_records() {
    size_t bytes = 4 * kMega;
    auto* held = static_cast<char*>(morph::os::map_pages(bytes, 2 * kMega, nullptr));
    if (held == nullptr) _exit(2);
    memset(held, 1, bytes);
    // Neighbours of unlike protection are not merged: each is a record of its own.
    for (int count = 0; count < 200000; ++count) {
        int protection = count % 2 == 0 ? PROT_READ : PROT_NONE;
        void* page = mmap(nullptr, kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) break;
    }
    if (morph::os::map_pages(2 * kMega, 64 * kMega, nullptr) != nullptr) _exit(3);
    morph::os::unmap_pages(held + kMega, kMega);  // would split a record
    static unsigned char present[kMega / kPage];  // nothing can be allocated any more
    if (mincore(held + kMega, kMega, present) == 0) {
        for (unsigned char page : present) {
            if ((page & 1) != 0) _exit(4);
        }
    }
    _exit(0);
}

#endif

// The limit has room for the mapping, but not for the surplus that trimming needs.
TEST(PagesDeathTest, ATightAddressSpaceLimitStillGivesAlignedMemory) {
    EXPECT_EXIT(map_under_a_tight_limit(), testing::ExitedWithCode(0), "");
}

#if !defined(MORPH_TEST_NEEDS_MAPPINGS)
// Nothing traps and no memory leaks: map_pages refuses, and unmap_pages gives the pages back
// although it cannot give back their addresses.
TEST(PagesDeathTest, RunningOutOfMappingRecordsIsARefusal) {
    EXPECT_EXIT(run_out_of_mapping_records(), testing::ExitedWithCode(0), "");
}
#endif

#endif

}  // namespace

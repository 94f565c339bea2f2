// Debug mode: what a program does wrong is reported once, with its kind, and refused.
#include <gtest/gtest.h>

#include "chunk/geometry.h"
#include "chunk/memory_marks.h"
#include "chunk/unwatched_for_tests.h"
#include "general/general_for_tests.h"
#include "general/layout.h"

namespace {

using namespace general_test;

constexpr size_t kRun = morph::kRunBytesMax / 4;
constexpr size_t kLarge = morph::kChunkBytes;

// Tools that watch memory would stop these writes before debug mode can see them.
__attribute__((no_sanitize("address", "undefined"))) void flip(volatile unsigned char* byte) {
    const morph::Unwatched scope;
    *byte = static_cast<unsigned char>(~*byte);
}

class GeneralDebug : public testing::TestWithParam<size_t> {
 protected:
    Reports reports;
    Owner general = make_debug_general(reports);
};

TEST_P(GeneralDebug, AByteWrittenBehindAnObjectIsReportedByEveryCallThatLooks) {
    const size_t size = GetParam();
    auto* object = bytes_of(morph_general_alloc(general.get(), size));
    flip(object + size);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_ERROR_CORRUPTION);
    EXPECT_TRUE(names(general.get(), "-GUARD"));
    EXPECT_EQ(morph_general_free(general.get(), object), MORPH_ERROR_CORRUPTION);
    EXPECT_EQ(reports.count(MORPH_REPORT_GUARD_OVERWRITTEN), 1u);
    EXPECT_EQ(reports.seen.back().address, object);
    EXPECT_EQ(reports.seen.back().size, size);
    EXPECT_EQ(morph_general_realloc(general.get(), object, size + 1), nullptr);
    EXPECT_EQ(morph_general_last_error(general.get()).code, MORPH_ERROR_CORRUPTION);
    EXPECT_EQ(reports.count(MORPH_REPORT_GUARD_OVERWRITTEN), 2u);
    EXPECT_EQ(morph_general_size(general.get(), object), size) << "it is as it was";
    morph_general_reset(general.get());
    EXPECT_EQ(reports.count(MORPH_REPORT_GUARD_OVERWRITTEN), 3u);
    EXPECT_EQ(reports.seen.size(), 3u);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
}

TEST_P(GeneralDebug, EveryByteOfTheGuardCounts) {
    const size_t size = GetParam();
    auto* object = bytes_of(morph_general_alloc(general.get(), size));
    for (size_t offset = 0; offset < 8; offset++) {
        flip(object + size + offset);
        EXPECT_EQ(morph_general_free(general.get(), object), MORPH_ERROR_CORRUPTION) << offset;
        flip(object + size + offset);
    }
    EXPECT_EQ(morph_general_free(general.get(), object), MORPH_OK);
}

TEST_P(GeneralDebug, ASecondFreeIsReported) {
    void* keeps_the_chunk = morph_general_alloc(general.get(), GetParam());
    void* object = morph_general_alloc(general.get(), GetParam());
    ASSERT_EQ(morph_general_free(general.get(), object), MORPH_OK);
    EXPECT_EQ(morph_general_free(general.get(), object), MORPH_ERROR_NOT_AN_OBJECT);
    // A mapping went back to the system: its addresses are anybody's.
    MorphReportKind kind =
        GetParam() >= kLarge ? MORPH_REPORT_FOREIGN_POINTER : MORPH_REPORT_DOUBLE_FREE;
    ASSERT_EQ(reports.seen.size(), 1u);
    EXPECT_EQ(reports.seen[0].kind, kind);
    EXPECT_EQ(morph_general_free(general.get(), keeps_the_chunk), MORPH_OK);
}

TEST_P(GeneralDebug, AddressesInsideAnObjectAndForeignOnesAreReported) {
    auto* object = bytes_of(morph_general_alloc(general.get(), GetParam()));
    int on_stack = 0;
    for (void* address : {static_cast<void*>(object + 1), static_cast<void*>(object + 16),
                          static_cast<void*>(&on_stack)}) {
        EXPECT_EQ(morph_general_free(general.get(), address), MORPH_ERROR_NOT_AN_OBJECT);
    }
    EXPECT_EQ(reports.count(MORPH_REPORT_FOREIGN_POINTER), 3u);
}

TEST_P(GeneralDebug, FreshBytesAndThoseOfResizedObjectsAreFilled) {
    const morph::Unwatched scope;  // to Valgrind fresh bytes are undefined, filled or not
    const size_t size = GetParam();
    auto* object = bytes_of(morph_general_alloc(general.get(), size));
    for (size_t i = 0; i < size; i += 7) ASSERT_EQ(object[i], 0xA5);
    std::memset(object, 1, size);
    auto* grown = bytes_of(morph_general_realloc(general.get(), object, size + 2000));
    for (size_t i = 0; i < size; i += 7) ASSERT_EQ(grown[i], 1);
    for (size_t i = size; i < size + 2000; i += 7) ASSERT_EQ(grown[i], 0xA5);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
}

INSTANTIATE_TEST_SUITE_P(EveryRoom, GeneralDebug, testing::Values(24, 1024, kRun, kLarge));

TEST(GeneralDebugRuns, AWriteIntoFreedMemoryIsSeenBeforeItIsHandedOutAgain) {
    Reports reports;
    Owner general = make_debug_general(reports);
    auto* object = bytes_of(morph_general_alloc(general.get(), kRun));
    void* behind = morph_general_alloc(general.get(), kRun);
    morph_general_free(general.get(), object);
    flip(object + 1000);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_ERROR_CORRUPTION);
    EXPECT_TRUE(names(general.get(), "RUN-FREED"));
    EXPECT_EQ(morph_general_alloc(general.get(), kRun), nullptr);
    EXPECT_EQ(morph_general_last_error(general.get()).code, MORPH_ERROR_CORRUPTION);
    ASSERT_EQ(reports.seen.size(), 1u);
    EXPECT_EQ(reports.seen[0].kind, MORPH_REPORT_WRITE_AFTER_FREE);
    EXPECT_EQ(reports.seen[0].address, object + 1000);
    EXPECT_EQ(morph_general_alloc(general.get(), kRun), object) << "told once";
    morph_general_free(general.get(), behind);
}

TEST(GeneralDebugRuns, AWriteIntoMemoryThatWasNeverHandedOutIsSeen) {
    Reports reports;
    Owner general = make_debug_general(reports);
    auto* object = bytes_of(morph_general_alloc(general.get(), kRun));
    flip(object + 2 * kRun);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_ERROR_CORRUPTION);
    EXPECT_EQ(morph_general_realloc(general.get(), object, 3 * kRun), nullptr);
    EXPECT_EQ(reports.count(MORPH_REPORT_WRITE_AFTER_FREE), 1u);
    EXPECT_EQ(morph_general_size(general.get(), object), kRun);
    EXPECT_EQ(morph_general_realloc(general.get(), object, 3 * kRun), object);
}

TEST(GeneralDebugRuns, LeaksAreReportedOnceForAll) {
    struct Told : Reports {
        std::string text;
    } reports;
    MorphGeneralConfig config = {};
    config.report_leaks = true;
    config.report = [](void* user, const MorphReport* report) {
        static_cast<Told*>(user)->text = report->text;
        Reports::note(static_cast<Reports*>(static_cast<Told*>(user)), report);
    };
    config.report_user = &reports;
    for (size_t size : {size_t{40}, kRun, kLarge}) {
        MorphGeneral* general = morph_general_create(&config);
        void* first = morph_general_alloc(general, size);
        void* freed = morph_general_alloc(general, size);
        morph_general_free(general, freed);
        morph_general_destroy(general);
        ASSERT_EQ(reports.seen.size(), 1u);
        EXPECT_EQ(reports.seen[0].kind, MORPH_REPORT_LEAK);
        EXPECT_EQ(reports.seen[0].address, first);
        EXPECT_EQ(reports.seen[0].size, size);
        std::string start = "general: 1 object (" + std::to_string(size) + " bytes) still live";
        EXPECT_EQ(reports.text.substr(0, start.size()), start);
        reports.seen.clear();
        general = morph_general_create(&config);
        morph_general_free(general, morph_general_alloc(general, size));
        morph_general_destroy(general);
        EXPECT_TRUE(reports.seen.empty());
    }
}

// What tools that watch memory are told: an object's bytes and no others may be touched.
TEST(GeneralMarks, ExactlyTheBytesOfAnObjectAreAccessible) {
#if defined(MORPH_MARKS_ASAN)
    Owner general = make_general();
    for (size_t size : {size_t{24}, size_t{1000}, kRun + 3, kLarge + 3}) {
        auto* object = bytes_of(morph_general_alloc(general.get(), size));
        EXPECT_EQ(__asan_region_is_poisoned(object, size), nullptr);
        EXPECT_TRUE(__asan_address_is_poisoned(object + size));
        auto* resized = bytes_of(morph_general_realloc(general.get(), object, size - 9));
        EXPECT_TRUE(__asan_address_is_poisoned(resized + size - 9));
        EXPECT_EQ(__asan_region_is_poisoned(resized, size - 9), nullptr);
        auto* grown = bytes_of(morph_general_realloc(general.get(), resized, size + 9));
        EXPECT_EQ(__asan_region_is_poisoned(grown, size + 9), nullptr);
        EXPECT_TRUE(__asan_address_is_poisoned(grown + size + 9));
        bool mapping = size > kLarge;
        morph_general_free(general.get(), grown);
        if (!mapping) EXPECT_TRUE(__asan_address_is_poisoned(grown));
    }
#else
    GTEST_SKIP() << "built without AddressSanitizer";
#endif
}

}  // namespace

// Debug mode: what is reported, how, and that nothing changes when the handler returns.
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "chunk/memory_marks.h"
#include "pool/pool.h"
#include "pool/test_pool.h"

namespace pool_test {
namespace {

// Writes where a program may not, past the eyes of ASan, as a broken program would.
void scribble(void* address, unsigned char value) {
    morph::mark_undefined(address, 1);
    *bytes_of(address) = value;
}

struct Debugged {
    Reports reports;
    PoolOwner pool = make_debug_pool(reports);
    MorphPool* raw = pool.get();
    MorphCode last_code() { return morph_pool_last_error(raw).code; }
};

TEST(PoolDebug, DoubleFreeIsReported) {
    for (uint32_t type : {1u, 500u}) {
        Debugged debug;
        void* object = morph_pool_alloc_typed(debug.raw, 40, type);
        ASSERT_EQ(morph_pool_free(debug.raw, object, 40), MORPH_OK);
        EXPECT_EQ(morph_pool_free(debug.raw, object, 40), MORPH_ERROR_NOT_AN_OBJECT);
        ASSERT_EQ(debug.reports.seen.size(), 1u);
        EXPECT_EQ(debug.reports.seen[0].kind, MORPH_REPORT_DOUBLE_FREE);
        EXPECT_EQ(debug.reports.seen[0].address, object);
    }
}

TEST(PoolDebug, DoubleFreeIsReportedAfterTheBlockWentBack) {
    Debugged debug;
    void* object = morph_pool_alloc(debug.raw, 40);
    morph_pool_reset(debug.raw);
    EXPECT_EQ(morph_pool_free(debug.raw, object, 40), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(debug.reports.count(MORPH_REPORT_DOUBLE_FREE), 1u);
    EXPECT_EQ(morph_pool_realloc(debug.raw, object, 40), nullptr);
    EXPECT_EQ(debug.reports.count(MORPH_REPORT_DOUBLE_FREE), 2u);
}

TEST(PoolDebug, AnyForeignPointerIsReported) {
    Debugged debug;
    PoolOwner other = make_pool();
    auto* object = bytes_of(morph_pool_alloc(debug.raw, 40));
    std::vector<int> heap(10);
    int local = 0;
    std::vector<void*> foreign = {&local,
                                  heap.data(),
                                  debug.raw,
                                  morph_pool_alloc(other.get(), 40),
                                  reinterpret_cast<void*>(8),
                                  reinterpret_cast<void*>(UINTPTR_MAX),
                                  object + 1,
                                  object + 8,
                                  object + 39,
                                  morph::chunk_of(object),
                                  morph::block_of(object)};
    size_t reported = 0;
    for (void* address : foreign) {
        EXPECT_EQ(morph_pool_free(debug.raw, address, 40), MORPH_ERROR_NOT_AN_OBJECT);
        EXPECT_EQ(debug.reports.count(MORPH_REPORT_FOREIGN_POINTER), ++reported);
        EXPECT_EQ(debug.reports.seen.back().address, address);
    }
    EXPECT_EQ(morph_pool_free(debug.raw, object, 40), MORPH_OK);
    EXPECT_EQ(debug.reports.seen.size(), reported);
}

// Without debug mode as well: such an address is not even read.
TEST(PoolFree, AnAddressBelowOrAboveAllChunksIsRefusedUnread) {
    PoolOwner pool = make_pool();
    auto* object = bytes_of(morph_pool_alloc(pool.get(), 40));
    auto chunk = reinterpret_cast<uintptr_t>(morph::chunk_of(object));
    for (uintptr_t address :
         {uintptr_t{8}, chunk - 8, chunk + morph::kChunkBytes, chunk + morph::kChunkBytes + 8,
          uintptr_t{1} << 47, (uintptr_t{1} << 47) + chunk / 2, UINTPTR_MAX & ~uintptr_t{7}}) {
        EXPECT_EQ(morph_pool_free(pool.get(), reinterpret_cast<void*>(address), 40),
                  MORPH_ERROR_NOT_AN_OBJECT)
            << address;
    }
    EXPECT_EQ(morph_pool_free(pool.get(), object, 40), MORPH_OK);
}

// wrong-class free.
TEST(PoolDebug, AWrongSizeIsReportedAndTheObjectStays) {
    Debugged debug;
    void* object = morph_pool_alloc_typed(debug.raw, 40, 77);
    for (size_t size : {size_t{0}, size_t{39}, size_t{41}, size_t{400}, size_t{5000}}) {
        EXPECT_EQ(morph_pool_free(debug.raw, object, size), MORPH_ERROR_WRONG_SIZE);
        EXPECT_EQ(debug.reports.seen.back().kind, MORPH_REPORT_WRONG_SIZE);
        EXPECT_EQ(debug.reports.seen.back().size, 40u);
        EXPECT_EQ(debug.reports.seen.back().type, 77u);
        EXPECT_EQ(debug.last_code(), MORPH_ERROR_WRONG_SIZE);
        EXPECT_TRUE(morph_pool_query(debug.raw, object).allocated);
    }
    EXPECT_EQ(morph_pool_free(debug.raw, object, 40), MORPH_OK);
}

TEST(PoolDebug, EveryByteOfTheGuardIsWatchedForEverySize) {
    Debugged debug;
    for (size_t size = 0; size <= MORPH_POOL_MAX_SIZE; size += size < 140 ? 1 : 13) {
        for (size_t over = 0; over < 7; over++) {
            auto* object = bytes_of(morph_pool_alloc_typed(debug.raw, size, 3));
            std::memset(object, 1, size);
            size_t before = debug.reports.seen.size();
            scribble(object + size + over, 0x11);
            ASSERT_EQ(morph_pool_verify(debug.raw), MORPH_ERROR_CORRUPTION);
            ASSERT_NE(std::string(morph_pool_last_error(debug.raw).text).find("POOL-GUARD"),
                      std::string::npos);
            ASSERT_EQ(debug.reports.seen.size(), before) << "verify reports by its code alone";
            ASSERT_EQ(morph_pool_free(debug.raw, object, size), MORPH_ERROR_CORRUPTION);
            ASSERT_EQ(debug.reports.seen.size(), before + 1);
            ASSERT_EQ(debug.reports.seen.back().kind, MORPH_REPORT_GUARD_OVERWRITTEN);
            ASSERT_EQ(debug.reports.seen.back().size, size);
            ASSERT_EQ(morph_pool_realloc(debug.raw, object, size + 1), nullptr);
            ASSERT_EQ(debug.reports.count(MORPH_REPORT_GUARD_OVERWRITTEN), before + 2);
            ASSERT_TRUE(morph_pool_query(debug.raw, object).allocated);
            scribble(object + size + over, morph::kGuardFill);
            ASSERT_EQ(morph_pool_verify(debug.raw), MORPH_OK);
            ASSERT_EQ(morph_pool_free(debug.raw, object, size), MORPH_OK);
        }
        morph_pool_reset(debug.raw);
    }
}

TEST(PoolDebug, ADestroyedSizeNoteIsAnOverwrittenGuard) {
    Debugged debug;
    auto* object = bytes_of(morph_pool_alloc(debug.raw, 40));  // slot of 48
    scribble(object + 47, 1);
    EXPECT_EQ(morph_pool_free(debug.raw, object, 40), MORPH_ERROR_CORRUPTION);
    scribble(object + 47, 200);
    EXPECT_EQ(morph_pool_free(debug.raw, object, 40), MORPH_ERROR_CORRUPTION);
    EXPECT_EQ(debug.reports.count(MORPH_REPORT_GUARD_OVERWRITTEN), 2u);
}

TEST(PoolDebug, ResetReportsOverwrittenGuards) {
    Debugged debug;
    for (int i = 0; i < 5; i++) scribble(bytes_of(morph_pool_alloc(debug.raw, 40)) + 41, 1);
    ASSERT_NE(morph_pool_alloc(debug.raw, 40), nullptr);
    morph_pool_reset(debug.raw);
    EXPECT_EQ(debug.reports.count(MORPH_REPORT_GUARD_OVERWRITTEN), 5u);
    EXPECT_EQ(morph_pool_verify(debug.raw), MORPH_OK);
}

TEST(PoolDebug, AWriteAfterFreeIsReportedOnceWhenTheSlotIsHandedOutAgain) {
    Debugged debug;
    auto* object = bytes_of(morph_pool_alloc(debug.raw, 40));
    ASSERT_EQ(morph_pool_free(debug.raw, object, 40), MORPH_OK);
    scribble(object + 5, 0);
    EXPECT_EQ(morph_pool_verify(debug.raw), MORPH_ERROR_CORRUPTION);
    EXPECT_NE(std::string(morph_pool_last_error(debug.raw).text).find("POOL-FREED"),
              std::string::npos);
    MorphPoolStats before = morph_pool_stats(debug.raw);
    size_t refused = 0;
    for (uint32_t i = 0; i < 2 * 65536 / 48; i++) {
        if (morph_pool_alloc(debug.raw, 40) != nullptr) continue;
        refused++;
        EXPECT_EQ(debug.last_code(), MORPH_ERROR_CORRUPTION);
        EXPECT_EQ(morph_pool_stats(debug.raw).objects_live, before.objects_live + i);
    }
    EXPECT_EQ(refused, 1u);
    ASSERT_EQ(debug.reports.seen.size(), 1u);
    EXPECT_EQ(debug.reports.seen[0].kind, MORPH_REPORT_WRITE_AFTER_FREE);
    EXPECT_EQ(debug.reports.seen[0].address, object + 5);
    EXPECT_EQ(morph_pool_verify(debug.raw), MORPH_OK);
}

TEST(PoolDebug, AWriteAfterResetIsReportedWhenTheBlockIsUsedAgain) {
    Debugged debug;
    auto* object = bytes_of(morph_pool_alloc(debug.raw, 40));
    morph_pool_reset(debug.raw);
    scribble(object + 39, 0);
    EXPECT_EQ(morph_pool_verify(debug.raw), MORPH_ERROR_CORRUPTION);
    EXPECT_EQ(morph_pool_alloc(debug.raw, 200), nullptr);
    EXPECT_EQ(debug.reports.count(MORPH_REPORT_WRITE_AFTER_FREE), 1u);
    EXPECT_NE(morph_pool_alloc(debug.raw, 200), nullptr);
    EXPECT_EQ(morph_pool_verify(debug.raw), MORPH_OK);
}

TEST(PoolDebug, FreshMemoryIsFilled) {
    Debugged debug;
    for (size_t size : {1u, 40u, 1024u}) {
        auto* object = bytes_of(morph_pool_alloc(debug.raw, size));
        morph::mark_defined(object, size);  // for Valgrind it is not
        for (size_t i = 0; i < size; i++) ASSERT_EQ(object[i], 0xA5);
    }
}

TEST(PoolDebug, SizesTypesAndReallocAreAsWithoutIt) {
    Debugged debug;
    for (size_t size = 1; size <= 1024; size += 5) {
        auto* object = bytes_of(morph_pool_alloc_typed(debug.raw, size, 126));
        std::memset(object, 9, size);
        MorphAddressInfo info = morph_pool_query(debug.raw, object);
        ASSERT_TRUE(info.size == size && info.type == 126);
        ASSERT_EQ(info.slot_size, morph_size_class_bytes(morph_size_class(size + 8)));
        size_t grown = size + 3 > 1024 ? 1024 : size + 3;
        auto* moved = bytes_of(morph_pool_realloc(debug.raw, object, grown));
        bool same = morph_size_class(size + 8) == morph_size_class(grown + 8);
        ASSERT_EQ(moved == object, same);
        for (size_t i = 0; i < size; i++) ASSERT_EQ(moved[i], 9);
        morph::mark_defined(moved + size, grown - size);
        for (size_t i = size; i < grown; i++) ASSERT_EQ(moved[i], 0xA5);
        ASSERT_EQ(morph_pool_free(debug.raw, moved, grown), MORPH_OK);
    }
    EXPECT_TRUE(debug.reports.seen.empty());
    EXPECT_EQ(morph_pool_verify(debug.raw), MORPH_OK);
}

TEST(PoolDebugDeathTest, WithoutAHandlerTheTextGoesToStandardErrorAndTheProgramAborts) {
    MorphPoolConfig config = {};
    config.enable_debug = true;
    PoolOwner pool(morph_pool_create(&config));
    void* object = morph_pool_alloc(pool.get(), 8);
    ASSERT_EQ(morph_pool_free(pool.get(), object, 8), MORPH_OK);
    EXPECT_DEATH(morph_pool_free(pool.get(), object, 8), "is free already");
}

}  // namespace
}  // namespace pool_test

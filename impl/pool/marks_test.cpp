// What AddressSanitizer and Valgrind are told: an object's bytes exactly, and nothing else.
#include <gtest/gtest.h>
#include <vector>

#include "chunk/memory_marks.h"
#include "pool/pool.h"
#include "pool/test_pool.h"

namespace pool_test {
namespace {

#if defined(MORPH_MARKS_ASAN)

bool poisoned(const void* address) {
    return __asan_address_is_poisoned(address) != 0;
}

void expect_exactly(const unsigned char* object, size_t size, size_t slot) {
    for (size_t i = 0; i < slot; i++)
        ASSERT_EQ(poisoned(object + i), i >= size) << size << " " << i;
}

TEST(PoolMarks, ExactlyTheBytesOfLiveObjectsAreAccessible) {
    for (bool debug : {false, true}) {
        Reports reports;
        PoolOwner pool = debug ? make_debug_pool(reports) : make_pool();
        for (size_t size = 0; size <= 1024; size++) {
            for (uint32_t type : {1u, 1000u}) {
                auto* object = bytes_of(morph_pool_alloc_typed(pool.get(), size, type));
                size_t slot = morph_pool_query(pool.get(), object).slot_size;
                expect_exactly(object, size, slot);
                if (size != 0) {
                    size_t grown = size % 8 == 0 ? size - 1 : (size + 7) / 8 * 8;
                    auto* moved =
                        bytes_of(morph_pool_realloc(pool.get(), object, grown == 0 ? 1 : grown));
                    expect_exactly(moved, grown == 0 ? 1 : grown, 8);
                    object = moved;
                }
                MorphAddressInfo info = morph_pool_query(pool.get(), object);
                expect_exactly(object, info.size, info.slot_size);
                if (size % 64 == 7) {  // looking may not leave traces
                    ASSERT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
                    ASSERT_NE(morph_pool_stats(pool.get()).objects_live, 0u);
                    expect_exactly(object, info.size, info.slot_size);
                }
                if (size % 3 == 0) continue;
                ASSERT_EQ(morph_pool_free(pool.get(), object, info.size), MORPH_OK);
                expect_exactly(object, 0, info.slot_size);
            }
        }
    }
}

TEST(PoolMarks, NeverAllocatedMemoryAndWhatResetFreedIsPoisoned) {
    PoolOwner pool = make_pool();
    std::vector<unsigned char*> objects;
    for (int i = 0; i < 100; i++) objects.push_back(bytes_of(morph_pool_alloc(pool.get(), 100)));
    EXPECT_TRUE(poisoned(objects.back() + 104));
    auto* chunk = reinterpret_cast<unsigned char*>(morph::chunk_of(objects[0]));
    EXPECT_TRUE(poisoned(chunk + morph::kChunkBytes - 1));
    morph_pool_reset(pool.get());
    for (unsigned char* object : objects) EXPECT_TRUE(poisoned(object));
}

TEST(PoolMarks, TheShadowIsCleanOnceMemoryGoesBack) {
    PoolOwner pool = make_pool();
    auto* object = bytes_of(morph_pool_alloc(pool.get(), 8));
    auto* chunk = reinterpret_cast<unsigned char*>(morph::chunk_of(object));
    pool.reset();
    for (size_t i = 0; i < morph::kChunkBytes; i += 512) ASSERT_FALSE(poisoned(chunk + i));
}

#else

TEST(PoolMarks, ThePlainPoolServesInlineUnlessAToolLooksOn) {
    PoolOwner pool = make_pool();
    ASSERT_NE(morph_pool_alloc(pool.get(), 64), nullptr);
    EXPECT_EQ(pool->bins[morph_size_class(64)].free_slots == 0, morph::marks_active());
}

#endif

TEST(PoolMarks, DebugModeNeverServesInline) {
    Reports reports;
    PoolOwner pool = make_debug_pool(reports);
    for (size_t size = 0; size <= 1024; size++) {
        ASSERT_NE(morph_pool_alloc(pool.get(), size), nullptr);
    }
    for (const MorphPoolBin& bin : pool->bins) EXPECT_EQ(bin.free_slots, 0u);
}

}  // namespace
}  // namespace pool_test

// The unprefixed names.
#include "morph/names.h"

#include <gtest/gtest.h>

namespace {

TEST(Names, CallTheFunctionsWithThePrefix) {
    Arena* arena = arena_create(64 * 1024);
    ASSERT_NE(arena, nullptr);
    EXPECT_NE(arena_alloc(arena, 48), nullptr);
    EXPECT_EQ(morph_arena_stats(arena).bytes_used, 48u);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(arena_alloc_aligned(arena, 1, 4096)) % 4096, 0u);
    arena_reset(arena);
    EXPECT_EQ(morph_arena_stats(arena).bytes_used, 0u);
    arena_destroy(arena);
    EXPECT_EQ(arena_create(5000), nullptr);
    EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);

    Pool* pool = pool_new();
    ASSERT_NE(pool, nullptr);
    void* object = pool_alloc(pool, 32);
    EXPECT_EQ(morph_pool_query(pool, object).size, 32u);
    EXPECT_EQ(pool_free(pool, object, 32), MORPH_OK);
    EXPECT_EQ(pool_free(pool, object, 32), MORPH_ERROR_NOT_AN_OBJECT);
    pool_destroy(pool);
}

}  // namespace

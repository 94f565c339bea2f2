// The unprefixed names.
#include "morph/names.h"

#include <cstddef>
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

struct Node {
    void* left;
    void* right;
};

TEST(Names, CallTheFunctionsOfTheHeap) {
    const size_t links[] = {offsetof(Node, left), offsetof(Node, right)};
    MorphMemTypeInfo info = {};
    info.layout = MORPH_LAYOUT_OFFSETS;
    info.offsets = links;
    info.offset_count = 2;
    GenHeap* heap = gen_heap_new(8192, 100000);
    ASSERT_NE(heap, nullptr);
    MorphHeapStats figures = morph_heap_stats(heap);
    EXPECT_EQ(figures.nursery_bytes, 8192u);
    EXPECT_EQ(figures.major_threshold, 100000u);
    uint32_t type = gen_heap_register_type(heap, &info);

    void* root = nullptr;
    void* other = nullptr;
    EXPECT_EQ(gen_heap_push_root(heap, &root), MORPH_OK);
    EXPECT_EQ(gen_heap_push_root(heap, &other), MORPH_OK);
    root = gen_heap_alloc(heap, sizeof(Node), type);
    ASSERT_NE(root, nullptr);
    other = gen_heap_alloc(heap, sizeof(Node), type);
    ASSERT_NE(other, nullptr);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(gen_heap_gc_minor(heap), MORPH_OK);  // they are old now
    EXPECT_EQ(morph_heap_query(heap, root).room, MORPH_ROOM_OLD);
    EXPECT_EQ(morph_heap_query(heap, other).room, MORPH_ROOM_OLD);
    void* young = gen_heap_alloc(heap, sizeof(Node), type);
    auto* node = static_cast<Node*>(root);
    gen_heap_write(heap, root, &node->left, young);
    young = gen_heap_alloc(heap, sizeof(Node), type);
    node = static_cast<Node*>(other);  // not yet remembered, so the barrier alone must see to it
    gen_heap_write_barrier(heap, other, &node->right, young);
    node->right = young;
    EXPECT_EQ(gen_heap_gc_minor(heap), MORPH_OK);
    EXPECT_EQ(gen_heap_gc_major(heap), MORPH_OK);
    EXPECT_EQ(morph_heap_stats(heap).counts.objects_live, 4u);
    EXPECT_GE(morph_heap_stats(heap).minor.count, 21u);
    EXPECT_EQ(morph_heap_stats(heap).major.count, 1u);
    EXPECT_EQ(gen_heap_pop_root(heap), MORPH_OK);
    EXPECT_EQ(gen_heap_pop_roots(heap, 2), MORPH_ERROR_SCOPE);
    EXPECT_EQ(gen_heap_pop_roots(heap, 1), MORPH_OK);
    EXPECT_EQ(gen_heap_gc_major(heap), MORPH_OK);
    EXPECT_EQ(morph_heap_stats(heap).counts.objects_live, 0u);
    gen_heap_free(heap);

    EXPECT_EQ(gen_heap_new(1, 0), nullptr);
    EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);
    gen_heap_destroy(gen_heap_new(0, 0));
    gen_heap_destroy(nullptr);
}

}  // namespace

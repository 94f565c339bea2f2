// Where objects go: by size, by type, by flag; alignment; addresses asked about.
#include <cstring>
#include <set>

#include "context/testing.h"

namespace {

using Dispatch = morph::ContextTest;

TEST_F(Dispatch, SizesUpTo1024GoToPoolsAndLargerOnesToTheArena) {
    open();
    for (size_t size : {0u, 1u, 8u, 24u, 128u, 129u, 1023u, 1024u}) {
        void* object = morph_mem_alloc(context, size, 0);
        MorphAddressInfo info = morph_mem_query(context, object);
        EXPECT_EQ(info.room, MORPH_ROOM_POOL) << size;
        EXPECT_EQ(info.size, size);
        EXPECT_EQ(info.object, object);
        EXPECT_TRUE(info.allocated);
    }
    for (size_t size : {size_t{1025}, size_t{5000}, morph_chunk_bytes() * 3}) {
        auto* object = static_cast<unsigned char*>(morph_mem_alloc(context, size, 0));
        ASSERT_NE(object, nullptr);
        EXPECT_EQ(morph_mem_query(context, object).room, MORPH_ROOM_ARENA) << size;
        EXPECT_TRUE(morph_mem_query(context, object).allocated);
        EXPECT_TRUE(morph_mem_query(context, object + size - 1).allocated);
    }
    verify();
}

TEST_F(Dispatch, ATypesPlacementHoldsForItsObjects) {
    open();
    uint32_t pool = add_type("pool", MORPH_PLACE_POOL);
    uint32_t arena = add_type("arena", MORPH_PLACE_ARENA);
    EXPECT_EQ(type_stats(pool).placement, MORPH_PLACE_POOL);
    EXPECT_EQ(type_stats(arena).placement, MORPH_PLACE_ARENA);
    for (size_t size : {size_t{0}, size_t{24}, size_t{1024}}) {
        void* in_pool = morph_mem_alloc(context, size, pool);
        void* in_arena = morph_mem_alloc(context, size, arena);
        EXPECT_EQ(morph_mem_query(context, in_pool).room, MORPH_ROOM_POOL);
        EXPECT_EQ(morph_mem_query(context, in_arena).room, MORPH_ROOM_ARENA);
    }
    EXPECT_EQ(morph_mem_alloc(context, 1025, pool), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(stats().failures, 1u);
}

TEST_F(Dispatch, AFlagOverridesTheType) {
    open();
    uint32_t types[] = {add_type("size"), add_type("pool", MORPH_PLACE_POOL),
                        add_type("arena", MORPH_PLACE_ARENA)};
    for (uint32_t type : types) {
        void* in_pool = morph_mem_alloc_with(context, 24, 8, type, MORPH_PLACE_POOL);
        void* in_arena = morph_mem_alloc_with(context, 24, 8, type, MORPH_PLACE_ARENA);
        EXPECT_EQ(morph_mem_query(context, in_pool).room, MORPH_ROOM_POOL);
        EXPECT_EQ(morph_mem_query(context, in_arena).room, MORPH_ROOM_ARENA);
        EXPECT_EQ(morph_mem_alloc_with(context, 1025, 8, type, MORPH_PLACE_POOL), nullptr);
        EXPECT_EQ(error().code, MORPH_ERROR_TOO_LARGE);
    }
    void* as_its_type = morph_mem_alloc_with(context, 24, 8, types[2], MORPH_PLACE_BY_SIZE);
    EXPECT_EQ(morph_mem_query(context, as_its_type).room, MORPH_ROOM_ARENA)
        << "by size means: as the type says";
}

TEST_F(Dispatch, SizesThatWrapOrAreAbsurdAreRefused) {
    open();
    for (size_t size : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 7, SIZE_MAX - 4096, SIZE_MAX / 2 + 1,
                        MORPH_MAX_REQUEST + 1}) {
        EXPECT_EQ(morph_mem_alloc(context, size, 0), nullptr);
        EXPECT_EQ(error().code, MORPH_ERROR_TOO_LARGE);
        EXPECT_EQ(morph_mem_alloc_zeroed(context, size, 0), nullptr);
        for (size_t alignment : {size_t{1}, size_t{4096}, MORPH_MAX_ALIGNMENT}) {
            EXPECT_EQ(morph_mem_alloc_with(context, size, alignment, 0, MORPH_PLACE_ARENA),
                      nullptr);
            EXPECT_EQ(error().code, MORPH_ERROR_TOO_LARGE);
        }
    }
    EXPECT_EQ(stats().total.allocations, 0u);
    ledger.refuse_next(100);
    EXPECT_EQ(morph_mem_alloc(context, MORPH_MAX_REQUEST, 0), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_OUT_OF_MEMORY);
    ledger.grant_all();
    verify();
}

TEST_F(Dispatch, BadAlignmentsAndPlacementsAreRefused) {
    open();
    for (size_t alignment : {size_t{0}, size_t{3}, size_t{24}, SIZE_MAX, MORPH_MAX_ALIGNMENT * 2,
                             MORPH_MAX_ALIGNMENT + 1}) {
        EXPECT_EQ(morph_mem_alloc_with(context, 8, alignment, 0, MORPH_PLACE_BY_SIZE), nullptr);
        EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
    }
    EXPECT_EQ(morph_mem_alloc_with(context, 8, 8, 0, static_cast<MorphMemPlacement>(3)), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(stats().failures, 7u);
}

TEST_F(Dispatch, EverySizeAtEveryAlignmentIsAlignedAndKeepsItsSize) {
    for (bool debug : {false, true}) {
        config.enable_debug = debug;
        open();
        for (size_t alignment = 1; alignment <= 2048; alignment *= 2) {
            for (size_t size = 0; size <= 1100; size += size < 300 ? 1 : 7) {
                auto* object = static_cast<unsigned char*>(
                    morph_mem_alloc_with(context, size, alignment, 0, MORPH_PLACE_BY_SIZE));
                ASSERT_NE(object, nullptr);
                ASSERT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u)
                    << size << " aligned to " << alignment;
                std::memset(object, 0x77, size);
                MorphAddressInfo info = morph_mem_query(context, object);
                size_t rounded = (size + (size == 0) + alignment - 1) / alignment * alignment;
                if (!debug) {
                    ASSERT_EQ(info.room, rounded <= 1024 ? MORPH_ROOM_POOL : MORPH_ROOM_ARENA)
                        << size << " aligned to " << alignment;
                }
                if (info.room == MORPH_ROOM_POOL) {
                    ASSERT_EQ(info.size, size);
                    ASSERT_EQ(info.slot_size % alignment, 0u);
                    ASSERT_EQ(morph_mem_free(context, object), MORPH_OK);
                }
            }
        }
        verify();
        EXPECT_TRUE(reports.empty());
        close();
    }
}

TEST_F(Dispatch, AlignmentsBeyondAChunkWork) {
    open();
    for (size_t alignment = 4096; alignment <= size_t{64} << 20; alignment *= 4) {
        for (size_t size : {size_t{0}, size_t{1}, size_t{100000}}) {
            void* object = morph_mem_alloc_with(context, size, alignment, 0, MORPH_PLACE_BY_SIZE);
            ASSERT_NE(object, nullptr) << error().text;
            EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
        }
    }
    verify();
}

TEST_F(Dispatch, SizeZeroGivesUniqueAddresses) {
    open();
    std::set<void*> seen;
    for (int i = 0; i < 1000; ++i) {
        void* object = morph_mem_alloc(context, 0, 0);
        ASSERT_NE(object, nullptr);
        EXPECT_TRUE(seen.insert(object).second);
        object = morph_mem_alloc_with(context, 0, 1, 0, MORPH_PLACE_ARENA);
        EXPECT_TRUE(seen.insert(object).second);
    }
    EXPECT_EQ(stats().total.bytes_live, 0u);
    EXPECT_EQ(stats().total.objects_live, 2000u);
}

TEST_F(Dispatch, ZeroedObjectsAreZeroEvenInUsedMemory) {
    for (bool debug : {false, true}) {
        config.enable_debug = debug;
        open();
        for (int round = 0; round < 3; ++round) {
            for (size_t size : {size_t{0}, size_t{1}, size_t{24}, size_t{100}, size_t{1024},
                                size_t{1025}, size_t{5000}, morph_chunk_bytes() + 1}) {
                auto* object =
                    static_cast<unsigned char*>(morph_mem_alloc_zeroed(context, size, 0));
                ASSERT_NE(object, nullptr);
                for (size_t i = 0; i < size; ++i) ASSERT_EQ(object[i], 0) << size << " at " << i;
                std::memset(object, 0xff, size);
            }
            morph_mem_reset(context);
        }
        verify();
        close();
    }
}

TEST_F(Dispatch, AnyAddressMayBeAskedAbout) {
    open();
    auto* object = static_cast<unsigned char*>(morph_mem_alloc(context, 20, 0));
    auto* large = static_cast<unsigned char*>(morph_mem_alloc(context, 4000, 0));
    for (uintptr_t address :
         {uintptr_t{0}, uintptr_t{1}, uintptr_t{4096}, UINTPTR_MAX, UINTPTR_MAX - 7,
          uintptr_t{1} << 47, uintptr_t{1} << 63, reinterpret_cast<uintptr_t>(&object)}) {
        MorphAddressInfo info = morph_mem_query(context, reinterpret_cast<void*>(address));
        EXPECT_EQ(info.room, MORPH_ROOM_NONE);
        EXPECT_FALSE(info.allocated);
    }
    MorphAddressInfo inside = morph_mem_query(context, object + 19);
    EXPECT_EQ(inside.object, object);
    EXPECT_EQ(inside.size, 20u);
    EXPECT_EQ(morph_mem_query(context, large + 3999).room, MORPH_ROOM_ARENA);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    EXPECT_FALSE(morph_mem_query(context, object).allocated);
    morph_mem_reset(context);
    EXPECT_FALSE(morph_mem_query(context, large).allocated);
}

TEST_F(Dispatch, WalkVisitsThePoolsObjectsAndNoOthers) {
    open();
    uint32_t type = add_type("t");
    std::set<void*> expected;
    for (size_t i = 0; i < 3000; ++i) {
        void* object = morph_mem_alloc(context, i % 1200, type);
        if (i % 1200 <= 1024) expected.insert(object);
    }
    struct Seen {
        std::set<void*> objects;
        size_t stop_after = SIZE_MAX;
    } seen;
    auto visit = [](void* user, void* object, size_t size, uint32_t visited_type) {
        auto* all = static_cast<Seen*>(user);
        EXPECT_LE(size, 1024u);
        EXPECT_EQ(visited_type, 1u);
        EXPECT_TRUE(all->objects.insert(object).second);
        return all->objects.size() < all->stop_after;
    };
    morph_mem_walk(context, visit, &seen);
    EXPECT_EQ(seen.objects, expected);
    seen = {{}, 10};
    morph_mem_walk(context, visit, &seen);
    EXPECT_EQ(seen.objects.size(), 10u);
}

TEST_F(Dispatch, CollectorCallsAreRefused) {
    open();
    void* slot = nullptr;
    EXPECT_EQ(morph_mem_gc_collect(context), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_gc_collect_minor(context), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_heap(context), nullptr);
    EXPECT_EQ(morph_mem_gc_push_root(context, &slot), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_gc_pop_roots(context, 1), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(error().code, MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(stats().failures, 4u);
}

TEST_F(Dispatch, ASmallContextCostsMetadataAndOneChunk) {
    open();
    EXPECT_EQ(stats().bytes_mapped, stats().metadata_bytes_mapped) << "init maps metadata only";
    EXPECT_LE(stats().bytes_mapped, size_t{256} << 10);
    ASSERT_NE(morph_mem_alloc(context, 24, 0), nullptr);
    EXPECT_EQ(stats().pool_bytes_mapped, morph_chunk_bytes());
    EXPECT_EQ(stats().arena_bytes_mapped, 0u);
    ASSERT_NE(morph_mem_alloc(context, 2000, 0), nullptr);
    EXPECT_EQ(stats().arena_bytes_mapped, morph_chunk_bytes());
    EXPECT_EQ(stats().bytes_mapped, ledger.granted);
}

}  // namespace

// What can be asked of objects, and resizing them.
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <vector>

#include "pool/pool.h"
#include "pool/test_pool.h"

namespace pool_test {
namespace {

TEST(PoolObjects, QueryAnswersForAnyAddress) {
    PoolOwner pool = make_pool();
    auto* object = bytes_of(morph_pool_alloc_typed(pool.get(), 41, 9));
    for (size_t offset = 0; offset < 48; offset++) {
        MorphAddressInfo info = morph_pool_query(pool.get(), object + offset);
        EXPECT_EQ(info.room, MORPH_ROOM_POOL);
        EXPECT_TRUE(info.allocated);
        EXPECT_EQ(info.object, object);
        EXPECT_EQ(info.size, 41u);
        EXPECT_EQ(info.slot_size, 48u);
        EXPECT_EQ(info.type, 9u);
    }
    EXPECT_FALSE(morph_pool_query(pool.get(), object + 48).allocated);
    EXPECT_EQ(morph_pool_query(pool.get(), object + 50).object, object + 48);
    int local = 0;
    for (uintptr_t address :
         {uintptr_t{0}, uintptr_t{8}, UINTPTR_MAX, UINTPTR_MAX >> 1,
          reinterpret_cast<uintptr_t>(&local), reinterpret_cast<uintptr_t>(pool.get())}) {
        auto* pointer = reinterpret_cast<void*>(address);
        EXPECT_EQ(morph_pool_query(pool.get(), pointer).room, MORPH_ROOM_NONE);
    }
    auto* chunk = reinterpret_cast<unsigned char*>(morph::chunk_of(object));
    for (size_t offset = 0; offset < morph::kChunkBytes; offset++) {
        MorphAddressInfo info = morph_pool_query(pool.get(), chunk + offset);
        ASSERT_EQ(info.room, MORPH_ROOM_POOL);
        bool inside = chunk + offset >= object && chunk + offset < object + 48;
        ASSERT_EQ(info.allocated, inside);
    }
    EXPECT_EQ(morph_pool_free(pool.get(), object, 41), MORPH_OK);
    EXPECT_FALSE(morph_pool_query(pool.get(), object).allocated);
}

TEST(PoolObjects, WalkVisitsEachLiveObjectOnceInAddressOrderWithinAChunkUntilToldToStop) {
    PoolOwner pool = make_pool();
    std::set<void*> live;
    for (uint32_t i = 0; i < 3000; i++) {
        void* object = morph_pool_alloc_typed(pool.get(), i % 300, i % 256);
        if (i % 4 == 0) {
            ASSERT_EQ(morph_pool_free(pool.get(), object, i % 300), MORPH_OK);
        } else {
            live.insert(object);
        }
    }
    struct Walk {
        MorphPool* pool;
        std::vector<void*> visited;
        size_t stop_at = SIZE_MAX;
    } walk{pool.get(), {}};
    auto visit = [](void* user, void* object, size_t size, uint32_t type) {
        auto* self = static_cast<Walk*>(user);
        MorphAddressInfo info = morph_pool_query(self->pool, object);
        EXPECT_TRUE(info.allocated && info.size == size && info.type == type);
        if (!self->visited.empty() &&
            morph::chunk_of(self->visited.back()) == morph::chunk_of(object)) {
            EXPECT_LT(self->visited.back(), object);
        }
        self->visited.push_back(object);
        return self->visited.size() < self->stop_at;
    };
    morph_pool_walk(pool.get(), visit, &walk);
    EXPECT_EQ(walk.visited.size(), live.size());
    EXPECT_EQ(std::set<void*>(walk.visited.begin(), walk.visited.end()), live);
    walk.visited.clear();
    walk.stop_at = 17;
    morph_pool_walk(pool.get(), visit, &walk);
    EXPECT_EQ(walk.visited.size(), 17u);
}

TEST(PoolObjects, ReallocStaysInPlaceExactlyWhenTheClassIsTheSame) {
    for (size_t old_size = 0; old_size <= 1024; old_size += 3) {
        PoolOwner pool = make_pool();
        for (size_t new_size = 1; new_size <= 1024; new_size += 7) {
            auto* object = bytes_of(morph_pool_alloc_typed(pool.get(), old_size, 130));
            for (size_t i = 0; i < old_size; i++) object[i] = static_cast<unsigned char>(i * 7);
            auto* moved = bytes_of(morph_pool_realloc(pool.get(), object, new_size));
            ASSERT_NE(moved, nullptr);
            uint32_t old_class = morph_size_class(old_size == 0 ? 1 : old_size);
            ASSERT_EQ(moved == object, morph_size_class(new_size) == old_class);
            for (size_t i = 0; i < old_size && i < new_size; i++) {
                ASSERT_EQ(moved[i], static_cast<unsigned char>(i * 7));
            }
            MorphAddressInfo info = morph_pool_query(pool.get(), moved);
            ASSERT_TRUE(info.allocated && info.size == new_size && info.type == 130);
            ASSERT_EQ(morph_pool_query(pool.get(), object).allocated, moved == object);
            std::memset(moved, 0xEE, new_size);
            ASSERT_EQ(morph_pool_free(pool.get(), moved, new_size), MORPH_OK);
        }
        ASSERT_EQ(morph_pool_stats(pool.get()).objects_live, 0u);
        ASSERT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
    }
}

TEST(PoolObjects, ReallocRefusesAndLeavesTheObjectAsItWas) {
    PoolOwner pool = make_pool();
    auto* object = bytes_of(morph_pool_alloc_typed(pool.get(), 33, 5));
    std::memset(object, 7, 33);
    EXPECT_EQ(morph_pool_realloc(pool.get(), object, 0), nullptr);
    EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_INVALID_ARGUMENT);
    for (size_t size : {size_t{1025}, SIZE_MAX}) {
        EXPECT_EQ(morph_pool_realloc(pool.get(), object, size), nullptr);
        EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_TOO_LARGE);
    }
    for (size_t size : {size_t{0}, size_t{8}, size_t{1025}}) {
        EXPECT_EQ(morph_pool_realloc(pool.get(), object + 8, size), nullptr);
        EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_NOT_AN_OBJECT);
    }
    MorphAddressInfo info = morph_pool_query(pool.get(), object);
    EXPECT_TRUE(info.allocated && info.size == 33 && info.type == 5);
    for (size_t i = 0; i < 33; i++) EXPECT_EQ(object[i], 7);
    void* fresh = morph_pool_realloc(pool.get(), nullptr, 20);
    EXPECT_EQ(morph_pool_query(pool.get(), fresh).type, 0u);
    EXPECT_EQ(morph_pool_realloc(pool.get(), nullptr, 0), nullptr);
    EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace pool_test

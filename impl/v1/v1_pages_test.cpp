// Where V1 puts objects, as the first system did, and how it finds them.
#include <cstring>

#include "v1/v1_for_tests.h"

namespace morph {
namespace {

TEST(V1Pages, ObjectsFollowEachOtherEachBehind88Bytes) {
    TestV1 test;
    auto* first = static_cast<unsigned char*>(test.make(32));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 4096, 88u);
    auto* second = static_cast<unsigned char*>(test.make(1));
    EXPECT_EQ(second, first + 32 + 88);
    auto* third = static_cast<unsigned char*>(test.make(0));
    EXPECT_EQ(third, second + 8 + 88);
    EXPECT_EQ(test.make(0), third + 88);
    test.verify();
}

TEST(V1Pages, ARequestThatDoesNotFitTheCurrentPageGivesUpItsRest) {
    TestV1 test;
    auto page_of = [](void* object) { return reinterpret_cast<uintptr_t>(object) >> 12; };
    void* first = test.make(3000);
    void* second = test.make(3000);
    EXPECT_NE(page_of(first), page_of(second));
    // 1,008 bytes are left of both pages; only the second one is asked.
    EXPECT_EQ(page_of(test.make(900)), page_of(second));
    void* third = test.make(900);
    EXPECT_NE(page_of(third), page_of(first));
    EXPECT_NE(page_of(third), page_of(second));
    EXPECT_EQ(test.stats().old_blocks, 3u);
    EXPECT_EQ(test.stats().old_bytes_mapped, 3 * 4096u);
}

TEST(V1Pages, Above4096BytesWithItsHeaderAnObjectHasAMappingOfItsOwn) {
    TestV1 test;
    void* page = test.make(4096 - 88);
    EXPECT_EQ(morph_heap_query(test.heap, page).room, MORPH_ROOM_OLD);
    EXPECT_EQ(test.stats().large_objects, 0u);
    for (size_t size : {size_t{4096 - 87}, size_t{8192 - 88}}) {
        void* own = test.make(size);
        EXPECT_EQ(morph_heap_query(test.heap, own).room, MORPH_ROOM_LARGE);
        memset(own, 0xff, size);
    }
    EXPECT_EQ(test.stats().large_objects, 2u);
    EXPECT_EQ(test.stats().large_bytes_mapped, 2 * 8192u);
    test.verify();
    EXPECT_EQ(test.meter.held(), test.stats().bytes_mapped);
}

TEST(V1Pages, AnEmptyPageIsUnmappedButForTheCurrentOne) {
    TestV1 test;
    for (int count = 0; count < 100; ++count) ASSERT_NE(test.make(1000), nullptr);
    ASSERT_NE(test.make(100000), nullptr);
    EXPECT_EQ(test.stats().old_blocks, 34u);
    test.collect();
    EXPECT_EQ(test.stats().old_blocks, 1u);
    EXPECT_EQ(test.stats().large_bytes_mapped, 0u);
    EXPECT_EQ(test.parts().free_list.count(), 1u);  // the one on the current page
    test.verify();
    // Filled again, and emptied again.
    void* keep = nullptr;
    test.push(keep);
    for (int round = 0; round < 20; ++round) {
        for (int count = 0; count < 50; ++count) {
            keep = test.make(static_cast<size_t>(count * 90));
            ASSERT_NE(keep, nullptr);
        }
        test.collect();
        test.verify();
        EXPECT_EQ(test.live(), 1u);
    }
}

TEST(V1Pages, SizesAroundEveryEdgeAreServedFoundAndVerified) {
    TestV1 test;
    constexpr size_t kSizes[] = {0,    1,    7,    8,    9,    3919, 3920, 3921,  4007,
                                 4008, 4009, 4095, 4096, 8103, 8104, 8105, 65536, 1 << 21};
    for (size_t size : kSizes) {
        for (size_t alignment = 8; alignment <= 65536; alignment *= 2) {
            auto* object =
                static_cast<unsigned char*>(test.v1->allocate(size, alignment, test.pointers));
            ASSERT_NE(object, nullptr);
            EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
            EXPECT_EQ(morph_heap_object_size(test.heap, object), size);
            EXPECT_EQ(morph_object_type(object), test.pointers);
            for (size_t index = 0; index < size; index += 61) ASSERT_EQ(object[index], 0);
            MorphAddressInfo info = morph_heap_query(test.heap, object);
            EXPECT_TRUE(info.allocated);
            EXPECT_EQ(info.object, object);
            EXPECT_EQ(info.size, size);
            if (size == 0) continue;
            object[size - 1] = 1;
            EXPECT_EQ(morph_heap_query(test.heap, object + size - 1).object, object);
            object[size - 1] = 0;
        }
    }
    test.verify();
    test.collect();
    test.verify();
    EXPECT_EQ(test.live(), 0u);
    EXPECT_LE(test.stats().old_blocks, 1u);
    EXPECT_EQ(test.stats().large_objects, 0u);
}

TEST(V1Pages, AnEmptyObjectAtTheVeryEndOfAPageIsOneLikeTheOthers) {
    TestV1 test;
    void* first = test.make(4096 - 2 * 88);
    void* last = test.make(0);
    ASSERT_EQ(last, static_cast<unsigned char*>(first) + 4096 - 88);
    test.push(last);
    test.collect();
    EXPECT_EQ(test.live(), 1u);
    EXPECT_EQ(morph_heap_query(test.heap, last).object, last);
    test.verify();
}

TEST(V1Pages, AnyAddressMayBeAsked) {
    TestV1 test;
    int local = 0;
    void* object = test.make(100);
    void* own = test.v1->allocate(100000, 1 << 16, 0);
    const void* const strange[] = {nullptr,
                                   &local,
                                   reinterpret_cast<void*>(8),
                                   reinterpret_cast<void*>(88),
                                   reinterpret_cast<void*>(87),
                                   reinterpret_cast<void*>(UINTPTR_MAX),
                                   reinterpret_cast<void*>(UINTPTR_MAX - 4095)};
    for (const void* foreign : strange) {
        EXPECT_EQ(morph_heap_query(test.heap, foreign).room, MORPH_ROOM_NONE);
        EXPECT_EQ(test.parts().find_live(foreign), nullptr);
    }
    auto* bytes = static_cast<unsigned char*>(object);
    EXPECT_EQ(morph_heap_query(test.heap, bytes - 1).object, object);    // its header
    EXPECT_EQ(morph_heap_query(test.heap, bytes + 103).object, object);  // its slack
    EXPECT_FALSE(morph_heap_query(test.heap, bytes + 104).allocated);
    EXPECT_EQ(morph_heap_query(test.heap, bytes + 104).room, MORPH_ROOM_OLD);
    EXPECT_EQ(morph_heap_query(test.heap, static_cast<unsigned char*>(own) + 99999).object, own);
    EXPECT_EQ(test.parts().find_live(bytes + 1), nullptr);
    EXPECT_EQ(test.parts().find_live(bytes + 8), nullptr);
}

}  // namespace
}  // namespace morph

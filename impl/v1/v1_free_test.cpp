// V1 in COMPILER mode: objects are freed one by one, and a collection keeps the others.
#include <cstring>

#include "v1/v1_for_tests.h"

namespace morph {
namespace {

TEST(V1Free, AFreedObjectIsReusedAtOnceAndIsOnTheListOnce) {
    TestV1 test(compiler_config());
    void* first = test.make(32);
    void* second = test.make(32);
    ASSERT_EQ(test.v1->free(first), MORPH_OK);
    ASSERT_EQ(test.v1->free(second), MORPH_OK);
    EXPECT_EQ(test.stats().counts.bytes_live, 0u);
    EXPECT_EQ(test.stats().counts.frees, 2u);
    EXPECT_EQ(test.parts().listed, 2u);
    EXPECT_EQ(morph_heap_query(test.heap, first).room, MORPH_ROOM_OLD);
    EXPECT_FALSE(morph_heap_query(test.heap, first).allocated);
    auto never = [](void*, void*, size_t, uint32_t) {
        ADD_FAILURE() << "an object that was freed";
        return true;
    };
    morph_heap_walk(test.heap, never, nullptr);
    test.verify();
    EXPECT_EQ(test.make(32), second);  // last in, first out
    EXPECT_EQ(test.parts().listed, 2u);
    test.verify();
    EXPECT_EQ(test.make(32), first);
    EXPECT_EQ(test.parts().listed, 2u);
    test.verify();
}

TEST(V1Free, ACollectionKeepsWhatWasNotFreedAndUnmapsWhatWas) {
    TestV1 test(compiler_config());
    std::vector<unsigned char*> objects;
    for (unsigned number = 0; number < 1000; ++number) {
        objects.push_back(static_cast<unsigned char*>(test.make(500)));
        memset(objects.back(), static_cast<int>(number % 256), 500);
    }
    void* own = test.make(100000);
    for (unsigned number = 0; number < 1000; ++number) {
        if (number >= 300) {
            ASSERT_EQ(test.v1->free(objects[number]), MORPH_OK);
        }
    }
    ASSERT_EQ(test.v1->free(own), MORPH_OK);
    EXPECT_EQ(test.parts().listed, 1001u);
    size_t before = test.stats().old_blocks;
    test.collect();
    test.verify();
    EXPECT_EQ(test.parts().listed, 300u);
    EXPECT_EQ(test.stats().counts.frees, 701u);
    EXPECT_LT(test.stats().old_blocks, before / 2);
    EXPECT_EQ(test.stats().large_bytes_mapped, 0u);
    for (unsigned number = 0; number < 300; ++number) {
        for (int index = 0; index < 500; index += 99) {
            ASSERT_EQ(objects[number][index], number % 256);
        }
    }
}

TEST(V1Free, AnythingButALiveObjectIsRefusedAndReported) {
    V1Config config = compiler_config();
    config.debug = true;
    TestV1 test(config);
    auto* object = static_cast<unsigned char*>(test.make(100));
    int local = 0;
    void* const strange[] = {nullptr,    &local,      object + 1,
                             object + 8, object - 88, reinterpret_cast<void*>(UINTPTR_MAX)};
    for (void* address : strange) {
        EXPECT_EQ(test.v1->free(address), MORPH_ERROR_NOT_AN_OBJECT);
        EXPECT_EQ(test.reports.back(), MORPH_REPORT_FOREIGN_POINTER);
    }
    EXPECT_EQ(test.v1->free(object), MORPH_OK);
    EXPECT_EQ(test.v1->free(object), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(test.reports.back(), MORPH_REPORT_DOUBLE_FREE);
    test.collect();
    EXPECT_EQ(test.v1->free(object), MORPH_ERROR_NOT_AN_OBJECT);  // swept, on the current page
    EXPECT_EQ(test.reports.back(), MORPH_REPORT_DOUBLE_FREE);
    EXPECT_EQ(test.reports.size(), 8u);
    EXPECT_EQ(test.stats().failures, 8u);
    test.verify();
}

TEST(V1Free, AFreedObjectIsReusedByWhoAsksForNoMoreAlignmentThanItHas) {
    TestV1 test(compiler_config());
    void* aligned = test.v1->allocate(48, 256, 0);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(aligned) % 256, 0u);
    EXPECT_EQ(test.stats().large_objects, 1u);
    ASSERT_EQ(test.v1->free(aligned), MORPH_OK);
    EXPECT_EQ(test.v1->allocate(48, 256, 0), aligned);
    ASSERT_EQ(test.v1->free(aligned), MORPH_OK);
    EXPECT_EQ(test.v1->allocate(48, 8, 0), aligned);
    void* plain = test.v1->allocate(48, 8, 0);
    ASSERT_NE(reinterpret_cast<uintptr_t>(plain) % 4096, 0u);
    ASSERT_EQ(test.v1->free(plain), MORPH_OK);
    EXPECT_NE(test.v1->allocate(48, 4096, 0), plain);
    test.verify();
}

TEST(V1Free, LayoutsAreNotLookedAtWhereNothingIsTraced) {
    TestV1 test(compiler_config());
    MorphMemTypeInfo info = {};
    info.name = "odd";
    info.layout = MORPH_LAYOUT_CUSTOM;  // without visit
    uint32_t odd = test.v1->register_type(info);
    ASSERT_NE(odd, MORPH_TYPE_INVALID);
    void* small = test.make(1, test.cell);
    void* weak = test.make(4, test.weak);
    memset(weak, 0xff, 4);
    ASSERT_NE(test.make(3, odd), nullptr);
    EXPECT_EQ(test.stats().weak_references, 0u);
    test.collect();
    EXPECT_EQ(test.live(), 3u);
    ASSERT_EQ(test.v1->free(weak), MORPH_OK);
    ASSERT_EQ(test.v1->free(small), MORPH_OK);
    test.collect();
    test.verify();
    EXPECT_EQ(test.live(), 1u);
}

TEST(V1Free, ACollectedHeapHasNoSuchCall) {
    TestV1 test;
    void* object = test.make(8);
    EXPECT_EQ(test.v1->free(object), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(test.live(), 1u);
}

TEST(V1Free, AProgramThatFreesAllItHasKeepsUsingTheSameMemory) {
    TestV1 test(compiler_config());
    void* window[64] = {};
    size_t mapped = 0;
    for (unsigned step = 0; step < 100000; ++step) {
        void*& slot = window[step * 7 % 64];
        if (slot != nullptr) {
            ASSERT_EQ(test.v1->free(slot), MORPH_OK);
        }
        slot = test.v1->allocate(step % 5 * 100, 8, 0, false);
        ASSERT_NE(slot, nullptr);
        if (step == 1000) mapped = test.stats().bytes_mapped;
    }
    EXPECT_EQ(test.stats().bytes_mapped, mapped);
    EXPECT_EQ(test.stats().major.count, 0u);
    test.verify();
}

TEST(V1Free, WhatIsLiveAtDestroyIsReportedByType) {
    Meter meter;
    std::vector<std::string> texts;
    V1Config config = compiler_config();
    config.memory = meter.limits();
    config.report_leaks = true;
    config.report_user = &texts;
    config.report = [](void* user, const MorphReport* report) {
        EXPECT_EQ(report->size, 20u);
        static_cast<std::vector<std::string>*>(user)->emplace_back(report->text);
    };
    ErrorState errors;
    V1* v1 = V1::create(config, errors);
    void* first = v1->allocate(10, 8, 0);
    for (int count = 0; count < 2; ++count) (void)!v1->allocate(20, 8, 0);
    ASSERT_EQ(v1->free(first), MORPH_OK);
    V1::destroy(v1);
    ASSERT_EQ(texts.size(), 1u);
    EXPECT_NE(
        texts[0].find("context: 2 objects of type 0 \"none\" (40 bytes) still live at destroy"),
        std::string::npos)
        << texts[0];
    EXPECT_EQ(meter.held(), 0u);
}

}  // namespace
}  // namespace morph

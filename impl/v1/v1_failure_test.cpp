// Memory is refused at each request in turn: the call fails, and everything is as it was.
#include "v1/v1_for_tests.h"

namespace morph {
namespace {

struct Footprint {
    explicit Footprint(const TestV1& test) {
        MorphHeapStats stats = test.stats();
        mapped = stats.bytes_mapped;
        peak = stats.bytes_mapped_peak;
        objects = stats.counts.objects_live;
        bytes = stats.counts.bytes_live;
        weak = stats.weak_references;
        roots = stats.roots;
        types = stats.types;
    }
    bool operator==(const Footprint&) const = default;
    size_t mapped;
    size_t peak;
    uint64_t objects;
    uint64_t bytes;
    uint64_t weak;
    uint64_t roots;
    uint32_t types;
};

// Does call(test) with its first, second, ... request refused, until it succeeds without one.
// Gives how many requests it made.
enum class Memory { as_before, table_may_have_grown };
template <typename Call>
size_t refuse_each(TestV1& test, Call call, Memory memory = Memory::as_before) {
    for (size_t number = 1;; ++number) {
        Footprint before(test);
        uint64_t failures = test.stats().failures;
        test.meter.refuse(number);
        bool done = call();
        test.meter.grant_all();
        test.verify();
        if (done) return number - 1;
        EXPECT_EQ(test.error().code, MORPH_ERROR_OUT_OF_MEMORY) << test.error().text;
        EXPECT_EQ(test.stats().failures, failures + 1);
        Footprint after(test);
        if (memory == Memory::table_may_have_grown) {
            after.mapped = before.mapped;
            after.peak = before.peak;
        }
        EXPECT_TRUE(after == before) << number;
        if (number == 100 || testing::Test::HasFailure()) return number;
    }
}

TEST(V1Failure, CreationGivesBackEverythingWhicheverRequestIsRefused) {
    for (size_t number = 1;; ++number) {
        Meter meter;
        meter.refuse(number);
        V1Config config = {};
        config.memory = meter.limits();
        ErrorState errors;
        V1* v1 = V1::create(config, errors);
        V1::destroy(v1);
        EXPECT_EQ(meter.held(), 0u);
        if (v1 != nullptr) {
            EXPECT_EQ(number, 4u);  // home, types, mark stack
            break;
        }
        EXPECT_EQ(errors.last.code, MORPH_ERROR_OUT_OF_MEMORY);
        EXPECT_NE(errors.last.text[0], '\0');
    }
    V1Config config = {};
    config.memory.bytes_max = 4096;
    ErrorState errors;
    EXPECT_EQ(V1::create(config, errors), nullptr);
    EXPECT_NE(std::string(errors.last.text).find("bytes_max"), std::string::npos);
}

TEST(V1Failure, EachRequestOfAnAllocationMayBeRefused) {
    TestV1 test;
    size_t requests = 0;
    for (int count = 0; count < 400; ++count) {
        requests += refuse_each(test, [&] { return test.make(2000) != nullptr; });
        requests += refuse_each(test, [&] { return test.make(5000) != nullptr; });
        requests += refuse_each(test, [&] { return test.v1->allocate(1, 4096, 0) != nullptr; });
        if (HasFailure()) return;
    }
    // A mapping for half of the small ones and each of the others; records, the index.
    EXPECT_GT(requests, 1000u + 18u + 3u);
}

TEST(V1Failure, EachRequestOfTheOtherCallsMayBeRefused) {
    TestV1 test;
    void* variable = nullptr;
    size_t requests = 0;
    for (int count = 0; count < 600; ++count) {
        // The entry's room is made before the object, and stays.
        requests += refuse_each(
            test, [&] { return test.make(16, test.weak) != nullptr; },
            Memory::table_may_have_grown);
        requests += refuse_each(
            test, [&] { return morph_heap_push_root(test.heap, &variable) == MORPH_OK; });
        requests += refuse_each(
            test, [&] { return morph_heap_add_global_root(test.heap, &variable) == MORPH_OK; });
        void* object = test.make(0);
        auto never = [](MorphHeap*, void*, void*) {};
        requests += refuse_each(test, [&] {
            return morph_heap_set_finalizer(test.heap, object, never, nullptr) == MORPH_OK;
        });
        MorphMemTypeInfo info = {};
        requests += refuse_each(
            test, [&] { return morph_heap_register_type(test.heap, &info) != MORPH_TYPE_INVALID; });
        if (HasFailure()) return;
    }
    EXPECT_GT(requests, 40u);
    test.collect();
    test.verify();
}

TEST(V1Failure, RefusedMemoryCausesNoCollection) {
    TestV1 test;
    for (int count = 0; count < 100; ++count) ASSERT_NE(test.make(2000), nullptr);
    test.meter.refuse(1);
    EXPECT_EQ(test.make(5000), nullptr);
    EXPECT_EQ(test.stats().major.count, 0u);
    EXPECT_EQ(test.live(), 100u);
    test.collect();
    EXPECT_NE(test.make(2000), nullptr);  // from the free list
    EXPECT_EQ(test.make(2001), test.make(2001)) << "no page left";
    test.meter.grant_all();
    test.verify();
}

TEST(V1Failure, TheBoundIsKept) {
    V1Config config = {};
    config.memory.bytes_max = size_t{128} << 10;
    TestV1 test(config);
    ASSERT_NE(test.v1, nullptr) << test.errors.last.text;
    size_t objects = 0;
    while (test.make(100) != nullptr) objects += 1;
    EXPECT_GT(objects, 100u);
    EXPECT_EQ(test.error().code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_LE(test.meter.peak, size_t{128} << 10);
    test.verify();
    test.collect();
    test.verify();
    EXPECT_NE(test.make(30000), nullptr);
}

}  // namespace
}  // namespace morph

// COMPILER mode on V1: misuse, refusals, leaks, bounds.
#include <string>

#include "context/baseline_for_tests.h"

namespace {

using BaselineFailure = morph::BaselineTest;
using morph::same_figures;

TEST_F(BaselineFailure, FreeRefusesWhatIsNoLiveObject) {
    open();
    unsigned char* object = make(100);
    EXPECT_EQ(morph_mem_free(context, nullptr), MORPH_OK);
    for (void* wrong :
         {static_cast<void*>(object + 8), static_cast<void*>(&object),
          reinterpret_cast<void*>(uintptr_t{8}), reinterpret_cast<void*>(UINTPTR_MAX)}) {
        uint64_t failures = stats().failures;
        EXPECT_EQ(morph_mem_free(context, wrong), MORPH_ERROR_NOT_AN_OBJECT);
        EXPECT_EQ(error().code, MORPH_ERROR_NOT_AN_OBJECT);
        EXPECT_EQ(stats().failures, failures + 1);
    }
    EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_TRUE(reports.empty());
    verify();
}

TEST_F(BaselineFailure, DebugModeReportsMisuse) {
    config.enable_debug = true;
    open();
    unsigned char* object = make(100);
    EXPECT_EQ(resize(object, 99, 120), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_WRONG_SIZE);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].kind, MORPH_REPORT_WRONG_SIZE);
    EXPECT_EQ(reports[0].size, 100u);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_mem_free(context, &config), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(resize(object, 100, 120), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_NOT_AN_OBJECT);
    ASSERT_EQ(reports.size(), 4u);
    EXPECT_EQ(reports[1].kind, MORPH_REPORT_DOUBLE_FREE);
    EXPECT_EQ(reports[2].kind, MORPH_REPORT_FOREIGN_POINTER);
    EXPECT_EQ(reports[3].kind, MORPH_REPORT_DOUBLE_FREE);
}

TEST_F(BaselineFailure, AReallocationThatFailsLeavesTheObject) {
    open();
    uint32_t type = add_type("kept");
    unsigned char* object = make(100, type);
    MorphMemStats before = stats();
    EXPECT_EQ(resize(object, 100, 200, 9), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(resize(object, 100, 200, 0), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(resize(object, 100, SIZE_MAX, type), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(resize(object + 8, 100, 200, type), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_NOT_AN_OBJECT);
    ledger.refuse_next(100);
    EXPECT_EQ(resize(object, 100, 100000, type), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_OUT_OF_MEMORY);
    ledger.grant_all();
    EXPECT_TRUE(intact(object, 100));
    MorphMemStats after = stats();
    EXPECT_EQ(after.failures, before.failures + 5);
    EXPECT_TRUE(same_figures(before, after));
    EXPECT_NE(resize(object, 77, 200, type), nullptr) << "old_size is looked at in debug mode only";
}

TEST_F(BaselineFailure, CollectorCallsAreRefused) {
    open();
    void* slot = nullptr;
    EXPECT_EQ(morph_mem_gc_collect(context), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_gc_collect_minor(context), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_gc_push_root(context, &slot), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_gc_pop_roots(context, 0), MORPH_ERROR_UNSUPPORTED);
    EXPECT_NE(std::string(error().text).find("COMPILER mode has no collector"), std::string::npos);
    EXPECT_EQ(stats().failures, 4u);
}

TEST_F(BaselineFailure, LeaksAreReportedOnceForEachType) {
    config.report_leaks = true;
    open();
    uint32_t left = add_type("left");
    uint32_t gone = add_type("gone");
    unsigned char* resized = make(10, left);
    make(20, left);
    ASSERT_EQ(morph_mem_free(context, make(30, gone)), MORPH_OK);
    resize(resized, 10, 15, left);
    make(1024);
    close();
    ASSERT_EQ(reports.size(), 2u);
    EXPECT_EQ(reports[0].type, 0u);
    EXPECT_EQ(reports[0].size, 1024u);
    EXPECT_EQ(reports[1].type, left);
    for (const morph::KeptReport& report : reports) EXPECT_EQ(report.kind, MORPH_REPORT_LEAK);
    EXPECT_NE(reports[1].text.find("2 objects of type 1 \"left\" (35 bytes)"), std::string::npos)
        << reports[1].text;
}

// What a program need not free there, it need not free here.
TEST_F(BaselineFailure, WhatWouldBeTheArenasIsNoLeak) {
    config.report_leaks = true;
    open();
    uint32_t placed = add_type("placed", MORPH_PLACE_ARENA);
    uint32_t pooled = add_type("pooled", MORPH_PLACE_POOL);
    make(1025);
    make(8, placed);
    make(8, 0, MORPH_PLACE_ARENA);
    make(5000, pooled, MORPH_PLACE_ARENA);
    ASSERT_NE(morph_mem_alloc_zeroed(context, 100000, 0), nullptr);
    ASSERT_NE(morph_mem_alloc_with(context, 1000, 64, 0, MORPH_PLACE_BY_SIZE), nullptr);
    ASSERT_NE(morph_mem_alloc_with(context, 1000, 2048, 0, MORPH_PLACE_BY_SIZE), nullptr);
    resize(make(8), 8, 2000);
    // Reused memory is nobody's any more: the flag does not stay.
    unsigned char* once = make(80, placed);
    ASSERT_EQ(morph_mem_free(context, once), MORPH_OK);
    ASSERT_EQ(make(80), once);
    // Aligned as well, but it would fit a pool.
    ASSERT_NE(morph_mem_alloc_with(context, 64, 64, 0, MORPH_PLACE_BY_SIZE), nullptr);
    make(5000, pooled);
    close();
    ASSERT_EQ(reports.size(), 2u);
    EXPECT_NE(reports[0].text.find("3 objects of type 0"), std::string::npos) << reports[0].text;
    EXPECT_NE(reports[1].text.find("1 object of type 2 \"pooled\" (5000 bytes)"), std::string::npos)
        << reports[1].text;
}

// Every request of a small program refused in turn: each failure is whole, nothing is lost.
TEST_F(BaselineFailure, ARefusalAtAnyPointIsAFailedCallAndNothingMore) {
    for (size_t refused = 0; refused < 40; ++refused) {
        ledger.requests = 0;
        ledger.refuse_from = refused;
        ledger.refuse_count = 1;
        context = morph_mem_init(&config);
        if (context == nullptr) {
            EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_OUT_OF_MEMORY);
            EXPECT_EQ(ledger.granted, 0u) << "request " << refused;
            continue;
        }
        uint32_t type = add_type("type");
        if (type == MORPH_TYPE_INVALID) type = 0;
        for (size_t i = 0; i < 100; ++i) {
            size_t size = i % 10 == 0 ? 10000 : i * 17;
            void* object = make_raw(size, type);
            if (object == nullptr) {
                EXPECT_EQ(error().code, MORPH_ERROR_OUT_OF_MEMORY);
            }
            if (i % 3 == 0) {
                EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
            }
        }
        verify();
        expect_exact();
        close();
        EXPECT_EQ(ledger.granted, 0u) << "request " << refused;
    }
    ledger.grant_all();
}

TEST_F(BaselineFailure, ItsBoundIsKeptToTheByte) {
    config.memory.bytes_max = (128 + 64) << 10;
    open();
    size_t count = 0;
    while (make_raw(100) != nullptr) count += 1;
    EXPECT_EQ(error().code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_GT(count, 100u);
    EXPECT_LE(stats().bytes_mapped_peak, config.memory.bytes_max);
    expect_exact();
    verify();
}

}  // namespace

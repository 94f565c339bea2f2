// morph/general.h as any build of it must behave: the library and the reference run these tests.
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "morph/general.h"

namespace {

// Counts requests, refuses some, and collects reports.
struct Witness {
    size_t requests = 0;
    size_t refuse_from = SIZE_MAX;
    int64_t balance = 0;
    std::vector<MorphReport> reports;

    static bool request(void* user, size_t bytes) {
        auto* self = static_cast<Witness*>(user);
        if (self->requests++ >= self->refuse_from) return false;
        self->balance += static_cast<int64_t>(bytes);
        return true;
    }
    static void returned(void* user, size_t bytes) {
        static_cast<Witness*>(user)->balance -= static_cast<int64_t>(bytes);
    }
    static void report(void* user, const MorphReport* report) {
        static_cast<Witness*>(user)->reports.push_back(*report);
    }
    MorphGeneralConfig config(bool debug = false) {
        MorphGeneralConfig config = {};
        config.enable_debug = debug;
        config.memory = {.bytes_max = 0, .request = &request, .returned = &returned, .user = this};
        config.report = &report;
        config.report_user = this;
        return config;
    }
};

struct Closer {
    void operator()(MorphGeneral* general) const { morph_general_destroy(general); }
};
using Owner = std::unique_ptr<MorphGeneral, Closer>;

Owner make(Witness& witness, bool debug = false) {
    MorphGeneralConfig config = witness.config(debug);
    return Owner(morph_general_create(&config));
}

// One of each room there may be.
constexpr size_t kSizes[] = {0, 1, 8, 9, 16, 100, 1024, 1025, 5000, 400000, 3000000};

TEST(GeneralInterface, ObjectsHaveTheirSizeAndAlignmentAndBytesOfTheirOwn) {
    Witness witness;
    Owner general = make(witness);
    std::vector<unsigned char*> objects;
    for (size_t size : kSizes) {
        auto* object = static_cast<unsigned char*>(morph_general_alloc(general.get(), size));
        ASSERT_NE(object, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % (size < 16 ? 8 : 16), 0u);
        EXPECT_EQ(morph_general_size(general.get(), object), size);
        std::memset(object, static_cast<int>(objects.size()), size);
        objects.push_back(object);
    }
    for (size_t i = 0; i < objects.size(); i++) {
        for (size_t byte = 0; byte < kSizes[i]; byte += 11) ASSERT_EQ(objects[i][byte], i);
        EXPECT_EQ(morph_general_free(general.get(), objects[i]), MORPH_OK);
    }
    EXPECT_EQ(morph_general_stats(general.get()).total.objects_live, 0u);
    general.reset();
    EXPECT_EQ(witness.balance, 0);
}

TEST(GeneralInterface, ReallocationKeepsTheLesserSizeBetweenAllSizes) {
    Witness witness;
    Owner general = make(witness);
    for (size_t from : kSizes) {
        for (size_t to : kSizes) {
            auto* object = static_cast<unsigned char*>(morph_general_alloc(general.get(), from));
            std::memset(object, 0x5A, from);
            void* moved = morph_general_realloc(general.get(), object, to);
            ASSERT_NE(moved, nullptr);
            auto* bytes = static_cast<unsigned char*>(moved);
            for (size_t i = 0; i < (from < to ? from : to); i += 7) ASSERT_EQ(bytes[i], 0x5A);
            EXPECT_EQ(morph_general_size(general.get(), moved), to);
            EXPECT_EQ(morph_general_free(general.get(), moved), MORPH_OK);
        }
    }
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
    void* fresh = morph_general_realloc(general.get(), nullptr, 77);
    EXPECT_EQ(morph_general_size(general.get(), fresh), 77u);
}

TEST(GeneralInterface, FiguresAreExact) {
    Witness witness;
    Owner general = make(witness);
    void* one = morph_general_alloc(general.get(), 100);
    void* two = morph_general_alloc_zeroed(general.get(), 5000);
    void* three = morph_general_alloc_aligned(general.get(), 300, 64);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(three) % 64, 0u);
    ASSERT_EQ(morph_general_free(general.get(), two), MORPH_OK);
    EXPECT_EQ(morph_general_alloc(general.get(), SIZE_MAX), nullptr);
    EXPECT_EQ(morph_general_free(general.get(), two), MORPH_ERROR_NOT_AN_OBJECT);
    MorphGeneralStats stats = morph_general_stats(general.get());
    EXPECT_EQ(stats.total.allocations, 3u);
    EXPECT_EQ(stats.total.frees, 1u);
    EXPECT_EQ(stats.total.bytes_allocated, 5400u);
    EXPECT_EQ(stats.total.bytes_freed, 5000u);
    EXPECT_EQ(stats.total.objects_live, 2u);
    EXPECT_EQ(stats.total.bytes_live, 400u);
    EXPECT_EQ(stats.bytes_live_peak, 5400u);
    EXPECT_EQ(stats.failures, 2u);
    EXPECT_EQ(stats.large_live, 0u);
    EXPECT_EQ(stats.bytes_mapped, static_cast<uint64_t>(witness.balance));
    // In place or moved: bytes are counted as for a resize, or as for a new and an old object.
    void* grown = morph_general_realloc(general.get(), one, 2000);
    stats = morph_general_stats(general.get());
    bool stayed = stats.resizes == 1;
    EXPECT_EQ(stayed, grown == one);
    EXPECT_EQ(stats.total.bytes_allocated, stayed ? 7300u : 7400u);
    EXPECT_EQ(stats.total.bytes_live, 2300u);
    EXPECT_EQ(stats.large_live, 1u);
    morph_general_reset(general.get());
    stats = morph_general_stats(general.get());
    EXPECT_EQ(stats.total.objects_live, 0u);
    EXPECT_EQ(stats.total.bytes_live, 0u);
    EXPECT_EQ(stats.total.frees, stats.total.allocations);
    EXPECT_EQ(stats.bytes_live_peak, 5400u);
    EXPECT_EQ(stats.resets, 1u);
}

TEST(GeneralInterface, ShrinkingNeedsNoMemoryAndGrowingFailsCleanly) {
    for (size_t size : {size_t{1000}, size_t{5000}, size_t{3000000}}) {
        Witness witness;
        Owner general = make(witness);
        auto* object = static_cast<unsigned char*>(morph_general_alloc(general.get(), size));
        std::memset(object, 3, size);
        witness.refuse_from = witness.requests;
        EXPECT_EQ(morph_general_realloc(general.get(), object, 100 * size + 5000000), nullptr);
        EXPECT_EQ(morph_general_last_error(general.get()).code, MORPH_ERROR_OUT_OF_MEMORY);
        EXPECT_EQ(morph_general_size(general.get(), object), size);
        for (size_t i = 0; i < size; i += 7) ASSERT_EQ(object[i], 3);
        void* shrunk = morph_general_realloc(general.get(), object, 40);
        ASSERT_NE(shrunk, nullptr);
        EXPECT_EQ(morph_general_size(general.get(), shrunk), 40u);
        for (size_t i = 0; i < 40; i++) ASSERT_EQ(static_cast<unsigned char*>(shrunk)[i], 3);
        EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
        general.reset();
        EXPECT_EQ(witness.balance, 0);
    }
}

TEST(GeneralInterface, DebugModeReportsEachMisuseOnce) {
    Witness witness;
    Owner general = make(witness, true);
    auto* keep = static_cast<unsigned char*>(morph_general_alloc(general.get(), 5000));
    void* object = morph_general_alloc(general.get(), 5000);
    int on_stack = 0;
    ASSERT_EQ(morph_general_free(general.get(), object), MORPH_OK);
    EXPECT_EQ(morph_general_free(general.get(), object), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_general_free(general.get(), keep + 1), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_general_realloc(general.get(), &on_stack, 5), nullptr);
    ASSERT_EQ(witness.reports.size(), 3u);
    EXPECT_EQ(witness.reports[0].kind, MORPH_REPORT_DOUBLE_FREE);
    EXPECT_EQ(witness.reports[1].kind, MORPH_REPORT_FOREIGN_POINTER);
    EXPECT_EQ(witness.reports[2].kind, MORPH_REPORT_FOREIGN_POINTER);
    EXPECT_EQ(morph_general_size(general.get(), keep), 5000u);
}

TEST(GeneralInterface, LeaksAreOneReport) {
    Witness witness;
    MorphGeneralConfig config = witness.config();
    config.report_leaks = true;
    MorphGeneral* general = morph_general_create(&config);
    for (size_t size : kSizes) ASSERT_NE(morph_general_alloc(general, size), nullptr);
    morph_general_destroy(general);
    ASSERT_EQ(witness.reports.size(), 1u);
    EXPECT_EQ(witness.reports[0].kind, MORPH_REPORT_LEAK);
    EXPECT_EQ(witness.balance, 0);
    general = morph_general_create(&config);
    morph_general_destroy(general);
    EXPECT_EQ(witness.reports.size(), 1u);
}

TEST(GeneralInterface, NothingIsRefusedByConfigurationButATooSmallBound) {
    MorphGeneralConfig config = {};
    config.memory.bytes_max = 4096;
    EXPECT_EQ(morph_general_create(&config), nullptr);
    EXPECT_EQ(morph_general_last_error(nullptr).code, MORPH_ERROR_INVALID_CONFIGURATION);
    config.memory.bytes_max = 2 * morph_chunk_bytes() + (size_t{128} << 10);
    Owner general(morph_general_create(&config));
    ASSERT_NE(general, nullptr);
    size_t count = 0;
    while (morph_general_alloc(general.get(), 500) != nullptr) count++;
    EXPECT_GT(count * 500, morph_chunk_bytes() / 2);
    EXPECT_EQ(morph_general_last_error(general.get()).code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
    morph_general_reset(general.get());
    EXPECT_NE(morph_general_alloc(general.get(), 500), nullptr);
}

}  // namespace

// One heap, two threads: every function of morph/heap.h, in debug mode; and where the first thread
// may be when the second one comes.
#include <cstring>

#include "context/concurrent_use_for_tests.h"

#include "morph/heap.h"
#include "morph/mem.h"

namespace morph {
namespace {

using H = MorphHeap;

struct Two {
    void* first;
    void* second;
};

// A heap in debug mode, generational or V1, with an object in a root, a weak reference, and types
// whose visitor and finalizer are places to stop.
class HeapConcurrentUse : public testing::TestWithParam<bool> {
 protected:
    void SetUp() override {
        MorphMemConfig config = MORPH_CONFIG_RUNTIME;
        config.enable_debug = true;
        config.enable_v1 = GetParam();
        config.memory = gate_.limits();
        config.report = ConcurrencyReports::keep;
        config.report_user = &reports_;
        context_ = morph_mem_init(&config);
        ASSERT_NE(context_, nullptr);
        heap_ = morph_mem_heap(context_);
        MorphMemTypeInfo info = {};
        info.layout = MORPH_LAYOUT_CUSTOM;
        info.visit_user = &gate_;
        info.visit = [](void* user, void* object, size_t, MorphSlotVisitor* visitor) {
            static_cast<Gate*>(user)->stop();
            visitor->visit(visitor, &static_cast<Two*>(object)->first);
        };
        custom_ = morph_heap_register_type(heap_, &info);
        MorphMemTypeInfo weak = {};
        weak.layout = MORPH_LAYOUT_WEAK;
        weak_type_ = morph_heap_register_type(heap_, &weak);
        ASSERT_EQ(morph_heap_push_root(heap_, &kept_), MORPH_OK);
        ASSERT_EQ(morph_heap_push_root(heap_, &weak_), MORPH_OK);
        kept_ = morph_heap_alloc(heap_, sizeof(Two), custom_);
        weak_ = morph_heap_alloc(heap_, 16, weak_type_);
    }
    void TearDown() override {
        EXPECT_TRUE(reports_.kinds.empty());
        EXPECT_EQ(morph_mem_destroy(context_), MORPH_OK);
    }
    std::vector<Refusable<H>> asking() const;
    std::vector<Refusable<H>> changing();

    // Someone is inside: everything is refused, nothing has changed, and then all is well.
    void expect_all_refused(Guest& guest) {
        Two before = {};
        memcpy(&before, kept_, sizeof(before));
        expect_each_refused<H>(heap_, heap_, asking(), morph_heap_last_error, reports_);
        expect_each_refused<H>(heap_, heap_, changing(), morph_heap_last_error, reports_);
        EXPECT_EQ(memcmp(&before, kept_, sizeof(before)), 0);
        guest.leave();
        EXPECT_EQ(morph_heap_verify(heap_), MORPH_OK) << morph_heap_last_error(heap_).text;
        MorphHeapStats stats = morph_heap_stats(heap_);
        EXPECT_EQ(stats.types, 3u);
        EXPECT_EQ(stats.roots, 2u);
        EXPECT_EQ(stats.global_roots, 0u);
        EXPECT_EQ(stats.failures, 0u);
        EXPECT_EQ(morph_heap_last_error(heap_).code, MORPH_OK);
    }

    Gate gate_;
    ConcurrencyReports reports_;
    MorphMemContext* context_ = nullptr;
    MorphHeap* heap_ = nullptr;
    uint32_t custom_ = 0;
    uint32_t weak_type_ = 0;
    void* kept_ = nullptr;
    void* weak_ = nullptr;
    void* slot_ = nullptr;
};

std::vector<Refusable<H>> HeapConcurrentUse::asking() const {
    void* kept = kept_;
    auto visit = [](void*, void*, size_t, uint32_t) { return true; };
    return {
        {"morph_heap_object_size", [=](H* h) { return morph_heap_object_size(h, kept) == 0; }},
        {"morph_heap_root_depth", [](H* h) { return morph_heap_root_depth(h) == 0; }},
        {"morph_heap_stats", [](H* h) { return morph_heap_stats(h).bytes_mapped == 0; }},
        {"morph_heap_type_stats",
         [](H* h) {
             MorphHeapTypeStats stats = {};
             return is_refusal(morph_heap_type_stats(h, 0, &stats));
         }},
        {"morph_heap_timeline",
         [](H* h) {
             MorphTimelineSample sample = {};
             return morph_heap_timeline(h, &sample, 1) == 0;
         }},
        {"morph_heap_query",
         [=](H* h) { return morph_heap_query(h, kept).room == MORPH_ROOM_NONE; }},
        {"morph_heap_walk", [=](H* h) { return morph_heap_walk(h, visit, nullptr), true; }},
        {"morph_heap_verify", [](H* h) { return is_refusal(morph_heap_verify(h)); }},
        {"morph_heap_collect_minor", [](H* h) { return is_refusal(morph_heap_collect_minor(h)); }},
        {"morph_heap_collect_major", [](H* h) { return is_refusal(morph_heap_collect_major(h)); }},
        {"morph_heap_force_collections",
         [](H* h) { return is_refusal(morph_heap_force_collections(h, nullptr)); }},
        {"morph_heap_configure", [](H* h) { return is_refusal(morph_heap_configure(h, nullptr)); }},
        {"morph_heap_reset", [](H* h) { return morph_heap_reset(h), true; }},
        {"morph_heap_destroy", [](H* h) { return morph_heap_destroy(h), true; }},
    };
}

std::vector<Refusable<H>> HeapConcurrentUse::changing() {
    void* kept = kept_;
    void* weak = weak_;
    void** slot = &slot_;
    uint32_t custom = custom_;
    auto finalizer = [](MorphHeap*, void*, void*) {};
    return {
        {"morph_heap_alloc",
         [=](H* h) { return morph_heap_alloc(h, sizeof(Two), custom) == nullptr; }},
        {"morph_heap_alloc_aligned",
         [=](H* h) { return morph_heap_alloc_aligned(h, 64, 64, 0) == nullptr; }},
        {"morph_heap_resize", [=](H* h) { return morph_heap_resize(h, kept, 64) == nullptr; }},
        {"morph_heap_resize", [](H* h) { return morph_heap_resize(h, nullptr, 64) == nullptr; }},
        {"morph_heap_register_type",
         [](H* h) {
             const MorphMemTypeInfo info = {};
             return morph_heap_register_type(h, &info) == MORPH_TYPE_INVALID;
         }},
        {"morph_heap_copy",
         [=](H* h) {
             void* from = kept;
             return morph_heap_copy(h, kept, &static_cast<Two*>(kept)->first, &from, 1), true;
         }},
        {"morph_heap_fill",
         [=](H* h) {
             return morph_heap_fill(h, kept, &static_cast<Two*>(kept)->first, 2, kept), true;
         }},
        {"morph_heap_push_root", [=](H* h) { return is_refusal(morph_heap_push_root(h, slot)); }},
        {"morph_heap_pop_roots", [](H* h) { return is_refusal(morph_heap_pop_roots(h, 1)); }},
        {"morph_heap_pop_root", [=](H* h) { return is_refusal(morph_heap_pop_root(h, slot)); }},
        {"morph_heap_add_global_root",
         [=](H* h) { return is_refusal(morph_heap_add_global_root(h, slot)); }},
        {"morph_heap_remove_global_root",
         [=](H* h) { return is_refusal(morph_heap_remove_global_root(h, slot)); }},
        {"morph_heap_weak_set", [=](H* h) { return morph_heap_weak_set(h, weak, kept), true; }},
        {"morph_heap_set_finalizer",
         [=](H* h) { return is_refusal(morph_heap_set_finalizer(h, kept, finalizer, nullptr)); }},
    };
}

TEST_P(HeapConcurrentUse, EveryCallIsRefusedWhileOneAsksForMemory) {
    void* large = nullptr;
    Guest guest(gate_, [&] { large = morph_heap_alloc(heap_, 2 * morph_chunk_bytes(), 0); });
    expect_all_refused(guest);
    EXPECT_NE(large, nullptr);
}

TEST_P(HeapConcurrentUse, EveryCallIsRefusedInTheMiddleOfACollection) {
    Guest guest(gate_, [&] { EXPECT_EQ(morph_heap_collect_major(heap_), MORPH_OK); });
    expect_all_refused(guest);
}

TEST_P(HeapConcurrentUse, EveryCallIsRefusedWhileAnObjectIsVisited) {
    Guest guest(gate_, [&] {
        morph_heap_walk(
            heap_,
            [](void* user, void*, size_t, uint32_t) {
                return static_cast<Gate*>(user)->stop(), true;
            },
            &gate_);
    });
    expect_all_refused(guest);
}

TEST_P(HeapConcurrentUse, AFinalizerIsInsideItsCall) {
    void* doomed = morph_heap_alloc(heap_, 64, 0);
    auto finalizer = [](MorphHeap* heap, void*, void* user) {
        EXPECT_NE(morph_heap_alloc(heap, 24, 0), nullptr) << "the same thread may do all";
        static_cast<Gate*>(user)->stop();
        EXPECT_EQ(morph_heap_verify(heap), MORPH_OK);
    };
    ASSERT_EQ(morph_heap_set_finalizer(heap_, doomed, finalizer, &gate_), MORPH_OK);
    Guest guest(gate_, [&] { EXPECT_EQ(morph_mem_gc_collect(context_), MORPH_OK); });
    if (!GetParam()) {
        EXPECT_EQ(morph_mem_alloc(context_, 8, 0), nullptr) << "by way of the context as well";
        EXPECT_EQ(reports_.kinds, std::vector{MORPH_REPORT_CONCURRENT_USE});
        reports_.kinds.clear();
    }
    expect_all_refused(guest);
}

TEST_P(HeapConcurrentUse, TheBarrierIsRefusedThoughTheStoreIsMade) {
    Guest guest(gate_, [&] { EXPECT_EQ(morph_heap_collect_major(heap_), MORPH_OK); });
    morph_heap_barrier(heap_, kept_, &static_cast<Two*>(kept_)->first, nullptr);
    EXPECT_EQ(reports_.kinds, std::vector{MORPH_REPORT_CONCURRENT_USE});
    reports_.kinds.clear();
    guest.leave();
}

TEST_P(HeapConcurrentUse, ThreadsOneAfterAnotherAreNot) {
    for (int turn = 0; turn < 20; ++turn) {
        std::thread([&] {
            reports_.thread = std::this_thread::get_id();
            for (int count = 0; count < 50; ++count) {
                void* fresh = morph_heap_alloc(heap_, sizeof(Two), custom_);
                ASSERT_NE(fresh, nullptr);
                morph_heap_write(heap_, kept_, &static_cast<Two*>(kept_)->first, fresh);
            }
            EXPECT_EQ(morph_mem_gc_collect(context_), MORPH_OK);
            EXPECT_EQ(morph_mem_verify(context_), MORPH_OK);
        }).join();
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, HeapConcurrentUse, testing::Values(false, true),
                         [](const auto& kind) { return kind.param ? "V1" : "Generational"; });

}  // namespace
}  // namespace morph

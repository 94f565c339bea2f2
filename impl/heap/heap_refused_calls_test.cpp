// What a heap does when the system refuses what a heap cannot be without: fresh pages, access to
// those that debug mode has closed, taking memory back.
#include "heap/heap_for_tests.h"
#include "os/refused_calls_for_tests.h"

namespace morph {
namespace {

// A life with every kind of memory in it: young and old objects, runs, large ones, a nursery of
// another size, collections of both kinds. `once`: what is refused is granted when asked again.
class Life {
 public:
    Life(bool debug, bool once, const RefusedCall& refused)
        : refused_(refused), once_(once), test_(configuration(debug)) {}

    void live() {
        if (test_.heap == nullptr || test_.node == MORPH_TYPE_INVALID) {
            EXPECT_TRUE(refused_.happened());
            return;
        }
        if (!done(morph_heap_push_root(test_.heap, reinterpret_cast<void**>(&list_)))) return;
        for (unsigned round = 0; round < 4; ++round) {
            prepend(150);
            for (size_t size : {size_t{20000}, kChunkBytes}) {
                void* object = morph_heap_alloc(test_.heap, size, 0);
                EXPECT_TRUE(object != nullptr || refused_.happened());
            }
            (void)done(round % 2 == 0 ? morph_heap_collect_minor(test_.heap)
                                      : morph_heap_collect_major(test_.heap));
            expect_whole();
        }
        MorphHeapSettings settings = {};
        settings.nursery_bytes = 16 << 10;
        (void)done(morph_heap_configure(test_.heap, &settings));
        prepend(150);
        expect_whole();
        // What was refused once is no reason to refuse later.
        list_ = nullptr;
        test_.pop(1);
        (void)done(morph_heap_collect_major(test_.heap));
        if (test_.new_node(1) == nullptr && once_) {
            EXPECT_NE(test_.new_node(1), nullptr) << morph_heap_last_error(test_.heap).text;
        }
        test_.verify();
        EXPECT_TRUE(test_.reports.empty());
    }

 private:
    static MorphHeapConfig configuration(bool debug) {
        MorphHeapConfig config = {};
        config.settings.nursery_bytes = 8 << 10;
        config.settings.promotion_age = 1;
        config.enable_debug = debug;
        return config;
    }
    bool done(MorphCode code) const {
        EXPECT_TRUE(code == MORPH_OK || refused_.happened());
        EXPECT_TRUE(code == MORPH_OK || code == MORPH_ERROR_OUT_OF_MEMORY);
        return code == MORPH_OK;
    }
    void prepend(uint64_t count) {
        for (uint64_t end = count_ + count; count_ < end; ++count_) {
            Node* fresh = test_.new_node(count_);
            if (fresh == nullptr) {
                EXPECT_TRUE(refused_.happened());
                return;
            }
            test_.link(fresh, &fresh->left, list_);
            list_ = fresh;
        }
    }
    void expect_whole() const {
        test_.verify();
        uint64_t count = count_;
        for (Node* at = list_; at != nullptr; at = at->left) ASSERT_EQ(at->number, --count);
        EXPECT_EQ(count, 0u);
    }

    const RefusedCall& refused_;
    bool once_;
    TestHeap test_;
    Node* list_ = nullptr;
    uint64_t count_ = 0;
};

TEST(HeapRefusedCalls, ACallOfTheSystemThatFailsOnceLosesNothing) {
    for (bool debug : {false, true}) {
        size_t refusals =
            refuse_each_call([&](const RefusedCall& refused, const SystemCallForTests& each) {
                SCOPED_TRACE(each.name);
                Life(debug, true, refused).live();
            });
        // Mappings and their ends; in debug mode each collection closes pages and opens them.
        EXPECT_GT(refusals, debug ? 30u : 15u);
    }
}

TEST(HeapRefusedCalls, CallsOfTheSystemThatFailFromThenOnLoseNothing) {
    for (bool debug : {false, true}) {
        (void)refuse_each_call(
            [&](const RefusedCall& refused, const SystemCallForTests& each) {
                SCOPED_TRACE(each.name);
                Life(debug, false, refused).live();
            },
            RefusedCall::kAll);
    }
}

}  // namespace
}  // namespace morph

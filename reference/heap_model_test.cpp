// HeapModel: each rule, and random programs.

#include "reference/heap_model.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace {

using reference::FullCollection;
using reference::HeapModel;
using reference::HeapObject;
using reference::kNoObject;
using reference::ObjectId;

struct HeapModelTest : ::testing::Test {
    HeapModelTest() {
        MorphCode code = MORPH_OK;
        MorphMemTypeInfo info = {};
        info.layout = MORPH_LAYOUT_POINTERS;
        array = model.register_type(info, &code);
        info.layout = MORPH_LAYOUT_WEAK;
        weak = model.register_type(info, &code);
        EXPECT_EQ(code, MORPH_OK);
    }
    ~HeapModelTest() override { EXPECT_EQ(model.check(), nullptr); }

    ObjectId make(size_t slots = 2) { return model.allocate(slots * 8, array).object->id; }
    ObjectId make_weak(ObjectId target) {
        const ObjectId id = model.allocate(16, weak).object->id;
        model.set_weak(id, target);
        return id;
    }
    // In a cell of its own that is a root.
    ObjectId rooted(ObjectId object) {
        model.set_cell(cells, object);
        model.push_root(cells++);
        return object;
    }

    HeapModel model;
    uint32_t array = 0;
    uint32_t weak = 0;
    size_t cells = 0;
};

using Ids = std::vector<ObjectId>;

TEST_F(HeapModelTest, SlotsFollowTheLayout) {
    const size_t offsets[] = {8, 24};
    MorphMemTypeInfo info = {};
    MorphCode code = MORPH_OK;
    info.layout = MORPH_LAYOUT_OFFSETS;
    info.offsets = offsets;
    info.offset_count = 2;
    const uint32_t fields = model.register_type(info, &code);
    info.layout = MORPH_LAYOUT_STRUCTS;
    info.element_size = 40;
    const uint32_t structs = model.register_type(info, &code);
    info.layout = MORPH_LAYOUT_CUSTOM;
    info.visit = [](void*, void*, size_t, MorphSlotVisitor*) {};
    const uint32_t custom = model.register_type(info, &code, MORPH_LAYOUT_OFFSETS);
    EXPECT_EQ(model.slots_of(fields, 100), 2u);
    EXPECT_EQ(model.slots_of(structs, 39), 0u);
    EXPECT_EQ(model.slots_of(structs, 119), 4u);
    EXPECT_EQ(model.offset_of(structs, 3), 64u);
    EXPECT_EQ(model.slots_of(custom, 16), 1u);
    EXPECT_EQ(model.slots_of(array, 23), 2u);
    EXPECT_EQ(model.offset_of(array, 2), 16u);
    EXPECT_EQ(model.slots_of(weak, 64), 0u);
    EXPECT_EQ(model.refusal(31, fields), MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(model.refusal(32, fields), MORPH_OK);
    EXPECT_EQ(model.refusal(0, structs), MORPH_OK);
    EXPECT_EQ(model.refusal(0, custom), MORPH_OK);
    EXPECT_EQ(model.refusal(15, weak), MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(model.refusal(SIZE_MAX, custom + 1, 3), MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(model.refusal(SIZE_MAX, 0, 3), MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(model.refusal(SIZE_MAX, 0), MORPH_ERROR_TOO_LARGE);
    info.visit = nullptr;
    EXPECT_EQ(model.register_type(info, &code), MORPH_TYPE_INVALID);
    EXPECT_EQ(code, MORPH_ERROR_INVALID_ARGUMENT);
}

TEST_F(HeapModelTest, AFullCollectionLeavesWhatRootsReach) {
    const ObjectId first = rooted(make());
    const ObjectId second = make();
    const ObjectId third = make();
    const ObjectId lost = make();
    model.write(first, 1, second);
    model.write(second, 0, first);
    model.write(lost, 0, lost);
    model.add_global_root(100);
    model.set_cell(100, third);
    EXPECT_EQ(model.reachable(), (Ids{first, second, third}));
    EXPECT_EQ(model.collect_full().died, Ids{lost});
    EXPECT_EQ(model.find(lost), nullptr);
    EXPECT_EQ(model.remove_global_root(100), MORPH_OK);
    EXPECT_EQ(model.remove_global_root(100), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(model.collect_full().died, Ids{third});
    model.keep(second);
    EXPECT_EQ(model.pop_root(7), MORPH_ERROR_SCOPE);
    EXPECT_EQ(model.pop_roots(2), MORPH_ERROR_SCOPE);
    EXPECT_EQ(model.pop_roots(1), MORPH_OK);
    EXPECT_TRUE(model.collect_full().died.empty()) << "kept, and through it the other";
    model.keep(kNoObject);
    EXPECT_EQ(model.collect_full().died, (Ids{first, second}));
    EXPECT_EQ(model.counts().frees, 4u);
    EXPECT_EQ(model.counts().bytes_live, 0u);
    EXPECT_EQ(model.failures(), 3u);
}

TEST_F(HeapModelTest, ResizingKeepsWhatFitsAndCopiesMove) {
    const ObjectId a = rooted(make(0));
    const ObjectId array_one = rooted(make(3));
    model.fill(array_one, 0, 3, a);
    model.write(array_one, 1, array_one);
    model.set_flags(array_one, 9);
    const HeapObject& larger = *model.resize(array_one, 45).object;
    EXPECT_EQ(larger.slots, (Ids{a, array_one, a, kNoObject, kNoObject}));
    EXPECT_EQ(larger.flags, 9);
    EXPECT_EQ(model.resize(larger.id, 8).object->slots, Ids{a});
    model.copy(larger.id, 1, larger.id, 0, 4);
    EXPECT_EQ(larger.slots, (Ids{a, a, array_one, a, kNoObject}));
    EXPECT_EQ(model.resize(a, SIZE_MAX).code, MORPH_ERROR_TOO_LARGE);
}

TEST_F(HeapModelTest, AWeakTargetIsClearedForSureByAFullCollectionOnly) {
    const ObjectId one = rooted(make_weak(make()));
    model.collect_minor();
    EXPECT_TRUE(model.find(one)->maybe_cleared);
    EXPECT_TRUE(model.observe_weak(one, model.find(one)->target)) << "not cleared: legal";
    EXPECT_FALSE(model.observe_weak(one, kNoObject)) << "cleared since: by no collection";
    model.collect_minor();
    EXPECT_TRUE(model.observe_weak(one, kNoObject)) << "cleared: legal";
    EXPECT_EQ(model.find(one)->target, kNoObject);
    const ObjectId other = rooted(make_weak(make()));
    EXPECT_EQ(model.collect_full().cleared, Ids{other});
    EXPECT_TRUE(model.observe_weak(other, kNoObject));
    EXPECT_FALSE(model.observe_weak(other, one));
    const ObjectId kept = rooted(make());
    model.set_weak(other, kept);
    model.collect_full();
    model.collect_minor();
    EXPECT_FALSE(model.observe_weak(other, kNoObject)) << "its target is reachable";
}

TEST_F(HeapModelTest, FinalizersRunInOrderAfterAFullCollection) {
    const ObjectId first = make();
    const ObjectId second = make();
    const ObjectId child = make();
    const ObjectId watcher = rooted(make_weak(child));
    model.write(second, 0, child);
    model.set_finalizer(second, true);
    model.set_finalizer(first, true);
    model.set_finalizer(second, true);  // replaced: keeps its place
    EXPECT_EQ(model.finalizers(), 2u);
    const FullCollection& full = model.collect_full();
    EXPECT_EQ(full.ready, (Ids{second, first}));
    EXPECT_EQ(full.cleared, Ids{watcher});
    EXPECT_TRUE(full.died.empty());
    EXPECT_TRUE(model.start_finalizer(second));
    EXPECT_FALSE(model.start_finalizer(second)) << "once";
    EXPECT_FALSE(model.start_finalizer(child)) << "it has none";
    EXPECT_EQ(model.finish_collections(), first) << "must have run";
    EXPECT_EQ(model.collect_full().died, (Ids{first, second, child}));
}

TEST_F(HeapModelTest, FinalizersOutOfOrderAreIllegal) {
    const ObjectId first = make();
    const ObjectId second = make();
    model.set_finalizer(first, true);
    model.set_finalizer(second, true);
    model.collect_full();
    EXPECT_FALSE(model.start_finalizer(second));
    EXPECT_EQ(model.finish_collections(), first);

    const ObjectId third = make();
    const ObjectId fourth = make();
    model.set_finalizer(third, true);
    model.set_finalizer(fourth, true);
    model.collect_minor();
    EXPECT_TRUE(model.start_finalizer(fourth)) << "the other one was not found";
    EXPECT_FALSE(model.start_finalizer(third)) << "or it would have come first";
    EXPECT_EQ(model.finish_collections(), kNoObject);
    EXPECT_EQ(model.collect_full().ready, Ids{third});
    EXPECT_TRUE(model.start_finalizer(third));
    EXPECT_EQ(model.finish_collections(), kNoObject);
}

TEST_F(HeapModelTest, AFinalizerOfAReachableObjectIsIllegal) {
    const ObjectId one = rooted(make());
    model.set_finalizer(one, true);
    model.collect_minor();
    EXPECT_FALSE(model.start_finalizer(one));
    model.collect_full();
    EXPECT_FALSE(model.start_finalizer(one));
    EXPECT_EQ(model.finish_collections(), kNoObject);
    model.pop_roots(1);
    model.set_finalizer(one, false);
    EXPECT_EQ(model.collect_full().died, Ids{one});
    EXPECT_EQ(model.finalizers(), 0u);
}

TEST_F(HeapModelTest, WeakReferencesAreClearedBeforeTheFinalizerOfTheirTarget) {
    for (const bool full : {false, true}) {
        const ObjectId one = make();
        const ObjectId watcher = rooted(make_weak(one));
        model.set_finalizer(one, true);
        full ? static_cast<void>(model.collect_full()) : model.collect_minor();
        ASSERT_TRUE(model.start_finalizer(one));
        EXPECT_FALSE(model.observe_weak(watcher, one)) << full;
        EXPECT_TRUE(model.observe_weak(watcher, kNoObject)) << full;
        EXPECT_EQ(model.finish_collections(), kNoObject);
    }
}

TEST_F(HeapModelTest, WhatIsResurrectedLivesOnWithoutFinalizer) {
    const ObjectId one = make();
    model.set_finalizer(one, true);
    model.collect_full();
    ASSERT_TRUE(model.start_finalizer(one));
    rooted(one);
    EXPECT_EQ(model.finish_collections(), kNoObject);
    EXPECT_TRUE(model.collect_full().died.empty());
    model.pop_roots(1);
    EXPECT_EQ(model.collect_full().died, Ids{one});
}

TEST_F(HeapModelTest, WhatMayWaitSurvivesACollectionInsideAFinalizer) {
    const ObjectId first = make();
    const ObjectId second = make();
    const ObjectId child = make();
    const ObjectId watcher = rooted(make_weak(child));
    model.write(second, 0, child);
    model.set_finalizer(first, true);
    model.set_finalizer(second, true);
    model.collect_minor();
    ASSERT_TRUE(model.start_finalizer(first));
    const FullCollection& nested = model.collect_full();
    EXPECT_EQ(nested.died, Ids{first});
    EXPECT_TRUE(nested.cleared.empty()) << "may be: what waits may be a root";
    EXPECT_TRUE(model.find(watcher)->maybe_cleared);
    EXPECT_TRUE(model.start_finalizer(second));
    EXPECT_EQ(model.finish_collections(), kNoObject);
    EXPECT_EQ(model.collect_full().died, (Ids{second, child}));
}

TEST_F(HeapModelTest, AgesAreCountedAndOldIsForEver) {
    const ObjectId one = rooted(make());
    EXPECT_TRUE(model.age_is_legal(one, MORPH_ROOM_YOUNG, 0));
    EXPECT_FALSE(model.age_is_legal(one, MORPH_ROOM_YOUNG, 1));
    model.collect_minor();
    model.collect_full();
    EXPECT_TRUE(model.age_is_legal(one, MORPH_ROOM_YOUNG, 2));
    EXPECT_FALSE(model.age_is_legal(one, MORPH_ROOM_YOUNG, 1));
    model.collect_minor();
    EXPECT_FALSE(model.age_is_legal(one, MORPH_ROOM_YOUNG, 3)) << "it should be old";
    EXPECT_TRUE(model.age_is_legal(one, MORPH_ROOM_YOUNG, 3, true)) << "memory was refused";
    EXPECT_TRUE(model.age_is_legal(one, MORPH_ROOM_OLD, 0));
    EXPECT_FALSE(model.age_is_legal(one, MORPH_ROOM_YOUNG, 3, true));
    EXPECT_FALSE(model.age_is_legal(one, MORPH_ROOM_NONE, 0));
}

TEST_F(HeapModelTest, ResetForgetsAllButTypesAndNumbers) {
    const ObjectId last = rooted(make());
    model.set_finalizer(last, true);
    model.reset();
    EXPECT_EQ(model.find(last), nullptr);
    EXPECT_EQ(model.cell(0), kNoObject);
    EXPECT_TRUE(model.roots().empty());
    EXPECT_EQ(model.finalizers(), 0u);
    EXPECT_EQ(model.counts().frees, 1u);
    EXPECT_GT(make(), last);
    EXPECT_TRUE(model.collect_full().cleared.empty());
}

// The same by another way: a straightforward closure over all objects until nothing changes.
Ids closure_of(const HeapModel& model, Ids from) {
    for (size_t at = 0; at < from.size(); ++at) {
        for (const ObjectId value : model.find(from[at])->slots) {
            if (value != kNoObject && std::ranges::count(from, value) == 0) from.push_back(value);
        }
    }
    std::ranges::sort(from);
    from.erase(std::unique(from.begin(), from.end()), from.end());
    return from;
}

TEST(HeapModelRandom, CollectionsAgreeWithAClosureComputedAnotherWay) {
    for (uint32_t seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&random](size_t bound) { return random() % bound; };
        HeapModel model;
        MorphCode code = MORPH_OK;
        MorphMemTypeInfo info = {};
        info.layout = MORPH_LAYOUT_POINTERS;
        const uint32_t array = model.register_type(info, &code);
        constexpr size_t kCells = 6;
        for (size_t cell = 0; cell < kCells; ++cell) {
            cell % 2 == 0 ? model.push_root(cell) : model.add_global_root(cell);
        }
        for (int step = 0; step < 200; ++step) {
            const ObjectId one = model.cell(below(kCells));
            const ObjectId other = model.cell(below(kCells));
            switch (below(6)) {
                case 0:
                case 1:
                    model.set_cell(below(kCells), model.allocate(below(5) * 8, array).object->id);
                    break;
                case 2: {
                    const HeapObject* object = model.find(one);
                    if (object == nullptr || object->slots.empty()) break;
                    model.write(one, below(object->slots.size()), other);
                    break;
                }
                case 3:
                    if (one != kNoObject) model.set_finalizer(one, below(2) == 0);
                    break;
                case 4:
                    model.set_cell(below(kCells), kNoObject);
                    break;
                default: {
                    Ids roots;
                    for (size_t cell = 0; cell < kCells; ++cell) {
                        if (model.cell(cell) != kNoObject) roots.push_back(model.cell(cell));
                    }
                    roots = closure_of(model, roots);
                    ASSERT_EQ(model.reachable(), roots) << seed;
                    Ids finalizable = roots;
                    for (const HeapObject* object : model.live()) {
                        if (object->finalizer != 0) finalizable.push_back(object->id);
                    }
                    finalizable = closure_of(model, finalizable);
                    const Ids ready = model.collect_full().ready;
                    Ids live;
                    for (const HeapObject* object : model.live()) live.push_back(object->id);
                    ASSERT_EQ(live, finalizable) << seed;
                    for (const ObjectId id : ready) {
                        ASSERT_EQ(std::ranges::count(roots, id), 0);
                        ASSERT_TRUE(model.start_finalizer(id));
                    }
                    ASSERT_EQ(model.finish_collections(), kNoObject);
                }
            }
            ASSERT_EQ(model.check(), nullptr) << seed;
        }
    }
}

}  // namespace

// The model's rules of a context on V1: one heap for all, and no size classes.
#include <gtest/gtest.h>

#include "reference/model.h"

namespace reference {
namespace {

Settings baseline() {
    Settings settings;
    settings.rules = Rules::baseline;
    return settings;
}

TEST(BaselineModel, PlacementsAreCheckedAndHaveNoEffect) {
    Model model(baseline());
    for (MorphMemPlacement placement : {MORPH_PLACE_BY_SIZE, MORPH_PLACE_POOL, MORPH_PLACE_ARENA}) {
        const Result result = model.allocate(5000, 0, false, 8, placement);
        ASSERT_EQ(result.code, MORPH_OK);
        EXPECT_EQ(result.object->room, MORPH_ROOM_LARGE);
        EXPECT_EQ(model.free(*result.object), MORPH_OK);
        EXPECT_EQ(model.context_figures().total.objects_live, 0u);
    }
    const auto none = static_cast<MorphMemPlacement>(3);
    EXPECT_EQ(model.allocate(8, 0, false, 8, none).code, MORPH_ERROR_INVALID_ARGUMENT);
}

TEST(BaselineModel, AnObjectIsLargeWhenItDoesNotFitAPageWithItsHeaderOrIsAligned) {
    Model model(baseline());
    EXPECT_EQ(model.allocate(4008).object->room, MORPH_ROOM_OLD);
    EXPECT_EQ(model.allocate(4009).object->room, MORPH_ROOM_LARGE);
    EXPECT_EQ(model.allocate(8, 0, false, 16).object->room, MORPH_ROOM_LARGE);
    EXPECT_EQ(model.allocate(0).object->room, MORPH_ROOM_OLD);
}

TEST(BaselineModel, AnObjectStaysOnlyWhenItsSizeStays) {
    Model model(baseline());
    Object* object = model.allocate(100).object;
    EXPECT_FALSE(model.stays(*object, 101));
    ASSERT_TRUE(model.stays(*object, 100));
    EXPECT_EQ(model.reallocate(*object, 100).object, object);
    EXPECT_EQ(model.context_figures().resizes, 1u);
    const uint64_t id = object->id;
    EXPECT_NE(model.reallocate(*object, 99).object->id, id);
    EXPECT_EQ(model.context_figures().total.frees, 1u);
}

TEST(BaselineModel, FiguresAreInTheTotalAndByTypeAndInNoPoolOrArena) {
    Model model(baseline());
    MorphCode code = MORPH_OK;
    const uint32_t type = model.register_type("node", MORPH_PLACE_ARENA, &code);
    Object* first = model.allocate(24, type).object;
    model.allocate(6000, type);
    model.allocate(1);
    model.free(*first);
    const MorphMemStats stats = model.context_figures();
    EXPECT_TRUE(stats.v1);
    EXPECT_EQ(stats.total.bytes_live, 6001u);
    EXPECT_EQ(stats.pool.allocations + stats.arena.allocations, 0u);
    EXPECT_EQ(stats.arena_bytes_used, 0u);
    EXPECT_EQ(model.type_figures(type).counts.bytes_live, 6000u);
    EXPECT_EQ(model.check(), nullptr);
    model.reset();
    EXPECT_EQ(model.context_figures().total.bytes_live, 0u);
    EXPECT_EQ(model.check(), nullptr);
}

}  // namespace
}  // namespace reference

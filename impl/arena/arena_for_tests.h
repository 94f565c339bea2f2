// For tests: an arena with a meter on its memory, destroyed and balanced at the end of the scope.
#pragma once

#include <gtest/gtest.h>

#include "chunk/meter_for_tests.h"

#include "morph/arena.h"

namespace morph {

class TestArena {
 public:
    explicit TestArena(MorphArenaConfig config = {}, size_t bytes_max = 0) {
        config.memory = meter.limits(bytes_max);
        arena_ = morph_arena_create(&config);
    }
    TestArena(const TestArena&) = delete;
    TestArena& operator=(const TestArena&) = delete;
    ~TestArena() {
        if (arena_ != nullptr) {
            EXPECT_EQ(morph_arena_verify(arena_), MORPH_OK) << error().text;
        }
        morph_arena_destroy(arena_);
        EXPECT_EQ(meter.held(), 0u) << "a leak";
    }

    operator MorphArena*() const { return arena_; }
    MorphArena* operator->() const { return arena_; }
    [[nodiscard]] MorphArenaStats stats() const { return morph_arena_stats(arena_); }
    [[nodiscard]] MorphError error() const { return morph_arena_last_error(arena_); }

    Meter meter;

 private:
    MorphArena* arena_ = nullptr;
};

inline void expect_equal(const MorphArenaStats& left, const MorphArenaStats& right) {
    EXPECT_EQ(left.bytes_used, right.bytes_used);
    EXPECT_EQ(left.bytes_padding, right.bytes_padding);
    EXPECT_EQ(left.bytes_reserved, right.bytes_reserved);
    EXPECT_EQ(left.bytes_mapped, right.bytes_mapped);
    EXPECT_EQ(left.bytes_mapped_peak, right.bytes_mapped_peak);
    EXPECT_EQ(left.blocks, right.blocks);
    EXPECT_EQ(left.chunks, right.chunks);
    EXPECT_EQ(left.large_objects, right.large_objects);
    EXPECT_EQ(left.scopes, right.scopes);
    EXPECT_EQ(left.utilisation, right.utilisation);
}

}  // namespace morph

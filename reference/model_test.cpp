// The Model's rules, one by one, and its check function on random programs.

#include "reference/model.h"

#include <gtest/gtest.h>
#include <random>

namespace reference {
namespace {

struct Hooks {
    size_t granted = 0;
    size_t given_back = 0;
    size_t requests = 0;
    size_t refuse_at = SIZE_MAX;  // number of the request that is refused, from 0

    MorphMemoryLimits limits() {
        return {.bytes_max = 0, .request = &request, .returned = &returned, .user = this};
    }
    static bool request(void* user, size_t bytes) {
        auto* hooks = static_cast<Hooks*>(user);
        if (hooks->requests++ == hooks->refuse_at) return false;
        hooks->granted += bytes;
        return true;
    }
    static void returned(void* user, size_t bytes) {
        static_cast<Hooks*>(user)->given_back += bytes;
    }
};

TEST(ReferenceModel, SlotsAreThoseOfThePublicSizeClasses) {
    for (size_t size = 1; size <= MORPH_POOL_MAX_SIZE; ++size) {
        ASSERT_EQ(pool_slot_bytes(size, 8, false), morph_size_class_bytes(morph_size_class(size)));
        ASSERT_EQ(pool_slot_bytes(size, 8, true),
                  morph_size_class_bytes(morph_size_class(size + kGuardBytes)));
    }
    EXPECT_EQ(pool_slot_bytes(0, 8, false), 8u);
    EXPECT_EQ(pool_slot_bytes(1025, 8, false), 0u);
    EXPECT_EQ(pool_slot_bytes(SIZE_MAX, 8, false), 0u);
    EXPECT_EQ(pool_slot_bytes(129, 8, false), 144u);
    EXPECT_EQ(pool_slot_bytes(1024, 8, true), 1152u);
}

TEST(ReferenceModel, SlotsOfAlignedObjectsAreMultiplesOfTheAlignment) {
    for (const bool debug : {false, true}) {
        for (size_t alignment = 8; alignment <= 2048; alignment *= 2) {
            for (size_t size = 0; size <= MORPH_POOL_MAX_SIZE; ++size) {
                const size_t slot = pool_slot_bytes(size, alignment, debug);
                ASSERT_EQ(slot % alignment, 0u) << size << " at " << alignment;
                ASSERT_TRUE(slot == 0 || slot >= size + (debug ? kGuardBytes : 0));
            }
        }
    }
    EXPECT_EQ(pool_slot_bytes(1, 1024, false), 1024u);
    EXPECT_EQ(pool_slot_bytes(1, 2048, false), 0u);
    EXPECT_EQ(pool_slot_bytes(1024, 512, true), 0u) << "its guard does not fit at that alignment";
}

TEST(ReferenceModel, PlacementIsThatOfTheCallThenOfTheTypeThenBySize) {
    Model model({.rules = Rules::context});
    MorphCode code = MORPH_OK;
    const uint32_t in_arena = model.register_type("a", MORPH_PLACE_ARENA, &code);
    const uint32_t in_pool = model.register_type("p", MORPH_PLACE_POOL, &code);
    EXPECT_EQ(model.allocate(1024).object->room, MORPH_ROOM_POOL);
    EXPECT_EQ(model.allocate(1025).object->room, MORPH_ROOM_ARENA);
    EXPECT_EQ(model.allocate(8, in_arena).object->room, MORPH_ROOM_ARENA);
    EXPECT_EQ(model.allocate(1025, in_pool).code, MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(model.allocate(8, in_arena, false, 8, MORPH_PLACE_POOL).object->room,
              MORPH_ROOM_POOL);
    EXPECT_EQ(model.allocate(8, in_pool, false, 8, MORPH_PLACE_ARENA).object->room,
              MORPH_ROOM_ARENA);
    EXPECT_EQ(model.allocate(1000, 0, false, 2048).object->room, MORPH_ROOM_ARENA);
    EXPECT_EQ(model.check(), nullptr);
}

TEST(ReferenceModel, RefusesWithTheDocumentedCodesAndCountsEach) {
    Model model({.rules = Rules::context});
    EXPECT_EQ(model.allocate(8, 1).code, MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(model.allocate(8, UINT32_MAX).code, MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(model.allocate(8, 0, false, 0).code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(model.allocate(8, 0, false, 24).code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(model.allocate(8, 0, false, 2 * MORPH_MAX_ALIGNMENT).code,
              MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(model.allocate(MORPH_MAX_REQUEST + 1).code, MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(model.allocate(SIZE_MAX).code, MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(model.allocate(MORPH_MAX_REQUEST).code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(model.context_figures().failures, 8u);
    EXPECT_EQ(model.context_figures().total.allocations, 0u);
    Model pool({.rules = Rules::pool});
    EXPECT_EQ(pool.allocate(1025, MORPH_MAX_TYPES).code, MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(pool.allocate(1024, MORPH_MAX_TYPES).code, MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(pool.allocate(1024, MORPH_MAX_TYPES - 1).code, MORPH_OK);
}

TEST(ReferenceModel, StaysInPlaceExactlyWithinTheSizeClassOfAPool) {
    Model model({.rules = Rules::context});
    Object* object = model.allocate(129).object;
    std::memset(object->address, 7, 129);
    EXPECT_FALSE(model.stays(*object, 128));
    EXPECT_TRUE(model.stays(*object, 144));
    EXPECT_FALSE(model.stays(*object, 145));
    EXPECT_EQ(model.reallocate(*object, 144).object, object);
    EXPECT_EQ(model.context_figures().resizes, 1u);
    EXPECT_EQ(model.context_figures().total.bytes_allocated, 144u);
    EXPECT_EQ(model.reallocate(*object, 130).object, object);
    EXPECT_EQ(model.context_figures().total.bytes_freed, 14u);

    Object* moved = model.reallocate(*object, 2000).object;
    EXPECT_EQ(moved->room, MORPH_ROOM_ARENA);
    for (size_t at = 0; at < 129; ++at) ASSERT_EQ(moved->address[at], 7);
    EXPECT_EQ(model.live().size(), 1u) << "the pool's is freed";
    Object* again = model.reallocate(*moved, 2000).object;
    EXPECT_NE(again, moved);
    EXPECT_EQ(model.live().size(), 2u) << "the arena's stays";
    EXPECT_EQ(model.context_figures().total.frees, 1u);
    EXPECT_EQ(model.context_figures().bytes_live_peak, 4000u);
    EXPECT_EQ(model.check(), nullptr);
}

TEST(ReferenceModel, FreeOfAnArenasObjectChangesNothing) {
    Model model({.rules = Rules::context});
    Object* object = model.allocate(5000).object;
    EXPECT_EQ(model.free(*object), MORPH_OK);
    EXPECT_EQ(model.live().size(), 1u);
    EXPECT_EQ(model.context_figures().total.frees, 0u);
    model.reset();
    EXPECT_EQ(model.context_figures().total.frees, 1u);
    EXPECT_EQ(model.memory().bytes(), 0u);
}

TEST(ReferenceModel, ScopesFreeWhatCameAfterAndCloseInnerOnes) {
    Model model({.rules = Rules::arena});
    model.allocate(8);
    const uint64_t outer = model.mark();
    model.allocate(3);
    const uint64_t inner = model.mark();
    model.allocate(0);
    EXPECT_EQ(model.arena_figures().bytes_used, 24u);
    EXPECT_EQ(model.arena_figures().scopes, 2u);
    EXPECT_EQ(model.release(outer), MORPH_OK);
    EXPECT_EQ(model.live().size(), 1u);
    EXPECT_EQ(model.release(inner), MORPH_ERROR_SCOPE);
    EXPECT_EQ(model.release(outer), MORPH_ERROR_SCOPE);
    EXPECT_NE(model.mark(), outer);
    model.reset();
    EXPECT_EQ(model.arena_figures().scopes, 0u);
    EXPECT_EQ(model.check(), nullptr);
}

TEST(ReferenceModel, TypesEndAtTheLimit) {
    Model model({.rules = Rules::context});
    MorphCode code = MORPH_OK;
    EXPECT_EQ(model.register_type("", static_cast<MorphMemPlacement>(3), &code),
              MORPH_TYPE_INVALID);
    EXPECT_EQ(code, MORPH_ERROR_INVALID_ARGUMENT);
    for (uint32_t id = 1; id < MORPH_MAX_TYPES; ++id) {
        ASSERT_EQ(model.register_type("", MORPH_PLACE_BY_SIZE, &code), id);
    }
    EXPECT_EQ(model.register_type("", MORPH_PLACE_BY_SIZE, &code), MORPH_TYPE_INVALID);
    EXPECT_EQ(code, MORPH_ERROR_TOO_MANY_TYPES);
    EXPECT_STREQ(model.type_figures(300).name, "type 300");
    EXPECT_EQ(model.allocate(1, MORPH_MAX_TYPES - 1).code, MORPH_OK);
}

TEST(ReferenceModel, NamesAreKeptUpTo63Bytes) {
    Model model({.rules = Rules::context});
    MorphCode code = MORPH_OK;
    const uint32_t id = model.register_type(std::string(200, 'x'), MORPH_PLACE_POOL, &code);
    EXPECT_EQ(std::string(model.type_figures(id).name), std::string(63, 'x'));
}

TEST(ReferenceModel, ARefusedRequestChangesNothing) {
    Hooks hooks;
    Model model({.rules = Rules::context, .limits = hooks.limits()});
    Object* object = model.allocate(100).object;
    hooks.refuse_at = 1;
    EXPECT_EQ(model.reallocate(*object, 500).code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(object->size, 100u);
    EXPECT_EQ(model.live().size(), 1u);
    EXPECT_EQ(model.context_figures().failures, 1u);
    EXPECT_EQ(model.context_figures().total.allocations, 1u);
    EXPECT_EQ(model.check(), nullptr);
}

TEST(ReferenceModel, NotedFailuresAreCountedAndNothingElse) {
    Model model({.rules = Rules::context});
    EXPECT_EQ(model.note_failure(), MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(model.context_figures().failures, 1u);
    EXPECT_EQ(model.context_figures().total.allocations, 0u);
}

TEST(ReferenceModel, WithoutMetricsCountsAreZeroAndBytesUsedIsNot) {
    Model model({.rules = Rules::context, .metrics = false});
    model.allocate(100);
    model.allocate(2001);
    const MorphMemStats stats = model.context_figures();
    EXPECT_EQ(stats.total.allocations, 0u);
    EXPECT_EQ(stats.bytes_live_peak, 0u);
    EXPECT_EQ(stats.arena_bytes_used, 2008u);
    EXPECT_EQ(model.type_figures(0).counts.allocations, 0u);
}

TEST(ReferenceModel, FindsObjectsFromAnyAddressInThem) {
    Model model({.rules = Rules::pool});
    Object* object = model.allocate(20).object;
    EXPECT_EQ(model.find(object->address), object);
    EXPECT_EQ(model.find(object->address + 23), object) << "slack included";
    EXPECT_NE(model.find(object->address + 24), object);
    EXPECT_NE(model.find(object->address - 1), object);
    EXPECT_EQ(model.find(nullptr), nullptr);
    EXPECT_EQ(model.find(reinterpret_cast<void*>(UINTPTR_MAX)), nullptr);
    const void* gone = object->address;
    model.free(*object);
    EXPECT_EQ(model.find(gone), nullptr);
}

TEST(ReferenceModel, AGuardTellsOfOneByteTooMany) {
    Model model({.rules = Rules::pool, .debug = true});
    for (const size_t size : std::vector<size_t>{0, 1, 7, 8, 120, 1024}) {
        Object* object = model.allocate(size).object;
        std::memset(object->address, 0, size);
        EXPECT_TRUE(model.guard_intact(*object));
        object->address[size] ^= 1;
        EXPECT_FALSE(model.guard_intact(*object));
    }
}

// Runs a random program; refusals come at random as well.
void run_random(Rules rules, uint32_t seed, Hooks* hooks) {
    Model model({.rules = rules, .debug = seed % 2 == 0, .limits = hooks->limits()});
    std::mt19937 random(seed);
    for (int step = 0; step < 400; ++step) {
        hooks->refuse_at = random() % 8 == 0 ? hooks->requests : SIZE_MAX;
        const size_t size = random() % (random() % 10 == 0 ? 5000 : 300);
        const size_t live = model.live().size();
        Object* object = live > 0 ? model.live()[random() % live] : nullptr;
        const unsigned choice = static_cast<unsigned>(random() % 12);
        if (choice < 6) {
            const size_t alignment = rules == Rules::pool ? 8 : size_t{1} << random() % 12;
            model.allocate(size, 0, choice == 0, alignment);
        } else if (choice == 11 && random() % 10 == 0) {
            model.reset();
        } else if (rules == Rules::arena) {
            const auto scopes = model.scopes();
            if (choice < 9 || scopes.empty()) {
                model.mark();
            } else {
                model.release(scopes[random() % scopes.size()]);
            }
        } else if (object != nullptr && choice < 9) {
            model.free(*object);
        } else if (object != nullptr) {
            model.reallocate(*object, size);
        }
        const char* broken = model.check();
        ASSERT_EQ(broken, nullptr) << broken << " after step " << step << " of seed " << seed;
    }
}

TEST(ReferenceModel, RandomProgramsKeepEveryInvariantAndGiveAllMemoryBack) {
    for (const Rules rules : {Rules::arena, Rules::pool, Rules::context}) {
        for (uint32_t seed = 0; seed < 60; ++seed) {
            Hooks hooks;
            ASSERT_NO_FATAL_FAILURE(run_random(rules, seed, &hooks));
            ASSERT_EQ(hooks.granted, hooks.given_back);
            ASSERT_GT(hooks.granted, 0u);
        }
    }
}

TEST(ReferenceMemory, TheBoundHoldsToTheByte) {
    Memory memory({.bytes_max = 100, .request = nullptr, .returned = nullptr, .user = nullptr});
    unsigned char* first = memory.take(60, 8);
    EXPECT_EQ(memory.take(41, 8), nullptr);
    unsigned char* second = memory.take(40, 64);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(second) % 64, 0u);
    memory.give_back(first, 60);
    memory.give_back(second, 40);
    EXPECT_EQ(memory.bytes(), 0u);
    EXPECT_EQ(memory.bytes_peak(), 100u);
}

TEST(ReferenceMemory, AGrantThatMallocCannotServeIsReturnedAtOnce) {
    Hooks hooks;
    Memory memory(hooks.limits());
    EXPECT_EQ(memory.take(kLargestPiece + 1, 8), nullptr);
    EXPECT_EQ(hooks.granted, kLargestPiece + 1);
    EXPECT_EQ(hooks.given_back, hooks.granted);
}

}  // namespace
}  // namespace reference

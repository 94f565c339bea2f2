#include "heap/trace.h"

#include <algorithm>
#include <random>
#include <vector>

#include "heap/tables_for_tests.h"

namespace morph {
namespace {

using Offsets = std::vector<size_t>;

class Trace : public TableTest {
 protected:
    Trace() { EXPECT_EQ(types.open(), MORPH_OK); }

    const TypeLayout& layout_of(MorphLayout layout, const Offsets& offsets = {},
                                size_t element_size = 0) {
        MorphMemTypeInfo info = {};
        info.layout = layout;
        info.offsets = offsets.data();
        info.offset_count = offsets.size();
        info.element_size = element_size;
        uint32_t type = types.add(info);
        EXPECT_NE(type, MORPH_TYPE_INVALID) << errors.last.text;
        return types.layout(type);
    }
    // The offsets of the slots that each_slot visits. Tracing alone does not touch the object.
    Offsets traced(size_t size, const TypeLayout& layout) {
        Offsets found;
        each_slot(object(), size, layout, [&](void** slot) { found.push_back(offset(slot)); });
        return found;
    }
    Offsets traced_between(size_t size, const TypeLayout& layout, size_t begin, size_t end) {
        Offsets found;
        each_slot_between(object(), size, layout, begin, end,
                          [&](void** slot) { found.push_back(offset(slot)); });
        return found;
    }
    // What it should be, the plain way.
    static Offsets expected(size_t size, const Offsets& offsets, size_t element) {
        Offsets all;
        for (size_t base = 0; base + element <= size; base += element) {
            for (size_t offset : offsets) all.push_back(base + offset);
        }
        return all;
    }
    static Offsets within(const Offsets& all, size_t begin, size_t end) {
        Offsets some;
        for (size_t at : all) {
            if (at >= begin && at < end) some.push_back(at);
        }
        return some;
    }

    void* object() { return memory; }
    size_t offset(void** slot) {
        return static_cast<size_t>(reinterpret_cast<unsigned char*>(slot) - memory);
    }

    alignas(16) unsigned char memory[16] = {};
    MorphHeap head = {};
    HeapTypes types{source, errors, head};
};

TEST_F(Trace, DataAndWeakObjectsHaveNoSlots) {
    EXPECT_EQ(traced(800, layout_of(MORPH_LAYOUT_DATA)), Offsets{});
    EXPECT_EQ(traced(800, layout_of(MORPH_LAYOUT_WEAK)), Offsets{});
}

TEST_F(Trace, EveryOffsetIsVisitedTheFirstAndTheLastToo) {
    for (size_t count : {1u, 2u, 3u, 40u, 1000u}) {
        for (size_t step : {8u, 16u, 24u}) {
            for (size_t first : {0u, 8u, 80u}) {
                Offsets offsets;
                for (size_t index = 0; index < count; ++index) {
                    offsets.push_back(first + index * step);
                }
                const TypeLayout& layout = layout_of(MORPH_LAYOUT_OFFSETS, offsets);
                EXPECT_EQ(traced(offsets.back() + 8, layout), offsets);
                EXPECT_EQ(traced(size_t{1} << 40, layout), offsets) << "whatever the size";
            }
        }
    }
}

TEST_F(Trace, AnArrayOfPointersIsVisitedUpToItsLastWholeWord) {
    const TypeLayout& layout = layout_of(MORPH_LAYOUT_POINTERS);
    for (size_t size = 0; size < 300; ++size) {
        EXPECT_EQ(traced(size, layout), expected(size, {0}, 8)) << size;
    }
}

TEST_F(Trace, AnArrayOfStructsIsVisitedUpToItsLastWholeStruct) {
    struct Case {
        Offsets offsets;
        size_t element;
    };
    for (const Case& one : {Case{{0}, 8}, Case{{0}, 24}, Case{{8, 16}, 24}, Case{{0, 16}, 24},
                            Case{{0, 8, 16}, 24}, Case{{40}, 48}}) {
        const TypeLayout& layout = layout_of(MORPH_LAYOUT_STRUCTS, one.offsets, one.element);
        for (size_t size = 0; size < 300; ++size) {
            EXPECT_EQ(traced(size, layout), expected(size, one.offsets, one.element)) << size;
        }
    }
}

// Names each third word, and tells what it was called with.
struct Custom {
    void* object;
    size_t size;
    size_t calls = 0;
    static void visit(void* user, void* object, size_t size, MorphSlotVisitor* visitor) {
        auto* custom = static_cast<Custom*>(user);
        custom->calls += size_t{object == custom->object && size == custom->size};
        auto** words = static_cast<void**>(object);
        for (size_t word = 0; word < size / 8; word += 3) visitor->visit(visitor, &words[word]);
    }
};

TEST_F(Trace, ACustomVisitorNamesTheSlots) {
    Custom custom{object(), 80};
    MorphMemTypeInfo info = {};
    info.layout = MORPH_LAYOUT_CUSTOM;
    info.visit = &Custom::visit;
    info.visit_user = &custom;
    const TypeLayout& layout = types.layout(types.add(info));
    EXPECT_EQ(traced(80, layout), (Offsets{0, 24, 48, 72}));
    EXPECT_EQ(custom.calls, 1u);
    custom.size = 0;
    EXPECT_EQ(traced(0, layout), Offsets{});
    EXPECT_EQ(custom.calls, 2u) << "asked of an empty object as well";
}

TEST_F(Trace, TheCallerMayWriteTheSlotsItIsGiven) {
    std::vector<void*> array(100, object());
    const TypeLayout& layout = layout_of(MORPH_LAYOUT_STRUCTS, {8, 16}, 24);
    each_slot(array.data(), 800, layout, [](void** slot) { *slot = nullptr; });
    for (size_t index = 0; index < 100; ++index) {
        EXPECT_EQ(array[index] == nullptr, index % 3 != 0 && index < 99) << index;
    }
}

TEST_F(Trace, ARangeVisitsExactlyTheSlotsThatBeginInIt) {
    std::mt19937_64 random(8);
    for (int round = 0; round < 400; ++round) {
        Offsets offsets;
        size_t element = 8 + random() % 12 * 8;
        for (size_t at = 0; at < element; at += 8) {
            if (random() % 2 == 0) offsets.push_back(at);
        }
        if (offsets.empty()) offsets.push_back(0);
        bool structs = random() % 4 != 0;
        if (!structs) offsets = {0};
        if (!structs) element = 8;
        const TypeLayout& layout = structs ? layout_of(MORPH_LAYOUT_STRUCTS, offsets, element)
                                           : layout_of(MORPH_LAYOUT_POINTERS);
        size_t size = random() % 3000;
        Offsets all = expected(size, offsets, element);
        ASSERT_EQ(traced(size, layout), all);
        for (int times = 0; times < 20; ++times) {
            size_t begin = random() % 3200;
            size_t end = random() % 3200;
            ASSERT_EQ(traced_between(size, layout, begin, end), within(all, begin, end));
        }
        // Cards that lie side by side visit each slot once.
        Offsets by_cards;
        for (size_t begin = 0; begin < size; begin += 512) {
            Offsets card = traced_between(size, layout, begin, begin + 512);
            by_cards.insert(by_cards.end(), card.begin(), card.end());
        }
        ASSERT_EQ(by_cards, all);
    }
}

TEST_F(Trace, RangesAtTheEndsOfTheNumbersAreEmptyOrWhole) {
    for (const TypeLayout* layout :
         {&layout_of(MORPH_LAYOUT_POINTERS), &layout_of(MORPH_LAYOUT_STRUCTS, {0, 8}, 16)}) {
        Offsets all = expected(100, {0, 8}, 16);
        if (layout->layout == MORPH_LAYOUT_POINTERS) all = expected(100, {0}, 8);
        EXPECT_EQ(traced_between(100, *layout, 0, SIZE_MAX), all);
        for (size_t begin : {size_t{100}, SIZE_MAX - 7, SIZE_MAX - 6, SIZE_MAX}) {
            EXPECT_EQ(traced_between(100, *layout, begin, SIZE_MAX), Offsets{}) << begin;
        }
        EXPECT_EQ(traced_between(100, *layout, 50, 50), Offsets{});
        EXPECT_EQ(traced_between(100, *layout, 50, 10), Offsets{});
        EXPECT_EQ(traced_between(0, *layout, 0, SIZE_MAX), Offsets{});
    }
}

using TraceDeathTest = Trace;

TEST_F(TraceDeathTest, ARangeOfAnObjectWithoutCardsTraps) {
    const TypeLayout& layout = layout_of(MORPH_LAYOUT_OFFSETS, {0});
    EXPECT_DEATH(traced_between(8, layout, 0, 8), "");
}

}  // namespace
}  // namespace morph

#include "heap/heap_types.h"

#include <random>
#include <string>
#include <vector>

#include "heap/tables_for_tests.h"

namespace morph {
namespace {

void visit_nothing(void*, void*, size_t, MorphSlotVisitor*) {}

MorphMemTypeInfo info_of(MorphLayout layout, const std::vector<size_t>& offsets = {},
                         size_t element_size = 0) {
    MorphMemTypeInfo info = {};
    info.layout = layout;
    info.offsets = offsets.data();
    info.offset_count = offsets.size();
    info.element_size = element_size;
    if (layout == MORPH_LAYOUT_CUSTOM) info.visit = visit_nothing;
    return info;
}

class HeapTypesTest : public TableTest {
 protected:
    void open() { ASSERT_EQ(types.open(), MORPH_OK); }
    uint32_t add(MorphLayout layout, const std::vector<size_t>& offsets = {},
                 size_t element_size = 0) {
        return types.add(info_of(layout, offsets, element_size));
    }
    void expect_refused(const MorphMemTypeInfo& info, const std::string& field) {
        uint32_t count = types.count();
        Footprint before(source);
        EXPECT_EQ(types.add(info), MORPH_TYPE_INVALID);
        EXPECT_EQ(errors.last.code, MORPH_ERROR_INVALID_ARGUMENT);
        EXPECT_NE(std::string(errors.last.text).find(field), std::string::npos) << errors.last.text;
        EXPECT_EQ(types.count(), count);
        EXPECT_EQ(Footprint(source), before);
        EXPECT_EQ(types.check(), nullptr);
    }
    // Whether the first test of morph_heap_alloc lets that size through, and a nursery has room.
    [[nodiscard]] bool served_inline(uint32_t type, size_t size) const {
        const MorphHeapType& record = head.types[type];
        size_t bytes = (size + 15) & ~size_t{7};
        return size - record.size_min <= record.size_span && bytes <= MORPH_NURSERY_BYTES_MAX;
    }

    MorphHeap head = {};
    HeapTypes types{source, errors, head};
};

TEST_F(HeapTypesTest, TheTypeNoneIsThereFromTheBeginning) {
    meter.refuse(1);
    EXPECT_EQ(types.open(), MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(source.bytes_mapped(), 0u);
    meter.grant_all();
    open();
    EXPECT_EQ(types.count(), 1u);
    EXPECT_EQ(head.type_count, 1u);
    EXPECT_STREQ(types[MORPH_TYPE_NONE].name, "none");
    EXPECT_EQ(types.layout(MORPH_TYPE_NONE).layout, MORPH_LAYOUT_DATA);
    EXPECT_EQ(types.check(), nullptr);
}

TEST_F(HeapTypesTest, NamesAreCopiedCutAndMadeUp) {
    open();
    MorphMemTypeInfo info = {};
    EXPECT_STREQ(types[types.add(info)].name, "type 1");
    info.name = "";
    EXPECT_STREQ(types[types.add(info)].name, "type 2");
    std::string name(63, 'a');
    info.name = name.c_str();
    uint32_t exact = types.add(info);
    std::string longest(100000, 'b');
    info.name = longest.c_str();
    uint32_t cut = types.add(info);
    name = "overwritten";
    EXPECT_EQ(types[exact].name, std::string(63, 'a'));
    EXPECT_EQ(types[cut].name, std::string(63, 'b'));
    EXPECT_EQ(types.check(), nullptr);
}

TEST_F(HeapTypesTest, ALayoutWithoutWhatItNeedsIsRefusedAndTheFieldNamed) {
    open();
    for (MorphLayout layout : {MORPH_LAYOUT_OFFSETS, MORPH_LAYOUT_STRUCTS}) {
        expect_refused(info_of(layout, {}, 8), "offset_count");
        MorphMemTypeInfo info = info_of(layout, {0}, 8);
        info.offsets = nullptr;
        expect_refused(info, "offsets");
        for (size_t count :
             {SIZE_MAX, SIZE_MAX / 4, (size_t{1} << 62) + 1, (size_t{1} << 29) + 1}) {
            info.offset_count = count;
            expect_refused(info, "offset_count");
        }
        expect_refused(info_of(layout, {4}, 64), "offsets[0]");
        expect_refused(info_of(layout, {0, 8, 17}, 64), "offsets[2]");
        expect_refused(info_of(layout, {8, 8}, 64), "offsets[1]");
        expect_refused(info_of(layout, {8, 24, 16}, 64), "offsets[2]");
        expect_refused(info_of(layout, {0, size_t{1} << 32}, 64), "offsets[1]");
        expect_refused(info_of(layout, {SIZE_MAX - 7}, 64), "offsets[0]");
    }
    for (size_t element : {size_t{0}, size_t{4}, size_t{12}, size_t{1} << 32, SIZE_MAX - 7}) {
        expect_refused(info_of(MORPH_LAYOUT_STRUCTS, {0}, element), "element_size");
    }
    expect_refused(info_of(MORPH_LAYOUT_STRUCTS, {0, 16}, 16), "offsets[1]");
    MorphMemTypeInfo custom = info_of(MORPH_LAYOUT_CUSTOM);
    custom.visit = nullptr;
    expect_refused(custom, "visit");
    unsigned number = 6;
    MorphMemTypeInfo bad = {};
    memcpy(&bad.layout, &number, sizeof(number));
    expect_refused(bad, "layout 6");
    bad = {};
    number = 3;
    memcpy(&bad.placement, &number, sizeof(number));
    expect_refused(bad, "placement 3");
    EXPECT_EQ(add(MORPH_LAYOUT_DATA), 1u);
}

TEST_F(HeapTypesTest, WhatALayoutDoesNotUseIsIgnored) {
    open();
    for (MorphLayout layout :
         {MORPH_LAYOUT_DATA, MORPH_LAYOUT_POINTERS, MORPH_LAYOUT_CUSTOM, MORPH_LAYOUT_WEAK}) {
        MorphMemTypeInfo info = info_of(layout, {3}, 5);
        info.offset_count = SIZE_MAX;
        uint32_t type = types.add(info);
        ASSERT_NE(type, MORPH_TYPE_INVALID);
        EXPECT_EQ(types.layout(type).offset_count, 0u);
        EXPECT_EQ(types.layout(type).element_bytes, 0u);
    }
    EXPECT_EQ(types.check(), nullptr);
}

TEST_F(HeapTypesTest, TheLargestOffsetsAndStructsAreKept) {
    open();
    size_t last = (size_t{1} << 32) - 8;
    uint32_t far = add(MORPH_LAYOUT_OFFSETS, {0, last});
    ASSERT_NE(far, MORPH_TYPE_INVALID);
    EXPECT_EQ(types.layout(far).offsets[1], last);
    EXPECT_EQ(types.size_required(far), last + 8) << "beyond 32 bits";
    uint32_t wide = add(MORPH_LAYOUT_STRUCTS, {last - 8}, last);
    ASSERT_NE(wide, MORPH_TYPE_INVALID);
    EXPECT_EQ(types.layout(wide).element_bytes, last);
    EXPECT_EQ(types.check(), nullptr);
}

TEST_F(HeapTypesTest, LeastSizesHoldTheReferences) {
    open();
    EXPECT_EQ(types.size_required(add(MORPH_LAYOUT_DATA)), 0u);
    EXPECT_EQ(types.size_required(add(MORPH_LAYOUT_POINTERS)), 0u);
    EXPECT_EQ(types.size_required(add(MORPH_LAYOUT_STRUCTS, {0, 8}, 24)), 0u);
    EXPECT_EQ(types.size_required(add(MORPH_LAYOUT_CUSTOM)), 0u);
    EXPECT_EQ(types.size_required(add(MORPH_LAYOUT_OFFSETS, {0})), 8u);
    EXPECT_EQ(types.size_required(add(MORPH_LAYOUT_OFFSETS, {8, 40})), 48u);
    EXPECT_EQ(types.size_required(add(MORPH_LAYOUT_WEAK)), 16u);
}

TEST_F(HeapTypesTest, InlineServiceIsExactlyFromTheLeastSizeToTheMost) {
    open();
    uint32_t data = add(MORPH_LAYOUT_DATA);
    uint32_t fields = add(MORPH_LAYOUT_OFFSETS, {8, 40});
    uint32_t weak = add(MORPH_LAYOUT_WEAK);
    for (size_t most : {size_t{0}, size_t{1}, size_t{47}, size_t{48}, size_t{4096}}) {
        types.set_inline_max(most);
        EXPECT_EQ(types.inline_max(), most);
        ASSERT_EQ(types.check(), nullptr);
        std::vector<size_t> sizes = {SIZE_MAX,     SIZE_MAX - 7,     SIZE_MAX - 15,
                                     SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 2};
        for (size_t size = 0; size < 5000; ++size) sizes.push_back(size);
        for (size_t size : sizes) {
            ASSERT_EQ(served_inline(data, size), size >= 1 && size <= most) << size;
            ASSERT_EQ(served_inline(fields, size), size >= 48 && size <= most) << size;
            ASSERT_FALSE(served_inline(weak, size)) << size;
        }
        uint32_t later = add(MORPH_LAYOUT_DATA);
        EXPECT_EQ(served_inline(later, 1), most >= 1) << "a type registered afterwards";
    }
}

TEST_F(HeapTypesTest, OffsetsAreCopiedAndStayWhereTheyAre) {
    open();
    std::mt19937_64 random(7);
    struct Known {
        std::vector<size_t> offsets;
        const uint32_t* address;
    };
    std::vector<Known> known(1);
    for (int count = 0; count < 2000; ++count) {
        std::vector<size_t> offsets;
        size_t at = random() % 8 * 8;
        size_t wanted = 1 + random() % (count % 50 == 0 ? 5000u : 40u);
        for (size_t index = 0; index < wanted; ++index) {
            offsets.push_back(at);
            at += random() % 4 == 0 ? 8 + random() % 8 * 8 : 8;
        }
        bool structs = random() % 2 == 0;
        std::vector<size_t> given = offsets;
        uint32_t type =
            structs ? add(MORPH_LAYOUT_STRUCTS, given, at) : add(MORPH_LAYOUT_OFFSETS, given);
        ASSERT_EQ(type, known.size());
        std::fill(given.begin(), given.end(), 1);
        known.push_back({offsets, types.layout(type).offsets});
    }
    for (uint32_t type = 1; type < known.size(); ++type) {
        const TypeLayout& layout = types.layout(type);
        const Known& model = known[type];
        ASSERT_EQ(layout.offset_count, model.offsets.size());
        ASSERT_EQ(layout.offsets, model.address) << "they never move";
        bool adjacent = model.offsets.back() - model.offsets[0] == 8 * (model.offsets.size() - 1);
        ASSERT_EQ(layout.adjacent_from, adjacent ? model.offsets[0] : TypeLayout::kScattered);
        for (size_t index = 0; index < model.offsets.size(); ++index) {
            ASSERT_EQ(layout.offsets[index], model.offsets[index]);
        }
    }
    EXPECT_EQ(types.check(), nullptr);
}

TEST_F(HeapTypesTest, ARefusedRegistrationChangesNothing) {
    open();
    size_t refused = 0;
    std::vector<size_t> offsets;
    for (size_t index = 0; index < 90; ++index) offsets.push_back(index * 16);
    for (uint32_t id = 1; id < 3000; ++id) {
        meter.refuse(1);
        Footprint before(source);
        const MorphHeapType* table = head.types;
        uint32_t type = add(MORPH_LAYOUT_OFFSETS, offsets);
        if (type == MORPH_TYPE_INVALID) {
            refused += 1;
            ASSERT_EQ(errors.last.code, MORPH_ERROR_OUT_OF_MEMORY);
            ASSERT_EQ(Footprint(source), before);
            ASSERT_EQ(head.types, table);
            ASSERT_EQ(head.type_count, id);
            ASSERT_EQ(types.check(), nullptr);
            meter.grant_all();
            type = add(MORPH_LAYOUT_OFFSETS, offsets);
        }
        meter.grant_all();
        ASSERT_EQ(type, id);
    }
    EXPECT_GE(refused, 6u);
    EXPECT_EQ(types.check(), nullptr);
}

TEST_F(HeapTypesTest, WhenRecordsAndOffsetsGrowTogetherARefusalOfTheSecondUndoesTheFirst) {
    open();
    while (types.count() < TablePeek::capacity(types)) add(MORPH_LAYOUT_DATA);
    size_t requests = meter.requests;
    Footprint before(source);
    const MorphHeapType* table = head.types;
    uint32_t count = types.count();
    meter.refuse(2);
    EXPECT_EQ(add(MORPH_LAYOUT_OFFSETS, {0}), MORPH_TYPE_INVALID);
    EXPECT_EQ(meter.requests - requests, 2u);
    EXPECT_EQ(errors.last.code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(Footprint(source), before);
    EXPECT_EQ(head.types, table);
    EXPECT_EQ(types.check(), nullptr);
    meter.grant_all();
    EXPECT_EQ(add(MORPH_LAYOUT_OFFSETS, {0}), count);
    EXPECT_EQ(types.check(), nullptr);
}

TEST_F(HeapTypesTest, AsManyAsTheLimitAndNotOneMore) {
    open();
    types.set_inline_max(4096);
    for (uint32_t id = 1; id < MORPH_MAX_TYPES; ++id) ASSERT_EQ(add(MORPH_LAYOUT_POINTERS), id);
    EXPECT_EQ(add(MORPH_LAYOUT_DATA), MORPH_TYPE_INVALID);
    EXPECT_EQ(errors.last.code, MORPH_ERROR_TOO_MANY_TYPES);
    EXPECT_EQ(head.type_count, MORPH_MAX_TYPES);
    EXPECT_EQ(types.check(), nullptr);
    for (uint32_t id : {0u, 1u, 127u, 128u, 255u, 256u, MORPH_MAX_TYPES - 1}) {
        EXPECT_EQ(type_of(head.types[id].header), id) << "no id is truncated in a header";
    }
    uint32_t last = MORPH_MAX_TYPES - 1;
    EXPECT_EQ(types[last].name, "type " + std::to_string(last));
}

TEST_F(HeapTypesTest, CountsSurviveGrowthAndAddUp) {
    open();
    for (uint32_t id = 1; id < 500; ++id) {
        ASSERT_EQ(add(MORPH_LAYOUT_DATA), id);
        types.head_record(id).allocations = id * 3;
        types.head_record(id).bytes_allocated = id * 100;
        types[id].frees = id;
        types[id].bytes_freed = id * 30;
        types[id].marked_objects = types[id].survived_objects = 1;
        types[id].young_objects = 2;
    }
    uint64_t sum = 499 * 500 / 2;
    MorphMemCounts total = types.total();
    EXPECT_EQ(total.allocations, 3 * sum);
    EXPECT_EQ(total.frees, sum);
    EXPECT_EQ(total.objects_live, 2 * sum);
    EXPECT_EQ(total.bytes_allocated, 100 * sum);
    EXPECT_EQ(total.bytes_freed, 30 * sum);
    EXPECT_EQ(total.bytes_live, 70 * sum);
    MorphMemCounts one = types.counts(77);
    EXPECT_EQ(one.objects_live, 154u);
    EXPECT_EQ(one.bytes_live, 77u * 70);
    types.clear_scratch();
    types.free_all();
    for (uint32_t id = 1; id < 500; ++id) {
        ASSERT_EQ(types[id].marked_objects + types[id].survived_objects, 0u);
        ASSERT_EQ(types[id].young_objects, 0u);
        ASSERT_EQ(types.counts(id).objects_live + types.counts(id).bytes_live, 0u);
        ASSERT_EQ(types.counts(id).frees, id * 3);
    }
    EXPECT_EQ(types.check(), nullptr);
}

TEST_F(HeapTypesTest, TheArraysBeginAtCacheLines) {
    open();
    for (int count = 0; count < 300; ++count) {
        ASSERT_EQ(reinterpret_cast<uintptr_t>(&types.head_record(0)) % 64, 0u);
        ASSERT_EQ(reinterpret_cast<uintptr_t>(&types.layout(0)) % 64, 0u);
        ASSERT_EQ(reinterpret_cast<uintptr_t>(&types[0]) % 64, 0u);
        ASSERT_NE(add(MORPH_LAYOUT_DATA), MORPH_TYPE_INVALID);
    }
}

TEST_F(HeapTypesTest, ChecksFindWhatIsBrokenAndTheType) {
    open();
    types.set_inline_max(1000);
    uint32_t fields = add(MORPH_LAYOUT_OFFSETS, {8, 40});
    uint32_t structs = add(MORPH_LAYOUT_STRUCTS, {0, 8}, 24);
    uint32_t which = 0;
    auto expect_broken = [&](auto& part, auto wrong, const char* id, uint32_t type) {
        auto right = part;
        part = wrong;
        EXPECT_STREQ(types.check(&which), id);
        EXPECT_EQ(which, type);
        part = right;
        EXPECT_EQ(types.check(), nullptr);
    };
    MorphHeapType& head_record = types.head_record(fields);
    expect_broken(head_record.header, head_record.header | kOld, "HEAPTYPES-HEADER", fields);
    expect_broken(head_record.size_min, uint64_t{47}, "HEAPTYPES-INLINE", fields);
    expect_broken(head_record.size_span, uint64_t{953}, "HEAPTYPES-INLINE", fields);
    expect_broken(types[fields].name[0], '\0', "HEAPTYPES-NAME", fields);
    expect_broken(types[fields].frees, uint64_t{1}, "HEAPTYPES-COUNT", fields);
    expect_broken(types[structs].bytes_freed, uint64_t{1}, "HEAPTYPES-COUNT", structs);
    expect_broken(types[fields].size_required, uint64_t{40}, "HEAPTYPES-LAYOUT", fields);
    TypeLayout& layout = TablePeek::layout(types, fields);
    expect_broken(layout.adjacent_from, 8u, "HEAPTYPES-LAYOUT", fields);
    expect_broken(layout.offset_count, 1u, "HEAPTYPES-LAYOUT", fields);
    auto* offsets = const_cast<uint32_t*>(types.layout(structs).offsets);
    expect_broken(offsets[1], 24u, "HEAPTYPES-LAYOUT", structs);
    expect_broken(offsets[1], 0u, "HEAPTYPES-LAYOUT", structs);
    expect_broken(offsets[1], 12u, "HEAPTYPES-LAYOUT", structs);
    expect_broken(head.type_count, uint64_t{2}, "HEAPTYPES-ROOM", 0);
    expect_broken(TablePeek::count(types), 0u, "HEAPTYPES-ROOM", 0);
}

}  // namespace
}  // namespace morph

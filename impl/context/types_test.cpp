#include "context/types.h"

#include "context/testing.h"

namespace {

using Types = morph::ContextTest;

TEST_F(Types, TheTypeNoneIsThereFromTheBeginning) {
    open();
    EXPECT_EQ(stats().types, 1u);
    EXPECT_STREQ(type_stats(MORPH_TYPE_NONE).name, "none");
    EXPECT_NE(morph_mem_alloc(context, 1, MORPH_TYPE_NONE), nullptr);
}

TEST_F(Types, IdsCountUpFromOne) {
    open();
    for (uint32_t id = 1; id <= 500; ++id) EXPECT_EQ(add_type("x"), id);
    EXPECT_EQ(stats().types, 501u);
}

TEST_F(Types, NamesNeedNotBeUnique) {
    open();
    uint32_t first = add_type("same");
    uint32_t second = add_type("same");
    EXPECT_NE(first, second);
    EXPECT_STREQ(type_stats(first).name, type_stats(second).name);
}

TEST_F(Types, NamesAreCopied) {
    open();
    std::string name = "volatile";
    uint32_t type = add_type(name.c_str());
    name = "overwritten";
    EXPECT_STREQ(type_stats(type).name, "volatile");
}

TEST_F(Types, SixtyThreeBytesOfANameAreKept) {
    open();
    uint32_t exact = add_type(std::string(63, 'a').c_str());
    uint32_t longer = add_type(std::string(64, 'b').c_str());
    uint32_t longest = add_type(std::string(100000, 'c').c_str());
    EXPECT_EQ(type_stats(exact).name, std::string(63, 'a'));
    EXPECT_EQ(type_stats(longer).name, std::string(63, 'b'));
    EXPECT_EQ(type_stats(longest).name, std::string(63, 'c'));
}

TEST_F(Types, ATypeWithoutANameIsNamedByItsNumber) {
    open();
    EXPECT_STREQ(type_stats(add_type(nullptr)).name, "type 1");
    EXPECT_STREQ(type_stats(add_type("")).name, "type 2");
}

TEST_F(Types, NullAndBadPlacementsAreRefused) {
    open();
    EXPECT_EQ(morph_mem_register_type(context, nullptr), MORPH_TYPE_INVALID);
    EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
    MorphMemTypeInfo info = {};
    info.name = "bad";
    unsigned number = 3;
    std::memcpy(&info.placement, &number, sizeof(number));
    EXPECT_EQ(morph_mem_register_type(context, &info), MORPH_TYPE_INVALID);
    EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(stats().types, 1u);
    EXPECT_EQ(stats().failures, 2u);
    EXPECT_EQ(add_type("good"), 1u);
}

TEST_F(Types, AsManyAsTheLimitAndNotOneMore) {
    open();
    for (uint32_t id = 1; id < MORPH_MAX_TYPES; ++id) {
        ASSERT_EQ(add_type(("t" + std::to_string(id)).c_str()), id);
    }
    EXPECT_EQ(add_type("one too many"), MORPH_TYPE_INVALID);
    EXPECT_EQ(error().code, MORPH_ERROR_TOO_MANY_TYPES);
    EXPECT_EQ(stats().types, MORPH_MAX_TYPES);
    const uint32_t last = MORPH_MAX_TYPES - 1;
    EXPECT_EQ(type_stats(last).name, "t" + std::to_string(last));
    void* object = morph_mem_alloc(context, 100, last);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(morph_mem_query(context, object).type, last);
    verify();
    EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    morph::expect_counts(type_stats(last).counts, 1, 1, 100, 100);
}

TEST_F(Types, NoTypeIsTruncatedAroundTheEdgeOfNarrowTags) {
    open();
    while (stats().types < 300) add_type(nullptr);
    std::vector<std::pair<void*, uint32_t>> objects;
    const uint32_t edge = MORPH_NARROW_TYPES;
    for (uint32_t type : {0u, 1u, edge - 1, edge, edge + 1, 129u, 254u, 255u, 256u, 257u, 299u}) {
        for (size_t size : {size_t{0}, size_t{7}, size_t{24}, size_t{200}, size_t{1024}}) {
            void* object = morph_mem_alloc(context, size, type);
            ASSERT_NE(object, nullptr);
            objects.emplace_back(object, type);
            MorphAddressInfo info = morph_mem_query(context, object);
            EXPECT_EQ(info.type, type);
            EXPECT_EQ(info.size, size);
        }
    }
    for (auto [object, type] : objects) EXPECT_EQ(morph_mem_query(context, object).type, type);
    verify();
    for (auto [object, type] : objects) EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    for (uint32_t type : {0u, edge - 1, edge, 256u, 299u}) {
        morph::expect_counts(type_stats(type).counts, 5, 5, 1255, 1255);
    }
    verify();
}

TEST_F(Types, AnUnknownTypeIsRefusedEverywhere) {
    open();
    for (uint32_t type : {1u, 127u, 128u, MORPH_MAX_TYPES, UINT32_MAX}) {
        EXPECT_EQ(morph_mem_alloc(context, 8, type), nullptr);
        EXPECT_EQ(error().code, MORPH_ERROR_UNKNOWN_TYPE);
        EXPECT_EQ(morph_mem_alloc_zeroed(context, 8, type), nullptr);
        EXPECT_EQ(morph_mem_alloc_with(context, 8, 8, type, MORPH_PLACE_ARENA), nullptr);
        EXPECT_EQ(morph_mem_realloc(context, nullptr, 0, 8, type), nullptr);
        EXPECT_EQ(error().code, MORPH_ERROR_UNKNOWN_TYPE);
        MorphMemTypeStats figures;
        EXPECT_EQ(morph_mem_get_type_stats(context, type, &figures), MORPH_ERROR_UNKNOWN_TYPE);
    }
    EXPECT_EQ(stats().failures, 25u);
    EXPECT_EQ(stats().total.allocations, 0u);
}

TEST_F(Types, ARefusedGrowthLeavesTheTableAsItWas) {
    open();
    uint32_t refused = 0;
    for (uint32_t id = 1; id < 3000; ++id) {
        ledger.refuse_next(1);
        MorphMemStats before = stats();
        uint32_t type = add_type("t");
        if (type == MORPH_TYPE_INVALID) {
            refused += 1;
            EXPECT_EQ(error().code, MORPH_ERROR_OUT_OF_MEMORY);
            EXPECT_TRUE(morph::same_figures(before, stats()));
            ledger.grant_all();
            type = add_type("t");
        }
        ledger.grant_all();
        ASSERT_EQ(type, id);
        ASSERT_STREQ(type_stats(id).name, "t");
    }
    EXPECT_GE(refused, 6u) << "the table grew by doubling";
    EXPECT_LE(refused, 8u);
    EXPECT_STREQ(type_stats(0).name, "none");
    EXPECT_EQ(stats().failures, refused);
    verify();
}

TEST_F(Types, TheTableCountsAsMetadataAndStaysInTheBound) {
    config.memory.bytes_max = 2 * morph_chunk_bytes() + (128 << 10);
    open();
    while (add_type("t") != MORPH_TYPE_INVALID) {
        ASSERT_LE(stats().bytes_mapped, config.memory.bytes_max);
    }
    EXPECT_TRUE(error().code == MORPH_ERROR_OUT_OF_MEMORY ||
                error().code == MORPH_ERROR_TOO_MANY_TYPES);
    verify();
}

}  // namespace

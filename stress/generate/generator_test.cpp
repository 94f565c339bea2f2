#include "stress/generate/generator.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "stress/fox/print.h"
#include "stress/fox/session.h"

namespace {

constexpr uint64_t kLines = 20000;

size_t percentile(std::vector<size_t>& lengths, size_t percent) {
    std::sort(lengths.begin(), lengths.end());
    return lengths[lengths.size() * percent / 100];
}

class Generator : public testing::TestWithParam<uint64_t> {};

TEST_P(Generator, ProgramsAreValidAndHaveTheLinesAskedFor) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    for (const uint64_t lines : {1u, 2u, 3u, 10u, 57u, 1000u}) {
        const std::string source = fox::generate(GetParam(), lines);
        EXPECT_EQ(static_cast<uint64_t>(std::count(source.begin(), source.end(), '\n')), lines);
        const fox::Result result = session.parse(source);
        EXPECT_NE(result.tree, nullptr) << fox::format_error("generated", result.error);
        session.reset();
    }
}

TEST_P(Generator, StatisticsAreThoseOfRealSources) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    const fox::Result result = session.parse(fox::generate(GetParam(), kLines));
    ASSERT_NE(result.tree, nullptr) << fox::format_error("generated", result.error);
    const fox::Counts& counts = result.counts;
    const auto per_line = [](uint64_t count) {
        return static_cast<double>(count) / static_cast<double>(kLines);
    };
    // Per line: within 10 % (strings, which are rare and vary most, within 25 %).
    EXPECT_NEAR(per_line(counts.tokens), 3.5, 0.35);
    EXPECT_NEAR(per_line(counts.nodes), 3.0, 0.30);
    EXPECT_NEAR(per_line(counts.identifiers), 1.25, 0.125);
    EXPECT_NEAR(per_line(counts.strings), 0.2, 0.05);
    EXPECT_NEAR(per_line(counts.bytes), 28.0, 4.2);
    // Shares of nodes: within 1 percentage point (Identifier 3).
    struct Share {
        fox::NodeKind kind;
        double percent;
        double tolerance;
    };
    for (const Share& share : {Share{fox::NodeKind::identifier, 33, 3},
                               {fox::NodeKind::expression_statement, 9, 1},
                               {fox::NodeKind::call_expression, 7, 1},
                               {fox::NodeKind::member_expression, 7, 1},
                               {fox::NodeKind::string_literal, 7, 1},
                               {fox::NodeKind::block_statement, 6, 1},
                               {fox::NodeKind::simple_type, 5, 1},
                               {fox::NodeKind::infix_expression, 5, 1},
                               {fox::NodeKind::integer_literal, 4, 1},
                               {fox::NodeKind::return_statement, 3, 1},
                               {fox::NodeKind::if_expression, 3, 1},
                               {fox::NodeKind::var_statement, 2, 1},
                               {fox::NodeKind::parameter, 2, 1},
                               {fox::NodeKind::function_literal, 2, 1},
                               {fox::NodeKind::assignment_statement, 2, 1}}) {
        const double nodes = static_cast<double>(counts.nodes);
        const auto index = static_cast<size_t>(share.kind);
        EXPECT_NEAR(100.0 * static_cast<double>(counts.nodes_by_kind[index]) / nodes, share.percent,
                    share.tolerance)
            << fox::node_kind_name(share.kind);
    }
}

TEST_P(Generator, LengthsAreThoseOfRealSources) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    const fox::Result result = session.parse(fox::generate(GetParam(), kLines));
    ASSERT_NE(result.tree, nullptr);
    std::vector<size_t> names;
    std::vector<size_t> strings;
    for (uint64_t i = 0; i < result.counts.tokens; ++i) {
        const fox::Token& token = *result.tokens[i];
        if (token.kind == fox::TokenKind::identifier) names.push_back(token.length);
        if (token.kind == fox::TokenKind::string) strings.push_back(token.text->length);
    }
    EXPECT_NEAR(static_cast<double>(percentile(names, 50)), 6, 1);
    EXPECT_NEAR(static_cast<double>(percentile(names, 90)), 14, 2);
    EXPECT_LE(names.back(), 41u);
    EXPECT_GE(names.back(), 35u);
    EXPECT_NEAR(static_cast<double>(percentile(strings, 50)), 10, 2);
    EXPECT_NEAR(static_cast<double>(percentile(strings, 90)), 37, 10);
    EXPECT_NEAR(static_cast<double>(percentile(strings, 99)), 241, 60);
}

TEST_P(Generator, EveryNodeKindOccurs) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    const fox::Result result = session.parse(fox::generate(GetParam(), kLines));
    ASSERT_NE(result.tree, nullptr);
    for (size_t i = 0; i < fox::kNodeKinds; ++i) {
        EXPECT_GT(result.counts.nodes_by_kind[i], 0u)
            << fox::node_kind_name(static_cast<fox::NodeKind>(i));
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Generator, testing::Values(1, 2, 3, 1234567));

TEST(Generate, ASeedIsAProgram) {
    EXPECT_EQ(fox::generate(5, 500), fox::generate(5, 500));
    EXPECT_NE(fox::generate(5, 500), fox::generate(6, 500));
}

TEST(Generate, AnyOfManySeedsIsValid) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    for (uint64_t seed = 100; seed < 300; ++seed) {
        const fox::Result result = session.parse(fox::generate(seed, 200));
        EXPECT_NE(result.tree, nullptr)
            << seed << ": " << fox::format_error("generated", result.error);
        session.reset();
    }
}

}  // namespace

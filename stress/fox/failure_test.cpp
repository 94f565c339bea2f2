#include <gtest/gtest.h>
#include <string>

#include "stress/fox/print.h"
#include "stress/fox/session.h"
#include "stress/generate/generator.h"

namespace {

TEST(Failure, EveryRefusedRequestEndsCleanlyAndTheNextParseIsGood) {
    // Every request of a small source, and points spread over a large one, whose arrays and chunks
    // grow many times.
    const fox::Sweep small = fox::sweep_failures(fox::generate(11, 12), 2000);
    EXPECT_EQ(small.wrong, "");
    EXPECT_EQ(small.runs, small.requests * 2);
    EXPECT_GE(small.refusals, small.runs) << "a refusal was planned and not met";
    const fox::Sweep large = fox::sweep_failures(fox::generate(12, 12000), 12);
    EXPECT_EQ(large.wrong, "");
    EXPECT_GE(large.refusals, large.runs);
    EXPECT_GT(large.requests, 3u);
}

TEST(Failure, ABoundThatIsTooTightIsOutOfMemoryAndASmallerSourceStillFits) {
    fox::Session session({.bytes_max = 6000000});
    ASSERT_TRUE(session.open());
    const std::string large = fox::generate(13, 60000);
    const std::string small = fox::generate(14, 200);
    for (int round = 0; round < 2; ++round) {
        const fox::Result refused = session.parse(large);
        ASSERT_EQ(refused.tree, nullptr);
        EXPECT_EQ(refused.error.kind, fox::ErrorKind::out_of_memory);
        EXPECT_STREQ(refused.error.message, "out of memory");
        EXPECT_EQ(session.objects_live(), 0u);
        fox::Result good = session.parse(small);
        ASSERT_NE(good.tree, nullptr);
        EXPECT_EQ(fox::check_result(session, &good), "");
        session.reset();
    }
    EXPECT_TRUE(session.close());
}

TEST(Failure, CheckSeesABrokenTree) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    fox::Result result = session.parse("a = b + 1\n");
    ASSERT_NE(result.tree, nullptr);
    ASSERT_EQ(fox::check_result(session, &result), "");
    fox::Node* assignment = result.tree->children()[0];
    assignment->kind = fox::NodeKind::array_literal;
    EXPECT_NE(fox::check_result(session, &result), "");
    assignment->kind = fox::NodeKind::assignment_statement;
    result.tokens[1]->offset = 0;
    EXPECT_NE(fox::check_result(session, &result), "");
    result.tokens[1]->offset = 2;
    (void)morph_mem_alloc(session.context(), 32, session.types().token);
    EXPECT_NE(fox::check_result(session, &result), "");
}

}  // namespace

#include "heap/mark_stack.h"

#include <random>
#include <vector>

#include "heap/tables_for_tests.h"

namespace morph {
namespace {

class MarkStacks : public TableTest {
 protected:
    MarkStack stack{source};
};

void* object(size_t number) {
    return reinterpret_cast<void*>(number * 16 + 8);
}

// How many entries the first page takes, in this variant.
constexpr size_t kFirst = kMarkStackEntriesMax < 512 ? kMarkStackEntriesMax : 512;

TEST_F(MarkStacks, ItIsAStackUpToItsLimit) {
    ASSERT_TRUE(stack.open());
    std::vector<void*> model;
    std::mt19937_64 random(4);
    size_t full = 0;
    for (size_t step = 0; step < 200000; ++step) {
        if (random() % 16 < 9) {
            bool pushed = stack.push(object(step));
            ASSERT_EQ(pushed, model.size() < kMarkStackEntriesMax);
            if (pushed) model.push_back(object(step));
            full += pushed ? 0u : 1u;
        } else if (!model.empty()) {
            ASSERT_EQ(stack.pop(), model.back());
            model.pop_back();
        }
        ASSERT_EQ(stack.size(), model.size());
        ASSERT_EQ(stack.empty(), model.empty());
    }
    ASSERT_EQ(stack.check(), nullptr);
    while (!model.empty()) {
        ASSERT_EQ(stack.pop(), model.back());
        model.pop_back();
    }
    if (kMarkStackEntriesMax == 64) {
        EXPECT_GT(full, 0u) << "the small variant overflows";
    } else {
        EXPECT_GT(source.bytes_mapped(), kPageBytes);
    }
    stack.trim();
    EXPECT_EQ(source.bytes_mapped(), kPageBytes);
    EXPECT_EQ(stack.check(), nullptr);
}

TEST_F(MarkStacks, ARefusalLeavesWhatIsThereAndIsAskedOnce) {
    ASSERT_TRUE(stack.open());
    for (size_t number = 0; number < kFirst; ++number) ASSERT_TRUE(stack.push(object(number)));
    meter.refuse(1);
    size_t requests = meter.requests;
    Footprint before(source);
    for (int times = 0; times < 10; ++times) EXPECT_FALSE(stack.push(object(9999)));
    EXPECT_LE(meter.requests - requests, 1u);
    EXPECT_EQ(Footprint(source), before);
    EXPECT_EQ(stack.pop(), object(kFirst - 1));
    EXPECT_TRUE(stack.push(object(1234))) << "there is room again";
    EXPECT_FALSE(stack.push(object(1)));
    EXPECT_EQ(stack.pop(), object(1234));
    for (size_t number = kFirst - 1; number-- > 0;) EXPECT_EQ(stack.pop(), object(number));
    EXPECT_TRUE(stack.empty());
    EXPECT_EQ(stack.check(), nullptr);
    meter.grant_all();
    stack.trim();
    if (kMarkStackEntriesMax == 64) return;
    for (size_t number = 0; number <= kFirst; ++number) ASSERT_TRUE(stack.push(object(number)));
    for (size_t number = kFirst + 1; number-- > 0;) ASSERT_EQ(stack.pop(), object(number));
}

TEST_F(MarkStacks, TrimmingNeedsNoMemory) {
    ASSERT_TRUE(stack.open());
    for (size_t number = 0; number < 5000; ++number) (void)stack.push(object(number));
    while (!stack.empty()) stack.pop();
    meter.refuse(1);
    stack.trim();
    EXPECT_EQ(source.bytes_mapped(), kPageBytes);
    for (size_t number = 0; number < kFirst; ++number) EXPECT_TRUE(stack.push(object(number)));
    EXPECT_FALSE(stack.push(object(0)));
    EXPECT_EQ(stack.check(), nullptr);
}

TEST_F(MarkStacks, OpeningCanBeRefused) {
    meter.refuse(1);
    EXPECT_FALSE(stack.open());
    meter.grant_all();
    EXPECT_TRUE(stack.open());
    EXPECT_EQ(stack.check(), nullptr);
}

TEST_F(MarkStacks, ChecksFindATopOrLimitOutsideTheMapping) {
    ASSERT_TRUE(stack.open());
    void** top = TablePeek::top(stack);
    TablePeek::top(stack) = top + kFirst + 1;
    EXPECT_STREQ(stack.check(), "MARK-ROOM");
    TablePeek::top(stack) = top - 1;
    EXPECT_STREQ(stack.check(), "MARK-ROOM");
    TablePeek::top(stack) = top;
    TablePeek::limit(stack) += 1;
    EXPECT_STREQ(stack.check(), "MARK-ROOM");
    TablePeek::limit(stack) -= 1;
    EXPECT_EQ(stack.check(), nullptr);
}

}  // namespace
}  // namespace morph

#include "heap/roots.h"

#include <map>
#include <random>
#include <vector>

#include "heap/tables_for_tests.h"

namespace morph {
namespace {

class RootsTest : public TableTest {
 protected:
    void** slot(size_t number) { return &variables_[number]; }

    std::vector<void**> all() const {
        std::vector<void**> found;
        roots.each([&](void** root) { found.push_back(root); });
        return found;
    }

    MorphHeap head = {};
    Roots roots{source, errors, head};

 private:
    std::vector<void*> variables_ = std::vector<void*>(8192);
};

// What the public inline push does.
bool push_inline(MorphHeap& head, Roots& roots, void** slot) {
    if (head.roots_top == head.roots_limit) return roots.push(slot);
    *head.roots_top++ = slot;
    return true;
}

TEST_F(RootsTest, OpeningMapsOnePageOrChangesNothing) {
    meter.refuse(1);
    EXPECT_FALSE(roots.open());
    EXPECT_EQ(errors.last.code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(source.bytes_mapped(), 0u);
    meter.grant_all();
    ASSERT_TRUE(roots.open());
    EXPECT_EQ(source.bytes_mapped(), kPageBytes);
    EXPECT_EQ(roots.depth(), 0u);
    EXPECT_EQ(head.roots_limit - head.roots_top, 512);
    EXPECT_EQ(roots.check(), nullptr);
}

TEST_F(RootsTest, TheShadowStackIsAStackWhateverIsRefused) {
    ASSERT_TRUE(roots.open());
    std::mt19937_64 random(2);
    std::vector<void**> model;
    size_t refused = 0;
    for (int step = 0; step < 100000; ++step) {
        bool failing = random() % 4 != 0;
        if (failing) meter.refuse(1);
        if (random() % 16 < 12) {
            void** root = slot(random() % 8192);
            bool full = head.roots_top == head.roots_limit;
            Footprint before(source);
            bool pushed = push_inline(head, roots, root);
            ASSERT_EQ(pushed, !full || !failing);
            if (pushed) model.push_back(root);
            if (!pushed) {
                refused += 1;
                ASSERT_EQ(Footprint(source), before);
            }
        } else if (random() % 2 == 0) {
            size_t count = random() % 8;
            ASSERT_EQ(roots.pop(count), count <= model.size());
            if (count <= model.size()) model.resize(model.size() - count);
        } else if (!model.empty()) {
            void** root = random() % 4 == 0 ? slot(random() % 8192) : model.back();
            bool last = root == model.back();
            ASSERT_EQ(roots.pop_exactly(root), last);
            if (last) model.pop_back();
        }
        meter.grant_all();
        ASSERT_EQ(roots.depth(), model.size());
        if (step % 1000 == 0) {
            ASSERT_EQ(all(), model);
            ASSERT_EQ(roots.check(), nullptr);
        }
    }
    EXPECT_GE(refused, 3u);
}

TEST_F(RootsTest, PoppingMoreThanThereIsPopsNothing) {
    ASSERT_TRUE(roots.open());
    EXPECT_FALSE(roots.pop(1));
    EXPECT_FALSE(roots.pop_exactly(slot(0)));
    ASSERT_TRUE(roots.push(slot(0)));
    for (size_t count : {size_t{2}, SIZE_MAX, SIZE_MAX / 8 + 2}) EXPECT_FALSE(roots.pop(count));
    EXPECT_EQ(roots.depth(), 1u);
    EXPECT_TRUE(roots.pop(0));
    EXPECT_TRUE(roots.pop(1));
    EXPECT_EQ(roots.depth(), 0u);
}

TEST_F(RootsTest, GlobalsAreCountedAndVisitedOnceEach) {
    ASSERT_TRUE(roots.open());
    ASSERT_TRUE(roots.push(slot(5)));
    ASSERT_TRUE(roots.add_global(slot(1)));
    ASSERT_TRUE(roots.add_global(slot(2)));
    ASSERT_TRUE(roots.add_global(slot(1)));
    EXPECT_EQ(roots.globals(), 3u);
    EXPECT_EQ(all(), (std::vector<void**>{slot(5), slot(1), slot(2)}));
    EXPECT_TRUE(roots.remove_global(slot(1)));
    EXPECT_EQ(all().size(), 3u) << "it was added twice";
    EXPECT_TRUE(roots.remove_global(slot(1)));
    EXPECT_FALSE(roots.remove_global(slot(1)));
    EXPECT_FALSE(roots.remove_global(slot(5))) << "it is on the shadow stack alone";
    EXPECT_EQ(all(), (std::vector<void**>{slot(5), slot(2)}));
    EXPECT_EQ(roots.globals(), 1u);
    EXPECT_EQ(roots.check(), nullptr);
}

TEST_F(RootsTest, GlobalsAgreeWithAMapWhicheverRequestIsRefused) {
    ASSERT_TRUE(roots.open());
    std::mt19937_64 random(3);
    std::map<void**, uint64_t> model;
    size_t refused_first = 0;
    size_t refused_second = 0;
    for (int step = 0; step < 100000; ++step) {
        size_t range = 1 + static_cast<size_t>(step) % 8192;
        void** root = slot(random() % range);
        if (random() % 8 < 5) {
            size_t nth = 1 + random() % 2;
            meter.refuse(nth);
            size_t refusals = meter.refusals;
            Footprint before(source);
            if (roots.add_global(root)) {
                model[root] += 1;
                ASSERT_EQ(meter.refusals, refusals);
            } else {
                (nth == 1 ? refused_first : refused_second) += 1;
                ASSERT_EQ(errors.last.code, MORPH_ERROR_OUT_OF_MEMORY);
                ASSERT_EQ(Footprint(source), before);
                ASSERT_EQ(roots.check(), nullptr);
            }
            meter.grant_all();
            if (step % 64 == 0) {
                ASSERT_TRUE(roots.add_global(root));
                model[root] += 1;
            }
        } else {
            auto known = model.find(root);
            ASSERT_EQ(roots.remove_global(root), known != model.end());
            if (known != model.end() && --known->second == 0) model.erase(known);
        }
        if (step % 2000 == 0) {
            ASSERT_EQ(roots.check(), nullptr);
            std::vector<void**> found = all();
            ASSERT_EQ(found.size(), model.size());
            std::set<void**> distinct(found.begin(), found.end());
            ASSERT_EQ(distinct.size(), model.size());
            uint64_t total = 0;
            for (auto [global, count] : model) {
                ASSERT_EQ(distinct.count(global), 1u);
                total += count;
            }
            ASSERT_EQ(roots.globals(), total);
        }
    }
    EXPECT_GE(refused_first, 3u);
    EXPECT_GE(refused_second, 3u) << "the second request of a growth was never refused";
}

TEST_F(RootsTest, ResetForgetsAllAndNeedsNoMemoryForAsManyAgain) {
    ASSERT_TRUE(roots.open());
    for (size_t number = 0; number < 3000; ++number) {
        ASSERT_TRUE(roots.push(slot(number)));
        ASSERT_TRUE(roots.add_global(slot(number)));
    }
    roots.reset();
    EXPECT_TRUE(all().empty());
    EXPECT_EQ(roots.depth() + roots.globals(), 0u);
    EXPECT_EQ(roots.check(), nullptr);
    meter.refuse(1);
    for (size_t number = 0; number < 3000; ++number) {
        ASSERT_TRUE(roots.push(slot(number)));
        ASSERT_TRUE(roots.add_global(slot(number)));
    }
    EXPECT_EQ(roots.check(), nullptr);
}

TEST_F(RootsTest, ChecksFindWhatIsBroken) {
    ASSERT_TRUE(roots.open());
    ASSERT_TRUE(roots.push(slot(1)));
    ASSERT_TRUE(roots.add_global(slot(2)));
    head.roots_top[-1] = nullptr;
    EXPECT_STREQ(roots.check(), "ROOTS-STACK");
    head.roots_top[-1] = slot(1);
    void*** top = head.roots_top;
    head.roots_top = head.roots_limit + 1;
    EXPECT_STREQ(roots.check(), "ROOTS-STACK");
    head.roots_top = top - 2;
    EXPECT_STREQ(roots.check(), "ROOTS-STACK");
    head.roots_top = top;
    head.roots_limit -= 1;
    EXPECT_STREQ(roots.check(), "ROOTS-STACK");
    head.roots_limit += 1;
    TablePeek::global_count(roots) += 1;
    EXPECT_STREQ(roots.check(), "ROOTS-GLOBAL");
    TablePeek::count_of_global(roots, 0) = 2;
    EXPECT_EQ(roots.check(), nullptr);
    *TablePeek::index(roots).find(slot(2)) = 1;
    EXPECT_STREQ(roots.check(), "ROOTS-GLOBAL");
    *TablePeek::index(roots).find(slot(2)) = 0;
    EXPECT_EQ(roots.check(), nullptr);
}

}  // namespace
}  // namespace morph

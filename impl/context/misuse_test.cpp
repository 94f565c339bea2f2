// What debug mode says of misuse, and that it leaves things as they are.
#include "chunk/memory_marks.h"
#include "context/testing.h"

namespace {

class Misuse : public morph::ObjectTest {
 protected:
    Misuse() { config.enable_debug = true; }
    // Under ASan the guard has no access; a stray write of the program's would stop there.
    static void flip(unsigned char* byte) {
        morph::MarkedAccess access(byte, 1, morph::marks_active());
        *byte ^= 1;
    }
};

TEST_F(Misuse, IsReportedAndLeavesTheObjectAsItIs) {
    open();
    unsigned char* object = make(24);
    flip(object + 24);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_ERROR_CORRUPTION);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].kind, MORPH_REPORT_GUARD_OVERWRITTEN);
    EXPECT_EQ(reports[0].address, object);
    EXPECT_EQ(reports[0].size, 24u);
    flip(object + 24);
    morph::expect_counts(stats().total, 1, 0, 24, 0);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_ERROR_NOT_AN_OBJECT);
    ASSERT_EQ(reports.size(), 2u);
    EXPECT_EQ(reports[1].kind, MORPH_REPORT_DOUBLE_FREE);
    EXPECT_EQ(morph_mem_free(context, this), MORPH_ERROR_NOT_AN_OBJECT);
    ASSERT_EQ(reports.size(), 3u);
    EXPECT_EQ(reports[2].kind, MORPH_REPORT_FOREIGN_POINTER);
}

TEST_F(Misuse, AWrongOldSizeIsReportedByRealloc) {
    open();
    unsigned char* object = make(24);
    EXPECT_EQ(resize(object, 23, 100), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_WRONG_SIZE);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].kind, MORPH_REPORT_WRONG_SIZE);
    EXPECT_EQ(reports[0].size, 24u);
    EXPECT_TRUE(intact(object, 24));
    EXPECT_EQ(resize(object, 24, 24), object);
}

TEST_F(Misuse, ABrokenGuardStopsReallocByEveryRoute) {
    open();
    unsigned char* object = make(24);
    flip(object + 24);
    for (size_t new_size : {size_t{23}, size_t{500}, size_t{5000}}) {
        reports.clear();
        MorphMemStats before = stats();
        EXPECT_EQ(resize(object, 24, new_size), nullptr) << new_size;
        EXPECT_EQ(error().code, MORPH_ERROR_CORRUPTION);
        EXPECT_EQ(reports.size(), 1u);
        EXPECT_TRUE(morph::same_figures(before, stats())) << new_size;
    }
    flip(object + 24);
    EXPECT_NE(resize(object, 24, 5000), nullptr);
    verify();
}

TEST_F(Misuse, NoneIsSeenWhereThereIsNone) {
    open();
    for (size_t size = 0; size < 1400; ++size) {
        unsigned char* object = make(size);
        object = resize(object, size, size / 2 + 3);
        ASSERT_TRUE(intact(object, std::min(size, size / 2 + 3)));
        ASSERT_EQ(morph_mem_free(context, object), MORPH_OK);
    }
    morph_mem_reset(context);
    verify();
    EXPECT_TRUE(reports.empty());
}

}  // namespace

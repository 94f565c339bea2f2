// Leaks: what destroy says of objects that nobody freed.
#include "context/testing.h"

namespace {

using Leaks = morph::ContextTest;

TEST_F(Leaks, AreReportedOncePerType) {
    config.report_leaks = true;
    for (bool metrics : {false, true}) {
        config.enable_metrics = metrics;
        open();
        add_type("one");
        add_type("none left");
        add_type("three");
        void* lost = morph_mem_alloc(context, 40, 1);
        morph_mem_free(context, morph_mem_alloc(context, 40, 2));
        for (int i = 0; i < 3; ++i) morph_mem_alloc(context, 100, 3);
        morph_mem_alloc(context, 5000, 3);  // the arena's are freed with it
        close();
        ASSERT_EQ(reports.size(), 2u);
        for (const morph::KeptReport& report : reports) {
            EXPECT_EQ(report.kind, MORPH_REPORT_LEAK);
            EXPECT_EQ(report.size, report.type == 1 ? 40u : 100u);
            const char* text = report.type == 1 ? "1 object of type 1 \"one\" (40 bytes)"
                                                : "3 objects of type 3 \"three\" (300 bytes)";
            EXPECT_NE(report.text.find(text), std::string::npos) << report.text;
            if (report.type == 1) {
                EXPECT_EQ(report.address, lost);
            }
        }
        reports.clear();
    }
}

TEST_F(Leaks, NoLeakNoReport) {
    config.report_leaks = true;
    open();
    morph_mem_free(context, morph_mem_alloc(context, 40, 0));
    close();
    open();
    morph_mem_alloc(context, 40, 0);
    morph_mem_reset(context);
    close();
    config.report_leaks = false;
    open();
    morph_mem_alloc(context, 40, 0);
    close();
    EXPECT_TRUE(reports.empty());
}

// Which objects a program must free itself is a promise, not a property of a system.
TEST_F(Leaks, BothSystemsReportTheSameObjects) {
    config.report_leaks = true;
    for (size_t alignment : {size_t{1}, size_t{8}, size_t{16}, size_t{64}, size_t{1024}}) {
        for (size_t size : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{9}, size_t{64},
                            size_t{960}, size_t{961}, size_t{1017}, size_t{1023}, size_t{1024},
                            size_t{1025}, size_t{1032}, size_t{1033}, size_t{2048}}) {
            size_t reported[2] = {};
            for (bool v1 : {false, true}) {
                config.enable_v1 = v1;
                open();
                ASSERT_NE(morph_mem_alloc_with(context, size, alignment, 0, MORPH_PLACE_BY_SIZE),
                          nullptr);
                close();
                reported[v1] = reports.size();
                reports.clear();
            }
            EXPECT_EQ(reported[0], reported[1]) << size << " bytes aligned to " << alignment;
        }
    }
}

}  // namespace

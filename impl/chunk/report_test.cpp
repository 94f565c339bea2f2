#include "chunk/report.h"

#include <gtest/gtest.h>
#include <string>

namespace {

struct Seen {
    int calls = 0;
    MorphReport report{};
    std::string text;
};

void note(void* user, const MorphReport* report) {
    auto* seen = static_cast<Seen*>(user);
    seen->calls += 1;
    seen->report = *report;
    seen->text = report->text;
}

TEST(Report, TheHandlerGetsEverythingAndMayReturn) {
    Seen seen;
    morph::Reporter reporter{&note, &seen};
    int object = 0;
    reporter.report(MORPH_REPORT_WRONG_SIZE, &object, 12, 3, "object of %d bytes", 12);
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(seen.report.kind, MORPH_REPORT_WRONG_SIZE);
    EXPECT_EQ(seen.report.address, &object);
    EXPECT_EQ(seen.report.size, 12u);
    EXPECT_EQ(seen.report.type, 3u);
    EXPECT_EQ(seen.text, "object of 12 bytes");
}

TEST(Report, WithoutAHandlerItPrintsAndAborts) {
    EXPECT_EXIT(morph::Reporter{}.report(MORPH_REPORT_DOUBLE_FREE, nullptr, 0, 0, "slot %d", 7),
                testing::KilledBySignal(SIGABRT), "morph: double free: slot 7");
}

TEST(Report, ALongTextIsCut) {
    Seen seen;
    std::string longer(1000, 'y');
    morph::Reporter{&note, &seen}.report(MORPH_REPORT_LEAK, nullptr, 0, 0, "%s", longer.c_str());
    EXPECT_EQ(seen.text, std::string(sizeof(MorphError::text) - 1, 'y'));
}

}  // namespace

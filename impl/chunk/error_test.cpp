#include "chunk/error.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <thread>

#include "chunk/geometry.h"

namespace {

TEST(Error, EveryCodeHasItsOwnName) {
    std::set<std::string> names;
    for (int code = MORPH_OK; code <= MORPH_ERROR_CONCURRENT_USE; ++code) {
        std::string name = morph_code_name(static_cast<MorphCode>(code));
        EXPECT_EQ(name.rfind("MORPH_", 0), 0u) << name;
        EXPECT_TRUE(names.insert(name).second) << name;
    }
    EXPECT_STREQ(morph_code_name(static_cast<MorphCode>(MORPH_ERROR_CONCURRENT_USE + 1)),
                 "unknown code");
}

TEST(Error, EveryReportKindHasItsOwnName) {
    std::set<std::string> names;
    for (int kind = MORPH_REPORT_DOUBLE_FREE; kind <= MORPH_REPORT_CONCURRENT_USE; ++kind) {
        std::string name = morph_report_kind_name(static_cast<MorphReportKind>(kind));
        EXPECT_TRUE(names.insert(name).second) << name;
        EXPECT_NE(name, "unknown kind");
    }
    EXPECT_STREQ(morph_report_kind_name(static_cast<MorphReportKind>(0)), "unknown kind");
}

TEST(Error, VersionIsThatOfTheHeaders) {
    std::string expected = std::to_string(MORPH_VERSION_MAJOR) + "." +
                           std::to_string(MORPH_VERSION_MINOR) + "." +
                           std::to_string(MORPH_VERSION_PATCH);
    EXPECT_EQ(morph_version(), expected);
    EXPECT_EQ(morph_chunk_bytes(), morph::kChunkBytes);
}

TEST(Error, TextIsCutAndTerminated) {
    morph::ErrorState errors;
    EXPECT_EQ(errors.last.code, MORPH_OK);
    EXPECT_STREQ(errors.last.text, "");
    std::string longer(1000, 'x');
    EXPECT_EQ(errors.fail(MORPH_ERROR_SCOPE, "%s", longer.c_str()), MORPH_ERROR_SCOPE);
    EXPECT_EQ(std::string(errors.last.text), std::string(sizeof(errors.last.text) - 1, 'x'));
}

TEST(Error, AnErrorMayQuoteTheOneBefore) {
    morph::ErrorState errors;
    errors.fail(MORPH_ERROR_SCOPE, "first");
    errors.fail(MORPH_ERROR_IO, "then, after '%s'", errors.last.text);
    EXPECT_STREQ(errors.last.text, "then, after 'first'");
    EXPECT_EQ(errors.last.code, MORPH_ERROR_IO);
}

TEST(Error, GroupedWritesThousandsApart) {
    EXPECT_STREQ(morph::Grouped(0).text, "0");
    EXPECT_STREQ(morph::Grouped(999).text, "999");
    EXPECT_STREQ(morph::Grouped(1000).text, "1,000");
    EXPECT_STREQ(morph::Grouped(4194304).text, "4,194,304");
    EXPECT_STREQ(morph::Grouped(SIZE_MAX).text, "18,446,744,073,709,551,615");
}

TEST(Error, CreationErrorBelongsToItsThread) {
    morph::set_creation_error(MORPH_ERROR_IO, "here %d", 1);
    std::thread([] {
        EXPECT_EQ(morph_creation_error().code, MORPH_OK);
        EXPECT_STREQ(morph_creation_error().text, "");
        morph::set_creation_error(MORPH_ERROR_SCOPE, "there");
    }).join();
    EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_IO);
    EXPECT_STREQ(morph_creation_error().text, "here 1");
}

}  // namespace

// The sources of corpora/fox, one test each. Run from the root of the tree.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

#include "stress/fox/print.h"
#include "stress/fox/session.h"

namespace {

std::string contents(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::filesystem::path> sources(const char* directory) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        if (entry.path().extension() == ".fox") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::filesystem::path> accepted() {
    return sources("corpora/fox/accepted");
}
std::vector<std::filesystem::path> rejected() {
    return sources("corpora/fox/rejected");
}

std::string test_name(const testing::TestParamInfo<std::filesystem::path>& info) {
    std::string name = info.param.stem().string();
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

class Accepted : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Accepted, SourceGivesATreeThatHolds) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    fox::Result result = session.parse(contents(GetParam()));
    ASSERT_NE(result.tree, nullptr) << fox::format_error(GetParam().string(), result.error);
    EXPECT_EQ(fox::check_result(session, &result), "");
    session.reset();
    EXPECT_EQ(session.objects_live(), 0u);
    EXPECT_TRUE(session.close());
}

INSTANTIATE_TEST_SUITE_P(Corpus, Accepted, testing::ValuesIn(accepted()), test_name);

class Rejected : public testing::TestWithParam<std::filesystem::path> {};

// The first line says where and how: "# expect LINE:COLUMN message".
TEST_P(Rejected, SourceHasTheErrorThatItsFirstLineStates) {
    const std::string source = contents(GetParam());
    const std::string head = "# expect ";
    ASSERT_EQ(source.substr(0, head.size()), head);
    std::string expected = source.substr(head.size(), source.find('\n') - head.size());
    expected.replace(expected.find(' '), 1, ": ");
    fox::Session session;
    ASSERT_TRUE(session.open());
    fox::Result result = session.parse(source);
    ASSERT_EQ(result.tree, nullptr);
    EXPECT_EQ(fox::format_error("f", result.error), "f:" + expected);
    EXPECT_EQ(session.objects_live(), 0u);
    EXPECT_TRUE(session.close());
}

INSTANTIATE_TEST_SUITE_P(Corpus, Rejected, testing::ValuesIn(rejected()), test_name);

TEST(Corpus, AcceptedSourcesUseEveryNodeKindAndAreEnough) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    std::array<uint64_t, fox::kNodeKinds> kinds{};
    std::array<uint64_t, fox::kTokenKinds> tokens{};
    uint64_t lines = 0;
    for (const auto& path : accepted()) {
        fox::Result result = session.parse(contents(path));
        ASSERT_NE(result.tree, nullptr);
        lines += result.counts.lines;
        for (size_t i = 0; i < fox::kNodeKinds; ++i) kinds[i] += result.counts.nodes_by_kind[i];
        for (uint64_t i = 0; i < result.counts.tokens; ++i) {
            tokens[static_cast<size_t>(result.tokens[i]->kind)] += 1;
        }
        session.reset();
    }
    EXPECT_GE(accepted().size(), 30u);
    EXPECT_GE(lines, 3000u);
    for (size_t i = 0; i < fox::kNodeKinds; ++i) {
        EXPECT_GT(kinds[i], 0u) << fox::node_kind_name(static_cast<fox::NodeKind>(i));
    }
    for (size_t i = 0; i < fox::kTokenKinds; ++i) {
        const auto kind = static_cast<fox::TokenKind>(i);
        const bool never = kind == fox::TokenKind::illegal || kind == fox::TokenKind::character ||
                           kind == fox::TokenKind::end_of_file;
        if (!never) {
            EXPECT_GT(tokens[i], 0u) << fox::token_kind_name(kind);
        }
    }
}

TEST(Corpus, RejectedSourcesShowEveryKindOfError) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    std::string messages;
    for (const auto& path : rejected()) messages += session.parse(contents(path)).error.message;
    EXPECT_GE(rejected().size(), 40u);
    for (const char* part : {"illegal byte", "string has no end", "malformed character", "octal",
                             "64 bits", "white space", "nested too deeply", "a statement",
                             "an expression", "an identifier", "a type", "a string", "a token"}) {
        EXPECT_NE(messages.find(part), std::string::npos) << part;
    }
}

}  // namespace

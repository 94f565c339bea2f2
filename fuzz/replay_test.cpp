// Every program in corpora/ on every built-in subject that can be opened here: one test per file.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "fuzz/runner.h"
#include "fuzz/text.h"

namespace suite {
namespace {

namespace fs = std::filesystem;

// Tests run in the root of the tree.
constexpr const char* kCorpora = "corpora";

std::vector<fs::path> program_files() {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(kCorpora, error)) {
        if (entry.is_regular_file() && entry.path().extension() == ".morph") {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

// Known bugs of peers, not of the suite. mimalloc 2.0.9: posix_memalign of 1,024 bytes aligned to
// 1,024 gives addresses that are not (384 modulo 1,024); so do other sizes equal to the alignment.
bool known_bug_of_peer(const SubjectEntry& subject, const Finding& finding) {
    return subject.name == "mimalloc" && finding.checker == Checker::alignment;
}

class ReplayFile : public testing::Test {
 public:
    explicit ReplayFile(fs::path path) : path_(std::move(path)) {}

    void TestBody() override {
        std::ifstream file(path_, std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(file)),
                               std::istreambuf_iterator<char>());
        ASSERT_TRUE(file.is_open()) << path_;
        auto parsed = parse(text);
        if (const auto* error = std::get_if<ParseError>(&parsed)) {
            FAIL() << path_.string() << ":" << to_string(*error);
        }
        const Program& program = std::get<Program>(parsed);
        RunOptions options;
        // Recordings are long: figures and invariants a hundred times in each.
        options.metrics_interval = std::max<size_t>(1, program.operations.size() / 100);
        options.verify_interval = options.metrics_interval;
        size_t subjects_run = 0;
        for (const SubjectEntry& subject : subjects()) {
            const std::unique_ptr<Subject> probe = subject.make();
            if (!probe->open(Configuration{}, MorphMemoryLimits{}, nullptr, nullptr)) continue;
            probe->close();
            const RunResult result = run(program, subject, options);
            ++subjects_run;
            if (result.finding && known_bug_of_peer(subject, *result.finding)) continue;
            EXPECT_FALSE(result.finding)
                << checker_name(result.finding->checker) << " at operation "
                << result.finding->operation << ": " << result.finding->text
                << "\nreproduce: build/bin/morphcheck replay --subject " << subject.name << " "
                << path_.string();
        }
        EXPECT_GE(subjects_run, 17u);  // five interfaces in three builds, and V1, are always there
    }

 private:
    fs::path path_;
};

const size_t kRegistered = [] {
    const std::vector<fs::path> files = program_files();
    for (const fs::path& path : files) {
        std::string name = fs::relative(path, kCorpora).string();
        testing::RegisterTest("Replay", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                              [path]() -> testing::Test* { return new ReplayFile(path); });
    }
    return files.size();
}();

TEST(ReplayFiles, TheCorporaAreFound) {
    EXPECT_GE(kRegistered, 10u) << "run the tests in the root of the tree";
}

}  // namespace
}  // namespace suite

// The program `scale` as a user starts it, on stand-ins for the workloads: scripts that behave well
// or badly, and the released programs themselves at small sizes.
#include "stress/scale/run.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

#include "stress/driver/child.h"
#include "stress/scale/report.h"

namespace {

constexpr const char* kReleased = MORPH_RELEASED;

// A folder with a fox-library that is a shell script; $2 is the number of lines.
class ScaleRun : public testing::Test {
 protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "scale-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void plant(const std::string& script) {
        const std::filesystem::path file = folder_ / "fox-library";
        std::ofstream(file) << "#!/bin/sh\n" << script;
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }

    // microseconds and bytes: shell arithmetic of n, the number of lines.
    void plant_figures(const std::string& microseconds, const std::string& bytes) {
        plant("n=$2\nus=$((" + microseconds + "))\nb=$((" + bytes +
              "))\nprintf 'figures cpu_seconds %d.%06d mapped_peak %d resident_peak %d\\n' "
              "$((us / 1000000)) $((us % 1000000)) $b $b\n");
    }

    stress::Outcome scale(std::vector<std::string> more) {
        std::vector<std::string> command = {std::string(kReleased) + "/scale",
                                            "--programs",
                                            folder_.string(),
                                            "--works",
                                            "fox",
                                            "--modes",
                                            "compiler"};
        command.insert(command.end(), more.begin(), more.end());
        return stress::run_child(command,
                                 std::chrono::steady_clock::now() + std::chrono::seconds(60));
    }

    void expect_last(const stress::Outcome& outcome, int code, const std::string& line) {
        EXPECT_EQ(outcome.exit_code, code) << outcome.output;
        EXPECT_TRUE(outcome.output.ends_with('\n' + line + '\n')) << outcome.output;
    }

    std::filesystem::path folder_;
};

const std::vector<std::string> kSmall = {"--lines", "1000,2000,4000", "--repeat", "2"};

TEST_F(ScaleRun, ALinearProgramIsGood) {
    plant_figures("n * 3", "2000000 + n * 400");
    expect_last(scale(kSmall), 0, "scale: 3 cells, 0 failures");
}

TEST_F(ScaleRun, AQuadraticProgramIsJudgedRed) {
    plant_figures("n * n / 100", "2000000 + n * 400");
    const stress::Outcome outcome = scale(kSmall);
    expect_last(outcome, 1, "scale: 3 cells, 2 failures");
    EXPECT_NE(outcome.output.find("SCALE-TIME: 4.00 x from 1000 to 4000 lines"), std::string::npos)
        << outcome.output;
    EXPECT_NE(outcome.output.find("SCALE-LAST: 2.00 x"), std::string::npos);
}

TEST_F(ScaleRun, ALeakyProgramIsJudgedRed) {
    plant_figures("n * 3", "n * 400 + n * n");
    const stress::Outcome outcome = scale(kSmall);
    expect_last(outcome, 1, "scale: 3 cells, 1 failures");
    EXPECT_NE(outcome.output.find("SCALE-MEMORY"), std::string::npos) << outcome.output;
}

TEST_F(ScaleRun, AProgramThatFailsAtOneSizeOrTellsNothingIsJudgedRed) {
    plant(
        "[ $2 = 2000 ] && { echo broken; exit 4; }\n"
        "echo figures cpu_seconds 1 mapped_peak $2 resident_peak $2\n");
    const stress::Outcome outcome = scale({"--lines", "2000,4000", "--time-ratio", "9"});
    expect_last(outcome, 1, "scale: 2 cells, 1 failures");
    EXPECT_NE(outcome.output.find("exit status 4, broken"), std::string::npos) << outcome.output;
    plant("echo hello\n");
    expect_last(scale({"--lines", "2000"}), 1, "scale: 1 cells, 1 failures");
    std::filesystem::remove(folder_ / "fox-library");
    expect_last(scale({"--lines", "2000"}), 1, "scale: 1 cells, 1 failures");
}

TEST_F(ScaleRun, AProgramThatHangsIsStopped) {
    plant("sleep 50\n");
    const stress::Outcome outcome = scale({"--lines", "2000", "--seconds-max", "0.2"});
    expect_last(outcome, 1, "scale: 1 cells, 1 failures");
    EXPECT_NE(outcome.output.find("not done after"), std::string::npos) << outcome.output;
}

TEST_F(ScaleRun, WhatWouldNotFitIsSkippedByWhatSmallerSizesTook) {
    plant_figures("n * 3", "n * 1000000");
    const stress::Outcome outcome = scale({"--lines", "10,20,40", "--memory-max", "30000000"});
    expect_last(outcome, 0, "scale: 2 cells, 0 failures");
    EXPECT_NE(outcome.output.find("1 cells skipped"), std::string::npos) << outcome.output;
    // Nothing that could be judged is a failure.
    expect_last(scale({"--lines", "10", "--memory-max", "1000"}), 1, "scale: 0 cells, 1 failures");
}

TEST_F(ScaleRun, JsonIsWrittenAndAPlaceThatIsNoneIsUsage) {
    plant_figures("n * 3", "2000000 + n * 400");
    const std::string file = (folder_ / "report.json").string();
    std::vector<std::string> arguments = kSmall;
    arguments.insert(arguments.end(), {"--json", file});
    EXPECT_EQ(scale(arguments).exit_code, 0);
    std::ifstream stream(file);
    const std::string json{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_NE(json.find("\"cells\": 3, \"skipped\": 0, \"failures\": 0}"), std::string::npos)
        << json;
    arguments.back() = (folder_ / "none" / "report.json").string();
    EXPECT_EQ(scale(arguments).exit_code, 2);
}

TEST_F(ScaleRun, UnknownWorkloadsModesAndSizesAreUsage) {
    EXPECT_EQ(scale({"--works", "none"}).exit_code, 2);
    EXPECT_EQ(scale({"--modes", "none"}).exit_code, 2);
    EXPECT_EQ(scale({"--lines", "0"}).exit_code, 2);
    EXPECT_EQ(scale({"--repeat", "0"}).exit_code, 2);
    EXPECT_EQ(scale({"--max-lines", "1"}).exit_code, 2);
}

TEST(ScaleReleased, TheWorkloadsTellTheirFiguresInBothModes) {
    scale::Settings settings;
    settings.programs = kReleased;
    settings.lines = {500, 1000};
    settings.repeat = 1;
    std::vector<scale::Series> all = scale::plan(settings);
    ASSERT_EQ(all.size(), 4u);
    scale::run(settings, &all, {});
    for (const scale::Series& series : all) {
        for (const scale::Cell& cell : series.cells) {
            ASSERT_EQ(cell.runs.size(), 1u) << series.work << ' ' << series.mode << cell.text;
            EXPECT_GT(cell.runs[0].cpu_seconds, 0);
            EXPECT_GT(cell.runs[0].mapped_peak, 100000u);
            EXPECT_GT(cell.runs[0].resident_peak, 100000u);
        }
    }
}

TEST(ScaleMemory, TheSystemTellsWhatIsAvailable) {
    EXPECT_GT(scale::memory_available(), 1000000u);
}

}  // namespace

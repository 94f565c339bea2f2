// The commands of morphcheck. Each returns its exit status.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/subject.h"

namespace suite {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFinding = 1;
inline constexpr int kExitUsage = 2;

struct RunCommand {
    std::string subject;
    uint64_t seed = 1;
    uint64_t operations = 100000;     // in all
    uint64_t program_operations = 0;  // longest program; 0: 512 with a sweep 64
    bool sweep = false;
    bool fixed_point = true;
    double seconds = 0;                // 0: no limit
    std::string out;                   // where a finding's program is written; "": nowhere
    std::vector<std::string> without;  // checkers that are switched off
};

struct EndureCommand {
    std::vector<std::string> subjects = {"arena", "pool", "context", "heap"};
    uint64_t seed = 1;
    uint64_t operations = 10'000'000;  // of each subject
    double seconds = 0;                // for each; 0: no limit
};

struct ReplayCommand {
    std::vector<std::string> files;
    std::string subject;  // "": all that fit
    bool sweep = false;
};

struct ShrinkCommand {
    std::string file;
    std::string out;
    std::string subject;
    bool cpp = false;  // a C++ program as well, to out + ".cpp"
    double seconds = 60;
};

struct ExplainCommand {
    std::string file;
    std::string subject;
};

struct ConvertCommand {
    std::string file;
    std::string out;
    std::string to;  // "text", "binary" or "": the other form
};

struct BenchCommand {
    std::string subject;
    uint64_t seed = 1;
    double seconds = 5;
    uint64_t operations = 64;  // average of a program
};

int list_command(bool names_only);
int run_command(const RunCommand& command);
int endure_command(const EndureCommand& command);
int replay_command(const ReplayCommand& command);
int shrink_command(const ShrinkCommand& command);
int explain_command(const ExplainCommand& command);
int convert_command(const ConvertCommand& command);
int bench_command(const BenchCommand& command);

}  // namespace suite

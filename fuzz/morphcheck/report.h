// What the commands of morphcheck say to people: errors, progress, findings.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/isolate.h"

namespace suite {

// "morphcheck: text" to standard error; always kExitUsage.
int usage_error(const std::string& text);

// The subject of that name, or nothing after an error that lists the names there are.
std::optional<SubjectEntry> subject_or_complain(const std::string& name);

// Subjects that run a program as it is meant: all built-in ones that can be opened here.
std::vector<SubjectEntry> fitting_subjects();

// A finding, its program when it is short, and the command that reproduces it.
void print_finding(const Outcome& outcome, const Program& program, const SubjectEntry& subject,
                   const std::string& reproduce);

// One line on standard error that is written over, at most ten times a second; silent when standard
// error is not a terminal.
class Progress {
 public:
    Progress();
    ~Progress();  // clears the line
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void show(const std::string& text);

 private:
    bool terminal_;
    bool shown_ = false;
    std::chrono::steady_clock::time_point next_;
};

double seconds_since(std::chrono::steady_clock::time_point start);

}  // namespace suite

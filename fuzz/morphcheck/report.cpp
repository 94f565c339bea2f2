#include "fuzz/morphcheck/report.h"

#include <cstdio>
#include <unistd.h>

#include "fuzz/morphcheck/commands.h"
#include "fuzz/text.h"

namespace suite {
namespace {

// Longer programs are not printed: --out writes them to a file.
constexpr size_t kPrintedOperations = 40;

}  // namespace

int usage_error(const std::string& text) {
    std::fprintf(stderr, "morphcheck: %s\n", text.c_str());
    return kExitUsage;
}

std::optional<SubjectEntry> subject_or_complain(const std::string& name) {
    std::string error;
    std::optional<SubjectEntry> entry = find_subject(name, &error);
    if (entry) return entry;
    std::string text = error.empty() ? "unknown subject '" + name + "'" : error;
    // find_subject's own text may list the names already.
    if (text.find("reference") == std::string::npos) {
        text += "; there are:";
        for (const SubjectEntry& known : subjects()) text += " " + known.name;
    }
    usage_error(text);
    return std::nullopt;
}

std::vector<SubjectEntry> fitting_subjects() {
    std::vector<SubjectEntry> result;
    for (const SubjectEntry& entry : subjects()) {
        const std::unique_ptr<Subject> subject = entry.make();
        if (!subject->open(Configuration{}, MorphMemoryLimits{}, nullptr, nullptr)) continue;
        subject->close();
        result.push_back(entry);
    }
    return result;
}

void print_finding(const Outcome& outcome, const Program& program, const SubjectEntry& subject,
                   const std::string& reproduce) {
    const size_t count = program.operations.size();
    std::string where = "at the end";
    if (outcome.operation < count) {
        where = "at operation " + std::to_string(outcome.operation) + " (" +
                print(program.operations[outcome.operation]) + ")";
    }
    std::printf("finding: %s on subject %s, %s, of %zu operations\n  %s\n",
                signature(outcome).c_str(), subject.name.c_str(), where.c_str(), count,
                outcome.text.c_str());
    if (count <= kPrintedOperations) std::printf("program:\n%s", print(program).c_str());
    std::printf("reproduce: %s\n", reproduce.c_str());
}

Progress::Progress()
    : terminal_(isatty(STDERR_FILENO) != 0), next_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
    if (shown_) std::fprintf(stderr, "\r\033[K");
}

void Progress::show(const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(100);
    shown_ = true;
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
    (void)std::fflush(stderr);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace suite

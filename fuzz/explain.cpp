#include "fuzz/explain.h"

#include <string>
#include <unistd.h>

#include "fuzz/text.h"

namespace suite {
namespace {

void write_all(int output, const std::string& text) {
    for (size_t at = 0; at < text.size();) {
        const ssize_t put = write(output, text.data() + at, text.size() - at);
        if (put <= 0) return;  // nobody reads any more
        at += static_cast<size_t>(put);
    }
}

}  // namespace

Outcome explain(const Program& program, const SubjectEntry& subject, int output,
                const IsolateOptions& options) {
    const std::string configuration = print(program.configuration);
    write_all(output, "subject " + subject.name + ": " + subject.description + "\n");
    write_all(output, configuration.empty() ? "default configuration\n" : configuration + "\n");
    IsolateOptions isolated = options;
    isolated.track = true;
    // The child process gives its standard output away; a descriptor of our own stays.
    const int kept = dup(output);
    isolated.run.trace = [kept](size_t index, const Operation& operation, const std::string& gave) {
        write_all(kept, std::to_string(index) + "  " + print(operation) + "  ->  " + gave + "\n");
    };
    const Outcome outcome = run_isolated(program, subject, isolated);
    close(kept);
    std::string last = "passed: " + std::to_string(outcome.operations_run) + " operations\n";
    if (outcome.end != End::passed) {
        const bool at_end = outcome.operation >= program.operations.size();
        last = signature(outcome) + (at_end ? " at the end" : " at operation ") +
               (at_end ? "" : std::to_string(outcome.operation)) + ": " + outcome.text + "\n";
    }
    write_all(output, last);
    return outcome;
}

}  // namespace suite

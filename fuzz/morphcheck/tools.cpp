// morphcheck list, convert, bench-exec.
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "fuzz/binary.h"
#include "fuzz/generate.h"
#include "fuzz/morphcheck/commands.h"
#include "fuzz/morphcheck/files.h"
#include "fuzz/morphcheck/report.h"
#include "fuzz/targets.h"
#include "fuzz/text.h"

namespace suite {
namespace {

std::string abilities_text(const Abilities& abilities) {
    struct Named {
        bool has;
        const char* name;
    };
    const Named all[] = {{abilities.free, "free"},       {abilities.reallocate, "reallocate"},
                         {abilities.aligned, "aligned"}, {abilities.reset, "reset"},
                         {abilities.scopes, "scopes"},   {abilities.types, "types"},
                         {abilities.metrics, "metrics"}, {abilities.query, "query"},
                         {abilities.verify, "verify"},   {abilities.debug, "debug"},
                         {abilities.limits, "limits"}};
    std::string text;
    for (const Named& one : all) {
        if (one.has) text += (text.empty() ? "" : " ") + std::string(one.name);
    }
    return text;
}

}  // namespace

int list_command(bool names_only) {
    for (const SubjectEntry& entry : subjects()) {
        if (names_only) {
            std::printf("%s\n", entry.name.c_str());
        } else {
            std::printf("%-20s %s\n%-20s   can: %s\n", entry.name.c_str(),
                        entry.description.c_str(), "", abilities_text(entry.abilities).c_str());
        }
    }
    return kExitOk;
}

int convert_command(const ConvertCommand& command) {
    std::string error;
    const std::optional<LoadedProgram> loaded = load_program(command.file, &error);
    if (!loaded) return usage_error(error);
    bool to_text = loaded->form == Form::binary;
    if (!command.to.empty()) to_text = command.to == "text";
    std::string contents;
    if (to_text) {
        contents = print(loaded->program);
    } else {
        const std::vector<uint8_t> bytes = encode(loaded->program);
        contents.assign(bytes.begin(), bytes.end());
    }
    return store_file(command.out, contents, &error) ? kExitOk : usage_error(error);
}

int bench_command(const BenchCommand& command) {
    const std::optional<SubjectEntry> subject = subject_or_complain(command.subject);
    if (!subject) return kExitUsage;
    // Encoded programs of exactly that average length, decoded and run as a fuzz target does it.
    GenerateOptions options;
    options.kind = subject->kind;
    options.abilities = subject->abilities;
    options.plausible = true;
    std::vector<std::vector<uint8_t>> inputs;
    for (uint64_t i = 0; i < 64; ++i) {
        options.operations_min = std::max<uint64_t>(1, 2 * command.operations * (i % 8) / 7);
        options.operations_max = options.operations_min;
        inputs.push_back(encode(generate(command.seed + i, options)));
    }
    uint64_t executions = 0;
    uint64_t operations = 0;
    uint64_t collections = 0;
    // Of the processor: what else the machine does must not count.
    const std::clock_t start = std::clock();
    double seconds = 0;
    do {
        const std::vector<uint8_t>& input = inputs[executions % inputs.size()];
        const RunResult result = run_target_input(input, *subject);
        if (result.finding) {
            std::printf("finding: checker %s: %s\nprogram:\n%s",
                        checker_name(result.finding->checker), result.finding->text.c_str(),
                        print(target_program(input, *subject)).c_str());
            return kExitFinding;
        }
        operations += result.operations_run;
        collections += result.collections;
        ++executions;
        seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    } while (seconds < command.seconds);
    std::printf("%s: %.0f executions/s of a core, %.1f operations on average, %.0f operations/s\n",
                subject->name.c_str(), static_cast<double>(executions) / seconds,
                static_cast<double>(operations) / static_cast<double>(executions),
                static_cast<double>(operations) / seconds);
    if (subject->kind == Kind::heap) {
        std::printf("%s: %.1f collections per execution\n", subject->name.c_str(),
                    static_cast<double>(collections) / static_cast<double>(executions));
    }
    return kExitOk;
}

}  // namespace suite

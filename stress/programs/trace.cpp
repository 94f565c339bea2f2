// trace: records what processes ask of malloc, replays it on any subject of the suite, prints its
// profile. docs/traces.md.
#include <CLI/CLI.hpp>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/subject.h"
#include "stress/trace/codec.h"
#include "stress/trace/file.h"
#include "stress/trace/profile.h"
#include "stress/trace/record.h"
#include "stress/trace/replay.h"

namespace {

constexpr int kExitUsage = 2;
constexpr int kExitOutOfMemory = 3;
constexpr int kExitBroken = 4;

struct Settings {
    std::string file;
    std::string output;
    std::vector<std::string> command;
    std::vector<std::string> subjects;
    bool json = false;
    bool text = false;
    bool plain = false;
    bool speed = false;
    bool debug = false;
    uint64_t first = UINT64_MAX;
    uint64_t bytes_max = trace::ReplayOptions{}.bytes_max;
    uint64_t interval = 0;
    uint64_t rounds = 3;
};

bool load(const Settings& settings, trace::Trace* trace) {
    const std::optional<trace::Refusal> refusal = trace::load(settings.file, trace);
    if (refusal.has_value()) {
        std::fprintf(stderr, "%s: at %" PRIu64 ": %s\n", settings.file.c_str(), refusal->offset,
                     refusal->reason.c_str());
        return false;
    }
    if (trace->cut_at != 0) {
        std::fprintf(stderr, "%s: ends within the frame at %" PRIu64 "; what is before is used\n",
                     settings.file.c_str(), trace->cut_at);
    }
    trace::cut(trace, settings.first);
    return true;
}

int run_record(const Settings& settings) {
    const std::string recorder = trace::recorder_beside_this_program();
    if (recorder.empty()) {
        std::fprintf(stderr, "libmorph-trace.so is not beside this program\n");
        return kExitUsage;
    }
    if (!trace::recorded_files(settings.output).empty()) {
        std::fprintf(stderr, "%s: there is a file of that name, or one that begins with it\n",
                     settings.output.c_str());
        return kExitUsage;
    }
    const int status = trace::record(settings.command, settings.output, recorder);
    uint64_t bytes = 0;
    size_t files = 0;
    for (const std::string& file : trace::recorded_files(settings.output)) {
        std::error_code error;
        bytes += std::filesystem::file_size(file, error);
        ++files;
    }
    std::fprintf(stderr, "%s: %zu processes, %" PRIu64 " bytes; the command's exit status: %d\n",
                 settings.output.c_str(), files, bytes, status);
    return files == 0 ? kExitBroken : status;
}

int run_profile(const Settings& settings) {
    trace::Trace trace;
    if (!load(settings, &trace)) return kExitUsage;
    const trace::Profile profile = trace::profile(trace);
    const std::string text =
        settings.json ? trace::json_profile(profile) : trace::print_profile(profile);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
}

int run_convert(const Settings& settings) {
    trace::Trace trace;
    if (!load(settings, &trace)) return kExitUsage;
    const trace::Form form = settings.text    ? trace::Form::text
                             : settings.plain ? trace::Form::plain
                                              : trace::Form::compressed;
    std::string error;
    if (trace::save(settings.output, trace, form, &error)) return 0;
    std::fprintf(stderr, "%s\n", error.c_str());
    return kExitUsage;
}

void print_substitutes(const trace::Substitutes& counts) {
    const auto say = [](uint64_t count, const char* what) {
        if (count != 0) std::printf("  %" PRIu64 " %s\n", count, what);
    };
    say(counts.frees_skipped, "frees that it cannot do: the memory stayed taken");
    say(counts.resizes_copied, "resizes by a new object, a copy and a free");
    say(counts.cleared, "objects cleared for it");
    say(counts.beside, "allocations above its largest size were malloc's");
    say(counts.unaligned, "alignments that it was not asked for");
}

double megabytes(uint64_t bytes) {
    return static_cast<double>(bytes) / (1 << 20);
}

// Exit status.
int judge(const Settings& settings, const std::string& name, const trace::Replayed& result) {
    if (!result.refused.empty() && !result.out_of_memory) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), result.refused.c_str());
        return kExitUsage;
    }
    if (result.finding.has_value()) {
        std::fprintf(stderr, "%s on %s: event %zu: %s: %s\n", settings.file.c_str(), name.c_str(),
                     result.finding->operation, suite::checker_name(result.finding->checker),
                     result.finding->text.c_str());
        return kExitBroken;
    }
    if (result.out_of_memory) {
        std::printf("%s: out of memory after %" PRIu64 " calls, cleanly\n", name.c_str(),
                    result.calls);
        return kExitOutOfMemory;
    }
    return 0;
}

int replay_checked(const Settings& settings, const trace::Trace& trace,
                   const suite::SubjectEntry& entry) {
    trace::ReplayOptions options;
    options.debug = settings.debug;
    options.bytes_max = settings.bytes_max;
    options.interval = settings.interval;
    const trace::Replayed result = trace::replay(trace, entry, options);
    const int code = judge(settings, entry.name, result);
    if (code != 0) return code;
    std::printf("result %" PRIu64 " calls, contents %016" PRIx64 ", %" PRIu64
                " objects live at the end\n",
                result.calls, result.digest, result.live_end);
    std::printf("%s: %.2f s; live at most %.2f MiB", entry.name.c_str(), result.seconds,
                megabytes(result.live_peak));
    if (result.mapped_peak != 0 && result.live_peak != 0) {
        std::printf(
            ", mapped at most %.2f MiB: %.3f times", megabytes(result.mapped_peak),
            static_cast<double>(result.mapped_peak) / static_cast<double>(result.live_peak));
    }
    std::printf("; figures compared %" PRIu64 " times, verified %" PRIu64 " times\n",
                result.comparisons, result.verifications);
    print_substitutes(result.substitutes);
    return 0;
}

// The best of some rounds.
int replay_timed(const Settings& settings, const trace::Trace& trace,
                 const suite::SubjectEntry& entry, double nothing) {
    trace::ReplayOptions options;
    options.bytes_max = settings.bytes_max;
    double best = 1e300;
    trace::Replayed result;
    for (uint64_t round = 0; round < settings.rounds; ++round) {
        result = trace::replay_for_speed(trace, entry, options);
        const int code = judge(settings, entry.name, result);
        if (code != 0) return code;
        best = std::min(best, result.seconds);
    }
    const double nanoseconds =
        best * 1e9 / static_cast<double>(std::max<uint64_t>(result.calls, 1));
    std::printf("%-18s %8.1f ns a call, %8.1f without the replayer's own", entry.name.c_str(),
                nanoseconds, nanoseconds - nothing);
    if (result.mapped_peak != 0) std::printf(", mapped %.2f MiB", megabytes(result.mapped_peak));
    std::printf("\n");
    return 0;
}

int run_replay(const Settings& settings) {
    trace::Trace trace;
    if (!load(settings, &trace)) return kExitUsage;
    double nothing = 1e300;
    for (uint64_t round = 0; settings.speed && round < settings.rounds; ++round) {
        const trace::Replayed result = trace::replay_on_nothing(trace);
        nothing = std::min(nothing, result.seconds * 1e9 /
                                        static_cast<double>(std::max<uint64_t>(result.calls, 1)));
    }
    int worst = 0;
    for (const std::string& name : settings.subjects) {
        std::string error;
        const std::optional<suite::SubjectEntry> entry = suite::find_subject(name, &error);
        int code = kExitUsage;
        if (!entry.has_value()) {
            std::fprintf(stderr, "%s\n", error.c_str());
        } else if (settings.speed) {
            code = replay_timed(settings, trace, *entry, nothing);
        } else {
            code = replay_checked(settings, trace, *entry);
        }
        worst = std::max(worst, code);
    }
    return worst;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app{"Traces of malloc calls: record, profile, replay, convert."};
    app.require_subcommand(1);

    CLI::App* record = app.add_subcommand("record", "run COMMAND and record its processes");
    record
        ->add_option("-o,--output", settings.output,
                     "the first process's trace; others: OUTPUT.PID")
        ->required();
    record->add_option("COMMAND", settings.command)->required();
    record->prefix_command(false)->positionals_at_end();

    const auto with_file = [&](CLI::App* command) {
        command->add_option("FILE", settings.file, "plain, compressed or text")
            ->required()
            ->check(CLI::ExistingFile);
        command->add_option("--first", settings.first, "only the first so many events");
        return command;
    };
    CLI::App* profile = with_file(app.add_subcommand("profile", "sizes, lives, peak, threads"));
    profile->add_flag("--json", settings.json);

    CLI::App* convert = with_file(app.add_subcommand("convert", "compress, cut, to text and back"));
    convert->add_option("-o,--output", settings.output)->required();
    convert->add_flag("--text", settings.text, "one event a line");
    convert->add_flag("--plain", settings.plain, "not compressed");

    CLI::App* replay =
        with_file(app.add_subcommand("replay", "the same calls on SUBJECT, checked"));
    replay->add_option("--subject", settings.subjects, "of the suite, or the path of a plugin")
        ->required();
    replay->add_flag("--debug", settings.debug, "debug mode of the subject");
    replay->add_option("--bytes-max", settings.bytes_max, "bound of what it may hold");
    replay->add_option("--interval", settings.interval, "events between comparisons of figures");
    replay->add_flag("--speed", settings.speed, "no checkers: the time of a call");
    replay->add_option("--rounds", settings.rounds, "--speed: the best of so many")
        ->check(CLI::PositiveNumber);
    CLI11_PARSE(app, argc, argv);

    if (record->parsed()) return run_record(settings);
    if (profile->parsed()) return run_profile(settings);
    if (convert->parsed()) return run_convert(settings);
    return run_replay(settings);
}

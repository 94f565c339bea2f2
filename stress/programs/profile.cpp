// profile-library, profile-reference, profile-malloc: the profile workload on one memory system.
// The line "result ..." is the same whatever the system below.
#include "stress/profile/profile.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "stress/programs/setup_options.h"
#include "stress/scale/figures.h"

namespace {

using stress::Exit;

constexpr int kExitBroken = 1;

double megabytes(uint64_t bytes) {
    return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

double ratio(uint64_t bytes, uint64_t payload) {
    return payload == 0 ? 0.0 : static_cast<double>(bytes) / static_cast<double>(payload);
}

std::string describe(const profile::Report& report, bool figures) {
    std::string text;
    const auto bytes = [&report, &text](const char* name, uint64_t value) {
        stress::append(&text, "%-22s %10.2f MiB  %6.3f x payload\n", name, megabytes(value),
                       ratio(value, report.payload));
    };
    stress::append(&text, "objects                %10llu\n",
                   static_cast<unsigned long long>(report.objects));
    bytes("payload", report.payload);
    bytes("mapped", report.mapped);
    bytes("mapped again", report.mapped_again);
    bytes("VmRSS growth", report.rss);
    bytes("VmHWM growth", report.rss_peak);
    if (report.minor + report.major != 0) {
        stress::append(&text,
                       "collections            %10llu minor, %llu major, %llu of them forced\n",
                       static_cast<unsigned long long>(report.minor),
                       static_cast<unsigned long long>(report.major),
                       static_cast<unsigned long long>(report.forced));
    }
    stress::append(&text, "seconds: whole %.4f, reset %.6f, again %.4f, replace %.4f\n",
                   report.seconds_whole, report.seconds_reset, report.seconds_again,
                   report.seconds_replace);
    if (figures) {
        text += scale::format({report.cpu_whole, report.mapped_peak, report.rss_peak});
    }
    stress::append(&text, "result objects %llu payload %llu\n",
                   static_cast<unsigned long long>(report.objects),
                   static_cast<unsigned long long>(report.payload));
    return text;
}

stress::Attempt attempt(const profile::Settings& settings, bool judge, bool figures) {
    const profile::Report report = profile::run(settings);
    if (report.refused_configuration) return {Exit::usage, {}};
    if (!report.wrong.empty()) {
        std::fprintf(stderr, "profile: %s\n", report.wrong.c_str());
        return {kExitBroken, {}};
    }
    if (report.out_of_memory) {
        std::fprintf(stderr, "profile: out of memory, cleanly\n");
        return {Exit::out_of_memory, {}};
    }
    const uint64_t accepted = profile::footprint_max(report.payload);
    if (judge && report.mapped > accepted) {
        std::fprintf(stderr, "profile: mapped %.2f MiB, more than the %.2f MiB accepted\n",
                     megabytes(report.mapped), megabytes(accepted));
        return {kExitBroken, describe(report, figures)};
    }
    return {Exit::good, describe(report, figures)};
}

}  // namespace

int main(int argc, char** argv) {
    stress::take_stack();
    profile::Settings settings;
    bool judge = false;
    bool figures = false;
    CLI::App app{
        "Allocate, fill and verify what a compiler would.\n"
        "Exit status: 0 good, 1 broken, 2 usage, 3 out of memory (cleanly)."};
    app.add_option("--lines", settings.lines, "of source; 100 objects each")
        ->check(CLI::Range(uint64_t{1}, uint64_t{1000000}));
    app.add_option("--seed", settings.seed, "of the order of objects");
    app.add_flag("--replace", settings.replace, "free and allocate anew as many objects as live");
    stress::add_options(app, &settings.setup);
    stress::add_mode(app, &settings.setup);
    app.add_flag("!--no-metrics", settings.metrics, "without counts by type");
    app.add_flag("--judge", judge, "mapped must be at most 1.05 x payload + 2 MiB");
    app.add_flag("--figures", figures, "print what phase whole takes: CPU time, memory");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : Exit::usage;
    }
    return stress::run_attempts(settings.setup,
                                [&settings, judge, figures](const stress::Setup& setup) {
                                    profile::Settings one = settings;
                                    one.setup = setup;
                                    return attempt(one, judge, figures);
                                });
}

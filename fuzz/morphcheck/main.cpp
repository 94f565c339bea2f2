// morphcheck: lists subjects, runs the language of operations on them, replays, shrinks and
// explains findings. Exit status: 0 fine, 1 a finding, 2 wrong use.
#include <CLI/CLI.hpp>

#include "fuzz/morphcheck/commands.h"

namespace {

using namespace suite;

struct Commands {
    bool names_only = false;
    RunCommand run;
    EndureCommand endure;
    ReplayCommand replay;
    ShrinkCommand shrink;
    ExplainCommand explain;
    ConvertCommand convert;
    BenchCommand bench;
    int status = kExitOk;
};

constexpr const char* kSubjectHelp = "subject by name (see list), or the path of a shared object";

void add_run(CLI::App& app, Commands& commands) {
    RunCommand& run = commands.run;
    CLI::App* command = app.add_subcommand("run", "generate programs from seeds and run them");
    command->add_option("-s,--subject", run.subject, kSubjectHelp)->required();
    command->add_option("--seed", run.seed, "seed of the first program")->capture_default_str();
    command->add_option("--ops", run.operations, "operations in all")->capture_default_str();
    command->add_option("--program-ops", run.program_operations,
                        "longest program (default 512; with --sweep 64)");
    command->add_option("--seconds", run.seconds, "stop after so long")
        ->check(CLI::NonNegativeNumber);
    command->add_flag("--sweep", run.sweep, "refuse every k-th request for memory of each program");
    command->add_option("-o,--out", run.out, "write a finding's program there, as text");
    command->add_option("--without", run.without, "checkers to switch off: who else finds it?")
        ->delimiter(',');
    command->callback([&commands] { commands.status = run_command(commands.run); });
}

void add_endure(CLI::App& app, Commands& commands) {
    EndureCommand& endure = commands.endure;
    CLI::App* command = app.add_subcommand("endure", "one long seeded life of each subject");
    command->add_option("-s,--subject", endure.subjects, kSubjectHelp)
        ->delimiter(',')
        ->capture_default_str();
    command->add_option("--seed", endure.seed, "a run is its seed")->capture_default_str();
    command->add_option("--ops", endure.operations, "operations of each subject")
        ->capture_default_str();
    command
        ->add_option("--seconds", endure.seconds, "stop each after so long, at the end of a season")
        ->check(CLI::NonNegativeNumber);
    command->callback([&commands] { commands.status = endure_command(commands.endure); });
}

void add_replay(CLI::App& app, Commands& commands) {
    ReplayCommand& replay = commands.replay;
    CLI::App* command = app.add_subcommand("replay", "run programs from files");
    command->add_option("FILE", replay.files, "programs, text or binary; - is standard input")
        ->required();
    command->add_option("-s,--subject", replay.subject,
                        std::string(kSubjectHelp) + " (default: all built-in ones)");
    command->add_flag("--sweep", replay.sweep, "refuse every k-th request for memory as well");
    command->callback([&commands] { commands.status = replay_command(commands.replay); });
}

void add_shrink(CLI::App& app, Commands& commands) {
    ShrinkCommand& shrink = commands.shrink;
    CLI::App* command = app.add_subcommand("shrink", "make a failing program small");
    command->add_option("FILE", shrink.file, "a program that fails")->required();
    command->add_option("-o,--out", shrink.out, "where the small one goes, as text")->required();
    command->add_option("-s,--subject", shrink.subject, kSubjectHelp)->required();
    command->add_flag("--cpp", shrink.cpp, "write it as a C++ program as well: OUT.cpp");
    command->add_option("--seconds", shrink.seconds, "stop after so long")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->callback([&commands] { commands.status = shrink_command(commands.shrink); });
}

void add_others(CLI::App& app, Commands& commands) {
    CLI::App* list = app.add_subcommand("list", "list subjects and what they can do");
    list->add_flag("--names", commands.names_only, "names only, one a line");
    list->callback([&commands] { commands.status = list_command(commands.names_only); });

    CLI::App* explain = app.add_subcommand("explain", "what happens, step by step");
    explain->add_option("FILE", commands.explain.file, "a program")->required();
    explain->add_option("-s,--subject", commands.explain.subject, kSubjectHelp)
        ->default_str("context");
    explain->callback([&commands] { commands.status = explain_command(commands.explain); });

    CLI::App* convert = app.add_subcommand("convert", "text to binary, binary to text");
    convert->add_option("FILE", commands.convert.file, "a program")->required();
    convert->add_option("-o,--out", commands.convert.out, "where it goes (- is standard output)")
        ->required();
    convert->add_option("--to", commands.convert.to, "form (default: the other one)")
        ->check(CLI::IsMember({"text", "binary"}));
    convert->callback([&commands] { commands.status = convert_command(commands.convert); });

    CLI::App* bench = app.add_subcommand("bench-exec", "executions per second of the runner");
    bench->add_option("-s,--subject", commands.bench.subject, kSubjectHelp)->required();
    bench->add_option("--seed", commands.bench.seed, "seed")->capture_default_str();
    bench->add_option("--seconds", commands.bench.seconds, "how long")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    bench->add_option("--program-ops", commands.bench.operations, "operations on average")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    bench->callback([&commands] { commands.status = bench_command(commands.bench); });
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Runs sequences of operations on allocators, with all checkers on.", "morphcheck");
    app.require_subcommand(1);
    app.footer("Exit status: 0 fine, 1 a finding, 2 wrong use.");
    Commands commands;
    add_run(app, commands);
    add_endure(app, commands);
    add_replay(app, commands);
    add_shrink(app, commands);
    add_others(app, commands);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kExitOk : kExitUsage;
    }
    return commands.status;
}

// fox-library, fox-reference, fox-malloc: the front end on one memory system. What they print
// does not depend on the system below, so that outputs can be compared as they are.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "stress/fox/print.h"
#include "stress/fox/session.h"
#include "stress/generate/generator.h"
#include "stress/profile/process_memory.h"
#include "stress/programs/setup_options.h"
#include "stress/scale/figures.h"

namespace {

using stress::Attempt;
using stress::Exit;

constexpr int kExitRejected = 1;

struct Settings {
    std::vector<std::string> files;
    bool print_tree = false;
    bool count = false;
    bool hash = false;
    bool check = false;
    bool collections = false;
    bool figures = false;
    uint64_t sweep = 0;
    uint64_t lines = 0;
    uint64_t seed = 1;
    uint64_t repeat = 1;
    stress::Setup setup;
};

class FileSink : public fox::Sink {
 public:
    void write(std::string_view text) override { std::fwrite(text.data(), 1, text.size(), stdout); }
};

int worse(int left, int right) {
    return left > right ? left : right;
}

int run_sweep(const std::string& name, const std::string& source, const Settings& settings) {
    const fox::Sweep sweep = fox::sweep_failures(source, settings.sweep, settings.setup);
    if (!sweep.wrong.empty()) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), sweep.wrong.c_str());
        return Exit::broken;
    }
    if (sweep.requests != 0 && sweep.refusals < sweep.runs) {
        std::fprintf(stderr, "%s: a refusal was not met\n", name.c_str());
        return Exit::broken;
    }
    std::printf("%s: sweep good\n", name.c_str());
    return 0;
}

int report(const std::string& name, const std::string& wrong) {
    if (wrong.empty()) return 0;
    std::fprintf(stderr, "%s: %s\n", name.c_str(), wrong.c_str());
    return wrong == fox::kOutOfMemory ? Exit::out_of_memory : Exit::broken;
}

int show(fox::Session& session, const std::string& name, fox::Result& result,
         const Settings& settings, std::string* output) {
    const int code = settings.check ? report(name, fox::check_result(session, &result)) : 0;
    if (code != 0) return code;
    if (settings.print_tree) {
        FileSink sink;
        fox::print_tree(result.tree, sink);
    }
    if (settings.hash) {
        *output += "result " + name;
        stress::append(output, " %016llx\n",
                       static_cast<unsigned long long>(fox::tree_hash(result.tree)));
    }
    if (settings.count) *output += fox::format_counts(result.counts);
    return 0;
}

int refused(fox::Session& session, const std::string& name, const fox::Result& result,
            const Settings& settings) {
    std::fprintf(stderr, "%s\n", fox::format_error(name, result.error).c_str());
    if (settings.check && session.objects_live() != 0) {
        std::fprintf(stderr, "%s: FOX-CLEAN: objects are left behind\n", name.c_str());
        return Exit::broken;
    }
    if (result.error.kind != fox::ErrorKind::out_of_memory) return kExitRejected;
    const std::string wrong = stress::wrong_reason(session.error());
    return wrong.empty() ? Exit::out_of_memory : report(name, wrong);
}

int run_source(fox::Session& session, const std::string& name, const std::string& source,
               const Settings& settings, std::string* output) {
    if (settings.sweep != 0) return run_sweep(name, source, settings);
    const double began = scale::cpu_seconds();
    fox::Result result = session.parse(source);
    const double seconds = scale::cpu_seconds() - began;
    if (result.tree == nullptr) return refused(session, name, result, settings);
    int code = show(session, name, result, settings, output);
    if (settings.figures) {
        *output += scale::format({seconds, session.mapped_peak(), profile::process_memory().peak});
    }
    if (code == 0 && settings.check) code = report(name, fox::check_dropped(session));
    session.reset();
    return code;
}

Attempt run(const Settings& settings, const stress::Setup& setup) {
    Attempt attempt;
    fox::Session session(setup);
    if (!session.open()) return {stress::exit_of_creation(session.error()), {}};
    int code = 0;
    for (uint64_t round = 0; round < settings.repeat; ++round) {
        if (settings.lines != 0) {
            const std::string name = "generated-" + std::to_string(settings.seed + round);
            const std::string source = fox::generate(settings.seed + round, settings.lines);
            code = worse(code, run_source(session, name, source, settings, &attempt.output));
        }
        for (const std::string& name : settings.files) {
            std::ifstream stream(name, std::ios::binary);
            if (!stream) {
                std::fprintf(stderr, "%s: cannot be read\n", name.c_str());
                return {Exit::usage, {}};
            }
            const std::string source{std::istreambuf_iterator<char>(stream), {}};
            code = worse(code, run_source(session, name, source, settings, &attempt.output));
        }
    }
    if (settings.collections) {
        stress::print_collections(morph_mem_heap(session.context()), stderr);
    }
    if (!session.close()) {
        std::fprintf(stderr, "FOX-CLEAN: bytes granted are not returned\n");
        code = Exit::broken;
    }
    attempt.code = code;
    return attempt;
}

}  // namespace

int main(int argc, char** argv) {
    stress::take_stack();
    Settings settings;
    CLI::App app{
        "Parse Fox sources with the memory system this program is linked with.\n"
        "Exit status: 0 accepted, 1 rejected, 2 usage, 3 out of memory, 4 broken."};
    app.add_option("FILE", settings.files, "sources to parse");
    app.add_flag("--print-tree", settings.print_tree, "print the tree");
    app.add_flag("--count", settings.count, "print statistics");
    app.add_flag("--hash", settings.hash, "print the hash of the printed tree");
    app.add_flag("--check", settings.check, "verify tree, tokens, figures and the memory system");
    app.add_option("--sweep", settings.sweep,
                   "refuse requests for memory, at up to this many points, once and for ever");
    app.add_option("--generate", settings.lines, "parse a generated program of this many lines");
    app.add_option("--seed", settings.seed, "of the generated program");
    app.add_option("--repeat", settings.repeat, "so many times (generated: with the next seeds)");
    app.add_flag("--figures", settings.figures, "print what a parse takes: CPU time, memory");
    stress::add_options(app, &settings.setup);
    stress::add_mode(app, &settings.setup);
    app.add_flag("--collections", settings.collections, "tell how many there were (stderr)");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : Exit::usage;
    }
    if (settings.files.empty() && settings.lines == 0) {
        std::fprintf(stderr, "nothing to parse: give files or --generate LINES\n");
        return Exit::usage;
    }
    return stress::run_attempts(
        settings.setup, [&settings](const stress::Setup& setup) { return run(settings, setup); });
}

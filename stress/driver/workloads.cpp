#include "stress/driver/workloads.h"

#include <algorithm>
#include <filesystem>

#include "stress/driver/child.h"

namespace stress {

namespace {

using Command = std::vector<std::string>;

constexpr const char* kSystems[] = {"library", "reference", "malloc"};

constexpr int kOutOfMemory = 3;
constexpr int kRejected = 1;

class Builder {
 public:
    Builder(const Places& places, uint64_t seed) : places_(places), seed_(seed) {}

    // The same arguments on all three systems.
    Workload on_all(const std::string& program, const std::string& name, Command arguments) const {
        Workload workload;
        workload.name = program + ' ' + name;
        for (const char* system : kSystems) {
            Command command = {places_.programs + '/' + program + '-' + system};
            command.insert(command.end(), arguments.begin(), arguments.end());
            workload.commands.push_back(std::move(command));
        }
        return workload;
    }

    Workload corpus(const std::string& directory, Command arguments) const {
        const std::vector<std::string> files = sources(directory);
        arguments.insert(arguments.end(), files.begin(), files.end());
        return on_all("fox", directory + " sources", std::move(arguments));
    }

    Workload generated(uint64_t lines, Command more = {}) const {
        Command arguments = {"--generate", std::to_string(lines), "--seed", std::to_string(seed_)};
        arguments.insert(arguments.end(), {"--check", "--count", "--hash"});
        arguments.insert(arguments.end(), more.begin(), more.end());
        return on_all("fox", std::to_string(lines) + " lines, seed " + std::to_string(seed_),
                      std::move(arguments));
    }

    Workload profile(uint64_t lines, const Command& more = {}) const {
        Command arguments = {"--lines", std::to_string(lines), "--seed", std::to_string(seed_)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        Workload workload = on_all(
            "profile", std::to_string(lines) + " lines, seed " + std::to_string(seed_), arguments);
        workload.results_only = true;
        return workload;
    }

    // RUNTIME mode, on all three systems; and the library in COMPILER mode prints the same.
    Workload runtime(Workload workload, const Command& schedule) const {
        Command compiler = workload.commands[0];
        for (Command& command : workload.commands) {
            command.insert(command.end(), {"--mode", "runtime"});
            command.insert(command.end(), schedule.begin(), schedule.end());
        }
        workload.commands.push_back(std::move(compiler));
        workload.name += ", runtime";
        for (const std::string& word : schedule) workload.name += ' ' + word;
        return workload;
    }

    Workload collector(const std::string& name, uint64_t size, const Command& more = {}) const {
        Command arguments = {name, "--size", std::to_string(size), "--seed", std::to_string(seed_)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        std::string title = name + ' ' + std::to_string(size);
        for (const std::string& word : more) title += ' ' + word;
        Workload workload = on_all("collector", title, std::move(arguments));
        workload.results_only = true;
        return workload;
    }

    // The library with itself, in other configurations.
    static Workload configured(Workload workload, const std::vector<Command>& configurations) {
        const Command plain = workload.commands[0];
        workload.commands = {plain};
        for (const Command& more : configurations) {
            workload.commands.push_back(plain);
            workload.commands.back().insert(workload.commands.back().end(), more.begin(),
                                            more.end());
        }
        return named(std::move(workload), "in several configurations");
    }

    // The footprint is promised by the library alone.
    static Workload judged(Workload workload) {
        workload.commands[0].push_back("--judge");
        workload.name += ", footprint";
        return workload;
    }

    static Workload named(Workload workload, const std::string& more) {
        workload.name += ", " + more;
        return workload;
    }

    // Without the reference, which takes most of the time of a large workload.
    static Workload without_reference(Workload workload) {
        workload.commands.erase(workload.commands.begin() + 1);
        return named(std::move(workload), "without reference");
    }

    static Workload refused(Workload workload, const std::string& why) {
        workload.exit_code = kOutOfMemory;
        workload.name += ", " + why;
        workload.results_only = true;
        return workload;
    }

    [[nodiscard]] std::vector<std::string> sources(const std::string& directory) const {
        std::vector<std::string> files;
        std::error_code error;
        const std::filesystem::path path(places_.corpus + '/' + directory);
        for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
            if (entry.path().extension() == ".fox") files.push_back(entry.path().string());
        }
        std::sort(files.begin(), files.end());
        return files;
    }

    [[nodiscard]] Workload sweep() const {
        const std::vector<std::string> files = sources("accepted");
        Command arguments = {"--sweep", "40"};
        if (!files.empty()) arguments.push_back(files[seed_ % files.size()]);
        arguments.insert(arguments.end(), {"--generate", "300", "--seed", std::to_string(seed_)});
        return on_all("fox", "refused requests, seed " + std::to_string(seed_), arguments);
    }

 private:
    const Places& places_;
    uint64_t seed_;
};

std::string result_lines(const std::string& output) {
    std::string lines;
    size_t begin = 0;
    while (begin < output.size()) {
        const size_t end = std::min(output.find('\n', begin), output.size() - 1) + 1;
        if (output.compare(begin, 6, "result") == 0) lines += output.substr(begin, end - begin);
        begin = end;
    }
    return lines;
}

// The first line in which two outputs differ.
std::string first_difference(const std::string& left, const std::string& right) {
    const auto place = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    const auto offset = static_cast<size_t>(place.first - left.begin());
    const size_t begin = offset == 0 ? 0 : left.rfind('\n', offset - 1) + 1;
    const auto line_of = [begin](const std::string& text) {
        return begin < text.size() ? text.substr(begin, text.find('\n', begin) - begin)
                                   : std::string("(end)");
    };
    return '"' + line_of(left) + "\" and \"" + line_of(right) + '"';
}

}  // namespace

namespace {

void add_compiler_mode(const Builder& make, std::vector<Workload>* list) {
    list->push_back(make.corpus("accepted", {"--check", "--count", "--hash"}));
    list->push_back(make.corpus("rejected", {"--check"}));
    list->back().exit_code = kRejected;
    list->push_back(make.generated(1000));
    list->push_back(make.profile(100));
    list->push_back(make.profile(500));
    list->push_back(Builder::named(make.profile(500, {"--replace"}), "replacement"));
    list->push_back(make.sweep());
    list->push_back(Builder::refused(make.generated(20000, {"--bytes-max", "6000000"}),
                                     "refused by a bound of 6 MB"));
    list->push_back(Builder::refused(make.profile(5000, {"--bytes-max", "8000000"}),
                                     "refused by a bound of 8 MB"));
    list->push_back(make.generated(5000));
}

void add_runtime_mode(const Builder& make, std::vector<Workload>* list) {
    const Command check = {"--check", "--count", "--hash"};
    for (const char* force : {"7", "97"}) {
        list->push_back(
            make.runtime(make.corpus("accepted", check), {"--force", force, "--nursery", "4096"}));
    }
    list->push_back(make.runtime(make.corpus("accepted", check),
                                 {"--force", "97", "--force-major", "--debug"}));
    list->push_back(make.runtime(make.corpus("rejected", {"--check"}), {"--force", "7"}));
    list->back().exit_code = kRejected;
    list->push_back(make.runtime(make.generated(100), {"--force", "1", "--nursery", "4096"}));
    list->push_back(make.runtime(make.sweep(), {"--nursery", "16384"}));
    list->push_back(make.runtime(make.generated(3000), {"--debug"}));
    list->push_back(make.runtime(make.profile(10, {"--replace"}), {"--force", "1"}));
    list->push_back(make.runtime(make.profile(100, {"--replace"}), {"--force", "97"}));
    list->push_back(make.runtime(Builder::without_reference(make.profile(2000, {"--replace"})),
                                 {"--nursery", "65536"}));
    list->push_back(
        make.runtime(Builder::without_reference(make.generated(50000)), {"--nursery", "262144"}));
}

void add_collector(const Builder& make, std::vector<Workload>* list) {
    const Command forced = {"--force", "97", "--nursery", "4096", "--debug"};
    list->push_back(make.collector("gcbench", 8, forced));
    list->push_back(make.collector("binary-trees", 6, forced));
    list->push_back(make.collector("lru", 64, forced));
    list->push_back(make.collector("deep-list", 1000, forced));
    list->push_back(make.collector("wide-array", 1000, forced));
    list->push_back(make.collector("cyclic-graph", 500, forced));
    list->push_back(make.collector("lru", 512));
    list->push_back(make.collector("cyclic-graph", 2000));
    const std::vector<Command> nurseries = {{"--nursery", "65536"}, {"--nursery", "16777216"}};
    list->push_back(Builder::configured(make.collector("gcbench", 18), nurseries));
    list->push_back(Builder::configured(make.collector("binary-trees", 15), nurseries));
    list->push_back(Builder::configured(make.collector("lru", 16384), nurseries));
    list->push_back(Builder::without_reference(make.collector("deep-list", 1000000)));
    list->push_back(Builder::without_reference(make.collector("wide-array", 1000000)));
    list->push_back(Builder::without_reference(make.collector("cyclic-graph", 50000)));
}

void add_large(const Builder& make, std::vector<Workload>* list) {
    list->push_back(
        Builder::named(make.generated(10000, {"--bytes-max", "256000000"}), "in 256 MB"));
    list->push_back(make.generated(50000));
    list->push_back(make.profile(1000));
    list->push_back(Builder::judged(Builder::without_reference(make.profile(5000))));
    list->push_back(Builder::judged(Builder::named(
        Builder::without_reference(make.profile(10000, {"--bytes-max", "256000000"})),
        "in 256 MB")));
    list->push_back(Builder::judged(Builder::without_reference(make.profile(50000))));
    list->push_back(Builder::without_reference(
        Builder::named(make.profile(10000, {"--replace"}), "replacement")));
    list->push_back(Builder::configured(make.collector("lru", 65536), {{"--nursery", "262144"}}));
    list->push_back(make.profile(5000));
    list->push_back(make.profile(10000));
    list->push_back(Builder::named(make.profile(2000, {"--replace"}), "replacement"));
    list->push_back(make.profile(50000));
}

}  // namespace

std::vector<Workload> workloads(const Places& places, uint64_t seed) {
    const Builder make(places, seed);
    std::vector<Workload> list;
    add_compiler_mode(make, &list);
    add_runtime_mode(make, &list);
    add_collector(make, &list);
    add_large(make, &list);
    return list;
}

Judgement judge(const Workload& workload, std::chrono::steady_clock::time_point deadline) {
    std::string expected;
    for (size_t i = 0; i < workload.commands.size(); ++i) {
        const std::vector<std::string>& command = workload.commands[i];
        const Outcome outcome = run_child(command, deadline);
        if (outcome.stopped) return {Verdict::out_of_time, {}};
        const std::string line = "\n    " + shell_line(command);
        if (outcome.exit_code != workload.exit_code) {
            return {Verdict::failed, "exit status " + std::to_string(outcome.exit_code) +
                                         " instead of " + std::to_string(workload.exit_code) +
                                         line + '\n' + outcome.output};
        }
        const std::string result =
            workload.results_only ? result_lines(outcome.output) : outcome.output;
        if (i == 0) {
            expected = result;
            if (result.empty() && workload.exit_code == 0) {
                return {Verdict::failed, "no result" + line};
            }
        } else if (result != expected) {
            return {Verdict::failed, "results differ: " + first_difference(expected, result) +
                                         line + "\n    " + shell_line(workload.commands[0])};
        }
    }
    return {Verdict::good, {}};
}

}  // namespace stress

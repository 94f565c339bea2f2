#include "stress/driver/builder.h"

#include <algorithm>
#include <filesystem>

namespace stress {

namespace {

constexpr const char* kSystems[] = {"library", "reference", "malloc"};

void append(Command* command, const Command& more) {
    command->insert(command->end(), more.begin(), more.end());
}

}  // namespace

std::string Builder::program(const std::string& name) const {
    return places_.programs + '/' + name;
}

Workload Builder::on_all(const std::string& program_name, const std::string& name,
                         const Command& arguments) const {
    Workload workload;
    workload.name = program_name + ' ' + name;
    for (const char* system : kSystems) {
        Command command = {program(program_name + '-' + system)};
        append(&command, arguments);
        workload.commands.push_back(std::move(command));
    }
    return workload;
}

Workload Builder::single(const std::string& program_name, const std::string& name,
                         const Command& arguments) const {
    Workload workload;
    workload.name = program_name + ' ' + name;
    workload.results_only = true;
    workload.commands.push_back({program(program_name)});
    append(&workload.commands[0], arguments);
    return workload;
}

Workload Builder::corpus(const std::string& directory, Command arguments) const {
    append(&arguments, sources(directory));
    return on_all("fox", directory + " sources", arguments);
}

Workload Builder::generated(uint64_t lines, const Command& more) const {
    Command arguments = {
        "--generate", std::to_string(lines), "--seed", std::to_string(seed_), "--check", "--count",
        "--hash"};
    append(&arguments, more);
    return on_all("fox", std::to_string(lines) + " lines, seed " + std::to_string(seed_),
                  arguments);
}

Workload Builder::sweep() const {
    const std::vector<std::string> files = sources("accepted");
    Command arguments = {"--sweep", "40"};
    if (!files.empty()) arguments.push_back(files[seed_ % files.size()]);
    append(&arguments, {"--generate", "300", "--seed", std::to_string(seed_)});
    return on_all("fox", "refused requests, seed " + std::to_string(seed_), arguments);
}

Workload Builder::profile(uint64_t lines, const Command& more) const {
    Command arguments = {"--lines", std::to_string(lines), "--seed", std::to_string(seed_)};
    append(&arguments, more);
    Workload workload = on_all(
        "profile", std::to_string(lines) + " lines, seed " + std::to_string(seed_), arguments);
    workload.results_only = true;
    return workload;
}

Workload Builder::collector(const std::string& name, uint64_t size, const Command& more) const {
    Command arguments = {name, "--size", std::to_string(size), "--seed", std::to_string(seed_)};
    append(&arguments, more);
    std::string title = name + ' ' + std::to_string(size) + ", seed " + std::to_string(seed_);
    for (const std::string& word : more) title += ' ' + word;
    Workload workload = on_all("collector", title, arguments);
    workload.results_only = true;
    return workload;
}

Workload Builder::runtime(Workload workload, const Command& schedule) {
    Command compiler = workload.commands[0];
    for (Command& command : workload.commands) {
        append(&command, {"--mode", "runtime"});
        append(&command, schedule);
    }
    workload.commands.push_back(std::move(compiler));
    workload.name += ", runtime";
    for (const std::string& word : schedule) workload.name += ' ' + word;
    return workload;
}

Workload Builder::configured(Workload workload, const std::vector<Command>& configurations) {
    const Command plain = workload.commands[0];
    workload.commands = {plain};
    for (const Command& more : configurations) {
        workload.commands.push_back(plain);
        append(&workload.commands.back(), more);
    }
    return named(std::move(workload), "in several configurations");
}

Workload Builder::judged(Workload workload) {
    workload.commands[0].push_back("--judge");
    workload.name += ", footprint";
    return workload;
}

Workload Builder::named(Workload workload, const std::string& more) {
    workload.name += ", " + more;
    return workload;
}

Workload Builder::without_reference(Workload workload) {
    std::erase_if(workload.commands,
                  [](const Command& command) { return command[0].ends_with("-reference"); });
    return named(std::move(workload), "without reference");
}

Workload Builder::refused(Workload workload, const std::string& why) {
    workload.exit_code = kExitOutOfMemory;
    workload.name += ", " + why;
    workload.results_only = true;
    return workload;
}

std::vector<std::string> Builder::sources(const std::string& directory) const {
    std::vector<std::string> files;
    std::error_code error;
    const std::filesystem::path path(places_.corpus + '/' + directory);
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
        if (entry.path().extension() == ".fox") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace stress

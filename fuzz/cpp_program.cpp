#include "fuzz/cpp_program.h"

#include <algorithm>
#include <array>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "fuzz/call_writer.h"
#include "fuzz/cpp_prelude.h"
#include "fuzz/text.h"

namespace suite {
namespace {

constexpr char kRefusalTag = '\x01';  // begins a line of the pipe that is no statement

struct Recorded {
    std::string statements;
    std::vector<size_t> refused;
    size_t objects = 0;
    bool whole = false;
};

// The child's side: runs the program and writes statements and refusals into the pipe.
[[noreturn]] void record_child(const Program& program, const SubjectEntry& subject, int output) {
    const Operation* current = nullptr;
    size_t next = 0;
    const auto write_text = [output](const std::string& text) {
        for (size_t at = 0; at < text.size();) {
            const ssize_t put = ::write(output, text.data() + at, text.size() - at);
            if (put <= 0) _exit(1);
            at += static_cast<size_t>(put);
        }
    };
    const auto begin = [&](size_t index) {
        next = index;
        current = index < program.operations.size() ? &program.operations[index] : nullptr;
        if (current == nullptr) return;
        write_text("\n    // " + std::to_string(index) + ": " + print(*current) + "\n");
    };
    const auto refused = [&](size_t index) {
        write_text(std::string(1, kRefusalTag) + std::to_string(index) + "\n");
    };
    SubjectEntry recording = subject;
    recording.make = [&] {
        return std::make_unique<CallWriter>(subject, write_text, refused, &current);
    };
    RunOptions options;
    options.fixed_point = true;  // a finding of the second pass needs its calls as well
    options.trace = [&](size_t index, const Operation&, const std::string&) { begin(index + 1); };
    begin(0);
    (void)run(program, recording, options);
    write_text(std::string(1, kRefusalTag) + "end\n");
    _exit(0);
}

Recorded record(const Program& program, const SubjectEntry& subject, double seconds) {
    Recorded recorded;
    int ends[2];
    if (pipe(ends) != 0) return recorded;
    const pid_t child = fork();
    if (child == 0) {
        ::close(ends[0]);
        alarm(static_cast<unsigned>(seconds) + 1);  // an endless loop ends by SIGALRM
        record_child(program, subject, ends[1]);
    }
    ::close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t got; (got = read(ends[0], buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<size_t>(got));
    }
    ::close(ends[0]);
    if (child > 0) waitpid(child, nullptr, 0);
    for (size_t at = 0; at < text.size();) {
        const size_t end = text.find('\n', at);
        const std::string line = text.substr(at, end - at);
        if (line.starts_with(kRefusalTag)) {
            if (line.substr(1) == "end") {
                recorded.whole = true;
            } else {
                recorded.refused.push_back(std::stoull(line.substr(1)));
            }
        } else {
            recorded.statements += line + "\n";
            if (line.find(" take(") != line.npos || line.find(" moved(") != line.npos) {
                ++recorded.objects;
            }
        }
        at = end == text.npos ? text.size() : end + 1;
    }
    return recorded;
}

std::string comment(std::string_view note) {
    std::string result;
    for (size_t at = 0; at < note.size();) {
        const size_t end = std::min(note.find('\n', at), note.size());
        std::string line(note.substr(at, end - at));
        while (!line.empty() && line.back() == '\\') line.pop_back();  // would continue the comment
        result += line.empty() ? "//\n" : "// " + line + "\n";
        at = end + 1;
    }
    return result;
}

std::string declarations(const Recorded& recorded, Kind kind) {
    std::string result =
        "static constexpr size_t kObjects = " + std::to_string(recorded.objects + 1) + ";\n";
    if (kind == Kind::heap_like) return result + kHelpers;
    result += "// Requests for memory that are refused, by their index; SIZE_MAX is none.\n";
    result += "static constexpr size_t kRefused[] = {";
    for (size_t index : recorded.refused) result += std::to_string(index) + "u, ";
    result += "SIZE_MAX};\n";
    result += kHelpers;
    result += kMorphHelpers;
    if (kind == Kind::arena) {
        size_t marks = 1;
        for (size_t at = 0;
             (at = recorded.statements.find("= morph_arena_mark(", at)) != std::string::npos;
             ++at) {
            ++marks;
        }
        result += "\nstatic MorphArena* memory;\n[[maybe_unused]] static MorphArenaMark* mark[" +
                  std::to_string(marks) + "];\n";
    } else if (kind == Kind::pool) {
        result += "\nstatic MorphPool* memory;\n";
    } else if (kind == Kind::general) {
        result += "\nstatic MorphGeneral* memory;\n";
    } else {
        result += R"(
static MorphMemContext* memory;

[[maybe_unused]] static void type(MorphMemPlacement placement) {
    MorphMemTypeInfo info = {};
    info.placement = placement;
    (void)morph_mem_register_type(memory, &info);
}
)";
    }
    return result;
}

const char* include_of(Kind kind) {
    switch (kind) {
        case Kind::arena:
            return "#include \"morph/arena.h\"\n";
        case Kind::pool:
            return "#include \"morph/pool.h\"\n";
        case Kind::general:
            return "#include \"morph/general.h\"\n";
        case Kind::context:
            return "#include \"morph/mem.h\"\n";
        case Kind::heap:
            return "#include \"morph/heap.h\"\n";
        case Kind::heap_like:
            break;
    }
    return "";
}

}  // namespace

std::string cpp_program(const Program& program, const SubjectEntry& subject, std::string_view note,
                        double seconds) {
    const Recorded recorded = record(program, subject, seconds);
    std::string result = comment(note);
    result += "// Recorded on subject " + subject.name + ". Build: c++ -std=c++20 FILE -lmorph\n";
    result += kHead;
    result += include_of(subject.kind);
    result += "\n" + declarations(recorded, subject.kind);
    result += "\nint main() {\n" + recorded.statements;
    if (!recorded.whole)
        result += "    // Here the recording ended: by a crash or the time limit.\n";
    result += "    std::printf(\"%d problems\\n\", problems);\n";
    result += "    return problems == 0 ? 0 : 1;\n}\n";
    return result;
}

}  // namespace suite

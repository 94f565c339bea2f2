#include "stress/trace/text.h"

#include <charconv>
#include <cstdio>

namespace trace {
namespace {

constexpr std::string_view kFirstLine = "morph-trace 1\n";
constexpr std::array<const char*, static_cast<size_t>(Kind::count_)> kNames = {
    "malloc", "calloc", "aligned", "realloc", "free", "failed", "foreign"};

// The words of one line.
class Words {
 public:
    explicit Words(std::string_view line) : rest_(line) {}

    std::string_view word() {
        const size_t begin = std::min(rest_.find_first_not_of(' '), rest_.size());
        const size_t end = std::min(rest_.find(' ', begin), rest_.size());
        const std::string_view word = rest_.substr(begin, end - begin);
        rest_.remove_prefix(end);
        return word;
    }
    bool number(uint64_t most, uint64_t* value) {
        const std::string_view digits = word();
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), *value);
        return error == std::errc() && end == digits.data() + digits.size() && *value <= most;
    }
    bool number(uint32_t* value) {
        uint64_t wide = 0;
        if (!number(UINT32_MAX, &wide)) return false;
        *value = static_cast<uint32_t>(wide);
        return true;
    }
    [[nodiscard]] bool at_end() const {
        return rest_.find_first_not_of(' ') == std::string_view::npos;
    }
    [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
    std::string_view rest_;
};

bool read_process(std::string_view line, FileHead* head) {
    Words words(line);
    const auto named = [&words](const char* name) { return words.word() == name; };
    if (!named("process") || !words.number(&head->process)) return false;
    if (!named("parent") || !words.number(&head->parent)) return false;
    if (!named("flags") || !words.number(&head->flags)) return false;
    if (!named("started") || !words.number(UINT64_MAX, &head->started)) return false;
    if (!named("name")) return false;
    std::string_view name = words.rest();
    if (!name.empty()) name.remove_prefix(1);
    if (name.size() >= head->name.size()) return false;
    std::memcpy(head->name.data(), name.data(), name.size());
    return true;
}

bool read_event(std::string_view line, Event* event) {
    Words words(line);
    if (!words.number(UINT64_MAX, &event->sequence) || event->sequence == 0) return false;
    if (!words.number(&event->thread)) return false;
    const std::string_view kind = words.word();
    size_t index = 0;
    while (index < kNames.size() && kind != kNames[index]) ++index;
    if (index == kNames.size()) return false;
    event->kind = static_cast<Kind>(index);
    if (refers(event->kind) &&
        (!words.number(event->sequence - 1, &event->object) || event->object == 0)) {
        return false;
    }
    if (event->kind != Kind::freed && event->kind != Kind::foreign &&
        !words.number(kSizeMax, &event->size)) {
        return false;
    }
    uint64_t log2 = 0;
    if (event->kind == Kind::aligned && !words.number(kAlignmentMax, &log2)) return false;
    event->alignment = static_cast<uint8_t>(log2);
    return words.at_end();
}

}  // namespace

const char* kind_name(Kind kind) {
    return kNames[static_cast<size_t>(kind)];
}

bool is_text(std::string_view data) {
    return data.starts_with(kFirstLine);
}

std::string print_text(const Trace& trace) {
    std::string text(kFirstLine);
    const auto put = [&text](uint64_t number) { text.append(" ").append(std::to_string(number)); };
    text += "process";
    put(trace.head.process);
    text += " parent";
    put(trace.head.parent);
    text += " flags";
    put(trace.head.flags);
    text += " started";
    put(trace.head.started);
    text += " name ";
    text.append(trace.head.name.data(), strnlen(trace.head.name.data(), trace.head.name.size()));
    text += '\n';
    for (const Event& event : trace.events) {
        text += std::to_string(event.sequence);
        put(event.thread);
        text.append(" ").append(kind_name(event.kind));
        if (refers(event.kind)) put(event.object);
        if (event.kind != Kind::freed && event.kind != Kind::foreign) put(event.size);
        if (event.kind == Kind::aligned) put(event.alignment);
        text += '\n';
    }
    return text;
}

std::optional<Refusal> parse_text(std::string_view data, Trace* trace) {
    *trace = {};
    uint64_t number = 0;
    std::vector<FramePlace> places;
    while (!data.empty()) {
        ++number;
        const size_t end = std::min(data.find('\n'), data.size());
        const std::string_view line = data.substr(0, end);
        data.remove_prefix(std::min(end + 1, data.size()));
        if (number == 1 || line.empty() || line[0] == '#') continue;
        if (number == 2) {
            if (!read_process(line, &trace->head)) return Refusal{number, "no process line"};
            trace->head.check = check_of(trace->head);
            continue;
        }
        Event event;
        if (!read_event(line, &event)) return Refusal{number, "no event: " + std::string(line)};
        trace->events.push_back(event);
        places.push_back({event.sequence, event.sequence, number});
    }
    if (number < 2) return Refusal{number, "no process line"};
    return settle(trace, places);
}

}  // namespace trace

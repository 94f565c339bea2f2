// Traces made up for tests, and names of files that go away.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "stress/trace/trace.h"

namespace trace {

// A directory of its own for each test.
class Folder {
 public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "trace-XXXXXX").string();
        if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code error;
        if (!path_.empty()) std::filesystem::remove_all(path_, error);
    }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + '/' + name; }

 private:
    std::string path_;
};

// xorshift: the same numbers everywhere.
class Numbers {
 public:
    explicit Numbers(uint64_t seed) : state_(seed * 2 + 1) {}
    uint64_t below(uint64_t bound) {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_ % bound;
    }

 private:
    uint64_t state_;
};

// All kinds of events by several threads; with gaps in the numbers if so asked. Sizes from 0 to
// 1 MiB, most of them small.
inline Trace made_up(uint64_t seed, size_t count, bool gaps = false) {
    Numbers numbers(seed);
    Trace trace;
    trace.head.process = 42;
    trace.head.name = {'m', 'a', 'd', 'e'};
    trace.head.check = check_of(trace.head);
    std::vector<uint64_t> live;
    uint64_t sequence = 0;
    for (size_t index = 0; index < count; ++index) {
        Event event;
        sequence += gaps && numbers.below(50) == 0 ? 2 + numbers.below(1000) : 1;
        event.sequence = sequence;
        event.thread = static_cast<uint32_t>(numbers.below(8) == 0 ? numbers.below(5) : 0);
        event.kind = static_cast<Kind>(numbers.below(static_cast<uint64_t>(Kind::count_)));
        if (refers(event.kind) && live.empty()) event.kind = Kind::plain;
        if (event.kind != Kind::freed && event.kind != Kind::foreign) {
            event.size =
                numbers.below(uint64_t{1} << numbers.below(numbers.below(9) == 0 ? 21 : 9));
        }
        if (event.kind == Kind::aligned) event.alignment = static_cast<uint8_t>(numbers.below(13));
        if (refers(event.kind)) {
            const size_t place = numbers.below(live.size());
            event.object = live[place];
            if (event.kind == Kind::freed) {
                live[place] = live.back();
                live.pop_back();
            }
        }
        if (allocates(event.kind)) live.push_back(event.sequence);
        trace.events.push_back(event);
    }
    const std::optional<Refusal> refusal = settle(&trace, {});
    EXPECT_FALSE(refusal.has_value()) << refusal->reason;
    return trace;
}

}  // namespace trace

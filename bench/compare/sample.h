// A sample: what one life of a memory system cost, and how it is printed.
//
// A life runs in a child process, which writes its sample into memory shared with its parent
// (apart.h); so a sample is one flat piece, without pointers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace compare {

enum class Status : uint8_t { finished, out_of_memory, time_limit, failed };

inline constexpr size_t kPausesMax = 10000;
inline constexpr size_t kPointsMax = 256;
inline constexpr size_t kMessageBytes = 240;

// Of a timeline. All but objects in bytes.
struct Point {
    uint64_t objects;
    uint64_t payload;  // live, as requested
    std::optional<uint64_t> asked;
    uint64_t resident;
};

struct Sample {
    Status status = Status::failed;  // until the life says otherwise
    std::array<char, kMessageBytes> message{};

    double seconds = 0;  // the whole life: open, work, free all; checks not counted
    double teardown_seconds = 0;
    std::optional<double> allocating_seconds;
    std::optional<double> allocating_with_first_touch_seconds;
    uint64_t lines = 0;
    uint64_t objects = 0;  // live at the end of the work
    uint64_t payload = 0;  // bytes of these, as requested
    uint64_t checksum = 0;
    uint64_t peak_resident = 0;          // growth of VmHWM, bytes; the layer's own table taken off
    std::optional<uint64_t> peak_asked;  // bytes
    std::optional<uint64_t> collections;
    std::optional<uint64_t> longest_pause;  // ns
    uint32_t pause_count = 0;
    std::array<uint64_t, kPausesMax> pauses;  // ns, in their order; the first of them are valid

    // Of sampling, over one or more lives: ticks in the work, and of those in allocation calls.
    uint64_t ticks = 0;
    uint64_t ticks_inside = 0;

    uint32_t point_count = 0;
    std::array<Point, kPointsMax> points;

    void end(Status how, const char* why);
    void add_pause(uint64_t nanoseconds) {
        if (pause_count < kPausesMax) pauses[pause_count++] = nanoseconds;
    }
};

// One line of JSON each, without its end.
[[nodiscard]] std::string format_sample(const Sample& sample);
[[nodiscard]] std::string format_timeline(const Sample& sample);
[[nodiscard]] std::string format_error(const Sample& sample);

}  // namespace compare

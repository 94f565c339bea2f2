// Figures: what a workload program tells of one run, in a line of its output, for the judgement of
// how it grows with its input.
//
//   figures cpu_seconds 0.412345678 mapped_peak 123456789 resident_peak 134567890
//
// cpu_seconds is of the work alone (the parse; the first phase of the profile), in user and system
// together: preparing the input and checking the result are no part of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scale {

struct Figures {
    double cpu_seconds = 0;
    uint64_t mapped_peak = 0;    // bytes the memory system held at most
    uint64_t resident_peak = 0;  // bytes of the process at most, VmHWM
};

// Of this process up to now, user and system.
[[nodiscard]] double cpu_seconds();

// With its newline.
[[nodiscard]] std::string format(const Figures& figures);
// The last such line of an output; nothing when there is none, or none that is whole.
[[nodiscard]] std::optional<Figures> find_figures(std::string_view output);

}  // namespace scale

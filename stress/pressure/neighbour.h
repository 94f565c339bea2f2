// Neighbour: a second process that fills memory in steps, waits, gives it back, and begins anew.
//
//   bytes  |      ____        ____
//          |   __|    |    __|    |        a step: so many pages mapped and touched
//          |__|       |___|       |__ ...
//
// NEIGHBOUR-BOUND  it holds at most what it was told, and at most half of the memory that was
//                  available when it began; before each step it looks whether the step still leaves
//                  half, and goes no further if not
// NEIGHBOUR-FIRST  if memory runs out all the same, the kernel chooses the neighbour
// NEIGHBOUR-DIES   it dies with the thread that started it, whatever happens to that
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace stress {

// MemAvailable of a text like /proc/meminfo, in bytes; 0 when it does not say.
[[nodiscard]] uint64_t available_in(const std::string& meminfo);
// Of this machine, and at most what this process may use.
[[nodiscard]] uint64_t memory_available();

// The most that a neighbour may hold of available bytes when it is told to take wanted.
[[nodiscard]] constexpr uint64_t neighbour_bytes_max(uint64_t wanted, uint64_t available) {
    return wanted < available / 2 ? wanted : available / 2;
}

class Neighbour {
 public:
    // Begins to fill memory. step: bytes of one step.
    Neighbour(uint64_t bytes, uint64_t step);
    Neighbour(const Neighbour&) = delete;
    Neighbour& operator=(const Neighbour&) = delete;
    ~Neighbour();  // it is dead and buried then

    // Waits until it holds the most for the first time; false: not within that time, or it could
    // not even take one step.
    [[nodiscard]] bool wait_until_full(double seconds) const;

    [[nodiscard]] uint64_t bytes_peak() const;
    [[nodiscard]] uint64_t rounds() const;  // of filling
    [[nodiscard]] pid_t process() const { return process_; }

 private:
    struct Shared;  // with the other process

    Shared* shared_ = nullptr;
    pid_t process_ = -1;
};

}  // namespace stress

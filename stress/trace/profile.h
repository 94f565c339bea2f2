// Profile: what a trace says of its process, independent of any allocator.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "stress/trace/trace.h"

namespace trace {

// Numbers by magnitude: bucket 0 holds 0, bucket b holds 2^(b-1) .. 2^b - 1.
struct Histogram {
    std::array<uint64_t, 65> count = {};
    std::array<uint64_t, 65> sum = {};

    void add(uint64_t value, uint64_t weight);
    void add(uint64_t value) { add(value, value); }
    static uint64_t lowest(size_t bucket) { return bucket == 0 ? 0 : uint64_t{1} << (bucket - 1); }
};

struct Frequent {
    uint64_t size;
    uint64_t count;
};

struct Profile {
    std::string name;
    uint64_t events = 0;
    std::array<uint64_t, static_cast<size_t>(Kind::count_)> kinds = {};
    uint64_t missing = 0, orphans = 0;
    std::map<uint32_t, uint64_t> threads;  // events of each
    uint64_t freed_elsewhere = 0;          // by another thread than allocated it

    uint64_t bytes_allocated = 0;  // asked for, resizes counted by their growth
    Histogram sizes;               // as first asked for; sum: bytes
    std::vector<Frequent> frequent;
    std::map<unsigned, uint64_t> alignments;  // log2, of those that asked

    // From allocation to free: allocations of others, and bytes they asked for, in between.
    Histogram life_allocations;  // sum: bytes of the objects
    Histogram life_bytes;

    uint64_t peak_bytes = 0, peak_bytes_event = 0;
    uint64_t peak_objects = 0;
    uint64_t end_bytes = 0, end_objects = 0;

    uint64_t grown = 0, shrunk = 0, same_size = 0;
    uint64_t resized_objects = 0;  // that were resized at all
    uint64_t resizes_most = 0;     // of one object
    uint64_t bytes_kept = 0;       // what all resizes copy if each moves its object
    Histogram growth_percent;      // new size in percent of the old
};

Profile profile(const Trace& trace);

std::string print_profile(const Profile& profile);  // for people
std::string json_profile(const Profile& profile);

}  // namespace trace

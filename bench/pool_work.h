// Loops that a pool and its peers run alike. An Allocator has allocate(size) and free(object,
// size).
//
// Each function returns the nanoseconds of its measured part; every object handed out is written
// (its first word), since that is what memory is asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "bench/duel.h"

namespace bench {

// xorshift64: cheap beside what is measured, and the same for both sides.
class Dice {
 public:
    explicit Dice(uint64_t seed) : state_(seed * 2 + 1) {}
    uint64_t roll() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }

 private:
    uint64_t state_;
};

enum class FreeOrder : uint8_t { as_allocated, reversed, random };

// Sizes of the objects of one slice and the order in which they are freed.
struct PoolWork {
    std::vector<uint16_t> sizes;
    std::vector<uint32_t> order;  // a permutation of the indices of sizes

    PoolWork(std::vector<uint16_t> object_sizes, FreeOrder free_order, uint64_t seed = 1)
        : sizes(std::move(object_sizes)), order(sizes.size()) {
        auto count = static_cast<uint32_t>(sizes.size());
        for (uint32_t i = 0; i < count; i++) {
            order[i] = free_order == FreeOrder::reversed ? count - 1 - i : i;
        }
        Dice dice(seed);
        for (uint32_t i = count; free_order == FreeOrder::random && i > 1; i--) {
            std::swap(order[i - 1], order[dice.roll() % i]);
        }
    }
};

inline void write_word(void* object) {
    *static_cast<uint64_t*>(object) = 1;
}

// Allocates all, frees all; returns the time of the part asked for.
enum class Part : uint8_t { allocate, free };

template <typename Allocator>
double allocate_and_free(Allocator& allocator, const PoolWork& work, Part part,
                         std::vector<void*>& objects) {
    size_t count = work.sizes.size();
    objects.resize(count);
    Allocator mine = allocator;
    void** places = objects.data();
    const uint16_t* sizes = work.sizes.data();
    const uint32_t* order = work.order.data();
    double start = now();
    for (size_t i = 0; i < count; i++) {
        void* object = mine.allocate(sizes[i]);
        write_word(object);
        places[i] = object;
    }
    double allocated = now();
    for (size_t i = 0; i < count; i++) mine.free(places[order[i]], sizes[order[i]]);
    double freed = now();
    return part == Part::allocate ? allocated - start : freed - allocated;
}

// The same for objects of one size, known when the program is compiled.
template <size_t size, typename Allocator>
double allocate_and_free_fixed(Allocator& allocator, const PoolWork& work, Part part,
                               std::vector<void*>& objects) {
    size_t count = work.sizes.size();
    objects.resize(count);
    Allocator mine = allocator;
    void** places = objects.data();
    const uint32_t* order = work.order.data();
    double start = now();
    for (size_t i = 0; i < count; i++) {
        void* object = mine.allocate(size);
        write_word(object);
        places[i] = object;
    }
    double allocated = now();
    for (size_t i = 0; i < count; i++) mine.free(places[order[i]], size);
    double freed = now();
    return part == Part::allocate ? allocated - start : freed - allocated;
}

// Live objects of one size; each step frees one at random and allocates another. The order of the
// victims is rolled beforehand.
template <size_t size, typename Allocator>
double replace_at_random(Allocator& allocator, std::vector<void*>& live,
                         const std::vector<uint32_t>& victims) {
    Allocator mine = allocator;
    void** places = live.data();
    const uint32_t* end = victims.data() + victims.size();
    double start = now();
    for (const uint32_t* victim = victims.data(); victim != end; victim++) {
        mine.free(places[*victim], size);
        void* object = mine.allocate(size);
        write_word(object);
        places[*victim] = object;
    }
    return now() - start;
}

inline std::vector<uint32_t> roll_victims(size_t steps, uint32_t live, uint64_t seed) {
    Dice dice(seed);
    std::vector<uint32_t> victims(steps);
    for (uint32_t& victim : victims) victim = static_cast<uint32_t>(dice.roll() % live);
    return victims;
}

}  // namespace bench

// Tables (mix.h) on each of the library's allocators. Each owns its allocator for as long as it
// lives and counts what it holds from the system.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "stress/soak/mix.h"

namespace soak {

// Bytes granted and returned, summed over all allocators that are given it.
struct Meter {
    uint64_t granted = 0;
    uint64_t returned = 0;
    [[nodiscard]] uint64_t held() const { return granted - returned; }
};

class KeptTable : public Table {
 public:
    // Before a mix. false: no memory.
    [[nodiscard]] virtual bool begin() = 0;
    // After one: everything is freed at once.
    virtual void reset() = 0;
    // For MixSettings::size_bits; a wide mix has 8 times larger ones where the allocator has them.
    [[nodiscard]] virtual unsigned size_bits() const = 0;
    [[nodiscard]] virtual unsigned wide_bits() const { return size_bits() + 3; }
};

// nullptr: no memory, or refused. The meter outlives the table.
[[nodiscard]] std::unique_ptr<KeptTable> arena_table(Meter* meter, bool debug);
[[nodiscard]] std::unique_ptr<KeptTable> pool_table(Meter* meter, bool debug);
[[nodiscard]] std::unique_ptr<KeptTable> general_table(Meter* meter, bool debug);
[[nodiscard]] std::unique_ptr<KeptTable> context_table(Meter* meter, bool debug);
[[nodiscard]] std::unique_ptr<KeptTable> heap_table(Meter* meter, bool debug);

}  // namespace soak

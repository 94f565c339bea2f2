// The unit of work of a soak: always the same amount of it.
//
//   steady  (kept)               the work of the first seed, wide   same result, same bytes held
//   varied  (kept)               the work of this unit's seed
//   debug   (kept, debug mode)   the same                        (same result)
//   fresh   (made and destroyed) the same, and with wide sizes
//   a collector load, a profile  (heaps and contexts of their own), in turn
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "stress/soak/world.h"

namespace soak {

// Units after which the steady world holds the same bytes for ever.
inline constexpr uint64_t kWarmUnits = 4;

class Units {
 public:
    explicit Units(uint64_t first_seed) : first_seed_(first_seed) {}

    // Empty, or what is wrong; then the kept worlds are made anew.
    [[nodiscard]] std::string run(uint64_t seed);
    // Bytes that the kept worlds hold.
    [[nodiscard]] uint64_t held() const;

 private:
    [[nodiscard]] std::string open();
    [[nodiscard]] std::string kept(uint64_t seed);
    [[nodiscard]] std::string fresh(uint64_t seed, uint64_t expected) const;
    [[nodiscard]] std::string load(uint64_t seed) const;

    const uint64_t first_seed_;
    std::unique_ptr<World> steady_, varied_, debug_;
    uint64_t units_ = 0;  // since the worlds were made
    uint64_t steady_result_ = 0;
    uint64_t steady_held_ = 0;
    uint64_t varied_result_ = 0;
};

}  // namespace soak

// World: one of everything that the library makes, kept for a whole soak or made for one unit of
// it.
//
//   arena   pool   general   context   heap      a mix of operations each (mix.h)
//   front end in COMPILER mode, in RUNTIME mode  the same generated program
//
// WORLD-RESULT    the same seed gives the same result in every world
// WORLD-PERIODIC  a world that only ever does the same work holds the same bytes after it, each
//                 time, but for the first few
// WORLD-RETURNED  a world that ends has returned every byte
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "stress/fox/session.h"
#include "stress/soak/tables.h"

namespace soak {

enum class Sizes : uint8_t {
    narrow,  // so small that the most that was ever in use at once soon stays the same
    wide     // up to 64 KiB: also what has mappings of its own
};

class World {
 public:
    explicit World(bool debug) : debug_(debug) {}

    // Empty, or what was refused.
    [[nodiscard]] std::string open();
    // For a world that is kept: more of everything than a unit of narrow work ever needs, so that
    // its memory does not grow by little records for hours.
    [[nodiscard]] std::string flood();
    // A unit of work, then everything is reset. Empty, or what is wrong.
    [[nodiscard]] std::string work(uint64_t seed, Sizes sizes, uint64_t* result);
    // Destroys everything. Empty, or what is wrong.
    [[nodiscard]] std::string close();
    // Bytes from the system.
    [[nodiscard]] uint64_t held() const;

 private:
    [[nodiscard]] std::string parse(fox::Session* session, const std::string& source,
                                    uint64_t* result) const;

    const bool debug_;
    Meter meter_;  // of the tables
    std::vector<std::unique_ptr<KeptTable>> tables_;
    std::unique_ptr<fox::Session> compiler_;
    std::unique_ptr<fox::Session> runtime_;
};

}  // namespace soak

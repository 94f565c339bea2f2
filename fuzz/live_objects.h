// LiveObjects: what the runner knows of each live object, in order of allocation.
//
//   order   |  7 |  0 |  3 |  ...        position (what an operation's operand picks) -> slot
//   slots   | Shadow | (free) | Shadow | ...
//
// LIVE-ORDER: order names each used slot once, no free one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "reference/model.h"

namespace suite {

struct Shadow {
    unsigned char* address = nullptr;
    size_t size = 0;
    size_t alignment = 8;                // as asked for; the model's may be smaller
    uint64_t identity = 0;               // of its contents (fill.h)
    reference::Object* model = nullptr;  // nullptr for heap_like subjects
    uint32_t number = 0;
    uint32_t version = 0;
};

class LiveObjects {
 public:
    [[nodiscard]] size_t size() const { return order_.size(); }
    [[nodiscard]] Shadow& at(size_t position) { return slots_[order_[position]]; }
    [[nodiscard]] uint32_t slot_at(size_t position) const { return order_[position]; }
    [[nodiscard]] Shadow& in_slot(uint32_t slot) { return slots_[slot]; }

    uint32_t add(const Shadow& shadow) {
        uint32_t slot;
        if (free_.empty()) {
            slot = static_cast<uint32_t>(slots_.size());
            slots_.push_back(shadow);
        } else {
            slot = free_.back();
            free_.pop_back();
            slots_[slot] = shadow;
        }
        order_.push_back(slot);
        return slot;
    }

    void remove(size_t position) {
        free_.push_back(order_[position]);
        order_.erase(order_.begin() + static_cast<ptrdiff_t>(position));
    }

    void clear() {
        order_.clear();
        slots_.clear();
        free_.clear();
    }

 private:
    std::vector<uint32_t> order_;
    std::vector<Shadow> slots_;
    std::vector<uint32_t> free_;
};

}  // namespace suite

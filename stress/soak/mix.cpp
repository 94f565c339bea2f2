#include "stress/soak/mix.h"

#include <algorithm>
#include <cstring>

namespace soak {

namespace {

struct Live {
    uint64_t identity = 0;  // 0: the slot is empty
    size_t size = 0;
};

uint64_t word_of(uint64_t identity, size_t index) {
    return (identity + index) * 0x9e3779b97f4a7c15u;
}

void fill(unsigned char* bytes, uint64_t identity, size_t size) {
    size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        const uint64_t word = word_of(identity, at);
        std::memcpy(bytes + at, &word, 8);
    }
    const uint64_t last = word_of(identity, at);
    std::memcpy(bytes + at, &last, size - at);
}

bool holds(const unsigned char* bytes, uint64_t identity, size_t size) {
    size_t at = 0;
    uint64_t difference = 0;
    for (; at + 8 <= size; at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes + at, 8);
        difference |= word ^ word_of(identity, at);
    }
    const uint64_t last = word_of(identity, at);
    return difference == 0 && std::memcmp(bytes + at, &last, size - at) == 0;
}

class Mix {
 public:
    Mix(Table& table, const MixSettings& settings)
        : table_(table), settings_(settings), random_(settings.seed) {}

    std::string run(uint64_t* result);

 private:
    [[nodiscard]] size_t size() {
        const uint64_t most = uint64_t{1} << (random_.below(settings_.size_bits) + 1);
        return static_cast<size_t>(1 + random_.below(most));
    }
    [[nodiscard]] std::string wrong(const char* what, size_t slot) const {
        return std::string(what) + " (slot " + std::to_string(slot) + ", " +
               std::to_string(lives_[slot].size) + " bytes, mix of seed " +
               std::to_string(settings_.seed) + ')';
    }
    std::string allocate(size_t slot);
    std::string resize(size_t slot);
    std::string release(size_t slot);
    void note(uint64_t value) { result_ = result_ * 1099511628211u + value; }

    Table& table_;
    const MixSettings& settings_;
    fox::Random random_;
    std::vector<Live> lives_ = std::vector<Live>(kSlots);
    uint64_t identities_ = 0;
    uint64_t result_ = 0;
};

std::string Mix::allocate(size_t slot) {
    Live& live = lives_[slot];
    live.size = size();
    if (!table_.allocate(slot, live.size)) return wrong("no memory", slot);
    live.identity = ++identities_ << 20;
    fill(table_.at(slot), live.identity, live.size);
    note(live.size);
    return {};
}

std::string Mix::resize(size_t slot) {
    Live& live = lives_[slot];
    const size_t before = live.size;
    const size_t after = size();
    if (!table_.resize(slot, before, after)) return wrong("no memory for a resize", slot);
    // Words of the pattern do not depend on the size, but the last one is cut: whole words only.
    const size_t kept = std::min(before, after) & ~size_t{7};
    if (!holds(table_.at(slot), live.identity, kept)) {
        return wrong("MIX-CONTENTS: a resize lost contents", slot);
    }
    live.size = after;
    fill(table_.at(slot), live.identity, after);
    note(after);
    return {};
}

std::string Mix::release(size_t slot) {
    if (!table_.release(slot, lives_[slot].size)) return wrong("a free was refused", slot);
    lives_[slot] = {};
    note(slot);
    return {};
}

std::string Mix::run(uint64_t* result) {
    for (uint64_t i = 0; i < settings_.operations; ++i) {
        const uint64_t any = random_.below(kSlots * kSlots);
        const auto slot = static_cast<size_t>(any / kSlots * (any % kSlots) / kSlots);
        std::string text;
        if (lives_[slot].identity == 0) {
            text = allocate(slot);
        } else if (!holds(table_.at(slot), lives_[slot].identity, lives_[slot].size)) {
            text = wrong("MIX-CONTENTS: contents changed", slot);
        } else {
            text = random_.chance(60) ? release(slot) : resize(slot);
        }
        if (!text.empty()) return text;
    }
    for (size_t slot = 0; slot < kSlots; ++slot) {
        const Live& live = lives_[slot];
        if (live.identity != 0 && !holds(table_.at(slot), live.identity, live.size)) {
            return wrong("MIX-CONTENTS: contents changed by the end", slot);
        }
    }
    *result = *result * 31 + result_;
    return table_.verify();
}

}  // namespace

std::string run_mix(Table& table, const MixSettings& settings, uint64_t* result) {
    return Mix(table, settings).run(result);
}

}  // namespace soak

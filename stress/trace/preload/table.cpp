#include "stress/trace/preload/table.h"

#include "stress/trace/preload/pages.h"

namespace trace {

// The upper bits choose the stripe, those below them the slot.
uint64_t Table::hash_of(uintptr_t address) {
    return static_cast<uint64_t>(address) * 0x9e3779b97f4a7c15u;
}

Table::Stripe& Table::stripe_of(uintptr_t address) {
    return stripes_[hash_of(address) >> (64 - kStripeBits)];
}

size_t Table::home_of(const Stripe& stripe, uintptr_t address) {
    return (hash_of(address) >> 20) & (stripe.capacity - 1);
}

// Where the address is, or the empty slot where it would be.
size_t Table::place_of(const Stripe& stripe, uintptr_t address) {
    size_t place = home_of(stripe, address);
    while (stripe.slots[place].address != 0 && stripe.slots[place].address != address) {
        place = (place + 1) & (stripe.capacity - 1);
    }
    return place;
}

bool Table::grow(Stripe* stripe) {
    Stripe larger;
    larger.capacity = stripe->capacity == 0 ? kSlotsMin : 2 * stripe->capacity;
    larger.slots = static_cast<Slot*>(map_pages(larger.capacity * sizeof(Slot)));
    if (larger.slots == nullptr) return false;
    for (size_t index = 0; index < stripe->capacity; ++index) {
        const Slot& slot = stripe->slots[index];
        if (slot.address != 0) larger.slots[place_of(larger, slot.address)] = slot;
    }
    if (stripe->slots != nullptr) munmap(stripe->slots, stripe->capacity * sizeof(Slot));
    stripe->slots = larger.slots;
    stripe->capacity = larger.capacity;
    return true;
}

bool Table::insert(const void* address, uint64_t object) {
    const auto number = reinterpret_cast<uintptr_t>(address);
    Stripe& stripe = stripe_of(number);
    const Guard guard(stripe.lock);
    if (stripe.used + 1 > stripe.capacity / 4 * 3 && !grow(&stripe)) return false;
    Slot& slot = stripe.slots[place_of(stripe, number)];
    if (slot.address == 0) ++stripe.used;
    slot = {number, object};
    return true;
}

uint64_t Table::remove(const void* address) {
    const auto number = reinterpret_cast<uintptr_t>(address);
    Stripe& stripe = stripe_of(number);
    const Guard guard(stripe.lock);
    if (stripe.capacity == 0) return 0;
    const size_t mask = stripe.capacity - 1;
    size_t hole = place_of(stripe, number);
    if (stripe.slots[hole].address == 0) return 0;
    const uint64_t object = stripe.slots[hole].object;
    // Entries behind the hole move into it unless their home lies behind it (TABLE-PROBE).
    for (size_t next = (hole + 1) & mask; stripe.slots[next].address != 0;
         next = (next + 1) & mask) {
        const size_t home = home_of(stripe, stripe.slots[next].address);
        if (((next - home) & mask) < ((next - hole) & mask)) continue;
        stripe.slots[hole] = stripe.slots[next];
        hole = next;
    }
    stripe.slots[hole] = {0, 0};
    --stripe.used;
    return object;
}

void Table::take_all() {
    for (Stripe& stripe : stripes_) stripe.lock.take();
}

void Table::leave_all() {
    for (Stripe& stripe : stripes_) stripe.lock.leave();
}

void Table::renew_and_clear() {
    for (Stripe& stripe : stripes_) {
        stripe.lock.renew();
        if (stripe.slots != nullptr) munmap(stripe.slots, stripe.capacity * sizeof(Slot));
        stripe.slots = nullptr;
        stripe.capacity = stripe.used = 0;
    }
}

}  // namespace trace

// Table: which object is at an address. Objects are called by the event that allocated them, so a
// free that is recorded needs no address, and an address that is used again confuses nobody:
//
//   malloc    gets the memory, takes its sequence number, enters the address
//   realloc   removes the old address, resizes, takes its number, enters the new address
//   free      removes the address, takes its number, frees
//
// So an address is in the table only while its object is live, whichever threads do this.
//
//   address --hash--> stripe (its own lock) --> slots, open addressing, at most 3/4 full
//
// TABLE-PROBE   between an entry's home slot and the entry there is no empty slot
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "stress/trace/preload/lock.h"

namespace trace {

class Table {
 public:
    // Enters or replaces. false: no memory, and nothing was entered.
    bool insert(const void* address, uint64_t object);
    // 0: not there.
    uint64_t remove(const void* address);

    // Around fork: nobody is inside while the process is copied. The child knows no object.
    void take_all();
    void leave_all();
    void renew_and_clear();

 private:
    static constexpr unsigned kStripeBits = 6;
    static constexpr size_t kStripes = size_t{1} << kStripeBits;
    static constexpr size_t kSlotsMin = 256;  // a page

    struct Slot {
        uintptr_t address;  // 0: empty
        uint64_t object;
    };
    struct Stripe {
        Lock lock;
        Slot* slots = nullptr;
        size_t capacity = 0;  // a power of two, or 0
        size_t used = 0;
    };

    static uint64_t hash_of(uintptr_t address);
    static size_t home_of(const Stripe& stripe, uintptr_t address);
    static size_t place_of(const Stripe& stripe, uintptr_t address);
    static bool grow(Stripe* stripe);
    Stripe& stripe_of(uintptr_t address);

    std::array<Stripe, kStripes> stripes_;
};

}  // namespace trace

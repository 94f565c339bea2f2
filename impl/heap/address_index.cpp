#include "heap/address_index.h"

#include <cstring>

#include "chunk/check.h"
#include "chunk/geometry.h"

namespace morph {

size_t AddressIndex::bytes_for(size_t count) {
    size_t wanted = 0;
    if (__builtin_mul_overflow(count, 2 * sizeof(Slot), &wanted)) return SIZE_MAX;
    size_t bytes = kPageBytes;
    while (bytes < wanted) {
        if (bytes > SIZE_MAX / 2) return SIZE_MAX;
        bytes *= 2;
    }
    return bytes;
}

bool AddressIndex::prepare(size_t count, MetadataBlock& fresh) const {
    return count <= slots() / 2 || fresh.map(bytes_for(count));
}

void AddressIndex::adopt(MetadataBlock& fresh) {
    if (fresh.address() == nullptr) return;
    block_.exchange(fresh);
    shift_ = 64 - static_cast<unsigned>(__builtin_ctzll(slots()));
    size_t before = size_;
    size_ = 0;
    auto* old = static_cast<Slot*>(fresh.address());
    for (size_t slot = 0; slot < fresh.bytes() / sizeof(Slot); ++slot) {
        if (old[slot].address == 0) continue;
        insert(reinterpret_cast<const void*>(old[slot].address), old[slot].position);
    }
    MORPH_CHECK(size_ == before);
}

bool AddressIndex::reserve(size_t count) {
    MetadataBlock fresh(block_.source());
    if (!prepare(count, fresh)) return false;
    adopt(fresh);
    return true;
}

AddressIndex::Slot* AddressIndex::slot_of(uintptr_t address) const {
    if (size_ == 0) return nullptr;  // there may be no table yet
    Slot* slots = table();
    for (size_t slot = first_slot(address);; slot = next(slot)) {
        if (slots[slot].address == address) return address == 0 ? nullptr : &slots[slot];
        if (slots[slot].address == 0) return nullptr;
    }
}

size_t* AddressIndex::find(const void* address) {
    Slot* slot = slot_of(reinterpret_cast<uintptr_t>(address));
    return slot == nullptr ? nullptr : &slot->position;
}

const size_t* AddressIndex::find(const void* address) const {
    Slot* slot = slot_of(reinterpret_cast<uintptr_t>(address));
    return slot == nullptr ? nullptr : &slot->position;
}

void AddressIndex::insert(const void* address, size_t position) {
    auto number = reinterpret_cast<uintptr_t>(address);
    MORPH_CHECK(number != 0 && size_ < slots() / 2);
    Slot* slots = table();
    size_t slot = first_slot(number);
    for (; slots[slot].address != 0; slot = next(slot)) MORPH_CHECK(slots[slot].address != number);
    slots[slot] = {number, position};
    size_ += 1;
}

// Removes without tombstones: later entries of the run move up into the gap if their own first slot
// allows it.
void AddressIndex::erase(const void* address) {
    Slot* found = slot_of(reinterpret_cast<uintptr_t>(address));
    MORPH_CHECK(found != nullptr);
    Slot* slots = table();
    auto gap = static_cast<size_t>(found - slots);
    size_t mask = this->slots() - 1;
    for (size_t slot = next(gap); slots[slot].address != 0; slot = next(slot)) {
        size_t distance = (slot - first_slot(slots[slot].address)) & mask;
        if (distance < ((slot - gap) & mask)) continue;
        slots[gap] = slots[slot];
        gap = slot;
    }
    slots[gap] = {};
    size_ -= 1;
}

void AddressIndex::clear() {
    if (size_ != 0) memset(block_.address(), 0, block_.bytes());
    size_ = 0;
}

const char* AddressIndex::check() const {
    size_t used = 0;
    for (size_t slot = 0; slot < slots(); ++slot) used += size_t{table()[slot].address != 0};
    if (used != size_ || size_ > slots() / 2) return "INDEX-ROOM";
    for (size_t slot = 0; slot < slots(); ++slot) {
        uintptr_t address = table()[slot].address;
        if (address != 0 && slot_of(address) != &table()[slot]) return "INDEX-PROBE";
    }
    return nullptr;
}

}  // namespace morph

#include "chunk/source.h"

#include <cstring>
#include <new>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "os/pages.h"

namespace morph {
namespace {

// Chunks beyond the first 8 MiB of a source ask for huge pages: small programs keep their small
// resident size, large ones fault 512 times less. Measured in docs/memory-source.md.
constexpr size_t kOrdinaryBytes = size_t{8} << 20;
constexpr size_t kHugePageBytes = size_t{2} << 20;

// Largest amount that expect() sizes the table for.
constexpr size_t kExpectedBytesMax = size_t{256} << 30;

constexpr size_t round_up_to_pages(size_t bytes) {
    return (bytes + kPageBytes - 1) & ~(kPageBytes - 1);
}

// Largest request: what a room may add to MORPH_MAX_REQUEST for header and alignment, and more.
constexpr size_t kRequestMax = MORPH_MAX_REQUEST * 2;

Refusal refusal_before_mapping(const MorphMemoryLimits& limits, size_t mapped, size_t bytes) {
    if (bytes > kRequestMax) return Refusal::too_large;
    if (limits.bytes_max != 0 && bytes > limits.bytes_max - mapped) return Refusal::bound;
    if (limits.request != nullptr && !limits.request(limits.user, bytes)) return Refusal::hook;
    return Refusal::none;
}

void tell_returned(const MorphMemoryLimits& limits, size_t bytes) {
    if (limits.returned != nullptr) limits.returned(limits.user, bytes);
}

}  // namespace

Source::Source(const MorphMemoryLimits& limits, size_t home_bytes) : limits_(limits) {
    size_t rounded = round_up_to_pages(home_bytes);
    bytes_mapped_ = bytes_mapped_peak_ = bytes_of_metadata_ = rounded;
    bytes_granted_ = rounded;
}

Source::~Source() {
    MORPH_CHECK(chunks_ == 0 && units_ == 0);
    if (table_ != first_table_) return_metadata(table_, (slot_mask_ + 1) * sizeof(Entry));
    // What may be left is the home that this Source lives in: its owner returns that.
    MORPH_CHECK(bytes_mapped_ == bytes_of_metadata_);
}

void* Source::map_home(const MorphMemoryLimits& limits, size_t bytes, Refusal* refusal) {
    if (bytes > kRequestMax) bytes = kRequestMax + 1;
    size_t rounded = round_up_to_pages(bytes);
    *refusal = refusal_before_mapping(limits, 0, rounded);
    if (*refusal != Refusal::none) return nullptr;
    void* home = os::map_pages(rounded, kPageBytes, nullptr);
    if (home == nullptr) {
        *refusal = Refusal::system;
        tell_returned(limits, rounded);
    }
    return home;
}

void Source::return_home(const MorphMemoryLimits& limits, void* home, size_t bytes) {
    MorphMemoryLimits copy = limits;  // may lie in the home
    size_t rounded = round_up_to_pages(bytes);
    if (marks_active()) mark_undefined(home, rounded);
    os::unmap_pages(home, rounded);
    tell_returned(copy, rounded);
}

void* Source::request(size_t bytes, size_t alignment) {
    void* address = try_request(bytes, alignment);
    if (address != nullptr || relief_ == nullptr || refusal_ == Refusal::too_large) return address;
    return relief_(relief_user_) ? try_request(bytes, alignment) : nullptr;
}

// Every byte the library holds comes through here and goes through give_back.
void* Source::try_request(size_t bytes, size_t alignment) {
    refusal_ = refusal_before_mapping(limits_, bytes_mapped_, bytes);
    if (refusal_ != Refusal::none) return nullptr;
    // Systems map downwards: a chunk most likely fits right below the last one.
    uintptr_t hint = 0;
    if (alignment > kPageBytes && last_place_ > bytes)
        hint = (last_place_ - bytes) & ~(alignment - 1);
    void* address = os::map_pages(bytes, alignment, reinterpret_cast<void*>(hint));
    if (address == nullptr) {
        refusal_ = Refusal::system;
        tell_returned(limits_, bytes);
        return nullptr;
    }
    bytes_granted_ += bytes;
    bytes_mapped_ += bytes;
    if (bytes_mapped_ > bytes_mapped_peak_) bytes_mapped_peak_ = bytes_mapped_;
    return address;
}

void Source::give_back(void* address, size_t bytes) {
    if (marks_active()) mark_undefined(address, bytes);
    os::unmap_pages(address, bytes);
    bytes_returned_ += bytes;
    bytes_mapped_ -= bytes;
    tell_returned(limits_, bytes);
}

Chunk* Source::acquire_chunk(ChunkKind kind, void* owner, size_t bytes) {
    if (bytes > kRequestMax) {
        refusal_ = Refusal::too_large;
        return nullptr;
    }
    if (!is_for_one_object(kind) && bytes < kChunkBytes) bytes = kChunkBytes;
    if (bytes < sizeof(Chunk)) bytes = sizeof(Chunk);
    bytes = round_up_to_pages(bytes);
    size_t peak_before = bytes_mapped_peak_;
    void* address = request(bytes, kChunkBytes);
    if (address == nullptr) return nullptr;
    size_t units = units_of(bytes);
    if (!reserve_units(units)) {
        Refusal refusal = refusal_;
        give_back(address, bytes);
        bytes_mapped_peak_ = peak_before;
        refusal_ = refusal;
        return nullptr;
    }
    Chunk* chunk = new (address) Chunk{kind, kChunkMagic, owner, bytes, nullptr, nullptr};
    uintptr_t unit = reinterpret_cast<uintptr_t>(address) >> MORPH_CHUNK_SHIFT;
    for (size_t index = 0; index < units; ++index) insert(unit + index, chunk);
    // Not for large objects: they may be sparse, while other chunks are filled from one end.
    if (!is_for_one_object(kind)) prefer_huge_pages_behind_the_first(address, bytes);
    chunks_ += 1;
    bytes_of_[index_of(kind)] += bytes;
    last_place_ = reinterpret_cast<uintptr_t>(address);
    return chunk;
}

void Source::prefer_huge_pages_behind_the_first(void* address, size_t bytes) const {
    size_t held = bytes_mapped_ - bytes_of_metadata_ - bytes_of(ChunkKind::arena_large) -
                  bytes_of(ChunkKind::old_large) - bytes_of(ChunkKind::general_large) - bytes;
    size_t ordinary = held < kOrdinaryBytes ? kOrdinaryBytes - held : 0;
    if (bytes < kHugePageBytes || bytes - kHugePageBytes < ordinary) return;
    os::prefer_huge_pages(static_cast<unsigned char*>(address) + ordinary, bytes - ordinary);
}

void Source::return_chunk(Chunk* chunk) {
    MORPH_CHECK(chunk->magic == kChunkMagic && find(chunk) == chunk);
    size_t bytes = chunk->bytes;
    size_t units = units_of(bytes);
    uintptr_t unit = reinterpret_cast<uintptr_t>(chunk) >> MORPH_CHUNK_SHIFT;
    for (size_t index = 0; index < units; ++index) erase(unit + index);
    chunks_ -= 1;
    bytes_of_[index_of(chunk->kind)] -= bytes;
    give_back(chunk, bytes);
}

void* Source::map_metadata(size_t bytes) {
    if (bytes == 0) bytes = 1;
    if (bytes > kRequestMax) {
        refusal_ = Refusal::too_large;
        return nullptr;
    }
    size_t rounded = round_up_to_pages(bytes);
    void* address = request(rounded, kPageBytes);
    if (address != nullptr) bytes_of_metadata_ += rounded;
    return address;
}

void Source::return_metadata(void* address, size_t bytes) {
    size_t rounded = round_up_to_pages(bytes == 0 ? 1 : bytes);
    MORPH_CHECK(rounded <= bytes_of_metadata_);
    bytes_of_metadata_ -= rounded;
    give_back(address, rounded);
}

size_t Source::units_of(size_t bytes) {
    return (bytes + kChunkBytes - 1) >> MORPH_CHUNK_SHIFT;
}

// Makes sure that so many more units leave the table at most half full.
bool Source::reserve_units(size_t units) {
    size_t needed = units_ + units;
    size_t slots = slot_mask_ + 1;
    if (needed <= slots / 2) return true;
    unsigned shift = slot_shift_;
    while (needed > slots / 2 || slots * sizeof(Entry) < kPageBytes) {
        slots *= 2;
        shift -= 1;
    }
    auto* fresh = static_cast<Entry*>(map_metadata(slots * sizeof(Entry)));
    if (fresh == nullptr) return false;
    Entry* old_table = table_;
    size_t old_slots = slot_mask_ + 1;
    table_ = fresh;
    slot_mask_ = slots - 1;
    slot_shift_ = shift;
    units_ = 0;
    for (size_t slot = 0; slot < old_slots; ++slot) {
        if (old_table[slot].chunk != nullptr) insert(old_table[slot].unit, old_table[slot].chunk);
    }
    if (old_table != first_table_) {
        return_metadata(old_table, old_slots * sizeof(Entry));
    } else {
        memset(first_table_, 0, sizeof(first_table_));
    }
    return true;
}

void Source::insert(uintptr_t unit, Chunk* chunk) {
    size_t slot = first_slot(unit);
    while (table_[slot].chunk != nullptr) slot = (slot + 1) & slot_mask_;
    table_[slot] = Entry{unit, chunk};
    units_ += 1;
}

// Removes without tombstones: later entries of the run move up into the gap if their own first
// slot allows it.
void Source::erase(uintptr_t unit) {
    size_t gap = first_slot(unit);
    while (table_[gap].unit != unit) {
        MORPH_CHECK(table_[gap].chunk != nullptr);
        gap = (gap + 1) & slot_mask_;
    }
    for (size_t slot = (gap + 1) & slot_mask_; table_[slot].chunk != nullptr;
         slot = (slot + 1) & slot_mask_) {
        size_t distance = (slot - first_slot(table_[slot].unit)) & slot_mask_;
        if (distance < ((slot - gap) & slot_mask_)) continue;  // would come before its first slot
        table_[gap] = table_[slot];
        gap = slot;
    }
    table_[gap] = Entry{0, nullptr};
    units_ -= 1;
}

void Source::expect(size_t bytes) {
    if (bytes > kExpectedBytesMax) bytes = kExpectedBytesMax;
    Refusal refusal = refusal_;
    size_t units = units_of(bytes);
    if (units > units_ && !reserve_units(units - units_)) refusal_ = refusal;
}

}  // namespace morph

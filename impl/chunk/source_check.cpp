// What a Source says about itself: why it refused, and whether its invariants hold.
#include "chunk/source.h"

namespace morph {

MorphCode Source::explain_refusal(ErrorState& errors, const char* room, size_t bytes) const {
    Grouped asked(bytes);
    Grouped mapped(bytes_mapped_);
    Grouped bound(limits_.bytes_max);
    switch (refusal_) {
        case Refusal::too_large:
            return errors.fail(MORPH_ERROR_TOO_LARGE,
                               "%s: %s bytes refused: no request may exceed %s bytes", room,
                               asked.text, Grouped(MORPH_MAX_REQUEST).text);
        case Refusal::bound:
            return errors.fail(MORPH_ERROR_OUT_OF_MEMORY,
                               "%s: %s bytes refused: %s bytes are mapped and bytes_max is %s; "
                               "free or reset, or raise the bound",
                               room, asked.text, mapped.text, bound.text);
        case Refusal::hook:
            return errors.fail(MORPH_ERROR_OUT_OF_MEMORY,
                               "%s: %s bytes refused by the request hook with %s bytes mapped",
                               room, asked.text, mapped.text);
        case Refusal::none:  // unreachable: asked only after a refusal
        case Refusal::system:
            break;
    }
    return errors.fail(MORPH_ERROR_OUT_OF_MEMORY,
                       "%s: %s bytes refused by the system with %s bytes mapped: out of memory, "
                       "or a limit on address space (RLIMIT_AS) or mappings",
                       room, asked.text, mapped.text);
}

bool Source::bytes_balance() const {
    size_t sum = bytes_of_metadata_;
    for (size_t bytes : bytes_of_) sum += bytes;
    return sum == bytes_mapped_ && bytes_granted_ - bytes_returned_ == bytes_mapped_;
}

bool Source::header_is_sound(const Chunk* chunk) const {
    size_t kind = index_of(chunk->kind);
    return reinterpret_cast<uintptr_t>(chunk) % kChunkBytes == 0 && chunk->magic == kChunkMagic &&
           chunk->owner != nullptr && kind < kKinds && chunk->bytes % kPageBytes == 0 &&
           chunk->bytes >= sizeof(Chunk) && bytes_of_[kind] >= chunk->bytes;
}

const char* Source::check() const {
    if (limits_.bytes_max != 0 && bytes_mapped_ > limits_.bytes_max) return "SOURCE-BOUND";
    if (bytes_mapped_ > bytes_mapped_peak_) return "SOURCE-BOUND";
    if (!bytes_balance()) return "SOURCE-BALANCE";
    size_t units = 0;
    size_t chunks = 0;
    size_t bytes = 0;
    for (size_t slot = 0; slot <= slot_mask_; ++slot) {
        const Entry& entry = table_[slot];
        if (entry.chunk == nullptr) {
            if (entry.unit != 0) return "SOURCE-TABLE";
            continue;
        }
        units += 1;
        if (!header_is_sound(entry.chunk)) return "SOURCE-ALIGN";
        uintptr_t first = reinterpret_cast<uintptr_t>(entry.chunk) >> MORPH_CHUNK_SHIFT;
        if (entry.unit - first >= units_of(entry.chunk->bytes)) return "SOURCE-TABLE";
        uintptr_t place = entry.unit << MORPH_CHUNK_SHIFT;
        if (find(reinterpret_cast<void*>(place)) != entry.chunk) return "SOURCE-TABLE";
        if (entry.unit != first) continue;
        uintptr_t end = place + entry.chunk->bytes;
        if (find(reinterpret_cast<void*>(end - 1)) != entry.chunk) return "SOURCE-TABLE";
        if (find(reinterpret_cast<void*>(end)) == entry.chunk) return "SOURCE-TABLE";
        chunks += 1;
        bytes += entry.chunk->bytes;
    }
    if (units != units_ || chunks != chunks_ || units > (slot_mask_ + 1) / 2) return "SOURCE-TABLE";
    return bytes + bytes_of_metadata_ == bytes_mapped_ ? nullptr : "SOURCE-BALANCE";
}

}  // namespace morph

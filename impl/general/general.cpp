// Allocation: which room serves, and the hot path.
#include "general/general.h"

#include <cstring>

#include "chunk/check.h"

namespace morph {

General::General(const MorphGeneralConfig& config, size_t home_bytes)
    : source_(config.memory, home_bytes),
      reporter_{config.report, config.report_user, config.enable_debug ? &use_ : nullptr},
      dress_(config.enable_debug, marks_active()),
      pool_(source_, errors_, reporter_, config.enable_debug),
      runs_(source_, errors_, reporter_, dress_),
      mappings_(source_, errors_, reporter_, dress_),
      limits_(config.memory),
      report_leaks_(config.report_leaks) {
    dress_.open();
    source_.set_relief([](void* user) { return static_cast<General*>(user)->relieve(); }, this);
}

General::~General() {
    mappings_.reset();  // their marks belong to the group that closes here
    dress_.close();
}

void* General::count_null() {
    counts_.failures += 1;
    return nullptr;
}

// A room has noted the error already.
MorphCode General::count_failure() {
    counts_.failures += 1;
    return errors_.last.code;
}

void* General::note(void* object, size_t size) {
    if (object == nullptr) return count_null();
    counts_.add_allocation(size);
    if (size > MORPH_POOL_MAX_SIZE) counts_.large_live += 1;
    return object;
}

[[gnu::always_inline]] inline void* General::allocate(size_t size) {
    if (MORPH_LIKELY(size <= MORPH_POOL_MAX_SIZE)) {
        void* object = pool_.pop_from(morph_size_class(pool_step(size)), size, 0);
        if (MORPH_LIKELY(object != nullptr)) {
            counts_.add_allocation(size);
            return object;
        }
    }
    return allocate_slow(size);
}

// Not inlined: the common path then needs no stack frame.
[[gnu::noinline]] void* General::allocate_slow(size_t size) {
    return in_turn(reporter_, this, "morph_general_alloc",
                   [=, this] { return allocate_checked(size, own_alignment(size), false); });
}

// An object somewhere, uncounted. nullptr: errors tells why. spare: for Mappings::allocate.
General::Placed General::place(size_t size, size_t alignment, size_t spare) {
    if (size > MORPH_MAX_REQUEST) {
        errors_.fail(MORPH_ERROR_TOO_LARGE, "general: %s bytes exceed the largest request, %s",
                     Grouped(size).text, Grouped(MORPH_MAX_REQUEST).text);
        return {nullptr, nullptr};
    }
    size_t mapped = source_.bytes_mapped();
    Placed placed = {nullptr, nullptr};
    if (pool_.slot_class(size, alignment) != 0) {
        placed.object = pool_.allocate_aligned(size, alignment, 0);
        placed.zero_from = nullptr;  // unknown: that of a slot used before
    } else if (Runs::fits(size, alignment)) {
        Runs::Place run = runs_.allocate(size, alignment);
        placed = {run.object, run.zero_from};
    } else {
        placed.object = mappings_.allocate(size, alignment, spare);
        placed.zero_from = static_cast<unsigned char*>(placed.object);
    }
    if (source_.bytes_mapped() > mapped) give_back_surplus(mapped);
    return placed;
}

void* General::allocate_checked(size_t size, size_t alignment, bool zeroed) {
    Placed placed = place(size, alignment, 0);
    if (placed.object == nullptr) return count_null();
    MORPH_CHECK(reinterpret_cast<uintptr_t>(placed.object) % alignment == 0);
    if (zeroed) {
        auto* begin = static_cast<unsigned char*>(placed.object);
        size_t bytes = size;
        if (dress_.plain() && placed.zero_from != nullptr && placed.zero_from < begin + size) {
            bytes = placed.zero_from > begin ? static_cast<size_t>(placed.zero_from - begin) : 0;
        }
        std::memset(begin, 0, bytes);
    }
    return note(placed.object, size);
}

void* General::allocate_zeroed(size_t size) {
    if (size > MORPH_POOL_MAX_SIZE) return allocate_checked(size, MORPH_GENERAL_ALIGNMENT, true);
    void* object = allocate(size);
    return object != nullptr ? std::memset(object, 0, size) : nullptr;
}

void* General::allocate_aligned(size_t size, size_t alignment) {
    bool is_power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
    if (!is_power_of_two || alignment > MORPH_MAX_ALIGNMENT) {
        errors_.fail(MORPH_ERROR_INVALID_ARGUMENT,
                     "alignment: %zu is not a power of two from 1 to %zu", alignment,
                     MORPH_MAX_ALIGNMENT);
        return count_null();
    }
    size_t own = own_alignment(size);
    return allocate_checked(size, alignment > own ? alignment : own, false);
}

// ----------------------------------------------------------------------------------- idle chunks

// Something was mapped: as much of what the rooms keep beyond one empty chunk each goes back. Only
// a reset leaves that.
void General::give_back_surplus(size_t mapped_before) {
    while (source_.bytes_mapped() > mapped_before) {
        if (runs_.empty_chunks() > 1) {
            runs_.return_empty_chunk();
        } else if (pool_.empty_chunks() > 1) {
            pool_.return_empty_chunk();
        } else {
            return;
        }
    }
}

// A request was refused: all that is idle goes back. Whether there was anything.
bool General::relieve() {
    bool any = false;
    while (runs_.return_empty_chunk()) any = true;
    while (pool_.return_empty_chunk()) any = true;
    return any;
}

}  // namespace morph

extern "C" {

void* morph_general_alloc(MorphGeneral* general, size_t size) {
    return static_cast<morph::General*>(general)->allocate(size);
}

void* morph_general_alloc_zeroed(MorphGeneral* general, size_t size) {
    return morph::with_general(general, "morph_general_alloc_zeroed",
                               [=](auto& its) { return its.allocate_zeroed(size); });
}

void* morph_general_alloc_aligned(MorphGeneral* general, size_t size, size_t alignment) {
    return morph::with_general(general, "morph_general_alloc_aligned",
                               [=](auto& its) { return its.allocate_aligned(size, alignment); });
}

}  // extern "C"

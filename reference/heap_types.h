// Types of a collected heap: which ones can be registered, and which objects they can have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "morph/heap.h"

namespace reference {

inline constexpr size_t kSlotBytes = sizeof(void*);
// What a weak reference takes: the library's 16 bytes.
inline constexpr size_t kWeakBytes = 16;

// MORPH_ERROR_INVALID_ARGUMENT: an unknown layout, or one without what it needs (offsets and sizes
// of structs are below 2^32).
MorphCode check_type(const MorphMemTypeInfo& info);
// What is wrong with it; empty for one that check_type accepts.
std::string type_fault(const MorphMemTypeInfo& info);

// Under which name the type with that number is kept. name may be NULL.
std::string kept_name(const char* name, uint32_t id);

// Least size of an object of the layout.
size_t least_size(MorphLayout layout, std::span<const size_t> offsets);
// Alignment, then size; least as above.
MorphCode check_object(size_t size, size_t alignment, size_t least);

}  // namespace reference

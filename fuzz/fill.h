// What is written into objects: bytes that follow from the object's identity and the offset.
//
//   size <= whole   |xxxxxxxxxxxxxxxxxxxx|      every byte
//   larger          |xxxx| ........ |xxxx|      whole / 16 at both ends
//
// The 8-byte word at offset 8 i is identity + i * an odd constant, so bytes that moved within an
// object, or came from another one, differ from what is expected.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fuzz/operation.h"

namespace suite {

// The same whole must be given to all calls for one object. At least kLeastWhole.
inline constexpr size_t kLeastWhole = 256;

// Identity of version `version` of object `number`; distinct for distinct pairs.
uint64_t identity_of(uint32_t number, uint32_t version);

void fill(void* object, size_t size, uint64_t identity, size_t whole = kFillBytesMax);

// Offset of the first byte below limit that is not what fill(object, size, identity) wrote; limit
// when all are. size is the size that was filled, limit <= size.
size_t first_difference(const void* object, size_t size, size_t limit, uint64_t identity,
                        size_t whole = kFillBytesMax);

// Offset of the first byte (of those fill would write) that is not zero; size when there is none.
size_t first_nonzero(const void* object, size_t size, size_t whole = kFillBytesMax);

// The byte that fill writes at offset.
unsigned char filled_byte(size_t offset, uint64_t identity);

}  // namespace suite

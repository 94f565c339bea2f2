// Planted faults: an allocator with one of them, to see that the ledger finds it.
//
//   overlap     an allocation gives the second half of a block that is live
//   lost-byte   a resize changes one of the bytes that must stay
//   wrong-size  less is asked of the allocator than the program wanted
//   leak        a free is not passed on
//   misaligned  an allocation is off by 4 bytes
//   vanish      a resize that fails has freed the block's contents
#pragma once

#include <cstdint>
#include <memory>

#include "stress/real/allocator.h"

namespace real {

enum class Fault : uint8_t { none, overlap, lost_byte, wrong_size, leak, misaligned, vanish };

// below, with the fault at the first call after `calls` calls of the kind concerned.
[[nodiscard]] std::unique_ptr<Allocator> plant(std::unique_ptr<Allocator> below, Fault fault,
                                               uint64_t calls);

}  // namespace real

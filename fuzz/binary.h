// Binary form of a program: what libFuzzer mutates and stores. Every byte string is a program.
//
//   +-------+----------------------------------+------+----------+------+----------+---
//   | flags | [block shift] [bytes max] [heap] | code | operands | code | operands | ...
//   +-------+----------------------------------+------+----------+------+----------+---
//
//   flags   bit 0 debug, 1 metrics off, 2 a block shift byte follows, 3 a bytes_max number
//           follows, 4 heap follows, 5-6 ignored, 7 the driver's (see binary_variant)
//   heap    a byte (bit 0 a nursery shift byte follows, 1 an age byte, 2 a large shift byte, 3 full
//           collections, 4 a threshold number follows, 5 first and every of forced collections as
//           indices, 6 those are major ones), then what it says, in that order
//   code    byte modulo the number of codes
//   operands, those that the code uses (shape.h), in the order of Operand:
//     size               a number: 1 byte up to 159, 2 bytes up to 8351; u16, u32, u64;
//                        SIZE_MAX - n; 2^k + d for k 4 .. 63, d -128 .. 127
//     indices            1 byte up to 250; u16, u32; UINT32_MAX - n
//     the others         1 byte
//
// Bytes that are missing at the end read as zero. Typical operations take 2 to 5 bytes.
//
// BINARY-TOTAL  decode accepts every byte string and gives a canonical program
// BINARY-EXACT  decode(encode(p)) == canonical(p)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/operation.h"

namespace suite {

Program decode(std::span<const uint8_t> bytes);
std::vector<uint8_t> encode(const Program& program);

// Bit 7 of the first byte: not part of the program; a fuzz target chooses its subject by it.
bool binary_variant(std::span<const uint8_t> bytes);
void set_binary_variant(std::span<uint8_t> bytes, bool variant);

}  // namespace suite

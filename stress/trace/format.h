// The trace format: what a process asked of malloc, as a stream that may end anywhere.
// docs/traces.md describes it byte by byte; here are its constants, its two heads, and how numbers
// are written. Shared by the recorder, which runs inside other processes and has neither malloc nor
// a C++ library, and by the `trace` program.
//
//   file    | file head 64 | frame | frame | ...          any number of frames; no end mark
//   frame   | frame head 32 | payload: events of one thread, in the order of its calls |
//   event   | kind, step | sequence - previous - 1, without step | operands |
//
// All numbers in heads are little-endian; those in events are LEB128.
//
// TRACE-SEQUENCE   Every event of a process has a number of its own, counted from 1 on over all
//                  threads. Sorted by it, an object is allocated before it is resized and freed.
// TRACE-OBJECT     An object is called by the number of the event that allocated it, and written as
//                  the distance to there. It keeps its name when it is resized.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace trace {

static_assert(std::endian::native == std::endian::little, "heads are stored as they are");

inline constexpr std::array<char, 8> kFileMagic = {'M', 'O', 'R', 'P', 'H', 'T', 'R', 'C'};
inline constexpr uint32_t kFrameMagic = 0x4d52464d;  // "MFRM"
inline constexpr uint16_t kVersion = 1;
inline constexpr uint32_t kPayloadMax = 1 << 20;
inline constexpr uint64_t kSizeMax = uint64_t{1}
                                     << 47;    // no object is larger on any machine of ours
inline constexpr unsigned kAlignmentMax = 47;  // as log2

enum class Kind : uint8_t {
    plain,    // size                  malloc
    zeroed,   // size                  calloc: the product
    aligned,  // size, log2            posix_memalign, aligned_alloc, memalign, valloc, pvalloc
    resized,  // object, size          realloc, wherever the object is now
    freed,    // object
    failed,   // size                  a call that gave NULL: nothing changed
    foreign,  //                       an object was freed whose allocation was not seen
    count_
};

inline constexpr unsigned char kKindMask = 7;
inline constexpr unsigned char kStep = 8;      // sequence == previous + 1
inline constexpr size_t kVarintBytesMax = 10;  // of 64 bits
inline constexpr size_t kEventBytesMax = 1 + 3 * kVarintBytesMax;

// Flags of the file head.
inline constexpr uint32_t kAfterFork = 1;  // the process began as a copy of its parent

struct FileHead {
    std::array<char, 8> magic = kFileMagic;
    uint16_t version = kVersion;
    uint16_t head_bytes = 64;
    uint32_t process = 0;
    uint32_t parent = 0;
    uint32_t flags = 0;
    uint64_t started = 0;            // nanoseconds since 1970
    std::array<char, 28> name = {};  // of the program; zeros fill it up
    uint32_t check = 0;              // CRC-32 of all before
};
static_assert(sizeof(FileHead) == 64);

struct FrameHead {
    uint32_t magic = kFrameMagic;
    uint32_t payload_bytes = 0;  // 1 .. kPayloadMax
    uint32_t thread = 0;         // counted from 0 in the order of first calls; never used again
    uint32_t events = 0;         // in the payload, at least 1
    uint64_t first = 0;          // sequence number of the first
    uint32_t payload_check = 0;  // CRC-32 of the payload
    uint32_t check = 0;          // CRC-32 of all before
};
static_assert(sizeof(FrameHead) == 32);

inline constexpr std::array<uint32_t, 256> kCrcTable = [] {
    std::array<uint32_t, 256> table = {};
    for (uint32_t index = 0; index < 256; ++index) {
        uint32_t value = index;
        for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
        table[index] = value;
    }
    return table;
}();

// The usual CRC-32 (that of gzip and PNG): finds every error within 32 bits in a row.
inline uint32_t crc32(const void* data, size_t bytes) {
    const auto* byte = static_cast<const unsigned char*>(data);
    uint32_t value = 0xffffffff;
    for (size_t index = 0; index < bytes; ++index) {
        // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): heads have no gaps
        value = value >> 8 ^ kCrcTable[(value ^ byte[index]) & 0xff];
    }
    return ~value;
}

// The check of a head: it is its last four bytes.
template <typename Head>
uint32_t check_of(const Head& head) {
    return crc32(&head, sizeof head - sizeof head.check);
}

inline unsigned char* put_varint(unsigned char* at, uint64_t value) {
    while (value >= 0x80) {
        *at++ = static_cast<unsigned char>(value | 0x80);
        value >>= 7;
    }
    *at++ = static_cast<unsigned char>(value);
    return at;
}

// One event at `at`, where kEventBytesMax bytes are free. previous: the sequence number of the
// event before in this frame, first - 1 for the first. object < sequence for those that have one.
inline unsigned char* put_event(unsigned char* at, Kind kind, uint64_t previous, uint64_t sequence,
                                uint64_t object, uint64_t size, unsigned alignment_log2) {
    const bool step = sequence == previous + 1;
    *at++ = static_cast<unsigned char>(static_cast<unsigned>(kind) | (step ? kStep : 0u));
    if (!step) at = put_varint(at, sequence - previous - 1);
    if (kind == Kind::resized || kind == Kind::freed) at = put_varint(at, sequence - object);
    if (kind != Kind::freed && kind != Kind::foreign) at = put_varint(at, size);
    if (kind == Kind::aligned) at = put_varint(at, alignment_log2);
    return at;
}

}  // namespace trace

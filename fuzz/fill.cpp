#include "fuzz/fill.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace suite {
namespace {

constexpr uint64_t kStep = 0x9e3779b97f4a7c15;  // odd; far from any small multiple of itself
constexpr size_t kPiece = 512;

struct Piece {
    uint64_t words[kPiece / 8];
};

// Words from offset (a multiple of 8) on. Writes the local buffer only, so it goes without
// sanitizer checks; the object itself is touched by memcpy and memcmp, which are checked.
__attribute__((no_sanitize("address", "undefined"))) void make_piece(Piece* piece, size_t offset,
                                                                     size_t bytes,
                                                                     uint64_t identity) {
    uint64_t word = identity + (offset / 8) * kStep;
    for (size_t index = 0; index < (bytes + 7) / 8; ++index) {
        piece->words[index] = word;
        word += kStep;
    }
}

struct Region {
    size_t begin;
    size_t end;
};

// The parts of an object of size bytes that are filled, cut off at limit.
std::array<Region, 2> filled_regions(size_t size, size_t limit, size_t whole) {
    assert(whole >= kLeastWhole);
    if (size <= whole) return {Region{0, std::min(size, limit)}, Region{0, 0}};
    size_t end = whole / 16 & ~size_t{7};
    size_t tail = (size - end) & ~size_t{7};
    return {Region{0, std::min(end, limit)}, Region{std::min(tail, limit), limit}};
}

size_t first_difference_in(const unsigned char* bytes, Region region, uint64_t identity) {
    Piece piece;
    for (size_t offset = region.begin; offset < region.end; offset += kPiece) {
        size_t length = std::min(kPiece, region.end - offset);
        make_piece(&piece, offset, length, identity);
        if (std::memcmp(bytes + offset, piece.words, length) == 0) continue;
        while (bytes[offset] == filled_byte(offset, identity)) ++offset;
        return offset;
    }
    return region.end;
}

size_t first_nonzero_in(const unsigned char* bytes, Region region) {
    static constexpr std::array<unsigned char, kPiece> kZeros = {};
    for (size_t offset = region.begin; offset < region.end; offset += kPiece) {
        size_t length = std::min(kPiece, region.end - offset);
        if (std::memcmp(bytes + offset, kZeros.data(), length) == 0) continue;
        while (bytes[offset] == 0) ++offset;
        return offset;
    }
    return region.end;
}

}  // namespace

uint64_t identity_of(uint32_t number, uint32_t version) {
    uint64_t mixed = (uint64_t{number} << 32 | version) + kStep;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);  // each step can be undone, so no two identities are equal
}

unsigned char filled_byte(size_t offset, uint64_t identity) {
    uint64_t word = identity + (offset / 8) * kStep;
    unsigned char bytes[8];
    std::memcpy(bytes, &word, 8);
    return bytes[offset % 8];
}

void fill(void* object, size_t size, uint64_t identity, size_t whole) {
    Piece piece;
    for (Region region : filled_regions(size, size, whole)) {
        for (size_t offset = region.begin; offset < region.end; offset += kPiece) {
            size_t length = std::min(kPiece, region.end - offset);
            make_piece(&piece, offset, length, identity);
            std::memcpy(static_cast<unsigned char*>(object) + offset, piece.words, length);
        }
    }
}

size_t first_difference(const void* object, size_t size, size_t limit, uint64_t identity,
                        size_t whole) {
    assert(limit <= size);
    const auto* bytes = static_cast<const unsigned char*>(object);
    for (Region region : filled_regions(size, limit, whole)) {
        size_t offset = first_difference_in(bytes, region, identity);
        if (offset < region.end) return offset;
    }
    return limit;
}

size_t first_nonzero(const void* object, size_t size, size_t whole) {
    const auto* bytes = static_cast<const unsigned char*>(object);
    for (Region region : filled_regions(size, size, whole)) {
        size_t offset = first_nonzero_in(bytes, region);
        if (offset < region.end) return offset;
    }
    return size;
}

}  // namespace suite

#include "reference/memory.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

namespace reference {

unsigned char* Memory::take(size_t bytes, size_t alignment) {
    assert(bytes > 0 && (alignment & (alignment - 1)) == 0);
    if (limits_.bytes_max != 0 && bytes > limits_.bytes_max - bytes_) return nullptr;
    if (limits_.request != nullptr && !limits_.request(limits_.user, bytes)) return nullptr;

    void* piece = nullptr;
    if (bytes <= kLargestPiece &&
        posix_memalign(&piece, std::max(alignment, alignof(max_align_t)), bytes) != 0) {
        piece = nullptr;
    }
    if (piece == nullptr) {
        if (limits_.returned != nullptr) limits_.returned(limits_.user, bytes);
        return nullptr;
    }
    bytes_ += bytes;
    bytes_peak_ = std::max(bytes_peak_, bytes_);
    return static_cast<unsigned char*>(piece);
}

void Memory::give_back(unsigned char* piece, size_t bytes) {
    assert(piece != nullptr && bytes <= bytes_);
    std::free(piece);
    bytes_ -= bytes;
    if (limits_.returned != nullptr) limits_.returned(limits_.user, bytes);
}

}  // namespace reference

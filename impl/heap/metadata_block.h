// MetadataBlock: one mapping of the library's own records, given back by its destructor. A table
// grows by mapping a second one, filling it, and changing places:
//
//   MetadataBlock fresh(source);
//   if (!fresh.map(bytes)) return false;   // nothing has changed
//   memcpy(fresh.address(), ...);
//   block_.exchange(fresh);                // the old one goes with `fresh`
#pragma once

#include <cstddef>

#include "chunk/check.h"
#include "chunk/source.h"

namespace morph {

class MetadataBlock {
 public:
    explicit MetadataBlock(Source& source) : source_(source) {}
    MetadataBlock(const MetadataBlock&) = delete;
    MetadataBlock& operator=(const MetadataBlock&) = delete;
    ~MetadataBlock() { release(); }

    // Zeroed memory; it must hold none yet. false: refused.
    [[nodiscard]] bool map(size_t bytes) {
        MORPH_CHECK(address_ == nullptr);
        peak_before_ = source_.bytes_mapped_peak();
        address_ = source_.map_metadata(bytes);
        bytes_ = address_ == nullptr ? 0 : bytes;
        return address_ != nullptr;
    }

    void release() {
        if (address_ != nullptr) source_.return_metadata(address_, bytes_);
        address_ = nullptr;
        bytes_ = 0;
    }

    // Undoes map() because a second request was refused: the peak is as it was as well.
    void cancel() {
        if (address_ == nullptr) return;
        release();
        source_.restore_peak(peak_before_);
    }

    // The memory is the caller's from here on.
    void disown() {
        address_ = nullptr;
        bytes_ = 0;
    }

    // Both of the same source.
    void exchange(MetadataBlock& other) {
        void* address = address_;
        size_t bytes = bytes_;
        address_ = other.address_;
        bytes_ = other.bytes_;
        other.address_ = address;
        other.bytes_ = bytes;
    }

    [[nodiscard]] void* address() const { return address_; }
    [[nodiscard]] size_t bytes() const { return bytes_; }  // 0: none
    [[nodiscard]] Source& source() const { return source_; }

 private:
    Source& source_;
    void* address_ = nullptr;
    size_t bytes_ = 0;
    size_t peak_before_ = 0;
};

}  // namespace morph

// MetadataArray: a growing array in metadata memory.
//
//   | entry 0 | entry 1 | ... size() | spare ... capacity |     a power of two of pages
//
// It doubles: the new mapping is filled before the old one goes, so that a refused growth leaves
// everything as it was. Entries are moved by memcpy.
//
// ARRAY-ROOM  size() <= capacity(), and the mapping holds that many
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "chunk/check.h"
#include "chunk/geometry.h"
#include "heap/metadata_block.h"

namespace morph {

template <class T>
class MetadataArray {
    static_assert(__is_trivially_copyable(T) && sizeof(T) <= kPageBytes && alignof(T) <= 64);

 public:
    explicit MetadataArray(Source& source) : block_(source) {}

    [[nodiscard]] size_t size() const { return size_; }
    [[nodiscard]] size_t capacity() const { return capacity_; }
    [[nodiscard]] size_t bytes() const { return block_.bytes(); }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] T* data() { return static_cast<T*>(block_.address()); }
    [[nodiscard]] const T* data() const { return static_cast<const T*>(block_.address()); }
    [[nodiscard]] T& operator[](size_t index) { return data()[index]; }
    [[nodiscard]] const T& operator[](size_t index) const { return data()[index]; }
    [[nodiscard]] std::span<T> all() { return {data(), size_}; }
    [[nodiscard]] std::span<const T> all() const { return {data(), size_}; }

    // false: refused, nothing has changed. value may be an entry of this array. O(1) amortised.
    [[nodiscard]] bool push(T value) {
        if (MORPH_LIKELY(size_ != capacity_) || reserve(size_ + 1)) {
            data()[size_++] = value;
            return true;
        }
        return false;
    }

    T pop() {
        MORPH_CHECK(size_ != 0);
        return data()[--size_];
    }

    // The last entry takes the place of this one.
    void remove_unordered(size_t index) {
        MORPH_CHECK(index < size_);
        data()[index] = data()[size_ - 1];
        size_ -= 1;
    }

    void clear() { size_ = 0; }  // keeps the memory
    void shrink_to(size_t size) {
        MORPH_CHECK(size <= size_);
        size_ = size;
    }

    // Room for count entries in all. false: refused, nothing has changed.
    [[nodiscard]] bool reserve(size_t count) {
        MetadataBlock fresh(block_.source());
        if (!prepare(count, fresh)) return false;
        adopt(fresh);
        return true;
    }

    // reserve() in two steps, for tables that grow together or not at all: maps what is needed into
    // fresh (nothing when there is room), ...
    [[nodiscard]] bool prepare(size_t count, MetadataBlock& fresh) const {
        return count <= capacity_ || fresh.map(bytes_for(count));
    }
    // ... and takes it.
    void adopt(MetadataBlock& fresh) {
        if (fresh.address() == nullptr) return;
        if (size_ != 0) __builtin_memcpy(fresh.address(), block_.address(), size_ * sizeof(T));
        block_.exchange(fresh);
        capacity_ = block_.bytes() / sizeof(T);
    }

    // Gives memory back, but for room of max(size(), count) entries. Best effort: it maps the
    // smaller table first, and a refusal leaves everything as it was.
    void trim(size_t count) {
        size_t keep = count < size_ ? size_ : count;
        if (keep >= capacity_ || (keep != 0 && bytes_for(keep) >= block_.bytes())) return;
        MetadataBlock fresh(block_.source());
        if (keep != 0 && !fresh.map(bytes_for(keep))) return;
        if (size_ != 0) __builtin_memcpy(fresh.address(), block_.address(), size_ * sizeof(T));
        block_.exchange(fresh);
        capacity_ = block_.bytes() / sizeof(T);
    }

    // What a mapping for count entries takes: a power of two of pages; SIZE_MAX (which no source
    // grants) when that cannot be.
    [[nodiscard]] static size_t bytes_for(size_t count) {
        size_t wanted = 0;
        if (__builtin_mul_overflow(count, sizeof(T), &wanted)) return SIZE_MAX;
        size_t bytes = kPageBytes;
        while (bytes < wanted) {
            if (bytes > SIZE_MAX / 2) return SIZE_MAX;
            bytes *= 2;
        }
        return bytes;
    }

    [[nodiscard]] Source& source() const { return block_.source(); }

    // nullptr, or the id of the broken invariant.
    [[nodiscard]] const char* check() const {
        if (size_ > capacity_ || capacity_ != block_.bytes() / sizeof(T)) return "ARRAY-ROOM";
        return nullptr;
    }

 private:
    friend struct TablePeek;  // tests break things with it

    MetadataBlock block_;
    size_t size_ = 0;
    size_t capacity_ = 0;
};

}  // namespace morph

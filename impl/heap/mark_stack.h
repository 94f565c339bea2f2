// MarkStack: objects that are marked and whose references are still to be followed.
//
//   first page, kept for ever            or, when that was too small, a mapping that doubles
//   | object | object | ... top |        | object | object | ... top | ... limit |
//
// When it can grow no more, push() says so, and the marker goes on by searching for marked objects
// with unmarked references. So marking needs one page, mapped when the heap is created.
//
// MARK-ROOM  base <= top <= limit; limit is the mapping's end, or kMarkStackEntriesMax from base
#pragma once

#include <cstddef>

#include "chunk/geometry.h"
#include "heap/metadata_block.h"

#include "morph/common.h"

namespace morph {

// The suite's small variant overflows after a few objects.
inline constexpr size_t kMarkStackEntriesMax =
    kChunkBytes < (size_t{1} << 20) ? 64 : SIZE_MAX / sizeof(void*);

class MarkStack {
 public:
    explicit MarkStack(Source& source) : first_(source), grown_(source) {}
    MarkStack(const MarkStack&) = delete;
    MarkStack& operator=(const MarkStack&) = delete;

    // Maps the first page; once, before anything else. false: refused.
    [[nodiscard]] bool open();

    // false: full, and cannot grow. The object is not on the stack then. Once refused, it does not
    // try to grow again before trim().
    [[nodiscard]] bool push(void* object) {
        if (MORPH_LIKELY(top_ != limit_)) {
            *top_++ = object;
            return true;
        }
        return push_slow(object);
    }
    // Not empty.
    void* pop() { return *--top_; }
    [[nodiscard]] bool empty() const { return top_ == base_; }
    [[nodiscard]] size_t size() const { return static_cast<size_t>(top_ - base_); }

    // After marking, when it is empty: gives memory back down to the first page. Needs none.
    void trim();

    // nullptr, or the id of the broken invariant.
    [[nodiscard]] const char* check() const;

 private:
    friend struct TablePeek;

    [[nodiscard]] bool push_slow(void* object);
    void use(const MetadataBlock& block, size_t count);

    MetadataBlock first_;
    MetadataBlock grown_;
    void** base_ = nullptr;
    void** top_ = nullptr;
    void** limit_ = nullptr;
    bool refused_ = false;
};

}  // namespace morph

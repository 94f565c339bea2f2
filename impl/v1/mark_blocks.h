// MarkBlocks: the mark stack, a chain of blocks of 1,024 entries that are kept for reuse.
//
//   first <-> block <-> current <-> kept        top: entries used in the current one
//
// A block cannot be had: push() says so, and the collector searches for what is marked instead. So
// marking needs one block, mapped when the heap is created.
//
// V1-MARK-BLOCKS  blocks are linked both ways, the current one is one of them; empty between
//                 collections
#pragma once

#include <cstddef>

#include "chunk/check.h"
#include "chunk/source.h"
#include "v1/header.h"

namespace morph::v1 {

class MarkBlocks {
 public:
    static constexpr size_t kEntries = 1024;

    explicit MarkBlocks(Source& source) : source_(source) {}
    MarkBlocks(const MarkBlocks&) = delete;
    MarkBlocks& operator=(const MarkBlocks&) = delete;
    ~MarkBlocks() {
        while (first_ != nullptr) {
            Block* next = first_->next;
            source_.return_metadata(first_, sizeof(Block));
            first_ = next;
        }
    }

    // Maps the first block; once, before anything else. false: refused.
    [[nodiscard]] bool open() {
        MORPH_CHECK(first_ == nullptr);
        first_ = current_ = map_block();
        return first_ != nullptr;
    }

    // false: full, and there is no further block. The object is not on the stack then.
    [[nodiscard]] bool push(Object* object) {
        if (__builtin_expect(top_ == kEntries, 0) && !advance()) return false;
        current_->entries[top_++] = object;
        return true;
    }
    [[nodiscard]] bool empty() const { return top_ == 0 && current_ == first_; }
    // Not empty.
    Object* pop() {
        if (top_ == 0) {
            current_ = current_->previous;
            top_ = kEntries;
        }
        return current_->entries[--top_];
    }

    [[nodiscard]] size_t blocks() const { return count_; }

    // nullptr, or the id of the broken invariant. O(blocks).
    [[nodiscard]] const char* check() const {
        size_t count = 0;
        bool has_current = false;
        const Block* previous = nullptr;
        for (const Block* block = first_; block != nullptr; block = block->next) {
            if (count++ == count_ || block->previous != previous) return "V1-MARK-BLOCKS";
            has_current = has_current || block == current_;
            previous = block;
        }
        return count == count_ && has_current && empty() ? nullptr : "V1-MARK-BLOCKS";
    }

 private:
    friend struct Peek;

    struct Block {
        Block* next;
        Block* previous;
        Object* entries[kEntries];
    };

    [[nodiscard]] Block* map_block() {
        auto* block = static_cast<Block*>(source_.map_metadata(sizeof(Block)));
        if (block != nullptr) count_ += 1;
        return block;
    }
    [[nodiscard]] bool advance() {
        if (current_->next == nullptr) {
            Block* block = map_block();
            if (block == nullptr) return false;
            block->previous = current_;
            current_->next = block;
        }
        current_ = current_->next;
        top_ = 0;
        return true;
    }

    Source& source_;
    Block* first_ = nullptr;
    Block* current_ = nullptr;
    size_t top_ = 0;
    size_t count_ = 0;
};

}  // namespace morph::v1

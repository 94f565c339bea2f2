#include "heap/mark_stack.h"

#include <cstring>

#include "chunk/check.h"

namespace morph {

// Goes over to that block, which holds the first `count` entries.
void MarkStack::use(const MetadataBlock& block, size_t count) {
    size_t room = block.bytes() / sizeof(void*);
    if (room > kMarkStackEntriesMax) room = kMarkStackEntriesMax;
    base_ = static_cast<void**>(block.address());
    top_ = base_ + count;
    limit_ = base_ + room;
}

bool MarkStack::open() {
    MORPH_CHECK(base_ == nullptr);
    if (!first_.map(kPageBytes)) return false;
    use(first_, 0);
    return true;
}

bool MarkStack::push_slow(void* object) {
    MORPH_CHECK(base_ != nullptr);
    size_t count = size();
    if (refused_ || count >= kMarkStackEntriesMax) return false;
    size_t bytes = (grown_.address() == nullptr ? first_ : grown_).bytes() * 2;
    MetadataBlock fresh(first_.source());
    if (!fresh.map(bytes)) {
        refused_ = true;
        return false;
    }
    memcpy(fresh.address(), base_, count * sizeof(void*));
    grown_.exchange(fresh);
    use(grown_, count);
    *top_++ = object;
    return true;
}

void MarkStack::trim() {
    MORPH_CHECK(empty());
    refused_ = false;
    grown_.release();
    use(first_, 0);
}

const char* MarkStack::check() const {
    const MetadataBlock& block = grown_.address() == nullptr ? first_ : grown_;
    if (base_ != block.address()) return "MARK-ROOM";
    size_t room = block.bytes() / sizeof(void*);
    if (room > kMarkStackEntriesMax) room = kMarkStackEntriesMax;
    if (limit_ != base_ + room || top_ < base_ || top_ > limit_) return "MARK-ROOM";
    return nullptr;
}

}  // namespace morph

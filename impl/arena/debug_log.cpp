#include "arena/debug_log.h"

#include "chunk/check.h"

namespace morph {

DebugLog::~DebugLog() {
    while (first_ != nullptr) {
        Page* page = first_;
        first_ = page->next;
        source_.return_metadata(page, sizeof(Page));
    }
}

bool DebugLog::reserve() {
    reserve_mapped_ = false;
    if (last_ != nullptr && used_ < kEntries) return true;
    Page* next = last_ == nullptr ? first_ : last_->next;
    if (next != nullptr) return true;
    auto* page = static_cast<Page*>(source_.map_metadata(sizeof(Page)));
    if (page == nullptr) return false;
    page->previous = last_;
    if (last_ == nullptr) {
        first_ = page;
    } else {
        last_->next = page;
    }
    reserve_mapped_ = true;
    return true;
}

void DebugLog::undo_reserve() {
    if (!reserve_mapped_) return;
    Page*& link = last_ == nullptr ? first_ : last_->next;
    Page* page = link;
    link = nullptr;
    source_.return_metadata(page, sizeof(Page));
    reserve_mapped_ = false;
}

void DebugLog::append(unsigned char* object, size_t size) {
    if (last_ == nullptr || used_ == kEntries) {
        last_ = last_ == nullptr ? first_ : last_->next;
        used_ = 0;
    }
    MORPH_CHECK(last_ != nullptr);
    last_->entries[used_] = Entry{object, size};
    used_ += 1;
    count_ += 1;
    reserve_mapped_ = false;
}

void DebugLog::shrink(size_t count) {
    MORPH_CHECK(count <= count_);
    while (count_ > count) {
        size_t excess = count_ - count;
        if (excess < used_) {
            used_ -= excess;
            count_ -= excess;
            return;
        }
        count_ -= used_;
        MORPH_CHECK(last_ != nullptr);
        last_ = last_->previous;
        used_ = last_ == nullptr ? 0 : kEntries;
    }
}

}  // namespace morph

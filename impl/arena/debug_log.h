// Debug mode's record of which objects live in an arena, oldest first.
//
// Apart from the arena's own memory, so that an overrun of many bytes destroys guards, not the
// record of where they are. Pages of metadata in a chain; they are kept when the log shrinks.
//
//   first_ --> page, 255 entries --> page <-- last_, used_ entries --> kept page --> nullptr
//
// A new entry needs room first (reserve), since that can be refused; undo gives back what reserve
// mapped if the object itself is refused after all.
#pragma once

#include <cstddef>

#include "chunk/source.h"

namespace morph {

class DebugLog {
 public:
    struct Entry {
        unsigned char* object;
        size_t size;  // as requested
    };

    explicit DebugLog(Source& source) : source_(source) {}
    DebugLog(const DebugLog&) = delete;
    DebugLog& operator=(const DebugLog&) = delete;
    ~DebugLog();

    [[nodiscard]] bool reserve();  // room for one more entry
    void undo_reserve();
    void append(unsigned char* object, size_t size);
    void shrink(size_t count);  // forgets the newest until `count` are left. O(pages)

    [[nodiscard]] size_t count() const { return count_; }

    // Calls visit(entry) for entries from number `begin` on, oldest first, until it returns false.
    template <typename Visit>
    void visit(size_t begin, Visit&& visit) const {
        size_t number = 0;
        for (const Page* page = first_; page != nullptr && number < count_; page = page->next) {
            for (size_t slot = 0; slot < kEntries && number < count_; ++slot, ++number) {
                if (number >= begin && !visit(page->entries[slot])) return;
            }
        }
    }

 private:
    struct Page;
    static constexpr size_t kEntries = (kPageBytes - 2 * sizeof(void*)) / sizeof(Entry);
    struct Page {
        Page* next;
        Page* previous;
        Entry entries[kEntries];
    };
    static_assert(sizeof(Page) <= kPageBytes);

    Source& source_;
    Page* first_ = nullptr;
    Page* last_ = nullptr;  // page of the newest entry; nullptr: the log is empty
    size_t used_ = 0;       // entries of last_
    size_t count_ = 0;
    bool reserve_mapped_ = false;  // the last reserve() mapped the page behind last_
};

}  // namespace morph

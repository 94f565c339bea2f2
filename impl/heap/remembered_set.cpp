#include "heap/remembered_set.h"

namespace morph {

void RememberedSet::keep_slow(Header* header) {
    // Once an entry is lost the old space is searched anyway: no point in asking again for each.
    if (overflowed_) return;
    if (entries_.push(header)) return;
    overflowed_ = true;
    overflows_ += 1;
}

const char* RememberedSet::check(const void** where) const {
    const void* ignored = nullptr;
    if (where == nullptr) where = &ignored;
    if (const char* broken = entries_.check()) return broken;
    for (const Header* header : entries_.all()) {
        *where = header + 1;
        if ((*header & kOld) == 0 || (*header & kListed) == 0) return "REMEMBERED-LISTED";
    }
    // Each entry takes its header's bit; one that finds it gone is there for the second time.
    const char* broken = nullptr;
    for (Header* header : entries_.all()) {
        if ((*header & kListed) == 0) {
            broken = "REMEMBERED-ONCE";
            *where = header + 1;
        }
        *header &= ~kListed;
    }
    for (Header* header : entries_.all()) *header |= kListed;
    return broken;
}

}  // namespace morph

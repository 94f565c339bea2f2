#include "heap/roots.h"

#include <cstring>

#include "chunk/check.h"
#include "chunk/geometry.h"

namespace morph {

bool Roots::open() {
    MORPH_CHECK(stack_.address() == nullptr);
    return grow_stack();
}

bool Roots::grow_stack() {
    size_t bytes = stack_.address() == nullptr ? kPageBytes : stack_.bytes() * 2;
    size_t count = stack_.address() == nullptr ? 0 : depth();
    MetadataBlock fresh(stack_.source());
    if (!fresh.map(bytes)) {
        stack_.source().explain_refusal(errors_, "roots", bytes);
        return false;
    }
    if (count != 0) memcpy(fresh.address(), stack_.address(), count * sizeof(void**));
    stack_.exchange(fresh);
    head_.roots_base = base();
    head_.roots_top = base() + count;
    head_.roots_limit = base() + bytes / sizeof(void**);
    return true;
}

bool Roots::push(void** slot) {
    MORPH_CHECK(slot != nullptr);
    if (head_.roots_top == head_.roots_limit && !grow_stack()) return false;
    *head_.roots_top++ = slot;
    return true;
}

bool Roots::pop(size_t count) {
    if (count > depth()) return false;
    head_.roots_top -= count;
    return true;
}

bool Roots::pop_exactly(void** slot) {
    if (depth() == 0 || head_.roots_top[-1] != slot) return false;
    head_.roots_top -= 1;
    return true;
}

bool Roots::reserve_global() {
    MetadataBlock fresh_globals(stack_.source());
    MetadataBlock fresh_index(stack_.source());
    size_t count = globals_.size() + 1;
    size_t refused = 0;
    if (!globals_.prepare(count, fresh_globals)) {
        refused = MetadataArray<Global>::bytes_for(count);
    } else if (!index_.prepare(count, fresh_index)) {
        refused = AddressIndex::bytes_for(count);
    }
    if (refused != 0) {
        stack_.source().explain_refusal(errors_, "roots", refused);
        fresh_globals.cancel();
        return false;
    }
    globals_.adopt(fresh_globals);
    index_.adopt(fresh_index);
    return true;
}

bool Roots::add_global(void** slot) {
    MORPH_CHECK(slot != nullptr);
    size_t* position = index_.find(slot);
    if (position != nullptr) {
        globals_[*position].count += 1;
    } else {
        if (!reserve_global()) return false;
        index_.insert(slot, globals_.size());
        bool pushed = globals_.push({slot, 1});
        MORPH_CHECK(pushed);
    }
    global_count_ += 1;
    return true;
}

bool Roots::remove_global(void** slot) {
    const size_t* found = index_.find(slot);
    if (found == nullptr) return false;
    size_t position = *found;
    global_count_ -= 1;
    globals_[position].count -= 1;
    if (globals_[position].count != 0) return true;
    index_.erase(slot);
    globals_.remove_unordered(position);
    if (position < globals_.size()) *index_.find(globals_[position].slot) = position;
    return true;
}

void Roots::reset() {
    head_.roots_top = base();
    globals_.clear();
    index_.clear();
    global_count_ = 0;
}

const char* Roots::check() const {
    size_t room = stack_.bytes() / sizeof(void**);
    if (head_.roots_limit != base() + room) return "ROOTS-STACK";
    if (head_.roots_top < base() || head_.roots_top > head_.roots_limit) return "ROOTS-STACK";
    for (void*** root = base(); root != head_.roots_top; ++root) {
        if (*root == nullptr) return "ROOTS-STACK";
    }
    if (const char* broken = globals_.check()) return broken;
    if (const char* broken = index_.check()) return broken;
    if (index_.size() != globals_.size()) return "ROOTS-GLOBAL";
    uint64_t total = 0;
    for (size_t position = 0; position < globals_.size(); ++position) {
        const Global& global = globals_[position];
        const size_t* known = index_.find(global.slot);
        if (global.count == 0 || known == nullptr || *known != position) return "ROOTS-GLOBAL";
        total += global.count;
    }
    return total == global_count_ ? nullptr : "ROOTS-GLOBAL";
}

}  // namespace morph

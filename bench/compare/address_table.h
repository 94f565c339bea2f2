// AddressTable: which objects a layer must free, in memory of its own, 8 bytes each.
//
// Systems that free objects one by one alone need it for reset: they know no way to free all that
// a program made. It is mapped apart from the system measured and not counted as its memory; the
// time for an entry, a store, is.
#pragma once

#include <cstddef>
#include <cstdint>

namespace compare {

class AddressTable {
 public:
    AddressTable() = default;
    AddressTable(const AddressTable&) = delete;
    AddressTable& operator=(const AddressTable&) = delete;
    ~AddressTable();

    // false: no memory for it.
    [[nodiscard]] bool add(void* object) {
        if (count_ == capacity_ && !grow()) return false;
        entries_[count_++] = object;
        return true;
    }
    // The entry of object, the last one first; nullptr: none. O(entries behind it).
    [[nodiscard]] void** find(const void* object);
    void remove(void** entry) { *entry = entries_[--count_]; }
    void clear() { count_ = 0; }

    [[nodiscard]] size_t count() const { return count_; }
    [[nodiscard]] void* operator[](size_t index) const { return entries_[index]; }
    // What has been touched of it, in whole pages.
    [[nodiscard]] uint64_t bytes_resident() const;

 private:
    [[nodiscard]] bool grow();

    void** entries_ = nullptr;
    size_t count_ = 0;
    size_t capacity_ = 0;
};

}  // namespace compare

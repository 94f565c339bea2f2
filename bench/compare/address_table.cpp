#include "bench/compare/address_table.h"

#include <sys/mman.h>

namespace compare {

namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kFirstBytes = 64 * kPageBytes;

}  // namespace

AddressTable::~AddressTable() {
    if (entries_ != nullptr) munmap(entries_, capacity_ * sizeof(void*));
}

void** AddressTable::find(const void* object) {
    for (size_t i = count_; i != 0; --i) {
        if (entries_[i - 1] == object) return entries_ + i - 1;
    }
    return nullptr;
}

uint64_t AddressTable::bytes_resident() const {
    return (count_ * sizeof(void*) + kPageBytes - 1) / kPageBytes * kPageBytes;
}

bool AddressTable::grow() {
    const size_t bytes = capacity_ * sizeof(void*);
    const size_t grown = bytes == 0 ? kFirstBytes : bytes * 2;
    void* memory = bytes == 0 ? mmap(nullptr, grown, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                              : mremap(entries_, bytes, grown, MREMAP_MAYMOVE);
    if (memory == MAP_FAILED) return false;
    entries_ = static_cast<void**>(memory);
    capacity_ = grown / sizeof(void*);
    return true;
}

}  // namespace compare

#include "stress/real/ledger.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

namespace real {
namespace {

uintptr_t address_of(const void* object) {
    return reinterpret_cast<uintptr_t>(object);
}

unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

// Of a range, at least a byte.
uintptr_t end_of(uintptr_t begin, size_t size) {
    return begin + std::max(size, size_t{1});
}

}  // namespace

Ledger::Ledger(Allocator* allocator, uint64_t verify_every, Complaint complaint)
    : allocator_(allocator), verify_every_(verify_every), complaint_(std::move(complaint)) {}

void Ledger::complain(const char* format, ...) {
    char line[400];
    std::va_list arguments;
    va_start(arguments, format);
    (void)std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    complaint_(line);
}

// FNV over words, then over the bytes that are left.
uint64_t Ledger::sum_of(const void* object, size_t size) {
    constexpr uint64_t kPrime = 0x100000001b3u;
    const auto* bytes = static_cast<const unsigned char*>(object);
    uint64_t sum = 0xcbf29ce484222325u ^ size;
    const auto add_range = [&sum, bytes](size_t from, size_t to) {
        for (; to - from >= sizeof(uint64_t); from += sizeof(uint64_t)) {
            uint64_t word = 0;
            std::memcpy(&word, bytes + from, sizeof word);
            sum = (sum ^ word) * kPrime;
            sum ^= sum >> 29;
        }
        for (; from < to; ++from) sum = (sum ^ bytes[from]) * kPrime;
    };
    if (size <= kSummedBytes) {
        add_range(0, size);
    } else {
        add_range(0, kEndBytes);
        add_range(size - kEndBytes, size);
    }
    return sum;
}

bool Ledger::take_spare() {
    if (spare_) return true;
    try {
        Blocks one;
        one.emplace(0, 0);
        spare_ = one.extract(one.begin());
    } catch (const std::bad_alloc&) {
        return false;
    }
    return true;
}

void Ledger::check_alignment(const void* object, size_t size) {
    const size_t alignment = allocator_->alignment(size);
    if (address_of(object) % alignment == 0) return;
    complain("LEDGER-ALIGNMENT: %zu bytes at %p, not aligned to %zu", size, object, alignment);
}

// The spare node becomes the block's.
void Ledger::add(void* object, size_t size) {
    const uintptr_t begin = address_of(object);
    check_alignment(object, size);
    const auto next = blocks_.lower_bound(begin);
    const auto overlap = [this, object, size](Blocks::const_iterator other) {
        complain("LEDGER-OVERLAP: %zu bytes at %p share memory with %zu bytes at %p", size, object,
                 other->second, reinterpret_cast<void*>(other->first));
    };
    if (next != blocks_.end() && next->first < end_of(begin, size)) overlap(next);
    if (next != blocks_.begin()) {
        const auto previous = std::prev(next);
        if (end_of(previous->first, previous->second) > begin) overlap(previous);
    }
    spare_.key() = begin;
    spare_.mapped() = size;
    auto result = blocks_.insert(std::move(spare_));
    spare_ = std::move(result.node);  // the address is there already: an overlap, complained of
    bytes_ += result.inserted ? size : 0;
    bytes_peak_ = std::max(bytes_peak_, bytes_);
}

Ledger::Blocks::iterator Ledger::find(const void* object, size_t told, const char* call) {
    const auto found = blocks_.find(address_of(object));
    if (found == blocks_.end()) {
        complain("LEDGER-BLOCK: %s of %p, which is no live block", call, object);
        return found;
    }
    if (told != kUntold && told != found->second) {
        complain("LEDGER-SIZE: %s of %p with size %zu; it has %zu", call, object, told,
                 found->second);
    }
    return found;
}

void Ledger::count_call() {
    calls_ += 1;
    if (verify_every_ != 0 && calls_ % verify_every_ == 0) check();
}

void* Ledger::allocate(size_t size) {
    count_call();
    if (!take_spare()) return nullptr;
    void* object = allocator_->allocate(size);
    if (object == nullptr) return nullptr;
    good_calls_ += 1;
    add(object, size);
    return object;
}

void* Ledger::reallocate(void* object, size_t told, size_t new_size) {
    count_call();
    const auto block = find(object, told, "resize");
    if (block == blocks_.end()) return nullptr;
    const size_t old_size = block->second;
    const size_t common = std::min(old_size, new_size);
    const uint64_t before = sum_of(object, common);
    const uint64_t whole = common == old_size ? before : sum_of(object, old_size);
    void* moved = allocator_->reallocate(object, told, new_size);
    if (moved == nullptr) {
        if (sum_of(object, old_size) != whole) {
            complain("LEDGER-CONTENTS: %p, %zu bytes, changed by a resize to %zu that failed",
                     object, old_size, new_size);
        }
        return nullptr;
    }
    good_calls_ += 1;
    if (sum_of(moved, common) != before) {
        complain("LEDGER-CONTENTS: %zu bytes at %p resized to %zu at %p: not the same bytes",
                 old_size, object, new_size, moved);
    }
    spare_ = blocks_.extract(block);
    bytes_ -= old_size;
    add(moved, new_size);
    return moved;
}

void Ledger::release(void* object, size_t told) {
    count_call();
    const auto block = find(object, told, "free");
    if (block == blocks_.end()) return;
    bytes_ -= block->second;
    blocks_.erase(block);
    if (!allocator_->release(object, told)) {
        complain("LEDGER-BLOCK: %p, a live block, is none to the allocator", object);
    }
}

size_t Ledger::size_of(const void* object) {
    const size_t size = allocator_->size_of(object);
    (void)find(object, size, "size");
    return size;
}

void Ledger::reset() {
    if (!allocator_->reset()) {
        for (const auto& [begin, size] : blocks_) {
            (void)allocator_->release(reinterpret_cast<void*>(begin), size);
        }
    }
    blocks_.clear();
    bytes_ = 0;
    check();
}

void Ledger::check() {
    const std::string wrong = allocator_->verify();
    if (!wrong.empty()) complain("LEDGER-VERIFY: %s", wrong.c_str());
    if (!allocator_->counts()) return;
    const Figures figures = allocator_->figures();
    const Hidden hidden = allocator_->hidden();
    const auto compare = [this](const char* what, uint64_t got, uint64_t expected) {
        if (got == expected) return;
        complain("LEDGER-FIGURES: %s %llu; the ledger has %llu", what, number(got),
                 number(expected));
    };
    const MorphMemCounts& total = figures.total;
    compare("objects live", total.objects_live, blocks_.size() + hidden.objects);
    compare("bytes live", total.bytes_live, bytes_ + hidden.bytes);
    compare("allocations and resizes", total.allocations + figures.resizes + hidden.calls,
            good_calls_);
    compare("allocations", total.allocations, total.frees + total.objects_live);
    compare("bytes allocated", total.bytes_allocated, total.bytes_freed + total.bytes_live);
    if (figures.mapped < total.bytes_live || figures.mapped > figures.mapped_peak) {
        complain("LEDGER-FIGURES: %zu bytes mapped, %zu at most, %llu live", figures.mapped,
                 figures.mapped_peak, number(total.bytes_live));
    }
}

void Ledger::check_closed() {
    if (!blocks_.empty()) {
        complain("LEDGER-LEFT: %zu blocks, %llu bytes; the first, of %zu bytes, at %p",
                 blocks_.size(), number(bytes_), blocks_.begin()->second,
                 reinterpret_cast<void*>(blocks_.begin()->first));
    }
    check();
}

}  // namespace real

#include "v1/swap.h"

#include <cerrno>
#include <cstring>

#include "chunk/check.h"
#include "chunk/memory_marks.h"

namespace morph {
namespace {

constexpr size_t kFirstUnits = kPageBytes * 8;  // 128 MiB of pages with one page of bits
constexpr size_t kUnitsMax = size_t{1} << 32;   // 16 TiB of pages

// A swap id: the first unit + 1, and the number of units above it. Never 0.
constexpr unsigned kCountShift = 40;
uint64_t make_id(size_t first, size_t count) {
    return static_cast<uint64_t>(count) << kCountShift | (first + 1);
}
size_t first_of(uint64_t id) {
    return (id & ((uint64_t{1} << kCountShift) - 1)) - 1;
}
size_t count_of(uint64_t id) {
    return id >> kCountShift;
}
constexpr size_t kCountMax = (size_t{1} << (64 - kCountShift)) - 1;

// AddressSanitizer's marks stay, since the addresses stay; Valgrind takes a new mapping for new
// memory.
constexpr bool kMarksStay =
#if defined(MORPH_MARKS_ASAN)
    true;
#else
    false;
#endif

}  // namespace

MorphCode Swap::open(const char* directory, Source& source, ErrorState& errors) {
    MORPH_CHECK(!on());
    if (directory == nullptr) return MORPH_OK;
    if (marks_active() && !kMarksStay) {  // unreachable: under Valgrind alone
        return errors.fail(MORPH_ERROR_UNSUPPORTED,
                           "v1.swap_directory: not under Valgrind, which would take a page mapped "
                           "over another one for new memory");
    }
    unit_bytes_ = os::SwapFile::page_bytes();
    if (unit_bytes_ > kPageBytes) {  // unreachable: where tests count, pages are small
        return errors.fail(MORPH_ERROR_UNSUPPORTED,
                           "v1.swap_directory: pages of this system have %zu bytes, those of V1 "
                           "have %zu",
                           unit_bytes_, kPageBytes);
    }
    int error = file_.open(directory);
    if (error == ENOSYS) {
        return errors.fail(MORPH_ERROR_UNSUPPORTED, "v1.swap_directory: not on this system");
    }
    if (error == 0) error = try_a_unit();
    if (error != 0) {
        file_.close();
        return errors.fail(MORPH_ERROR_IO, "v1.swap_directory: \"%.100s\" cannot be used: %.60s",
                           directory, strerror(error));
    }
    bits_ = static_cast<uint64_t*>(source.map_metadata(kFirstUnits / 8));
    if (bits_ == nullptr) {
        file_.close();
        return source.explain_refusal(errors, "swap", kFirstUnits / 8);
    }
    source_ = &source;
    units_ = kFirstUnits;
    return MORPH_OK;
}

// A full disk should be told when the heap is made, not found out page by page.
int Swap::try_a_unit() {
    const char zeros[512] = {};
    for (size_t offset = 0; offset < unit_bytes_; offset += sizeof(zeros)) {
        int error = file_.write(zeros, sizeof(zeros), offset);
        if (error != 0) return error;
    }
    stats_.file_bytes = unit_bytes_;
    return 0;
}

void Swap::close() {
    if (bits_ != nullptr) source_->return_metadata(bits_, units_ / 8);
    bits_ = nullptr;
    units_ = units_in_use_ = next_ = 0;
    file_.close();
}

bool Swap::swap_out(void* page, size_t bytes, uint64_t* swap_id) {
    MORPH_CHECK(on());
    MORPH_CHECK(bytes != 0 && bytes % unit_bytes_ == 0);
    MORPH_CHECK(reinterpret_cast<uintptr_t>(page) % unit_bytes_ == 0);
    size_t count = bytes / unit_bytes_;
    size_t first = 0;
    if (count > kCountMax || !take_units(count, &first)) {
        stats_.refused += 1;
        return false;
    }
    uint64_t offset = static_cast<uint64_t>(first) * unit_bytes_;
    if (file_.write(page, bytes, offset) != 0 || file_.map_over(page, bytes, offset) != 0) {
        give_units(first, count);
        stats_.refused += 1;
        return false;
    }
    forget(*swap_id);  // nothing is mapped there any more
    *swap_id = make_id(first, count);
    stats_.pages_out += 1;
    stats_.bytes_out += bytes;
    if (stats_.file_bytes < offset + bytes) stats_.file_bytes = offset + bytes;
    return true;
}

void Swap::forget(uint64_t swap_id) {
    if (swap_id == 0) return;
    give_units(first_of(swap_id), count_of(swap_id));
}

bool Swap::take_units(size_t count, size_t* first) {
    bool found = find_units(count, next_, units_, first) || find_units(count, 0, next_, first);
    if (!found) {
        size_t before = units_;
        if (!grow(count) || !find_units(count, before, units_, first)) return false;
    }
    for (size_t unit = *first; unit < *first + count; ++unit) {
        MORPH_CHECK(!in_use(unit));
        bits_[unit / 64] |= uint64_t{1} << unit % 64;
    }
    units_in_use_ += count;
    next_ = *first + count;
    stats_.bytes_in_file = units_in_use_ * unit_bytes_;
    return true;
}

// A run of `count` free units inside [begin, end).
bool Swap::find_units(size_t count, size_t begin, size_t end, size_t* first) const {
    size_t run = 0;
    for (size_t unit = begin; unit < end; ++unit) {
        if (unit % 64 == 0 && bits_[unit / 64] == UINT64_MAX) {
            run = 0;
            unit += 63;
            continue;
        }
        run = in_use(unit) ? 0 : run + 1;
        if (run < count) continue;
        *first = unit + 1 - count;
        return true;
    }
    return false;
}

// Twice the table, or more where `count` needs it: all new units are free.
bool Swap::grow(size_t count) {
    size_t wanted = units_ * 2;
    while (wanted - units_ < count && wanted < kUnitsMax) wanted *= 2;
    if (wanted > kUnitsMax || wanted - units_ < count) return false;
    void* table = source_->map_metadata(wanted / 8);
    if (table == nullptr) return false;
    memcpy(table, bits_, units_ / 8);
    source_->return_metadata(bits_, units_ / 8);
    bits_ = static_cast<uint64_t*>(table);
    units_ = wanted;
    return true;
}

void Swap::give_units(size_t first, size_t count) {
    MORPH_CHECK(count != 0 && first < units_ && count <= units_ - first);
    for (size_t unit = first; unit < first + count; ++unit) {
        MORPH_CHECK(in_use(unit));  // SWAP-KEPT
        bits_[unit / 64] &= ~(uint64_t{1} << unit % 64);
    }
    units_in_use_ -= count;
    if (first < next_) next_ = first;  // low units first: the file stays short
    stats_.bytes_in_file = units_in_use_ * unit_bytes_;
}

const char* Swap::check() const {
    if (!on()) return nullptr;
    size_t set = 0;
    for (size_t word = 0; word < units_ / 64; ++word) {
        set += static_cast<size_t>(__builtin_popcountll(bits_[word]));
    }
    if (set != units_in_use_ || stats_.bytes_in_file != set * unit_bytes_) return "SWAP-SLOTS";
    if (stats_.bytes_in_file > stats_.file_bytes) return "SWAP-SLOTS";
    size_t inside = stats_.file_bytes / unit_bytes_;
    for (size_t unit = inside; unit < units_; ++unit) {
        if (in_use(unit)) return "SWAP-SLOTS";
    }
    return nullptr;
}

}  // namespace morph

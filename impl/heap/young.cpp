#include "heap/young.h"

#include <cstring>
#include <utility>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "os/pages.h"

namespace morph {
namespace {

constexpr size_t kObjectMax = size_t{32} << 10;
constexpr size_t kBitsPerWord = 64;
constexpr size_t kGranule = 8;  // bytes for each bit of the starts

constexpr size_t round_up_to_pages(size_t bytes) {
    return (bytes + kPageBytes - 1) & ~(kPageBytes - 1);
}

// Objects may be no larger than half a block, so that the old space takes them from a block or a
// short run of pages; and a few must fit the smallest nursery.
constexpr size_t object_max_of(size_t nursery) {
    size_t part = nursery / 8;
    size_t bound = kObjectMax < kBlockBytes / 2 ? kObjectMax : kBlockBytes / 2;
    return part < bound ? part : bound;
}

size_t starts_bytes(size_t region_bytes) {
    return region_bytes / kGranule / 8;
}

}  // namespace

Young::Sizes Young::sizes_of(size_t nursery_bytes) {
    Sizes sizes = {};
    sizes.nursery = round_up_to_pages(nursery_bytes);
    sizes.survivor = round_up_to_pages(sizes.nursery / 4);
    sizes.object_max = object_max_of(sizes.nursery);
    size_t region = round_up_to_pages(sizes.nursery + sizes.object_max);
    size_t regions = 2 * region + 2 * sizes.survivor;
    sizes.mapping = kPageBytes + regions + round_up_to_pages(starts_bytes(regions));
    if (sizes.mapping < kChunkBytes) sizes.mapping = kChunkBytes;
    return sizes;
}

bool Young::open(Source& source, void* owner, size_t nursery_bytes, bool instrumented) {
    MORPH_CHECK(chunk_ == nullptr);
    Sizes sizes = sizes_of(nursery_bytes);
    Chunk* chunk = source.acquire_chunk(ChunkKind::young, owner, sizes.mapping);
    if (chunk == nullptr) return false;
    sizes_ = sizes;
    chunk_ = chunk;
    instrumented_ = instrumented;
    base_ = reinterpret_cast<unsigned char*>(chunk) + kPageBytes;
    unsigned char* place = base_;
    auto lay_out = [&place](size_t bytes) {
        Region region{place, place, place + bytes};
        place += bytes;
        return region;
    };
    size_t region = round_up_to_pages(sizes.nursery + sizes.object_max);
    survivors_[0] = lay_out(sizes.survivor);
    eden = lay_out(region);
    survivors_[1] = lay_out(sizes.survivor);
    reserve = lay_out(region);
    from_ = 0;
    bytes_ = static_cast<size_t>(place - base_);
    starts_ = reinterpret_cast<uint64_t*>(place);
    MORPH_CHECK(kPageBytes + bytes_ + starts_bytes(bytes_) <= chunk->bytes);
    if (instrumented_) mark_no_access(base_, bytes_);
    return true;
}

void Young::close(Source& source) {
    if (chunk_ == nullptr) return;
    closed_ = false;  // who unmaps pages needs no access to them
    source.return_chunk(chunk_);
    chunk_ = nullptr;
    base_ = nullptr;
    bytes_ = 0;
    eden = reserve = survivors_[0] = survivors_[1] = Region{};
}

void Young::swap(Young& other) noexcept {
    std::swap(eden, other.eden);
    std::swap(reserve, other.reserve);
    std::swap(sizes_, other.sizes_);
    std::swap(chunk_, other.chunk_);
    std::swap(base_, other.base_);
    std::swap(bytes_, other.bytes_);
    std::swap(survivors_[0], other.survivors_[0]);
    std::swap(survivors_[1], other.survivors_[1]);
    std::swap(from_, other.from_);
    std::swap(starts_, other.starts_);
    std::swap(instrumented_, other.instrumented_);
    std::swap(closed_, other.closed_);
}

void Young::take_access(const Region& region) {
    if (instrumented_) mark_no_access(region.begin, region.bytes());
}

void Young::cap_survivors(size_t bytes) {
    MORPH_CHECK(to().used() == 0 && bytes <= sizes_.survivor);
    to().end = to().begin + bytes;
}

void Young::turn(bool swap_eden) {
    take_access(eden);
    take_access(from());
    eden.top = eden.begin;
    from().top = from().begin;
    from_ = 1 - from_;
    for (Region& region : survivors_) region.end = region.begin + sizes_.survivor;
    if (swap_eden || reserve.used() != 0) std::swap(eden, reserve);
    MORPH_CHECK(reserve.used() == 0 && to().used() == 0);
}

void Young::empty() {
    for (Region* region : {&eden, &reserve, &survivors_[0], &survivors_[1]}) {
        take_access(*region);
        region->top = region->begin;
    }
}

// After turn(): what was from is to and reserve now.
void Young::close_sources() {
    closed_ = true;
    (void)os::protect_pages(to().begin, to().bytes(), false);  // refused: readable, no more
    (void)os::protect_pages(reserve.begin, reserve.bytes(), false);
}

bool Young::open_targets() {
    if (!closed_) return true;
    return os::protect_pages(to().begin, to().bytes(), true) &&
           os::protect_pages(reserve.begin, reserve.bytes(), true);
}

bool Young::set_start(const void* header) {
    size_t bit = static_cast<size_t>(static_cast<const unsigned char*>(header) - base_) / kGranule;
    uint64_t mask = uint64_t{1} << bit % kBitsPerWord;
    if ((starts_[bit / kBitsPerWord] & mask) != 0) return false;
    starts_[bit / kBitsPerWord] |= mask;
    return true;
}

bool Young::is_start(const void* header) const {
    size_t offset = static_cast<size_t>(static_cast<const unsigned char*>(header) - base_);
    if (offset >= bytes_ || offset % kGranule != 0) return false;
    size_t bit = offset / kGranule;
    return (starts_[bit / kBitsPerWord] >> bit % kBitsPerWord & 1) != 0;
}

void Young::clear_starts() {
    memset(starts_, 0, starts_bytes(bytes_));
}

}  // namespace morph

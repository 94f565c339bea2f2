#include "heap/heap_types.h"

#include <cstdio>
#include <cstring>

#include "chunk/check.h"
#include "chunk/geometry.h"

namespace morph {
namespace {

constexpr size_t kBytesOfAType =
    sizeof(MorphHeapType) + sizeof(TypeLayout) + sizeof(HeapTypeRecord);
static_assert(sizeof(MorphHeapType) == 64 && sizeof(HeapTypeRecord) % 64 == 0);

// Even, so that each of the three arrays begins at a cache line.
constexpr uint32_t kFirstTypes = 2 * kPageBytes / kBytesOfAType / 2 * 2;

// Segments of offsets double up to this, or are as large as one type needs.
constexpr size_t kSegmentBytesMax = size_t{64} << 10;

void copy_name(char* to, const char* name, uint32_t type) {
    size_t length = name == nullptr ? 0 : strnlen(name, sizeof(HeapTypeRecord::name) - 1);
    if (length == 0) {
        snprintf(to, sizeof(HeapTypeRecord::name), "type %u", type);
        return;
    }
    memcpy(to, name, length);
    to[length] = '\0';
}

uint32_t adjacent_from(const uint32_t* offsets, size_t count) {
    for (size_t index = 1; index < count; ++index) {
        if (offsets[index] != offsets[index - 1] + 8) return TypeLayout::kScattered;
    }
    return offsets[0];
}

uint64_t size_required_by(const TypeLayout& layout) {
    switch (layout.layout) {
        case MORPH_LAYOUT_OFFSETS:
            return uint64_t{layout.offsets[layout.offset_count - 1]} + 8;
        case MORPH_LAYOUT_WEAK:
            return 16;
        default:
            return 0;
    }
}

}  // namespace

HeapTypes::HeapTypes(Source& source, ErrorState& errors, MorphHeap& head)
    : source_(source), errors_(errors), head_(head), block_(source) {}

HeapTypes::~HeapTypes() {
    while (segments_ != nullptr) {
        Segment* next = segments_->next;
        source_.return_metadata(segments_, segments_->bytes);
        segments_ = next;
    }
    head_.types = nullptr;
    head_.type_count = 0;
}

MorphCode HeapTypes::open() {
    MORPH_CHECK(count_ == 0);
    MorphMemTypeInfo none = {};
    none.name = "none";
    uint32_t type = add(none);
    if (type == MORPH_TYPE_INVALID) return errors_.last.code;
    MORPH_CHECK(type == MORPH_TYPE_NONE);
    return MORPH_OK;
}

void HeapTypes::adopt(MetadataBlock& fresh) {
    if (fresh.address() == nullptr) return;
    uint32_t capacity = static_cast<uint32_t>(fresh.bytes() / kBytesOfAType);
    auto* heads = static_cast<MorphHeapType*>(fresh.address());
    auto* layouts = reinterpret_cast<TypeLayout*>(heads + capacity);
    auto* records = reinterpret_cast<HeapTypeRecord*>(layouts + capacity);
    if (count_ != 0) {
        memcpy(heads, heads_, count_ * sizeof(*heads));
        memcpy(layouts, layouts_, count_ * sizeof(*layouts));
        memcpy(records, records_, count_ * sizeof(*records));
    }
    block_.exchange(fresh);
    heads_ = heads;
    layouts_ = layouts;
    records_ = records;
    capacity_ = capacity;
    head_.types = heads;
}

void HeapTypes::add_segment(MetadataBlock& fresh) {
    if (fresh.address() == nullptr) return;
    auto* segment = static_cast<Segment*>(fresh.address());
    size_t room = (fresh.bytes() - sizeof(Segment)) / sizeof(uint32_t);
    *segment = {segments_, fresh.bytes(), 0, room};
    fresh.disown();
    segments_ = segment;
}

// Room for one more type with so many offsets: all of it, or nothing has changed.
bool HeapTypes::make_room(size_t offsets) {
    MetadataBlock table(source_);
    MetadataBlock segment(source_);
    if (count_ == capacity_) {
        size_t bytes = (capacity_ == 0 ? kFirstTypes : size_t{capacity_} * 2) * kBytesOfAType;
        if (!table.map(bytes)) {
            source_.explain_refusal(errors_, "types", bytes);
            return false;
        }
    }
    if (segments_ == nullptr ? offsets != 0 : offsets > segments_->room - segments_->used) {
        size_t bytes = segments_ == nullptr ? kPageBytes : segments_->bytes * 2;
        if (bytes > kSegmentBytesMax) bytes = kSegmentBytesMax;
        size_t wanted = sizeof(Segment) + offsets * sizeof(uint32_t);
        wanted = (wanted + kPageBytes - 1) & ~(kPageBytes - 1);
        if (bytes < wanted) bytes = wanted;
        if (!segment.map(bytes)) {
            source_.explain_refusal(errors_, "types", bytes);
            table.cancel();
            return false;
        }
    }
    adopt(table);
    add_segment(segment);
    return true;
}

void HeapTypes::fill_layout(const MorphMemTypeInfo& info, uint32_t type) {
    TypeLayout& layout = layouts_[type];
    layout = {};
    layout.layout = info.layout;
    layout.adjacent_from = TypeLayout::kScattered;
    if (info.layout == MORPH_LAYOUT_CUSTOM) {
        layout.visit_user = info.visit_user;
        layout.visit = info.visit;
    }
    if (!has_offsets(info.layout)) return;
    MORPH_CHECK(info.offset_count <= segments_->room - segments_->used);
    uint32_t* offsets = segments_->offsets() + segments_->used;
    segments_->used += info.offset_count;
    for (size_t index = 0; index < info.offset_count; ++index) {
        offsets[index] = static_cast<uint32_t>(info.offsets[index]);
    }
    layout.offsets = offsets;
    layout.offset_count = static_cast<uint32_t>(info.offset_count);
    layout.adjacent_from = adjacent_from(offsets, info.offset_count);
    if (info.layout == MORPH_LAYOUT_STRUCTS) {
        layout.element_bytes = static_cast<uint32_t>(info.element_size);
    }
}

uint32_t HeapTypes::add(const MorphMemTypeInfo& info) {
    if (validate(info) != MORPH_OK) return MORPH_TYPE_INVALID;
    if (count_ == MORPH_MAX_TYPES) {
        errors_.fail(MORPH_ERROR_TOO_MANY_TYPES, "types: all %u are registered", MORPH_MAX_TYPES);
        return MORPH_TYPE_INVALID;
    }
    if (!make_room(has_offsets(info.layout) ? info.offset_count : 0)) return MORPH_TYPE_INVALID;
    MORPH_CHECK(count_ < capacity_);
    uint32_t type = count_;
    fill_layout(info, type);
    HeapTypeRecord& record = records_[type];
    record = {};
    record.placement = info.placement;
    record.size_required = size_required_by(layouts_[type]);
    copy_name(record.name, info.name, type);
    heads_[type] = {};
    heads_[type].header = make_header(type, 0);
    set_inline(type);
    count_ += 1;
    head_.type_count = count_;
    return type;
}

void HeapTypes::set_inline(uint32_t type) {
    MorphHeapType& head = heads_[type];
    uint64_t least = records_[type].size_required;
    if (least == 0) least = 1;  // 16 bytes with its header, see header.h
    bool served = layouts_[type].layout != MORPH_LAYOUT_WEAK && least <= inline_max_;
    head.size_min = served ? least : kNeverInline;
    head.size_span = served ? inline_max_ - least : 0;
}

void HeapTypes::set_inline_max(size_t bytes) {
    MORPH_CHECK(bytes < kHugeSize);
    inline_max_ = bytes;
    for (uint32_t type = 0; type < count_; ++type) set_inline(type);
}

MorphMemCounts HeapTypes::counts(uint32_t type) const {
    const MorphHeapType& head = heads_[type];
    const HeapTypeRecord& record = records_[type];
    return {head.allocations,
            record.frees,
            head.bytes_allocated,
            record.bytes_freed,
            head.allocations - record.frees,
            head.bytes_allocated - record.bytes_freed};
}

MorphMemCounts HeapTypes::total() const {
    MorphMemCounts sum = {};
    for (uint32_t type = 0; type < count_; ++type) {
        MorphMemCounts one = counts(type);
        sum.allocations += one.allocations;
        sum.frees += one.frees;
        sum.bytes_allocated += one.bytes_allocated;
        sum.bytes_freed += one.bytes_freed;
    }
    sum.objects_live = sum.allocations - sum.frees;
    sum.bytes_live = sum.bytes_allocated - sum.bytes_freed;
    return sum;
}

void HeapTypes::clear_scratch() {
    for (uint32_t type = 0; type < count_; ++type) {
        HeapTypeRecord& record = records_[type];
        record.survived_objects = record.survived_bytes = 0;
        record.promoted_objects = record.promoted_bytes = 0;
        record.marked_objects = record.marked_bytes = 0;
    }
}

void HeapTypes::free_all() {
    for (uint32_t type = 0; type < count_; ++type) {
        HeapTypeRecord& record = records_[type];
        record.frees = heads_[type].allocations;
        record.bytes_freed = heads_[type].bytes_allocated;
        record.young_objects = record.young_bytes = 0;
    }
}

}  // namespace morph

#include "context/types.h"

#include <cstdio>
#include <cstring>

#include "chunk/check.h"
#include "context/config.h"

namespace morph {
namespace {

constexpr uint32_t kFirstTypes = kPageBytes / sizeof(TypeRecord);

void copy_name(char* to, const char* name, uint32_t type) {
    size_t length = name == nullptr ? 0 : strnlen(name, sizeof(TypeRecord::name) - 1);
    if (length == 0) {
        snprintf(to, sizeof(TypeRecord::name), "type %u", type);
        return;
    }
    memcpy(to, name, length);
    to[length] = '\0';
}

}  // namespace

TypeTable::~TypeTable() {
    if (records_ != nullptr) source_.return_metadata(records_, capacity_ * sizeof(TypeRecord));
}

MorphCode TypeTable::open() {
    MORPH_CHECK(records_ == nullptr);
    MorphCode code = grow();
    if (code != MORPH_OK) return code;
    uint32_t none = add("none", MORPH_PLACE_BY_SIZE);
    MORPH_CHECK(none == MORPH_TYPE_NONE);
    return MORPH_OK;
}

MorphCode TypeTable::grow() {
    uint32_t capacity = capacity_ == 0 ? kFirstTypes : capacity_ * 2;
    size_t bytes = capacity * sizeof(TypeRecord);
    auto* records = static_cast<TypeRecord*>(source_.map_metadata(bytes));
    if (records == nullptr) return source_.explain_refusal(errors_, "types", bytes);
    if (records_ != nullptr) {
        memcpy(records, records_, count_ * sizeof(TypeRecord));
        source_.return_metadata(records_, capacity_ * sizeof(TypeRecord));
    }
    records_ = records;
    capacity_ = capacity;
    return MORPH_OK;
}

uint32_t TypeTable::add(const char* name, MorphMemPlacement placement) {
    if (count_ == MORPH_MAX_TYPES) {
        errors_.fail(MORPH_ERROR_TOO_MANY_TYPES, "types: all %u are registered", MORPH_MAX_TYPES);
        return MORPH_TYPE_INVALID;
    }
    if (count_ == capacity_ && grow() != MORPH_OK) return MORPH_TYPE_INVALID;
    MORPH_CHECK(count_ < capacity_);
    uint32_t type = count_++;
    if (serves_inline_) inline_count_ = count_;
    TypeRecord& record = records_[type];
    record = {};
    record.placement = placement;
    record.pool_sizes = placement == MORPH_PLACE_ARENA ? 0 : MORPH_POOL_MAX_SIZE + 1;
    copy_name(record.name, name, type);
    return type;
}

const char* TypeTable::check() const {
    if (count_ == 0 || count_ > capacity_ || count_ > MORPH_MAX_TYPES) return "TYPES-ROOM";
    if (inline_count_ != (serves_inline_ ? count_ : 0)) return "TYPES-ROOM";
    for (uint32_t type = 0; type < count_; ++type) {
        const TypeRecord& record = records_[type];
        size_t length = strnlen(record.name, sizeof(record.name));
        if (length == 0 || length == sizeof(record.name)) return "TYPES-NAME";
        unsigned placement = raw_number(record.placement);
        uint64_t limit = placement == MORPH_PLACE_ARENA ? 0 : MORPH_POOL_MAX_SIZE + 1;
        if (placement > MORPH_PLACE_ARENA || record.pool_sizes != limit) return "TYPES-LIMIT";
        const Counters& counters = record.counters;
        if (counters.frees > counters.allocations) return "TYPES-COUNT";
        if (counters.bytes_freed > counters.bytes_allocated) return "TYPES-COUNT";
    }
    return nullptr;
}

}  // namespace morph

#include "stress/profile/objects.h"

namespace profile {

namespace {

constexpr size_t kLink[] = {0};

void** link_of(void* object) {
    return static_cast<void**>(object);
}

}  // namespace

void Objects::describe(MorphMemTypeInfo* info, MorphMemMode mode) {
    if (mode == MORPH_MODE_COMPILER) return;
    info->layout = MORPH_LAYOUT_OFFSETS;
    info->offsets = kLink;
    info->offset_count = 1;
}

bool Objects::open(MorphMemContext* context) {
    context_ = context;
    heap_ = morph_mem_heap(context);
    if (heap_ == nullptr) return true;
    first_word_ = 1;
    MorphMemTypeInfo info = {};
    info.name = "directory";
    info.layout = MORPH_LAYOUT_POINTERS;
    directory_type_ = morph_mem_register_type(context, &info);
    return directory_type_ != MORPH_TYPE_INVALID;
}

bool Objects::begin(uint64_t count) {
    count_ = 0;
    if (heap_ == nullptr) {
        // Touched before memory is measured: the table is ours, not the subject's.
        table_.assign(count, reinterpret_cast<uint64_t*>(8));
        return true;
    }
    const size_t bytes = (count + kListObjects - 1) / kListObjects * sizeof(void*);
    directory_ = morph_mem_alloc(context_, bytes, directory_type_);
    return directory_ != nullptr && morph_mem_gc_push_root(context_, &directory_) == MORPH_OK;
}

void Objects::add_to_list(uint64_t* object) {
    void** head = list(count_++);
    morph_mem_write(context_, object, link_of(object), *head);
    morph_mem_write(context_, directory_, head, object);
}

// A list has its highest index in front, and the last list may not be full yet.
uint64_t* Objects::in_list(uint64_t index) const {
    const uint64_t begin = index / kListObjects * kListObjects;
    const uint64_t end = begin + kListObjects < count_ ? begin + kListObjects : count_;
    void* object = *list(index);
    for (uint64_t step = end - 1; step != index && object != nullptr; --step) {
        object = *link_of(object);
    }
    return static_cast<uint64_t*>(object);
}

bool Objects::replace(uint64_t index, const Wanted& wanted) {
    if (heap_ == nullptr) {
        if (morph_mem_free(context_, table_[index]) != MORPH_OK) return false;
        table_[index] = make(wanted);
        return table_[index] != nullptr;
    }
    uint64_t* object = make(wanted);
    if (object == nullptr) return false;
    uint64_t* replaced = at(index);
    morph_mem_write(context_, object, link_of(object), *link_of(replaced));
    void** head = list(index);
    if (*head == replaced) {
        morph_mem_write(context_, directory_, head, object);
    } else {
        uint64_t* before = at(index + 1);
        morph_mem_write(context_, before, link_of(before), object);
    }
    return true;
}

}  // namespace profile

// Operations of a heap session on objects: allocate, resize, write, query; types; reset.
#include <algorithm>
#include <cstdio>

#include "fuzz/fill.h"
#include "fuzz/heap_layouts.h"
#include "fuzz/heap_session.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

int static_foreigner = 0;

}  // namespace

HeapSession::Shadow& HeapSession::shadow_of(Id id) {
    if (id > shadows_.size()) shadows_.resize(id);
    return shadows_[id - 1];
}

void HeapSession::fill_anew(Id id, void* object) {
    Shadow& shadow = shadow_of(id);
    const reference::HeapObject& model = *model_->find(id);
    shadow.identity = identity_of(static_cast<uint32_t>(id), shadow.version++);
    contents_->fill(object, model.type, model.size, shadow.identity);
}

// A fresh object of the model's number id: what it must be, then its contents and its root.
bool HeapSession::accept(size_t cell, void* object, Id id) {
    const reference::HeapObject& model = *model_->find(id);
    ++result_.allocations;
    std::snprintf(outcome_, sizeof outcome_, "object %llu", static_cast<unsigned long long>(id));
    const size_t alignment = std::max(model.alignment, can_.alignment);
    if (reinterpret_cast<uintptr_t>(object) % alignment != 0) {
        return fail(Checker::alignment, "%p is not aligned to %zu", object, alignment);
    }
    // Of a weak reference, the first 16 bytes are the library's.
    const bool weak = model_->type(model.type).layout == MORPH_LAYOUT_WEAK;
    const size_t begin = weak ? least_size(model_->type(model.type)) : 0;
    const auto* bytes = static_cast<const unsigned char*>(object);
    const size_t nonzero = begin + first_nonzero(bytes + begin, model.size - begin, whole_);
    if (nonzero != model.size &&
        !fail(Checker::zeroing, "byte %zu of %zu is 0x%02x", nonzero, model.size, bytes[nonzero])) {
        return false;
    }
    fill_anew(id, object);
    if (cell != kNone) assign(cell, object, id);
    return true;
}

// The call gave NULL: it was refused memory (which need not be asked for, where size is beyond what
// any run may have), or must be refused as expected says. pushed: the root that was made for it.
HeapSession::Step HeapSession::give_up(void* object, MorphCode expected, const char* call,
                                       size_t size, size_t pushed) {
    if (object != nullptr) {
        (void)settle(MORPH_OK, expected, call);
        return Step::bad;
    }
    MorphCode code = subject_->last_error().code;
    std::snprintf(outcome_, sizeof outcome_, "NULL, %s", morph_code_name(code));
    if (expected == MORPH_OK && (refused() || size > kBytesCeiling)) {
        expected = MORPH_ERROR_OUT_OF_MEMORY;
        memory_refused_ = true;
        if (can_.generations && majors_ == majors_before_) {
            fail(Checker::contract, "%s gave NULL without a full collection", call);
            return Step::bad;
        }
    } else if (expected == MORPH_OK) {
        fail(Checker::contract, "%s gave NULL (%s), and nothing was refused to it", call,
             morph_code_name(code));
        return Step::bad;
    }
    model_->note_failure(expected);
    if (!settle(code, expected, call)) return Step::bad;
    if (pushed != kNone && !drop_roots(1)) return Step::bad;
    return check_after_failure(true) ? Step::done : Step::bad;
}

HeapSession::Step HeapSession::allocate(const Operation& operation, size_t size, uint32_t type) {
    const size_t alignment = alignment_of(operation);
    resolved_.size = size;
    resolved_.type = type;
    changed_ = true;
    may_collect_ = true;
    size_t pushed = kNone;
    bool good = true;
    const size_t cell = root_for(operation.root, &pushed, &good);
    if (cell == kNone) return good ? Step::done : Step::bad;
    const MorphCode expected = model_->refusal(size, type, alignment);
    Asked asked;
    if (expected == MORPH_OK) {
        asked = note_allocation();
    } else {
        forced_known_ = forced_known_ && until_forced_ == 0;
    }
    void* object = heap_->allocate_object(size, alignment, type);
    if (!(expected == MORPH_OK ? note_served(asked) : note_collections())) return Step::bad;
    if (object == nullptr || expected != MORPH_OK) {
        return give_up(object, expected, "the allocation", size, pushed);
    }
    const reference::HeapResult result = model_->allocate(size, type, alignment);
    if (law_.has_value()) law_->allocate(result.object->id, size, alignment, object);
    if (alignment > MORPH_DEFAULT_ALIGNMENT) aligned_volume_ += alignment;
    return accept(cell, object, result.object->id) ? Step::done : Step::bad;
}

// One byte less than the type needs, or fewer.
HeapSession::Step HeapSession::allocate_too_small(const Operation& operation) {
    uint32_t type = resolved_type(operation.type);
    if (type >= types_) type = 0;
    for (uint32_t tries = 0; tries < types_ && least_size(model_->type(type)) == 0; ++tries) {
        type = (type + 1) % types_;
    }
    const size_t least = least_size(model_->type(type));
    if (least == 0) return Step::skipped;
    Operation plain = operation;
    plain.root = 0;
    plain.code = Code::allocate_object;
    return allocate(plain, least - 1 - operation.size % least, type);
}

HeapSession::Step HeapSession::resize(const Operation& operation, size_t cell) {
    const Id old_id = model_->cell(cell);
    const reference::HeapObject old = *model_->find(old_id);
    const Shadow before = shadow_of(old_id);
    const size_t size = whole_size(model_->type(old.type), operation.size);
    changed_ = true;
    may_collect_ = true;
    size_t pushed = kNone;
    bool good = true;
    const size_t into = root_for(operation.root, &pushed, &good);
    if (into == kNone) return good ? Step::done : Step::bad;
    const MorphCode expected = model_->refusal(size, old.type);
    Asked asked;
    if (expected == MORPH_OK) {
        asked = note_allocation();
    } else {
        forced_known_ = forced_known_ && until_forced_ == 0;
    }
    model_->keep(old_id);
    void* object = heap_->resize(cells_[cell], old.size, size, old.type);
    if (!(expected == MORPH_OK ? note_served(asked) : note_collections())) return Step::bad;
    if (object == nullptr || expected != MORPH_OK) {
        model_->keep(reference::kNoObject);
        return give_up(object, expected, "the change of size", size, pushed);
    }
    const reference::HeapResult result = model_->resize(old_id, size);
    model_->keep(reference::kNoObject);
    const reference::HeapObject& now = *result.object;
    if (law_.has_value()) law_->allocate(now.id, size, MORPH_DEFAULT_ALIGNMENT, object);
    ++result_.allocations;
    const size_t kept = std::min(old.size, size);
    const auto* bytes = static_cast<const unsigned char*>(object);
    const size_t limit = std::min(kept, whole_size(model_->type(old.type), kept));
    const size_t offset =
        contents_->first_difference(object, old.type, old.size, limit, before.identity);
    if (offset < limit) {
        fail(Checker::contents,
             "object %llu: byte %zu is 0x%02x, expected 0x%02x, after a change of size from %zu to "
             "%zu bytes",
             static_cast<unsigned long long>(old_id), offset, bytes[offset],
             filled_byte(offset, before.identity), old.size, size);
        return Step::bad;
    }
    const size_t grown = std::min(size - kept, whole_);
    const size_t nonzero = first_nonzero(bytes + kept, grown, std::max(grown, kLeastWhole));
    if (nonzero != grown &&
        !fail(Checker::zeroing, "byte %zu is 0x%02x after a change of size from %zu to %zu bytes",
              kept + nonzero, bytes[kept + nonzero], old.size, size)) {
        return Step::bad;
    }
    fill_anew(now.id, object);
    assign(into, object, now.id);
    std::snprintf(outcome_, sizeof outcome_, "object %llu",
                  static_cast<unsigned long long>(now.id));
    return Step::done;
}

HeapSession::Step HeapSession::write(size_t cell) {
    const Id id = model_->cell(cell);
    if (!check_object(id, cells_[cell], Checker::contents, " before it was written anew")) {
        return Step::bad;
    }
    fill_anew(id, cells_[cell]);
    return Step::done;
}

HeapSession::Step HeapSession::query(size_t cell, size_t offset) {
    const reference::HeapObject& model = object_in(cell);
    const auto* address = static_cast<const unsigned char*>(cells_[cell]);
    offset = model.size == 0 ? 0 : offset % model.size;
    std::optional<MorphAddressInfo> info = subject_->query(address + offset);
    if (!info.has_value()) return Step::skipped;
    const bool ours = info->room == MORPH_ROOM_YOUNG || info->room == MORPH_ROOM_OLD ||
                      info->room == MORPH_ROOM_LARGE;
    if (!ours || !info->allocated || info->object != address || info->size != model.size ||
        info->type != model.type) {
        fail(Checker::query,
             "object %llu at offset %zu: allocated %d in room %d at %p, %zu bytes of type %u; "
             "expected %p, %zu bytes of type %u",
             static_cast<unsigned long long>(model.id), offset, info->allocated, info->room,
             info->object, info->size, info->type, static_cast<const void*>(address), model.size,
             model.type);
        return Step::bad;
    }
    int on_stack = 0;
    const void* foreign[] = {nullptr,
                             &on_stack,
                             &static_foreigner,
                             subject_.get(),
                             reinterpret_cast<void*>(~uintptr_t{7}),
                             reinterpret_cast<void*>(uintptr_t{8})};
    const void* stranger = foreign[next_query_++ % std::size(foreign)];
    return check_query(stranger, "foreign address") ? Step::done : Step::bad;
}

// That nothing is there.
bool HeapSession::check_query(const void* address, const char* what) {
    std::optional<MorphAddressInfo> info = subject_->query(address);
    if (!info.has_value() || !info->allocated) return true;
    return fail(Checker::query, "%s %p is said to be allocated, in room %d", what, address,
                info->room);
}

bool HeapSession::register_one(const Layout& layout) {
    changed_ = true;
    MorphMemTypeInfo info = layout.info;
    const uint32_t type = heap_->register_layout(info);
    if (type == MORPH_TYPE_INVALID && refused()) {
        memory_refused_ = true;
        model_->note_failure();
        return settle(subject_->last_error().code, MORPH_ERROR_OUT_OF_MEMORY, "register_type");
    }
    MorphCode expected = MORPH_OK;
    const uint32_t wanted = model_->register_type(info, &expected, layout.custom_rule);
    const MorphCode code = type == MORPH_TYPE_INVALID ? subject_->last_error().code : MORPH_OK;
    if (!settle(code, expected, "register_type")) return false;
    if (type == wanted) return true;
    return fail(Checker::contract, "register_type gave %u, expected %u", type, wanted);
}

// In the second pass the types are there already; they become visible at the same places.
HeapSession::Step HeapSession::register_layout(const Operation& operation) {
    if (!first_pass_) {
        if (operation.count < kInvalidLayouts && types_ < model_->types()) ++types_;
        return Step::done;
    }
    const uint32_t before = model_->types();
    if (!register_one(made_layout(operation.count, operation.size))) return Step::bad;
    types_ = model_->types();
    if (types_ == before) return check_after_failure(false) ? Step::done : Step::bad;
    std::snprintf(outcome_, sizeof outcome_, "type %u", before);
    return Step::done;
}

HeapSession::Step HeapSession::reset() {
    if (!check_graph(Checker::graph, " before reset")) return Step::bad;
    const void* dropped = nullptr;
    if (const size_t cell = pick_object(0); cell != kNone) dropped = cells_[cell];
    changed_ = true;
    forced_ = true;
    heap_->reset();
    model_->reset();
    for (size_t cell = 0; cell < cells_.size(); ++cell) cells_[cell] = nullptr;
    free_cells_.clear();
    for (size_t cell = cells_.size(); cell-- > 0;) free_cells_.push_back(cell);
    filled_roots_ = 0;
    if (law_.has_value()) law_->reset();
    memory_refused_ = false;
    aligned_volume_ = 0;
    live_peak_ = 0;
    forced_known_ = forced_known_ && until_forced_ == 0;
    const MorphHeapStats stats = heap_->stats();
    minors_ = stats.minor.count;
    majors_ = stats.major.count;
    if (can_.query && dropped != nullptr && !check_query(dropped, "what reset dropped")) {
        return Step::bad;
    }
    return check_depth() ? Step::done : Step::bad;
}

}  // namespace suite

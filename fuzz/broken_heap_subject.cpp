#include "fuzz/broken_heap_subject.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "fuzz/forwarding_heap_subject.h"

namespace suite {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHeldAtOnce = size_t{20} << 20;

class BrokenHeapSubject final : public ForwardingHeapSubject {
 public:
    BrokenHeapSubject(const SubjectEntry& entry, HeapMischief mischief)
        : ForwardingHeapSubject(entry), mischief_(mischief) {}

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        limits_ = limits;
        report_ = report;
        report_user_ = report_user;
        const bool swallows = is(HeapMischief::report_swallowed);
        opened_ = inner_->open(configuration, limits, swallows ? swallow : report, report_user);
        if (opened_ && is(HeapMischief::bytes_not_returned)) hold(kPage);
        return opened_;
    }
    void close() override {
        inner_->close();
        roots_.clear();
        if (!is(HeapMischief::bytes_not_returned)) let_go();
    }
    void reset() override {
        inner_->reset();
        roots_.clear();
        garbage_ = nullptr;
        if (is(HeapMischief::chunk_per_reset)) hold(inner_->chunk_bytes());
    }

    void* allocate_object(size_t size, size_t alignment, uint32_t type) override;
    MorphCode collect(bool major) override {
        const MorphCode code = inner_->collect(major);
        after_collection();
        return code;
    }
    void store(void* object, void** slot, void* value) override {
        if (is(HeapMischief::stored_elsewhere) && value != nullptr && ++stores_ % 5 == 0) {
            return inner_->store(object, slot, object);
        }
        if (is(HeapMischief::stored_nowhere) && value != nullptr && ++stores_ % 5 == 0) {
            return inner_->store(object, slot, nullptr);
        }
        inner_->store(object, slot, value);
    }
    MorphCode push_root(void** cell) override {
        const MorphCode code = inner_->push_root(cell);
        if (code == MORPH_OK) roots_.push_back(cell);
        return code;
    }
    MorphCode pop_roots(size_t count) override {
        const MorphCode code = inner_->pop_roots(count);
        if (code == MORPH_OK) roots_.resize(roots_.size() - count);
        return code;
    }
    MorphCode pop_root(void** cell) override {
        MorphCode code = inner_->pop_root(cell);
        if (code == MORPH_ERROR_SCOPE && is(HeapMischief::wrong_root_popped)) {
            code = inner_->pop_roots(1);
        }
        if (code == MORPH_OK) roots_.pop_back();
        return code;
    }
    void weak_set(void* weak, void* target) override {
        inner_->weak_set(weak, target);
        if (is(HeapMischief::weak_kept) && target != nullptr && garbage_ == nullptr) {
            keep(target);
        }
    }
    MorphCode set_finalizer(void* object, MorphFinalizer finalizer, void* user) override;

    MorphHeapStats stats() override;
    MorphCode type_stats(uint32_t type, MorphHeapTypeStats* stats) override {
        const MorphCode code = inner_->type_stats(type, stats);
        if (is(HeapMischief::type_count_wrong) && type == 1) stats->counts.allocations += 1;
        return code;
    }
    std::optional<MorphAddressInfo> query(const void* address) override;
    void walk(MorphObjectVisitor visit, void* user) override;
    MorphCode verify() override {
        if (is(HeapMischief::verify_fails) && allocations_ > 5) return MORPH_ERROR_CORRUPTION;
        return inner_->verify();
    }
    MorphError last_error() override {
        if (invented_.code != MORPH_OK) return invented_;
        return inner_->last_error();
    }

 private:
    struct Wrapped {
        BrokenHeapSubject* self;
        MorphFinalizer finalizer;
        void* user;
    };

    [[nodiscard]] bool is(HeapMischief mischief) const { return mischief_ == mischief; }
    static void swallow(void*, const MorphReport*) {}

    void hold(size_t bytes) {
        if (limits_.request != nullptr && limits_.request(limits_.user, bytes)) held_ += bytes;
    }
    void let_go() {
        if (held_ != 0) limits_.returned(limits_.user, held_);
        held_ = 0;
    }
    // A root that nobody knows of.
    void keep(void* object) {
        garbage_ = object;
        if (inner_->add_global(&garbage_) != MORPH_OK) garbage_ = nullptr;
    }
    void** some_root(size_t which) {
        for (void** cell : roots_) {
            if (*cell != nullptr && which-- == 0) return cell;
        }
        return nullptr;
    }
    static void run_wrapped(MorphHeap* heap, void* object, void* user);
    void clear_slot();
    void after_collection();
    void spoil_root(void** cell);

    HeapMischief mischief_;
    MorphMemoryLimits limits_ = {};
    MorphReportHandler report_ = nullptr;
    void* report_user_ = nullptr;
    bool opened_ = false;
    size_t held_ = 0;
    size_t allocations_ = 0;
    size_t stores_ = 0;
    std::vector<void**> roots_;
    void* garbage_ = nullptr;
    std::deque<Wrapped> wrapped_;
    MorphError invented_ = {};
};

void* BrokenHeapSubject::allocate_object(size_t size, size_t alignment, uint32_t type) {
    invented_ = {};
    ++allocations_;
    if (is(HeapMischief::null_for_no_reason) && allocations_ % 7 == 0) {
        invented_.code = MORPH_ERROR_OUT_OF_MEMORY;
        return nullptr;
    }
    if (is(HeapMischief::null_at_once) && allocations_ % 5 == 0 && limits_.request != nullptr &&
        !limits_.request(limits_.user, size_t{1} << 40)) {
        invented_.code = MORPH_ERROR_OUT_OF_MEMORY;
        return nullptr;
    }
    if (is(HeapMischief::report_without_cause) && allocations_ % 5 == 0) {
        const MorphReport report = {MORPH_REPORT_MISSED_BARRIER, nullptr, 0, 0, "invented"};
        report_(report_user_, &report);
    }
    const bool aligned = alignment > 8 && alignment <= MORPH_MAX_ALIGNMENT;
    if (is(HeapMischief::misaligned) && aligned) alignment = 8;
    const uint64_t before = inner_->stats().minor.count + inner_->stats().major.count;
    void* object = inner_->allocate_object(size, alignment, type);
    if (inner_->stats().minor.count + inner_->stats().major.count != before) after_collection();
    if (object == nullptr) {
        if (is(HeapMischief::failure_writes)) spoil_root(some_root(0));
        return nullptr;
    }
    if (is(HeapMischief::not_zeroed) && type == 1 && size != 0) {
        static_cast<unsigned char*>(object)[size - 1] = 1;
    }
    if (is(HeapMischief::garbage_kept) && allocations_ % 3 == 0 && garbage_ == nullptr) {
        keep(object);
    }
    return object;
}

// Changes the last byte of an object without references.
void BrokenHeapSubject::spoil_root(void** cell) {
    if (cell == nullptr || inner_->type_of(*cell) > 1) return;
    const size_t size = inner_->size_of(*cell);
    if (size != 0) static_cast<unsigned char*>(*cell)[size - 1] ^= 1;
}

// Clears the reference of the first link or pair (heap_layouts.h) that a root holds.
void BrokenHeapSubject::clear_slot() {
    for (void** cell : roots_) {
        if (*cell == nullptr) continue;
        const uint32_t type = inner_->type_of(*cell);
        if (type != 2 && type != 8) continue;
        void** slot = static_cast<void**>(*cell) + 1;
        if (*slot == nullptr) continue;
        *slot = nullptr;
        return;
    }
}

void BrokenHeapSubject::after_collection() {
    if (is(HeapMischief::chunk_per_collection)) hold(kHeldAtOnce);
    void** first = some_root(0);
    void** second = some_root(1);
    if (first == nullptr) return;
    if (is(HeapMischief::byte_lost)) spoil_root(first);
    if (is(HeapMischief::flags_lost)) inner_->set_flags(*first, 0);
    if (is(HeapMischief::reference_lost)) *first = nullptr;
    if (is(HeapMischief::slot_lost)) clear_slot();
    if (is(HeapMischief::two_become_one) && second != nullptr) *second = *first;
    if (!is(HeapMischief::weak_cleared_early)) return;
    for (void** cell : roots_) {
        if (*cell != nullptr && inner_->type_of(*cell) == 7) inner_->weak_set(*cell, nullptr);
    }
}

void BrokenHeapSubject::run_wrapped(MorphHeap* heap, void* object, void* user) {
    const Wrapped& wrapped = *static_cast<Wrapped*>(user);
    wrapped.finalizer(heap, object, wrapped.user);
    if (wrapped.self->is(HeapMischief::finalizer_twice)) {
        wrapped.finalizer(heap, object, wrapped.user);
    }
}

MorphCode BrokenHeapSubject::set_finalizer(void* object, MorphFinalizer finalizer, void* user) {
    if (finalizer == nullptr) return inner_->set_finalizer(object, nullptr, nullptr);
    if (is(HeapMischief::finalizer_early)) finalizer(nullptr, object, user);
    if (is(HeapMischief::finalizer_forgotten)) {
        finalizer = [](MorphHeap*, void*, void*) {};
        return inner_->set_finalizer(object, finalizer, nullptr);
    }
    wrapped_.push_back({this, finalizer, user});
    return inner_->set_finalizer(object, run_wrapped, &wrapped_.back());
}

MorphHeapStats BrokenHeapSubject::stats() {
    MorphHeapStats stats = inner_->stats();
    stats.bytes_mapped += held_;
    stats.bytes_mapped_peak = std::max(stats.bytes_mapped_peak + held_, stats.bytes_mapped);
    if (garbage_ != nullptr) stats.global_roots -= 1;
    if (is(HeapMischief::count_off_by_one)) stats.counts.allocations += 1;
    if (is(HeapMischief::forced_uncounted)) stats.collections_forced = 0;
    if (is(HeapMischief::mapped_wrong)) stats.bytes_mapped += 1;
    if (is(HeapMischief::freed_uncounted)) {
        stats.counts.objects_live += stats.counts.frees;
        stats.counts.bytes_live += stats.counts.bytes_freed;
        stats.counts.frees = 0;
        stats.counts.bytes_freed = 0;
    }
    return stats;
}

std::optional<MorphAddressInfo> BrokenHeapSubject::query(const void* address) {
    std::optional<MorphAddressInfo> info = inner_->query(address);
    if (!info.has_value()) return info;
    if (is(HeapMischief::query_foreign) && !info->allocated) info->allocated = true;
    if (is(HeapMischief::query_wrong_size)) info->size += 1;
    if (is(HeapMischief::too_old) && info->room == MORPH_ROOM_YOUNG) info->age += 1;
    if (is(HeapMischief::never_promoted) && info->room == MORPH_ROOM_OLD) {
        info->room = MORPH_ROOM_YOUNG;
    }
    return info;
}

void BrokenHeapSubject::walk(MorphObjectVisitor visit, void* user) {
    struct Pass {
        BrokenHeapSubject* self;
        MorphObjectVisitor visit;
        void* user;
        size_t count;
    } pass = {this, visit, user, 0};
    inner_->walk(
        [](void* state, void* object, size_t size, uint32_t type) {
            Pass& its = *static_cast<Pass*>(state);
            const bool first = its.count++ == 0;
            if (first && its.self->is(HeapMischief::hidden_from_walk)) return true;
            if (first && its.self->is(HeapMischief::visited_twice)) {
                its.visit(its.user, object, size, type);
            }
            return its.visit(its.user, object, size, type);
        },
        &pass);
}

}  // namespace

SubjectEntry broken(const SubjectEntry& entry, HeapMischief mischief) {
    SubjectEntry result = entry;
    result.name = entry.name + ", broken";
    result.make = [&entry, mischief] {
        return std::make_unique<BrokenHeapSubject>(entry, mischief);
    };
    return result;
}

}  // namespace suite

// Collections of a Heap: when they come, and what they do.

#include <algorithm>

#include "reference/heap.h"

namespace reference {

// -------------------------------------------------------------------------------------- policy

MorphCode Heap::force(const MorphForcedCollections& plan) {
    if (visiting_) return refuse_visiting();
    forced_ = plan;
    until_forced_ = plan.first;
    return MORPH_OK;
}

void Heap::collect_before_allocation() {
    const bool forced = until_forced_ == 1;
    if (until_forced_ != 0) until_forced_ -= 1;
    if (forced) {
        until_forced_ = forced_.every;
        figures_.collections_forced += 1;
        collect(forced_.major);
    } else if (old_bytes_ >= next_major_) {
        collect(true);
    } else if (bytes_since_ >= settings_.nursery_bytes) {
        collect(false);
    }
}

MorphCode Heap::configure(const MorphHeapSettings& settings) {
    if (visiting_) return refuse_visiting();
    std::string fault;
    MorphHeapSettings completed = {};
    if (!complete(settings, &completed, &fault)) {
        return fail(MORPH_ERROR_INVALID_CONFIGURATION, fault);
    }
    if (completed.major_threshold != settings_.major_threshold) {
        next_major_ = completed.major_threshold;
    }
    settings_ = completed;
    return MORPH_OK;
}

// ----------------------------------------------------------------------------------- collecting

MorphCode Heap::collect(bool major) {
    if (visiting_) {
        return refuse_visiting();
    }
    run_collection(major || settings_.full_collections);
    run_finalizers();
    return MORPH_OK;
}

void Heap::run_collection(bool major) {
    const auto start = std::chrono::steady_clock::now();
    const auto nanoseconds = [](std::chrono::steady_clock::duration time) {
        return static_cast<uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
    };
    const uint64_t before = figures_.counts.bytes_live;
    figures_.bytes_live_peak = std::max(figures_.bytes_live_peak, before);
    if (debug()) check_objects();

    for (const auto& [address, record] : records_) record->marked = false;
    mark_roots();
    clear_weak_targets();
    find_ready();
    sweep();

    bytes_since_ = 0;
    if (major) {
        const size_t grown = old_bytes_ + old_bytes_ / 100 * settings_.growth_percent;
        next_major_ = std::max(settings_.major_threshold, grown);
    }
    const uint64_t pause = nanoseconds(std::chrono::steady_clock::now() - start);
    (major ? major_pauses_ : minor_pauses_).add(pause);
    timeline_.push_back({.at_ns = nanoseconds(start - born_),
                         .pause_ns = pause,
                         .bytes_live_before = before,
                         .bytes_live_after = figures_.counts.bytes_live,
                         .bytes_mapped = memory_.bytes(),
                         .major = major});
    if (timeline_.size() > MORPH_TIMELINE_SAMPLES) timeline_.pop_front();
}

void Heap::mark(const void* object) {
    Record* record = object != nullptr ? find(object) : nullptr;
    if (record == nullptr || record->marked) return;  // no object: verify() tells
    record->marked = true;
    to_mark_.push_back(record);
}

void Heap::mark_slots() {
    while (!to_mark_.empty()) {
        const Record* record = to_mark_.back();
        to_mark_.pop_back();
        for (void** slot : slots_of(*record)) mark(*slot);
    }
}

void Heap::mark_roots() {
    for (void*** root = roots_base; root != roots_top; ++root) mark(**root);
    for (const GlobalRoot& root : globals_) mark(*root.slot);
    for (const Finalizer& finalizer : ready_) mark(finalizer.object);
    mark(held_);
    mark_slots();
}

void Heap::clear_weak_targets() {
    for (const auto& [address, record] : records_) {
        if (types_[record->type].layout != MORPH_LAYOUT_WEAK) continue;
        void** target = static_cast<void**>(record->address);
        const Record* there = find(*target);
        if (*target == nullptr || (there != nullptr && there->marked)) continue;
        *target = nullptr;
        settle(*record);
        figures_.weak_cleared += 1;
    }
}

// Behind those that wait already: what dies now, in the order in which the finalizers were set.
void Heap::find_ready() {
    std::vector<Finalizer> found;
    for (const auto& [object, finalizer] : finalizers_) {
        if (!find(object)->marked) found.push_back(finalizer);
    }
    std::ranges::sort(found, {}, &Finalizer::sequence);
    for (const Finalizer& finalizer : found) {
        finalizers_.erase(finalizer.object);
        ready_.push_back(finalizer);
        mark(finalizer.object);
    }
    mark_slots();
}

void Heap::grow_older(Record& record) {
    record.age += 1;
    if (record.age < settings_.promotion_age) {
        figures_.objects_survived += 1;
        return;
    }
    record.young = false;
    old_bytes_ += record.piece_bytes;
    figures_.young.objects_live -= 1;
    figures_.young.bytes_live -= record.size;
    figures_.objects_promoted += 1;
    figures_.bytes_promoted += record.size;
}

void Heap::sweep() {
    std::vector<Record*> dead;
    for (const auto& [address, record] : records_) {
        if (!record->marked) {
            dead.push_back(record.get());
        } else if (record->young) {
            grow_older(*record);
        }
    }
    for (Record* record : dead) discard(record);
}

// One call runs all, also those that a collection inside a finalizer finds: no recursion.
void Heap::run_finalizers() {
    if (running_) return;
    running_ = true;
    while (!ready_.empty()) {
        const Finalizer finalizer = ready_.front();
        ready_.pop_front();
        memory_.give_back(finalizer.entry, sizeof(Finalizer));
        figures_.finalizers_run += 1;
        finalizer.call(this, finalizer.object, finalizer.user);
    }
    running_ = false;
}

}  // namespace reference

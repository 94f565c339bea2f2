// Collections in a heap session: asked for, forced, and those that happen.
#include <algorithm>
#include <cstdio>
#include <functional>

#include "fuzz/heap_session.h"
#include "fuzz/subjects.h"

namespace suite {

HeapSession::Step HeapSession::collect(bool major) {
    changed_ = true;
    may_collect_ = true;
    const uint64_t minors = minors_;
    const uint64_t majors = majors_;
    const MorphCode code = heap_->collect(major);
    if (!settle(code, MORPH_OK, major ? "a major collection" : "a minor collection")) {
        return Step::bad;
    }
    if (!note_collections()) return Step::bad;
    if (majors_ == majors && (major || minors_ == minors)) {
        fail(Checker::metrics, "a %s collection was asked for, and none is counted",
             major ? "major" : "minor");
        return Step::bad;
    }
    std::snprintf(outcome_, sizeof outcome_, "%llu minor, %llu major",
                  static_cast<unsigned long long>(minors_ - minors),
                  static_cast<unsigned long long>(majors_ - majors));
    return Step::done;
}

HeapSession::Step HeapSession::force(const MorphForcedCollections& plan) {
    heap_->force(plan);
    until_forced_ = plan.first;
    every_forced_ = plan.first == 0 ? 0 : plan.every;
    forced_known_ = forced_known_ || forced_collections_ == heap_->stats().collections_forced;
    return Step::done;
}

HeapSession::Asked HeapSession::note_allocation() {
    Asked asked = {law_.has_value() && law_->collects(), majors_};
    if (until_forced_ == 0 || --until_forced_ != 0) return asked;
    asked.due = true;
    ++forced_collections_;
    until_forced_ = every_forced_;
    return asked;
}

bool HeapSession::note_served(const Asked& asked) {
    if (!note_collections()) return false;
    if (!law_.has_value() || asked.due == (majors_ != asked.majors)) return true;
    return fail(Checker::footprint, "V1's law: the allocation %s; now %llu bytes are live",
                asked.due ? "did not collect" : "collected",
                static_cast<unsigned long long>(law_->live()));
}

HeapSession::Step HeapSession::configure(const Operation& operation) {
    Configuration wanted = configuration_;
    if (operation.alignment != 0) wanted.nursery_shift = operation.alignment;
    wanted.promotion_age = operation.count;
    wanted.major_threshold = operation.size;
    changed_ = true;
    const bool valid = settings_valid(wanted);
    const MorphCode code = heap_->configure(heap_settings(wanted));
    if (code == MORPH_OK && valid) {
        model_->set_promotion_age(wanted.promotion_age != 0 ? wanted.promotion_age : 3);
        if (law_.has_value()) law_->configure(wanted.major_threshold);
        const uint64_t nursery = heap_settings(wanted).nursery_bytes;
        nursery_peak_ = std::max(nursery_peak_, nursery);
        return Step::done;
    }
    model_->note_failure(code);
    const MorphCode expected = valid ? MORPH_OK : MORPH_ERROR_INVALID_CONFIGURATION;
    if (!settle(code, expected, "configure")) return Step::bad;
    return check_after_failure(false) ? Step::done : Step::bad;
}

// Tells the model of the collections that the subject has counted since the last time. Called after
// each call that may collect, and at the start of each finalizer.
bool HeapSession::note_collections() {
    const MorphHeapStats stats = heap_->stats();
    const uint64_t minors = stats.minor.count;
    const uint64_t majors = stats.major.count;
    if (minors < minors_ || majors < majors_) {
        return fail(Checker::metrics, "the count of collections fell");
    }
    if (minors == minors_ && majors == majors_) return true;
    collected_ = true;
    if (refused()) memory_refused_ = true;
    for (; minors_ < minors; ++minors_) {
        model_->collect_minor();
        exact_ = false;
    }
    for (; majors_ < majors; ++majors_) {
        // A conservative collector may keep what it likes: legality is all there is.
        if (can_.precise) {
            const reference::FullCollection& full = model_->collect_full();
            if (law_.has_value()) {
                std::vector<uint64_t> newest_first(full.died.rbegin(), full.died.rend());
                std::ranges::sort(newest_first, std::greater{});
                law_->collect(newest_first);
            }
        } else {
            model_->collect_minor();
        }
        exact_ = can_.precise;
    }
    return true;
}

// Before the call returns, finalizers of what is known to be dead have run.
bool HeapSession::finish_collections() {
    if (result_.finding.has_value()) return false;
    const Id left = model_->finish_collections();
    if (left == reference::kNoObject || !can_.precise) return true;
    return fail(Checker::finalizers, "object %llu is unreachable, and its finalizer has not run",
                static_cast<unsigned long long>(left));
}

}  // namespace suite

// What an endurance run on a heap looks at when a season ends.
#include <algorithm>
#include <cinttypes>

#include "fuzz/endurance_graph.h"

namespace suite {
namespace {

constexpr uint64_t kHeaderBytes = 8;
// Mapped, at most: twice the most that was live at the end of a season and the first threshold,
// four nurseries, and slack for tables, large arrays and garbage between collections.
constexpr uint64_t kSlack = 96 << 20;

}  // namespace

bool GraphRun::check_all() {
    ledger_.arm(0, 0);
    // The first one runs finalizers, the second frees what only these kept.
    if (!collect(true) || !collect(true)) return false;
    const size_t reached = nodes_.mark(roots_);
    if (!check_finalizers() || !check_graph() || !check_disjoint() || !check_weak()) return false;
    if (!check_counts(reached) || !check_verify()) return false;
    nodes_.sweep();
    finalized_.clear();
    found_cleared_.clear();
    spare_.insert(spare_.end(), ran_.begin(), ran_.end());
    ran_.clear();
    if (reached > live_) forget_roots();
    return true;
}

bool GraphRun::check_finalizers() {
    for (const uint32_t number : finalized_) {
        if (!nodes_[number].marked) continue;
        return fail(Checker::finalizers, "node %u was finalized while roots reach it", number);
    }
    for (uint32_t number = 1; number < nodes_.count(); ++number) {
        const Node& node = nodes_[number];
        if (!node.used || node.marked || !node.finalizer) continue;
        return fail(Checker::finalizers, "node %u is dead, its finalizer did not run", number);
    }
    return true;
}

// ENDURE-NODES. Each node's object is found once, wherever it is referred to.
bool GraphRun::check_graph() {
    for (uint32_t number = 1; number < nodes_.count(); ++number) nodes_[number].address = nullptr;
    met_.clear();
    const auto meet = [this](const Met& met) {
        if (met.number == 0) return true;
        Node& node = nodes_[met.number];
        if (node.address == met.object) return true;
        if (node.address != nullptr) {
            return fail(Checker::graph, "node %u has two objects", met.number);
        }
        node.address = met.object;
        met_.push_back(met);
        return check(met, "at the end of a season");
    };
    for (size_t i = 0; i < kCells; ++i) {
        if ((cells_[i] == nullptr) != (roots_[i] == 0))
            return fail(Checker::graph, "a root changed");
        if (!meet({cells_[i], roots_[i]})) return false;
    }
    for (size_t next = 0; next < met_.size(); ++next) {
        const Met met = met_[next];
        for (size_t i = 0; i < nodes_[met.number].references.size(); ++i) {
            Met reference = {};
            if (!follow(met, i, &reference) || !meet(reference)) return false;
        }
    }
    return true;
}

bool GraphRun::check_disjoint() {
    std::sort(met_.begin(), met_.end(),
              [](const Met& left, const Met& right) { return left.object < right.object; });
    for (size_t i = 1; i < met_.size(); ++i) {
        const auto* end = static_cast<unsigned char*>(met_[i - 1].object) +
                          std::max<size_t>(nodes_[met_[i - 1].number].size, 1);
        if (end <= met_[i].object) continue;
        return fail(Checker::overlap, "nodes %u and %u overlap", met_[i - 1].number,
                    met_[i].number);
    }
    return true;
}

bool GraphRun::check_weak() {
    for (const uint32_t target : found_cleared_) {
        if (nodes_[target].marked) {
            return fail(Checker::weak, "a weak reference to node %u was cleared, roots reach it",
                        target);
        }
    }
    for (const Met& met : met_) {
        Node& node = nodes_[met.number];
        if (node.shape != Shape::weak || node.target == 0) continue;
        const Node& target = nodes_[node.target];
        void* seen = heap_.weak_get(met.object);
        // A conservative collector may keep what is dead: the reference is cleared by hand then.
        const bool kept = !can_.precise && !target.marked && seen != nullptr;
        if (kept) heap_.weak_set(met.object, nullptr);
        if (!kept && seen != (target.marked ? target.address : nullptr)) {
            return fail(Checker::weak, "a weak reference to node %u, which is %s, is %s",
                        node.target, target.marked ? "live" : "dead",
                        seen == nullptr ? "cleared" : "not to its object");
        }
        if (target.marked) continue;
        node.target = 0;
        report_.weak_cleared += kept ? 0u : 1u;
    }
    return true;
}

bool GraphRun::check_counts(size_t reached) {
    const MorphHeapStats stats = heap_.stats();
    report_.collections = stats.minor.count + stats.major.count;
    report_.live_peak = std::max<uint64_t>(report_.live_peak, reached);
    uint64_t bytes = 0;
    for (const Met& met : met_) bytes += nodes_[met.number].size;
    const auto differs = [this](const char* name, uint64_t seen, uint64_t expected) {
        if (seen == expected) return false;
        fail(Checker::liveness, "%s is %" PRIu64 ", expected %" PRIu64, name, seen, expected);
        return true;
    };
    if (differs("nodes found", met_.size(), reached) ||
        differs("allocations", stats.counts.allocations, report_.allocations)) {
        return false;
    }
    if (can_.precise && (differs("objects live", stats.counts.objects_live, reached) ||
                         differs("bytes live", stats.counts.bytes_live, bytes) ||
                         differs("finalizers run", stats.finalizers_run, report_.finalizers))) {
        return false;
    }
    if (!can_.limits) return true;
    const auto mapped = static_cast<uint64_t>(ledger_.balance());
    if (differs("bytes mapped", stats.bytes_mapped, mapped)) return false;
    bytes_peak_ = std::max(bytes_peak_, bytes + kHeaderBytes * reached);
    const uint64_t bound = 2 * bytes_peak_ + 4 * nursery_bytes_ + kSlack;
    if (mapped <= bound) return true;
    return fail(Checker::footprint, "holds %" PRIu64 " bytes, its bound is %" PRIu64, mapped,
                bound);
}

}  // namespace suite

// Checks of a heap session that look at the whole subject.
#include <algorithm>
#include <cinttypes>

#include "fuzz/figures.h"
#include "fuzz/heap_session.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

struct Visited {
    const void* address;
    size_t size;
    uint32_t type;
};

// What an object may take beside its bytes: header, guard and ledger, rounding.
constexpr uint64_t kObjectOverhead = 48;
// Footprint: of the volume, and beside it (a block for each size class, chunks that are kept).
constexpr uint64_t kVolumeFactor = 4;
constexpr uint64_t kNurseryFactor = 4;
constexpr uint64_t kChunks = 16;
constexpr uint64_t kSlack = 2 << 20;

}  // namespace

// All objects not found dead: each address once, all that roots reach among them; and by number and
// bytes what the model has, exactly so right after a full collection. Follows check_graph().
bool HeapSession::check_walk() {
    std::vector<Visited> visited;
    heap_->walk(
        [](void* user, void* object, size_t size, uint32_t type) {
            static_cast<std::vector<Visited>*>(user)->push_back({object, size, type});
            return true;
        },
        &visited);
    std::ranges::sort(visited, {}, &Visited::address);
    for (size_t i = 1; i < visited.size(); ++i) {
        if (visited[i - 1].address == visited[i].address) {
            return fail(Checker::liveness, "%p is visited twice", visited[i].address);
        }
    }
    for (const Place& place : places_) {
        auto found = std::ranges::lower_bound(visited, place.address, {}, &Visited::address);
        if (found == visited.end() || found->address != place.address) {
            return fail(Checker::liveness, "object %" PRIu64 " at %p is live and not visited",
                        place.id, static_cast<void*>(place.address));
        }
        const reference::HeapObject& model = *model_->find(place.id);
        if (found->size == model.size && found->type == model.type) continue;
        return fail(Checker::liveness, "object %" PRIu64 " is visited with %zu bytes of type %u",
                    place.id, found->size, found->type);
    }
    const size_t most = model_->live().size();
    if (visited.size() > most || (exact_ && visited.size() < most)) {
        return fail(Checker::liveness, "%zu objects are visited, the model has %zu%s",
                    visited.size(), most, exact_ ? ", right after a full collection" : "");
    }
    std::vector<uint64_t> bytes(model_->types());
    for (const Visited& each : visited) {
        if (each.type < bytes.size()) bytes[each.type] += each.size;
    }
    for (uint32_t type = 0; exact_ && type < bytes.size(); ++type) {
        const uint64_t expected = model_->type(type).counts.bytes_live;
        if (bytes[type] == expected) continue;
        return fail(Checker::liveness,
                    "%" PRIu64 " bytes of type %u are visited, expected %" PRIu64, bytes[type],
                    type, expected);
    }
    return true;
}

bool HeapSession::check_figures() {
    if (!can_.metrics) return true;
    const MorphHeapStats seen = heap_->stats();
    const MorphMemCounts& counts = seen.counts;
    const MorphMemCounts& expected = model_->counts();
    const auto same = [&](const char* name, uint64_t value, uint64_t wanted) {
        return value == wanted ||
               fail(Checker::metrics, "%s is %" PRIu64 ", expected %" PRIu64, name, value, wanted);
    };
    const auto at_least = [&](const char* name, uint64_t value, uint64_t wanted) {
        return (exact_ ? value == wanted : value >= wanted) ||
               fail(Checker::metrics, "%s is %" PRIu64 ", expected %s%" PRIu64, name, value,
                    exact_ ? "" : "at least ", wanted);
    };
    bool good = same("allocations", counts.allocations, expected.allocations) &&
                same("bytes_allocated", counts.bytes_allocated, expected.bytes_allocated) &&
                at_least("frees", counts.frees, expected.frees) &&
                at_least("bytes_freed", counts.bytes_freed, expected.bytes_freed) &&
                same("objects_live", counts.objects_live, counts.allocations - counts.frees) &&
                same("bytes_live", counts.bytes_live, counts.bytes_allocated - counts.bytes_freed);
    good = good && same("failures", seen.failures, model_->failures()) &&
           same("finalizers", seen.finalizers, model_->finalizers()) &&
           same("finalizers_run", seen.finalizers_run, model_->finalizers_run()) &&
           same("roots", seen.roots, model_->roots().size()) &&
           same("global_roots", seen.global_roots, model_->global_roots().size()) &&
           same("types", seen.types, model_->types());
    if (good && forced_known_) {
        good = same("collections_forced", seen.collections_forced, forced_collections_);
    }
    if (good && can_.limits) {
        good = same("bytes_mapped", seen.bytes_mapped, static_cast<uint64_t>(ledger_.balance()));
    }
    if (good && seen.bytes_mapped_peak < seen.bytes_mapped) {
        good = fail(Checker::metrics, "bytes_mapped_peak is below bytes_mapped");
    }
    return good && check_peak(seen) && check_pauses(seen.minor, "minor") &&
           check_pauses(seen.major, "major") && check_law(seen);
}

// The peak is never below what is live, and falls with a reset alone.
bool HeapSession::check_peak(const MorphHeapStats& seen) {
    const uint64_t least = std::max(live_peak_, seen.counts.bytes_live);
    live_peak_ = seen.bytes_live_peak;
    if (seen.bytes_live_peak >= least) return true;
    return fail(Checker::metrics, "bytes_live_peak is %" PRIu64 ", expected at least %" PRIu64,
                seen.bytes_live_peak, least);
}

// How long a collection took is not known; that the figures belong together is.
bool HeapSession::check_pauses(const MorphPauses& pauses, const char* which) {
    const bool ordered = pauses.p50_ns <= pauses.p90_ns && pauses.p90_ns <= pauses.p99_ns &&
                         pauses.p99_ns <= pauses.max_ns && pauses.max_ns <= pauses.total_ns;
    const bool within =
        pauses.count == 0 ? pauses.total_ns == 0 : pauses.total_ns / pauses.count <= pauses.max_ns;
    if (ordered && within) return true;
    return fail(Checker::metrics,
                "%s pauses: %" PRIu64 " of %" PRIu64 " ns in all, the longest %" PRIu64
                ", percentiles %" PRIu64 ", %" PRIu64 ", %" PRIu64,
                which, pauses.count, pauses.total_ns, pauses.max_ns, pauses.p50_ns, pauses.p90_ns,
                pauses.p99_ns);
}

bool HeapSession::check_law(const MorphHeapStats& seen) {
    if (!law_.has_value()) return true;
    const uint64_t roots = model_->roots().size() + model_->global_roots().size();
    const Mismatch mismatch = compare(seen, *law_, roots, true);
    if (mismatch.name == nullptr) return true;
    return fail(Checker::footprint, "V1's law: %s is %" PRIu64 ", expected %" PRIu64, mismatch.name,
                mismatch.seen, mismatch.expected);
}

bool HeapSession::check_types() {
    if (!can_.metrics) return true;
    for (uint32_t type = 0; type < model_->types(); ++type) {
        MorphHeapTypeStats seen = {};
        if (heap_->type_stats(type, &seen) != MORPH_OK) {
            return fail(Checker::metrics, "no figures of type %u", type);
        }
        const MorphMemCounts& expected = model_->type(type).counts;
        const bool frees =
            exact_ ? seen.counts.frees == expected.frees : seen.counts.frees >= expected.frees;
        const bool bytes = exact_ ? seen.counts.bytes_live == expected.bytes_live
                                  : seen.counts.bytes_live <= expected.bytes_live;
        if (seen.counts.allocations == expected.allocations && frees && bytes &&
            seen.counts.bytes_allocated == expected.bytes_allocated) {
            continue;
        }
        return fail(Checker::metrics,
                    "type %u: %" PRIu64 " allocations, %" PRIu64 " frees, %" PRIu64
                    " bytes live; expected %" PRIu64 ", %" PRIu64 ", %" PRIu64 "%s",
                    type, seen.counts.allocations, seen.counts.frees, seen.counts.bytes_live,
                    expected.allocations, expected.frees, expected.bytes_live,
                    exact_ ? "" : " at most");
    }
    return true;
}

bool HeapSession::check_verify() {
    if (!can_.verify) return true;
    const MorphCode code = subject_->verify();
    if (code == MORPH_OK) return true;
    return fail(Checker::invariants, "verification gave %s: %s", morph_code_name(code),
                subject_->last_error().text);
}

// What the heap holds, over what it may hold of objects not known to be dead: loose, but a chunk
// lost in each collection passes it.
bool HeapSession::check_footprint() {
    if (!can_.limits || !can_.generations) return true;
    const MorphMemCounts& counts = model_->counts();
    const uint64_t nursery = heap_settings(configuration_).nursery_bytes;
    nursery_peak_ = std::max({nursery_peak_, nursery, nursery == 0 ? uint64_t{2} << 20 : 0});
    volume_peak_ = std::max(
        volume_peak_, counts.bytes_live + counts.objects_live * kObjectOverhead + aligned_volume_);
    const uint64_t bound = kVolumeFactor * volume_peak_ + kNurseryFactor * nursery_peak_ +
                           kChunks * subject_->chunk_bytes() + kSlack;
    const auto held = static_cast<uint64_t>(std::max<int64_t>(ledger_.balance(), 0));
    if (held <= bound) return true;
    return fail(Checker::footprint, "holds %" PRIu64 " bytes, its bound is %" PRIu64, held, bound);
}

// A failed call changed nothing that the program can see; only one that collected may have given
// memory back, or moved what it holds.
bool HeapSession::check_after_failure(bool may_collect) {
    changed_ = true;
    forced_ = refused();
    if (depth_ != 0) return true;  // the outer call's check sees it
    if (can_.limits && !may_collect && !collected_ && ledger_.balance() != balance_before_) {
        return fail(Checker::contract,
                    "the failed call changed the bytes held from %" PRId64 " to %" PRId64,
                    balance_before_, ledger_.balance());
    }
    return check_graph(Checker::contract, " after a failed call");
}

}  // namespace suite

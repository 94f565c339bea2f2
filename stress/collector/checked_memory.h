// CheckedMemory: the Memory policy (field.h) of the stress programs: MorphMemory that verifies the
// heap every so many allocations, measures what it holds, and can be told to get no more of it.
//
// COLLECTOR-VERIFIED  a heap found broken refuses the next allocation, and says what was found
// COLLECTOR-FOOTPRINT with `judge`: after major collections, memory beside the young generation is
//                     at most what the load states (percent of what is live, and a constant)
#pragma once

#include <cstdio>
#include <string>

#include "stress/collector/morph_memory.h"
#include "stress/pressure/refusals.h"

namespace collector {

class CheckedMemory : public MorphMemory {
 public:
    struct Plan {
        uint64_t verify_every = 0;  // allocations; 0: only when a load asks
        bool judge = false;         // footprints
        bool squeeze = false;       // a load's squeeze() takes effect
        double refuse = 0;          // share of requests that is refused when nothing is squeezed
    };

    CheckedMemory(MorphHeap* heap, const Plan& plan, stress::Refusals* refusals)
        : MorphMemory(heap), plan_(plan), refusals_(refusals), left_(plan.verify_every) {}

    template <typename T>
    [[nodiscard]] T* allocate(uint32_t type, size_t bytes = sizeof(T)) {
        if (left_ != 0 && --left_ == 0 && !look()) return nullptr;
        return MorphMemory::allocate<T>(type, bytes);
    }

    // From now on the system gives nothing; until squeeze(false).
    void squeeze(bool on) {
        if (plan_.squeeze) refusals_->set_rate(on ? 1 : plan_.refuse);
    }

    // After a major collection: what the roots reach.
    [[nodiscard]] uint64_t objects_live() const {
        return morph_heap_stats(heap()).counts.objects_live;
    }

    // Collects, and measures what is there beside `apart` bytes that are no part of the matter.
    [[nodiscard]] Footprint footprint(uint64_t apart) {
        collect();
        collect();  // sweeps what the first one found dead in blocks
        const MorphHeapStats stats = morph_heap_stats(heap());
        const uint64_t live = stats.counts.bytes_live + stats.counts.objects_live * kHeaderBytes;
        return {live - apart, stats.bytes_mapped - stats.young_bytes_mapped - apart};
    }
    // The most that was ever mapped beside so much, when so much was live at most.
    [[nodiscard]] Footprint peak(uint64_t live, uint64_t apart) const {
        const MorphHeapStats stats = morph_heap_stats(heap());
        return {live, stats.bytes_mapped_peak - stats.young_bytes_mapped - apart};
    }

    // Notes what was measured, and with `judge` compares it with the bound, of what is live or of
    // `base` bytes. nullptr, or what is wrong.
    [[nodiscard]] const char* judge(const char* when, const Footprint& measured,
                                    const FootprintBound& bound, uint64_t base = 0) {
        const uint64_t whole = base == 0 ? measured.live : base;
        const uint64_t accepted = whole / 100 * bound.percent + bound.constant;
        const uint64_t share = measured.mapped * 100 / accepted;
        taken_ = share > taken_ ? share : taken_;
        char line[160];
        std::snprintf(line, sizeof line,
                      "  %-34s live %9.2f MiB, mapped %9.2f MiB, %3llu %% of the bound", when,
                      megabytes(measured.live), megabytes(measured.mapped),
                      static_cast<unsigned long long>(share));
        tell(line);
        if (!plan_.judge || measured.mapped <= accepted) return nullptr;
        wrong_ = "COLLECTOR-FOOTPRINT:" + std::string(line);
        return wrong_.c_str();
    }

    // For people: a line of the report.
    void tell(const std::string& line) { told_ += line + '\n'; }
    [[nodiscard]] const std::string& told() const { return told_; }
    // What verification found between two allocations; empty: nothing.
    [[nodiscard]] const std::string& found() const { return found_; }
    [[nodiscard]] uint64_t verifications() const { return verifications_; }
    // The largest share of a footprint's bound that was taken, in percent.
    [[nodiscard]] uint64_t taken() const { return taken_; }

 private:
    static constexpr uint64_t kHeaderBytes = 8;

    bool look() {
        left_ = plan_.verify_every;
        verifications_ += 1;
        const char* wrong = verify();
        if (wrong == nullptr) return true;
        if (found_.empty()) found_ = wrong;
        left_ = 1;  // it remains broken
        return false;
    }

    static double megabytes(uint64_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

    Plan plan_;
    stress::Refusals* refusals_;
    uint64_t left_;  // allocations to the next verification; 0: none comes
    uint64_t verifications_ = 0;
    uint64_t taken_ = 0;
    std::string told_, found_, wrong_;
};

}  // namespace collector

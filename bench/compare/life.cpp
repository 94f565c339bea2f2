#include "bench/compare/life.h"

#include <algorithm>
#include <chrono>

#include "bench/compare/fox_work.h"
#include "bench/compare/profile_work.h"
#include "bench/compare/resident.h"
#include "bench/compare/sampler.h"

namespace compare {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr uint64_t less(uint64_t whole, uint64_t part) {
    return whole > part ? whole - part : 0;
}

class Life {
 public:
    Life(const Plan& plan, Work& work, Sample* sample)
        : plan_(plan),
          work_(work),
          sample_(*sample),
          asked_before_(asked_now(nullptr).value_or(0)),
          resident_before_(resident_now()) {}

    void live() {
        const Clock::time_point start = Clock::now();
        context_ = open_system(plan_.system, &sample_);
        if (context_ == nullptr) return;
        const Outcome outcome = work_.open(context_) ? run() : Outcome::out_of_memory;
        sample_.seconds = seconds_since(start);
        if (judge(outcome)) take_figures();
        end();
    }

 private:
    [[nodiscard]] Outcome run() {
        switch (plan_.pass) {
            case Pass::whole:
                return work_.run();
            case Pass::timeline:
                return work_.run_in_steps(
                    [this](uint64_t objects, uint64_t payload) { add_point(objects, payload); });
            case Pass::allocate:
                return allocate();
            case Pass::first_touch:
                return touch();
            case Pass::sampled:
                return sample();
        }
        return Outcome::wrong;
    }

    [[nodiscard]] Outcome allocate() {
        const bool references = needs_references(context_);
        const Clock::time_point start = Clock::now();
        const Outcome outcome = work_.allocate_only(references);
        sample_.allocating_seconds = seconds_since(start);
        return outcome;
    }

    [[nodiscard]] Outcome touch() {
        const Clock::time_point start = Clock::now();
        const Outcome outcome = work_.run();
        const double first = seconds_since(start);
        if (outcome != Outcome::good) return outcome;
        const Clock::time_point again = Clock::now();
        work_.write_again();
        sample_.allocating_with_first_touch_seconds = std::max(0.0, first - seconds_since(again));
        return outcome;
    }

    [[nodiscard]] Outcome sample() {
        Sampler sampler;
        const Outcome outcome = work_.run();
        sampler.stop();
        sample_.ticks = sampler.ticks();
        sample_.ticks_inside = sampler.ticks_inside();
        return outcome;
    }

    // Whether the work is done. Nothing was allocated since by anybody.
    [[nodiscard]] bool judge(Outcome outcome) {
        if (outcome == Outcome::good) {
            sample_.end(Status::finished, "");
        } else if (outcome == Outcome::out_of_memory) {
            sample_.end(Status::out_of_memory, "the system gave no memory for an object");
        } else {
            sample_.end(Status::failed, work_.error());
        }
        return outcome == Outcome::good && plan_.pass != Pass::allocate;
    }

    void take_figures() {
        const uint64_t layer = layer_resident(context_);
        sample_.peak_resident = less(resident_peak(), resident_before_ + layer);
        if (const auto peak = asked_peak(context_)) sample_.peak_asked = less(*peak, asked_before_);
        tell_collections(context_, &sample_);
        if (!work_.check(&sample_)) {
            sample_.end(Status::failed, "what the work made is not what it should be");
        }
    }

    void end() {
        const Clock::time_point start = Clock::now();
        work_.drop();
        morph_mem_reset(context_);
        const MorphCode code = morph_mem_destroy(context_);
        sample_.teardown_seconds = seconds_since(start);
        sample_.seconds += sample_.teardown_seconds;
        if (code != MORPH_OK) sample_.end(Status::failed, "morph_mem_destroy failed");
    }

    void add_point(uint64_t objects, uint64_t payload) {
        if (sample_.point_count == kPointsMax) return;
        Point& point = sample_.points[sample_.point_count++];
        point = {objects, payload, asked_now(context_), 0};
        if (point.asked.has_value()) point.asked = less(*point.asked, asked_before_);
        point.resident = less(resident_now(), resident_before_ + layer_resident(context_));
    }

    const Plan& plan_;
    Work& work_;
    Sample& sample_;
    const uint64_t asked_before_;
    const uint64_t resident_before_;
    MorphMemContext* context_ = nullptr;
};

}  // namespace

// The work is a local variable: a conservative collector finds what it holds on the stack.
void live(const Plan& plan, Sample* sample) {
    bring_in_files();
    if (plan.workload == Workload::profile) {
        ProfileWork work(plan.lines, plan.seed);
        Life(plan, work, sample).live();
    } else {
        FoxWork work(plan.source);
        Life(plan, work, sample).live();
    }
}

}  // namespace compare

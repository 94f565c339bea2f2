#include "stress/soak/soak.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <poll.h>

#include "stress/profile/process_memory.h"
#include "stress/soak/record.h"
#include "stress/soak/unit.h"

namespace soak {

namespace {

using Clock = std::chrono::steady_clock;

// A point is the mean over this many seconds at least, and over this share of the time so far: at
// first 50 a second, 1,000 more each time that the run becomes e times as long.
constexpr double kPointSeconds = 0.02;
constexpr double kPointShare = 0.001;
constexpr double kFlushSeconds = 0.5;
constexpr double kLineSeconds = 2;
// After so many findings a run has said what it can.
constexpr size_t kFindingsMax = 20;

unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

double mebibytes(double bytes) {
    return bytes / 1048576.0;
}

struct Verdict {
    bool judged = false;
    bool grows = false;
    Trend worst;  // the one that grows most
};

void consider(const Trend& trend, Verdict* verdict) {
    if (!trend.judged) return;
    const bool first = !verdict->judged;
    verdict->judged = true;
    const bool worse = trend.grows && !verdict->grows;
    const bool alike = trend.grows == verdict->grows;
    if (first || worse || (alike && trend.growth > verdict->worst.growth)) verdict->worst = trend;
    verdict->grows = verdict->grows || trend.grows;
}

class Soak {
 public:
    explicit Soak(const Settings& settings)
        : settings_(settings), start_(Clock::now()), units_(settings.seed) {}

    [[nodiscard]] int run();

 private:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(Clock::now() - start_).count();
    }
    [[nodiscard]] bool over(uint64_t done) const;
    void unit(uint64_t unit);
    void sample(uint64_t unit);
    void add_point(uint64_t unit);
    void print_line(uint64_t unit);
    [[nodiscard]] int end();

    const Settings& settings_;
    const Clock::time_point start_;
    Units units_;
    Record record_;
    double resident_sum_ = 0, mapped_sum_ = 0, samples_ = 0;  // since the last point
    double resident_ = 0, mapped_ = 0;                        // last ones
    double point_at_ = 0, flush_at_ = 0, line_at_ = 0;        // seconds
    uint64_t printed_ = 0;                                    // last unit that a line told of
};

bool Soak::over(uint64_t done) const {
    pollfd stop = {settings_.stop, POLLIN, 0};
    const bool told = settings_.stop >= 0 && poll(&stop, 1, 0) > 0;
    return told || seconds() >= settings_.seconds ||
           (settings_.units != 0 && done >= settings_.units) ||
           record_.findings().size() >= kFindingsMax;
}

void Soak::unit(uint64_t unit) {
    const uint64_t seed = settings_.seed + unit - 1;
    if (settings_.begins != nullptr) settings_.begins(unit, seed);
    const std::string wrong = units_.run(seed);
    if (settings_.leak != 0) {
        // Written through a volatile pointer: a leak that the compiler may not see through.
        void* const volatile lost = std::malloc(settings_.leak);
        if (lost != nullptr) std::memset(lost, 1, settings_.leak);
    }
    if (!wrong.empty()) {
        record_.add({unit, seed, wrong});
        std::printf(
            "FAILED unit %llu, seed %llu: %s\n    again: %s --seed %llu --units 1; or, with "
            "what came before: %s --seed %llu --units %llu --seconds 86400\n",
            number(unit), number(seed), wrong.c_str(), settings_.program.c_str(), number(seed),
            settings_.program.c_str(), number(settings_.seed), number(unit));
        std::fflush(stdout);
    }
    record_.done(unit);
}

void Soak::sample(uint64_t unit) {
    resident_ = static_cast<double>(profile::process_memory().rss);
    mapped_ = static_cast<double>(units_.held());
    resident_sum_ += resident_;
    mapped_sum_ += mapped_;
    samples_ += 1;
    const double now = seconds();
    if (now >= point_at_) {
        add_point(unit);
        point_at_ = now + std::max(kPointSeconds, now * kPointShare);
    }
    if (now >= flush_at_) {
        record_.flush();
        flush_at_ = now + kFlushSeconds;
    }
    if (now >= line_at_) {
        print_line(unit);
        line_at_ = now + kLineSeconds;
    }
}

// The mean of what was sampled since the last point; it also tells the record how far we came.
void Soak::add_point(uint64_t unit) {
    if (samples_ == 0) return;
    record_.add(static_cast<double>(unit), resident_sum_ / samples_, mapped_sum_ / samples_);
    resident_sum_ = mapped_sum_ = samples_ = 0;
}

void Soak::print_line(uint64_t unit) {
    if (unit == printed_) return;
    std::printf(
        "[%6.1f s] units %llu to %llu, seeds %llu to %llu: resident %.2f MiB, kept worlds "
        "hold %.2f MiB\n",
        seconds(), number(printed_ + 1), number(unit), number(settings_.seed + printed_),
        number(settings_.seed + unit - 1), mebibytes(resident_), mebibytes(mapped_));
    std::fflush(stdout);
    printed_ = unit;
}

int Soak::run() {
    const std::string refused = record_.open(settings_.state, settings_.seed);
    if (!refused.empty()) {
        std::fprintf(stderr, "soak: %s\n", refused.c_str());
        return 2;
    }
    const uint64_t before = record_.last_unit();
    if (before != 0) {
        std::printf("goes on: %llu units are done, %zu findings so far\n", number(before),
                    record_.findings().size());
    }
    std::printf("seed %llu; unit N has seed %llu + N - 1\n", number(settings_.seed),
                number(settings_.seed));
    printed_ = before;
    line_at_ = kLineSeconds;
    while (!over(record_.last_unit() - before)) {
        unit(record_.last_unit() + 1);
        sample(record_.last_unit());
    }
    print_line(record_.last_unit());
    add_point(record_.last_unit());
    record_.flush();
    return end();
}

int Soak::end() {
    Verdict all;
    for (size_t i = 0; i < record_.lives().size(); ++i) {
        const Life& life = record_.lives()[i];
        const Trend resident = trend_of(life.resident);
        const Trend mapped = trend_of(life.mapped);
        consider(resident, &all);
        consider(mapped, &all);
        if (!resident.judged) continue;
        std::printf(
            "life %zu, from unit %llu on: resident %+.1f bytes a unit, %+.3f MiB in all "
            "(median %.2f MiB, %.1f deviations); held %+.1f bytes a unit, %+.3f MiB\n",
            i + 1, number(life.first), resident.slope, mebibytes(resident.growth),
            mebibytes(resident.median), resident.deviations, mapped.slope,
            mebibytes(mapped.growth));
    }
    for (const Finding& finding : record_.findings()) {
        std::printf("found: unit %llu, seed %llu: %s\n", number(finding.unit), number(finding.seed),
                    finding.text.c_str());
    }
    if (!record_.written()) std::printf("soak.jsonl cannot be written\n");
    if (record_.last_unit() == 0) std::printf("no unit ended\n");
    const uint64_t failures = record_.findings().size() + (all.grows ? 1 : 0) +
                              (record_.written() ? 0 : 1) + (record_.last_unit() == 0 ? 1 : 0);
    std::printf("result soak %s\n", failures == 0 ? "good" : "bad");
    std::printf(
        "soak: %llu units, resident %s (slope %.1f bytes a unit, %+.3f MiB), %llu "
        "failures\n",
        number(record_.last_unit()), !all.judged ? "not judged" : (all.grows ? "growing" : "flat"),
        all.worst.slope, mebibytes(all.worst.growth), number(failures));
    std::fflush(stdout);
    return failures == 0 ? 0 : 1;
}

}  // namespace

int run(const Settings& settings) {
    return Soak(settings).run();
}

}  // namespace soak

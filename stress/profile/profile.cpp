#include "stress/profile/profile.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "stress/generate/random.h"
#include "stress/profile/objects.h"
#include "stress/profile/process_memory.h"
#include "stress/scale/figures.h"

namespace profile {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct ContextCloser {
    void operator()(MorphMemContext* context) const { (void)morph_mem_destroy(context); }
};

class Run {
 public:
    // settings.setup.refusals is there.
    explicit Run(const Settings& settings);
    Report work();

 private:
    [[nodiscard]] bool open();
    [[nodiscard]] size_t kind_of(uint64_t index) const { return pattern_[index % kPatternObjects]; }
    [[nodiscard]] uint64_t identity_of(uint64_t index) const {
        return (index << 24) + versions_[index];
    }
    [[nodiscard]] Wanted wanted(uint64_t index) const {
        const size_t kind = kind_of(index);
        return {types_[kind], kKinds[kind].size, identity_of(index)};
    }
    [[nodiscard]] bool allocate_all(double* seconds);
    [[nodiscard]] bool verify_all();
    [[nodiscard]] bool replace_some();
    [[nodiscard]] bool figures_hold();
    bool wrong(const std::string& text);
    bool failed(const char* what);
    void phases();
    [[nodiscard]] uint64_t mapped() const;
    [[nodiscard]] uint64_t mapped_peak() const;
    void count_collections();
    [[nodiscard]] bool may_run_out_again() const;

    const Settings settings_;
    Report report_;
    std::unique_ptr<MorphMemContext, ContextCloser> context_;
    std::array<uint32_t, kKindCount> types_{};
    std::array<uint8_t, kPatternObjects> pattern_{};
    Objects objects_;
    std::vector<uint32_t> versions_;  // of each object: 1, and 1 more for each replacement
    ProcessMemory before_;
};

Run::Run(const Settings& settings) : settings_(settings) {
    size_t filled = 0;
    for (size_t kind = 0; kind < kKindCount; ++kind) {
        for (uint32_t i = 0; i < kKinds[kind].per_thousand; ++i) {
            pattern_[filled++] = static_cast<uint8_t>(kind);
        }
    }
    fox::Random random(settings.seed);
    for (size_t i = kPatternObjects - 1; i > 0; --i) {
        std::swap(pattern_[i], pattern_[random.below(i + 1)]);
    }
}

bool Run::wrong(const std::string& text) {
    if (report_.wrong.empty()) report_.wrong = text;
    return false;
}

// A call of the context failed: for lack of memory, or what is wrong.
bool Run::failed(const char* what) {
    const std::string reason = stress::wrong_reason(morph_mem_last_error(context_.get()));
    if (!reason.empty()) return wrong(std::string(what) + ": " + reason);
    report_.out_of_memory = true;
    return false;
}

bool Run::open() {
    MorphMemConfig config = config_of(settings_.setup);
    config.enable_metrics = settings_.metrics;
    context_.reset(morph_mem_init(&config));
    if (context_ == nullptr) {
        const MorphError error = morph_creation_error();
        report_.refused_configuration = error.code == MORPH_ERROR_INVALID_CONFIGURATION;
        report_.out_of_memory = error.code == MORPH_ERROR_OUT_OF_MEMORY && error.text[0] != '\0';
        return report_.out_of_memory ? false : wrong(error.text);
    }
    for (size_t kind = 0; kind < kKindCount; ++kind) {
        MorphMemTypeInfo info = {};
        info.name = kKinds[kind].name;
        Objects::describe(&info, settings_.setup.mode);
        types_[kind] = morph_mem_register_type(context_.get(), &info);
        if (types_[kind] == MORPH_TYPE_INVALID) return failed("a type was refused");
    }
    force_collections(morph_mem_heap(context_.get()), settings_.setup);
    return objects_.open(context_.get()) || failed("a type was refused");
}

bool Run::allocate_all(double* seconds) {
    const Clock::time_point start = Clock::now();
    bool good = objects_.begin(report_.objects);
    for (uint64_t index = 0; good && index < report_.objects; ++index) {
        good = objects_.add(wanted(index));
    }
    if (!good) return failed("no object");
    *seconds = seconds_since(start);
    return true;
}

bool Run::verify_all() {
    for (uint64_t index = 0; index < report_.objects; ++index) {
        if (!objects_.holds(index, wanted(index))) {
            return wrong("contents of object " + std::to_string(index) + " changed");
        }
    }
    if (morph_mem_verify(context_.get()) == MORPH_OK) return true;
    return wrong(morph_mem_last_error(context_.get()).text);
}

bool Run::replace_some() {
    fox::Random random(settings_.seed ^ 0x7265706c);
    const Clock::time_point start = Clock::now();
    for (uint64_t i = 0; i < report_.objects; ++i) {
        const uint64_t index = random.below(report_.objects);
        if (!objects_.holds(index, wanted(index))) {
            return wrong("contents of object " + std::to_string(index) + " changed before free");
        }
        versions_[index] += 1;
        if (!objects_.replace(index, wanted(index))) {
            return failed("a free was refused, or no memory for a replacement");
        }
    }
    report_.seconds_replace = seconds_since(start);
    return verify_all();
}

// Live objects and bytes by type are what the mix says; in RUNTIME mode when the dead are gone.
bool Run::figures_hold() {
    if (settings_.setup.runtime() && morph_mem_gc_collect(context_.get()) != MORPH_OK) {
        return failed("a collection was refused");
    }
    if (!settings_.metrics) return true;
    for (size_t kind = 0; kind < kKindCount; ++kind) {
        uint64_t expected = 0;
        for (uint64_t i = 0; i < report_.objects % kPatternObjects; ++i) {
            if (kind_of(i) == kind) ++expected;
        }
        expected += report_.objects / kPatternObjects * kKinds[kind].per_thousand;
        MorphMemTypeStats stats;
        if (morph_mem_get_type_stats(context_.get(), types_[kind], &stats) != MORPH_OK ||
            stats.counts.objects_live != expected ||
            stats.counts.bytes_live != expected * kKinds[kind].size) {
            return wrong(std::string("figures of type ") + kKinds[kind].name);
        }
    }
    return true;
}

uint64_t Run::mapped() const {
    MorphMemStats stats;
    return morph_mem_get_stats(context_.get(), &stats) == MORPH_OK ? stats.bytes_mapped : 0;
}

uint64_t Run::mapped_peak() const {
    MorphMemStats stats;
    return morph_mem_get_stats(context_.get(), &stats) == MORPH_OK ? stats.bytes_mapped_peak : 0;
}

void Run::count_collections() {
    const MorphHeap* heap = context_ == nullptr ? nullptr : morph_mem_heap(context_.get());
    if (heap == nullptr) return;
    const MorphHeapStats stats = morph_heap_stats(heap);
    report_.minor = stats.minor.count;
    report_.major = stats.major.count;
    report_.forced = stats.collections_forced;
}

// The memory of phase whole is enough for phase again, but for a collector that has more to do in
// another order, or when requests are refused at random.
bool Run::may_run_out_again() const {
    MorphMemStats stats;
    (void)morph_mem_get_stats(context_.get(), &stats);
    const stress::Setup& setup = settings_.setup;
    return report_.out_of_memory && (setup.runtime() || stats.v1 || setup.refuse != 0);
}

void Run::phases() {
    MorphMemContext* context = context_.get();
    const double began = scale::cpu_seconds();
    if (!allocate_all(&report_.seconds_whole)) return;
    report_.cpu_whole = scale::cpu_seconds() - began;
    report_.mapped_peak = mapped_peak();
    const ProcessMemory whole = process_memory();
    report_.rss = whole.rss > before_.rss ? whole.rss - before_.rss : 0;
    if (!verify_all() || !figures_hold()) return;
    report_.mapped = mapped();

    Clock::time_point start = Clock::now();
    morph_mem_reset(context);
    report_.seconds_reset = seconds_since(start);

    if (!allocate_all(&report_.seconds_again) || !verify_all() || !figures_hold()) {
        if (!may_run_out_again()) wrong("phase again fails");
        return;
    }
    report_.mapped_again = mapped();
    // In RUNTIME mode the nursery keeps the size that it had, so collections fall elsewhere, and
    // other objects are promoted early: the old space may hold a few blocks more (5 % were seen).
    const uint64_t tolerated = settings_.setup.runtime() ? report_.mapped / 8 : 0;
    if (report_.mapped_again > report_.mapped + tolerated) {
        wrong("phase again maps " + std::to_string(report_.mapped_again) + " bytes, phase whole " +
              std::to_string(report_.mapped) + ", at most " + std::to_string(report_.mapped_peak));
        return;
    }
    if (settings_.replace) (void)(replace_some() && figures_hold());
}

Report Run::work() {
    const uint64_t count = settings_.lines * kObjectsPerLine;
    if (!settings_.setup.runtime()) (void)objects_.begin(count);
    versions_.assign(count, 1);
    report_.objects = count;
    for (uint64_t i = 0; i < count; ++i) report_.payload += kKinds[kind_of(i)].size;
    before_ = process_memory();
    if (open()) phases();
    if (report_.out_of_memory && context_ != nullptr) {
        // A refusal is clean when what was made can be reset and the context still serves.
        settings_.setup.refusals->set_rate(0);
        morph_mem_reset(context_.get());
        MorphMemStats stats;
        const bool served =
            morph_mem_get_stats(context_.get(), &stats) == MORPH_OK && stats.total.allocations != 0;
        if (morph_mem_alloc(context_.get(), 64, types_[0]) == nullptr && served)
            wrong("no object after reset");
        if (morph_mem_verify(context_.get()) != MORPH_OK) wrong("broken after a refusal");
    }
    count_collections();
    const ProcessMemory after = process_memory();
    report_.rss_peak = after.peak > before_.rss ? after.peak - before_.rss : 0;
    context_.reset();
    return report_;
}

}  // namespace

Report run(const Settings& settings) {
    if (settings.setup.refusals != nullptr) return Run(settings).work();
    stress::Refusals balance;
    Settings watched = settings;
    watched.setup.refusals = &balance;
    Report report = Run(watched).work();
    if (const char* broken = balance.broken(); broken != nullptr && report.wrong.empty()) {
        report.wrong = broken;
    }
    return report;
}

}  // namespace profile

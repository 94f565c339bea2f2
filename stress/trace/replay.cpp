#include "stress/trace/replay.h"

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "stress/trace/replayer.h"

namespace trace {
namespace {

using Clock = std::chrono::steady_clock;

// Comparisons of figures, and verifications, in one replay. A verification walks everything.
constexpr size_t kComparisons = 1024;
constexpr size_t kVerifications = 64;

// V1 collects above so many live bytes; a trace tells it what to free.
constexpr uint64_t kV1Threshold = uint64_t{256} << 20;

double since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

size_t interval_of(size_t events, size_t times) {
    return std::max<size_t>(events / times, 64);
}

reference::Rules rules_of(const suite::SubjectEntry& entry) {
    if (entry.abilities.baseline) return reference::Rules::baseline;
    if (entry.kind == suite::Kind::arena) return reference::Rules::arena;
    if (entry.kind == suite::Kind::general) return reference::Rules::general;
    return entry.kind == suite::Kind::pool ? reference::Rules::pool : reference::Rules::context;
}

}  // namespace

bool replays(const suite::SubjectEntry& entry) {
    return entry.kind != suite::Kind::heap;
}

Replayer::Replayer(const Trace& trace, const suite::SubjectEntry& entry,
                   const ReplayOptions& options)
    : trace_(trace),
      entry_(entry),
      can_(entry.abilities),
      options_(options),
      figures_interval_(options.interval != 0 ? options.interval
                                              : interval_of(trace.events.size(), kComparisons)),
      verify_interval_(
          std::max(figures_interval_, interval_of(trace.events.size(), kVerifications))),
      ledger_(options.bytes_max),
      objects_(trace.slots) {}

Replayer::~Replayer() {
    for (Object& object : objects_) {
        if (object.place == Place::beside) std::free(object.shadow.address);
    }
}

bool Replayer::fail(suite::Checker checker, const char* format, ...) {
    if (result_.finding.has_value()) return false;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    result_.finding = suite::Finding{checker, sequence_, text};
    return false;
}

bool Replayer::open() {
    subject_ = entry_.make();
    configuration_.debug = options_.debug;
    configuration_.bytes_max = options_.bytes_max;
    if (can_.baseline) configuration_.major_threshold = kV1Threshold;
    const MorphReportHandler report = [](void* self, const MorphReport* what) {
        auto* replayer = static_cast<Replayer*>(self);
        ++replayer->reports_;
        replayer->report_kind_ = what->kind;
    };
    const MorphMemoryLimits limits = can_.limits ? ledger_.limits() : MorphMemoryLimits{};
    if (!subject_->open(configuration_, limits, report, this)) {
        result_.refused = subject_->last_error().text;
        if (result_.refused.empty()) result_.refused = "it does not open";
        result_.out_of_memory = ledger_.refused_in_call();
        return false;
    }
    // V1's footprint follows a law of its own (fuzz/v1_law.h), which the suite checks.
    footprint_.emplace(can_, configuration_, can_.baseline ? 0 : subject_->chunk_bytes(),
                       entry_.kind);
    if (entry_.kind == suite::Kind::heap_like) return true;
    reference::Settings settings;
    settings.rules = rules_of(entry_);
    settings.debug = options_.debug;
    settings.find_by_address = false;
    model_.emplace(settings);
    return true;
}

bool Replayer::step(const Event& event) {
    sequence_ = event.sequence;
    reports_ = 0;
    peak_settled_ = std::max(peak_settled_, ledger_.balance());
    ledger_.begin_call();
    bool good = true;
    if (allocates(event.kind)) good = allocate(event);
    if (event.kind == Kind::resized) good = resize(event);
    if (event.kind == Kind::freed) good = free(objects_[event.slot]);
    if (event.kind != Kind::failed && event.kind != Kind::foreign) ++result_.calls;
    ++events_;
    result_.live_peak = std::max(result_.live_peak, live_bytes_);
    return good && check_after_event();
}

// What was refused ends the replay; what there is must be as it was. Always false.
bool Replayer::stop_for_memory() {
    result_.out_of_memory = true;
    return false;
}

// Everything that is live goes: objects one by one where they can, then all at once.
bool Replayer::release_all() {
    for (Object& object : objects_) {
        if (object.place == Place::none) continue;
        ++result_.live_end;
        reports_ = 0;
        if (!free(object)) return false;
    }
    if (!can_.reset) return true;
    subject_->reset();
    if (model_.has_value()) model_->reset();
    footprint_->reset();
    ranges_.clear();
    padded_ = options_.debug;
    return true;
}

bool Replayer::finish() {
    sequence_ = 0;
    ledger_.begin_call();
    for (const Object& object : objects_) {
        if (object.place == Place::none) continue;
        if (!check_contents(object, object.shadow.size, "at the end")) return false;
    }
    if (!check_figures() || !check_verify() || !check_footprint()) return false;
    return release_all() && check_figures() && check_verify();
}

bool Replayer::close() {
    result_.mapped_peak = can_.limits ? static_cast<uint64_t>(ledger_.peak_ever()) : 0;
    subject_->close();
    if (ledger_.balance() == 0) return true;
    return fail(suite::Checker::leak, "%lld bytes are held after its end",
                static_cast<long long>(ledger_.balance()));
}

Replayed Replayer::run() {
    const Clock::time_point begin = Clock::now();
    if (!replays(entry_)) {
        result_.refused = "a collected heap frees by itself";
        return std::move(result_);
    }
    if (!open()) return std::move(result_);
    for (const Event& event : trace_.events) {
        if (!step(event)) break;
    }
    if (!result_.finding.has_value()) (void)finish();
    (void)close();
    result_.seconds = since(begin);
    return std::move(result_);
}

Replayed replay(const Trace& trace, const suite::SubjectEntry& entry,
                const ReplayOptions& options) {
    return Replayer(trace, entry, options).run();
}

}  // namespace trace

// Replayer: one replay with checkers. replay.h says what it does; the parts:
//
//   replay.cpp          open, the events, the end
//   replay_objects.cpp  allocate, resize, free
//   replay_checks.cpp   figures, verification, footprint
//
// REPLAY-STEP   between events, every live object of the trace has its slot filled in, and ranges_
//               holds exactly the addresses of live objects and of memory that stays taken
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "fuzz/figures.h"
#include "fuzz/footprint.h"
#include "fuzz/interval_map.h"
#include "fuzz/ledger.h"
#include "fuzz/live_objects.h"
#include "reference/model.h"
#include "stress/trace/replay.h"

namespace trace {

class Replayer {
 public:
    Replayer(const Trace& trace, const suite::SubjectEntry& entry, const ReplayOptions& options);
    Replayer(const Replayer&) = delete;
    Replayer& operator=(const Replayer&) = delete;
    ~Replayer();

    Replayed run();

 private:
    enum class Place : uint8_t { none, subject, beside };
    struct Object {
        suite::Shadow shadow;
        Place place = Place::none;
        uint8_t alignment = 3;  // log2, as it must be while the object stays
    };

    // replay.cpp
    bool open();
    bool step(const Event& event);
    bool finish();
    bool release_all();
    bool close();
    bool fail(suite::Checker checker, const char* format, ...)
        __attribute__((format(printf, 3, 4)));
    bool stop_for_memory();

    // replay_objects.cpp
    bool allocate(const Event& event);
    bool resize(const Event& event);
    bool resize_inside(Object& object, size_t size);
    bool move(Object& object, size_t size);
    bool free(Object& object);
    bool obtain(Object& object, suite::Operation operation);
    bool refused(const char* call);
    bool release(Object& object);
    bool check_alignment(const Object& object, uint8_t asked);
    bool claim(const Object& object);
    void keep(const suite::Shadow& shadow);
    bool check_contents(const Object& object, size_t limit, const char* when);
    void fill(Object& object);
    [[nodiscard]] bool goes_beside(size_t size) const;
    [[nodiscard]] bool held_by_arena(const suite::Shadow& shadow) const;

    // replay_checks.cpp
    bool check_after_event();
    bool check_figures();
    bool check_verify();
    bool check_footprint();
    bool settle(MorphCode seen, MorphCode expected, const char* call);
    [[nodiscard]] suite::Held held() const;

    const Trace& trace_;
    const suite::SubjectEntry& entry_;
    const suite::Abilities& can_;
    const ReplayOptions& options_;
    const size_t figures_interval_;
    const size_t verify_interval_;

    suite::Configuration configuration_;
    suite::Ledger ledger_;
    std::unique_ptr<suite::Subject> subject_;
    std::optional<reference::Model> model_;  // none for what is like malloc
    std::optional<suite::Footprint> footprint_;
    suite::IntervalMap ranges_;
    std::vector<Object> objects_;  // by slot

    Replayed result_;
    uint64_t sequence_ = 0;  // of the current event
    uint64_t events_ = 0;
    uint32_t next_number_ = 0;
    uint64_t live_bytes_ = 0;
    int64_t peak_settled_ = 0;
    bool padded_ = false;  // Held::no_padding does not hold
    size_t reports_ = 0;
    MorphReportKind report_kind_ = {};
};

}  // namespace trace

// Session: one run of a program on a subject. What runner.h promises, in parts:
//
//   session.cpp           open, the passes over the program, close
//   session_dispatch.cpp  which operation it is, and whether the subject can do it
//   session_objects.cpp   allocate, free, reallocate, write
//   session_scopes.cpp    reset, scopes, types
//   session_checks.cpp    contents, figures, verification, footprint, after a failure
//   session_queries.cpp   what is said of addresses
//   session_misuse.cpp    planted misuse
//
// Each step calls the subject first. Did it fail after a request was refused to it, the model is
// told so; otherwise the model does the same, and code and result must agree (settle).
//
// SESSION-STEP   between steps, live objects == the model's that the program can still name, and
//                ranges holds exactly their addresses and those of open marks
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "fuzz/figures.h"
#include "fuzz/footprint.h"
#include "fuzz/interval_map.h"
#include "fuzz/live_objects.h"
#include "fuzz/session_core.h"
#include "reference/model.h"

namespace suite {

class Session : private SessionCore {
 public:
    Session(const Program& program, const SubjectEntry& entry, const RunOptions& options);
    RunResult run();

 private:
    struct Mark {
        void* handle;
        uint64_t scope;     // of the model
        size_t live_count;  // objects that were live when it was made
    };

    // session.cpp
    bool open();
    bool pass(bool first);
    bool further_passes();
    bool finish();
    bool close();
    Step check_step(Step step);
    [[nodiscard]] bool settings_valid() const;

    // session_dispatch.cpp
    Step step(const Operation& operation);
    Step step_on_object(const Operation& operation, size_t position);
    [[nodiscard]] bool able(Code code) const;

    // session_objects.cpp
    Step allocate(const Operation& operation);
    bool accept(const Operation& operation, void* object, reference::Object* model);
    Step free_object(size_t position);
    Step reallocate(size_t position, size_t new_size);
    bool accept_moved(size_t position, void* moved, size_t new_size, const Shadow& old,
                      reference::Object* model);
    Step write(size_t position);
    [[nodiscard]] bool out_of_reach(const Operation& operation) const;
    MorphCode expected_allocation(const Operation& operation, reference::Object** object);
    [[nodiscard]] uint32_t resolved_type(uint32_t type) const;
    bool claim(void* object, size_t size, uint32_t slot);
    void forget(size_t position);
    void note_attempt();

    // session_scopes.cpp
    Step reset();
    Step mark();
    Step release(size_t count);
    Step release_dead(size_t count);
    Step register_type(uint8_t placement);
    void bury(const Mark& mark);

    // session_checks.cpp
    bool check_alignment(const void* object, const Operation& operation,
                         const reference::Object* model);
    bool check_contents(const Shadow& shadow, const char* when,
                        Checker checker = Checker::contents);
    bool check_all_contents(size_t from, const char* when);
    bool check_figures();
    bool check_law();
    bool check_types();
    bool check_verify();
    bool check_footprint();
    bool check_after_failure();
    Held held() const;

    // session_queries.cpp
    Step query(size_t position, size_t offset);
    bool check_inside(const Shadow& shadow, size_t offset);
    bool check_behind(uintptr_t address);
    bool check_foreign(size_t choice);
    bool check_freed(const unsigned char* object, size_t size);
    bool check_dropped();

    // session_misuse.cpp
    Step free_twice(size_t position);
    Step free_foreign(size_t choice);
    Step free_interior(size_t position);
    Step free_wrong_size(size_t position, size_t size);
    Step overrun(size_t position);
    Step overrun_in_arena(size_t position);
    bool expect_misuse(MorphCode seen, MorphCode code, MorphReportKind kind, const char* what);

    const size_t metrics_interval_;
    const size_t verify_interval_;
    size_t forced_checks_ = 0;

    std::optional<reference::Model> model_;  // none for heap_like
    std::optional<Footprint> footprint_;
    std::optional<V1Law> law_;  // Abilities::baseline
    LiveObjects live_;
    IntervalMap ranges_;
    std::vector<Mark> marks_;
    std::vector<void*> dead_marks_;
    std::vector<const void*> dropped_;  // some addresses that the last reset or release freed

    bool changed_ = false;  // the current operation may have changed the subject
    bool forced_ = false;   // compare and verify now, whatever the interval
    bool padded_ = false;   // Held::no_padding does not hold
    uint32_t types_ = 1;    // registered so far in this pass
    uint32_t next_number_ = 0;
    uint64_t live_bytes_ = 0;
    size_t sample_ = 0;  // where the next sample after a failure begins
    uint32_t type_sample_ = 0;

    Figures figures_;
    bool figures_current_ = false;  // figures_ is of the state before the current operation
    bool verified_ = false;         // nothing changed since the last verification
    int64_t balance_before_ = 0;    // of the ledger, before the current operation
    bool collected_ = false;        // V1: the current operation has, and may have given memory back
    int64_t peak_settled_ = 0;      // of the ledger, between calls
};

}  // namespace suite

// HeapSession: one run of a program on a collected heap, in parts:
//
//   heap_session.cpp           open, the passes over the program, close
//   heap_session_dispatch.cpp  which operation it is, and whether the subject can do it
//   heap_session_objects.cpp   allocate, resize, write, types, reset
//   heap_session_stores.cpp    references: store, copy, load
//   heap_session_roots.cpp     roots
//   heap_session_weak.cpp      weak references and finalizers
//   heap_session_collect.cpp   collections: which there were, and what finalizers they ran
//   heap_session_graph.cpp     what the roots reach, against the model
//   heap_session_checks.cpp    all live objects, figures, verification, footprint, after a failure
//   heap_session_misuse.cpp    planted misuse
//
// The program names objects through roots alone. A root is a cell: a variable of the session that
// the subject updates when objects move. The model knows cells by number and objects by id:
//
//     cells_   | address | address | NULL | ...           HeapModel   | id | id | none | ...
//                  |                                                     |
//                  v   object, references ...  compared slot by slot     v   object, slots ...
//
// Addresses are known only from there: check_graph() walks both at once, from the roots, and finds
// the graph isomorphic or says where it is not. It runs after each operation that collected.
//
// HEAP-STEP   between steps, the model has been told of every collection, and each cell that is no
//             root holds NULL
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "fuzz/heap_contents.h"
#include "fuzz/heap_subject.h"
#include "fuzz/session_core.h"
#include "fuzz/shape.h"
#include "fuzz/v1_law.h"
#include "reference/heap_model.h"

namespace suite {

class HeapSession : private SessionCore {
 public:
    HeapSession(const Program& program, const SubjectEntry& entry, const RunOptions& options);
    RunResult run();

 private:
    using Id = reference::ObjectId;

    static constexpr size_t kNone = SIZE_MAX;

    // What is known of an object besides the model's: its contents, and where it was last seen.
    struct Shadow {
        uint64_t identity = 0;
        uint32_t version = 0;
        uint64_t seen = 0;                 // by the walk of this number ...
        unsigned char* address = nullptr;  // ... at this address
        size_t order = 0;                  // of discovery, see digest()
    };
    enum class Finalizer : uint8_t { none, plain, allocates, revives };
    struct FinalizerRecord {
        HeapSession* session;
        Id id;
        Finalizer kind;
    };
    struct Asked {
        bool due = false;  // V1: it has to collect
        uint64_t majors = 0;
    };
    struct Place {
        unsigned char* address;
        size_t bytes;
        Id id;
    };

    // heap_session.cpp
    bool open();
    bool register_family();
    bool pass(bool first);
    bool finish();
    void note_result();
    bool further_passes();
    bool close();
    [[nodiscard]] bool settings_valid(const Configuration& configuration) const;
    Step check_step(Step step);
    bool check_collected();

    // heap_session_dispatch.cpp
    Step step(const Operation& operation);
    Step step_on_roots(const Operation& operation);
    Step step_on_object(const Operation& operation, size_t cell);
    [[nodiscard]] bool able(Code code) const;
    [[nodiscard]] size_t pick_root(uint32_t choice) const;    // a cell; kNone: there are no roots
    [[nodiscard]] size_t pick_object(uint32_t choice) const;  // a cell that holds one
    [[nodiscard]] size_t pick_target(uint32_t target) const;  // kNone: NULL
    [[nodiscard]] size_t pick_weak(uint32_t choice) const;
    [[nodiscard]] uint32_t resolved_type(uint32_t type) const;

    // heap_session_objects.cpp
    Step allocate(const Operation& operation, size_t size, uint32_t type);
    Step allocate_too_small(const Operation& operation);
    Step resize(const Operation& operation, size_t cell);
    Step write(size_t cell);
    Step query(size_t cell, size_t offset);
    bool check_query(const void* address, const char* what);
    Step register_layout(const Operation& operation);
    bool register_one(const struct Layout& layout);
    Step reset();
    bool accept(size_t cell, void* object, Id id);
    Step give_up(void* object, MorphCode expected, const char* call, size_t size, size_t pushed);
    [[nodiscard]] Shadow& shadow_of(Id id);
    void fill_anew(Id id, void* object);

    // heap_session_stores.cpp
    Step store_reference(const Operation& operation, size_t cell);
    Step store_many(const Operation& operation, size_t cell);
    Step copy_references(const Operation& operation, size_t cell);
    Step load_reference(const Operation& operation, size_t cell);
    [[nodiscard]] void** slot_at(size_t cell, size_t slot);
    [[nodiscard]] size_t run_of(const reference::HeapObject& object, size_t slot,
                                size_t most) const;
    reference::HeapObject& object_in(size_t cell);

    // heap_session_roots.cpp
    size_t take_cell();
    void return_cell(size_t cell);
    void assign(size_t cell, void* address, Id id);
    bool push(size_t* cell);  // a new root that holds NULL; kNone: memory was refused
    size_t root_for(uint32_t root, size_t* pushed, bool* good);
    Step push_root(uint32_t target);
    Step fill_roots(const Operation& operation);
    Step pop_roots(uint8_t count);
    bool drop_roots(size_t count);
    Step set_root(const Operation& operation);
    Step add_global(uint32_t target);
    Step remove_global(uint32_t choice);
    bool check_depth();

    // heap_session_weak.cpp
    Step new_weak(const Operation& operation);
    Step set_weak(const Operation& operation);
    Step check_weak(uint32_t choice);
    bool observe_weak(Id id, const void* address, bool walked);
    Step set_finalizer(size_t cell, uint8_t choice);
    static void on_finalizer(MorphHeap* heap, void* object, void* user);
    void run_finalizer(FinalizerRecord& record, void* object);
    void allocate_in_finalizer(void* object, Id id);
    void revive(void* object, Id id);

    // heap_session_collect.cpp
    Step collect(bool major);
    Step force(const MorphForcedCollections& plan);
    Step configure(const Operation& operation);
    Asked note_allocation();  // it is about to be asked for
    bool note_collections();
    bool note_served(const Asked& asked);  // it was: V1 collected when it had to, and only then?
    bool finish_collections();

    // heap_session_graph.cpp
    bool check_graph(Checker checker = Checker::graph, const char* when = "");
    bool visit(Id id, const void* address, Checker checker, const char* when);
    bool visit_slots(const reference::HeapObject& object, unsigned char* address, Checker checker,
                     const char* when);
    bool check_places(Checker checker);
    [[nodiscard]] uint64_t digest();
    bool check_age(Id id, const void* address);
    bool check_object(Id id, const void* address, Checker checker, const char* when);

    // heap_session_checks.cpp
    bool check_walk();
    bool check_figures();
    bool check_law(const MorphHeapStats& seen);
    bool check_peak(const MorphHeapStats& seen);
    bool check_pauses(const MorphPauses& pauses, const char* which);
    bool check_types();
    bool check_verify();
    bool check_footprint();
    bool check_after_failure(bool may_collect);

    // heap_session_misuse.cpp
    Step store_without_barrier(const Operation& operation, size_t cell);
    Step overrun(size_t cell);
    Step pop_wrong_root(uint32_t choice);

    const std::array<bool, kCodes> supported_;
    const size_t verify_interval_;
    const size_t metrics_interval_;
    HeapSubject* heap_ = nullptr;  // subject_
    std::optional<reference::HeapModel> model_;
    std::optional<HeapContents> contents_;
    std::optional<V1Law> law_;  // Abilities::baseline

    std::deque<void*> cells_;  // addresses of cells are given to the subject
    std::vector<size_t> free_cells_;
    std::vector<Shadow> shadows_;  // by id - 1
    std::deque<FinalizerRecord> records_;
    size_t filled_roots_ = 0;

    uint64_t minors_ = 0, majors_ = 0;  // that the model has been told of
    uint64_t majors_before_ = 0;        // of the current operation
    bool collected_ = false;            // the current operation has
    bool may_collect_ = false;          // the current operation may
    bool exact_ = false;                // no collection since the last one that was exact
    bool memory_refused_ = false;       // ever: promotion may be late
    unsigned depth_ = 0;                // finalizers running
    uint32_t types_ = 1;                // registered so far in this pass
    bool changed_ = false;
    bool forced_ = false;
    int64_t balance_before_ = 0;

    uint64_t until_forced_ = 0;  // allocations until the next forced collection; 0: none
    uint64_t every_forced_ = 0;
    uint64_t forced_collections_ = 0;
    bool forced_known_ = true;

    uint64_t walk_ = 0;            // number of the graph walk
    std::vector<Place> places_;    // of what the last walk reached, by address
    std::vector<Id> weak_seen_;    // weak references among them
    uint64_t volume_peak_ = 0;     // of what objects not known dead may take
    uint64_t aligned_volume_ = 0;  // what alignments may have cost since the last reset
    uint64_t nursery_peak_ = 0;
    uint64_t live_peak_ = 0;  // bytes_live_peak, as last seen
    size_t next_query_ = 0;
};

}  // namespace suite

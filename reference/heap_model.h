// HeapModel: the rules of one collected heap (morph/heap.h), on a graph without addresses.
//
// Objects are numbers, references are numbers in slots, roots are cells that hold a number. The
// suite runs a subject and the HeapModel side by side: what the subject is asked to do, the model
// does as well; what the subject collected, the model is told by collect_full() and
// collect_minor(). A cell is a variable of the program: it holds an object whether it is a root or
// not; only while it is one does it keep the object alive.
//
//   full collection   exact. Not reachable from roots: weak targets are cleared, objects with a
//                     finalizer become ready and survive with all they refer to, the rest dies.
//   minor collection  legality. A collector may keep garbage (old objects are not looked at), so
//                     nothing is known to die; weak references to what is unreachable may be
//                     cleared (observe_weak tells), finalizers of what is unreachable may run.
//
//   the call collects      collect_minor() / collect_full(), as often as the subject did
//   a finalizer is called  start_finalizer(object): legal?
//   the call returns       finish_collections(): has every finalizer run that must?
//
// What waits for its finalizer is a root until that starts. `pending` ones must run, in the order
// in which their finalizers were set. `maybe` ones may run, because a minor collection may have
// found them; those that run after a collection inside a finalizer may have been found by either
// one, so their order is not checked. What is reachable from `maybe` ones alone survives even a
// full collection: it may be kept.
//
// Invariants (checked by check()):
//   GRAPH-ALIVE   no cell that is a root, slot of a live object or weak target holds a dead object
//   GRAPH-COUNTS  total == sum over types == what counting the live objects gives
//   GRAPH-SLOTS   a live object has slots_of(type, size) slots
//   GRAPH-READY   what waits for a finalizer is alive, once
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "morph/heap.h"

namespace reference {

// Counts up from 1, never used twice.
using ObjectId = uint64_t;
inline constexpr ObjectId kNoObject = 0;

struct HeapObject {
    ObjectId id = kNoObject;
    size_t size = 0;
    size_t alignment = MORPH_DEFAULT_ALIGNMENT;
    uint32_t type = 0;
    uint8_t flags = 0;
    std::vector<ObjectId> slots;  // in order of address
    ObjectId target = kNoObject;  // weak references
    bool maybe_cleared = false;   // weak: a minor collection may have cleared the target
    uint64_t finalizer = 0;       // when it was set, counting up from 1; 0: none
    uint32_t survived = 0;        // collections since its birth
    bool seen_old = false;        // see age_is_legal
    uint64_t mark = 0;            // of the last traversal that reached it
};

struct HeapType {
    std::string name = {};
    MorphLayout layout = MORPH_LAYOUT_DATA;
    MorphLayout rule = MORPH_LAYOUT_DATA;  // layout; for CUSTOM: where its visitor finds slots
    std::vector<size_t> offsets = {};
    size_t element_size = 0;
    MorphMemCounts counts = {};
};

// How a call ended: object is set when code is MORPH_OK.
struct HeapResult {
    MorphCode code;
    HeapObject* object;
};

// What a full collection did. Valid until the next one.
struct FullCollection {
    std::vector<ObjectId> died;
    std::vector<ObjectId> cleared;  // weak references that live on
    std::vector<ObjectId> ready;    // in the order in which their finalizers run
};

class HeapModel {
 public:
    explicit HeapModel(uint32_t promotion_age = 3);
    HeapModel(const HeapModel&) = delete;
    HeapModel& operator=(const HeapModel&) = delete;
    ~HeapModel();

    // ---- types. custom_rule: for CUSTOM, the layout that the visitor follows with the info's
    // offsets and element_size (slots that do not fit the object are none).
    uint32_t register_type(const MorphMemTypeInfo& info, MorphCode* code,
                           MorphLayout custom_rule = MORPH_LAYOUT_DATA);
    [[nodiscard]] uint32_t types() const { return static_cast<uint32_t>(types_.size()); }
    [[nodiscard]] const HeapType& type(uint32_t type) const { return types_[type]; }
    [[nodiscard]] size_t slots_of(uint32_t type, size_t size) const;
    // Bytes from the object's begin to slot.
    [[nodiscard]] size_t offset_of(uint32_t type, size_t slot) const;

    // ---- objects
    // The code with which the rules refuse an allocation: type, then alignment, then size.
    [[nodiscard]] MorphCode refusal(size_t size, uint32_t type,
                                    size_t alignment = MORPH_DEFAULT_ALIGNMENT) const;
    // Tell collections that the call made first: they come before the birth.
    HeapResult allocate(size_t size, uint32_t type, size_t alignment = MORPH_DEFAULT_ALIGNMENT);
    // Another object with the same type, flags, weak target and, as far as they lie in the first
    // min(old, new) bytes, references. object stays, with its finalizer.
    HeapResult resize(ObjectId object, size_t new_size);
    // nullptr: dead, or never born.
    [[nodiscard]] HeapObject* find(ObjectId object) const;
    [[nodiscard]] std::span<HeapObject* const> live() const { return live_; }  // by id, ascending
    void set_flags(ObjectId object, uint8_t flags);

    void write(ObjectId object, size_t slot, ObjectId value);
    void copy(ObjectId object, size_t to, ObjectId from_object, size_t from, size_t count);
    void copy(ObjectId object, size_t to, std::span<const ObjectId> values);
    void fill(ObjectId object, size_t to, size_t count, ObjectId value);

    void reset();  // as morph_heap_reset; cells hold nothing afterwards

    // ---- cells and roots
    void set_cell(size_t cell, ObjectId object);
    [[nodiscard]] ObjectId cell(size_t cell) const;
    void push_root(size_t cell);
    MorphCode pop_roots(size_t count);
    MorphCode pop_root(size_t cell);
    [[nodiscard]] std::span<const size_t> roots() const { return roots_; }
    void add_global_root(size_t cell);
    MorphCode remove_global_root(size_t cell);
    [[nodiscard]] std::span<const size_t> global_roots() const { return global_roots_; }
    [[nodiscard]] bool is_root(size_t cell) const;
    // A root for the call being made, in place of the last such one (the object that resize is
    // given); kNoObject: none.
    void keep(ObjectId object) { kept_ = object; }

    // ---- weak references and finalizers
    void set_weak(ObjectId weak, ObjectId target);
    // What the subject shows: legal? And from now on it is what the model has.
    [[nodiscard]] bool observe_weak(ObjectId weak, ObjectId target);
    // on: set, or replaced (it keeps its place in the order); else removed. So it is for an object
    // that waits for its finalizer as well, until that starts.
    void set_finalizer(ObjectId object, bool on);
    // The subject calls the finalizer of object: is it its turn? Weak references to it are gone.
    [[nodiscard]] bool start_finalizer(ObjectId object);
    // The outermost call that may have collected returns. kNoObject: all is well; else an object
    // whose finalizer must have run and has not (it is then forgotten).
    [[nodiscard]] ObjectId finish_collections();
    [[nodiscard]] std::span<const ObjectId> pending() const { return pending_ids_; }

    // ---- collecting
    const FullCollection& collect_full();
    void collect_minor();
    [[nodiscard]] uint64_t full_collections() const { return full_collections_; }
    [[nodiscard]] uint64_t minor_collections() const { return minor_collections_; }
    void set_promotion_age(uint32_t age) { next_promotion_age_ = age; }  // from the next one on

    // From roots, what keep() names and what must be finalized. Ascending.
    [[nodiscard]] std::vector<ObjectId> reachable();
    struct Amount {
        uint64_t objects;
        uint64_t bytes;
    };
    // By type; the same. After finish_collections a subject's live figures of each type lie between
    // these and counts of the type, which are exact right after a full collection.
    [[nodiscard]] std::vector<Amount> reachable_by_type();

    // Whether a subject may say so of a live object: young with an age that is the number of
    // collections it survived, below the promotion age; or old, and then for ever.
    // refused: memory was refused to a collection since its birth, so it may be young still.
    [[nodiscard]] bool age_is_legal(ObjectId id, MorphRoom room, uint32_t age,
                                    bool refused = false);

    // ---- figures
    // A call failed for a reason that lies outside the rules.
    MorphCode note_failure(MorphCode code = MORPH_ERROR_OUT_OF_MEMORY);
    [[nodiscard]] uint64_t failures() const { return failures_; }
    // Allocations are exact; frees are what is known to be dead.
    [[nodiscard]] const MorphMemCounts& counts() const { return total_; }
    [[nodiscard]] uint64_t finalizers() const { return finalizers_; }          // not yet run
    [[nodiscard]] uint64_t finalizers_run() const { return finalizers_run_; }  // ever
    [[nodiscard]] uint64_t weak_cleared() const { return weak_cleared_; }      // known of

    // nullptr, or the id of the first broken invariant. O(heap).
    [[nodiscard]] const char* check() const;

 private:
    // Waits for its finalizer.
    struct Waiting {
        ObjectId object;
        uint64_t finalizer;  // when it was set
        uint64_t batch;      // collection that found it; 0: not known
    };

    void begin_traversal();
    void reach(ObjectId object);
    void reach_slots();
    void reach_roots();
    void reach_waiting(const std::vector<Waiting>& waiting);
    [[nodiscard]] bool reached(ObjectId object) const;
    void clear_weak(HeapObject& weak);
    [[nodiscard]] std::vector<HeapObject*> unreached_finalizable() const;
    void begin_collection();
    void bury_unreached();
    void update_pending_ids();
    HeapObject& alive(ObjectId object) const;

    uint32_t promotion_age_;  // of the last collection
    uint32_t next_promotion_age_;
    std::vector<HeapType> types_;
    std::vector<std::unique_ptr<HeapObject>> objects_;  // [id - first_id_]; empty: dead
    ObjectId first_id_ = 1;
    std::vector<HeapObject*> live_;
    std::vector<HeapObject*> queue_;  // reached, slots not yet followed
    uint64_t traversal_ = 0;

    std::vector<ObjectId> cells_;
    std::vector<size_t> roots_;
    std::vector<size_t> global_roots_;
    ObjectId kept_ = kNoObject;

    std::vector<Waiting> pending_;
    std::vector<Waiting> maybe_;
    std::vector<ObjectId> pending_ids_;
    uint64_t last_finalizer_ = 0;  // the last number given
    uint64_t batch_ = 0;           // the last collection's number

    FullCollection last_;
    MorphMemCounts total_ = {};
    uint64_t full_collections_ = 0;
    uint64_t minor_collections_ = 0;
    uint64_t finalizers_ = 0;
    uint64_t finalizers_run_ = 0;
    uint64_t weak_cleared_ = 0;
    uint64_t failures_ = 0;
};

}  // namespace reference

// Heap: morph/heap.h by marking and sweeping objects that malloc gave. Nothing ever moves.
//
//   piece:  | unused, for the alignment | header 8 | payload | debug: guard 8 |
//
// Every object is known by its address in a map: addresses are looked up, never followed. Both
// kinds of collection look at everything; a minor one differs in name and in the figures. "Young"
// means: fewer than promotion_age collections survived.
//
// The public head stays empty, so that no allocation is served inline; every header asks for the
// barrier and every value is within its bounds, so that every store is seen. Debug mode keeps a
// copy of the references of each object, as the barrier was told; a difference is a store without
// barrier.
//
// Invariants (checked by verify()):
//   HEAP-HEADER     a header holds type and size of its object, the user's byte, and the barrier
//   HEAP-REFERENCE  each reference, root and weak target is NULL or an object
//   HEAP-VISITOR    a custom visitor names slots inside its object
//   HEAP-GUARD      debug: the bytes behind an object are as they were
//   HEAP-LEDGER     debug: references are as the barrier was told
//   HEAP-COUNTS     total == sum over types == what counting the objects gives
//   HEAP-FINALIZER  objects with a finalizer are objects, and have one
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reference/memory.h"

#include "morph/heap.h"

namespace reference {

struct Record {
    unsigned char* piece;
    size_t piece_bytes;
    void* address;
    size_t size;
    uint32_t type;
    uint32_t age;  // collections survived while young
    bool young;
    bool born_old;
    bool marked;
    std::vector<void*> told;  // debug: its references, as the barrier was told
};

struct RegisteredType {
    std::string name = {};
    MorphLayout layout = MORPH_LAYOUT_DATA;
    MorphMemPlacement placement = MORPH_PLACE_BY_SIZE;
    std::vector<size_t> offsets = {};
    size_t element_size = 0;
    MorphCustomVisit visit = nullptr;
    void* visit_user = nullptr;
    MorphMemCounts counts = {};
};

// How long collections took.
class PauseFigures {
 public:
    void add(uint64_t nanoseconds);
    [[nodiscard]] MorphPauses summary() const;

 private:
    [[nodiscard]] uint64_t percentile(uint64_t percent) const;
    MorphPauses sums_ = {};
    std::map<uint64_t, uint64_t> rounded_;  // how many of each, rounded up by at most 12.5 %
};

class Heap : public MorphHeap {
 public:
    explicit Heap(const MorphHeapConfig& config);
    Heap(const Heap&) = delete;
    Heap& operator=(const Heap&) = delete;
    ~Heap();

    [[nodiscard]] bool open();  // false: refused, and the creation error is set
    void close();               // what destroy does before the end: leaks, guards

    // heap_objects.cpp
    uint32_t register_type(const MorphMemTypeInfo* info);
    void* allocate(size_t size, uint32_t type, size_t alignment);
    void* resize(void* object, size_t new_size);
    void reset();
    [[nodiscard]] std::vector<void**> slots_of(const Record& record) const;
    [[nodiscard]] const std::map<uintptr_t, std::unique_ptr<Record>>& records() const {
        return records_;
    }

    // heap_roots.cpp
    MorphCode push_root(void** slot);
    MorphCode pop_roots(size_t count);
    MorphCode pop_root(void** slot);
    [[nodiscard]] size_t root_depth() const;
    MorphCode add_global_root(void** slot);
    MorphCode remove_global_root(void** slot);
    MorphCode set_weak(void* weak, void* target);
    MorphCode set_finalizer(void* object, MorphFinalizer finalizer, void* user);

    // heap_collect.cpp
    MorphCode collect(bool major);  // runs finalizers
    MorphCode force(const MorphForcedCollections& plan);
    MorphCode configure(const MorphHeapSettings& settings);

    // heap_debug.cpp
    void note_store(void* object, void** slot, void* value);
    void settle(Record& record);  // debug: its references are right as they are
    void check_objects();         // debug: reports broken guards and missed barriers, mends them
    MorphCode verify();
    void report(MorphReportKind kind, const void* address, const Record* record,
                const std::string& more = {}) const;

    // heap_figures.cpp
    [[nodiscard]] MorphHeapStats stats() const;
    MorphCode type_stats(uint32_t type, MorphHeapTypeStats* stats);
    size_t timeline(MorphTimelineSample* samples, size_t count) const;
    [[nodiscard]] Record* find(const void* object) const;  // that begins there
    [[nodiscard]] Record* covering(const void* address) const;
    [[nodiscard]] MorphAddressInfo query(const void* address) const;

    MorphCode fail(MorphCode code, std::string_view text = {});
    MorphCode refuse_visiting();  // a custom visitor calls something of the heap
    [[nodiscard]] bool debug() const { return config_.enable_debug; }
    [[nodiscard]] const std::vector<RegisteredType>& all_types() const { return types_; }
    [[nodiscard]] Memory& memory() { return memory_; }
    [[nodiscard]] const MorphError& last_error() const { return last_; }

 private:
    struct Finalizer {
        void* object;
        MorphFinalizer call;
        void* user;
        uint64_t sequence;
        unsigned char* entry;  // memory that stands for it
    };
    struct GlobalRoot {
        void** slot;
        unsigned char* entry;
    };

    // heap_objects.cpp
    [[nodiscard]] MorphCode refusal(size_t size, uint32_t type, size_t alignment) const;
    Record* place(size_t size, uint32_t type, size_t alignment);
    void copy_contents(const Record& from, const Record& to);
    void discard(Record* record);
    void count_birth(const Record& record);

    // heap_collect.cpp
    void collect_before_allocation();
    void run_collection(bool major);
    void run_finalizers();
    void mark(const void* object);
    void mark_slots();
    void mark_roots();
    void clear_weak_targets();
    void find_ready();
    void sweep();
    void grow_older(Record& record);

    // heap_debug.cpp
    void write_guard(const Record& record);
    [[nodiscard]] bool guard_intact(const Record& record) const;
    [[nodiscard]] bool has_ledger(const Record& record) const;
    [[nodiscard]] size_t index_of_slot(const Record& record, void** slot) const;
    void report_leaks();
    [[nodiscard]] std::string fault_of(const Record& record) const;
    [[nodiscard]] std::string fault_of_roots() const;
    [[nodiscard]] std::string fault_of_counts() const;

    MorphHeapConfig config_;
    MorphHeapSettings settings_;  // no zeros
    Memory memory_;
    MorphError last_ = {};
    std::vector<unsigned char*> home_;

    std::vector<RegisteredType> types_;
    std::map<uintptr_t, std::unique_ptr<Record>> records_;
    std::vector<Record*> to_mark_;   // marked, slots not yet followed
    mutable bool visiting_ = false;  // inside a custom visitor
    void* held_ = nullptr;           // survives: what resize was given

    std::vector<GlobalRoot> globals_;
    std::map<void*, Finalizer> finalizers_;
    std::deque<Finalizer> ready_;
    bool running_ = false;  // finalizers
    uint64_t last_sequence_ = 0;

    MorphForcedCollections forced_ = {};
    uint64_t until_forced_ = 0;  // allocations; 0: none
    size_t bytes_since_ = 0;     // allocated young since the last collection, headers included
    size_t next_major_ = 0;      // old bytes
    size_t old_bytes_ = 0;       // pieces of old objects

    MorphHeapStats figures_ = {};  // what is counted; the rest is found when asked
    PauseFigures minor_pauses_;
    PauseFigures major_pauses_;
    std::deque<MorphTimelineSample> timeline_;
    std::chrono::steady_clock::time_point born_;
};

// heap_config.cpp. Defaults in place of zeros. false: impossible, *fault names field and value.
bool complete(const MorphHeapSettings& given, MorphHeapSettings* completed, std::string* fault);
size_t heap_bytes_min(const MorphHeapSettings& settings);
// The creation error is set when that is impossible.
bool check_heap(const MorphHeapConfig& config);

}  // namespace reference

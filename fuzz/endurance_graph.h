// Endurance of collected heaps: a graph of objects that lives and dies under a collector, walked
// through roots alone.
//
//   cells_[i], a root, NULL or an object  <--->  roots_[i], the number of its node
//     lists hang from the first kAnchors, which keep the graph large; the rest are loose ends;
//     the first kGlobals are global roots, the rest lie on the shadow stack; kDeep of these are
//     pushed and popped again and again
//
// What a walk meets is compared with the nodes, object by object. At the end of a season the whole
// graph is, and what two full collections leave.
//
// ENDURE-NODES    a node that roots reach has exactly one object, and the other way round
// ENDURE-DEAD     a node that roots do not reach is never reached again: nothing is made strong
//                 from a weak reference or by a finalizer
#pragma once

#include <array>
#include <deque>
#include <vector>

#include "fuzz/endurance_core.h"
#include "fuzz/endurance_nodes.h"
#include "fuzz/heap_subject.h"

namespace suite {

class GraphRun : public EnduranceCore {
 public:
    GraphRun(const SubjectEntry& entry, const EnduranceOptions& options);
    EnduranceReport run();

 private:
    static constexpr size_t kCells = 256;
    static constexpr size_t kAnchors = 128;
    static constexpr size_t kGlobals = 160;
    static constexpr size_t kDeep = 64;

    // A node and its object, as found just now: no allocation or collection may come between.
    struct Met {
        void* object;
        uint32_t number;
    };
    // What one finalizer is told.
    struct Ticket {
        GraphRun* run;
        uint32_t number;
    };

    bool begin();
    bool live_on();
    void configure();
    bool step();
    bool rare(uint64_t choice);

    bool allocate();
    bool hang(const Met& fresh);
    bool resize(size_t cell);
    bool link();
    bool copy();
    bool look_at_weak(const Met& weak);
    bool set_finalizer();
    bool collect(bool major);
    bool push_and_pop();
    void forget_roots();

    // From a random root over at most steps references; {nullptr, 0}: nowhere. False: a finding.
    bool walk(size_t steps, Met* met);
    bool check(const Met& met, const char* when);
    bool follow(const Met& met, size_t index, Met* next);
    void store(const Met& holder, size_t index, const Met& value);
    bool failed(const char* call);
    static void** slot_of(const Met& met, size_t offset);
    static void finalize(MorphHeap* heap, void* object, void* user);

    // endurance_graph_checks.cpp
    bool check_all();
    bool check_graph();
    bool check_disjoint();
    bool check_weak();
    bool check_finalizers();
    bool check_counts(size_t reached);

    HeapSubject& heap_;
    std::array<uint32_t, kShapes> types_ = {};
    Nodes nodes_;
    std::array<void*, kCells> cells_ = {};
    std::vector<uint32_t> roots_;
    size_t deep_ = 0;                      // of the last kDeep cells, pushed
    std::vector<Ticket*> ran_;             // tickets of finalizers that ran in this season ...
    std::vector<Ticket*> spare_;           // ... and before it: they may be given away again
    std::deque<Ticket> tickets_;           // their addresses are given away
    std::vector<uint32_t> finalized_;      // this season
    std::vector<uint32_t> found_cleared_;  // targets of weak references that were found cleared
    std::vector<Met> met_;
    size_t live_ = 0;  // nodes at which roots are dropped
    size_t nursery_bytes_ = 0;
    uint64_t bytes_peak_ = 0;  // of nodes and their headers, at the end of a season
};

}  // namespace suite

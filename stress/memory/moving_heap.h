// MovingHeap: the part of morph/heap.h that the stress programs use, over malloc. A collection
// copies every reachable object to another address and frees the old one, at once and without
// generations:
//
//   Object   +------+------+---------+--------+--------+   payload (zeroed)
//            | next | size | forward | ledger | header | ...         all of a heap are one list
//            +------+------+---------+--------+--------+
//
// So under ASan a pointer that a program kept across a collection dies at its first use. And each
// store that took the barrier is entered in the object's ledger, the sum of its references: a
// collection that finds another sum reports a store without barrier and aborts.
//
// Not here: weak references, finalizers, walks, queries, what configures generations. Minor and
// major collections are the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "morph/heap.h"

namespace suite {

struct MovingObject {
    MovingObject* next;
    size_t size;
    MovingObject* forward;  // where it has been copied to, during a collection
    uint64_t ledger;
    uint64_t header;  // as morph_object_header reads it

    void* payload() { return this + 1; }
    static MovingObject* of(const void* payload) {
        return static_cast<MovingObject*>(const_cast<void*>(payload)) - 1;
    }
};

class MovingHeap : public MorphHeap {
 public:
    explicit MovingHeap(const MorphHeapConfig& config);
    MovingHeap(const MovingHeap&) = delete;
    MovingHeap& operator=(const MovingHeap&) = delete;
    ~MovingHeap();

    [[nodiscard]] uint32_t register_type(const MorphMemTypeInfo& info);
    [[nodiscard]] void* allocate(size_t size, uint32_t type);
    [[nodiscard]] void* resize(void* object, size_t new_size);
    void barrier(void* object, void* const* slot, const void* value);
    [[nodiscard]] bool push_root(void** slot);
    [[nodiscard]] size_t root_depth() const { return static_cast<size_t>(roots_top - roots_base); }
    void collect();
    void reset();
    [[nodiscard]] MorphCode verify();
    void force(const MorphForcedCollections& plan);
    [[nodiscard]] MorphHeapStats stats() const;
    [[nodiscard]] MorphCode type_stats(uint32_t type, MorphHeapTypeStats* stats) const;
    [[nodiscard]] const MorphError& error() const { return error_; }

 private:
    struct Type {
        std::string name;
        MorphLayout layout;
        std::vector<size_t> offsets;
        size_t element_size;
        MorphCustomVisit visit;
        void* visit_user;
        MorphMemCounts counts;
    };

    template <typename Action>
    void for_each_slot(MovingObject* object, Action action);
    [[nodiscard]] bool fits(size_t size, const Type& type) const;
    [[nodiscard]] bool granted(size_t bytes);
    [[nodiscard]] MovingObject* make(size_t size, uint32_t type);
    void forward(void** slot);
    void release(MovingObject* object);
    void set_error(MorphCode code, const char* text);
    [[nodiscard]] uint64_t sum_of(MovingObject* object);

    MorphHeapConfig config_;
    std::vector<Type> types_;
    MovingObject* first_ = nullptr;
    MovingObject** copied_end_ = nullptr;  // during a collection: where the next copy is linked
    size_t collect_at_;                    // bytes live that start a collection
    uint64_t forced_next_ = 0;  // allocations from now to the next forced collection; 0: none
    uint64_t forced_every_ = 0;
    MorphHeapStats stats_{};
    MorphError error_{};
};

}  // namespace suite

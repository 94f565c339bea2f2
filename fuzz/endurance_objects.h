// Endurance of subjects whose objects the program frees: arena, pool, context, malloc and friends.
//
//   model_ (reference::Model)   what must be live, the figures; no model for malloc's friends
//   shadows_[i]                 address, size, identity of contents of model_->live()[i]
//
// ENDURE-SHADOWS  shadows_[i].model is model_->live()[i], for every i
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "fuzz/endurance_core.h"
#include "fuzz/fill.h"
#include "fuzz/footprint.h"
#include "fuzz/live_objects.h"

namespace suite {

class ObjectsRun : public EnduranceCore {
 public:
    ObjectsRun(const SubjectEntry& entry, const EnduranceOptions& options)
        : EnduranceCore(entry, options) {}

    EnduranceReport run();

 private:
    static constexpr size_t kWhole = kLeastWhole;  // of fill.h

    enum class Sizes : uint8_t { profile, small, any_class, edges, wide, with_giants, count_ };
    enum class Order : uint8_t { random, newest, oldest, count_ };
    // What one season is like.
    struct Season {
        Sizes sizes;
        Order order;       // in which objects die
        size_t live;       // objects at which growing ends
        uint32_t types;    // pool: types below this
        uint32_t refused;  // of 1,024 operations, so many arm a refusal
    };
    struct Scope {
        void* mark;
        uint64_t id;     // of the model
        size_t objects;  // live when it was set
    };

    void begin();
    bool live_on();  // a season; false when the run has ended, well or not
    void draw_season();
    void bury();
    bool step();
    bool rare(uint64_t choice);
    bool make_room();
    size_t pick();
    size_t draw_size();
    Operation draw_allocation();

    // endurance_calls.cpp: the operations
    bool allocate();
    bool accept(const Operation& operation, const Shadow& shadow);
    bool settled();
    bool refused(const char* call);
    bool read(size_t index);
    void drop(size_t index);
    bool free_object(size_t index);
    bool reallocate(size_t index);
    bool impossible(const Shadow& old, size_t size);
    bool replace(size_t index, const Shadow& fresh);
    bool replace_in_model(size_t index, const Shadow& old, Shadow fresh);
    bool misuse(size_t index);
    bool query(size_t index);
    bool add_type();
    bool mark();
    bool release();
    bool reset();

    bool check_all();
    bool same(const Shadow& shadow, size_t limit, const char* when);
    bool check_shadows();
    bool check_contents();
    bool check_disjoint();
    bool check_figures();
    bool check_footprint();

    std::optional<reference::Model> model_;
    std::optional<Footprint> footprint_;
    std::vector<Shadow> shadows_;
    std::vector<Scope> scopes_;
    std::vector<std::pair<uintptr_t, size_t>> order_;  // check_disjoint: address, bytes
    Season season_ = {};
    bool growing_ = true;
    uint32_t types_ = 0;  // registered, type 0 apart
    uint64_t live_bytes_ = 0;
    int64_t held_settled_ = 0;
};

}  // namespace suite

// BaselineContext: one compiler's memory, COMPILER mode on V1.
//
//   RuntimeContext { heap } --> V1, which keeps every object that was not freed
//
// All that a context adds to a heap is RuntimeContext's. What differs is what COMPILER mode
// promises: objects are freed one by one, contents are undefined, a reallocation leaves no object
// behind; and the heap is the context's own affair (heap_is_private): morph_mem_heap gives NULL,
// the collector's calls are refused. There is neither pool nor arena: placements are checked, kept
// for the statistics of types, and have no other effect, so every object can be freed. But what
// pools and arena would have put into the arena is no leak when it is left: a program that is right
// there need not free it. Such objects carry kArenaFlag among the flags that are the user's in
// RUNTIME mode.
#pragma once

#include "context/runtime.h"

namespace morph {

class BaselineContext : public RuntimeContext {
 public:
    using RuntimeContext::RuntimeContext;

    // config is valid (validate_config) and asks for V1. nullptr: refused, and errors tells why.
    static BaselineContext* create(const MorphMemConfig& config, const Environment& environment,
                                   ErrorState& errors) {
        return create_as<BaselineContext>(config, environment, errors);
    }
    static MorphCode destroy(BaselineContext* context);

    [[nodiscard]] void* allocate(size_t size, uint32_t type);
    [[nodiscard]] void* allocate_with(size_t size, size_t alignment, uint32_t type,
                                      MorphMemPlacement placement, bool zeroed);
    MorphCode free(void* object);
    [[nodiscard]] void* reallocate(void* object, size_t old_size, size_t new_size, uint32_t type);

    [[nodiscard]] MorphMemStats stats() const;
    [[nodiscard]] MorphMemTypeStats type_stats(uint32_t type) const;

 private:
    static constexpr uint8_t kArenaFlag = 1;

    // Of a registered type.
    [[nodiscard]] bool belongs_to_arena(size_t size, size_t alignment, uint32_t type,
                                        MorphMemPlacement placement) const;
    void report_leaks() const;

    uint64_t resizes_ = 0;
};

inline BaselineContext* baseline_of(MorphMemContext* context) {
    return static_cast<BaselineContext*>(context);
}

}  // namespace morph

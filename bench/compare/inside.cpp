// The wrappers of programs compare-<memory>-sampled: the linker (--wrap) sends the workload's calls
// here, and __real_ is the call that it meant.
#include "bench/compare/sampler.h"

#include "morph/mem.h"

namespace {

class Inside {
 public:
    Inside() { compare::inside = 1; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { compare::inside = 0; }
};

}  // namespace

namespace compare {

bool can_sample() {
    return true;
}

}  // namespace compare

extern "C" {

void* __real_morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t type);
void* __real_morph_mem_realloc(MorphMemContext* context, void* object, size_t old_size,
                               size_t new_size, uint32_t type);
MorphCode __real_morph_mem_free(MorphMemContext* context, void* object);

void* __wrap_morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t type);
void* __wrap_morph_mem_realloc(MorphMemContext* context, void* object, size_t old_size,
                               size_t new_size, uint32_t type);
MorphCode __wrap_morph_mem_free(MorphMemContext* context, void* object);

void* __wrap_morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t type) {
    const Inside here;
    return __real_morph_mem_alloc(context, size, type);
}

void* __wrap_morph_mem_realloc(MorphMemContext* context, void* object, size_t old_size,
                               size_t new_size, uint32_t type) {
    const Inside here;
    return __real_morph_mem_realloc(context, object, old_size, new_size, type);
}

MorphCode __wrap_morph_mem_free(MorphMemContext* context, void* object) {
    const Inside here;
    return __real_morph_mem_free(context, object);
}

}  // extern "C"

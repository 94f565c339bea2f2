// The profile workload on a context, as reusable loops.
//
// Per 1,000 lines of source a compiler makes 100,000 objects of five types; each is written once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bench/duel.h"
#include "bench/profile_sizes.h"

#include "morph/mem.h"

namespace bench {

struct ProfileObject {
    uint16_t size;
    uint16_t type;
};

// Types 1 .. 5: token, node, identifier, string, other.
inline std::vector<ProfileObject> profile_objects(size_t lines) {
    std::vector<ProfileObject> objects;
    objects.reserve(lines * kProfileObjectsPerLine);
    for (uint16_t size : profile_sizes(lines * kProfileObjectsPerLine)) {
        uint16_t type = size == 32 ? 1 : size == 48 ? 2 : size == 24 ? 3 : size == 64 ? 4 : 5;
        objects.push_back({size, type});
    }
    return objects;
}

inline MorphMemContext* open_profile_context(bool metrics) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.enable_metrics = metrics;
    MorphMemContext* context = morph_mem_init(&config);
    if (context == nullptr) std::abort();
    for (const char* name : {"token", "node", "identifier", "string", "other"}) {
        MorphMemTypeInfo info = {};
        info.name = name;
        if (morph_mem_register_type(context, &info) == MORPH_TYPE_INVALID) std::abort();
    }
    return context;
}

inline void run_profile(MorphMemContext* context, const std::vector<ProfileObject>& objects) {
    for (ProfileObject wanted : objects) {
        void* object = morph_mem_alloc(context, wanted.size, wanted.type);
        std::memset(object, 0x5a, wanted.size);
        keep(object);
    }
}

// One whole compilation: a context is opened, filled and destroyed. Nanoseconds.
inline double profile_slice(bool metrics, const std::vector<ProfileObject>& objects) {
    double start = now();
    MorphMemContext* context = open_profile_context(metrics);
    run_profile(context, objects);
    morph_mem_destroy(context);
    return now() - start;
}

}  // namespace bench

// Random programs for collected heaps whose result does not depend on when collections come: what
// they see must be the same in every configuration and on every heap.
#pragma once

#include "fuzz/generate.h"
#include "fuzz/runner.h"

namespace suite {

// What makes a program depend on when collections come: refused memory, finalizers that change the
// graph, targets of weak references loaded before they are cleared.
inline bool depends_on_collections(const Operation& operation) {
    switch (operation.code) {
        case Code::fail_requests:
        case Code::configure_heap:
        case Code::force_collections:
        case Code::load_reference:
        case Code::overrun:
        case Code::store_without_barrier:
            return true;
        case Code::set_finalizer:
            return operation.count % 4 > 1;
        case Code::fill_roots:
            return operation.count > 64;
        default:
            return operation.size > (64 << 10);
    }
}

// References in place of weak ones, so that they can be loaded.
inline Operation without_weak(Operation operation) {
    constexpr uint32_t kWeak = 7, kLink = 2;
    if (operation.code == Code::new_weak) operation.code = Code::push_root;
    if (operation.type != UINT32_MAX && operation.type % 9 == kWeak) operation.type = kLink;
    return operation;
}

inline Program independent_program(uint64_t seed, const SubjectEntry& entry) {
    GenerateOptions options;
    options.kind = entry.kind;
    options.abilities = entry.abilities;
    options.operations_min = 32;
    options.operations_max = 192;
    options.plausible = true;
    Program generated = generate(seed, options);
    Program program;
    const bool weak = seed % 2 == 0;
    for (const Operation& operation : generated.operations) {
        const bool load = operation.code == Code::load_reference;
        if (load ? weak : depends_on_collections(operation)) continue;
        if (operation.code == Code::register_layout) continue;
        program.operations.push_back(weak ? operation : without_weak(operation));
    }
    return program;
}

}  // namespace suite

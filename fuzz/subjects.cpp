#include "fuzz/subjects.h"

namespace suite {

const std::vector<SubjectEntry>& subjects() {
    static const std::vector<SubjectEntry> kSubjects = {
        arena_entry(library_api(), "arena", "the library's arena"),
        pool_entry(library_api(), "pool", "the library's pool"),
        general_entry(library_api(), "general", "the library's general allocator"),
        context_entry(library_api(), "context", "the library's context in COMPILER mode"),
        arena_entry(tiny_api(), "arena.tiny", "the arena with 64 KiB chunks"),
        pool_entry(tiny_api(), "pool.tiny", "the pool with 64 KiB chunks and 4 KiB blocks"),
        general_entry(tiny_api(), "general.tiny", "the general allocator with small constants"),
        context_entry(tiny_api(), "context.tiny", "the context with the same small constants"),
        arena_entry(reference_api(), "reference.arena", "the reference's arena, over malloc"),
        pool_entry(reference_api(), "reference.pool", "the reference's pool, over malloc"),
        general_entry(reference_api(), "reference.general", "the reference's general allocator"),
        context_entry(reference_api(), "reference.context", "the reference's context"),
        heap_entry(library_api(), "heap", "the library's collected heap"),
        runtime_entry(library_api(), "runtime", "the library's context in RUNTIME mode"),
        heap_entry(tiny_api(), "heap.tiny", "the heap with 64 KiB chunks and a 4 KiB nursery"),
        runtime_entry(tiny_api(), "runtime.tiny", "RUNTIME mode with the same small constants"),
        heap_entry(reference_api(), "reference.heap", "the reference's heap, over malloc"),
        runtime_entry(reference_api(), "reference.runtime", "the reference's RUNTIME mode"),
        v1_entry(library_api(), "v1", "the V1 baseline, in COMPILER mode"),
        v1_runtime_entry(library_api(), "v1.runtime", "the V1 baseline, in RUNTIME mode"),
        malloc_entry(),
        mimalloc_entry(),
        jemalloc_entry(),
        pmr_monotonic_entry(),
        pmr_pool_entry(),
        boehm_entry(),
    };
    return kSubjects;
}

std::optional<SubjectEntry> find_subject(std::string_view name, std::string* error) {
    for (const SubjectEntry& entry : subjects()) {
        if (entry.name == name) return entry;
    }
    std::string reason;
    if (name.find('/') != std::string_view::npos) {
        std::optional<SubjectEntry> entry = plugin_entry(std::string(name), &reason);
        if (entry.has_value()) return entry;
    } else {
        reason = "no subject \"" + std::string(name) + "\"; there are";
        for (const SubjectEntry& entry : subjects()) reason += " " + entry.name;
        reason += ", or the path of a shared object (with a slash in it)";
    }
    if (error != nullptr) *error = reason;
    return std::nullopt;
}

}  // namespace suite

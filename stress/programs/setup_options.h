// The options by which all stress programs describe their context.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>

#include "stress/memory/setup.h"
#include "stress/pressure/attempts.h"

namespace stress {

inline void add_options(CLI::App& app, Setup* setup) {
    app.add_option("--bytes-max", setup->bytes_max, "bound of the memory system");
    app.add_flag("--debug", setup->debug, "debug mode of the memory system");
    app.add_option("--force", setup->force, "runtime: collect at every N-th allocation");
    app.add_flag("--force-major", setup->force_major, "... everything, each time");
    app.add_option("--nursery", setup->nursery, "runtime: bytes of the nursery");
    app.add_option("--refuse", setup->refuse, "share of requests for memory refused at random")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--refuse-seed", setup->refuse_seed, "of the choice of these");
    app.add_option("--refuse-until", setup->refuse_until,
                   "with --refuse: attempts with the seeds that follow, until so many were refused")
        ->needs("--refuse");
    app.add_flag("--again", setup->again, "after out of memory: without limits once more");
}

// For programs that have both modes.
inline void add_mode(CLI::App& app, Setup* setup) {
    const std::map<std::string, MorphMemMode> modes = {{"compiler", MORPH_MODE_COMPILER},
                                                       {"runtime", MORPH_MODE_RUNTIME}};
    app.add_option("--mode", setup->mode, "compiler (default), or runtime: collected")
        ->transform(CLI::CheckedTransformer(modes));
}

inline void print_collections(const MorphHeap* heap, std::FILE* stream) {
    if (heap == nullptr) return;
    const MorphHeapStats stats = morph_heap_stats(heap);
    const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
    std::fprintf(stream, "collections: %llu minor, %llu major, %llu of them forced\n",
                 number(stats.minor.count), number(stats.major.count),
                 number(stats.collections_forced));
}

}  // namespace stress

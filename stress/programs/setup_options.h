// The options by which all stress programs describe their context.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>

#include "stress/memory/setup.h"

namespace stress {

inline void add_options(CLI::App& app, Setup* setup) {
    app.add_option("--bytes-max", setup->bytes_max, "bound of the memory system");
    app.add_flag("--debug", setup->debug, "debug mode of the memory system");
    app.add_option("--force", setup->force, "runtime: collect at every N-th allocation");
    app.add_flag("--force-major", setup->force_major, "... everything, each time");
    app.add_option("--nursery", setup->nursery, "runtime: bytes of the nursery");
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

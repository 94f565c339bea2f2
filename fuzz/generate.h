// Generator: a seed is a whole program, for soak runs and for the corpus.
//
// Swarm: each seed draws for itself which codes occur, their weights, one to three distributions of
// sizes, the length and the configuration, so that programs differ in kind and not only in detail.
// The live set follows a target that is drawn anew whenever it is reached, hence grows and shrinks:
//
//   live   ^        target 512 ____
//          |                 /     \           ____ target 64
//          |   target 64 ___/       \ target 8/
//          |___________/             \_______/          operations ->
//
// GENERATE-CANONICAL  programs are canonical and use only codes that the subject supports
// GENERATE-REACHES    over some seeds every code and every edge is reached (generate_test.cpp)
#pragma once

#include <cstddef>
#include <cstdint>

#include "fuzz/operation.h"
#include "fuzz/subject.h"

namespace suite {

struct GenerateOptions {
    Kind kind = Kind::context;
    Abilities abilities = {};
    size_t operations_min = 1;
    size_t operations_max = 512;  // the length is drawn in between, short ones more often
    bool plausible = false;       // no configuration that creation must refuse
};

Program generate(uint64_t seed, const GenerateOptions& options);

}  // namespace suite

// In the place of inside.cpp in programs that are not linked for sampling.
#include "bench/compare/sampler.h"

namespace compare {

bool can_sample() {
    return false;
}

}  // namespace compare

#include "stress/collector/barrier_storm.h"
#include "stress/collector/loads.h"
#include "stress/collector/pointer_arrays.h"
#include "stress/collector/promotion_storm.h"
#include "stress/collector/wide_tree.h"

namespace collector {

Outcome wide_tree(CheckedMemory& memory, const Task& task) {
    WideTreeSettings settings;
    settings.branching = task.size;
    settings.changes = 4 * task.size;
    settings.seed = task.seed;
    settings.verify_every = 3 * task.size / 2 + 1;
    return WideTree(memory, settings).run();
}

Outcome pointer_arrays(CheckedMemory& memory, const Task& task) {
    PointerArraysSettings settings;
    settings.length = task.size;
    settings.changes = 2 * task.size;
    settings.seed = task.seed;
    settings.verify_every = 2 * task.size / 3 + 1;
    return PointerArrays(memory, settings).run();
}

Outcome promotion_storm(CheckedMemory& memory, const Task& task) {
    PromotionStormSettings settings;
    settings.objects = task.size;
    settings.seed = task.seed;
    return PromotionStorm(memory, settings).run();
}

Outcome barrier_storm(CheckedMemory& memory, const Task& task) {
    BarrierStormSettings settings;
    settings.holders = task.size;
    settings.seed = task.seed;
    return BarrierStorm(memory, settings).run();
}

}  // namespace collector

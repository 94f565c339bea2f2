#include "stress/collector/fragment_alternate.h"
#include "stress/collector/fragment_second.h"
#include "stress/collector/loads.h"
#include "stress/collector/sawtooth.h"
#include "stress/collector/size_shift.h"

namespace collector {

namespace {

FragmentSettings settings_of(const Task& task) {
    FragmentSettings settings;
    settings.bytes = task.size << 10;
    settings.seed = task.seed;
    return settings;
}

}  // namespace

Outcome fragment_second(CheckedMemory& memory, const Task& task) {
    return FragmentSecond(memory, settings_of(task)).run();
}

Outcome fragment_alternate(CheckedMemory& memory, const Task& task) {
    return FragmentAlternate(memory, settings_of(task)).run();
}

Outcome sawtooth(CheckedMemory& memory, const Task& task) {
    return Sawtooth(memory, settings_of(task)).run();
}

Outcome size_shift(CheckedMemory& memory, const Task& task) {
    return SizeShift(memory, settings_of(task)).run();
}

}  // namespace collector

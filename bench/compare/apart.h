// A measurement in a process of its own: forked for it, gone after it, and given up when it takes
// too long. A fresh process has no heap that others have grown, and its VmHWM begins anew.
#pragma once

#include <functional>

#include "bench/compare/sample.h"

namespace compare {

// A sample in memory shared with children.
class SharedSample {
 public:
    SharedSample();  // ends the program when there is no memory for it
    SharedSample(const SharedSample&) = delete;
    SharedSample& operator=(const SharedSample&) = delete;
    ~SharedSample();

    Sample* operator->() { return sample_; }
    Sample& operator*() { return *sample_; }

 private:
    Sample* sample_;
};

// Runs fill(a fresh sample) in a child, which may fill in what it measures and ends by exit(), with
// what runs then. seconds_max 0: no limit. How the child ended is in the sample's status: a child
// that died fails, as does one that says it has finished and then leaves another status than 0.
void run_apart(SharedSample& sample, double seconds_max, const std::function<void(Sample*)>& fill);

}  // namespace compare

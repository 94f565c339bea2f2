// For tests: memory limits whose hooks count every byte and refuse the k-th request.
#pragma once

#include <cstddef>

#include "morph/common.h"

namespace morph {

struct Meter {
    size_t requests = 0;  // asked for, refused ones included
    size_t refusals = 0;
    size_t granted = 0;
    size_t returned = 0;
    size_t peak = 0;
    size_t last_request = 0;
    size_t refuse_from = 0;  // number of the first request to refuse, counted from 1; 0: none
    size_t refuse_count = ~size_t{0};

    [[nodiscard]] size_t held() const { return granted - returned; }

    // Refuses the k-th request from now on; count of them.
    void refuse(size_t k, size_t count = ~size_t{0}) {
        refuse_from = requests + k;
        refuse_count = count;
    }
    void grant_all() { refuse_from = 0; }

    [[nodiscard]] MorphMemoryLimits limits(size_t bytes_max = 0) {
        return MorphMemoryLimits{bytes_max, &Meter::on_request, &Meter::on_returned, this};
    }

 private:
    static bool on_request(void* user, size_t bytes) {
        auto* meter = static_cast<Meter*>(user);
        meter->requests += 1;
        meter->last_request = bytes;
        if (meter->refuse_from != 0 && meter->requests >= meter->refuse_from &&
            meter->requests - meter->refuse_from < meter->refuse_count) {
            meter->refusals += 1;
            return false;
        }
        meter->granted += bytes;
        if (meter->held() > meter->peak) meter->peak = meter->held();
        return true;
    }
    static void on_returned(void* user, size_t bytes) {
        static_cast<Meter*>(user)->returned += bytes;
    }
};

}  // namespace morph

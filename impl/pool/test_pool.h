// What the pool's tests share: a pool that is destroyed, limits that count and refuse, a handler
// that collects reports.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "morph/pool.h"

namespace pool_test {

// Memory limits: balance of requests, and refusal of the k-th one (once, or from then on).
struct Meter {
    size_t bytes = 0;
    size_t requests = 0;
    size_t refusals = 0;
    size_t refuse_at = SIZE_MAX;
    bool refuse_ever_after = false;

    MorphMemoryLimits limits(size_t bytes_max = 0) {
        return {bytes_max, &Meter::request, &Meter::returned, this};
    }

    static bool request(void* user, size_t bytes) {
        auto* meter = static_cast<Meter*>(user);
        size_t number = meter->requests++;
        bool refuse =
            meter->refuse_ever_after ? number >= meter->refuse_at : number == meter->refuse_at;
        (refuse ? meter->refusals : meter->bytes) += refuse ? 1 : bytes;
        return !refuse;
    }
    static void returned(void* user, size_t bytes) { static_cast<Meter*>(user)->bytes -= bytes; }
};

struct Reports {
    std::vector<MorphReport> seen;
    static void note(void* user, const MorphReport* report) {
        static_cast<Reports*>(user)->seen.push_back(*report);
    }
    size_t count(MorphReportKind kind) const {
        size_t found = 0;
        for (const MorphReport& report : seen) found += report.kind == kind ? 1 : 0;
        return found;
    }
};

struct Closer {
    void operator()(MorphPool* pool) const { morph_pool_destroy(pool); }
};
using PoolOwner = std::unique_ptr<MorphPool, Closer>;

inline PoolOwner make_pool() {
    return PoolOwner(morph_pool_create(nullptr));
}

inline PoolOwner make_pool(Meter& meter, size_t bytes_max = 0) {
    MorphPoolConfig config = {};
    config.memory = meter.limits(bytes_max);
    return PoolOwner(morph_pool_create(&config));
}

inline PoolOwner make_debug_pool(Reports& reports) {
    MorphPoolConfig config = {};
    config.enable_debug = true;
    config.report = &Reports::note;
    config.report_user = &reports;
    return PoolOwner(morph_pool_create(&config));
}

inline unsigned char* bytes_of(void* object) {
    return static_cast<unsigned char*>(object);
}

}  // namespace pool_test

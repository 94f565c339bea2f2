// Contexts: what counting costs on the profile workload, and what a context costs over its pool.
//
// The library counts always; enable_metrics decides what is shown. So the first two rows compare
// the same code, and show that nothing else hangs on the switch. What counting itself costs is in
// the third: the same program on a bare pool, which does not count (nor look at the type's limits).
#include <memory>

#include "bench/context_work.h"
#include "bench/duel.h"

#include "morph/pool.h"

namespace bench {
namespace {

constexpr size_t kLines = 10000;
constexpr size_t kWarmLines = 1000;

using Objects = std::shared_ptr<const std::vector<ProfileObject>>;

Objects share(size_t lines) {
    return std::make_shared<const std::vector<ProfileObject>>(profile_objects(lines));
}

Slice whole_slice(bool metrics, const Objects& objects) {
    return [metrics, objects] { return profile_slice(metrics, *objects); };
}

// In memory that was used before: nothing but the allocator and the writes.
Slice warm_slice(bool metrics, const Objects& objects) {
    std::shared_ptr<MorphMemContext> context(open_profile_context(metrics), morph_mem_destroy);
    return [context, objects] {
        morph_mem_reset(context.get());
        double start = now();
        run_profile(context.get(), *objects);
        return now() - start;
    };
}

Slice bare_pool_slice(const Objects& objects) {
    return [objects] {
        double start = now();
        MorphPool* pool = morph_pool_create(nullptr);
        if (pool == nullptr) std::abort();
        for (ProfileObject wanted : *objects) {
            void* object = morph_pool_alloc_typed(pool, wanted.size, wanted.type);
            std::memset(object, 0x5a, wanted.size);
            keep(object);
        }
        morph_pool_destroy(pool);
        return now() - start;
    };
}

// Bytes from the system over bytes of payload, less the 2 MB that are allowed on top.
double footprint() {
    std::vector<ProfileObject> objects = profile_objects(kLines);
    MorphMemContext* context = open_profile_context(true);
    run_profile(context, objects);
    MorphMemStats stats;
    if (morph_mem_get_stats(context, &stats) != MORPH_OK) std::abort();
    morph_mem_destroy(context);
    constexpr double kAllowedOnTop = 2e6;
    return (static_cast<double>(stats.bytes_mapped_peak) - kAllowedOnTop) /
           static_cast<double>(stats.total.bytes_live);
}

}  // namespace

void add_context_rows() {
    Objects objects = share(kLines);
    Objects few = share(kWarmLines);
    add(Duel{"context: profile, 10,000 lines, metrics on", "metrics off", 1.01, objects->size(),
             whole_slice(true, objects), whole_slice(false, objects)});
    add(Duel{"context: profile, warm memory, metrics on", "metrics off", 1.01, few->size(),
             warm_slice(true, few), warm_slice(false, few)});
    add(Duel{"context: profile, 10,000 lines", "bare pool", 0, objects->size(),
             whole_slice(true, objects), bare_pool_slice(objects)});
    add(Figure{"context: profile, 10,000 lines, (system - 2 MB)", "x payload", 1.05, footprint});
}

}  // namespace bench

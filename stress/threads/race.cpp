#include "stress/threads/race.h"

#include <atomic>
#include <thread>

#include "morph/mem.h"

namespace threads {
namespace {

void use(MorphMemContext* context) {
    for (int count = 0; count < 100; ++count) {
        void* object = morph_mem_alloc(context, 24, 0);
        if (count % 2 == 0) (void)morph_mem_free(context, object);
    }
}

}  // namespace

void race(bool debug) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.enable_debug = debug;
    MorphMemContext* context = morph_mem_init(&config);
    std::atomic<bool> done{false};
    std::thread first([&] {
        use(context);
        done.store(true, std::memory_order_relaxed);
    });
    std::thread second([&] {
        while (!done.load(std::memory_order_relaxed)) std::this_thread::yield();
        use(context);
    });
    first.join();
    second.join();
    (void)morph_mem_destroy(context);
}

}  // namespace threads

#include "stress/trace/preload/real.h"

#include <atomic>
#include <cstdint>
#include <dlfcn.h>
#include <sched.h>

namespace trace {
namespace {

enum class State : uint8_t { unknown, searching, known };

constexpr size_t kBootstrapBytes = 64 << 10;
constexpr size_t kGrain = 16;  // the size of an object stands in the grain before it

constinit std::atomic<State> state = State::unknown;
constinit RealFunctions functions = {};
alignas(4096) constinit unsigned char arena[kBootstrapBytes] = {};
constinit std::atomic<size_t> arena_used = 0;

__attribute__((tls_model("initial-exec"))) constinit thread_local bool searching = false;

template <typename Function>
void find(const char* name, Function* function) {
    *function = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void find_all() {
    find("malloc", &functions.malloc);
    find("calloc", &functions.calloc);
    find("realloc", &functions.realloc);
    find("free", &functions.free);
    find("posix_memalign", &functions.posix_memalign);
    find("aligned_alloc", &functions.aligned_alloc);
    find("memalign", &functions.memalign);
    find("valloc", &functions.valloc);
    find("pvalloc", &functions.pvalloc);
    find("malloc_usable_size", &functions.usable_size);
    find("execve", &functions.execve);
    find("execv", &functions.execv);
    find("execvp", &functions.execvp);
    find("execvpe", &functions.execvpe);
    find("fexecve", &functions.fexecve);
    find("_exit", &functions.exit_now);
}

const RealFunctions* search() {
    State expected = State::unknown;
    if (state.compare_exchange_strong(expected, State::searching)) {
        searching = true;
        find_all();
        searching = false;
        state.store(State::known, std::memory_order_release);
        return &functions;
    }
    if (searching) return nullptr;
    while (state.load(std::memory_order_acquire) != State::known) sched_yield();
    return &functions;
}

}  // namespace

const RealFunctions* real() {
    if (state.load(std::memory_order_acquire) == State::known) [[likely]]
        return &functions;
    return search();
}

void* bootstrap_allocate(size_t size, size_t alignment) {
    if (size > kBootstrapBytes || alignment > kBootstrapBytes) return nullptr;
    if (alignment < kGrain) alignment = kGrain;
    size_t used = arena_used.load();
    size_t begin = 0;
    do {
        begin = (used + kGrain + alignment - 1) & ~(alignment - 1);
        if (begin > kBootstrapBytes || size > kBootstrapBytes - begin) return nullptr;
    } while (!arena_used.compare_exchange_weak(used, begin + size));
    *reinterpret_cast<size_t*>(arena + begin - kGrain) = size;
    return arena + begin;
}

bool is_bootstrap(const void* object) {
    const auto* byte = static_cast<const unsigned char*>(object);
    return byte >= arena && byte < arena + kBootstrapBytes;
}

size_t bootstrap_size(const void* object) {
    const auto* byte = static_cast<const unsigned char*>(object);
    return *reinterpret_cast<const size_t*>(byte - kGrain);
}

}  // namespace trace

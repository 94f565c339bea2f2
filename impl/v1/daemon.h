// Daemon: a thread that watches a heap for idleness.
//
//   program's thread                           daemon's thread, every interval
//   note_allocation --> last_ms_, live_ -----> reads both
//   take_..._request <-- collect_, swap_ <---- sets them
//
// Four atomics are all that the two share: the daemon never touches the heap's memory. The first
// system's did (it marked, swept and moved pages out while the program ran without a lock), and
// crashed by it. So what the daemon finds due is done by the program itself, in its next allocating
// call; a program that never allocates again gains nothing, and loses nothing.
//
// fork: the child has no such thread. on() stays true there, requests no longer come, and stop()
// waits for nobody.
//
// Invariants:
//   DAEMON-APART  the thread reads and writes the four atomics only
//   DAEMON-ONCE   one stretch of idleness asks for one collection
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "chunk/error.h"
#include "os/ticker.h"

#include "morph/v1.h"

namespace morph {

class Daemon {
 public:
    static constexpr uint32_t kIntervalMs = 100;
    static constexpr uint32_t kIdleMs = 2000;
    // So much must be live for idleness to be worth a collection.
    static constexpr size_t kLiveBytesMin = size_t{1} << 20;

    Daemon() = default;
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon() { stop(); }

    // No effect where settings.daemon is false. MORPH_ERROR_OUT_OF_MEMORY: the system refuses the
    // thread. MORPH_ERROR_UNSUPPORTED: it has none. Must not be on.
    MorphCode start(const MorphV1Settings& settings, ErrorState& errors);
    // Returns when the thread has ended, which is at once. Fine when it is off.
    void stop();
    [[nodiscard]] bool on() const { return on_; }

    // now_ms: of Daemon::now_ms(), which every allocation reads. live_bytes: of payload.
    void note_allocation(uint64_t now_ms, size_t live_bytes) {
        live_.store(live_bytes, std::memory_order_relaxed);
        last_ms_.store(now_ms, std::memory_order_relaxed);
    }
    // True once for each request; the call that takes it does what is asked.
    [[nodiscard]] bool take_collect_request() { return take(collect_); }
    [[nodiscard]] bool take_swap_request() { return take(swap_); }

    // Milliseconds since some moment in the past.
    [[nodiscard]] static uint64_t now_ms();

 private:
    static bool take(std::atomic<bool>& request) {
        // The load alone is free of charge for a cache line that nobody writes.
        return request.load(std::memory_order_relaxed) &&
               request.exchange(false, std::memory_order_relaxed);
    }
    void look();

    std::atomic<uint64_t> last_ms_{0};
    std::atomic<size_t> live_{0};
    std::atomic<bool> collect_{false};
    std::atomic<bool> swap_{false};
    os::Ticker ticker_;
    uint64_t idle_ms_ = 0;
    uint64_t asked_for_ms_ = 0;  // the thread's: last_ms_ of the idleness it asked about last
    bool on_ = false;
    bool swaps_ = false;
};

}  // namespace morph

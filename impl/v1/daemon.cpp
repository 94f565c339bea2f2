#include "v1/daemon.h"

#include <cerrno>
#include <cstring>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "os/clock.h"

namespace morph {

uint64_t Daemon::now_ms() {
    return os::monotonic_ns() / 1000000;
}

MorphCode Daemon::start(const MorphV1Settings& settings, ErrorState& errors) {
    MORPH_CHECK(!on_);
    if (!settings.daemon) return MORPH_OK;
    uint32_t interval =
        settings.daemon_interval_ms != 0 ? settings.daemon_interval_ms : kIntervalMs;
    idle_ms_ = settings.idle_ms != 0 ? settings.idle_ms : kIdleMs;
    swaps_ = settings.swap_directory != nullptr;
    asked_for_ms_ = 0;
    if (marks_active()) {
        mark_atomic(&last_ms_, sizeof(last_ms_));
        mark_atomic(&live_, sizeof(live_));
        mark_atomic(&collect_, sizeof(collect_));
        mark_atomic(&swap_, sizeof(swap_));
    }
    note_allocation(now_ms(), 0);
    collect_.store(false, std::memory_order_relaxed);
    swap_.store(false, std::memory_order_relaxed);
    auto tick = [](void* daemon) { static_cast<Daemon*>(daemon)->look(); };
    int error = ticker_.start(interval, tick, this);
    if (error == ENOSYS) {  // unreachable: where tests count, the system has threads
        return errors.fail(MORPH_ERROR_UNSUPPORTED, "v1.daemon: not on this system");
    }
    if (error != 0) {
        return errors.fail(MORPH_ERROR_OUT_OF_MEMORY,
                           "v1.daemon: the system refuses its thread: %.60s", strerror(error));
    }
    on_ = true;
    return MORPH_OK;
}

void Daemon::stop() {
    if (!on_) return;
    ticker_.stop();
    on_ = false;
}

// On the daemon's thread (DAEMON-APART).
void Daemon::look() {
    if (swaps_) swap_.store(true, std::memory_order_relaxed);
    uint64_t last = last_ms_.load(std::memory_order_relaxed);
    uint64_t now = now_ms();
    bool idle = now >= last && now - last >= idle_ms_;
    if (!idle || live_.load(std::memory_order_relaxed) <= kLiveBytesMin) return;
    if (asked_for_ms_ == last) return;  // DAEMON-ONCE
    asked_for_ms_ = last;
    collect_.store(true, std::memory_order_relaxed);
}

}  // namespace morph

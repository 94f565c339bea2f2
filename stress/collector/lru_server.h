// LRU server: the cache of lru_cache.h behind a server, and how long each request takes.
//
//   arrivals       | |||  |    ||  ...     at random, in a time of their own
//                  v vv
//   queue   ---> [ request: 1 to 8 keys ] ---> cache, each key by itself
//                  |
//                  +--> response, 64 bytes to 64 KiB, kept by the session until its next request
//   sessions [ o | o | ... ]                   4,096; each ends after some 64 requests
//
// So objects live for a request, for a session's next request, for a session, and for as long as
// the cache keeps them. Two times are taken of each request: its service, and its latency, which is
// what a client sees: service, and the wait until those before it were done. Arrivals are so that
// half of the time is spent idle; nobody sleeps for that: the clock that they are on is counted.
// A collection is in the service of the request that it interrupts, and in the wait of those
// behind it.
//
// SERVER-RESPONSE  a session's response still is what was sent when its next request comes
#pragma once

#include <chrono>
#include <cmath>
#include <vector>

#include "stress/collector/field.h"
#include "stress/collector/histogram.h"
#include "stress/collector/lru_cache.h"
#include "stress/generate/random.h"

namespace collector {

struct LruServerSettings {
    LruCacheSettings cache;
    uint64_t requests = 1000000;  // after the cache has been filled
    uint64_t sessions = 4096;
    uint64_t verify_every = 0;     // requests between two looks at everything; 0: never
    Histogram* service = nullptr;  // nanoseconds
    Histogram* latency = nullptr;
};

template <typename Memory>
class LruServer {
 public:
    LruServer(Memory& memory, const LruServerSettings& settings)
        : memory_(memory),
          settings_(settings),
          random_(settings.cache.seed ^ 0x736572766572),
          arrivals_(settings.cache.seed ^ 0x636c6f636b),
          cache_(memory, settings.cache),
          sessions_(memory) {}

    Outcome run() {
        const size_t links[] = {offsetof(Session, response)};
        MorphMemTypeInfo info = {};
        info.name = "session";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = links;
        info.offset_count = 1;
        session_type_ = memory_.register_type(info);
        info = {};
        info.name = "sessions";
        info.layout = MORPH_LAYOUT_POINTERS;
        sessions_type_ = memory_.register_type(info);
        info = {};
        info.name = "sent";
        sent_type_ = memory_.register_type(info);
        if (session_type_ == MORPH_TYPE_INVALID || sessions_type_ == MORPH_TYPE_INVALID ||
            sent_type_ == MORPH_TYPE_INVALID) {
            return {kOutOfMemory, 0};
        }
        const Outcome filled = cache_.fill();
        if (filled.wrong != nullptr) return filled;
        sessions_ =
            memory_.template allocate<Field<Session>>(sessions_type_, settings_.sessions * 8);
        if (sessions_.get() == nullptr) return {kOutOfMemory, 0};
        words_.assign(settings_.sessions, 0);
        Outcome outcome;
        outcome.wrong = serve();
        outcome.result = sum_ * 31 + cache_.hits();
        return outcome;
    }

 private:
    using Clock = std::chrono::steady_clock;

    static constexpr uint64_t kKeysMax = 8;
    static constexpr uint64_t kSessionRequests = 64;  // in the mean
    static constexpr uint64_t kDoublings = 10;        // of a response's size, at most

    struct Session {
        Field<uint64_t> response;
        uint64_t number;
        uint64_t served;
    };
    template <typename T>
    using Root = typename Memory::template Root<T>;

    const char* serve() {
        const uint64_t learning = settings_.requests / 16 + 1;
        double interval = 0;  // nanoseconds between arrivals, in the mean
        double learned = 0;
        double arrival = 0;
        double idle_from = 0;  // when all requests before were done
        for (uint64_t number = 1; number <= settings_.requests; ++number) {
            const Clock::time_point begin = Clock::now();
            const char* wrong = answer(number);
            const std::chrono::nanoseconds service = Clock::now() - begin;
            if (wrong != nullptr) return wrong;
            const auto nanoseconds = static_cast<double>(service.count());
            if (number < learning) {
                learned += nanoseconds;
            } else {
                if (number == learning) interval = 2 * learned / static_cast<double>(learning);
                // u in (0, 1]: the logarithm is finite.
                const double u = static_cast<double>((arrivals_.next() >> 11) + 1) / 0x1p53;
                arrival -= interval * std::log(u);
                idle_from = std::max(idle_from, arrival) + nanoseconds;
                note(settings_.service, nanoseconds);
                note(settings_.latency, idle_from - arrival);
            }
            const bool time = settings_.verify_every != 0 && number % settings_.verify_every == 0;
            wrong = time ? cache_.check() : nullptr;
            if (wrong != nullptr) return wrong;
        }
        return look();
    }

    static void note(Histogram* histogram, double nanoseconds) {
        if (histogram != nullptr) histogram->add(static_cast<uint64_t>(nanoseconds));
    }

    const char* answer(uint64_t number) {
        const uint64_t place = random_.below(settings_.sessions);
        if (!sent_is_whole(place)) return "SERVER-RESPONSE: not what was sent";
        const bool ends = random_.below(kSessionRequests) == 0;
        if (!sessions_.get()[place] || ends) {
            auto* fresh = memory_.template allocate<Session>(session_type_);
            if (fresh == nullptr) return kOutOfMemory;
            fresh->number = number;
            memory_.store(sessions_.get(), sessions_.get()[place], fresh);
            words_[place] = 0;
        }
        for (uint64_t keys = 1 + random_.below(kKeysMax); keys > 0; --keys) {
            if (const char* wrong = cache_.request()) return wrong;
        }
        return respond(place, number);
    }

    // Few are long: half of all have 64 bytes or a little more, a quarter twice that, and so on.
    const char* respond(uint64_t place, uint64_t number) {
        uint64_t words = 8 + random_.below(8);
        for (uint64_t i = 0; i < kDoublings && random_.below(2) == 0; ++i) words *= 2;
        auto* sent = memory_.template allocate<uint64_t>(sent_type_, words * 8);
        if (sent == nullptr) return kOutOfMemory;
        for (uint64_t i = 0; i < words; ++i) sent[i] = number * words + i;
        Session* session = sessions_.get()[place].get();
        if (session == nullptr) return "SERVER-SESSION: lost";
        memory_.store(session, session->response, sent);
        session->served = number;
        words_[place] = words;
        sum_ = sum_ * 31 + words;
        return nullptr;
    }

    bool sent_is_whole(uint64_t place) {
        const uint64_t words = words_[place];
        if (words == 0) return true;
        const Session* session = sessions_.get()[place].get();
        if (session == nullptr || !session->response) return false;
        const uint64_t* sent = session->response.get();
        uint64_t difference = 0;
        for (uint64_t i = 0; i < words; ++i) difference |= sent[i] ^ (session->served * words + i);
        return difference == 0;
    }

    const char* look() {
        for (uint64_t place = 0; place < settings_.sessions; ++place) {
            if (!sent_is_whole(place)) return "SERVER-RESPONSE: not what was sent";
        }
        return cache_.check();
    }

    Memory& memory_;
    LruServerSettings settings_;
    fox::Random random_;
    fox::Random arrivals_;  // apart: times must not change what is asked
    LruCache<Memory> cache_;
    Root<Field<Session>> sessions_;
    uint32_t session_type_ = MORPH_TYPE_INVALID;
    uint32_t sessions_type_ = MORPH_TYPE_INVALID;
    uint32_t sent_type_ = MORPH_TYPE_INVALID;
    uint64_t sum_ = 0;
    std::vector<uint64_t> words_;  // of each session's last response; 0: none
};

}  // namespace collector

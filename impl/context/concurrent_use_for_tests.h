// For tests: a thread that stays inside a call of the library for as long as the test likes.
//
//   test thread          guest
//   Guest(gate, call) -> call(...) -> hook, visitor, finalizer -> gate.stop()
//   ... calls of the same object, which are refused ...   |
//   leave() -------------------------------------------->  and the call goes on
#pragma once

#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <semaphore>
#include <thread>
#include <vector>

#include "morph/mem.h"

namespace morph {

class Gate {
 public:
    // The first one that comes after arm() waits here until open().
    void stop() {
        if (!armed_.exchange(false)) return;
        inside_.release();
        go_on_.acquire();
    }
    void arm() { armed_ = true; }
    void wait_until_somebody_is_inside() { inside_.acquire(); }
    void open() { go_on_.release(); }

    // Limits whose request hook is the place to stop.
    MorphMemoryLimits limits() {
        return {0,
                [](void* user, size_t) {
                    static_cast<Gate*>(user)->stop();
                    return true;
                },
                nullptr, this};
    }

 private:
    std::atomic<bool> armed_{false};
    std::binary_semaphore inside_{0};
    std::binary_semaphore go_on_{0};
};

class Guest {
 public:
    Guest(Gate& gate, std::function<void()> call) : gate_(gate) {
        gate.arm();
        thread_ = std::thread(std::move(call));
        gate.wait_until_somebody_is_inside();
    }
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    ~Guest() {
        if (thread_.joinable()) leave();
    }
    void leave() {
        gate_.open();
        thread_.join();
    }

 private:
    Gate& gate_;
    std::thread thread_;
};

// Reports of one object; those of other threads than the test's would be a mistake.
struct ConcurrencyReports {
    std::vector<MorphReportKind> kinds;
    const void* address = nullptr;
    std::thread::id thread = std::this_thread::get_id();

    static void keep(void* user, const MorphReport* report) {
        auto* reports = static_cast<ConcurrencyReports*>(user);
        EXPECT_EQ(std::this_thread::get_id(), reports->thread) << report->text;
        reports->kinds.push_back(report->kind);
        reports->address = report->address;
    }
};

// A call of the interface, and whether what it returned is what a refused one returns.
template <typename Object>
struct Refusable {
    const char* name;
    std::function<bool(Object*)> refused;
};

inline bool is_refusal(MorphCode code) {
    return code == MORPH_ERROR_CONCURRENT_USE;
}

// Makes each call while somebody is inside: refused, one report, the error on this thread only.
template <typename Object>
void expect_each_refused(Object* object, const void* address,
                         const std::vector<Refusable<Object>>& calls,
                         const std::function<MorphError(Object*)>& last_error,
                         ConcurrencyReports& reports) {
    for (const Refusable<Object>& call : calls) {
        reports.kinds.clear();
        reports.address = nullptr;
        EXPECT_TRUE(call.refused(object)) << call.name;
        EXPECT_EQ(reports.kinds, std::vector{MORPH_REPORT_CONCURRENT_USE}) << call.name;
        EXPECT_EQ(reports.address, address) << call.name;
        MorphError error = morph_creation_error();
        EXPECT_EQ(error.code, MORPH_ERROR_CONCURRENT_USE) << call.name;
        EXPECT_EQ(std::string(error.text).rfind(call.name, 0), 0u) << error.text;
        EXPECT_EQ(last_error(object).code, MORPH_ERROR_CONCURRENT_USE) << call.name;
        EXPECT_EQ(reports.kinds.size(), 1u) << "asking why is no use: " << call.name;
    }
    reports.kinds.clear();
}

}  // namespace morph

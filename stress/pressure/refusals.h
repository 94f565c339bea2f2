// Refusals: the hooks of MorphMemoryLimits that the workload programs put below their memory
// systems. They count every request for memory and every return, and refuse requests at random.
//
//   workload --> memory system --request--> Refusals: one of 1/rate, drawn from the seed, refused
//                              --returned->           bytes out go down
//
// PRESSURE-RETURNED  when everything has been destroyed, no byte is out; and at no moment has more
//                    been returned than was granted
// PRESSURE-REASON    a call that failed for lack of memory says so: MORPH_ERROR_OUT_OF_MEMORY, and
//                    a text
//
// One thread at a time, as the memory systems themselves. All inline: what includes setup.h links
// without this room.
#pragma once

#include <cstdint>
#include <string>

#include "stress/generate/random.h"

#include "morph/common.h"

namespace stress {

class Refusals {
 public:
    // rate: share of the requests that are refused, 0 to 1.
    explicit Refusals(double rate = 0, uint64_t seed = 1) : random_(seed) { set_rate(rate); }
    Refusals(const Refusals&) = delete;
    Refusals& operator=(const Refusals&) = delete;

    // The memory system that is made with these limits must not outlive this.
    void watch(MorphMemoryLimits* limits) {
        limits->request = on_request;
        limits->returned = on_return;
        limits->user = this;
    }

    [[nodiscard]] bool ask(size_t bytes) {
        requests_ += 1;
        if (threshold_ != 0 && random_.next() >> 1 < threshold_) {
            refused_ += 1;
            return false;
        }
        granted_ += bytes;
        return true;
    }

    void give_back(size_t bytes) {
        returned_ += bytes;
        if (returned_ > granted_) overdrawn_ = true;
    }

    void set_rate(double rate) { threshold_ = static_cast<uint64_t>(rate * kWhole); }

    [[nodiscard]] uint64_t requests() const { return requests_; }
    [[nodiscard]] uint64_t refused() const { return refused_; }
    [[nodiscard]] uint64_t bytes_out() const { return granted_ - returned_; }

    // At the end, when all is destroyed: nullptr, or what is broken.
    [[nodiscard]] const char* broken() const {
        if (overdrawn_) return "PRESSURE-RETURNED: more bytes returned than were granted";
        return bytes_out() == 0 ? nullptr : "PRESSURE-RETURNED: bytes granted are not returned";
    }

 private:
    static bool on_request(void* user, size_t bytes) {
        return static_cast<Refusals*>(user)->ask(bytes);
    }
    static void on_return(void* user, size_t bytes) {
        static_cast<Refusals*>(user)->give_back(bytes);
    }

    static constexpr double kWhole = 9223372036854775808.0;  // 2^63: of 63 bits drawn

    fox::Random random_;
    uint64_t threshold_ = 0;
    uint64_t requests_ = 0;
    uint64_t refused_ = 0;
    uint64_t granted_ = 0;
    uint64_t returned_ = 0;
    bool overdrawn_ = false;
};

// PRESSURE-REASON of the failure that error describes: empty, or what is wrong with it.
[[nodiscard]] inline std::string wrong_reason(const MorphError& error) {
    if (error.code != MORPH_ERROR_OUT_OF_MEMORY) {
        return std::string("PRESSURE-REASON: failed with ") + morph_code_name(error.code) + ", \"" +
               error.text + "\"";
    }
    return error.text[0] != '\0' ? "" : "PRESSURE-REASON: out of memory without a text";
}

}  // namespace stress

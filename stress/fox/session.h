// Session: a context with the front end's types and a meter of what it asks of the system. What
// the stress programs and the tests run parses in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stress/fox/front_end.h"

namespace fox {

// Counts requests for memory and refuses those it is told to.
struct Meter {
    uint64_t requests = 0;
    uint64_t refusals = 0;
    uint64_t granted_bytes = 0;
    uint64_t returned_bytes = 0;
    uint64_t refuse_from = UINT64_MAX;  // number of the first request refused, from 0
    uint64_t refuse_count = 0;          // how many from there on
};

class Session {
 public:
    // bytes_max: bound of the context, 0 for none.
    explicit Session(uint64_t bytes_max = 0);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    // false: creation failed, creation_error tells why.
    [[nodiscard]] bool open();
    // Destroys the context; whether every byte granted was returned.
    [[nodiscard]] bool close();

    [[nodiscard]] Result parse(std::string_view source, const Options& options = {});
    void reset();

    [[nodiscard]] MorphMemContext* context() { return context_; }
    [[nodiscard]] const Types& types() const { return types_; }
    [[nodiscard]] uint64_t objects_live() const;

    Meter meter;

 private:
    uint64_t bytes_max_;
    MorphMemContext* context_ = nullptr;
    Types types_;
};

// FOX-MEMORY and FOX-CLEAN at every point: parses source again and again, each time with another
// request for memory refused, once and for ever after. Points are spread evenly when there are more
// than points_max. Empty, or what is wrong and where.
struct Sweep {
    std::string wrong;
    uint64_t requests = 0;  // of an undisturbed parse
    uint64_t runs = 0;
    uint64_t refusals = 0;  // that were really met
};
[[nodiscard]] Sweep sweep_failures(std::string_view source, uint64_t points_max);

}  // namespace fox

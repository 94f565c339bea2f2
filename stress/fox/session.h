// Session: a context with the front end's types and a meter of what it asks of the system. What
// the stress programs and the tests run parses in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stress/fox/front_end.h"
#include "stress/memory/setup.h"

namespace fox {

// Counts requests for memory and refuses those it is told to.
struct Meter {
    uint64_t requests = 0;
    uint64_t refusals = 0;
    uint64_t granted_bytes = 0;
    uint64_t returned_bytes = 0;
    uint64_t refuse_from = UINT64_MAX;   // number of the first request refused, from 0
    uint64_t refuse_count = 0;           // how many from there on
    stress::Refusals* random = nullptr;  // is asked as well, and told of returns
};

class Session {
 public:
    explicit Session(const stress::Setup& setup = {});
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    // false: creation failed, creation_error tells why.
    [[nodiscard]] bool open();
    // Why open() failed, or the last failure of the context.
    [[nodiscard]] const MorphError& error() const { return error_; }
    // Destroys the context; whether every byte granted was returned.
    [[nodiscard]] bool close();

    // The result's objects are no roots: they are good until the next allocation or collection.
    // When it is out of memory, error() is what the context says about it.
    [[nodiscard]] Result parse(std::string_view source, const Options& options = {});
    // RUNTIME mode: a major collection that keeps the result's objects, wherever they then are; of
    // a result without tree, none. false: refused. (COMPILER mode: nothing to do.)
    [[nodiscard]] bool collect(Result* result);
    void reset();

    [[nodiscard]] MorphMemContext* context() { return context_; }
    [[nodiscard]] const Types& types() const { return types_; }
    [[nodiscard]] uint64_t objects_live() const;
    [[nodiscard]] uint64_t mapped_peak() const;  // bytes

    Meter meter;

 private:
    stress::Setup setup_;
    MorphMemContext* context_ = nullptr;
    MorphError error_{};
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
[[nodiscard]] Sweep sweep_failures(std::string_view source, uint64_t points_max,
                                   const stress::Setup& setup = {});

}  // namespace fox

// Work: what a life of a memory system does between its opening and its end.
#pragma once

#include <cstdint>
#include <functional>

#include "bench/compare/sample.h"

#include "morph/mem.h"

namespace compare {

enum class Outcome : uint8_t { good, out_of_memory, wrong };

class Work {
 public:
    Work() = default;
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
    virtual ~Work() = default;

    // Registers its types. false: refused.
    [[nodiscard]] virtual bool open(MorphMemContext* context) = 0;
    // The work itself, from nothing to all that it makes. From then on nothing is allocated.
    [[nodiscard]] virtual Outcome run() = 0;
    // Fills in lines, objects, payload and checksum, which is the same on every system. false: what
    // the work has made is not what it should be.
    [[nodiscard]] virtual bool check(Sample* sample) = 0;
    // Why run() was wrong.
    [[nodiscard]] virtual const char* error() const { return "the work went wrong"; }
    // Forgets what was made: the context is about to be reset.
    virtual void drop() = 0;

    // The work in pieces, told in between how far it is: step(objects, bytes of payload) is called
    // about 200 times. Works without a timeline do not call it.
    using Step = std::function<void(uint64_t objects, uint64_t payload)>;
    [[nodiscard]] virtual Outcome run_in_steps(const Step&) { return run(); }

    // The calls of the allocator alone, with no more done to the objects than a collector needs
    // (references: objects must be reachable). Works without this pass: wrong.
    [[nodiscard]] virtual Outcome allocate_only(bool /*references*/) { return Outcome::wrong; }
    // Writes again what run() wrote into the objects.
    virtual void write_again() {}
};

}  // namespace compare

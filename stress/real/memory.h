// Memory: what a program's hooks call: a ledger over an allocator, and calls that fail on purpose.
//
//   hook --> Memory: refuse? --> Ledger (or not) --> Allocator
//
// A call is refused at random (--refuse; these count as requests of no bytes), or because it is the
// k-th (fail sweeps), once or from there on. Frees are never refused. The same rate refuses
// requests of the allocator to the system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "stress/memory/setup.h"
#include "stress/pressure/refusals.h"
#include "stress/real/allocator.h"
#include "stress/real/ledger.h"
#include "stress/real/planted.h"

namespace real {

// Which calls fail.
struct Failing {
    uint64_t at = 0;        // this call, from 1 on; 0: none
    bool for_ever = false;  // and all that follow
};

struct MemoryOptions {
    Kind kind = Kind::general;
    bool ledger = true;
    uint64_t verify_every = 50000;  // calls
    Fault fault = Fault::none;
    uint64_t fault_after = 20;  // calls
    Failing failing = {};
    stress::Setup setup = {};
    Complaint complaint = {};  // empty: to standard error, and the process ends with status 4
};

class Memory {
 public:
    Memory(const MemoryOptions& options, Sizes sizes);

    // False: there is no allocator, morph_creation_error() says why.
    [[nodiscard]] bool open() const { return allocator_ != nullptr; }

    // As Ledger has them.
    void* allocate(size_t size);
    void* reallocate(void* object, size_t told, size_t new_size);
    void release(void* object, size_t told);
    size_t size_of(const void* object);

    // For hooks that go to the allocator directly, as an embedder's do: not NULL without ledger.
    [[nodiscard]] MorphGeneral* direct();
    // A call was refused by us or by the allocator: an error of the program is to be expected.
    [[nodiscard]] bool refused() const;
    // From now on nothing is refused (--bytes-max stays).
    void stop_refusing();
    // The program is closed: checks everything. After that nothing is live.
    void check_closed();
    // The program is not closed, and will not be: everything it has is freed at once (on malloc, by
    // the ledger; without one it is left).
    void abandon();
    void complain(const std::string& text);

    [[nodiscard]] uint64_t calls() const { return calls_; }  // that may be refused
    [[nodiscard]] const Ledger* ledger() const { return ledger_ ? &*ledger_ : nullptr; }
    [[nodiscard]] Figures figures() const;
    [[nodiscard]] bool counts() const { return allocator_->counts(); }

 private:
    bool refuse();

    MemoryOptions options_;
    stress::Refusals own_refusals_;  // where the setup brings none
    std::unique_ptr<Allocator> allocator_;
    std::optional<Ledger> ledger_;
    uint64_t calls_ = 0;
    bool refused_ = false;
};

}  // namespace real

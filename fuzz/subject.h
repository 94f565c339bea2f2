// Subject: anything that can run the language of operations.
//
// A subject says what it can do; the runner skips operations it cannot, and the checkers skip what
// it does not promise. Which rules the model follows for it is its Kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/operation.h"

#include "morph/arena.h"
#include "morph/general.h"
#include "morph/mem.h"
#include "morph/pool.h"

namespace suite {

enum class Kind : uint8_t {
    arena,
    pool,
    context,
    general,    // malloc-shaped, with a model: counts are exact, places its own affair
    heap_like,  // malloc and friends
    heap        // collected: runs in a session of its own (heap_session.h)
};

// What a subject offers beyond plain allocation.
struct Abilities {
    bool free = false;
    bool reallocate = false;
    bool aligned = false;
    bool reset = false;
    bool scopes = false;
    bool types = false;    // types, placement
    bool metrics = false;  // figures the model knows exactly
    bool query = false;
    bool verify = false;   // a verification of its own
    bool debug = false;    // reports misuse through a handler
    bool limits = false;   // takes MorphMemoryLimits: injected failure, leak and footprint checks
    bool zeroed = true;    // allocate_zeroed
    size_t alignment = 8;  // promised for every object
    bool precise = false;  // heap: what heap.h promises; without: what any collector does
    bool generations = false;  // heap: and it is young and old: ages, barriers, minor collections
    bool guards = false;       // debug mode finds a byte overwritten behind an object
    bool baseline = false;     // V1: its rules for the model, and its law (v1_law.h)
    bool slot_alignment = false;  // pool: also every power of two that divides the slot
    // heap_like with limits: mapped <= live peak * percent / 100 + slack. 0: not checked.
    size_t footprint_percent = 0;
    size_t footprint_slack = 0;
};

// The figures that the model knows as well; those a subject does not have are left empty.
struct Figures {
    std::optional<MorphMemStats> context;
    std::optional<MorphArenaStats> arena;
    std::optional<MorphPoolStats> pool;
    std::optional<MorphGeneralStats> general;
};

class HeapSubject;

class Subject {
 public:
    virtual ~Subject() = default;
    Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

    // Creates the allocator. false: refused, see last_error(). close() destroys it; open may
    // follow.
    virtual bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
                      MorphReportHandler report, void* report_user) = 0;
    virtual void close() = 0;

    virtual void* allocate(
        const Operation& resolved) = 0;  // all four allocate codes; type resolved
    virtual MorphCode free(void* object, size_t size) = 0;
    virtual void* reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) = 0;
    virtual void reset() = 0;
    virtual void* mark() = 0;
    virtual MorphCode release(void* mark) = 0;
    virtual uint32_t register_type(uint8_t placement) = 0;
    virtual std::optional<MorphAddressInfo> query(const void* address) = 0;
    virtual Figures figures() = 0;
    virtual std::optional<MorphMemTypeStats> type_figures(uint32_t type) = 0;
    virtual MorphCode verify() = 0;
    virtual MorphError last_error() = 0;

    // Unit in which memory comes from the system: the footprint's bound follows from it. 0: none.
    virtual size_t chunk_bytes() const { return 0; }

    // Itself, when it is a collected heap (Kind::heap).
    virtual HeapSubject* heap() { return nullptr; }
};

struct SubjectEntry {
    std::string name;         // "arena", "pool.tiny", "context", "reference.pool", "malloc", ...
    std::string description;  // one line for `morphcheck list`
    Kind kind;
    Abilities abilities;
    std::function<std::unique_ptr<Subject>()> make;
};

// Every built-in subject, in the order `morphcheck list` prints them.
const std::vector<SubjectEntry>& subjects();

// A built-in subject by name, or one from a shared object when name is a path to one
// (docs/adding-a-subject.md). nullopt: error tells why.
std::optional<SubjectEntry> find_subject(std::string_view name, std::string* error);

}  // namespace suite

// RapidCheck: stateful properties of arena, pool and context, at least 1,000 cases each, and
// properties of the language. A failing case shrinks to its shortest list of commands.
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
// (RapidCheck needs what GoogleTest declares.)
#include <rapidcheck/gtest.h>
#include <rapidcheck/state.h>

#include "fuzz/binary.h"
#include "fuzz/interesting.h"
#include "fuzz/mutate.h"
#include "fuzz/shape.h"
#include "fuzz/shrink.h"
#include "fuzz/subject.h"
#include "fuzz/text.h"

namespace suite {
namespace {

// Read by RapidCheck at its first property. Another seed or number of cases: set it yourself.
const int kConfigured = setenv("RC_PARAMS", "max_success=1000 seed=20260521", 0);

// --------------------------------------------------------------------------- language

rc::Gen<Program> program_generator() {
    return rc::gen::map(rc::gen::arbitrary<std::vector<uint8_t>>(),
                        [](const std::vector<uint8_t>& bytes) { return decode(bytes); });
}

RC_GTEST_PROP(LanguageProperty, EncodeAndDecodeKeepEveryProgram, ()) {
    const Program program = *program_generator();
    RC_ASSERT(decode(encode(program)) == program);
}

RC_GTEST_PROP(LanguageProperty, PrintAndParseKeepEveryProgram, ()) {
    const Program program = *program_generator();
    auto parsed = parse(print(program));
    RC_ASSERT(std::holds_alternative<Program>(parsed));
    RC_ASSERT(std::get<Program>(parsed) == program);
}

RC_GTEST_PROP(LanguageProperty, AnyTextIsAProgramOrAnErrorWithAPosition,
              (const std::string& text)) {
    auto parsed = parse(text);
    if (const auto* error = std::get_if<ParseError>(&parsed)) {
        RC_ASSERT(error->line >= 1u);
        RC_ASSERT(error->column >= 1u);
        RC_ASSERT(error->column <= text.size() + 1);
    }
}

RC_GTEST_PROP(LanguageProperty, MutationKeepsProgramsCanonical, (uint64_t seed)) {
    Program program = *program_generator();
    Random random(seed);
    mutate(program, random, 100);
    RC_ASSERT(program == canonical(program));
    RC_ASSERT(decode(encode(program)) == program);
}

// A made-up failure: some object of at least the limit, then a free. The shrunk program must fail
// too, and be the smallest that does.
RC_GTEST_PROP(LanguageProperty, AShrunkProgramStillFailsAndIsMinimal, ()) {
    Program program = *program_generator();
    const uint64_t limit = *rc::gen::inRange<uint64_t>(0, 100000);
    program.operations.insert(program.operations.begin(),
                              {.code = Code::allocate_zeroed, .size = limit + 1000, .type = 9});
    program.operations.push_back({.code = Code::free, .object = 77});
    const Fails fails = [limit](const Program& candidate) {
        bool large = false;
        for (const Operation& operation : candidate.operations) {
            large |= operation.size >= limit && operation.code <= Code::allocate_placed;
            if (large && operation.code == Code::free) return true;
        }
        return false;
    };
    const ShrinkResult result = shrink(program, fails);
    RC_ASSERT(result.finished);
    RC_ASSERT(fails(result.program));
    const Program smallest{{}, {{.code = Code::allocate, .size = limit}, {.code = Code::free}}};
    RC_ASSERT(result.program == smallest);
}

// --------------------------------------------------------------------------- stateful

struct ModelState {
    std::vector<size_t> sizes;   // of live objects, oldest first
    std::vector<size_t> scopes;  // live objects when each was opened
};

struct Object {
    unsigned char* address;
    size_t size;
    unsigned char fill;
};

struct System {
    static constexpr size_t kEnd = 64;  // bytes checked at each end of an object

    explicit System(const SubjectEntry& entry) : subject(entry.make()) {
        MorphMemoryLimits limits = {};
        RC_ASSERT(subject->open(Configuration{}, limits, nullptr, nullptr));
    }
    ~System() { subject->close(); }

    void check() {
        for (const Object& object : objects) RC_ASSERT(intact(object));
        RC_ASSERT(subject->verify() == MORPH_OK);
    }
    // Both ends, where neighbours and headers would reach; all bytes are the fuzz targets' work.
    static bool intact(const Object& object) {
        bool same = true;
        for (size_t i = 0; i < object.size; ++i) {
            if (i == kEnd && object.size > 2 * kEnd) i = object.size - kEnd;
            same = same && object.address[i] == object.fill;
        }
        return same;
    }
    void keep(void* address, size_t size) {
        RC_ASSERT((address != nullptr));
        fills = static_cast<unsigned char>(fills + 1);
        if (size > 0) std::memset(address, fills, size);
        objects.push_back({static_cast<unsigned char*>(address), size, fills});
    }

    std::unique_ptr<Subject> subject;
    std::vector<Object> objects;
    std::vector<void*> marks;
    unsigned char fills = 0;
};

using Command = rc::state::Command<ModelState, System>;

uint64_t bytes_in_use(System& system) {
    const Figures figures = system.subject->figures();
    if (figures.arena) return figures.arena->bytes_used;
    return figures.pool ? figures.pool->bytes_live : figures.context->total.bytes_live;
}

// What the figures must say of these objects.
uint64_t bytes_in_use(System& system, const std::vector<size_t>& sizes) {
    uint64_t sum = 0;
    const bool arena = system.subject->figures().arena.has_value();
    for (size_t size : sizes) sum += arena ? (std::max<size_t>(size, 1) + 7) / 8 * 8 : size;
    return sum;
}

class Allocate : public Command {
 public:
    void apply(ModelState& model) const override { model.sizes.push_back(size_); }
    void run(const ModelState& before, System& system) const override {
        Operation operation;
        operation.size = size_;
        void* address = system.subject->allocate(operation);
        RC_ASSERT(reinterpret_cast<uintptr_t>(address) % 8 == 0u);
        system.keep(address, size_);
        system.check();
        RC_ASSERT(bytes_in_use(system) == bytes_in_use(system, nextState(before).sizes));
    }
    void show(std::ostream& os) const override { os << "allocate " << size_; }

 private:
    size_t size_ = *rc::gen::oneOf(rc::gen::inRange<size_t>(0, 1025),
                                   rc::gen::element<size_t>(8, 24, 48, 128, 129, 1024));
};

class AllocateLarge : public Command {
 public:
    void apply(ModelState& model) const override { model.sizes.push_back(size_); }
    void run(const ModelState& before, System& system) const override {
        Operation operation;
        operation.size = size_;
        system.keep(system.subject->allocate(operation), size_);
        system.check();
        RC_ASSERT(bytes_in_use(system) == bytes_in_use(system, nextState(before).sizes));
    }
    void show(std::ostream& os) const override { os << "allocate large " << size_; }

 private:
    size_t size_ = *rc::gen::inRange<size_t>(1025, 100000);
};

class Free : public Command {
 public:
    void checkPreconditions(const ModelState& model) const override {
        RC_PRE(!model.sizes.empty());
        // The context's arena keeps what is larger until reset.
        RC_PRE(model.sizes[pick_ % model.sizes.size()] <= MORPH_POOL_MAX_SIZE);
    }
    void apply(ModelState& model) const override {
        model.sizes.erase(model.sizes.begin() +
                          static_cast<std::ptrdiff_t>(pick_ % model.sizes.size()));
    }
    void run(const ModelState& before, System& system) const override {
        const size_t at = pick_ % before.sizes.size();
        const Object object = system.objects[at];
        RC_ASSERT(system.subject->free(object.address, object.size) == MORPH_OK);
        system.objects.erase(system.objects.begin() + static_cast<std::ptrdiff_t>(at));
        system.check();
        RC_ASSERT(bytes_in_use(system) == bytes_in_use(system, nextState(before).sizes));
    }
    void show(std::ostream& os) const override { os << "free " << pick_; }

 private:
    size_t pick_ = *rc::gen::inRange<size_t>(0, 64);
};

class Reset : public Command {
 public:
    void apply(ModelState& model) const override { model = {}; }
    void run(const ModelState&, System& system) const override {
        system.check();
        system.subject->reset();
        system.objects.clear();
        system.marks.clear();
        system.check();
        RC_ASSERT(bytes_in_use(system) == 0u);
    }
    void show(std::ostream& os) const override { os << "reset"; }
};

class Mark : public Command {
 public:
    void apply(ModelState& model) const override { model.scopes.push_back(model.sizes.size()); }
    void run(const ModelState&, System& system) const override {
        system.marks.push_back(system.subject->mark());
        RC_ASSERT((system.marks.back() != nullptr));
        system.check();
    }
    void show(std::ostream& os) const override { os << "mark"; }
};

class Release : public Command {
 public:
    void checkPreconditions(const ModelState& model) const override {
        RC_PRE(!model.scopes.empty());
    }
    void apply(ModelState& model) const override {
        const size_t at = pick_ % model.scopes.size();
        model.sizes.resize(model.scopes[at]);
        model.scopes.resize(at);
    }
    void run(const ModelState& before, System& system) const override {
        const size_t at = pick_ % before.scopes.size();
        RC_ASSERT(system.subject->release(system.marks[at]) == MORPH_OK);
        system.objects.resize(before.scopes[at]);
        system.marks.resize(at);
        system.check();
        RC_ASSERT(bytes_in_use(system) == bytes_in_use(system, nextState(before).sizes));
    }
    void show(std::ostream& os) const override { os << "release " << pick_; }

 private:
    size_t pick_ = *rc::gen::inRange<size_t>(0, 8);
};

template <typename Commands>
void check_subject(const char* name, const Commands& commands) {
    std::string error;
    const std::optional<SubjectEntry> entry = find_subject(name, &error);
    RC_ASSERT(entry.has_value());
    System system(*entry);
    rc::state::check(ModelState{}, system, commands);
}

RC_GTEST_PROP(StatefulProperty, ArenaAgreesWithItsModel, ()) {
    check_subject("arena.tiny", rc::state::gen::execOneOfWithArgs<Allocate, Allocate, AllocateLarge,
                                                                  Mark, Release, Reset>());
}

RC_GTEST_PROP(StatefulProperty, PoolAgreesWithItsModel, ()) {
    check_subject("pool.tiny",
                  rc::state::gen::execOneOfWithArgs<Allocate, Allocate, Free, Free, Reset>());
}

RC_GTEST_PROP(StatefulProperty, ContextAgreesWithItsModel, ()) {
    check_subject("context.tiny",
                  rc::state::gen::execOneOfWithArgs<Allocate, AllocateLarge, Free, Free, Reset>());
}

RC_GTEST_PROP(StatefulProperty, V1AgreesWithItsModel, ()) {
    check_subject("v1",
                  rc::state::gen::execOneOfWithArgs<Allocate, AllocateLarge, Free, Free, Reset>());
}

}  // namespace
}  // namespace suite

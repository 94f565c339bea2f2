// The generator is not too tame: over some seeds every code, every kind of edge and both outcomes
// of creation are reached, on real subjects.
#include "fuzz/generate.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <set>

#include "fuzz/forwarding_subject.h"
#include "fuzz/runner.h"
#include "fuzz/shape.h"
#include "fuzz/text.h"

namespace suite {
namespace {

// What the seeds reached on one subject.
struct Reached {
    size_t opened = 0, refused = 0;  // creations
    size_t live_max = 0;             // objects of the pool
    size_t blocks_max = 0, chunks_max = 0, large_max = 0, scopes_max = 0, types_max = 0;
    size_t live_fell = 0;  // times that the live set fell to less than half of what it had been
    size_t failures = 0;   // calls that gave NULL
    size_t refusals = 0;   // injected failures that fired
    size_t findings = 0;
    std::array<size_t, kCodes> done{};  // operations that were not skipped
    std::string first_finding;
};

class Watcher final : public ForwardingSubject {
 public:
    Watcher(const SubjectEntry& entry, Reached& reached)
        : ForwardingSubject(entry), reached_(reached) {}

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        const bool opened = ForwardingSubject::open(configuration, limits, report, report_user);
        ++(opened ? reached_.opened : reached_.refused);
        return opened;
    }
    void* allocate(const Operation& operation) override {
        void* address = ForwardingSubject::allocate(operation);
        if (address == nullptr) ++reached_.failures;
        return address;
    }
    uint32_t register_type(uint8_t placement) override {
        const uint32_t type = ForwardingSubject::register_type(placement);
        if (type != MORPH_TYPE_INVALID)
            reached_.types_max = std::max<size_t>(reached_.types_max, type);
        return type;
    }
    Figures figures() override {
        Figures figures = ForwardingSubject::figures();
        size_t live = 0;
        if (figures.arena) {
            note(reached_.chunks_max, figures.arena->chunks);
            note(reached_.blocks_max, figures.arena->blocks);
            note(reached_.large_max, figures.arena->large_objects);
            note(reached_.scopes_max, figures.arena->scopes);
            live = figures.arena->bytes_used;
        }
        if (figures.pool) {
            note(reached_.chunks_max, figures.pool->chunks);
            note(reached_.blocks_max, figures.pool->blocks);
            live = figures.pool->objects_live;
            note(reached_.live_max, live);
        }
        if (live > high_) high_ = live;
        if (high_ >= 8 && live < high_ / 2) {
            ++reached_.live_fell;
            high_ = live;
        }
        return figures;
    }

 private:
    static void note(size_t& most, size_t value) { most = std::max(most, value); }

    Reached& reached_;
    size_t high_ = 0;
};

Reached reach(const char* name, uint64_t seeds) {
    Reached reached;
    std::string error;
    const std::optional<SubjectEntry> found = find_subject(name, &error);
    if (!found) {
        ADD_FAILURE() << error;
        return reached;
    }
    SubjectEntry watched = *found;
    watched.make = [&] { return std::make_unique<Watcher>(*found, reached); };
    GenerateOptions options;
    options.kind = found->kind;
    options.abilities = found->abilities;
    RunOptions run_options;
    run_options.verify_interval = 64;
    const Program* program = nullptr;
    run_options.trace = [&](size_t index, const Operation&, const std::string& outcome) {
        if (outcome.starts_with("skipped")) return;
        ++reached.done[static_cast<size_t>(program->operations[index].code)];
    };
    for (uint64_t seed = 0; seed < seeds; ++seed) {
        const Program generated = generate(seed, options);
        program = &generated;
        const RunResult result = run(generated, watched, run_options);
        reached.refusals += result.refusals;
        if (result.finding) {
            ++reached.findings;
            if (reached.first_finding.empty()) {
                reached.first_finding = "seed " + std::to_string(seed) + ": " +
                                        checker_name(result.finding->checker) + ": " +
                                        result.finding->text;
            }
        }
    }
    EXPECT_EQ(reached.findings, 0u) << name << ", " << reached.first_finding;
    const std::array<bool, kCodes> supported = supported_codes(found->kind, found->abilities);
    for (size_t i = 0; i < kCodes; ++i) {
        if (supported[i]) {
            EXPECT_GT(reached.done[i], 0u) << name << ": " << shape(static_cast<Code>(i)).name;
        } else {
            EXPECT_EQ(reached.done[i], 0u) << name << ": " << shape(static_cast<Code>(i)).name;
        }
    }
    EXPECT_GT(reached.opened, 0u);
    EXPECT_GT(reached.refused, 0u) << name << ": no creation was refused";
    EXPECT_GT(reached.refusals, 0u) << name << ": no injected failure fired";
    EXPECT_GT(reached.failures, 0u);
    return reached;
}

constexpr uint64_t kSeeds = 600;

TEST(Generate, ReachesEveryEdgeOfTheArena) {
    const Reached reached = reach("arena.tiny", kSeeds);
    EXPECT_GE(reached.chunks_max, 4u);   // chunk boundaries
    EXPECT_GE(reached.blocks_max, 16u);  // block boundaries
    EXPECT_GE(reached.large_max, 2u);
    EXPECT_GE(reached.scopes_max, 3u);  // nested
    EXPECT_GE(reached.live_fell, 20u);
}

TEST(Generate, ReachesEveryEdgeOfThePool) {
    const Reached reached = reach("pool.tiny", kSeeds);
    EXPECT_GE(reached.live_max, 128u);   // two words of one bitmap, and more than one block
    EXPECT_GE(reached.blocks_max, 24u);  // more than a chunk has
    EXPECT_GE(reached.chunks_max, 2u);
    EXPECT_GE(reached.live_fell, 20u);
}

TEST(Generate, ReachesEveryEdgeOfTheContext) {
    const Reached reached = reach("context.tiny", kSeeds);
    EXPECT_GE(reached.types_max, 2u);
}

TEST(Generate, ReachesEveryEdgeOfTheHeap) {
    const SubjectEntry entry = *find_subject("heap.tiny", nullptr);
    GenerateOptions options;
    options.kind = entry.kind;
    options.abilities = entry.abilities;
    std::array<size_t, kCodes> done{};
    size_t collections = 0, forced = 0, refusals = 0, promotions_refused = 0;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
        const Program program = generate(seed, options);
        RunOptions run_options;
        run_options.fixed_point = false;
        run_options.trace = [&](size_t index, const Operation&, const std::string& outcome) {
            if (outcome.starts_with("skipped")) return;
            ++done[static_cast<size_t>(program.operations[index].code)];
        };
        const RunResult result = run(program, entry, run_options);
        ASSERT_FALSE(result.finding) << "seed " << seed << ": " << result.finding->text;
        collections += result.collections;
        forced += result.collections_forced;
        refusals += result.refusals;
        promotions_refused += result.promotions_refused;
    }
    const std::array<bool, kCodes> supported = supported_codes(entry.kind, entry.abilities);
    for (size_t i = 0; i < kCodes; ++i) {
        EXPECT_EQ(done[i] > 0, supported[i]) << shape(static_cast<Code>(i)).name;
    }
    EXPECT_GT(collections, 2 * kSeeds);
    EXPECT_GT(forced, kSeeds);
    EXPECT_GT(refusals, 10u);
    EXPECT_GT(promotions_refused, 0u);
}

// What a program asks for, by its operations alone.
TEST(Generate, AsksForNothingForTheImpossibleAndForManyTypes) {
    for (const char* name : {"arena.tiny", "pool.tiny", "context.tiny", "heap.tiny"}) {
        const SubjectEntry entry = *find_subject(name, nullptr);
        GenerateOptions options;
        options.kind = entry.kind;
        options.abilities = entry.abilities;
        size_t empty = 0, huge = 0, objects = 0, programs_of_many_types = 0;
        for (uint64_t seed = 0; seed < kSeeds; ++seed) {
            std::set<uint32_t> types;
            for (const Operation& operation : generate(seed, options).operations) {
                if (!shape(operation.code).uses(Operand::size)) continue;
                const bool typed = shape(operation.code).uses(Operand::type);
                if (!typed && operation.code != Code::allocate) continue;
                ++objects;
                empty += operation.size == 0 ? 1 : 0;
                huge += operation.size > MORPH_MAX_REQUEST ? 1 : 0;
                if (typed) types.insert(operation.type);
            }
            programs_of_many_types += types.size() >= 4 ? 1 : 0;
        }
        EXPECT_GT(empty, objects / 1000) << name;
        EXPECT_GT(huge, objects / 1000) << name;
        if (entry.abilities.types) EXPECT_GT(programs_of_many_types, kSeeds / 20) << name;
    }
}

TEST(Generate, TheSameSeedGivesTheSameProgramAndAnotherSeedAnother) {
    GenerateOptions options;
    options.operations_min = 8;
    EXPECT_EQ(generate(7, options), generate(7, options));
    EXPECT_NE(generate(7, options), generate(8, options));
}

TEST(Generate, KeepsToItsLengthsAndIsCanonical) {
    GenerateOptions options;
    options.operations_min = 10;
    options.operations_max = 20;
    options.abilities.free = true;
    for (uint64_t seed = 0; seed < 300; ++seed) {
        const Program program = generate(seed, options);
        EXPECT_GE(program.operations.size(), 10u);
        EXPECT_LE(program.operations.size(), 20u);
        EXPECT_EQ(program, canonical(program));
    }
}

TEST(Generate, LengthsZeroAndReversedBoundsAreHarmless) {
    GenerateOptions options;
    options.operations_min = 0;
    options.operations_max = 0;
    EXPECT_TRUE(generate(1, options).operations.empty());
    options.operations_min = 5;
    options.operations_max = 2;
    EXPECT_EQ(generate(1, options).operations.size(), 5u);
}

}  // namespace
}  // namespace suite

// From a failing program to a small one that people can use: isolation, shrinking, explanation, the
// written C++ program; and the failure sweep. Bugs are planted in a layer around the reference.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "fuzz/cpp_program.h"
#include "fuzz/explain.h"
#include "fuzz/forwarding_subject.h"
#include "fuzz/generate.h"
#include "fuzz/sweep.h"
#include "fuzz/text.h"

namespace suite {
namespace {

enum class Bug : uint8_t { none, misaligned, crash, endless, forgets_refusal };

class Faulty final : public ForwardingSubject {
 public:
    Faulty(const SubjectEntry& entry, Bug bug) : ForwardingSubject(entry), bug_(bug) {}

    void* allocate(const Operation& operation) override {
        const bool odd_size = operation.size >= 100 && operation.size <= 500;
        if (odd_size && ++count_ >= 3) {
            if (bug_ == Bug::crash) std::raise(SIGSEGV);
            while (bug_ == Bug::endless) usleep(1000);
        }
        void* address = ForwardingSubject::allocate(operation);
        if (address == nullptr && bug_ == Bug::forgets_refusal &&
            last_error().code == MORPH_ERROR_OUT_OF_MEMORY) {
            return spare_.data();  // memory that nobody gave
        }
        if (address != nullptr && odd_size && count_ >= 3 && bug_ == Bug::misaligned) {
            return static_cast<char*>(address) + 1;
        }
        return address;
    }
    void reset() override {
        count_ = 0;  // the runner's second pass begins as the first
        ForwardingSubject::reset();
    }

 private:
    Bug bug_;
    int count_ = 0;
    std::vector<uint64_t> spare_ = std::vector<uint64_t>(size_t{16} << 10);
};

SubjectEntry faulty(const char* name, Bug bug) {
    std::string error;
    const SubjectEntry plain = *find_subject(name, &error);
    SubjectEntry entry = plain;
    entry.make = [plain, bug] { return std::make_unique<Faulty>(plain, bug); };
    return entry;
}

Program parsed(std::string_view text) {
    return std::get<Program>(parse(text));
}

// A long program in which the bug shows somewhere.
Program failing_program(const SubjectEntry& subject) {
    GenerateOptions options;
    options.kind = subject.kind;
    options.abilities = subject.abilities;
    options.operations_min = 100;
    options.operations_max = 100;
    options.plausible = true;
    for (uint64_t seed = 0; seed < 200; ++seed) {
        const Program program = generate(seed, options);
        if (run(program, subject).finding) return program;
    }
    ADD_FAILURE() << "no program fails";
    return {};
}

TEST(Isolate, APassingProgramPasses) {
    const SubjectEntry subject = faulty("reference.pool", Bug::none);
    const Outcome outcome = run_isolated(parsed("allocate size=200\nfree\n"), subject);
    EXPECT_EQ(outcome.end, End::passed) << outcome.text;
    EXPECT_EQ(outcome.operations_run, 2u);
}

TEST(Isolate, AFindingACrashAndAnEndlessLoopAreOutcomes) {
    const Program program =
        parsed("allocate size=8\nallocate size=200\nallocate size=200\nallocate size=200\n");
    IsolateOptions options;
    options.track = true;
    const SubjectEntry misaligned = faulty("reference.pool", Bug::misaligned);
    const Outcome finding = run_isolated(program, misaligned, options);
    EXPECT_EQ(signature(finding), "checker alignment") << finding.text;
    EXPECT_EQ(finding.operation, 3u);
    const SubjectEntry crashing = faulty("reference.pool", Bug::crash);
    const Outcome crash = run_isolated(program, crashing, options);
    EXPECT_EQ(signature(crash), "crash") << crash.text;
    EXPECT_EQ(crash.operation, 3u);
    options.seconds = 0.3;
    const SubjectEntry endless = faulty("reference.pool", Bug::endless);
    const Outcome timeout = run_isolated(program, endless, options);
    EXPECT_EQ(signature(timeout), "timeout") << timeout.text;
    EXPECT_EQ(timeout.operation, 3u);
}

TEST(Shrink, AFindingBecomesTheThreeOperationsThatItNeeds) {
    const SubjectEntry subject = faulty("reference.pool", Bug::misaligned);
    const Program program = failing_program(subject);
    const Fails fails = [&](const Program& candidate) {
        const RunResult result = run(candidate, subject);
        return result.finding && result.finding->checker == Checker::alignment;
    };
    const ShrinkResult result = shrink(program, fails);
    EXPECT_TRUE(result.finished);
    EXPECT_TRUE(fails(result.program));
    EXPECT_EQ(print(result.program),
              "allocate size=100 type=0\nallocate size=100 type=0\nallocate size=100 type=0\n");
}

TEST(Shrink, ACrashShrinksAsWell) {
    const SubjectEntry subject = faulty("reference.pool", Bug::crash);
    const Program program = parsed(
        "configure debug=on\nallocate size=8\nallocate size=200\nfree\nallocate size=300\n"
        "allocate size=9 type=4\nallocate size=400 type=7\nfree object=2\n");
    const Outcome first = run_isolated(program, subject);
    ASSERT_EQ(first.end, End::crash);
    const ShrinkResult result = shrink(program, fails_like(first, subject));
    EXPECT_EQ(print(result.program),
              "allocate size=100 type=0\nallocate size=100 type=0\nallocate size=100 type=0\n");
}

TEST(Shrink, TheTimeLimitHoldsAndTheResultStillFails) {
    const SubjectEntry subject = faulty("reference.pool", Bug::misaligned);
    const Program program = failing_program(subject);
    size_t calls = 0;
    ShrinkOptions options;
    options.seconds = 0.05;
    options.progress = [&](size_t, size_t) { ++calls; };
    const Fails slow = [&](const Program& candidate) {
        timespec pause{0, 5000000};
        nanosleep(&pause, nullptr);
        return run(candidate, subject).finding.has_value();
    };
    const ShrinkResult result = shrink(program, slow, options);
    EXPECT_FALSE(result.finished);
    EXPECT_TRUE(slow(result.program));
    EXPECT_GT(calls, 0u);
    EXPECT_LT(calls, 30u);
}

// Fails when a free takes the object that was allocated with an alignment: by its place among the
// live ones, which each allocation before it changes.
bool frees_the_aligned(const Program& program) {
    std::vector<Code> live;
    for (const Operation& operation : program.operations) {
        if (operation.code != Code::free) {
            live.push_back(operation.code);
        } else if (!live.empty()) {
            const auto it = live.begin() + operation.object % static_cast<uint32_t>(live.size());
            if (*it == Code::allocate_aligned) return true;
            live.erase(it);
        }
    }
    return false;
}

TEST(Shrink, NamesOfObjectsFollowWhatIsLeftOut) {
    std::string text;
    for (int i = 0; i < 28; ++i) text += "allocate size=8\n";
    text += "allocate_aligned size=8 alignment=64\nallocate size=8\nfree object=28\n";
    const Program program = parsed(text);
    ASSERT_TRUE(frees_the_aligned(program));
    EXPECT_EQ(shrink(program, frees_the_aligned).program.operations.size(), 2u);
}

TEST(Shrink, TwoAllocationsBecomeOneWhereTheirSumIsWhatMatters) {
    const Fails full = [](const Program& candidate) {
        uint64_t sum = 0;
        for (const Operation& operation : candidate.operations) sum += operation.size;
        return sum >= 4000;
    };
    std::string text;
    for (int i = 0; i < 40; ++i) text += "allocate size=100\n";
    const ShrinkResult result = shrink(parsed(text), full);
    ASSERT_EQ(result.program.operations.size(), 1u);
    EXPECT_EQ(result.program.operations[0].size, 4000u);
}

TEST(Shrink, OperationsThatOnlyGoTogetherAreLeftOutTogether) {
    const Program program = parsed("mark\nallocate size=5\nreset\nverify\nrelease\nmetrics\n");
    const auto count = [](const Program& candidate, Code code) {
        return std::count_if(candidate.operations.begin(), candidate.operations.end(),
                             [code](const Operation& each) { return each.code == code; });
    };
    const ShrinkResult result = shrink(program, [&](const Program& candidate) {
        return count(candidate, Code::mark) == count(candidate, Code::release) &&
               count(candidate, Code::metrics) == 1;
    });
    EXPECT_EQ(print(result.program), "metrics\n");
}

TEST(Shrink, AProgramThatPassesComesBackAsItIs) {
    const Program program = parsed("allocate size=5\nfree object=7\n");
    EXPECT_EQ(shrink(program, [](const Program&) { return false; }).program, program);
}

TEST(Sweep, EveryRequestIsRefusedOnceAndForEverAndFires) {
    const SubjectEntry subject = faulty("arena.tiny", Bug::none);
    const Program program = parsed(
        "allocate size=100\nallocate size=70000\nmark\n"
        "allocate size=60000\nallocate size=60000\nrelease\nreset\n");
    const SweepResult result = sweep(program, subject);
    ASSERT_FALSE(result.finding) << result.finding->finding.text;
    EXPECT_GE(result.requests, 4u);
    EXPECT_EQ(result.runs, 1 + 2 * result.requests);
    EXPECT_GE(result.refusals, 2 * result.requests);
}

TEST(Sweep, FindsABugThatOnlyARefusedRequestShowsAndGivesAProgramForIt) {
    const SubjectEntry subject = faulty("arena.tiny", Bug::forgets_refusal);
    const Program program = parsed("allocate size=100\nallocate size=70000\nallocate size=9\n");
    EXPECT_FALSE(run(program, subject).finding);
    const SweepResult result = sweep(program, subject);
    ASSERT_TRUE(result.finding);
    ASSERT_TRUE(result.finding->program);
    const RunResult again = run(*result.finding->program, subject);
    ASSERT_TRUE(again.finding);
    EXPECT_EQ(again.finding->checker, result.finding->finding.checker);
}

TEST(Sweep, SubjectsWithoutLimitsRunOnce) {
    std::string error;
    const SubjectEntry subject = *find_subject("malloc", &error);
    const SweepResult result = sweep(parsed("allocate size=100\n"), subject);
    EXPECT_EQ(result.runs, 1u);
    EXPECT_EQ(result.refusals, 0u);
}

TEST(Explain, ShowsEachStepAndTheFinding) {
    std::FILE* file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    const SubjectEntry subject = faulty("reference.pool", Bug::misaligned);
    const Outcome outcome =
        explain(parsed("allocate size=200\nfree\nallocate size=200\nallocate size=200\n"), subject,
                fileno(file));
    EXPECT_EQ(outcome.end, End::finding);
    std::rewind(file);
    char buffer[4096] = {};
    EXPECT_GT(std::fread(buffer, 1, sizeof buffer - 1, file), 0u);
    (void)std::fclose(file);
    const std::string text = buffer;
    EXPECT_NE(text.find("\n0  allocate size=200"), std::string::npos) << text;
    EXPECT_NE(text.find("\n1  free object=0  ->  "), std::string::npos) << text;
    EXPECT_NE(text.find("checker alignment at operation 3"), std::string::npos) << text;
}

// Whether the compiler takes the text, warnings being errors.
bool compiles(const std::string& text) {
    namespace fs = std::filesystem;
    char name[] = "/tmp/morph-cpp-XXXXXX";
    if (mkdtemp(name) == nullptr) return false;
    const fs::path folder = name;
    std::ofstream(folder / "program.cpp") << text;
    const char* chosen = std::getenv("CXX");
    const std::string compiler = chosen != nullptr ? chosen : "clang++-19";
    const std::string command = compiler +
                                " -std=c++20 -fsyntax-only -Wall -Wextra -Wconversion -Wshadow "
                                "-Werror -Iimpl/include " +
                                (folder / "program.cpp").string() + " 2>&1";
    const int status = std::system(command.c_str());
    fs::remove_all(folder);
    return status == 0;
}

constexpr const char* kEveryCall =
    "configure debug=on\nregister_type placement=arena\nallocate size=24 type=1\n"
    "allocate_zeroed size=48\nallocate_aligned size=100 alignment=64\nmark\n"
    "allocate_placed size=30 placement=arena\nallocate size=MAX\nreallocate object=0 size=60\n"
    "query size=3\nfree_twice\nfree_foreign size=4\nfree_interior\nfree_wrong_size size=9\n"
    "fail_requests size=0 count=all\nallocate size=70000\nfail_requests\nrelease\n"
    "release_dead count=1\nverify\nfree\nreset\nallocate size=5\n";

TEST(CppProgram, CompilesForEveryKindWithEveryCall) {
    for (const char* name : {"arena.tiny", "pool.tiny", "context.tiny", "malloc"}) {
        std::string error;
        const SubjectEntry subject = *find_subject(name, &error);
        const std::string text = cpp_program(parsed(kEveryCall), subject, "a note\\\nof two lines");
        EXPECT_TRUE(compiles(text)) << name << "\n" << text;
        EXPECT_EQ(text.find("recording ended"), std::string::npos) << text;
    }
}

TEST(CppProgram, HasTheCallsTheRefusalsAndTheErrors) {
    std::string error;
    const SubjectEntry subject = *find_subject("context.tiny", &error);
    const std::string text = cpp_program(parsed(kEveryCall), subject, "");
    for (const char* wanted :
         {"morph_mem_alloc(memory, 24u, 1u)", "morph_mem_alloc_zeroed(memory, 48u, 0u)",
          "morph_mem_alloc_with(memory, 100u, 64u, 0u", "config.enable_debug = true",
          "18446744073709551615ull", "gave an error", "morph_mem_reset(memory)"}) {
        EXPECT_NE(text.find(wanted), std::string::npos) << wanted << "\n" << text;
    }
    const size_t refused = text.find("kRefused[] = {");
    ASSERT_NE(refused, std::string::npos);
    EXPECT_NE(text.substr(refused, 24).find("u, "), std::string::npos) << "no refusal recorded";
}

TEST(CppProgram, OfV1RunsOnV1) {
    std::string error;
    const SubjectEntry subject = *find_subject("v1", &error);
    const std::string text =
        cpp_program(parsed("configure threshold=65536\nallocate size=24\nfree\n"), subject, "");
    EXPECT_NE(text.find("config.enable_v1 = true;"), std::string::npos) << text;
    EXPECT_NE(text.find("config.v1.threshold = 65536u;"), std::string::npos) << text;
}

TEST(CppProgram, ACrashLeavesTheCallsThatLedToIt) {
    const SubjectEntry subject = faulty("reference.pool", Bug::crash);
    const std::string text = cpp_program(
        parsed("allocate size=200\nallocate size=201\nallocate size=202\n"), subject, "");
    EXPECT_NE(text.find("morph_pool_alloc(memory, 202u)"), std::string::npos) << text;
    EXPECT_NE(text.find("recording ended"), std::string::npos);
}

}  // namespace
}  // namespace suite

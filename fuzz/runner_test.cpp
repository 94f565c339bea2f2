// The runner's own promises: what it picks, skips, injects and reports.
#include "fuzz/runner.h"

#include <cstdlib>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "fuzz/broken_subject.h"

namespace suite {
namespace {

SubjectEntry subject(const std::string& name) {
    std::string error;
    std::optional<SubjectEntry> entry = find_subject(name, &error);
    EXPECT_TRUE(entry.has_value()) << error;
    return entry.value();
}

Operation operation(Code code, uint64_t size = 0, uint32_t object = 0) {
    Operation result;
    result.code = code;
    result.size = size;
    result.object = object;
    return result;
}

std::vector<std::string> outcomes_of(const Program& program, const SubjectEntry& entry) {
    std::vector<std::string> outcomes;
    RunOptions options;
    options.trace = [&](size_t, const Operation&, const std::string& outcome) {
        outcomes.push_back(outcome);
    };
    RunResult result = run(program, entry, options);
    EXPECT_FALSE(result.finding.has_value()) << result.finding->text;
    return outcomes;
}

TEST(Runner, ObjectsArePickedInOrderOfAllocation) {
    Program program;
    for (int count = 0; count < 3; ++count) {
        program.operations.push_back(operation(Code::allocate, 16));
    }
    program.operations.push_back(operation(Code::free, 0, 1));  // object 1
    program.operations.push_back(operation(Code::read, 0, 1));  // now object 2
    program.operations.push_back(operation(Code::read, 0, 2));  // 2 % 2: object 0
    std::vector<uint32_t> picked;
    RunOptions options;
    options.trace = [&](size_t, const Operation& resolved, const std::string&) {
        picked.push_back(resolved.object);
    };
    RunResult result = run(program, subject("reference.pool"), options);
    EXPECT_FALSE(result.finding.has_value());
    EXPECT_EQ(result.operations_run, 6u);
    EXPECT_EQ(result.allocations, 6u);  // both passes
    EXPECT_EQ(picked, (std::vector<uint32_t>{0, 0, 0, 1, 2, 0}));
}

TEST(Runner, WhatASubjectCannotDoIsSkipped) {
    Program program;
    program.operations = {operation(Code::mark), operation(Code::free), operation(Code::query),
                          operation(Code::allocate, 8)};
    std::vector<std::string> outcomes = outcomes_of(program, subject("malloc"));
    EXPECT_EQ(outcomes, (std::vector<std::string>{"skipped", "skipped", "skipped", "object 0"}));
}

TEST(Runner, EachRequestCanBeRefusedThoseOfOpenAsWell) {
    Program program;
    for (uint64_t size : {24u, 100u, 5000u, 300000u}) {
        program.operations.push_back(operation(Code::allocate, size));
    }
    for (const char* name : {"arena", "pool", "context", "reference.context"}) {
        SubjectEntry entry = subject(name);
        RunResult whole = run(program, entry);
        ASSERT_FALSE(whole.finding.has_value()) << name << ": " << whole.finding->text;
        ASSERT_GT(whole.requests, 1u) << name;
        for (uint64_t request = 0; request < whole.requests; ++request) {
            for (uint64_t count : {uint64_t{1}, UINT64_MAX}) {
                RunOptions options;
                options.fixed_point = false;
                options.fail_from = request;
                options.fail_count = count;
                RunResult result = run(program, entry, options);
                ASSERT_FALSE(result.finding.has_value())
                    << name << ", request " << request << ": " << result.finding->text;
                if (request == 0) {
                    EXPECT_GE(result.refusals, 1u) << name;
                }
            }
        }
    }
}

TEST(Runner, ImpossibleBlockSizesMustBeRefused) {
    Program program;
    for (int shift : {1, 11, 31, 63, 64, 255}) {
        program.configuration.block_shift = static_cast<uint8_t>(shift);
        for (const char* name : {"arena", "context", "arena.tiny", "reference.arena"}) {
            RunResult result = run(program, subject(name));
            EXPECT_FALSE(result.finding.has_value()) << name << ": " << result.finding->text;
            EXPECT_EQ(result.operations_run, 0u);
        }
    }
}

TEST(Runner, ARareCheckStillNamesTheOperationThatCausedTheFinding) {
    SubjectEntry correct = subject("reference.arena");
    SubjectEntry wrong = broken(correct, Mischief::verify_fails);  // from the 6th allocation on
    Program program;
    for (int count = 0; count < 20; ++count) {
        program.operations.push_back(operation(Code::allocate, 16));
    }
    RunResult result = run(program, wrong);
    ASSERT_TRUE(result.finding.has_value());
    EXPECT_EQ(result.finding->checker, Checker::invariants);
    EXPECT_EQ(result.finding->operation, 5u);
}

TEST(Runner, HostileOperandsAreSafeOnEverySubject) {
    for (const SubjectEntry& entry : subjects()) {
        Program program;
        for (uint8_t code = 0; code < static_cast<uint8_t>(Code::count_); ++code) {
            Operation hostile;
            hostile.code = static_cast<Code>(code);
            hostile.size = UINT64_MAX;
            hostile.object = UINT32_MAX;
            hostile.type = UINT32_MAX;
            hostile.alignment = 255;
            hostile.placement = 255;
            hostile.count = 254;
            program.operations.push_back(operation(Code::allocate, 9));
            program.operations.push_back(hostile);
        }
        for (bool debug : {false, true}) {
            program.configuration.debug = debug;
            RunResult result = run(program, entry);
            EXPECT_FALSE(result.finding.has_value())
                << entry.name << ", operation " << result.finding->operation << ": "
                << result.finding->text;
        }
    }
}

TEST(Subjects, PeersDoNotReplaceTheProgramsMalloc) {
    (void)run(Program{}, subject("mimalloc"));
    (void)run(Program{}, subject("jemalloc"));
    Dl_info info = {};
    ASSERT_NE(dladdr(reinterpret_cast<void*>(&std::malloc), &info), 0);
    std::string owner = info.dli_fname;
    EXPECT_EQ(owner.find("jemalloc"), std::string::npos) << owner;
    EXPECT_EQ(owner.find("mimalloc"), std::string::npos) << owner;
}

}  // namespace
}  // namespace suite

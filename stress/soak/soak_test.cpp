#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/driver/child.h"
#include "stress/driver/temporary.h"
#include "stress/soak/record.h"
#include "stress/soak/unit.h"

namespace {

using stress::contents;
using stress::Temporary;

const std::string kSoak = std::string(MORPH_RELEASED) + "/soak";

stress::Outcome soak_program(const std::vector<std::string>& more) {
    std::vector<std::string> command = {kSoak};
    command.insert(command.end(), more.begin(), more.end());
    return stress::run_child(command, std::chrono::steady_clock::now() + std::chrono::seconds(120));
}

bool has(const stress::Outcome& outcome, const std::string& part) {
    return outcome.output.find(part) != std::string::npos;
}

// A table over malloc that goes wrong when it is told to.
class Faulty : public soak::Table {
 public:
    enum class Fault : uint8_t { none, contents, resize, release, memory };
    explicit Faulty(Fault fault) : fault_(fault) {}

    bool allocate(size_t slot, size_t size) override {
        if (fault_ == Fault::memory && ++calls_ == 100) return false;
        objects_[slot].assign(size, 0);
        return true;
    }
    unsigned char* at(size_t slot) override { return objects_[slot].data(); }
    bool resize(size_t slot, size_t, size_t new_size) override {
        objects_[slot].resize(new_size);
        if (fault_ == Fault::resize && new_size >= 16 && ++calls_ == 20) objects_[slot][3] ^= 1;
        return true;
    }
    bool release(size_t, size_t) override {
        if (fault_ == Fault::contents && ++calls_ == 50) {
            for (std::vector<unsigned char>& object : objects_) {
                if (!object.empty()) object[0] ^= 1;
            }
        }
        return fault_ != Fault::release || ++calls_ != 50;
    }
    std::string verify() override { return {}; }

 private:
    const Fault fault_;
    int calls_ = 0;
    std::vector<std::vector<unsigned char>> objects_ =
        std::vector<std::vector<unsigned char>>(soak::kSlots);
};

TEST(Mix, EveryFaultOfAnAllocatorIsFound) {
    const auto run = [](Faulty::Fault fault) {
        Faulty table(fault);
        uint64_t result = 0;
        return soak::run_mix(table, {3, 2000, 12}, &result);
    };
    EXPECT_EQ(run(Faulty::Fault::none), "");
    EXPECT_NE(run(Faulty::Fault::contents).find("contents changed"), std::string::npos);
    EXPECT_NE(run(Faulty::Fault::resize).find("resize lost"), std::string::npos);
    EXPECT_NE(run(Faulty::Fault::release).find("a free was refused"), std::string::npos);
    EXPECT_NE(run(Faulty::Fault::memory).find("no memory"), std::string::npos);
}

TEST(World, TheResultIsThatOfTheSeedInEveryWorldAndEveryByteComesBack) {
    soak::World plain(false);
    soak::World debug(true);
    ASSERT_EQ(plain.open(), "");
    ASSERT_EQ(debug.open(), "");
    uint64_t first = 0;
    uint64_t second = 0;
    for (const soak::Sizes sizes : {soak::Sizes::narrow, soak::Sizes::wide}) {
        ASSERT_EQ(plain.work(4, sizes, &first), "");
        ASSERT_EQ(debug.work(4, sizes, &second), "");
        EXPECT_EQ(first, second);
    }
    ASSERT_EQ(plain.work(5, soak::Sizes::wide, &second), "");
    EXPECT_NE(first, second);
    EXPECT_GT(plain.held(), 0u);
    EXPECT_EQ(plain.close(), "");
    EXPECT_EQ(debug.close(), "");
    EXPECT_EQ(plain.held() + debug.held(), 0u);
}

TEST(Units, OfAllKindsEndWell) {
    soak::Units units(1);
    for (uint64_t seed = 1; seed <= 8; ++seed) EXPECT_EQ(units.run(seed), "") << seed;
    EXPECT_GT(units.held(), 0u);
}

TEST(Record, GoesOnWhereALifeWasTornOff) {
    const Temporary place;
    {
        soak::Record record;
        ASSERT_EQ(record.open(place.path(), 7), "");
        record.add(10, 1000, 2000);
        record.flush();
        record.add({11, 17, "contents changed"});
        record.add(12, 1000, 2000);
        record.flush();
    }
    const std::string path = place.file("soak.jsonl");
    const std::string whole = contents(path);
    stress::write_file(path, whole.substr(0, whole.size() - 9));
    soak::Record record;
    ASSERT_EQ(record.open(place.path(), 7), "");
    EXPECT_EQ(record.last_unit(), 11u);
    ASSERT_EQ(record.findings().size(), 1u);
    EXPECT_EQ(record.findings()[0].seed, 17u);
    ASSERT_EQ(record.lives().size(), 2u);
    EXPECT_EQ(record.lives()[0].resident.size(), 1u);
    EXPECT_EQ(record.lives()[1].first, 12u);
    soak::Record other;
    EXPECT_NE(other.open(place.path(), 7).find("another run"), std::string::npos);
}

TEST(SoakProgram, ALeakOfAPageAUnitIsFoundAndStaysFound) {
    const Temporary place;
    const stress::Outcome leaks = soak_program(
        {"--units", "400", "--leak", "4096", "--seconds", "100", "--state", place.path()});
    EXPECT_EQ(leaks.exit_code, 1);
    EXPECT_TRUE(has(leaks, "soak: 400 units, resident growing")) << leaks.output;
    const stress::Outcome later = soak_program({"--units", "3", "--state", place.path()});
    EXPECT_EQ(later.exit_code, 1);
    EXPECT_TRUE(has(later, "soak: 403 units, resident growing")) << later.output;
}

TEST(SoakProgram, WithoutALeakItIsFlat) {
    const stress::Outcome outcome = soak_program({"--units", "300", "--seconds", "100"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_TRUE(has(outcome, "soak: 300 units, resident flat (slope ")) << outcome.output;
    EXPECT_TRUE(has(outcome, "result soak good\n"));
}

TEST(SoakProgram, AKillKeepsWhatWasDoneAndFound) {
    const Temporary place;
    stress::write_file(place.file("soak.jsonl"),
                       "{\"seed\":5,\"soak\":1}\n{\"first\":1,\"life\":1}\n"
                       "{\"finding\":\"planted\",\"seed\":12,\"unit\":8}\n");
    const std::string path = place.path();
    const char* words[] = {kSoak.c_str(), "--seed",  "5",          "--seconds",
                           "60",          "--state", path.c_str(), nullptr};
    pid_t child = -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    ASSERT_EQ(posix_spawn(&child, words[0], &actions, nullptr, const_cast<char**>(words), environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; i < 3000; ++i) {
        if (contents(place.file("soak.jsonl")).find("points") != std::string::npos) break;
        (void)usleep(10000);
    }
    ASSERT_EQ(kill(child, SIGKILL), 0);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    const stress::Outcome outcome =
        soak_program({"--seed", "5", "--units", "2", "--state", place.path()});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(has(outcome, "goes on: ")) << outcome.output;
    EXPECT_TRUE(has(outcome, "found: unit 8, seed 12: planted")) << outcome.output;
    EXPECT_TRUE(has(outcome, ", 1 failures")) << outcome.output;
    const stress::Outcome other = soak_program({"--seed", "6", "--state", place.path()});
    EXPECT_EQ(other.exit_code, 2);
    EXPECT_TRUE(has(other, "belongs to another run")) << other.output;
}

TEST(SoakProgram, ARunWithoutAUnitShowsNothing) {
    const stress::Outcome outcome = soak_program({"--seconds", "0"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(has(outcome, "soak: 0 units, resident not judged")) << outcome.output;
    EXPECT_EQ(soak_program({"--seconds", "x"}).exit_code, 2);
}

}  // namespace

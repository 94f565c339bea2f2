#include "stress/driver/workloads.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <initializer_list>
#include <set>

namespace {

using stress::Plan;
using stress::Workload;

const stress::Places kPlaces = {"bin", "corpora/fox", "corpora/traces"};
constexpr Plan kPlans[] = {Plan::brief, Plan::full};

std::string title(const Workload& workload) {
    return workload.room + ": " + workload.name;
}

std::vector<std::string> titles(uint64_t seed, Plan plan) {
    std::vector<std::string> all;
    for (const Workload& workload : stress::workloads(kPlaces, seed, plan)) {
        all.push_back(title(workload));
    }
    return all;
}

TEST(Workloads, EveryRoomHasSomeInEveryPlan) {
    for (const Plan plan : kPlans) {
        std::set<std::string> seen;
        for (const Workload& workload : stress::workloads(kPlaces, 1, plan)) {
            seen.insert(workload.room);
        }
        for (const std::string& room : stress::rooms()) EXPECT_TRUE(seen.contains(room)) << room;
    }
}

TEST(Workloads, ARoundBeginsWithOneOfEachRoom) {
    for (const uint64_t seed : std::initializer_list<uint64_t>{1, 2, 3, 17}) {
        const std::vector<Workload> round = stress::workloads(kPlaces, seed, Plan::brief);
        const size_t rooms = stress::rooms().size();
        ASSERT_GE(round.size(), rooms);
        std::set<std::string> first;
        for (size_t i = 0; i < rooms; ++i) first.insert(round[i].room);
        EXPECT_EQ(first.size(), rooms) << "seed " << seed;
    }
}

TEST(Workloads, ANameIsGivenOnce) {
    for (const Plan plan : kPlans) {
        std::set<std::string> seen;
        for (const std::string& name : titles(7, plan)) {
            EXPECT_TRUE(seen.insert(name).second) << name;
        }
    }
}

TEST(Workloads, TheSameArgumentsGiveTheSameRound) {
    for (const Plan plan : kPlans) EXPECT_EQ(titles(5, plan), titles(5, plan));
}

TEST(Workloads, AnotherSeedBeginsTheBriefPlanElsewhere) {
    EXPECT_NE(titles(1, Plan::brief)[0], titles(2, Plan::brief)[0]);
}

TEST(Workloads, EachHasCommandsAndATime) {
    for (const Plan plan : kPlans) {
        for (const Workload& workload : stress::workloads(kPlaces, 1, plan)) {
            ASSERT_FALSE(workload.commands.empty()) << title(workload);
            for (const std::vector<std::string>& command : workload.commands) {
                EXPECT_FALSE(command.empty()) << title(workload);
            }
            EXPECT_GT(workload.seconds_max, 0) << title(workload);
        }
    }
}

TEST(Workloads, FrontEndAndCollectorCompareTheLibraryWithOtherSystems) {
    size_t all = 0;
    size_t on_all = 0;
    for (const Workload& workload : stress::workloads(kPlaces, 1, Plan::brief)) {
        if (workload.room != "front-end" && workload.room != "collector") continue;
        all += 1;
        EXPECT_NE(workload.commands[0][0].find("-library"), std::string::npos) << title(workload);
        const auto runs_on = [&workload](const char* system) {
            return std::any_of(
                workload.commands.begin(), workload.commands.end(),
                [system](const auto& command) { return command[0].ends_with(system); });
        };
        if (runs_on("-reference") && runs_on("-malloc")) on_all += 1;
    }
    EXPECT_GE(on_all, all / 2);
}

}  // namespace

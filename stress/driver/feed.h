// Feed: what is to be run next.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <regex>
#include <string>

#include "stress/driver/journal.h"
#include "stress/driver/run.h"

namespace stress {

struct Task {
    uint64_t round = 1;  // from 1 on
    uint64_t seed = 1;
    Workload workload;
};

// What rooms and regular expression choose, of a round.
[[nodiscard]] std::vector<Workload> chosen(const RunSettings& settings, uint64_t seed);

// Empty, or what is wrong with rooms or regular expression.
[[nodiscard]] std::string choice_error(const RunSettings& settings);

// One thread at a time.
class Feed {
 public:
    // Both outlive the feed.
    Feed(const RunSettings& settings, const Journal& journal)
        : settings_(settings), journal_(journal) {}

    // The next task that the journal does not know; nothing: all rounds are done, or a round has
    // no workload that is chosen.
    [[nodiscard]] const Task* peek();
    [[nodiscard]] Task take();

 private:
    const RunSettings& settings_;
    const Journal& journal_;
    std::deque<Task> waiting_;
    uint64_t round_ = 0;  // the last one that was made
    bool over_ = false;
};

}  // namespace stress

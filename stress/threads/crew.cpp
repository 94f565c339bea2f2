#include "stress/threads/crew.h"

#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

namespace threads {
namespace {

// What a thread found first.
class Finding {
 public:
    void note(const std::string& text) {
        const std::lock_guard lock(mutex_);
        if (text_.empty()) text_ = text;
        found_.store(true, std::memory_order_relaxed);
    }
    [[nodiscard]] bool found() const { return found_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::string text() {
        const std::lock_guard lock(mutex_);
        return text_;
    }

 private:
    std::mutex mutex_;
    std::string text_;
    std::atomic<bool> found_{false};
};

void work(const std::vector<Job>& jobs, const std::vector<Outcome>& expected, size_t first,
          uint64_t seed, Finding* finding) {
    for (size_t count = 0; count < jobs.size() && !finding->found(); ++count) {
        const size_t number = (first + count) % jobs.size();
        const Outcome outcome = jobs[number].run(seed);
        if (!outcome.wrong.empty()) {
            finding->note(jobs[number].name + ": " + outcome.wrong);
        } else if (outcome.result != expected[number].result) {
            finding->note("THREADS-RESULT: " + jobs[number].name + ": \"" + outcome.result +
                          "\", alone \"" + expected[number].result + "\"");
        }
    }
}

}  // namespace

RoundReport run_round(const std::vector<Job>& jobs, unsigned threads, uint64_t seed) {
    RoundReport report;
    std::vector<Outcome> expected;
    for (const Job& job : jobs) {
        expected.push_back(job.run(seed));
        if (!expected.back().wrong.empty()) {
            report.wrong = job.name + ", alone: " + expected.back().wrong;
            return report;
        }
        const std::string& result = expected.back().result;
        report.results.push_back(job.name + " " + (job.of_machine ? "told" : result));
    }
    Finding finding;
    std::latch start(threads);  // so that they overlap
    std::vector<std::thread> crew;
    crew.reserve(threads);
    for (unsigned number = 0; number < threads; ++number) {
        crew.emplace_back([&, number] {
            start.arrive_and_wait();
            work(jobs, expected, jobs.size() * number / threads, seed, &finding);
        });
    }
    for (std::thread& thread : crew) thread.join();
    report.wrong = finding.text();
    report.runs = uint64_t{threads} * jobs.size();
    return report;
}

}  // namespace threads

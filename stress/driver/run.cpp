#include "stress/driver/run.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <poll.h>
#include <set>
#include <thread>

#include "stress/driver/child.h"
#include "stress/driver/feed.h"
#include "stress/driver/journal.h"
#include "stress/driver/judge.h"

namespace stress {

namespace {

using Clock = std::chrono::steady_clock;

// A finding is run again for as long as it takes.
constexpr const char* kAgainSeconds = "86400";

unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

std::string join(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

// A regular expression that finds exactly this text.
std::string exactly(const std::string& text) {
    std::string expression = "^";
    for (const char letter : text) {
        if (std::string("\\^$.|?*+()[]{}").find(letter) != std::string::npos) expression += '\\';
        expression += letter;
    }
    return expression + '$';
}

class Runner {
 public:
    explicit Runner(const RunSettings& settings)
        : settings_(settings),
          start_(Clock::now()),
          deadline_(start_ + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(settings.seconds))),
          feed_(settings, journal_) {}

    [[nodiscard]] int work();

 private:
    [[nodiscard]] bool told_to_stop() const {
        pollfd stop = {settings_.stop, POLLIN, 0};
        return settings_.stop >= 0 && poll(&stop, 1, 0) > 0;
    }
    [[nodiscard]] double seconds_since(Clock::time_point begin) const {
        return std::chrono::duration<double>(Clock::now() - begin).count();
    }
    // false: there is nothing more to do.
    [[nodiscard]] bool next(Task* task);
    void worker();
    void finish(const Task& task, const Judgement& judgement, Clock::time_point began);
    [[nodiscard]] std::string again(const Task& task) const;
    void print_end() const;

    const RunSettings& settings_;
    const Clock::time_point start_;
    const Clock::time_point deadline_;
    Journal journal_;
    std::mutex mutex_;  // of all below, of the journal and of what is printed
    std::condition_variable changed_;
    Feed feed_;
    unsigned running_ = 0;
    bool alone_ = false;      // one runs that wants the machine for itself
    bool unwritten_ = false;  // the journal could not be written
    size_t run_here_ = 0;     // workloads judged by this process
};

bool Runner::next(Task* task) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
        if (Clock::now() >= deadline_ || told_to_stop()) return false;
        const Task* front = feed_.peek();
        if (front == nullptr) return false;
        if (!alone_ && (running_ == 0 || !front->workload.alone)) break;
        changed_.wait(lock);
    }
    *task = feed_.take();
    running_ += 1;
    alone_ = task->workload.alone;
    return true;
}

void Runner::worker() {
    Task task;
    while (next(&task)) {
        const Clock::time_point began = Clock::now();
        const Judgement judgement = judge(task.workload, deadline_, settings_.stop);
        const std::lock_guard<std::mutex> lock(mutex_);
        running_ -= 1;
        alone_ = false;
        finish(task, judgement, began);
        changed_.notify_all();
    }
}

std::string Runner::again(const Task& task) const {
    std::vector<std::string> command = {settings_.program,
                                        "--plan",
                                        plan_name(settings_.plan),
                                        "--seed",
                                        std::to_string(task.seed),
                                        "--rounds",
                                        "1",
                                        "--seconds",
                                        kAgainSeconds,
                                        "--rooms",
                                        task.workload.room,
                                        "--only",
                                        exactly(task.workload.room + ": " + task.workload.name)};
    const Places usual;
    if (settings_.places.programs != settings_.programs_beside) {
        command.insert(command.end(), {"--programs", settings_.places.programs});
    }
    if (settings_.places.corpus != usual.corpus) {
        command.insert(command.end(), {"--corpus", settings_.places.corpus});
    }
    if (settings_.places.traces != usual.traces) {
        command.insert(command.end(), {"--traces", settings_.places.traces});
    }
    return shell_line(command);
}

void Runner::finish(const Task& task, const Judgement& judgement, Clock::time_point began) {
    const Workload& workload = task.workload;
    const bool stopped = judgement.verdict == Verdict::out_of_time;
    const bool good = judgement.verdict == Verdict::good;
    std::printf("[%6.1f s] %-7s %-10s %-50s %.1f s%s\n", seconds_since(start_),
                stopped ? "stopped" : (good ? "good" : "FAILED"), workload.room.c_str(),
                workload.name.c_str(), seconds_since(began), stopped ? ", the time is up" : "");
    if (!stopped) {
        run_here_ += 1;
        Entry entry;
        entry.round = task.round;
        entry.seed = task.seed;
        entry.room = workload.room;
        entry.name = workload.name;
        entry.good = good;
        entry.seconds = seconds_since(began);
        if (!good) {
            entry.text = judgement.text;
            entry.again = again(task);
            std::printf("%s\n    again: %s\n", entry.text.c_str(), entry.again.c_str());
        }
        if (!journal_.add(std::move(entry))) {
            unwritten_ = true;
            std::printf("the journal in %s cannot be written\n", settings_.state.c_str());
        }
    }
    std::fflush(stdout);
}

void Runner::print_end() const {
    std::set<std::string> touched;
    for (const Entry& entry : journal_.entries()) touched.insert(entry.room);
    std::vector<std::string> yes;
    std::vector<std::string> no;
    for (const std::string& room : rooms()) (touched.contains(room) ? yes : no).push_back(room);
    std::printf("rooms touched: %s\n", yes.empty() ? "none" : join(yes, " ").c_str());
    if (!no.empty()) std::printf("rooms not touched: %s\n", join(no, " ").c_str());
    for (const Entry& entry : journal_.entries()) {
        if (entry.good) continue;
        std::printf("found: %s: %s: %s\n    again: %s\n", entry.room.c_str(), entry.name.c_str(),
                    entry.text.substr(0, entry.text.find('\n')).c_str(), entry.again.c_str());
        if (!entry.file.empty()) std::printf("    more:  %s\n", entry.file.c_str());
    }
}

int Runner::work() {
    if (!settings_.state.empty()) {
        const std::string refused =
            journal_.open(settings_.state, {settings_.seed, plan_name(settings_.plan),
                                            join(settings_.rooms, ","), settings_.only});
        if (!refused.empty()) {
            std::fprintf(stderr, "stress: %s\n", refused.c_str());
            return 2;
        }
        if (!journal_.entries().empty()) {
            std::printf("goes on: %zu workloads are done, %zu findings so far\n",
                        journal_.entries().size(), journal_.findings());
        }
    }
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < std::max(1u, settings_.jobs); ++i) {
            workers.emplace_back([this] { worker(); });
        }
    }
    size_t failures = journal_.findings() + (unwritten_ ? 1 : 0);
    print_end();
    // A run that had no time for anything has shown nothing.
    if (journal_.entries().empty()) {
        std::printf("no workload ended within %.1f s\n", seconds_since(start_));
        failures += 1;
    }
    std::printf("stress: %llu workloads, %llu failures\n", number(journal_.entries().size()),
                number(failures));
    std::fflush(stdout);
    return failures == 0 ? 0 : 1;
}

}  // namespace

const char* plan_name(Plan plan) {
    return plan == Plan::brief ? "brief" : "full";
}

bool print_list(const RunSettings& settings) {
    const std::string wrong = choice_error(settings);
    if (!wrong.empty()) {
        std::fprintf(stderr, "stress: %s\n", wrong.c_str());
        return false;
    }
    for (const Workload& workload : chosen(settings, settings.seed)) {
        std::printf("%s: %s\n", workload.room.c_str(), workload.name.c_str());
        for (const std::vector<std::string>& command : workload.commands) {
            std::printf("    %s\n", shell_line(command, workload.environment).c_str());
        }
    }
    return true;
}

int run(const RunSettings& settings) {
    const std::string wrong = choice_error(settings);
    if (!wrong.empty()) {
        std::fprintf(stderr, "stress: %s\n", wrong.c_str());
        return 2;
    }
    return Runner(settings).work();
}

}  // namespace stress

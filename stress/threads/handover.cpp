#include "stress/threads/handover.h"

#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "stress/generate/random.h"

#include "morph/mem.h"

namespace threads {
namespace {

struct Node {
    void* next;
    uint64_t value;
};

// A context with work in it: lists in RUNTIME mode, objects to free in COMPILER mode.
class Vessel {
 public:
    Vessel(unsigned kind, const Choice& choice, uint64_t seed) : random_(seed * 8 + kind) {
        runtime_ = kind % 2 != 0;
        MorphMemConfig config = runtime_ ? MORPH_CONFIG_RUNTIME : MORPH_CONFIG_COMPILER;
        if (runtime_) config.heap.nursery_bytes = size_t{32} << 10;
        config.enable_v1 = kind % 4 >= 2;
        config.enable_debug = choice.debug;
        config.report = [](void* user, const MorphReport* report) {
            static_cast<Vessel*>(user)->wrong_ = std::string("THREADS-HANDOVER: ") + report->text;
        };
        config.report_user = this;
        context_ = morph_mem_init(&config);
        if (context_ == nullptr) {
            wrong_ = morph_creation_error().text;
            return;
        }
        static constexpr size_t kLinks[] = {offsetof(Node, next)};
        MorphMemTypeInfo info = {};
        info.name = "node";
        if (runtime_) {
            info.layout = MORPH_LAYOUT_OFFSETS;
            info.offsets = kLinks;
            info.offset_count = 1;
        }
        type_ = morph_mem_register_type(context_, &info);
        if (runtime_) (void)morph_mem_gc_push_root(context_, &list_);
    }
    Vessel(const Vessel&) = delete;
    Vessel& operator=(const Vessel&) = delete;
    ~Vessel() { (void)morph_mem_destroy(context_); }

    void do_stage() {
        if (!wrong_.empty()) return;
        for (unsigned count = 0; count < 60 && wrong_.empty(); ++count) add_or_drop();
        if (stages_ % 4 == 3 && morph_mem_verify(context_) != MORPH_OK) {
            wrong_ = morph_mem_last_error(context_).text;
        }
        stages_ += 1;
    }
    [[nodiscard]] unsigned stages() const { return stages_; }
    [[nodiscard]] const std::string& wrong() const { return wrong_; }

    // Of what is in the lists, and of what was counted.
    [[nodiscard]] std::string result() const {
        uint64_t sum = 0;
        const auto* node = static_cast<const Node*>(list_);
        for (; node != nullptr; node = static_cast<const Node*>(node->next)) {
            sum = sum * 31 + node->value;
        }
        MorphMemStats stats = {};
        (void)morph_mem_get_stats(context_, &stats);
        return std::to_string(sum) + "/" + std::to_string(stats.total.allocations);
    }

 private:
    void add_or_drop() {
        if (list_ != nullptr && random_.chance(40)) {
            auto* first = static_cast<Node*>(list_);
            list_ = first->next;
            if (!runtime_ && morph_mem_free(context_, first) != MORPH_OK) wrong_ = "free failed";
            return;
        }
        auto* node = static_cast<Node*>(morph_mem_alloc(context_, sizeof(Node), type_));
        if (node == nullptr) {
            wrong_ = morph_mem_last_error(context_).text;
            return;
        }
        node->value = random_.next();
        if (runtime_) {
            morph_mem_write(context_, node, &node->next, list_);
        } else {
            node->next = list_;
        }
        list_ = node;
    }

    fox::Random random_;
    MorphMemContext* context_ = nullptr;
    bool runtime_ = false;
    uint32_t type_ = 0;
    void* list_ = nullptr;
    unsigned stages_ = 0;
    std::string wrong_;

 public:
    std::thread::id last_thread;
};

class Queue {
 public:
    explicit Queue(bool alone) : alone_(alone) {}

    void put(Vessel* vessel) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(vessel);
        more_.notify_all();
    }
    // The first one that another thread had last. nullptr: all have finished.
    Vessel* take() {
        const auto self = std::this_thread::get_id();
        Vessel* vessel = nullptr;
        std::unique_lock lock(mutex_);
        more_.wait(lock, [&] {
            vessel = take_now(self);
            return vessel != nullptr || unfinished == 0;
        });
        return vessel;
    }
    void finish_one() {
        const std::lock_guard lock(mutex_);
        unfinished -= 1;
        if (unfinished == 0) more_.notify_all();
    }
    void count(uint64_t passed) {
        const std::lock_guard lock(mutex_);
        passed_ += passed;
    }
    [[nodiscard]] uint64_t passed() const { return passed_; }

    size_t unfinished = 0;

 private:
    Vessel* take_now(std::thread::id self) {
        for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
            Vessel* vessel = *at;
            if (!alone_ && vessel->last_thread == self) continue;
            waiting_.erase(at);
            return vessel;
        }
        return nullptr;
    }

    const bool alone_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<Vessel*> waiting_;
    uint64_t passed_ = 0;
};

void serve(Queue* queue, unsigned stages) {
    uint64_t passed = 0;
    while (Vessel* vessel = queue->take()) {
        const auto self = std::this_thread::get_id();
        if (vessel->stages() != 0 && vessel->last_thread != self) passed += 1;
        vessel->last_thread = self;
        vessel->do_stage();
        if (vessel->stages() < stages && vessel->wrong().empty()) {
            queue->put(vessel);
        } else {
            queue->finish_one();
        }
    }
    queue->count(passed);
}

}  // namespace

HandoverReport hand_over(const Choice& choice, unsigned threads, uint64_t seed) {
    const unsigned stages = choice.small ? 8 : 40;
    std::vector<std::unique_ptr<Vessel>> vessels;
    Queue queue(threads == 1);
    for (unsigned kind = 0; kind < 12; ++kind) {
        vessels.push_back(std::make_unique<Vessel>(kind, choice, seed));
        queue.put(vessels.back().get());
    }
    queue.unfinished = vessels.size();
    std::vector<std::thread> crew;
    crew.reserve(threads);
    for (unsigned number = 0; number < threads; ++number) {
        crew.emplace_back([&queue, stages] { serve(&queue, stages); });
    }
    for (std::thread& thread : crew) thread.join();
    HandoverReport report;
    for (const auto& vessel : vessels) {
        if (report.wrong.empty()) report.wrong = vessel->wrong();
        report.result += (report.result.empty() ? "" : " ") + vessel->result();
        report.stages += vessel->stages();
    }
    report.passed = queue.passed();
    return report;
}

}  // namespace threads

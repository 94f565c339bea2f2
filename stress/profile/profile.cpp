#include "stress/profile/profile.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "stress/generate/random.h"
#include "stress/profile/process_memory.h"

namespace profile {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct ContextCloser {
    void operator()(MorphMemContext* context) const { (void)morph_mem_destroy(context); }
};

struct Balance {
    uint64_t granted = 0;
    uint64_t returned = 0;
};

bool on_request(void* user, size_t bytes) {
    static_cast<Balance*>(user)->granted += bytes;
    return true;
}

void on_return(void* user, size_t bytes) {
    static_cast<Balance*>(user)->returned += bytes;
}

// All words of an object hold its identity and their place in it.
void fill(uint64_t* object, size_t size, uint64_t identity) {
    for (size_t word = 0; word < size / 8; ++word)
        object[word] = identity * 0x9e3779b97f4a7c15u + word;
}

bool holds(const uint64_t* object, size_t size, uint64_t identity) {
    for (size_t word = 0; word < size / 8; ++word) {
        if (object[word] != identity * 0x9e3779b97f4a7c15u + word) return false;
    }
    return true;
}

class Run {
 public:
    explicit Run(const Settings& settings);
    Report work();

 private:
    [[nodiscard]] bool open();
    [[nodiscard]] size_t kind_of(uint64_t index) const { return pattern_[index % kPatternObjects]; }
    [[nodiscard]] uint64_t identity_of(uint64_t index) const {
        return (index << 24) + versions_[index];
    }
    [[nodiscard]] bool allocate(uint64_t index);
    [[nodiscard]] bool allocate_all(double* seconds);
    [[nodiscard]] bool verify_all();
    [[nodiscard]] bool replace_some();
    [[nodiscard]] bool figures_hold();
    bool wrong(const std::string& text);
    void phases();

    const Settings settings_;
    Report report_;
    Balance balance_;
    std::unique_ptr<MorphMemContext, ContextCloser> context_;
    std::array<uint32_t, kKindCount> types_{};
    std::array<uint8_t, kPatternObjects> pattern_{};
    std::vector<uint64_t*> objects_;
    std::vector<uint32_t> versions_;  // of each object: 1, and 1 more for each replacement
    ProcessMemory before_;
};

Run::Run(const Settings& settings) : settings_(settings) {
    size_t filled = 0;
    for (size_t kind = 0; kind < kKindCount; ++kind) {
        for (uint32_t i = 0; i < kKinds[kind].per_thousand; ++i) {
            pattern_[filled++] = static_cast<uint8_t>(kind);
        }
    }
    fox::Random random(settings.seed);
    for (size_t i = kPatternObjects - 1; i > 0; --i) {
        std::swap(pattern_[i], pattern_[random.below(i + 1)]);
    }
}

bool Run::wrong(const std::string& text) {
    if (report_.wrong.empty()) report_.wrong = text;
    return false;
}

bool Run::open() {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.enable_metrics = settings_.metrics;
    config.memory.bytes_max = settings_.bytes_max;
    config.memory.request = on_request;
    config.memory.returned = on_return;
    config.memory.user = &balance_;
    if (settings_.bytes_max != 0) config.heap_size_hint = 0;
    context_.reset(morph_mem_init(&config));
    if (context_ == nullptr) return wrong(morph_creation_error().text);
    for (size_t kind = 0; kind < kKindCount; ++kind) {
        const MorphMemTypeInfo info = {kKinds[kind].name, MORPH_PLACE_BY_SIZE};
        types_[kind] = morph_mem_register_type(context_.get(), &info);
        if (types_[kind] == MORPH_TYPE_INVALID) return wrong("a type was refused");
    }
    return true;
}

bool Run::allocate(uint64_t index) {
    const size_t kind = kind_of(index);
    auto* object =
        static_cast<uint64_t*>(morph_mem_alloc(context_.get(), kKinds[kind].size, types_[kind]));
    objects_[index] = object;
    if (object == nullptr) return false;
    fill(object, kKinds[kind].size, identity_of(index));
    return true;
}

bool Run::allocate_all(double* seconds) {
    const Clock::time_point start = Clock::now();
    for (uint64_t index = 0; index < objects_.size(); ++index) {
        if (!allocate(index)) {
            report_.out_of_memory = true;
            return false;
        }
    }
    *seconds = seconds_since(start);
    return true;
}

bool Run::verify_all() {
    for (uint64_t index = 0; index < objects_.size(); ++index) {
        const size_t size = kKinds[kind_of(index)].size;
        if (!holds(objects_[index], size, identity_of(index))) {
            return wrong("contents of object " + std::to_string(index) + " changed");
        }
    }
    if (morph_mem_verify(context_.get()) == MORPH_OK) return true;
    return wrong(morph_mem_last_error(context_.get()).text);
}

bool Run::replace_some() {
    fox::Random random(settings_.seed ^ 0x7265706c);
    const Clock::time_point start = Clock::now();
    for (uint64_t i = 0; i < objects_.size(); ++i) {
        const uint64_t index = random.below(objects_.size());
        const size_t size = kKinds[kind_of(index)].size;
        if (!holds(objects_[index], size, identity_of(index))) {
            return wrong("contents of object " + std::to_string(index) + " changed before free");
        }
        if (morph_mem_free(context_.get(), objects_[index]) != MORPH_OK) {
            return wrong("a free was refused");
        }
        versions_[index] += 1;
        if (!allocate(index)) return wrong("no memory for a replacement");
    }
    report_.seconds_replace = seconds_since(start);
    return verify_all();
}

// Live objects and bytes by type are what the mix says.
bool Run::figures_hold() {
    if (!settings_.metrics) return true;
    for (size_t kind = 0; kind < kKindCount; ++kind) {
        uint64_t expected = 0;
        for (uint64_t i = 0; i < objects_.size() % kPatternObjects; ++i) {
            if (kind_of(i) == kind) ++expected;
        }
        expected += objects_.size() / kPatternObjects * kKinds[kind].per_thousand;
        MorphMemTypeStats stats;
        if (morph_mem_get_type_stats(context_.get(), types_[kind], &stats) != MORPH_OK ||
            stats.counts.objects_live != expected ||
            stats.counts.bytes_live != expected * kKinds[kind].size) {
            return wrong(std::string("figures of type ") + kKinds[kind].name);
        }
    }
    return true;
}

void Run::phases() {
    MorphMemContext* context = context_.get();
    if (!allocate_all(&report_.seconds_whole)) return;
    const ProcessMemory whole = process_memory();
    report_.rss = whole.rss > before_.rss ? whole.rss - before_.rss : 0;
    MorphMemStats stats;
    (void)morph_mem_get_stats(context, &stats);
    report_.mapped = stats.bytes_mapped;
    if (!verify_all() || !figures_hold()) return;

    Clock::time_point start = Clock::now();
    morph_mem_reset(context);
    report_.seconds_reset = seconds_since(start);

    if (!allocate_all(&report_.seconds_again) || !verify_all() || !figures_hold()) {
        wrong("phase again fails");
        return;
    }
    (void)morph_mem_get_stats(context, &stats);
    report_.mapped_again = stats.bytes_mapped;
    if (report_.mapped_again > report_.mapped) {
        wrong("phase again maps more than phase whole");
        return;
    }
    if (settings_.replace) (void)(replace_some() && figures_hold());
}

Report Run::work() {
    const uint64_t count = settings_.lines * kObjectsPerLine;
    // Touched before memory is measured: the tables are ours, not the subject's.
    objects_.assign(count, reinterpret_cast<uint64_t*>(8));
    versions_.assign(count, 1);
    report_.objects = count;
    for (uint64_t i = 0; i < count; ++i) report_.payload += kKinds[kind_of(i)].size;
    before_ = process_memory();
    if (open()) phases();
    if (report_.out_of_memory && context_ != nullptr) {
        // A refusal is clean when what was made can be reset and the context still serves.
        morph_mem_reset(context_.get());
        if (morph_mem_alloc(context_.get(), 64, types_[0]) == nullptr)
            wrong("no object after reset");
        if (morph_mem_verify(context_.get()) != MORPH_OK) wrong("broken after a refusal");
    }
    const ProcessMemory after = process_memory();
    report_.rss_peak = after.peak > before_.rss ? after.peak - before_.rss : 0;
    context_.reset();
    if (balance_.granted != balance_.returned) wrong("bytes granted are not returned");
    return report_;
}

}  // namespace

Report run(const Settings& settings) {
    return Run(settings).work();
}

}  // namespace profile

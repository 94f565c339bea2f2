// Replays without checkers, for their time.
#include <algorithm>
#include <chrono>
#include <cstring>

#include "fuzz/ledger.h"
#include "stress/trace/replay.h"

namespace trace {
namespace {

using suite::Code;
using Clock = std::chrono::steady_clock;

constexpr uint8_t kAlignmentAskedMax = 20;  // log2

struct Object {
    void* address = nullptr;
    size_t size = 0;
};

// What is done in place of what a subject cannot do is decided once for each event, by kind.
class Runner {
 public:
    Runner(suite::Subject& subject, const suite::Abilities& can, bool pool, uint32_t slots)
        : subject_(subject), can_(can), pool_(pool), objects_(slots) {}

    ~Runner() {
        for (Object& object : objects_) {
            if (object.address != nullptr) release(object);
        }
    }
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    // false: no memory.
    bool step(const Event& event) {
        switch (event.kind) {
            case Kind::plain:
            case Kind::zeroed:
            case Kind::aligned:
                objects_[event.slot].address = obtain(event.kind, event.alignment, event.size);
                objects_[event.slot].size = event.size;
                return objects_[event.slot].address != nullptr;
            case Kind::resized:
                return resize(objects_[event.slot], event.size);
            case Kind::freed:
                release(objects_[event.slot]);
                objects_[event.slot].address = nullptr;
                return true;
            default:
                return true;
        }
    }

 private:
    [[nodiscard]] bool beside(size_t size) const { return pool_ && size > MORPH_POOL_MAX_SIZE; }

    void* obtain(Kind kind, uint8_t alignment, size_t size) {
        suite::Operation operation;
        operation.size = size;
        void* memory = nullptr;
        if (beside(size)) {
            memory = kind == Kind::zeroed ? std::calloc(1, size) : std::malloc(size);
        } else {
            if (kind == Kind::zeroed && can_.zeroed) operation.code = Code::allocate_zeroed;
            if (kind == Kind::aligned && can_.aligned && alignment <= kAlignmentAskedMax) {
                operation.code = Code::allocate_aligned;
                operation.alignment = alignment;
            }
            memory = subject_.allocate(operation);
            if (kind == Kind::zeroed && !can_.zeroed && memory != nullptr) {
                std::memset(memory, 0, size);
            }
        }
        if (memory != nullptr && size != 0) *static_cast<volatile char*>(memory) = 1;
        return memory;
    }

    void release(const Object& object) {
        if (beside(object.size)) {
            std::free(object.address);
        } else if (can_.free) {
            (void)subject_.free(object.address, object.size);
        }
    }

    bool resize(Object& object, size_t size) {
        size = std::max<size_t>(size, 1);
        void* moved = nullptr;
        if (can_.reallocate && !beside(size) && !beside(object.size)) {
            moved = subject_.reallocate(object.address, object.size, size, 0);
        } else {
            moved = obtain(Kind::plain, 0, size);
            if (moved != nullptr) {
                std::memcpy(moved, object.address, std::min(size, object.size));
                release(object);
            }
        }
        if (moved == nullptr) return false;
        object = {moved, size};
        return true;
    }

    suite::Subject& subject_;
    const suite::Abilities& can_;
    const bool pool_;
    std::vector<Object> objects_;
};

Replayed time_replay(const Trace& trace, const suite::SubjectEntry& entry, uint64_t bytes_max) {
    Replayed result;
    suite::Ledger ledger(bytes_max);
    const std::unique_ptr<suite::Subject> subject = entry.make();
    suite::Configuration configuration;
    configuration.bytes_max = bytes_max;
    const MorphMemoryLimits limits = entry.abilities.limits ? ledger.limits() : MorphMemoryLimits{};
    if (!subject->open(configuration, limits, nullptr, nullptr)) {
        result.refused = subject->last_error().text;
        return result;
    }
    {
        Runner runner(*subject, entry.abilities, entry.kind == suite::Kind::pool, trace.slots);
        const Clock::time_point begin = Clock::now();
        for (const Event& event : trace.events) {
            if (!runner.step(event)) {
                result.out_of_memory = true;
                break;
            }
            ++result.calls;
        }
        result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    result.mapped_peak = static_cast<uint64_t>(ledger.peak_ever());
    subject->close();
    return result;
}

// Gives the same memory to all.
class Nothing final : public suite::Subject {
 public:
    bool open(const suite::Configuration&, const MorphMemoryLimits&, MorphReportHandler,
              void*) override {
        return true;
    }
    void close() override {}
    void* allocate(const suite::Operation&) override { return &memory_; }
    MorphCode free(void*, size_t) override { return MORPH_OK; }
    void* reallocate(void* object, size_t, size_t, uint32_t) override { return object; }
    void reset() override {}
    void* mark() override { return nullptr; }
    MorphCode release(void*) override { return MORPH_OK; }
    uint32_t register_type(uint8_t) override { return 0; }
    std::optional<MorphAddressInfo> query(const void*) override { return std::nullopt; }
    suite::Figures figures() override { return {}; }
    std::optional<MorphMemTypeStats> type_figures(uint32_t) override { return std::nullopt; }
    MorphCode verify() override { return MORPH_OK; }
    MorphError last_error() override { return {}; }

 private:
    char memory_ = 0;
};

}  // namespace

Replayed replay_for_speed(const Trace& trace, const suite::SubjectEntry& entry,
                          const ReplayOptions& options) {
    if (replays(entry)) return time_replay(trace, entry, options.bytes_max);
    Replayed result;
    result.refused = "a collected heap frees by itself";
    return result;
}

Replayed replay_on_nothing(const Trace& trace) {
    suite::SubjectEntry entry = {};
    entry.abilities.free = entry.abilities.reallocate = true;
    entry.abilities.aligned = entry.abilities.zeroed = true;
    entry.kind = suite::Kind::heap_like;
    entry.make = [] { return std::make_unique<Nothing>(); };
    return time_replay(trace, entry, UINT64_MAX);
}

}  // namespace trace

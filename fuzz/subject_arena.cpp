// Subject over morph_arena_*, whichever build of it the table holds.
#include "fuzz/subjects.h"

namespace suite {
namespace {

class ArenaSubject final : public Subject {
 public:
    explicit ArenaSubject(const Api& api) : api_(api) {}
    ~ArenaSubject() override { ArenaSubject::close(); }

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        MorphArenaConfig config = {};
        config.block_size = block_bytes(configuration);
        config.enable_debug = configuration.debug;
        config.memory = limits;
        config.report = report;
        config.report_user = report_user;
        arena_ = api_.arena_create(&config);
        return arena_ != nullptr;
    }

    void close() override {
        api_.arena_destroy(arena_);
        arena_ = nullptr;
    }

    void* allocate(const Operation& operation) override {
        if (operation.code == Code::allocate_zeroed) {
            return api_.arena_alloc_zeroed(arena_, operation.size);
        }
        if (operation.code == Code::allocate_aligned) {
            return api_.arena_alloc_aligned(arena_, operation.size, alignment_of(operation));
        }
        return api_.arena_alloc(arena_, operation.size);
    }

    MorphCode free(void*, size_t) override { return MORPH_ERROR_UNSUPPORTED; }
    void* reallocate(void*, size_t, size_t, uint32_t) override { return nullptr; }
    void reset() override { api_.arena_reset(arena_); }
    void* mark() override { return api_.arena_mark(arena_); }
    MorphCode release(void* mark) override {
        return api_.arena_release(arena_, static_cast<MorphArenaMark*>(mark));
    }
    uint32_t register_type(uint8_t) override { return MORPH_TYPE_INVALID; }

    std::optional<MorphAddressInfo> query(const void* address) override {
        MorphAddressInfo info = {};
        info.allocated = api_.arena_contains(arena_, address);
        info.room = info.allocated ? MORPH_ROOM_ARENA : MORPH_ROOM_NONE;
        return info;
    }

    Figures figures() override {
        Figures figures;
        figures.arena = api_.arena_stats(arena_);
        return figures;
    }

    std::optional<MorphMemTypeStats> type_figures(uint32_t) override { return std::nullopt; }
    MorphCode verify() override { return api_.arena_verify(arena_); }
    MorphError last_error() override {
        return arena_ != nullptr ? api_.arena_last_error(arena_) : api_.creation_error();
    }
    size_t chunk_bytes() const override { return api_.chunk_bytes(); }

 private:
    const Api& api_;
    MorphArena* arena_ = nullptr;
};

}  // namespace

SubjectEntry arena_entry(const Api& api, std::string name, std::string description) {
    Abilities abilities;
    abilities.aligned = true;
    abilities.reset = true;
    abilities.scopes = true;
    abilities.metrics = true;
    abilities.query = true;
    abilities.verify = true;
    abilities.debug = true;
    abilities.guards = true;
    abilities.limits = true;
    return {std::move(name), std::move(description), Kind::arena, abilities,
            [&api] { return std::make_unique<ArenaSubject>(api); }};
}

}  // namespace suite

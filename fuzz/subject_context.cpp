// Subjects over morph_mem_* in COMPILER mode, whichever build of it the table holds; on V1 as well.
#include "fuzz/subjects.h"

namespace suite {
namespace {

class ContextSubject final : public Subject {
 public:
    explicit ContextSubject(const Api& api, bool v1 = false) : api_(api), v1_(v1) {}
    ~ContextSubject() override { ContextSubject::close(); }

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        MorphMemConfig config = {};
        config.mode = MORPH_MODE_COMPILER;
        config.enable_metrics = configuration.metrics;
        config.enable_debug = configuration.debug;
        config.arena_block_size = block_bytes(configuration);
        config.enable_v1 = v1_;
        if (v1_) config.v1.threshold = v1_threshold(configuration);
        config.memory = limits;
        config.report = report;
        config.report_user = report_user;
        context_ = api_.mem_init(&config);
        return context_ != nullptr;
    }

    void close() override {
        api_.mem_destroy(context_);
        context_ = nullptr;
    }

    void* allocate(const Operation& operation) override {
        switch (operation.code) {
            case Code::allocate_zeroed:
                return api_.mem_alloc_zeroed(context_, operation.size, operation.type);
            case Code::allocate_aligned:
                return api_.mem_alloc_with(context_, operation.size, alignment_of(operation),
                                           operation.type, MORPH_PLACE_BY_SIZE);
            case Code::allocate_placed:
                return api_.mem_alloc_with(context_, operation.size, MORPH_DEFAULT_ALIGNMENT,
                                           operation.type, placement_of(operation.placement));
            default:
                return api_.mem_alloc(context_, operation.size, operation.type);
        }
    }

    MorphCode free(void* object, size_t) override { return api_.mem_free(context_, object); }
    void* reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) override {
        return api_.mem_realloc(context_, object, old_size, new_size, type);
    }
    void reset() override { api_.mem_reset(context_); }
    void* mark() override { return nullptr; }
    MorphCode release(void*) override { return MORPH_ERROR_UNSUPPORTED; }

    uint32_t register_type(uint8_t placement) override {
        MorphMemTypeInfo info = {};
        info.placement = placement_of(placement);
        return api_.mem_register_type(context_, &info);
    }

    std::optional<MorphAddressInfo> query(const void* address) override {
        return api_.mem_query(context_, address);
    }

    Figures figures() override {
        Figures figures;
        MorphMemStats stats = {};
        if (api_.mem_get_stats(context_, &stats) == MORPH_OK) figures.context = stats;
        return figures;
    }

    std::optional<MorphMemTypeStats> type_figures(uint32_t type) override {
        MorphMemTypeStats stats = {};
        if (api_.mem_get_type_stats(context_, type, &stats) != MORPH_OK) return std::nullopt;
        return stats;
    }

    MorphCode verify() override { return api_.mem_verify(context_); }
    MorphError last_error() override {
        return context_ != nullptr ? api_.mem_last_error(context_) : api_.creation_error();
    }
    size_t chunk_bytes() const override { return api_.chunk_bytes(); }

 private:
    const Api& api_;
    const bool v1_;
    MorphMemContext* context_ = nullptr;
};

Abilities context_abilities() {
    Abilities abilities;
    abilities.free = true;
    abilities.reallocate = true;
    abilities.aligned = true;
    abilities.reset = true;
    abilities.types = true;
    abilities.metrics = true;
    abilities.query = true;
    abilities.verify = true;
    abilities.debug = true;
    abilities.limits = true;
    return abilities;
}

}  // namespace

SubjectEntry context_entry(const Api& api, std::string name, std::string description) {
    Abilities abilities = context_abilities();
    abilities.guards = true;
    return {std::move(name), std::move(description), Kind::context, abilities,
            [&api] { return std::make_unique<ContextSubject>(api); }};
}

SubjectEntry v1_entry(const Api& api, std::string name, std::string description) {
    Abilities abilities = context_abilities();
    abilities.baseline = true;
    return {std::move(name), std::move(description), Kind::context, abilities,
            [&api] { return std::make_unique<ContextSubject>(api, true); }};
}

}  // namespace suite

// Subject over morph_pool_*, whichever build of it the table holds.
#include "fuzz/subjects.h"

namespace suite {
namespace {

class PoolSubject final : public Subject {
 public:
    explicit PoolSubject(const Api& api) : api_(api) {}
    ~PoolSubject() override { PoolSubject::close(); }

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        MorphPoolConfig config = {};
        config.enable_debug = configuration.debug;
        config.memory = limits;
        config.report = report;
        config.report_user = report_user;
        pool_ = api_.pool_create(&config);
        return pool_ != nullptr;
    }

    void close() override {
        api_.pool_destroy(pool_);
        pool_ = nullptr;
    }

    // Type 0 takes the inline path of the header, as users' code does.
    void* allocate(const Operation& operation) override {
        if (operation.type == 0) return api_.pool_alloc(pool_, operation.size);
        return api_.pool_alloc_typed(pool_, operation.size, operation.type);
    }

    MorphCode free(void* object, size_t size) override {
        return api_.pool_free(pool_, object, size);
    }
    void* reallocate(void* object, size_t, size_t new_size, uint32_t) override {
        return api_.pool_realloc(pool_, object, new_size);
    }
    void reset() override { api_.pool_reset(pool_); }
    void* mark() override { return nullptr; }
    MorphCode release(void*) override { return MORPH_ERROR_UNSUPPORTED; }
    uint32_t register_type(uint8_t) override { return MORPH_TYPE_INVALID; }

    std::optional<MorphAddressInfo> query(const void* address) override {
        return api_.pool_query(pool_, address);
    }

    Figures figures() override {
        Figures figures;
        figures.pool = api_.pool_stats(pool_);
        return figures;
    }

    std::optional<MorphMemTypeStats> type_figures(uint32_t) override { return std::nullopt; }
    MorphCode verify() override { return api_.pool_verify(pool_); }
    MorphError last_error() override {
        return pool_ != nullptr ? api_.pool_last_error(pool_) : api_.creation_error();
    }
    size_t chunk_bytes() const override { return api_.chunk_bytes(); }

 private:
    const Api& api_;
    MorphPool* pool_ = nullptr;
};

}  // namespace

SubjectEntry pool_entry(const Api& api, std::string name, std::string description) {
    Abilities abilities;
    abilities.free = true;
    abilities.reallocate = true;
    abilities.reset = true;
    abilities.types = true;
    abilities.metrics = true;
    abilities.query = true;
    abilities.verify = true;
    abilities.debug = true;
    abilities.guards = true;
    abilities.limits = true;
    abilities.zeroed = false;
    abilities.slot_alignment = true;
    return {std::move(name), std::move(description), Kind::pool, abilities,
            [&api] { return std::make_unique<PoolSubject>(api); }};
}

}  // namespace suite

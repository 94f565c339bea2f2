// Subject over morph_general_*, whichever build of it the table holds.
#include "fuzz/subjects.h"

namespace suite {
namespace {

class GeneralSubject final : public Subject {
 public:
    explicit GeneralSubject(const Api& api) : api_(api) {}
    ~GeneralSubject() override { GeneralSubject::close(); }

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        MorphGeneralConfig config = {};
        config.enable_debug = configuration.debug;
        config.memory = limits;
        config.report = report;
        config.report_user = report_user;
        general_ = api_.general_create(&config);
        return general_ != nullptr;
    }

    void close() override {
        api_.general_destroy(general_);
        general_ = nullptr;
    }

    void* allocate(const Operation& operation) override {
        switch (operation.code) {
            case Code::allocate_zeroed:
                return api_.general_alloc_zeroed(general_, operation.size);
            case Code::allocate_aligned:
                return api_.general_alloc_aligned(general_, operation.size,
                                                  alignment_of(operation));
            default:
                return api_.general_alloc(general_, operation.size);
        }
    }

    MorphCode free(void* object, size_t) override { return api_.general_free(general_, object); }
    void* reallocate(void* object, size_t, size_t new_size, uint32_t) override {
        return api_.general_realloc(general_, object, new_size);
    }
    void reset() override { api_.general_reset(general_); }
    void* mark() override { return nullptr; }
    MorphCode release(void*) override { return MORPH_ERROR_UNSUPPORTED; }
    uint32_t register_type(uint8_t) override { return MORPH_TYPE_INVALID; }

    // Two functions know how large an object is, and they must agree.
    std::optional<MorphAddressInfo> query(const void* address) override {
        MorphAddressInfo info = api_.general_query(general_, address);
        const bool begins = info.allocated && info.object == address;
        const size_t size = api_.general_size(general_, address);
        if (size != (begins ? info.size : 0)) info.size = SIZE_MAX;
        return info;
    }

    Figures figures() override {
        Figures figures;
        figures.general = api_.general_stats(general_);
        return figures;
    }

    std::optional<MorphMemTypeStats> type_figures(uint32_t) override { return std::nullopt; }
    MorphCode verify() override { return api_.general_verify(general_); }
    MorphError last_error() override { return api_.general_last_error(general_); }
    size_t chunk_bytes() const override { return api_.chunk_bytes(); }

 private:
    const Api& api_;
    MorphGeneral* general_ = nullptr;
};

}  // namespace

SubjectEntry general_entry(const Api& api, std::string name, std::string description) {
    Abilities abilities;
    abilities.free = true;
    abilities.reallocate = true;
    abilities.aligned = true;
    abilities.reset = true;
    abilities.metrics = true;
    abilities.query = true;
    abilities.verify = true;
    abilities.debug = true;
    abilities.guards = true;
    abilities.limits = true;
    return {std::move(name), std::move(description), Kind::general, abilities,
            [&api] { return std::make_unique<GeneralSubject>(api); }};
}

}  // namespace suite

// A subject around a subject: passes every call on. Base of those that watch, write down or spoil.
#pragma once

#include <memory>

#include "fuzz/subject.h"

namespace suite {

class ForwardingSubject : public Subject {
 public:
    explicit ForwardingSubject(const SubjectEntry& entry) : inner_(entry.make()) {}

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        return inner_->open(configuration, limits, report, report_user);
    }
    void close() override { inner_->close(); }
    void* allocate(const Operation& operation) override { return inner_->allocate(operation); }
    MorphCode free(void* object, size_t size) override { return inner_->free(object, size); }
    void* reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) override {
        return inner_->reallocate(object, old_size, new_size, type);
    }
    void reset() override { inner_->reset(); }
    void* mark() override { return inner_->mark(); }
    MorphCode release(void* mark) override { return inner_->release(mark); }
    uint32_t register_type(uint8_t placement) override { return inner_->register_type(placement); }
    std::optional<MorphAddressInfo> query(const void* address) override {
        return inner_->query(address);
    }
    Figures figures() override { return inner_->figures(); }
    std::optional<MorphMemTypeStats> type_figures(uint32_t type) override {
        return inner_->type_figures(type);
    }
    MorphCode verify() override { return inner_->verify(); }
    MorphError last_error() override { return inner_->last_error(); }
    [[nodiscard]] size_t chunk_bytes() const override { return inner_->chunk_bytes(); }

 protected:
    std::unique_ptr<Subject> inner_;
};

}  // namespace suite

// A collected heap around a collected heap: passes every call on.
#pragma once

#include <memory>

#include "fuzz/heap_subject.h"

namespace suite {

class ForwardingHeapSubject : public HeapSubject {
 public:
    explicit ForwardingHeapSubject(const SubjectEntry& entry)
        : subject_(entry.make()), inner_(subject_->heap()) {}

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        return inner_->open(configuration, limits, report, report_user);
    }
    void close() override { inner_->close(); }
    uint32_t register_layout(const MorphMemTypeInfo& info) override {
        return inner_->register_layout(info);
    }
    void* allocate_object(size_t size, size_t alignment, uint32_t type) override {
        return inner_->allocate_object(size, alignment, type);
    }
    void* resize(void* object, size_t old_size, size_t new_size, uint32_t type) override {
        return inner_->resize(object, old_size, new_size, type);
    }
    size_t size_of(const void* object) override { return inner_->size_of(object); }
    uint32_t type_of(const void* object) override { return inner_->type_of(object); }
    uint8_t flags_of(const void* object) override { return inner_->flags_of(object); }
    void set_flags(void* object, uint8_t flags) override { inner_->set_flags(object, flags); }
    void store(void* object, void** slot, void* value) override {
        inner_->store(object, slot, value);
    }
    void copy(void* object, void** to, void* const* from, size_t count) override {
        inner_->copy(object, to, from, count);
    }
    void fill(void* object, void** to, size_t count, void* value) override {
        inner_->fill(object, to, count, value);
    }
    MorphCode push_root(void** cell) override { return inner_->push_root(cell); }
    MorphCode pop_roots(size_t count) override { return inner_->pop_roots(count); }
    MorphCode pop_root(void** cell) override { return inner_->pop_root(cell); }
    size_t root_depth() override { return inner_->root_depth(); }
    MorphCode add_global(void** cell) override { return inner_->add_global(cell); }
    MorphCode remove_global(void** cell) override { return inner_->remove_global(cell); }
    void* weak_get(const void* weak) override { return inner_->weak_get(weak); }
    void weak_set(void* weak, void* target) override { inner_->weak_set(weak, target); }
    MorphCode set_finalizer(void* object, MorphFinalizer finalizer, void* user) override {
        return inner_->set_finalizer(object, finalizer, user);
    }
    MorphCode collect(bool major) override { return inner_->collect(major); }
    void force(const MorphForcedCollections& plan) override { inner_->force(plan); }
    MorphCode configure(const MorphHeapSettings& settings) override {
        return inner_->configure(settings);
    }
    MorphHeapStats stats() override { return inner_->stats(); }
    MorphCode type_stats(uint32_t type, MorphHeapTypeStats* stats) override {
        return inner_->type_stats(type, stats);
    }
    size_t timeline(MorphTimelineSample* samples, size_t count) override {
        return inner_->timeline(samples, count);
    }
    std::optional<MorphAddressInfo> query(const void* address) override {
        return inner_->query(address);
    }
    void walk(MorphObjectVisitor visit, void* user) override { inner_->walk(visit, user); }
    void reset() override { inner_->reset(); }
    MorphCode verify() override { return inner_->verify(); }
    MorphError last_error() override { return inner_->last_error(); }
    [[nodiscard]] size_t chunk_bytes() const override { return inner_->chunk_bytes(); }

 protected:
    std::unique_ptr<Subject> subject_;
    HeapSubject* inner_;
};

}  // namespace suite

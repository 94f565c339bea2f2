// Context: what is behind a MorphMemContext of the reference.
//
//   COMPILER mode   an Owner with its Model
//   RUNTIME mode    a Heap, which keeps the errors and counts the failures of the context as well
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reference/heap.h"
#include "reference/owner.h"

#include "morph/mem.h"

namespace reference {

class Context : public MorphMemContext {
 public:
    Context(const MorphMemConfig& config, std::string stats_path);

    [[nodiscard]] bool open();  // false: refused, and the creation error is set
    MorphCode close();          // what destroy does before the end

    [[nodiscard]] Owner& compiler() const { return owner_; }
    [[nodiscard]] Heap* runtime() const { return runtime_.get(); }  // nullptr: COMPILER mode

    MorphCode fail(MorphCode code, std::string_view text = {}) const;
    [[nodiscard]] MorphMemStats stats() const;
    // Of the types that are registered, by id.
    [[nodiscard]] std::vector<MorphMemTypeStats> type_stats() const;
    MorphCode dump(const std::string& path) const;
    void reset();

    // RUNTIME mode.
    void* allocate_with(size_t size, size_t alignment, uint32_t type, MorphMemPlacement placement);
    void* reallocate(void* object, size_t old_size, size_t new_size, uint32_t type);

 private:
    [[nodiscard]] MorphMemStats compiler_stats() const;
    [[nodiscard]] MorphMemStats runtime_stats() const;

    mutable Owner owner_;  // queries count their failures as well
    std::unique_ptr<Heap> runtime_;
    std::string stats_path_;
    bool report_leaks_;
    bool metrics_;
    uint64_t resets_ = 0;
};

}  // namespace reference

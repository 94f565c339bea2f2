// The Fox front end as work: one source parsed to a tree, with every token, node and text an object
// of the system. The source is made before, and belongs to the program around.
#pragma once

#include <cstdint>
#include <string_view>

#include "bench/compare/work.h"
#include "stress/fox/front_end.h"

namespace compare {

class FoxWork : public Work {
 public:
    explicit FoxWork(std::string_view source) : source_(source) {}

    [[nodiscard]] bool open(MorphMemContext* context) override;
    [[nodiscard]] Outcome run() override;
    [[nodiscard]] bool check(Sample* sample) override;
    void drop() override { result_ = {}; }

    [[nodiscard]] const char* error() const override { return result_.error.message; }

 private:
    const std::string_view source_;
    MorphMemContext* context_ = nullptr;
    fox::Types types_;
    fox::Result result_;
};

}  // namespace compare

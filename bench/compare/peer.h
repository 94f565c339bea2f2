// Peer: the base of a context that is a thin layer over somebody else's memory system.
//
// A layer implements what the workloads call of morph/mem.h: allocate, resize, free, reset, in
// memory_<name>.cpp; what does not differ is in peer.cpp. Its allocation is one call of the system
// below and nothing that the system does not need: no header, no count, no check of the type.
// There is no collected heap behind morph/heap.h, whose functions abort.
#pragma once

#include <array>
#include <cstdint>

#include "bench/compare/sample.h"

#include "morph/mem.h"

namespace compare {

class Peer : public MorphMemContext {
 public:
    static constexpr uint32_t kTypesMax = 64;

    Peer() : MorphMemContext{} {}
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    [[nodiscard]] bool has_references(uint32_t type) const { return has_references_[type]; }
    [[nodiscard]] uint32_t register_type(const MorphMemTypeInfo& info);

 private:
    uint32_t types_ = 1;  // MORPH_TYPE_NONE is there from the beginning
    std::array<bool, kTypesMax> has_references_{};
};

}  // namespace compare

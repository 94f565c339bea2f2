// How an endurance run on a heap meets objects: from a root along references, each one checked.
#include "fuzz/endurance_graph.h"

namespace suite {

void** GraphRun::slot_of(const Met& met, size_t offset) {
    return reinterpret_cast<void**>(static_cast<unsigned char*>(met.object) + offset);
}

void GraphRun::store(const Met& holder, size_t index, const Met& value) {
    Node& node = nodes_[holder.number];
    heap_.store(holder.object, slot_of(holder, reference_offset(node.shape, index)), value.object);
    node.references[index] = value.number;
}

bool GraphRun::follow(const Met& met, size_t index, Met* next) {
    const Node& node = nodes_[met.number];
    void* object = *slot_of(met, reference_offset(node.shape, index));
    const uint32_t number = node.references[index];
    if ((object == nullptr) != (number == 0)) {
        return fail(Checker::graph, "reference %zu of node %u is %s", index, met.number,
                    object == nullptr ? "NULL, but should not be" : "there, but should be NULL");
    }
    *next = {object, number};
    return true;
}

bool GraphRun::walk(size_t steps, Met* met) {
    const size_t cell = random_.below(kCells - kDeep + deep_);
    *met = {cells_[cell], roots_[cell]};
    if ((met->object == nullptr) != (met->number == 0)) {
        return fail(Checker::graph, "root %zu changed", cell);
    }
    for (;; --steps) {
        if (met->number == 0) return true;
        if (!check(*met, "on a walk")) return false;
        const Node& node = nodes_[met->number];
        if (node.shape == Shape::weak && !look_at_weak(*met)) return false;
        if (steps == 0 || node.references.empty()) return true;
        Met next = {};
        if (!follow(*met, random_.below(node.references.size()), &next)) return false;
        if (next.number == 0) return true;
        *met = next;
    }
}

bool GraphRun::check(const Met& met, const char* when) {
    const Node& node = nodes_[met.number];
    const size_t size = heap_.size_of(met.object);
    const uint32_t type = types_[static_cast<size_t>(node.shape)];
    if (can_.precise && (size != node.size || heap_.type_of(met.object) != type ||
                         heap_.flags_of(met.object) != Nodes::flags(met.number))) {
        return fail(Checker::contents,
                    "node %u has %zu bytes, type %u, flags %u instead of %zu, %u, %u, %s",
                    met.number, size, heap_.type_of(met.object), heap_.flags_of(met.object),
                    node.size, type, Nodes::flags(met.number), when);
    }
    const size_t offset = wrong_byte(met.object, node, nodes_.identity(met.number));
    if (offset == node.size) return true;
    return fail(Checker::contents, "node %u (%zu bytes): byte %zu is not what was written, %s",
                met.number, node.size, offset, when);
}

}  // namespace suite

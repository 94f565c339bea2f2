// Nodes: the graph that an endurance run on a collected heap should have, by numbers.
//
//   shape    references at                data words that hold the node's identity
//   data     -                            all, up to both ends (fill.h)
//   link     8                            0
//   pair     8 16                         0
//   wide     8 24 40 ... (8 of them)      0 16 32 ...
//   array    0 8 16 ...                   - (the flags byte and the size tell it)
//   structs  of 24 bytes: 0 and 16        8 of each
//   weak     a weak reference             16
//
// Node 0 is NULL. The number of a dead node is used again after the season in which it died, with
// another version, so that its identity is another one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "morph/heap.h"

namespace suite {

enum class Shape : uint8_t { data, link, pair, wide, array, structs, weak, count_ };
inline constexpr size_t kShapes = static_cast<size_t>(Shape::count_);

struct Node {
    Shape shape = Shape::data;
    bool used = false;
    bool finalizer = false;  // set, and did not run
    bool marked = false;     // reached from roots, see mark()
    uint32_t version = 0;
    uint32_t target = 0;  // weak: a node
    size_t size = 0;
    void* address = nullptr;  // found by the last look at the whole graph
    std::vector<uint32_t> references;
};

// What is registered for a shape. Static storage.
MorphMemTypeInfo shape_info(Shape shape);

size_t reference_count(Shape shape, size_t size);
size_t reference_offset(Shape shape, size_t index);

class Nodes {
 public:
    Nodes() { nodes_.resize(1); }

    Node& operator[](uint32_t number) { return nodes_[number]; }
    [[nodiscard]] size_t count() const { return nodes_.size(); }
    [[nodiscard]] size_t used() const { return nodes_.size() - 1 - free_.size(); }
    [[nodiscard]] uint64_t identity(uint32_t number) const;
    // The user's byte of an object.
    [[nodiscard]] static uint8_t flags(uint32_t number) { return static_cast<uint8_t>(number * 7); }

    uint32_t add(Shape shape, size_t size);
    // Marks what is reached from roots; gives how many nodes that is.
    size_t mark(const std::vector<uint32_t>& roots);
    // Numbers of unmarked nodes may be used again.
    void sweep();

 private:
    std::vector<Node> nodes_;
    std::vector<uint32_t> free_;
    std::vector<uint32_t> stack_;
};

// Writes the identity into a fresh object of a node; what follows from a copy of another one stays.
void write_node(void* object, const Node& node, uint64_t identity);
// Offset of the first byte of data that is not as written; node.size when all are.
size_t wrong_byte(const void* object, const Node& node, uint64_t identity);

}  // namespace suite

#include "fuzz/endurance_nodes.h"

#include <cstring>

#include "fuzz/fill.h"

namespace suite {
namespace {

constexpr size_t kWhole = kLeastWhole;
constexpr size_t kStructBytes = 24;
constexpr size_t kReferencesKept = 32;  // of a dead node: room for the next one of its number
constexpr std::array<size_t, 1> kLinkOffsets = {8};
constexpr std::array<size_t, 2> kPairOffsets = {8, 16};
constexpr std::array<size_t, 8> kWideOffsets = {8, 24, 40, 56, 72, 88, 104, 120};
constexpr std::array<size_t, 2> kStructOffsets = {0, 16};

// Where words of data lie: first, step and number; step 0: one word.
struct Words {
    size_t first;
    size_t step;
    size_t count;
};

Words words_of(const Node& node) {
    switch (node.shape) {
        case Shape::link:
        case Shape::pair:
            return {0, 0, 1};
        case Shape::wide:
            return {0, 16, 8};
        case Shape::structs:
            return {8, kStructBytes, node.size / kStructBytes};
        case Shape::weak:
            return {16, 0, 1};
        default:
            return {0, 0, 0};
    }
}

}  // namespace

MorphMemTypeInfo shape_info(Shape shape) {
    MorphMemTypeInfo info = {};
    const auto offsets = [&info](const auto& list) {
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = list.data();
        info.offset_count = list.size();
    };
    switch (shape) {
        case Shape::link:
            offsets(kLinkOffsets);
            break;
        case Shape::pair:
            offsets(kPairOffsets);
            break;
        case Shape::wide:
            offsets(kWideOffsets);
            break;
        case Shape::array:
            info.layout = MORPH_LAYOUT_POINTERS;
            break;
        case Shape::structs:
            offsets(kStructOffsets);
            info.layout = MORPH_LAYOUT_STRUCTS;
            info.element_size = kStructBytes;
            break;
        case Shape::weak:
            info.layout = MORPH_LAYOUT_WEAK;
            break;
        default:
            break;
    }
    return info;
}

size_t reference_count(Shape shape, size_t size) {
    switch (shape) {
        case Shape::link:
            return kLinkOffsets.size();
        case Shape::pair:
            return kPairOffsets.size();
        case Shape::wide:
            return kWideOffsets.size();
        case Shape::array:
            return size / sizeof(void*);
        case Shape::structs:
            return size / kStructBytes * kStructOffsets.size();
        default:
            return 0;
    }
}

size_t reference_offset(Shape shape, size_t index) {
    switch (shape) {
        case Shape::link:
            return kLinkOffsets[index];
        case Shape::pair:
            return kPairOffsets[index];
        case Shape::wide:
            return kWideOffsets[index];
        case Shape::structs:
            return index / 2 * kStructBytes + kStructOffsets[index % 2];
        default:
            return index * sizeof(void*);
    }
}

uint64_t Nodes::identity(uint32_t number) const {
    return identity_of(number, nodes_[number].version);
}

uint32_t Nodes::add(Shape shape, size_t size) {
    uint32_t number = static_cast<uint32_t>(nodes_.size());
    if (free_.empty()) {
        nodes_.emplace_back();
    } else {
        number = free_.back();
        free_.pop_back();
    }
    Node& node = nodes_[number];
    node.shape = shape;
    node.size = size;
    node.used = true;
    node.finalizer = node.marked = false;
    node.version += 1;
    node.target = 0;
    node.references.assign(reference_count(shape, size), 0);
    return number;
}

size_t Nodes::mark(const std::vector<uint32_t>& roots) {
    for (Node& node : nodes_) node.marked = false;
    size_t marked = 0;
    const auto reach = [this, &marked](uint32_t number) {
        if (number == 0 || nodes_[number].marked) return;
        nodes_[number].marked = true;
        ++marked;
        stack_.push_back(number);
    };
    for (const uint32_t root : roots) reach(root);
    while (!stack_.empty()) {
        const uint32_t number = stack_.back();
        stack_.pop_back();
        for (const uint32_t reference : nodes_[number].references) reach(reference);
    }
    return marked;
}

void Nodes::sweep() {
    for (uint32_t number = 1; number < nodes_.size(); ++number) {
        Node& node = nodes_[number];
        if (!node.used || node.marked) continue;
        node.used = false;
        // A number that was a large array once must not keep its room for ever.
        if (node.references.capacity() > kReferencesKept) node.references = {};
        node.references.clear();
        free_.push_back(number);
    }
}

void write_node(void* object, const Node& node, uint64_t identity) {
    if (node.shape == Shape::data) {
        fill(object, node.size, identity, kWhole);
        return;
    }
    auto* bytes = static_cast<unsigned char*>(object);
    const Words words = words_of(node);
    for (size_t i = 0; i < words.count; ++i) {
        std::memcpy(bytes + words.first + i * words.step, &identity, sizeof identity);
    }
}

size_t wrong_byte(const void* object, const Node& node, uint64_t identity) {
    if (node.shape == Shape::data) {
        return first_difference(object, node.size, node.size, identity, kWhole);
    }
    const auto* bytes = static_cast<const unsigned char*>(object);
    const Words words = words_of(node);
    for (size_t i = 0; i < words.count; ++i) {
        const size_t offset = words.first + i * words.step;
        if (std::memcmp(bytes + offset, &identity, sizeof identity) != 0) return offset;
    }
    return node.size;
}

}  // namespace suite

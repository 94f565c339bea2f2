// A C++ program that a user might write, with a collected heap; built outside the tree against the
// installed library.
#include <cstdio>
#include <morph/heap.hpp>

using namespace morph_memory;

namespace {

struct Tree {
    Field<Tree> left;
    Field<Tree> right;
};

// A complete binary tree; nullptr when there is no memory.
Tree* grow(HeapRef heap, Type<Tree> type, int depth) {
    Root<Tree> tree(heap, heap.allocate(type));
    if (!tree.ok() || tree.get() == nullptr || depth == 0) return tree;
    tree.write(&Tree::left, grow(heap, type, depth - 1));
    tree.write(&Tree::right, grow(heap, type, depth - 1));
    return tree;
}

int count(const Tree* tree) {
    return tree == nullptr ? 0 : 1 + count(tree->left) + count(tree->right);
}

}  // namespace

int main() {
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = 32 << 10;
    config.enable_debug = true;
    Result<Heap> heap = Heap::make(config);
    if (!heap) {
        std::fprintf(stderr, "collected.cpp: %s\n", heap.error().text);
        return 1;
    }
    const Type<Tree> type = heap->type<Tree, &Tree::left, &Tree::right>("tree");
    const Root<Tree> kept(*heap, grow(*heap, type, 12));
    for (int i = 0; i < 20; ++i) {
        if (grow(*heap, type, 10) == nullptr) return 1;
    }
    heap->collect_major();
    std::printf("collected.cpp %s: %d objects\n", morph_version(), count(kept));
    const bool right = count(kept) == 8191 && heap->stats().counts.objects_live == 8191;
    return right && heap->verify() == MORPH_OK ? 0 : 1;
}

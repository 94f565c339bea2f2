// Fast paths of the heap: allocation in the nursery, and the write barrier.
//
// Allocation: 40-byte objects of a type with two references, all garbage, with the collections that
// come due. Boehm's collector does the same for comparison, in turn with ours.
//
// Barrier: stores of references, spread over kCells objects that lie in the first-level cache, by
// morph_heap_write and by a plain store in turn; a value is the median of the differences. Young
// objects, and old ones that the remembered set holds already: these are promoted, written once,
// and no collection comes after that.
#include <array>
#include <gc/gc.h>
#include <memory>

#include "bench/boehm_memory.h"
#include "bench/cells.h"
#include "bench/duel.h"
#include "bench/heap_memory.h"

namespace bench {
namespace {

constexpr size_t kAllocations = 2'000'000;

struct GarbageMaker {
    HeapOwner heap = make_heap();
    uint32_t type = register_cell(heap.get());

    double run() {
        MorphHeap* target = heap.get();
        uint32_t cell = type;
        double start = now();
        for (size_t i = 0; i < kAllocations; i++) {
            keep(morph_heap_alloc(target, sizeof(Cell), cell));
        }
        return now() - start;
    }
};

double boehm_garbage() {
    double start = now();
    for (size_t i = 0; i < kAllocations; i++) keep(GC_MALLOC(sizeof(Cell)));
    return now() - start;
}

// Nanoseconds of a slice, in a process of its own after as much again to warm up.
template <typename Run>
double warm(Run run) {
    run();
    return run();
}

void add_allocation_rows() {
    auto maker = std::make_shared<std::unique_ptr<GarbageMaker>>();
    auto ours = [maker] {
        if (*maker == nullptr) *maker = std::make_unique<GarbageMaker>();
        return (*maker)->run();
    };
    add(Figure{"heap: allocate 40 bytes, all garbage", "ns", 5,
               [ours] { return ours() / static_cast<double>(kAllocations); }, 51});
    add(Duel{"heap: allocate 40 bytes, all garbage", "Boehm", 0, kAllocations,
             [] {
                 return isolated([] {
                     GarbageMaker fresh;
                     return warm([&fresh] { return fresh.run(); });
                 });
             },
             [] {
                 return isolated([] {
                     BoehmMemory memory(0);
                     return warm(boehm_garbage);
                 });
             },
             21});
}

// ------------------------------------------------------------------------------------ barrier

constexpr size_t kCells = 256;
constexpr size_t kRounds = 2000;

class Stores {
 public:
    explicit Stores(bool old) : heap_(make_heap()) {
        uint32_t type = register_cell(heap_.get());
        for (Cell*& cell : cells_) {
            if (morph_heap_push_root(heap_.get(), slot_of(&cell)) != MORPH_OK) {
                fail("stores", "no root");
            }
            cell = make_cell(heap_.get(), type);
        }
        for (int age = 0; old && age < 4; age++) (void)morph_heap_collect_major(heap_.get());
        value_ = make_cell(heap_.get(), type);
        (void)checked_stores();
        MorphHeapStats stats = morph_heap_stats(heap_.get());
        if (stats.remembered != (old ? kCells : 0))
            fail("stores",
                 "cells are not where they were"
                 " to be");
    }

    // Nanoseconds per store that the barrier adds.
    double difference() {
        plain_first_ = !plain_first_;
        double plain = plain_first_ ? plain_stores() : 0;
        double checked = checked_stores();
        if (!plain_first_) plain = plain_stores();
        return (checked - plain) / static_cast<double>(kCells * kRounds);
    }

 private:
    double checked_stores() {
        MorphHeap* heap = heap_.get();
        Cell* value = value_;
        double start = now();
        for (size_t round = 0; round < kRounds; round++) {
            for (Cell* cell : cells_) {
                morph_heap_write(heap, cell, slot_of(&cell->left), value);
                keep(cell);
            }
        }
        return now() - start;
    }

    double plain_stores() {
        Cell* value = value_;
        double start = now();
        for (size_t round = 0; round < kRounds; round++) {
            for (Cell* cell : cells_) {
                cell->left = value;
                keep(cell);
            }
        }
        return now() - start;
    }

    HeapOwner heap_;
    std::array<Cell*, kCells> cells_ = {};
    Cell* value_ = nullptr;  // made last: nothing collects after that
    bool plain_first_ = false;
};

std::function<double()> barrier_cost(bool old) {
    auto stores = std::make_shared<std::unique_ptr<Stores>>();
    return [stores, old] {
        if (*stores == nullptr) *stores = std::make_unique<Stores>(old);
        return (*stores)->difference();
    };
}

}  // namespace

void add_heap_rows() {
    add_allocation_rows();
    add(Figure{"heap: barrier, young object", "ns more", 1, barrier_cost(false), 101});
    add(Figure{"heap: barrier, logged old object", "ns more", 1, barrier_cost(true), 101});
}

}  // namespace bench

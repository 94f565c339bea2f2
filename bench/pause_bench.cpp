// Pauses of the heap, from its timeline: every single one, not the histogram's bounds.
//
//   minor   a nursery of 2 MiB; of what is allocated 10 % (1 %) is kept until long after it has
//   been
//           promoted (cells.h), so that each survivor is copied as often as an object can be: twice
//           within the young generation and once to the old space at the default age
//   major   32 MB of live 40-byte objects in the old space, nothing young: as one complete binary
//           tree, and with links drawn at random (the caches' worst case, for information)
//
// A row is the median of several measurements; p99 is over kPauses pauses, which include the first
// touch of memory and whatever the machine does meanwhile.
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/cells.h"
#include "bench/duel.h"
#include "bench/heap_memory.h"
#include "bench/pause_log.h"
#include "stress/generate/random.h"

namespace bench {
namespace {

constexpr size_t kPauses = 2000;
constexpr size_t kNursery = size_t{2} << 20;
constexpr size_t kNurseryUnits = kNursery / (Churn::kUnitCells * (sizeof(Cell) + 8));

// Milliseconds.
double minor_p99(unsigned kept_percent) {
    MorphHeapSettings settings = {};
    settings.nursery_bytes = kNursery;
    HeapOwner heap = make_heap(settings);
    constexpr size_t kNurseriesOld = 8;  // twice the collections until promotion
    Churn churn(heap.get(), kNurseriesOld * kNurseryUnits * kept_percent / 100, kept_percent);
    churn.run(100 * kNurseryUnits);
    PauseLog log(heap.get());
    while (log.minor().size() < kPauses) {
        churn.run(100 * kNurseryUnits);
        log.gather();
    }
    return quantile(log.minor(), 0.99) / 1e6;
}

constexpr size_t kLiveCells = 32'000'000 / sizeof(Cell);

// All cells in one array, in old space; then linked.
class OldCells {
 public:
    explicit OldCells(bool shuffled) {
        heap_ = make_heap();
        uint32_t type = register_cell(heap_.get());
        MorphMemTypeInfo info = {};
        info.name = "cells";
        info.layout = MORPH_LAYOUT_POINTERS;
        uint32_t array = morph_heap_register_type(heap_.get(), &info);
        Cell** cells = nullptr;
        push(reinterpret_cast<void**>(&cells));
        push(slot_of(&top_));
        cells =
            static_cast<Cell**>(morph_heap_alloc(heap_.get(), kLiveCells * sizeof(Cell*), array));
        if (cells == nullptr) fail("old cells", morph_heap_last_error(heap_.get()).text);
        for (size_t i = 0; i < kLiveCells; i++) {
            Cell* cell = make_cell(heap_.get(), type);
            morph_heap_write(heap_.get(), static_cast<void*>(cells), slot_of(&cells[i]), cell);
        }
        for (int age = 0; age < 4; age++) (void)morph_heap_collect_major(heap_.get());
        link(cells, shuffled);
        top_ = cells[0];
        cells = nullptr;
        (void)morph_heap_collect_major(heap_.get());
        size_t live = morph_heap_stats(heap_.get()).counts.objects_live;
        if (live != kLiveCells) fail("old cells", "not all cells are live, or more than these");
        // The array's slot, on this function's stack, lies below that of the tree.
        (void)morph_heap_pop_roots(heap_.get(), 2);
        push(slot_of(&top_));
    }

    // Milliseconds.
    double collect() {
        PauseLog log(heap_.get());
        if (morph_heap_collect_major(heap_.get()) != MORPH_OK) fail("old cells", "no collection");
        log.gather();
        if (log.major().size() != 1) fail("old cells", "not one major collection");
        return log.major()[0] / 1e6;
    }

 private:
    void push(void** slot) {
        if (morph_heap_push_root(heap_.get(), slot) != MORPH_OK) fail("old cells", "no root");
    }

    // A complete binary tree, numbered level by level; shuffled: of cells in random order.
    void link(Cell** cells, bool shuffled) {
        std::vector<uint32_t> order(kLiveCells);
        for (uint32_t i = 0; i < kLiveCells; i++) order[i] = i;
        fox::Random random(1);
        for (size_t i = kLiveCells; shuffled && i > 2; i--) {
            std::swap(order[i - 1], order[1 + random.below(i - 1)]);
        }
        for (size_t i = 0; i < kLiveCells; i++) {
            Cell* cell = cells[order[i]];
            if (2 * i + 1 < kLiveCells) write(cell, &cell->left, cells[order[2 * i + 1]]);
            if (2 * i + 2 < kLiveCells) write(cell, &cell->right, cells[order[2 * i + 2]]);
        }
    }

    void write(Cell* cell, Cell** slot, Cell* value) {
        morph_heap_write(heap_.get(), cell, slot_of(slot), value);
    }

    HeapOwner heap_;
    Cell* top_ = nullptr;
};

std::function<double()> major_pause(bool shuffled) {
    auto cells = std::make_shared<std::unique_ptr<OldCells>>();
    return [cells, shuffled] {
        if (*cells == nullptr) *cells = std::make_unique<OldCells>(shuffled);
        return (*cells)->collect();
    };
}

}  // namespace

void add_pause_rows() {
    add(Figure{"heap: minor pause p99, 10 % survive", "ms", 1, [] { return minor_p99(10); }, 5});
    add(Figure{"heap: minor pause p99, 1 % survives", "ms", 0.2, [] { return minor_p99(1); }, 5});
    add(Figure{"heap: major pause, 32 MB live", "ms", 20, major_pause(false), 21});
    add(Figure{"heap: major pause, 32 MB live, shuffled", "ms", 0, major_pause(true), 21});
}

}  // namespace bench

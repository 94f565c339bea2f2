// Cells: 40-byte objects with two references, and a program whose share of survivors is set.
//
// The program makes units of kUnitCells cells: a link of a queue and a chain that hangs from it. Of
// these it drops most at once and appends the others to the queue, which holds live_units: beyond
// that the oldest unit is dropped for each new one. So what survives is as old as it gets, and the
// share of what is allocated that survives every collection is kept_percent.
//
//   oldest -> link --left--> link --left--> link <- newest
//              | right        |              |
//             cell           cell           cell
//              | right        |              |
//             ...            ...            ...
#pragma once

#include <cstddef>
#include <cstdint>

#include "bench/heap_memory.h"

#include "morph/heap.h"

namespace bench {

struct Cell {
    Cell* left;
    Cell* right;
    uint64_t data[3];
};
static_assert(sizeof(Cell) == 40);

inline uint32_t register_cell(MorphHeap* heap) {
    const size_t links[] = {offsetof(Cell, left), offsetof(Cell, right)};
    MorphMemTypeInfo info = {};
    info.name = "cell";
    info.layout = MORPH_LAYOUT_OFFSETS;
    info.offsets = links;
    info.offset_count = 2;
    uint32_t type = morph_heap_register_type(heap, &info);
    if (type == MORPH_TYPE_INVALID) fail("cell", morph_heap_last_error(heap).text);
    return type;
}

inline void** slot_of(Cell** cell) {
    return reinterpret_cast<void**>(cell);
}

inline Cell* make_cell(MorphHeap* heap, uint32_t type) {
    auto* cell = static_cast<Cell*>(morph_heap_alloc(heap, sizeof(Cell), type));
    if (cell == nullptr) fail("cell", morph_heap_last_error(heap).text);
    return cell;
}

class Churn {
 public:
    static constexpr size_t kUnitCells = 16;

    Churn(MorphHeap* heap, size_t live_units, unsigned kept_percent)
        : heap_(heap), type_(register_cell(heap)), live_units_(live_units), kept_(kept_percent) {
        for (Cell** root : {&oldest_, &newest_, &fresh_}) {
            if (morph_heap_push_root(heap_, slot_of(root)) != MORPH_OK) fail("churn", "no root");
        }
    }
    Churn(const Churn&) = delete;
    Churn& operator=(const Churn&) = delete;
    ~Churn() { (void)morph_heap_pop_roots(heap_, 3); }

    // Keeps every unit until the queue is full.
    void fill() {
        while (units_ < live_units_) {
            make_unit();
            append();
        }
    }

    void run(uint64_t units) {
        for (uint64_t i = 0; i < units; i++) {
            make_unit();
            due_ += kept_;
            if (due_ < 100) continue;
            due_ -= 100;
            append();
            if (units_ > live_units_) drop_oldest();
        }
    }

 private:
    void make_unit() {
        fresh_ = make_cell(heap_, type_);
        for (size_t i = 1; i < kUnitCells; i++) {
            Cell* cell = make_cell(heap_, type_);
            morph_heap_write(heap_, cell, slot_of(&cell->right), fresh_->right);
            morph_heap_write(heap_, fresh_, slot_of(&fresh_->right), cell);
        }
    }

    void append() {
        if (newest_ == nullptr) {
            oldest_ = fresh_;
        } else {
            morph_heap_write(heap_, newest_, slot_of(&newest_->left), fresh_);
        }
        newest_ = fresh_;
        units_ += 1;
    }

    void drop_oldest() {
        oldest_ = oldest_->left;
        units_ -= 1;
    }

    MorphHeap* heap_;
    uint32_t type_;
    size_t live_units_;
    unsigned kept_;
    unsigned due_ = 0;  // hundredths of a unit that are to be kept
    size_t units_ = 0;
    Cell* oldest_ = nullptr;
    Cell* newest_ = nullptr;
    Cell* fresh_ = nullptr;
};

}  // namespace bench

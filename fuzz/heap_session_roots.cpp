// Operations of a heap session on roots.
#include <algorithm>
#include <cstdio>

#include "fuzz/heap_session.h"

namespace suite {
namespace {

constexpr size_t kFillStep = 16;
constexpr size_t kFilledRootsMax = 1200;  // the stack grows at 513 and 1,025; checks visit all

}  // namespace

size_t HeapSession::take_cell() {
    if (free_cells_.empty()) {
        cells_.push_back(nullptr);
        return cells_.size() - 1;
    }
    const size_t cell = free_cells_.back();
    free_cells_.pop_back();
    return cell;
}

void HeapSession::return_cell(size_t cell) {
    assign(cell, nullptr, reference::kNoObject);
    free_cells_.push_back(cell);
}

void HeapSession::assign(size_t cell, void* address, Id id) {
    cells_[cell] = address;
    model_->set_cell(cell, id);
}

bool HeapSession::push(size_t* cell) {
    *cell = take_cell();
    changed_ = true;
    balance_before_ = ledger_.balance();
    const MorphCode code = heap_->push_root(&cells_[*cell]);
    if (code == MORPH_OK) {
        model_->push_root(*cell);
        return true;
    }
    return_cell(*cell);
    *cell = kNone;
    model_->note_failure();
    if (!refused()) {
        return fail(Checker::contract, "push_root gave %s, and nothing was refused to it",
                    morph_code_name(code));
    }
    memory_refused_ = true;
    if (!settle(code, MORPH_ERROR_OUT_OF_MEMORY, "push_root")) return false;
    if (depth_ != 0 || ledger_.balance() == balance_before_) return true;
    return fail(Checker::contract, "a refused push_root changed the bytes held");
}

// The root that takes what an operation gives: a new one, or the picked one. kNone: there is no
// memory for a new one (good), or something is wrong (not good).
size_t HeapSession::root_for(uint32_t root, size_t* pushed, bool* good) {
    *pushed = kNone;
    if (root != 0) {
        const size_t picked = pick_root(root - 1);
        if (picked != kNone) return picked;
    }
    *good = push(pushed);
    if (*good && *pushed == kNone) *good = check_after_failure(false);
    return *pushed;
}

bool HeapSession::check_depth() {
    const size_t depth = heap_->root_depth();
    if (depth == model_->roots().size()) return true;
    return fail(Checker::contract, "the shadow stack holds %zu roots, expected %zu", depth,
                model_->roots().size());
}

HeapSession::Step HeapSession::push_root(uint32_t target) {
    const size_t from = pick_target(target);
    size_t pushed = kNone;
    bool good = true;
    const size_t cell = root_for(0, &pushed, &good);
    if (cell == kNone) return good ? Step::done : Step::bad;
    if (from != kNone) assign(cell, cells_[from], model_->cell(from));
    return check_depth() ? Step::done : Step::bad;
}

HeapSession::Step HeapSession::fill_roots(const Operation& operation) {
    const size_t from = pick_target(operation.target);
    for (size_t i = 0; i < kFillStep * (size_t{operation.count} + 1); ++i) {
        if (model_->roots().size() >= kFilledRootsMax) break;
        size_t pushed = kNone;
        bool good = true;
        const size_t cell = root_for(0, &pushed, &good);
        if (cell == kNone) return good ? Step::done : Step::bad;
        if (from != kNone) assign(cell, cells_[from], model_->cell(from));
    }
    return check_depth() ? Step::done : Step::bad;
}

// The last roots go, in the model as well.
bool HeapSession::drop_roots(size_t count) {
    const std::span<const size_t> roots = model_->roots();
    std::vector<size_t> dropped(roots.end() - static_cast<ptrdiff_t>(count), roots.end());
    // One root goes by its address: the other way to pop.
    const bool single = count == 1 && index_ % 2 == 0;
    const MorphCode code =
        single ? heap_->pop_root(&cells_[dropped.back()]) : heap_->pop_roots(count);
    if (!settle(code, MORPH_OK, "the pop of roots")) return false;
    (void)model_->pop_roots(count);
    for (size_t cell : dropped) return_cell(cell);
    return check_depth();
}

HeapSession::Step HeapSession::pop_roots(uint8_t count) {
    changed_ = true;
    const size_t depth = model_->roots().size();
    if (count == 255 || depth == 0) {
        const MorphCode code = heap_->pop_roots(depth + 1 + count % 2);
        if (!settle(code, model_->pop_roots(depth + 1 + count % 2), "a pop of too many roots")) {
            return Step::bad;
        }
        return check_depth() && check_after_failure(false) ? Step::done : Step::bad;
    }
    return drop_roots(count % depth + 1) ? Step::done : Step::bad;
}

HeapSession::Step HeapSession::set_root(const Operation& operation) {
    const size_t cell = pick_root(operation.root);
    if (cell == kNone) return Step::skipped;
    const size_t from = pick_target(operation.target);
    if (from == kNone) {
        assign(cell, nullptr, reference::kNoObject);
    } else {
        assign(cell, cells_[from], model_->cell(from));
    }
    return Step::done;
}

HeapSession::Step HeapSession::add_global(uint32_t target) {
    const size_t from = pick_target(target);
    changed_ = true;
    const size_t cell = take_cell();
    const MorphCode code = heap_->add_global(&cells_[cell]);
    if (code != MORPH_OK) {
        return_cell(cell);
        model_->note_failure();
        if (!refused()) {
            fail(Checker::contract, "add_global_root gave %s, and nothing was refused to it",
                 morph_code_name(code));
            return Step::bad;
        }
        memory_refused_ = true;
        if (!settle(code, MORPH_ERROR_OUT_OF_MEMORY, "add_global_root")) return Step::bad;
        return check_after_failure(false) ? Step::done : Step::bad;
    }
    model_->add_global_root(cell);
    if (from != kNone) assign(cell, cells_[from], model_->cell(from));
    return Step::done;
}

// Without any, one that was never added: that is refused.
HeapSession::Step HeapSession::remove_global(uint32_t choice) {
    changed_ = true;
    const std::span<const size_t> globals = model_->global_roots();
    if (globals.empty()) {
        const size_t cell = take_cell();
        const MorphCode code = heap_->remove_global(&cells_[cell]);
        const MorphCode expected = model_->remove_global_root(cell);
        return_cell(cell);
        if (!settle(code, expected, "remove_global_root of what is none")) return Step::bad;
        return check_after_failure(false) ? Step::done : Step::bad;
    }
    const size_t cell = globals[choice % globals.size()];
    const MorphCode code = heap_->remove_global(&cells_[cell]);
    if (!settle(code, model_->remove_global_root(cell), "remove_global_root")) return Step::bad;
    return_cell(cell);
    return Step::done;
}

}  // namespace suite

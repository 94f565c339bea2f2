// Which operation a session does, if the subject can do it; and which roots operands pick.
#include <algorithm>

#include "fuzz/heap_layouts.h"
#include "fuzz/heap_session.h"
#include "fuzz/shape.h"
#include "fuzz/subjects.h"

namespace suite {

bool HeapSession::able(Code code) const {
    static constexpr Code kDebugOnly[] = {Code::overrun, Code::store_without_barrier};
    if (std::ranges::find(kDebugOnly, code) != std::end(kDebugOnly) && !configuration_.debug) {
        return false;
    }
    return supported_[static_cast<size_t>(code)];
}

// The shadow stack's first, from its bottom, then the global ones.
size_t HeapSession::pick_root(uint32_t choice) const {
    const std::span<const size_t> stack = model_->roots();
    const std::span<const size_t> globals = model_->global_roots();
    if (stack.empty() && globals.empty()) return kNone;
    const size_t position = choice % (stack.size() + globals.size());
    return position < stack.size() ? stack[position] : globals[position - stack.size()];
}

// Roots that hold NULL are passed over.
size_t HeapSession::pick_object(uint32_t choice) const {
    const size_t roots = model_->roots().size() + model_->global_roots().size();
    for (size_t tries = 0; tries < roots; ++tries) {
        const size_t cell = pick_root(static_cast<uint32_t>((choice + tries) % roots));
        if (cells_[cell] != nullptr) return cell;
    }
    return kNone;
}

size_t HeapSession::pick_target(uint32_t target) const {
    return target == 0 ? kNone : pick_root(target - 1);
}

size_t HeapSession::pick_weak(uint32_t choice) const {
    const size_t roots = model_->roots().size() + model_->global_roots().size();
    for (size_t tries = 0; tries < roots; ++tries) {
        const size_t cell = pick_root(static_cast<uint32_t>((choice + tries) % roots));
        const reference::HeapObject* object = model_->find(model_->cell(cell));
        if (object != nullptr && model_->type(object->type).layout == MORPH_LAYOUT_WEAK) {
            return cell;
        }
    }
    return kNone;
}

uint32_t HeapSession::resolved_type(uint32_t type) const {
    return type == UINT32_MAX ? type : type % types_;
}

HeapSession::Step HeapSession::step(const Operation& operation) {
    if (!able(operation.code)) return Step::skipped;
    switch (operation.code) {
        case Code::allocate_object:
        case Code::allocate_object_aligned: {
            const uint32_t type = resolved_type(operation.type);
            const size_t least = type < types_ ? least_size(model_->type(type)) : 0;
            const size_t size = operation.size > SIZE_MAX - least ? SIZE_MAX  //
                                                                  : operation.size + least;
            return allocate(operation, size, type);
        }
        case Code::allocate_too_small:
            return allocate_too_small(operation);
        case Code::new_weak:
            return new_weak(operation);
        case Code::reset:
            return reset();
        case Code::register_layout:
            return register_layout(operation);
        case Code::collect_minor:
        case Code::collect_major:
            return collect(operation.code == Code::collect_major);
        case Code::force_collections:
            return force({operation.size, operation.slot, operation.count % 2 != 0});
        case Code::configure_heap:
            return configure(operation);
        case Code::fail_requests:
            ledger_.arm(operation.size,
                        operation.count == 255 ? Ledger::kForEver : uint64_t{operation.count});
            return Step::done;
        case Code::metrics:
            return check_figures() && check_types() ? Step::done : Step::bad;
        case Code::verify:
            return check_verify() ? Step::done : Step::bad;
        case Code::walk:
            return check_graph() && check_walk() ? Step::done : Step::bad;
        case Code::check_graph:
            return check_graph() ? Step::done : Step::bad;
        default:
            return step_on_roots(operation);
    }
}

HeapSession::Step HeapSession::step_on_roots(const Operation& operation) {
    switch (operation.code) {
        case Code::push_root:
            return push_root(operation.target);
        case Code::fill_roots:
            return fill_roots(operation);
        case Code::pop_roots:
            return pop_roots(operation.count);
        case Code::set_root:
            return set_root(operation);
        case Code::add_global:
            return add_global(operation.target);
        case Code::remove_global:
            return remove_global(operation.root);
        case Code::set_weak:
            return set_weak(operation);
        case Code::check_weak:
            return check_weak(operation.object);
        case Code::pop_wrong_root:
            return pop_wrong_root(operation.root);
        default:
            break;
    }
    const size_t cell = pick_object(operation.object);
    return cell == kNone ? Step::skipped : step_on_object(operation, cell);
}

HeapSession::Step HeapSession::step_on_object(const Operation& operation, size_t cell) {
    resolved_.object = static_cast<uint32_t>(model_->cell(cell));
    switch (operation.code) {
        case Code::resize_object:
            return resize(operation, cell);
        case Code::write:
            return write(cell);
        case Code::read:
            return check_object(model_->cell(cell), cells_[cell], Checker::contents, " on read")
                       ? Step::done
                       : Step::bad;
        case Code::query:
            return query(cell, operation.size);
        case Code::store_reference:
            return store_reference(operation, cell);
        case Code::store_many:
            return store_many(operation, cell);
        case Code::copy_references:
            return copy_references(operation, cell);
        case Code::load_reference:
            return load_reference(operation, cell);
        case Code::set_finalizer:
            return set_finalizer(cell, operation.count);
        case Code::set_flags:
            heap_->set_flags(cells_[cell], operation.count);
            model_->set_flags(model_->cell(cell), operation.count);
            return Step::done;
        case Code::store_without_barrier:
            return store_without_barrier(operation, cell);
        case Code::overrun:
            return overrun(cell);
        default:
            return Step::skipped;
    }
}

}  // namespace suite

// Which operation a session does, if the subject can do it.
#include "fuzz/session.h"
#include "fuzz/shape.h"

namespace suite {

bool Session::able(Code code) const {
    if (!shape(code).in(Family::plain)) return false;
    switch (code) {
        case Code::allocate_zeroed:
            return can_.zeroed;
        case Code::allocate_aligned:
            return can_.aligned;
        case Code::allocate_placed:
        case Code::register_type:
            return can_.types && entry_.kind == Kind::context;
        case Code::free:
            return can_.free;
        case Code::reallocate:
            return can_.reallocate;
        case Code::query:
            return can_.query;
        case Code::reset:
            return can_.reset;
        case Code::mark:
        case Code::release:
        case Code::release_dead:
            return can_.scopes;
        case Code::metrics:
            return can_.metrics;
        case Code::verify:
            return can_.verify;
        case Code::fail_requests:
            return can_.limits;
        case Code::free_twice:
        case Code::free_interior:
            return can_.free && can_.debug && can_.query;
        case Code::free_foreign:
            // A general allocator looks at every address it is given, debug mode or not.
            if (entry_.kind == Kind::general) return true;
            return can_.free && can_.debug && configuration_.debug;
        case Code::free_wrong_size:
            return can_.free && can_.debug && configuration_.debug;
        case Code::overrun:
            return can_.debug && can_.guards && configuration_.debug;
        default:
            return true;
    }
}

Session::Step Session::step(const Operation& operation) {
    if (!able(operation.code)) return Step::skipped;
    switch (operation.code) {
        case Code::allocate:
        case Code::allocate_zeroed:
        case Code::allocate_aligned:
        case Code::allocate_placed:
            return allocate(operation);
        case Code::reset:
            return reset();
        case Code::mark:
            return mark();
        case Code::release:
            return release(operation.count);
        case Code::release_dead:
            return release_dead(operation.count);
        case Code::register_type:
            return register_type(operation.placement);
        case Code::fail_requests:
            ledger_.arm(operation.size,
                        operation.count == 255 ? Ledger::kForEver : uint64_t{operation.count});
            return Step::done;
        case Code::metrics:
            return check_figures() && check_types() ? Step::done : Step::bad;
        case Code::verify:
            return check_verify() ? Step::done : Step::bad;
        case Code::free_foreign:
            return free_foreign(operation.size);
        default:
            break;
    }
    if (live_.size() == 0) return Step::skipped;
    return step_on_object(operation, operation.object % live_.size());
}

Session::Step Session::step_on_object(const Operation& operation, size_t position) {
    resolved_.object = live_.at(position).number;
    switch (operation.code) {
        case Code::free:
            return free_object(position);
        case Code::reallocate:
            return reallocate(position, operation.size);
        case Code::write:
            return write(position);
        case Code::read:
            return check_contents(live_.at(position), "on read") ? Step::done : Step::bad;
        case Code::query:
            return query(position, operation.size);
        case Code::free_twice:
            return free_twice(position);
        case Code::free_interior:
            return free_interior(position);
        case Code::free_wrong_size:
            return free_wrong_size(position, operation.size);
        case Code::overrun:
            return overrun(position);
        default:
            return Step::skipped;
    }
}

}  // namespace suite

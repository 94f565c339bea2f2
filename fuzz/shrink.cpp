#include "fuzz/shrink.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "fuzz/fields.h"
#include "fuzz/shape.h"

namespace suite {
namespace {

class Shrinker {
 public:
    Shrinker(const Program& program, const Fails& fails, const ShrinkOptions& options)
        : best_(canonical(program)),
          fails_(fails),
          options_(options),
          end_(std::chrono::steady_clock::now() +
               std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                   std::chrono::duration<double>(std::clamp(options.seconds, 0.0, 1e6)))) {}

    ShrinkResult take() {
        bool smaller = fails_(best_);
        candidates_ = 1;
        while (smaller && !late()) {
            smaller = leave_out_stretches();
            smaller |= leave_out_pairs();
            smaller |= merge_neighbours();
            smaller |= simplify_operations();
            smaller |= simplify_configuration();
        }
        return {std::move(best_), candidates_, !late()};
    }

 private:
    // Programs longer than this are not tried with every pair left out.
    static constexpr size_t kPairsMax = 40;

    // How far apart the two of merge_neighbours lie, and how large they are.
    static constexpr size_t kMergeReach = 4;
    static constexpr uint64_t kMergedMax = 1 << 20;

    // Whether the operation makes one more object, or root, that others can name.
    static bool makes_one(const Operation& operation) {
        switch (operation.code) {
            case Code::allocate:
            case Code::allocate_zeroed:
            case Code::allocate_aligned:
            case Code::allocate_placed:
            case Code::push_root:
                return true;
            case Code::allocate_object:
            case Code::allocate_object_aligned:
            case Code::new_weak:
            case Code::load_reference:
            case Code::resize_object:
                return operation.root == 0;
            default:
                return false;
        }
    }

    // What operations from..to name is one of those that were there before `made` of them left.
    static void rename(Program& program, size_t from, size_t to, uint32_t made) {
        for (size_t i = from; i < to; ++i) {
            Operation& operation = program.operations[i];
            const Shape& its = shape(operation.code);
            if (its.uses(Operand::object) && operation.object >= made) operation.object -= made;
            if (its.uses(Operand::target) && operation.target > made) operation.target -= made;
            if (its.uses(Operand::root) && operation.root > made) operation.root -= made;
        }
    }

    [[nodiscard]] bool late() const { return std::chrono::steady_clock::now() >= end_; }

    // Takes the candidate if it fails too.
    bool accept(Program candidate) {
        if (candidate == best_ || late()) return false;
        ++candidates_;
        if (options_.progress) options_.progress(best_.operations.size(), candidates_);
        if (!fails_(candidate)) return false;
        best_ = std::move(candidate);
        return true;
    }

    // As it is; or with what is named behind it named anew, as if what left had been the oldest.
    bool leave_out(size_t start, size_t length) {
        Program candidate = best_;
        const auto first = candidate.operations.begin() + static_cast<std::ptrdiff_t>(start);
        const auto last = first + static_cast<std::ptrdiff_t>(length);
        const auto made = static_cast<uint32_t>(std::count_if(first, last, makes_one));
        candidate.operations.erase(first, last);
        Program renamed = candidate;
        rename(renamed, start, renamed.operations.size(), made);
        const bool other = renamed != candidate;
        return accept(std::move(candidate)) || (other && accept(std::move(renamed)));
    }

    bool leave_out_stretches() {
        bool any = false;
        size_t length = std::max<size_t>(best_.operations.size() / 2, 1);
        while (!late() && !best_.operations.empty()) {
            bool removed = false;
            // From the end: what comes after the failure goes first and at once.
            size_t end = best_.operations.size();
            while (end > 0 && !late()) {
                const size_t start = end > length ? end - length : 0;
                removed |= leave_out(start, end - start);
                end = start;
            }
            any |= removed;
            if (length == 1 && !removed) break;
            length = std::max<size_t>(length / 2, 1);
        }
        return any;
    }

    // An allocation and its free, a mark and its release: neither goes without the other.
    bool leave_out_pairs() {
        bool any = false;
        if (best_.operations.size() > kPairsMax) return any;
        for (size_t i = 0; i < best_.operations.size(); ++i) {
            for (size_t j = i + 1; j < best_.operations.size() && !late(); ++j) {
                Program candidate = best_;
                auto& operations = candidate.operations;
                const uint32_t made = makes_one(operations[i]) ? 1 : 0;
                operations.erase(operations.begin() + static_cast<std::ptrdiff_t>(j));
                operations.erase(operations.begin() + static_cast<std::ptrdiff_t>(i));
                Program renamed = candidate;
                rename(renamed, i, j - 1, made);  // behind the second one all is as it was
                const bool other = renamed != candidate;
                if (accept(std::move(candidate)) || (other && accept(std::move(renamed)))) {
                    any = true;
                    j = i;  // the same i again, with what is there now
                }
            }
        }
        return any;
    }

    // Two allocations become one of both sizes, where what matters is how full something is.
    bool merge_neighbours() {
        bool any = false;
        for (size_t i = 0; i < best_.operations.size() && !late(); ++i) {
            for (size_t j = i + 1; j < std::min(i + 1 + kMergeReach, best_.operations.size());
                 ++j) {
                const Operation& one = best_.operations[i];
                const Operation& other = best_.operations[j];
                if (one.code != other.code || !makes_one(one) || one.size > kMergedMax ||
                    other.size > kMergedMax) {
                    continue;
                }
                Program candidate = best_;
                candidate.operations[i].size += other.size;
                candidate.operations.erase(candidate.operations.begin() +
                                           static_cast<std::ptrdiff_t>(j));
                Program renamed = candidate;
                rename(renamed, j, renamed.operations.size(), 1);
                const bool differs = renamed != candidate;
                if (accept(std::move(candidate)) || (differs && accept(std::move(renamed)))) {
                    any = true;
                    j = i;  // the same i again
                }
            }
        }
        return any;
    }

    bool simplify_operations() {
        bool any = false;
        for (size_t i = 0; i < best_.operations.size() && !late(); ++i) {
            any |= simplify_code(i);
            for (size_t j = 0; j < kOperands; ++j) {
                any |= simplify_operand(i, static_cast<Operand>(j));
            }
        }
        return any;
    }

    // A code that does less of the same; itself when there is none.
    static Code simpler(Code code) {
        switch (code) {
            case Code::allocate_zeroed:
            case Code::allocate_aligned:
            case Code::allocate_placed:
                return Code::allocate;
            case Code::allocate_object_aligned:
            case Code::new_weak:
            case Code::resize_object:
                return Code::allocate_object;
            case Code::store_many:
            case Code::copy_references:
                return Code::store_reference;
            case Code::collect_minor:
                return Code::collect_major;
            case Code::add_global:
            case Code::fill_roots:
                return Code::push_root;
            default:
                return code;
        }
    }

    bool simplify_code(size_t index) {
        Program candidate = best_;
        candidate.operations[index].code = simpler(best_.operations[index].code);
        candidate.operations[index] = canonical(candidate.operations[index]);
        return accept(std::move(candidate));
    }

    bool try_operand(size_t index, Operand which, uint64_t value) {
        Program candidate = best_;
        set_operand(candidate.operations[index], which, value);
        return accept(std::move(candidate));
    }

    // Towards zero: 0, then the smallest value that halving and single steps reach, then a round
    // number near what is left.
    bool simplify_operand(size_t index, Operand which) {
        const auto value = [&] { return operand(best_.operations[index], which); };
        if (!shape(best_.operations[index].code).uses(which) || value() == 0) return false;
        if (try_operand(index, which, 0)) return true;
        bool any = false;
        // Passing values are below low + 1, failing ones at value(): a bisection.
        uint64_t low = 0;
        while (value() - low > 1 && !late()) {
            const uint64_t middle = low + (value() - low) / 2;
            if (try_operand(index, which, middle)) {
                any = true;
            } else {
                low = middle;
            }
        }
        return any;
    }

    bool simplify_configuration() {
        const Configuration defaults;
        bool any = false;
        for (size_t i = 0; i < kFields; ++i) {
            const Field field = static_cast<Field>(i);
            Program candidate = best_;
            set_field(candidate.configuration, field, field_of(defaults, field));
            any |= accept(std::move(candidate));
        }
        return any;
    }

    Program best_;
    const Fails& fails_;
    const ShrinkOptions& options_;
    std::chrono::steady_clock::time_point end_;
    size_t candidates_ = 0;
};

}  // namespace

ShrinkResult shrink(const Program& program, const Fails& fails, const ShrinkOptions& options) {
    return Shrinker(program, fails, options).take();
}

}  // namespace suite

#include "fuzz/endurance_objects.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <string_view>

#include "fuzz/figures.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

constexpr uint64_t kLiveBytesMax = 24 << 20;
constexpr size_t kLargestObject = 3 << 20;
constexpr size_t kScopesMax = 64;
// An allocation of V1 walks all free objects, which are never joined: with many, a run would be
// nothing but that. So few live, and resets are 256 times as frequent.
constexpr size_t kLiveOfBaseline = 512;
constexpr uint64_t kFootprintEvery = 1024;
constexpr uint32_t kTypesAtFirst = 40;

reference::Rules rules_of(const SubjectEntry& entry) {
    if (entry.abilities.baseline) return reference::Rules::baseline;
    if (entry.kind == Kind::arena) return reference::Rules::arena;
    if (entry.kind == Kind::general) return reference::Rules::general;
    return entry.kind == Kind::pool ? reference::Rules::pool : reference::Rules::context;
}

}  // namespace

EnduranceReport ObjectsRun::run() {
    if (open()) {
        begin();
        while (live_on()) {
        }
        bury();
    }
    return finish();
}

// What only the program can free would be a leak of its own.
void ObjectsRun::bury() {
    if (can_.reset || !can_.free) return;
    for (const Shadow& shadow : shadows_) (void)subject_->free(shadow.address, shadow.size);
}

void ObjectsRun::begin() {
    if (entry_.kind != Kind::heap_like) {
        reference::Settings settings;
        settings.rules = rules_of(entry_);
        settings.find_by_address = false;
        model_.emplace(settings);
    }
    footprint_.emplace(can_, configuration_, can_.baseline ? 0 : subject_->chunk_bytes(),
                       entry_.kind);
    for (uint32_t i = 0; i < kTypesAtFirst && entry_.kind == Kind::context; ++i) add_type();
}

// One season. False when the run has ended, well or not.
bool ObjectsRun::live_on() {
    draw_season();
    const uint64_t end = season_end();
    while (within_season(end)) {
        if (!step()) return false;
        next_operation();
    }
    if (!check_all()) return false;
    if (can_.reset && random_.one_in(3) && !reset()) return false;
    return next_season();
}

void ObjectsRun::draw_season() {
    season_.sizes = static_cast<Sizes>(random_.below(static_cast<uint64_t>(Sizes::count_)));
    season_.order = static_cast<Order>(random_.below(static_cast<uint64_t>(Order::count_)));
    season_.live = size_t{64} << random_.below(10);
    if (can_.baseline) season_.live = std::min(season_.live, kLiveOfBaseline);
    season_.types = random_.pick(std::array<uint32_t, 4>{1, 8, 125, MORPH_MAX_TYPES});
    season_.refused = random_.one_in(2) ? 2 : 0;
    growing_ = true;
}

bool ObjectsRun::step() {
    if (report_.operations % kFootprintEvery == 0 && !check_footprint()) return false;
    ledger_.begin_call();
    const uint64_t choice = random_.below(1024);
    if (choice < season_.refused && can_.limits) {
        arm();
        return true;
    }
    if (choice < 8) return rare(choice);
    if (choice < 60 && !shadows_.empty()) return read(pick());
    if (choice < 130 && can_.reallocate && !shadows_.empty()) return reallocate(pick());
    const bool full = shadows_.size() >= season_.live || live_bytes_ >= kLiveBytesMax;
    if (full) growing_ = false;
    if (shadows_.size() <= season_.live / 8) growing_ = true;
    if (!can_.free) return full ? make_room() : allocate();
    const bool more = random_.below(10) < (growing_ ? 8u : 2u);
    return more || shadows_.empty() ? allocate() : free_object(pick());
}

bool ObjectsRun::rare(uint64_t choice) {
    if (choice < 2) return can_.scopes && scopes_.size() < kScopesMax ? mark() : allocate();
    if (choice == 2) return can_.scopes && !scopes_.empty() ? release() : allocate();
    if (choice == 3 && entry_.kind == Kind::context && random_.one_in(16)) return add_type();
    if (choice == 4 && can_.reset && (can_.baseline || random_.one_in(256))) return reset();
    if (choice == 5 && entry_.kind == Kind::pool && !shadows_.empty()) return misuse(pick());
    if (can_.query && !shadows_.empty()) return query(pick());
    return allocate();
}

// A subject that cannot free: back to a mark, or to the beginning.
bool ObjectsRun::make_room() {
    return scopes_.empty() || random_.one_in(8) ? reset() : release();
}

size_t ObjectsRun::pick() {
    const size_t count = shadows_.size();
    const size_t near = std::min<size_t>(count, 16);
    if (season_.order == Order::newest) return count - 1 - random_.below(near);
    return random_.below(season_.order == Order::oldest ? near : count);
}

size_t ObjectsRun::draw_size() {
    static constexpr std::array<size_t, 12> kProfile = {24, 24, 24, 24, 24, 32,
                                                        32, 48, 48, 48, 64, 128};
    size_t size = 0;
    switch (season_.sizes) {
        case Sizes::profile:
            size = random_.pick(kProfile);
            break;
        case Sizes::small:
            size = random_.below(65);
            break;
        case Sizes::any_class:
            size = random_.below(MORPH_POOL_MAX_SIZE + 1);
            break;
        case Sizes::edges:
            size = morph_size_class_bytes(1 + static_cast<uint32_t>(random_.below(40))) +
                   random_.below(3) - 1;
            break;
        case Sizes::with_giants:
            size = random_.one_in(500) ? random_.below(kLargestObject) : random_.below(200);
            break;
        default:
            size = random_.below(size_t{1} << random_.below(17));
            break;
    }
    if (entry_.kind == Kind::pool) size = std::min(size, MORPH_POOL_MAX_SIZE);
    return entry_.kind == Kind::heap_like ? std::max<size_t>(size, 1) : size;
}

Operation ObjectsRun::draw_allocation() {
    Operation operation;
    operation.size = draw_size();
    const uint64_t form = random_.below(16);
    if (form == 0 && can_.zeroed) operation.code = Code::allocate_zeroed;
    if (form == 1 && can_.aligned) {
        operation.code = Code::allocate_aligned;
        operation.alignment = static_cast<uint8_t>(3 + random_.below(10));
    }
    if (entry_.kind == Kind::pool) {
        operation.type = static_cast<uint32_t>(random_.below(season_.types));
    } else if (entry_.kind == Kind::context) {
        operation.type = static_cast<uint32_t>(random_.below(types_ + 1));
    }
    return operation;
}

// --------------------------------------------------------------------- checks of a whole season

// ------------------------------------------------------------------- checks of a whole season
bool ObjectsRun::check_all() {
    ledger_.arm(0, 0);
    return check_shadows() && check_contents() && check_disjoint() && check_figures() &&
           check_verify() && check_footprint();
}

bool ObjectsRun::check_shadows() {
    if (!model_.has_value()) return true;
    const std::span<reference::Object* const> live = model_->live();
    bool equal = live.size() == shadows_.size();
    for (size_t i = 0; equal && i < live.size(); ++i) equal = shadows_[i].model == live[i];
    return equal || fail(Checker::metrics, "ENDURE-SHADOWS: the harness lost its place");
}

bool ObjectsRun::same(const Shadow& shadow, size_t limit, const char* when) {
    const size_t offset =
        first_difference(shadow.address, shadow.size, limit, shadow.identity, kWhole);
    if (offset == limit) return true;
    return fail(Checker::contents, "object %u (%zu bytes): byte %zu is 0x%02x, expected 0x%02x, %s",
                shadow.number, shadow.size, offset, shadow.address[offset],
                filled_byte(offset, shadow.identity), when);
}

bool ObjectsRun::check_contents() {
    for (const Shadow& shadow : shadows_) {
        if (!same(shadow, shadow.size, "at the end of a season")) return false;
    }
    return true;
}

bool ObjectsRun::check_disjoint() {
    order_.clear();
    for (const Shadow& shadow : shadows_) {
        order_.push_back(
            {reinterpret_cast<uintptr_t>(shadow.address), std::max<size_t>(shadow.size, 1)});
    }
    std::sort(order_.begin(), order_.end());
    for (size_t i = 1; i < order_.size(); ++i) {
        if (order_[i - 1].first + order_[i - 1].second <= order_[i].first) continue;
        return fail(Checker::overlap, "objects at %#zx and %#zx overlap", order_[i - 1].first,
                    order_[i].first);
    }
    return true;
}

bool ObjectsRun::check_figures() {
    if (!can_.metrics || !model_.has_value()) return true;
    const Held held = {can_.limits, static_cast<uint64_t>(ledger_.balance()),
                       static_cast<uint64_t>(ledger_.peak_ever()),
                       static_cast<uint64_t>(held_settled_), false};
    const Mismatch mismatch = compare(subject_->figures(), *model_, held);
    if (mismatch.name != nullptr) {
        return fail(Checker::metrics, "%s is %" PRIu64 ", expected %" PRIu64, mismatch.name,
                    mismatch.seen, mismatch.expected);
    }
    if (entry_.kind != Kind::context) return true;
    const auto type = static_cast<uint32_t>(1 + random_.below(types_));
    const std::optional<MorphMemTypeStats> seen = subject_->type_figures(type);
    const Mismatch wrong = seen.has_value() ? compare(*seen, model_->type_figures(type))
                                            : Mismatch{"figures of a type", 1, 0};
    if (wrong.name == nullptr || wrong.name == std::string_view("type.name")) return true;
    return fail(Checker::metrics, "%s of type %u is %" PRIu64 ", expected %" PRIu64, wrong.name,
                type, wrong.seen, wrong.expected);
}

bool ObjectsRun::check_footprint() {
    if (!footprint_->checked() || ledger_.balance() <= 0) return true;
    const auto mapped = static_cast<uint64_t>(ledger_.balance());
    if (mapped <= footprint_->bound()) return true;
    return fail(Checker::footprint, "holds %" PRIu64 " bytes, its bound is %" PRIu64, mapped,
                footprint_->bound());
}

EnduranceReport endure_objects(const SubjectEntry& subject, const EnduranceOptions& options) {
    return ObjectsRun(subject, options).run();
}

}  // namespace suite

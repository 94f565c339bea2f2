#include "fuzz/broken_subject.h"

#include <algorithm>
#include <cstring>

#include "fuzz/ledger.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

constexpr size_t kPage = 4096;

class BrokenSubject final : public Subject {
 public:
    BrokenSubject(std::unique_ptr<Subject> inner, Mischief mischief, bool heap)
        : inner_(std::move(inner)), mischief_(mischief), heap_(heap) {}

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        limits_ = limits;
        report_ = report;
        report_user_ = report_user;
        meter_ = std::make_unique<Ledger>(UINT64_MAX / 2);
        MorphMemoryLimits counted = {0, grant, take_back, this};
        bool handler = mischief_ != Mischief::report_swallowed;
        opened_ = inner_->open(configuration, limits.request != nullptr ? counted : limits,
                               handler ? report : swallow, handler ? report_user : nullptr);
        if (opened_ && is(Mischief::bytes_not_returned)) (void)hold(kPage);
        return opened_;
    }

    void close() override {
        // After a finding the runner frees nothing more.
        for (Lent lent : given_) (void)inner_->free(lent.address, lent.size);
        given_.clear();
        kept_.clear();
        inner_->close();
        if (!is(Mischief::bytes_not_returned)) let_go();
    }

    void* allocate(const Operation& operation) override;
    MorphCode free(void* object, size_t size) override;
    void* reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) override;
    std::optional<MorphAddressInfo> query(const void* address) override;
    Figures figures() override;

    void reset() override {
        if (is(Mischief::held_per_object)) let_go();
        if (is(Mischief::held_per_reset)) (void)hold(inner_->chunk_bytes());
        objects_.clear();
        marks_.clear();
        if (!is(Mischief::reset_forgets)) inner_->reset();
    }

    void* mark() override {
        marks_.push_back(inner_->mark());
        return marks_.back();
    }
    MorphCode release(void* mark) override {
        auto found = std::find(marks_.begin(), marks_.end(), mark);
        if (found == marks_.end()) return inner_->release(mark);
        void* last = marks_.back();
        marks_.erase(found, marks_.end());
        return inner_->release(is(Mischief::release_to_inner) ? last : mark);
    }

    uint32_t register_type(uint8_t placement) override { return inner_->register_type(placement); }
    std::optional<MorphMemTypeStats> type_figures(uint32_t type) override {
        return inner_->type_figures(type);
    }
    MorphCode verify() override {
        if (is(Mischief::verify_fails) && allocations_ > 5) return MORPH_ERROR_CORRUPTION;
        return inner_->verify();
    }
    MorphError last_error() override {
        if (invented_.code != MORPH_OK) return invented_;
        MorphError error = inner_->last_error();
        if (is(Mischief::wrong_code) && opened_) error.code = MORPH_ERROR_IO;
        return error;
    }
    size_t chunk_bytes() const override { return inner_->chunk_bytes(); }

 private:
    struct Lent {
        void* address;
        size_t size;
    };

    [[nodiscard]] bool is(Mischief mischief) const { return mischief_ == mischief; }
    static void swallow(void*, const MorphReport*) {}

    // Everything goes through the runner's hooks and a ledger of our own, so that what a mischief
    // holds can be added to the figures, where it is not to be noticed.
    static bool grant(void* user, size_t bytes) {
        auto* self = static_cast<BrokenSubject*>(user);
        if (!self->limits_.request(self->limits_.user, bytes)) return false;
        MorphMemoryLimits meter = self->meter_->limits();
        return meter.request(meter.user, bytes);
    }
    static void take_back(void* user, size_t bytes) {
        auto* self = static_cast<BrokenSubject*>(user);
        self->limits_.returned(self->limits_.user, bytes);
        MorphMemoryLimits meter = self->meter_->limits();
        meter.returned(meter.user, bytes);
    }
    bool hold(size_t bytes) {
        if (limits_.request == nullptr || !grant(this, bytes)) return false;
        held_ += bytes;
        return true;
    }
    void let_go() {
        if (held_ != 0) take_back(this, held_);
        held_ = 0;
    }

    void* take(const Operation& operation) {
        void* object = inner_->allocate(operation);
        if (heap_ && object != nullptr) given_.push_back({object, operation.size});
        return object;
    }
    void drop(const void* object) {
        std::erase_if(given_, [object](const Lent& lent) { return lent.address == object; });
    }
    void* allocate_moved(const Operation& operation);
    void* failed();

    std::unique_ptr<Subject> inner_;
    Mischief mischief_;
    bool heap_;  // inner is heap_like
    MorphMemoryLimits limits_ = {};
    MorphReportHandler report_ = nullptr;
    void* report_user_ = nullptr;
    std::unique_ptr<Ledger> meter_;
    MorphError invented_ = {};
    std::vector<Lent> objects_;  // live, oldest first
    std::vector<Lent> kept_;     // freed, but not by inner
    std::vector<Lent> given_;    // by an inner that does not free by itself at close
    std::vector<void*> marks_;
    std::vector<const void*> freed_;
    size_t held_ = 0;
    size_t allocations_ = 0;
    bool opened_ = false;
};

// Objects whose address is not where inner's object begins: 4 more bytes, given from the 4th on.
void* BrokenSubject::allocate_moved(const Operation& operation) {
    Operation longer = operation;
    if (longer.size < PTRDIFF_MAX) longer.size += 16;
    void* object = take(longer);
    if (object == nullptr || longer.size == operation.size) return object;
    size_t shift = is(Mischief::misaligned) && allocations_ % 5 == 0 ? 4 : 0;
    if (is(Mischief::alignment_ignored) && operation.code == Code::allocate_aligned) {
        shift = alignment_of(operation) >= 16 ? 8 : 0;
    }
    auto* moved = static_cast<unsigned char*>(object) + shift;
    if (shift != 0) kept_.push_back({object, longer.size});
    return moved;
}

void* BrokenSubject::failed() {
    if (is(Mischief::failure_keeps_memory)) (void)hold(kPage);
    if (is(Mischief::failure_writes)) {
        for (Lent lent : objects_) {
            if (lent.size != 0) *static_cast<unsigned char*>(lent.address) ^= 1;
        }
    }
    return nullptr;
}

void* BrokenSubject::allocate(const Operation& operation) {
    invented_ = {};
    ++allocations_;
    if (is(Mischief::null_for_no_reason) && allocations_ % 7 == 0) {
        invented_ = plain_error(MORPH_ERROR_OUT_OF_MEMORY, "no reason");
        return nullptr;
    }
    if (is(Mischief::report_without_cause) && allocations_ % 5 == 0 && report_ != nullptr) {
        MorphReport report = {MORPH_REPORT_DOUBLE_FREE, nullptr, 0, 0, "no cause"};
        report_(report_user_, &report);
    }
    if (is(Mischief::held_per_object)) (void)hold(inner_->chunk_bytes());
    if (is(Mischief::handed_out_twice) && operation.code == Code::allocate && !kept_.empty() &&
        kept_[0].size >= operation.size) {
        return kept_[0].address;
    }
    if (is(Mischief::too_short) && !objects_.empty() && objects_[0].size > operation.size) {
        auto* last = static_cast<unsigned char*>(objects_[0].address) + objects_[0].size - 1;
        if (reinterpret_cast<uintptr_t>(last) % 8 == 0 && operation.size <= 1) return last;
    }
    if (is(Mischief::byte_lost) && !objects_.empty() && objects_.back().size > 8) {
        static_cast<unsigned char*>(objects_.back().address)[8] ^= 0x40;
    }
    Operation asked = operation;
    if (is(Mischief::success_of_the_impossible) && asked.size > MORPH_MAX_REQUEST) asked.size = 8;
    bool moves = is(Mischief::misaligned) || is(Mischief::alignment_ignored);
    void* object = moves && heap_ ? allocate_moved(asked) : take(asked);
    if (object == nullptr) return failed();
    if (is(Mischief::not_zeroed) && operation.code == Code::allocate_zeroed && operation.size > 0) {
        static_cast<unsigned char*>(object)[operation.size - 1] = 1;
    }
    objects_.push_back({object, operation.size});
    return object;
}

MorphCode BrokenSubject::free(void* object, size_t size) {
    invented_ = {};
    std::erase_if(objects_, [object](const Lent& lent) { return lent.address == object; });
    for (const Lent& lent : kept_) {
        auto distance =
            reinterpret_cast<uintptr_t>(object) - reinterpret_cast<uintptr_t>(lent.address);
        if (distance < 16) return MORPH_OK;  // ours: freed at close
    }
    if (is(Mischief::handed_out_twice) && kept_.empty() && size >= 8) {
        kept_.push_back({object, size});
        return MORPH_OK;
    }
    drop(object);
    MorphCode code = inner_->free(object, size);
    if (code == MORPH_OK) freed_.push_back(object);
    if (is(Mischief::double_free_accepted)) return MORPH_OK;
    if (code != MORPH_OK) (void)failed();
    return code;
}

void* BrokenSubject::reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) {
    invented_ = {};
    void* moved;
    if (is(Mischief::moves_in_place)) {
        Operation operation;
        operation.size = new_size;
        operation.type = type;
        moved = new_size == 0 ? nullptr : inner_->allocate(operation);
        if (moved == nullptr) return inner_->reallocate(object, old_size, new_size, type);
        std::memcpy(moved, object, std::min(old_size, new_size));
        (void)inner_->free(object, old_size);
    } else {
        moved = inner_->reallocate(object, old_size, new_size, type);
    }
    if (moved == nullptr) return failed();
    drop(object);
    if (heap_) given_.push_back({moved, new_size});
    size_t kept = std::min(old_size, new_size);
    if (is(Mischief::tail_dropped) && kept != 0) static_cast<unsigned char*>(moved)[kept - 1] ^= 1;
    std::erase_if(objects_, [object](const Lent& lent) { return lent.address == object; });
    objects_.push_back({moved, new_size});
    return moved;
}

std::optional<MorphAddressInfo> BrokenSubject::query(const void* address) {
    std::optional<MorphAddressInfo> info = inner_->query(address);
    if (!info.has_value()) return info;
    if (is(Mischief::query_wrong_size)) info->size += 1;
    bool freed = std::find(freed_.begin(), freed_.end(), address) != freed_.end();
    if (is(Mischief::query_freed_is_live) && freed) info->allocated = true;
    if (is(Mischief::query_foreign_is_ours) && info->room == MORPH_ROOM_NONE) {
        info->room = MORPH_ROOM_POOL;
    }
    return info;
}

Figures BrokenSubject::figures() {
    Figures figures = inner_->figures();
    uint64_t one = is(Mischief::count_off_by_one) && allocations_ > 3 ? 1 : 0;
    size_t held = held_ + (is(Mischief::mapped_wrong) ? 1 : 0);
    auto peak = static_cast<size_t>(meter_->peak_ever());
    if (figures.context.has_value()) {
        figures.context->total.objects_live += one;
        figures.context->bytes_mapped += held;
        figures.context->metadata_bytes_mapped += held;
        figures.context->bytes_mapped_peak = peak;
        if (is(Mischief::failures_uncounted)) figures.context->failures = 0;
    }
    if (figures.arena.has_value()) {
        figures.arena->bytes_used += one;
        figures.arena->bytes_mapped += held;
        figures.arena->bytes_mapped_peak = peak;
    }
    if (figures.pool.has_value()) {
        figures.pool->objects_live += one;
        figures.pool->bytes_mapped += held;
        figures.pool->bytes_mapped_peak = peak;
    }
    return figures;
}

}  // namespace

SubjectEntry broken(const SubjectEntry& entry, Mischief mischief) {
    SubjectEntry result = entry;
    result.name += " (broken)";
    bool heap = entry.kind == Kind::heap_like;
    result.make = [&entry, mischief, heap] {
        return std::make_unique<BrokenSubject>(entry.make(), mischief, heap);
    };
    return result;
}

}  // namespace suite

// morph/heap.h against HeapModel: random programs. As heap_interface_test.cpp, for any
// implementation; objects carry their number, so addresses are never compared.

#include <algorithm>
#include <array>
#include <deque>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <string>

#include "reference/heap_model.h"

#include "morph/heap.h"

namespace {

using reference::HeapModel;
using reference::HeapObject;
using reference::kNoObject;
using reference::ObjectId;

constexpr size_t kCells = 8;
constexpr size_t kSlotsMax = 12;

// Both sides of one program. Every object begins with its number, but for weak references, where it
// is behind the library's 16 bytes.
class Duel {
 public:
    explicit Duel(uint32_t seed) : random_(seed), seed_(seed) {
        config_.settings.nursery_bytes = MORPH_NURSERY_BYTES_MIN;
        config_.settings.promotion_age = 1 + seed % 4;
        config_.settings.full_collections = seed % 11 == 0;
        config_.enable_debug = seed % 3 == 0;
        config_.report = [](void* user, const MorphReport* report) {
            static_cast<Duel*>(user)->report_ = report->text;
        };
        config_.report_user = this;
        model_ = std::make_unique<HeapModel>(config_.settings.promotion_age);
        heap_ = morph_heap_create(&config_);
        add_types();
        for (size_t cell = 0; cell < kCells; ++cell) {
            void** variable = &cells_[cell];
            const bool global = cell % 2 != 0;
            EXPECT_EQ(global ? morph_heap_add_global_root(heap_, variable)
                             : morph_heap_push_root(heap_, variable),
                      MORPH_OK);
            global ? model_->add_global_root(cell) : model_->push_root(cell);
        }
    }
    Duel(const Duel&) = delete;
    Duel& operator=(const Duel&) = delete;
    ~Duel() { morph_heap_destroy(heap_); }

    // Empty: all is well.
    std::string run(int steps) {
        for (int step = 0; step < steps && fault_.empty(); ++step) {
            one_step();
            if (fault_.empty()) check();
            if (!fault_.empty()) {
                fault_ +=
                    " (seed " + std::to_string(seed_) + ", step " + std::to_string(step) + ")";
            }
        }
        return fault_;
    }
    [[nodiscard]] uint64_t finalizers_run() const { return model_->finalizers_run(); }
    [[nodiscard]] uint64_t collections() const {
        return model_->minor_collections() + model_->full_collections();
    }

 private:
    size_t below(size_t bound) { return random_() % bound; }
    void require(bool condition, const char* what) {
        if (!condition && fault_.empty()) fault_ = what;
    }

    void add_types() {
        static const size_t fields[] = {8, 16, 32};
        static const size_t second[] = {8};
        MorphMemTypeInfo info = {};
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = fields;
        info.offset_count = 3;
        types_[0] = add_type(info);
        info.layout = MORPH_LAYOUT_STRUCTS;
        info.offsets = second;
        info.offset_count = 1;
        info.element_size = 16;
        types_[1] = add_type(info);
        info.layout = MORPH_LAYOUT_CUSTOM;
        info.visit = [](void*, void* object, size_t size, MorphSlotVisitor* visitor) {
            auto** words = static_cast<void**>(object);
            for (size_t at = 1; at < size / 8; at += 2) visitor->visit(visitor, words + at);
        };
        types_[2] = add_type(info, MORPH_LAYOUT_STRUCTS);  // the same slots by another rule
        info.layout = MORPH_LAYOUT_WEAK;
        types_[3] = add_type(info);
    }
    uint32_t add_type(const MorphMemTypeInfo& info, MorphLayout rule = MORPH_LAYOUT_DATA) {
        MorphCode code = MORPH_OK;
        const uint32_t id = model_->register_type(info, &code, rule);
        EXPECT_EQ(morph_heap_register_type(heap_, &info), id);
        return id;
    }

    bool is_weak(ObjectId id) const { return model_->find(id)->type == types_[3]; }
    ObjectId number_of(const void* object) const {
        if (object == nullptr) return kNoObject;
        const bool weak = morph_object_type(object) == types_[3];
        return static_cast<const uint64_t*>(object)[weak ? 2 : 0];
    }
    void** slot_of(void* object, const HeapObject& model, size_t slot) const {
        const size_t offset = model_->offset_of(model.type, slot);
        return reinterpret_cast<void**>(static_cast<unsigned char*>(object) + offset);
    }

    // Tells the model what was collected since it was last told.
    void sync() {
        const MorphHeapStats stats = morph_heap_stats(heap_);
        while (model_->minor_collections() < stats.minor.count) model_->collect_minor();
        while (model_->full_collections() < stats.major.count) model_->collect_full();
    }
    // A call that may have collected has returned.
    void settle() {
        sync();
        require(model_->finish_collections() == kNoObject, "a finalizer did not run");
    }

    static void finalize(MorphHeap*, void* object, void* user) {
        auto* self = static_cast<Duel*>(user);
        self->sync();
        const ObjectId id = self->number_of(object);
        self->require(self->model_->start_finalizer(id), "a finalizer ran that may not");
        if (!self->fault_.empty()) return;
        const size_t cell = self->below(2 * kCells);
        if (cell < kCells) self->put(cell, object, id);
        if (self->below(4) == 0) self->allocate(self->below(kCells), true);
    }

    void put(size_t cell, void* object, ObjectId id) {
        cells_[cell] = object;
        model_->set_cell(cell, id);
    }

    void allocate(size_t cell, bool nested = false) {
        const size_t kind = below(4);
        const size_t words = kind == 0 || kind == 3 ? 5 + below(3) : 1 + below(2 * kSlotsMax);
        const size_t alignment = below(20) == 0 ? size_t{8} << below(5) : 8;
        void* object = morph_heap_alloc_aligned(heap_, words * 8, alignment, types_[kind]);
        nested ? sync() : settle();
        const reference::HeapResult expected = model_->allocate(words * 8, types_[kind], alignment);
        require(object != nullptr, "an allocation failed");
        if (object == nullptr) return;
        const ObjectId id = expected.object->id;
        static_cast<uint64_t*>(object)[kind == 3 ? 2 : 0] = id;
        put(cell, object, id);
    }

    void resize(size_t cell) {
        const ObjectId old = model_->cell(cell);
        if (old == kNoObject) return;
        const bool fixed = is_weak(old) || model_->find(old)->type == types_[0];
        const size_t size = fixed ? 40 + 8 * below(4) : 8 * (1 + below(2 * kSlotsMax));
        void* object = cells_[cell];
        put(cell, nullptr, kNoObject);
        model_->keep(old);
        object = morph_heap_resize(heap_, object, size);
        settle();
        model_->keep(kNoObject);
        require(object != nullptr, "a resize failed");
        if (object == nullptr) return;
        const ObjectId id = model_->resize(old, size).object->id;
        static_cast<uint64_t*>(object)[is_weak(id) ? 2 : 0] = id;
        put(cell, object, id);
    }

    void store(size_t cell, size_t from) {
        const HeapObject* model = model_->find(model_->cell(cell));
        if (model == nullptr) return;
        if (is_weak(model->id)) {
            morph_heap_weak_set(heap_, cells_[cell], cells_[from]);
            model_->set_weak(model->id, model_->cell(from));
        } else if (!model->slots.empty()) {
            const size_t slot = below(model->slots.size());
            morph_heap_write(heap_, cells_[cell], slot_of(cells_[cell], *model, slot),
                             cells_[from]);
            model_->write(model->id, slot, model_->cell(from));
        }
    }

    void load(size_t cell, size_t from) {
        const HeapObject* model = model_->find(model_->cell(from));
        if (model == nullptr || model->slots.empty()) return;
        const size_t slot = below(model->slots.size());
        put(cell, *slot_of(cells_[from], *model, slot), model->slots[slot]);
    }

    void one_step() {
        const size_t cell = below(kCells);
        const size_t other = below(kCells);
        switch (below(16)) {
            case 0:
                put(cell, nullptr, kNoObject);
                break;
            case 1:
                EXPECT_EQ(morph_heap_collect_minor(heap_), MORPH_OK);
                settle();
                break;
            case 2:
                if (below(4) != 0) break;
                EXPECT_EQ(morph_heap_collect_major(heap_), MORPH_OK);
                settle();
                check_exactly();
                break;
            case 3:
                resize(cell);
                break;
            case 4:
                if (cells_[cell] == nullptr) break;
                {
                    const bool on = below(3) != 0;
                    EXPECT_EQ(morph_heap_set_finalizer(heap_, cells_[cell],
                                                       on ? &finalize : nullptr, this),
                              MORPH_OK);
                    model_->set_finalizer(model_->cell(cell), on);
                }
                break;
            case 5:
                load(cell, other);
                break;
            case 6: {
                const MorphForcedCollections plan = {
                    .first = below(4), .every = below(3), .major = below(2) == 0};
                EXPECT_EQ(morph_heap_force_collections(heap_, &plan), MORPH_OK);
                break;
            }
            case 7:
                if (cells_[cell] == nullptr) break;
                morph_object_set_flags(cells_[cell], static_cast<uint8_t>(seed_));
                model_->set_flags(model_->cell(cell), static_cast<uint8_t>(seed_));
                break;
            case 8:
            case 9:
            case 10:
            case 11:
                store(cell, other);
                break;
            default:
                allocate(cell);
        }
    }

    // After a full collection, outside of finalizers: exactly the model's objects are there, unless
    // a finalizer ran (and may have collected, or changed what is reachable).
    void check_exactly() {
        std::vector<ObjectId> walked;
        struct Walk {
            Duel* duel;
            std::vector<ObjectId>* ids;
        } walk = {this, &walked};
        morph_heap_walk(
            heap_,
            [](void* user, void* object, size_t, uint32_t) {
                auto* into = static_cast<Walk*>(user);
                into->ids->push_back(into->duel->number_of(object));
                return true;
            },
            &walk);
        std::ranges::sort(walked);
        std::vector<ObjectId> live;
        for (const HeapObject* object : model_->live()) live.push_back(object->id);
        if (walked.size() < model_->reachable().size()) require(false, "a live object is lost");
        if (model_->finalizers_run() == seen_run_) {
            require(walked == live, "a full collection left other objects");
        }
    }

    void check() {
        seen_run_ = model_->finalizers_run();
        require(report_.empty(), "a report without cause");
        require(model_->check() == nullptr, "the model is broken");
        require(morph_heap_verify(heap_) == MORPH_OK, morph_heap_last_error(heap_).text);
        const MorphHeapStats stats = morph_heap_stats(heap_);
        require(stats.counts.allocations == model_->counts().allocations, "allocations");
        require(stats.counts.bytes_allocated == model_->counts().bytes_allocated, "bytes");
        require(stats.finalizers == model_->finalizers(), "finalizers");
        require(stats.finalizers_run == model_->finalizers_run(), "finalizers run");
        require(stats.counts.objects_live <= model_->counts().objects_live, "too many are live");
        require(stats.counts.objects_live >= model_->reachable().size(), "too few are live");
        check_graph();
    }

    void check_graph() {
        std::map<ObjectId, void*> seen;
        std::deque<ObjectId> queue;
        const auto meet = [&](void* object, ObjectId id) {
            require((object == nullptr) == (id == kNoObject), "a reference is there or not");
            if (object == nullptr || !fault_.empty()) return;
            require(number_of(object) == id, "a reference to another object");
            const auto [entry, fresh] = seen.emplace(id, object);
            require(entry->second == object, "two copies of an object");
            if (fresh) queue.push_back(id);
        };
        for (size_t cell = 0; cell < kCells; ++cell) meet(cells_[cell], model_->cell(cell));
        while (!queue.empty() && fault_.empty()) {
            const HeapObject* model = model_->find(queue.front());
            void* object = seen[queue.front()];
            queue.pop_front();
            require(model != nullptr, "the model lost an object");
            if (model == nullptr) return;
            check_object(object, *model);
            for (size_t slot = 0; slot < model->slots.size(); ++slot) {
                meet(*slot_of(object, *model, slot), model->slots[slot]);
            }
        }
    }

    void check_object(void* object, const HeapObject& model) {
        require(morph_heap_object_size(heap_, object) == model.size, "another size");
        require(morph_object_type(object) == model.type, "another type");
        require(morph_object_flags(object) == model.flags, "other flags");
        const auto address = reinterpret_cast<uintptr_t>(object);
        require(address % model.alignment == 0, "not aligned");
        const MorphAddressInfo info = morph_heap_query(heap_, object);
        require(info.allocated && info.object == object, "not known by its address");
        require(model_->age_is_legal(model.id, info.room, info.age), "an illegal age");
        if (model.type != types_[3]) return;
        void* target = morph_heap_weak_get(object);
        require(model_->observe_weak(model.id, number_of(target)), "an illegal weak target");
    }

    std::mt19937 random_;
    uint32_t seed_;
    MorphHeapConfig config_ = {};
    std::unique_ptr<HeapModel> model_;
    MorphHeap* heap_ = nullptr;
    std::array<uint32_t, 4> types_ = {};
    std::array<void*, kCells> cells_ = {};
    std::string report_;
    std::string fault_;
    uint64_t seen_run_ = 0;
};

TEST(HeapRandomPrograms, AgreeWithTheModel) {
    uint64_t collections = 0;
    uint64_t finalizers = 0;
    for (uint32_t seed = 0; seed < 200; ++seed) {
        Duel duel(seed);
        ASSERT_EQ(duel.run(300), "");
        collections += duel.collections();
        finalizers += duel.finalizers_run();
    }
    EXPECT_GT(collections, 10000u) << "programs that do not collect prove little";
    EXPECT_GT(finalizers, 500u);
}

}  // namespace

#include "stress/soak/tables.h"

#include <array>
#include <cstring>

#include "morph/arena.h"
#include "morph/general.h"
#include "morph/heap.h"
#include "morph/mem.h"
#include "morph/pool.h"

namespace soak {

namespace {

MorphMemoryLimits watched(Meter* meter) {
    MorphMemoryLimits limits = {};
    limits.user = meter;
    limits.request = [](void* user, size_t bytes) {
        static_cast<Meter*>(user)->granted += bytes;
        return true;
    };
    limits.returned = [](void* user, size_t bytes) {
        static_cast<Meter*>(user)->returned += bytes;
    };
    return limits;
}

template <typename Handle, void (*kClose)(Handle*)>
struct Closer {
    void operator()(Handle* handle) const { kClose(handle); }
};
template <typename Handle, void (*kClose)(Handle*)>
using Owned = std::unique_ptr<Handle, Closer<Handle, kClose>>;

void destroy_context(MorphMemContext* context) {
    (void)morph_mem_destroy(context);
}

// Objects that stay where they are.
class Addresses : public KeptTable {
 public:
    bool begin() override { return true; }
    unsigned char* at(size_t slot) override { return objects_[slot]; }

 protected:
    [[nodiscard]] bool put(size_t slot, void* object) {
        if (object == nullptr) return false;
        objects_[slot] = static_cast<unsigned char*>(object);
        return true;
    }

 private:
    std::array<unsigned char*, kSlots> objects_{};
};

class ArenaTable : public Addresses {
 public:
    ArenaTable(Meter* meter, bool debug) {
        MorphArenaConfig config = {};
        config.enable_debug = debug;
        config.memory = watched(meter);
        arena_.reset(morph_arena_create(&config));
    }
    [[nodiscard]] bool open() const { return arena_ != nullptr; }
    bool allocate(size_t slot, size_t size) override {
        return put(slot, morph_arena_alloc(arena_.get(), size));
    }
    bool resize(size_t slot, size_t old_size, size_t new_size) override {
        unsigned char* const before = at(slot);
        if (!put(slot, morph_arena_alloc(arena_.get(), new_size))) return false;
        std::memcpy(at(slot), before, old_size < new_size ? old_size : new_size);
        return true;
    }
    bool release(size_t /*slot*/, size_t /*size*/) override { return true; }
    std::string verify() override {
        if (morph_arena_verify(arena_.get()) == MORPH_OK) return {};
        return morph_arena_last_error(arena_.get()).text;
    }
    void reset() override { morph_arena_reset(arena_.get()); }
    [[nodiscard]] unsigned size_bits() const override { return 11; }

 private:
    Owned<MorphArena, morph_arena_destroy> arena_;
};

class PoolTable : public Addresses {
 public:
    PoolTable(Meter* meter, bool debug) {
        MorphPoolConfig config = {};
        config.enable_debug = debug;
        config.memory = watched(meter);
        pool_.reset(morph_pool_create(&config));
    }
    [[nodiscard]] bool open() const { return pool_ != nullptr; }
    bool allocate(size_t slot, size_t size) override {
        return put(slot, morph_pool_alloc(pool_.get(), size));
    }
    bool resize(size_t slot, size_t /*old_size*/, size_t new_size) override {
        return put(slot, morph_pool_realloc(pool_.get(), at(slot), new_size));
    }
    bool release(size_t slot, size_t size) override {
        return morph_pool_free(pool_.get(), at(slot), size) == MORPH_OK;
    }
    std::string verify() override {
        if (morph_pool_verify(pool_.get()) == MORPH_OK) return {};
        return morph_pool_last_error(pool_.get()).text;
    }
    void reset() override { morph_pool_reset(pool_.get()); }
    [[nodiscard]] unsigned size_bits() const override { return 10; }
    [[nodiscard]] unsigned wide_bits() const override { return 10; }

 private:
    Owned<MorphPool, morph_pool_destroy> pool_;
};

class GeneralTable : public Addresses {
 public:
    GeneralTable(Meter* meter, bool debug) {
        MorphGeneralConfig config = {};
        config.enable_debug = debug;
        config.memory = watched(meter);
        general_.reset(morph_general_create(&config));
    }
    [[nodiscard]] bool open() const { return general_ != nullptr; }
    bool allocate(size_t slot, size_t size) override {
        return put(slot, morph_general_alloc(general_.get(), size));
    }
    bool resize(size_t slot, size_t old_size, size_t new_size) override {
        if (morph_general_size(general_.get(), at(slot)) != old_size) return false;
        return put(slot, morph_general_realloc(general_.get(), at(slot), new_size));
    }
    bool release(size_t slot, size_t /*size*/) override {
        return morph_general_free(general_.get(), at(slot)) == MORPH_OK;
    }
    std::string verify() override {
        if (morph_general_verify(general_.get()) == MORPH_OK) return {};
        return morph_general_last_error(general_.get()).text;
    }
    void reset() override { morph_general_reset(general_.get()); }
    [[nodiscard]] unsigned size_bits() const override { return 13; }

 private:
    Owned<MorphGeneral, morph_general_destroy> general_;
};

class ContextTable : public Addresses {
 public:
    ContextTable(Meter* meter, bool debug) {
        MorphMemConfig config = MORPH_CONFIG_COMPILER;
        config.enable_debug = debug;
        config.memory = watched(meter);
        context_.reset(morph_mem_init(&config));
        if (context_ == nullptr) return;
        const MorphMemTypeInfo info = {};
        type_ = morph_mem_register_type(context_.get(), &info);
    }
    [[nodiscard]] bool open() const { return context_ != nullptr && type_ != MORPH_TYPE_INVALID; }
    bool allocate(size_t slot, size_t size) override {
        return put(slot, morph_mem_alloc(context_.get(), size, type_));
    }
    bool resize(size_t slot, size_t old_size, size_t new_size) override {
        return put(slot, morph_mem_realloc(context_.get(), at(slot), old_size, new_size, type_));
    }
    bool release(size_t slot, size_t /*size*/) override {
        return morph_mem_free(context_.get(), at(slot)) == MORPH_OK;
    }
    std::string verify() override {
        if (morph_mem_verify(context_.get()) == MORPH_OK) return {};
        return morph_mem_last_error(context_.get()).text;
    }
    void reset() override { morph_mem_reset(context_.get()); }
    [[nodiscard]] unsigned size_bits() const override { return 12; }

 private:
    Owned<MorphMemContext, destroy_context> context_;
    uint32_t type_ = MORPH_TYPE_INVALID;
};

// Objects that move: the table is an array of references in the heap itself, the only root.
class HeapTable : public KeptTable {
 public:
    HeapTable(Meter* meter, bool debug) {
        MorphHeapConfig config = {};
        config.settings.nursery_bytes = size_t{64} << 10;
        config.settings.major_threshold = size_t{1} << 20;
        config.enable_debug = debug;
        config.memory = watched(meter);
        heap_.reset(morph_heap_create(&config));
        if (heap_ == nullptr) return;
        MorphMemTypeInfo info = {};
        data_ = morph_heap_register_type(heap_.get(), &info);
        info.layout = MORPH_LAYOUT_POINTERS;
        array_type_ = morph_heap_register_type(heap_.get(), &info);
    }
    [[nodiscard]] bool open() const {
        return heap_ != nullptr && data_ != MORPH_TYPE_INVALID && array_type_ != MORPH_TYPE_INVALID;
    }
    bool begin() override {
        array_ = morph_heap_alloc(heap_.get(), kSlots * sizeof(void*), array_type_);
        return array_ != nullptr && morph_heap_push_root(heap_.get(), &array_) == MORPH_OK;
    }
    unsigned char* at(size_t slot) override {
        return static_cast<unsigned char*>(static_cast<void**>(array_)[slot]);
    }
    bool allocate(size_t slot, size_t size) override {
        return put(slot, morph_heap_alloc(heap_.get(), size, data_));
    }
    bool resize(size_t slot, size_t old_size, size_t new_size) override {
        if (morph_heap_object_size(heap_.get(), at(slot)) != old_size) return false;
        return put(slot, morph_heap_resize(heap_.get(), at(slot), new_size));
    }
    bool release(size_t slot, size_t /*size*/) override {
        store(slot, nullptr);
        return true;
    }
    std::string verify() override {
        if (morph_heap_collect_major(heap_.get()) == MORPH_OK &&
            morph_heap_verify(heap_.get()) == MORPH_OK) {
            return {};
        }
        return morph_heap_last_error(heap_.get()).text;
    }
    void reset() override { morph_heap_reset(heap_.get()); }
    [[nodiscard]] unsigned size_bits() const override { return 11; }

 private:
    void store(size_t slot, void* object) {
        void** const at_slot = static_cast<void**>(array_) + slot;
        morph_heap_write(heap_.get(), array_, at_slot, object);
    }
    [[nodiscard]] bool put(size_t slot, void* object) {
        if (object == nullptr) return false;
        store(slot, object);
        return true;
    }

    Owned<MorphHeap, morph_heap_destroy> heap_;
    uint32_t data_ = MORPH_TYPE_INVALID;
    uint32_t array_type_ = MORPH_TYPE_INVALID;
    void* array_ = nullptr;  // the root, while a mix runs
};

template <typename Made>
std::unique_ptr<KeptTable> made(Meter* meter, bool debug) {
    auto table = std::make_unique<Made>(meter, debug);
    return table->open() ? std::move(table) : nullptr;
}

}  // namespace

std::unique_ptr<KeptTable> arena_table(Meter* meter, bool debug) {
    return made<ArenaTable>(meter, debug);
}
std::unique_ptr<KeptTable> pool_table(Meter* meter, bool debug) {
    return made<PoolTable>(meter, debug);
}
std::unique_ptr<KeptTable> general_table(Meter* meter, bool debug) {
    return made<GeneralTable>(meter, debug);
}
std::unique_ptr<KeptTable> context_table(Meter* meter, bool debug) {
    return made<ContextTable>(meter, debug);
}
std::unique_ptr<KeptTable> heap_table(Meter* meter, bool debug) {
    return made<HeapTable>(meter, debug);
}

}  // namespace soak

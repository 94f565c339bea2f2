#include "stress/real/allocator.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "stress/real/context_memory.h"

namespace real {
namespace {

bool too_large_for_header(size_t size) {
    return size > SIZE_MAX - kHeaderBytes;
}

// base is where the header begins.
void* with_header(void* base, size_t size) {
    if (base == nullptr) return nullptr;
    std::memcpy(base, &size, sizeof size);
    return static_cast<unsigned char*>(base) + kHeaderBytes;
}

void* base_of(void* object) {
    return static_cast<unsigned char*>(object) - kHeaderBytes;
}

size_t size_in_header(const void* object) {
    size_t size = 0;
    std::memcpy(&size, static_cast<const unsigned char*>(object) - kHeaderBytes, sizeof size);
    return size;
}

class MallocAllocator final : public Allocator {
 public:
    explicit MallocAllocator(Sizes sizes) : header_(sizes == Sizes::kept) {}

    void* allocate(size_t size) override {
        if (!header_) return std::malloc(std::max(size, size_t{1}));
        if (too_large_for_header(size)) return nullptr;
        return with_header(std::malloc(size + kHeaderBytes), size);
    }
    void* reallocate(void* object, size_t /*old_size*/, size_t new_size) override {
        if (!header_) return std::realloc(object, new_size);
        if (too_large_for_header(new_size)) return nullptr;
        return with_header(std::realloc(base_of(object), new_size + kHeaderBytes), new_size);
    }
    bool release(void* object, size_t /*old_size*/) override {
        std::free(header_ ? base_of(object) : object);
        return true;
    }
    [[nodiscard]] size_t size_of(const void* object) const override {
        return header_ ? size_in_header(object) : 0;
    }
    [[nodiscard]] size_t alignment(size_t /*size*/) const override { return 16; }
    [[nodiscard]] bool counts() const override { return false; }
    [[nodiscard]] Figures figures() const override { return {}; }
    [[nodiscard]] Hidden hidden() const override { return {}; }
    [[nodiscard]] std::string verify() override { return {}; }
    bool reset() override { return false; }

 private:
    bool header_;
};

class GeneralAllocator final : public Allocator {
 public:
    explicit GeneralAllocator(MorphGeneral* general) : general_(general) {}
    ~GeneralAllocator() override { morph_general_destroy(general_); }

    void* allocate(size_t size) override { return morph_general_alloc(general_, size); }
    void* reallocate(void* object, size_t /*old_size*/, size_t new_size) override {
        return morph_general_realloc(general_, object, new_size);
    }
    bool release(void* object, size_t /*old_size*/) override {
        return morph_general_free(general_, object) == MORPH_OK;
    }
    [[nodiscard]] size_t size_of(const void* object) const override {
        return morph_general_size(general_, object);
    }
    [[nodiscard]] size_t alignment(size_t size) const override {
        return size < MORPH_GENERAL_ALIGNMENT ? MORPH_DEFAULT_ALIGNMENT : MORPH_GENERAL_ALIGNMENT;
    }
    [[nodiscard]] bool counts() const override { return true; }
    [[nodiscard]] Figures figures() const override {
        const MorphGeneralStats stats = morph_general_stats(general_);
        return {stats.total, stats.resizes, stats.bytes_mapped, stats.bytes_mapped_peak};
    }
    [[nodiscard]] Hidden hidden() const override { return {}; }
    [[nodiscard]] std::string verify() override {
        if (morph_general_verify(general_) == MORPH_OK) return {};
        return morph_general_last_error(general_).text;
    }
    bool reset() override {
        morph_general_reset(general_);
        return true;
    }
    [[nodiscard]] MorphGeneral* general() override { return general_; }

 private:
    MorphGeneral* general_;
};

class ContextAllocator final : public Allocator {
 public:
    ContextAllocator(MorphMemContext* context, uint32_t type, bool v1, Sizes sizes)
        : memory_(context, type, v1), header_(sizes == Sizes::kept) {}
    ~ContextAllocator() override { (void)morph_mem_destroy(memory_.context()); }

    void* allocate(size_t size) override {
        void* object = nullptr;
        if (!header_) {
            object = memory_.allocate(size);
        } else if (!too_large_for_header(size)) {
            object = with_header(memory_.allocate(size + kHeaderBytes), size);
        }
        objects_ += object != nullptr ? 1 : 0;
        return object;
    }
    void* reallocate(void* object, size_t old_size, size_t new_size) override {
        if (!header_) return memory_.reallocate(object, old_size, new_size);
        if (too_large_for_header(new_size)) return nullptr;
        return with_header(
            memory_.reallocate(base_of(object), size_in_header(object) + kHeaderBytes,
                               new_size + kHeaderBytes),
            new_size);
    }
    bool release(void* object, size_t old_size) override {
        const bool known =
            header_ ? memory_.release(base_of(object), size_in_header(object) + kHeaderBytes)
                    : memory_.release(object, old_size);
        objects_ -= known ? 1 : 0;
        return known;
    }
    [[nodiscard]] size_t size_of(const void* object) const override {
        return header_ ? size_in_header(object) : 0;
    }
    [[nodiscard]] size_t alignment(size_t /*size*/) const override {
        return MORPH_DEFAULT_ALIGNMENT;
    }
    [[nodiscard]] bool counts() const override { return true; }
    [[nodiscard]] Figures figures() const override {
        MorphMemStats stats = {};
        (void)morph_mem_get_stats(memory_.context(), &stats);
        return {stats.total, stats.resizes, stats.bytes_mapped, stats.bytes_mapped_peak};
    }
    [[nodiscard]] Hidden hidden() const override {
        return {memory_.idle_objects(),
                memory_.idle_bytes() + memory_.rounding_bytes() +
                    (header_ ? objects_ * kHeaderBytes : 0),
                memory_.calls_saved()};
    }
    [[nodiscard]] std::string verify() override {
        if (!memory_.lists_in_order()) return "REUSE-LISTS: a list and its count differ";
        if (morph_mem_verify(memory_.context()) == MORPH_OK) return {};
        return morph_mem_last_error(memory_.context()).text;
    }
    bool reset() override {
        memory_.reset();
        objects_ = 0;
        return true;
    }

 private:
    ContextMemory memory_;
    bool header_;
    uint64_t objects_ = 0;  // live
};

std::unique_ptr<Allocator> make_general(const stress::Setup& setup) {
    MorphGeneralConfig config = {};
    config.enable_debug = setup.debug;
    config.memory.bytes_max = setup.bytes_max;
    if (setup.refusals != nullptr) setup.refusals->watch(&config.memory);
    MorphGeneral* general = morph_general_create(&config);
    if (general == nullptr) return nullptr;
    return std::make_unique<GeneralAllocator>(general);
}

std::unique_ptr<Allocator> make_context(bool v1, Sizes sizes, const stress::Setup& setup) {
    MorphMemConfig config = stress::config_of(setup);
    config.enable_v1 = v1;
    MorphMemContext* context = morph_mem_init(&config);
    if (context == nullptr) return nullptr;
    MorphMemTypeInfo info = {};
    info.name = "block";
    const uint32_t type = morph_mem_register_type(context, &info);
    if (type == MORPH_TYPE_INVALID) {
        (void)morph_mem_destroy(context);
        return nullptr;
    }
    return std::make_unique<ContextAllocator>(context, type, v1, sizes);
}

}  // namespace

std::unique_ptr<Allocator> make_allocator(Kind kind, Sizes sizes, const stress::Setup& setup) {
    switch (kind) {
        case Kind::malloc:
            return std::make_unique<MallocAllocator>(sizes);
        case Kind::general:
            return make_general(setup);
        case Kind::context:
        case Kind::v1:
            return make_context(kind == Kind::v1, sizes, setup);
    }
    return nullptr;
}

}  // namespace real

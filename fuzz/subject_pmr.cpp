// Peers: the two resources of std::pmr, over malloc.
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <new>
#include <optional>

#include "fuzz/subjects.h"

namespace suite {
namespace {

// malloc as a resource. (operator new of a sanitizer ends the process instead of throwing.)
class MallocResource final : public std::pmr::memory_resource {
    void* do_allocate(size_t bytes, size_t alignment) override {
        void* memory = nullptr;
        if (posix_memalign(&memory, alignment < 8 ? 8 : alignment, bytes) != 0) {
            throw std::bad_alloc();
        }
        return memory;
    }
    void do_deallocate(void* memory, size_t, size_t) override { std::free(memory); }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

// deallocate needs the alignment that was asked for: objects of allocate_aligned would need it
// kept, so this subject offers plain allocation alone, at 8 bytes.
template <typename Resource>
class PmrSubject final : public Subject {
 public:
    bool open(const Configuration&, const MorphMemoryLimits&, MorphReportHandler, void*) override {
        resource_.emplace(&upstream_);
        return true;
    }
    void close() override { resource_.reset(); }

    // Resources have no documented answer to sizes above PTRDIFF_MAX.
    void* allocate(const Operation& operation) override {
        if (operation.size <= PTRDIFF_MAX) {
            try {
                return resource_->allocate(operation.size, MORPH_DEFAULT_ALIGNMENT);
            } catch (const std::bad_alloc&) {
            }
        }
        return nullptr;
    }
    MorphCode free(void* object, size_t size) override {
        resource_->deallocate(object, size, MORPH_DEFAULT_ALIGNMENT);
        return MORPH_OK;
    }
    void* reallocate(void*, size_t, size_t, uint32_t) override { return nullptr; }
    void reset() override { resource_->release(); }
    void* mark() override { return nullptr; }
    MorphCode release(void*) override { return MORPH_ERROR_UNSUPPORTED; }
    uint32_t register_type(uint8_t) override { return MORPH_TYPE_INVALID; }
    std::optional<MorphAddressInfo> query(const void*) override { return std::nullopt; }
    Figures figures() override { return {}; }
    std::optional<MorphMemTypeStats> type_figures(uint32_t) override { return std::nullopt; }
    MorphCode verify() override { return MORPH_OK; }
    MorphError last_error() override {
        return plain_error(MORPH_ERROR_OUT_OF_MEMORY, "std::bad_alloc");
    }

 private:
    MallocResource upstream_;
    std::optional<Resource> resource_;
};

template <typename Resource>
SubjectEntry entry(const char* name, const char* description) {
    Abilities abilities;
    abilities.free = true;
    abilities.reset = true;
    abilities.zeroed = false;
    return {name, description, Kind::heap_like, abilities,
            [] { return std::make_unique<PmrSubject<Resource>>(); }};
}

}  // namespace

SubjectEntry pmr_monotonic_entry() {
    return entry<std::pmr::monotonic_buffer_resource>("pmr.monotonic",
                                                      "std::pmr::monotonic_buffer_resource");
}

SubjectEntry pmr_pool_entry() {
    return entry<std::pmr::unsynchronized_pool_resource>("pmr.pool",
                                                         "std::pmr::unsynchronized_pool_resource");
}

}  // namespace suite

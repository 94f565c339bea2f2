// compare-pmr: the memory resources of the C++ standard library.
//
//   pmr       std::pmr::monotonic_buffer_resource: a free has no effect, a resize is a copy
//   pmr-pool  std::pmr::unsynchronized_pool_resource: asks for its objects' sizes when they are
//             freed; the layer knows those of morph_mem_realloc alone, others stay until reset
//
// Both take their memory from malloc by way of Upstream, which counts. A refusal is an exception
// there, and NULL here.
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <new>
#include <optional>
#include <vector>

#include "bench/compare/peer.h"
#include "bench/compare/system.h"

namespace {

class Upstream : public std::pmr::memory_resource {
 public:
    [[nodiscard]] uint64_t bytes() const { return bytes_; }
    [[nodiscard]] uint64_t bytes_peak() const { return bytes_peak_; }

 private:
    void* do_allocate(size_t bytes, size_t alignment) override {
        void* memory =
            std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
        if (memory == nullptr) throw std::bad_alloc();
        bytes_ += bytes;
        if (bytes_ > bytes_peak_) bytes_peak_ = bytes_;
        return memory;
    }
    void do_deallocate(void* memory, size_t bytes, size_t) override {
        std::free(memory);
        bytes_ -= bytes;
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    uint64_t bytes_ = 0;
    uint64_t bytes_peak_ = 0;
};

struct Resizable {
    void* object;
    size_t size;
};

struct Context : compare::Peer {
    explicit Context(bool pooled) {
        if (pooled) {
            resource = &pool.emplace(&upstream);
        } else {
            resource = &monotonic.emplace(&upstream);
        }
    }

    Upstream upstream;
    std::optional<std::pmr::monotonic_buffer_resource> monotonic;
    std::optional<std::pmr::unsynchronized_pool_resource> pool;
    std::pmr::memory_resource* resource;
    std::vector<Resizable> resizable;  // pool
};

Context* of(MorphMemContext* context) {
    return static_cast<Context*>(context);
}

void* allocate(Context* context, size_t size) {
    try {
        return context->resource->allocate(size, MORPH_DEFAULT_ALIGNMENT);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* allocate_resizable(Context* context, size_t size) {
    void* object = allocate(context, size);
    if (object == nullptr || !context->pool.has_value()) return object;
    try {
        context->resizable.push_back({object, size});
    } catch (const std::bad_alloc&) {
        context->pool->deallocate(object, size, MORPH_DEFAULT_ALIGNMENT);
        return nullptr;
    }
    return object;
}

constexpr std::string_view kNames[] = {"pmr", "pmr-pool"};

}  // namespace

namespace compare {

std::span<const std::string_view> system_names() {
    return kNames;
}

std::string why_not(std::string_view) {
    return "";
}

MorphMemContext* open_system(const SystemSettings& settings, Sample*) {
    return new Context(settings.name == kNames[1]);
}

bool needs_references(MorphMemContext*) {
    return false;
}

std::optional<uint64_t> asked_now(MorphMemContext* context) {
    return context == nullptr ? 0 : of(context)->upstream.bytes();
}

std::optional<uint64_t> asked_peak(MorphMemContext* context) {
    return context == nullptr ? 0 : of(context)->upstream.bytes_peak();
}

uint64_t layer_resident(MorphMemContext*) {
    return 0;
}

void tell_collections(MorphMemContext*, Sample*) {}

}  // namespace compare

extern "C" {

void* morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t) {
    return allocate(of(context), size);
}

void* morph_mem_realloc(MorphMemContext* context, void* object, size_t old_size, size_t new_size,
                        uint32_t) {
    void* moved = allocate_resizable(of(context), new_size);
    if (moved == nullptr || object == nullptr) return moved;
    std::memcpy(moved, object, old_size < new_size ? old_size : new_size);
    (void)morph_mem_free(context, object);
    return moved;
}

MorphCode morph_mem_free(MorphMemContext* context, void* object) {
    std::vector<Resizable>& resizable = of(context)->resizable;
    for (auto place = resizable.rbegin(); place != resizable.rend(); ++place) {
        if (place->object != object) continue;
        of(context)->pool->deallocate(object, place->size, MORPH_DEFAULT_ALIGNMENT);
        *place = resizable.back();
        resizable.pop_back();
        break;
    }
    return MORPH_OK;
}

void morph_mem_reset(MorphMemContext* context) {
    of(context)->resizable.clear();
    if (of(context)->pool.has_value()) {
        of(context)->pool->release();
    } else {
        of(context)->monotonic->release();
    }
}

MorphCode morph_mem_destroy(MorphMemContext* context) {
    delete of(context);
    return MORPH_OK;
}

}  // extern "C"

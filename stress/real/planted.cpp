#include "stress/real/planted.h"

#include <cstring>
#include <utility>

namespace real {
namespace {

// Blocks that are smaller are left alone: their halves would not be aligned.
constexpr size_t kLeastBytes = 64;

class PlantedAllocator final : public Allocator {
 public:
    PlantedAllocator(std::unique_ptr<Allocator> below, Fault fault, uint64_t calls)
        : below_(std::move(below)), fault_(fault), calls_left_(calls) {}

    void* allocate(size_t size) override {
        if (size >= kLeastBytes && due(Fault::wrong_size)) return below_->allocate(size - 1);
        if (live_ != nullptr && size >= kLeastBytes && due(Fault::overlap)) {
            return static_cast<unsigned char*>(live_) + kLeastBytes / 2;
        }
        if (size >= kLeastBytes && due(Fault::misaligned)) {
            void* object = below_->allocate(size + 4);
            return object == nullptr ? nullptr : static_cast<unsigned char*>(object) + 4;
        }
        void* object = below_->allocate(size);
        if (size >= kLeastBytes) live_ = object;
        return object;
    }

    void* reallocate(void* object, size_t old_size, size_t new_size) override {
        if (due(Fault::vanish)) {
            *static_cast<unsigned char*>(object) ^= 1u;
            return nullptr;
        }
        void* moved = below_->reallocate(object, old_size, new_size);
        if (moved != nullptr && object == live_) live_ = moved;
        if (moved != nullptr && due(Fault::lost_byte)) *static_cast<unsigned char*>(moved) ^= 1u;
        return moved;
    }

    bool release(void* object, size_t old_size) override {
        if (object == live_) live_ = nullptr;
        if (due(Fault::leak)) return true;
        return below_->release(object, old_size);
    }

    [[nodiscard]] size_t size_of(const void* object) const override {
        return below_->size_of(object);
    }
    [[nodiscard]] size_t alignment(size_t size) const override { return below_->alignment(size); }
    [[nodiscard]] bool counts() const override { return below_->counts(); }
    [[nodiscard]] Figures figures() const override { return below_->figures(); }
    [[nodiscard]] Hidden hidden() const override { return below_->hidden(); }
    [[nodiscard]] std::string verify() override { return below_->verify(); }
    bool reset() override { return below_->reset(); }

 private:
    // Once.
    bool due(Fault fault) {
        if (fault != fault_) return false;
        if (calls_left_ > 0) {
            calls_left_ -= 1;
            return false;
        }
        fault_ = Fault::none;
        return true;
    }

    std::unique_ptr<Allocator> below_;
    Fault fault_;
    uint64_t calls_left_;
    void* live_ = nullptr;  // a block of at least kLeastBytes that was not freed
};

}  // namespace

std::unique_ptr<Allocator> plant(std::unique_ptr<Allocator> below, Fault fault, uint64_t calls) {
    if (fault == Fault::none || below == nullptr) return below;
    return std::make_unique<PlantedAllocator>(std::move(below), fault, calls);
}

}  // namespace real

// What the C++ face is made of: results, owners, and objects constructed in memory of ours.
#pragma once

#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "morph/common.h"

namespace morph_memory {

// A value, or the error why there is none.
template <typename Value>
class [[nodiscard]] Result {
 public:
    Result(Value value) : value_(std::move(value)) {}   // NOLINT(google-explicit-constructor)
    Result(const MorphError& error) : error_(error) {}  // NOLINT(google-explicit-constructor)

    explicit operator bool() const { return value_.has_value(); }
    Value& operator*() { return *value_; }
    Value* operator->() { return &*value_; }
    const MorphError& error() const { return error_; }

 private:
    std::optional<Value> value_;
    MorphError error_ = {};
};

// Sole owner of a C handle.
template <typename Handle, auto destroy>
class Owner {
 public:
    Owner() = default;
    explicit Owner(Handle* handle) : handle_(handle) {}
    Owner(Owner&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Owner& operator=(Owner&& other) noexcept {
        if (this != &other) reset(std::exchange(other.handle_, nullptr));
        return *this;
    }
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    ~Owner() { reset(nullptr); }

    [[nodiscard]] Handle* get() const { return handle_; }
    [[nodiscard]] Handle* leave() { return std::exchange(handle_, nullptr); }

 private:
    void reset(Handle* handle) {
        if (handle_ != nullptr) destroy(handle_);
        handle_ = handle;
    }

    Handle* handle_ = nullptr;
};

// Runs the constructor in memory of ours; gives the memory back if it throws.
template <typename Object, typename GiveBack, typename... Arguments>
Object* construct(void* memory, GiveBack give_back, Arguments&&... arguments) {
    if (memory == nullptr) return nullptr;
    if constexpr (std::is_nothrow_constructible_v<Object, Arguments...>) {
        return ::new (memory) Object(std::forward<Arguments>(arguments)...);
    } else {
        struct Undo {
            void* memory;
            GiveBack& give_back;
            ~Undo() {
                if (memory != nullptr) give_back(memory);
            }
        } undo = {memory, give_back};
        auto* object = ::new (memory) Object(std::forward<Arguments>(arguments)...);
        undo.memory = nullptr;
        return object;
    }
}

}  // namespace morph_memory

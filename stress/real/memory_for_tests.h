// What the tests of this room share.
#pragma once

#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "stress/real/duktape_work.h"
#include "stress/real/lua_work.h"
#include "stress/real/memory.h"
#include "stress/real/sqlite_work.h"

namespace real {

constexpr std::array<Kind, 4> kKinds = {Kind::malloc, Kind::context, Kind::general, Kind::v1};
constexpr std::array<Sizes, 2> kSizes = {Sizes::told, Sizes::kept};

inline void PrintTo(Kind kind, std::ostream* stream) {
    constexpr std::array<const char*, 4> kNames = {"malloc", "context", "general", "v1"};
    *stream << kNames[static_cast<size_t>(kind)];
}

inline std::array<const Program*, 3> programs() {
    return {&lua_program(), &sqlite_program(), &duktape_program()};
}

// A Memory whose complaints are kept, with what it asked of the system.
class WatchedMemory {
 public:
    explicit WatchedMemory(MemoryOptions options, Sizes sizes) {
        options.complaint = [this](const std::string& text) { complaints_.push_back(text); };
        options.setup.refusals = &refusals_;
        memory_.emplace(options, sizes);
    }

    Memory& operator*() { return *memory_; }
    Memory* operator->() { return &*memory_; }
    // Empty: nothing was wrong, and all that was granted is returned. Destroys the memory.
    std::string end() {
        memory_.reset();
        if (const char* broken = refusals_.broken()) complaints_.emplace_back(broken);
        std::string all;
        for (const std::string& text : complaints_) all += text + "\n";
        return all;
    }
    [[nodiscard]] bool complained_of(const std::string& id) const {
        for (const std::string& text : complaints_) {
            if (text.starts_with(id)) return true;
        }
        return false;
    }
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
    stress::Refusals& refusals() { return refusals_; }

 private:
    stress::Refusals refusals_;
    std::vector<std::string> complaints_;
    std::optional<Memory> memory_;
};

}  // namespace real

// CallWriter: a subject around a subject that writes down, as C++ statements, every call it passes
// on. Each statement is written before its call, so that the last one is there when it crashes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/forwarding_subject.h"

namespace suite {

class CallWriter final : public ForwardingSubject {
 public:
    // Told each piece of text; refused: told the index (from 0) of each refused request.
    using Write = std::function<void(const std::string& text)>;
    using Refused = std::function<void(size_t request)>;

    // current: the operation being run, or nullptr; the runner's trace moves it on.
    CallWriter(const SubjectEntry& entry, Write write, Refused refused,
               const Operation* const* current);

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override;
    void close() override;
    void* allocate(const Operation& operation) override;
    MorphCode free(void* object, size_t size) override;
    void* reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) override;
    void reset() override;
    void* mark() override;
    MorphCode release(void* mark) override;
    uint32_t register_type(uint8_t placement) override;
    std::optional<MorphAddressInfo> query(const void* address) override;
    MorphCode verify() override;

 private:
    struct Object {
        void* address;  // nullptr: the allocation failed
        size_t size;
        bool live;
    };
    struct Mark {
        void* address;
        size_t objects;  // how many there were
    };

    static bool request(void* user, size_t size);
    static void returned(void* user, size_t size);

    void line(const std::string& text) { write_("    " + text + "\n"); }
    void outcome(bool succeeded);
    void write_creation(const Configuration& configuration);
    void check_end();
    [[nodiscard]] std::string allocation(const Operation& operation) const;
    [[nodiscard]] std::string address_text(const void* address) const;
    [[nodiscard]] size_t index_of(const void* address) const;  // objects_.size(): none
    void forget_from(size_t first);

    Kind kind_;
    bool v1_;
    Write write_;
    Refused refused_;
    const Operation* const* current_;
    MorphMemoryLimits limits_ = {};
    size_t requests_ = 0;
    bool opened_ = false;
    std::vector<Object> objects_;
    std::vector<Mark> marks_;
};

}  // namespace suite

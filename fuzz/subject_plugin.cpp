#include "fuzz/subject_plugin.h"

#include <bit>
#include <cstdio>
#include <dlfcn.h>

#include "fuzz/subjects.h"

namespace suite {
namespace {

class PluginSubject final : public Subject {
 public:
    explicit PluginSubject(const MorphSubject& functions) : functions_(functions) {}
    ~PluginSubject() override { PluginSubject::close(); }

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler, void*) override {
        settings_ = {configuration.debug, configuration.bytes_max, limits.request, limits.returned,
                     limits.user};
        if (functions_.open != nullptr) {
            self_ = functions_.open(&settings_);
            if (self_ == nullptr) {
                error_ = plain_error(MORPH_ERROR_OUT_OF_MEMORY, "open returned NULL");
                return false;
            }
        }
        open_ = true;
        return true;
    }

    void close() override {
        if (open_ && functions_.close != nullptr) functions_.close(self_);
        open_ = false;
    }

    void* allocate(const Operation& operation) override {
        switch (operation.code) {
            case Code::allocate_zeroed:
                return checked(functions_.allocate_zeroed(self_, operation.size));
            case Code::allocate_aligned:
                return checked(
                    functions_.allocate_aligned(self_, operation.size, alignment_of(operation)));
            default:
                return checked(functions_.allocate(self_, operation.size));
        }
    }

    MorphCode free(void* object, size_t size) override {
        functions_.free(self_, object, size);
        return MORPH_OK;
    }
    void* reallocate(void* object, size_t old_size, size_t new_size, uint32_t) override {
        return checked(functions_.reallocate(self_, object, old_size, new_size));
    }
    void reset() override { functions_.reset(self_); }
    void* mark() override { return nullptr; }
    MorphCode release(void*) override { return MORPH_ERROR_UNSUPPORTED; }
    uint32_t register_type(uint8_t) override { return MORPH_TYPE_INVALID; }
    std::optional<MorphAddressInfo> query(const void*) override { return std::nullopt; }
    Figures figures() override { return {}; }
    std::optional<MorphMemTypeStats> type_figures(uint32_t) override { return std::nullopt; }

    MorphCode verify() override {
        const char* wrong = functions_.verify(self_);
        if (wrong == nullptr) return MORPH_OK;
        error_ = plain_error(MORPH_ERROR_CORRUPTION, wrong);
        return MORPH_ERROR_CORRUPTION;
    }
    MorphError last_error() override { return error_; }

 private:
    void* checked(void* object) {
        if (object == nullptr) error_ = plain_error(MORPH_ERROR_OUT_OF_MEMORY, "NULL returned");
        return object;
    }

    const MorphSubject& functions_;
    MorphSubjectSettings settings_ = {};
    MorphError error_ = {};
    void* self_ = nullptr;
    bool open_ = false;
};

// What is wrong with what a shared object says of itself; nullptr: nothing.
const char* complaint(const MorphSubject* functions) {
    if (functions == nullptr) return "morph_subject() returned NULL";
    if (functions->version != MORPH_SUBJECT_VERSION) {
        return "version is not the MORPH_SUBJECT_VERSION of this suite's fuzz/plugin.h";
    }
    if (functions->name == nullptr || functions->name[0] == 0) return "name is missing";
    if (functions->allocate == nullptr) return "allocate is missing";
    if (functions->alignment != 0 && !std::has_single_bit(functions->alignment)) {
        return "alignment is not a power of two";
    }
    return nullptr;
}

}  // namespace

MorphError plain_error(MorphCode code, const char* text) {
    MorphError error = {};
    error.code = code;
    std::snprintf(error.text, sizeof error.text, "%s", text);
    return error;
}

SubjectEntry entry_of(const MorphSubject& functions, std::string name) {
    Abilities abilities;
    abilities.free = functions.free != nullptr;
    abilities.reallocate = functions.reallocate != nullptr;
    abilities.aligned = functions.allocate_aligned != nullptr;
    abilities.zeroed = functions.allocate_zeroed != nullptr;
    abilities.reset = functions.reset != nullptr;
    abilities.verify = functions.verify != nullptr;
    abilities.limits = functions.uses_limits;
    if (functions.alignment != 0) abilities.alignment = functions.alignment;
    abilities.footprint_percent = functions.footprint_percent;
    abilities.footprint_slack = functions.footprint_slack;
    const char* description = functions.description != nullptr ? functions.description : "";
    return {std::move(name), description, Kind::heap_like, abilities,
            [&functions] { return std::make_unique<PluginSubject>(functions); }};
}

std::optional<SubjectEntry> plugin_entry(const std::string& path, std::string* error) {
    // Never closed: entries, and what the allocator keeps in static memory, live until exit.
    void* object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) {
        *error = dlerror();
        return std::nullopt;
    }
    using Entry = const MorphSubject* (*)();
    auto entry = reinterpret_cast<Entry>(dlsym(object, "morph_subject"));
    if (entry == nullptr) {
        *error = path + ": no function morph_subject (fuzz/plugin.h)";
        dlclose(object);
        return std::nullopt;
    }
    const MorphSubject* functions = entry();
    if (const char* wrong = complaint(functions)) {
        *error = path + ": " + wrong;
        dlclose(object);
        return std::nullopt;
    }
    return entry_of(*functions, functions->name);
}

}  // namespace suite

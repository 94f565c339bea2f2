#include "reference/owner.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace reference {
namespace {

constexpr size_t kRecordsBytes = 4096;

}  // namespace

Owner::Owner(const Settings& settings, MorphReportHandler handler, void* user)
    : model(settings), report_(handler), report_user_(user) {}

Owner::~Owner() {
    if (records_ != nullptr) model.memory().give_back(records_, kRecordsBytes);
}

bool Owner::open() {
    records_ = model.memory().take(kRecordsBytes, MORPH_DEFAULT_ALIGNMENT);
    if (records_ == nullptr) fail_creation(MORPH_ERROR_OUT_OF_MEMORY);
    return records_ != nullptr;
}

void* Owner::keep(const Result& result) {
    if (keep(result.code) != MORPH_OK) return nullptr;
    if (model.settings().debug) freed_.erase(result.object->address);
    return result.object->address;
}

MorphCode Owner::keep(MorphCode code) {
    if (code != MORPH_OK) set_error(&last, code);
    return code;
}

MorphCode Owner::fail(MorphCode code, std::string_view text) {
    set_error(&last, code, text);
    return model.note_failure(code);
}

void Owner::report(MorphReportKind kind, const void* address, const Object* object,
                   const std::string& more) {
    std::string text = "morph: " + std::string(morph_report_kind_name(kind));
    if (object != nullptr) {
        text += ", object of " + std::to_string(object->size) + " bytes, type " +
                std::to_string(object->type);
    }
    text += more;
    MorphReport report = {.kind = kind, .address = address, .size = 0, .type = 0, .text = nullptr};
    report.text = text.c_str();
    if (object != nullptr) report.size = object->size;
    if (object != nullptr) report.type = object->type;
    if (report_ != nullptr) {
        report_(report_user_, &report);
    } else {
        std::fprintf(stderr, "%s\n", report.text);
        std::abort();
    }
}

Object* Owner::claim(const void* address, MorphCode* code) {
    Object* object = model.find(address);
    *code = MORPH_OK;
    if (object == nullptr || object->address != address) {
        const bool freed = object == nullptr && freed_.contains(address);
        const auto kind = freed ? MORPH_REPORT_DOUBLE_FREE : MORPH_REPORT_FOREIGN_POINTER;
        if (model.settings().debug) report(kind, address, object);
        *code = fail(MORPH_ERROR_NOT_AN_OBJECT);
        return nullptr;
    }
    if (!model.guard_intact(*object)) {
        report(MORPH_REPORT_GUARD_OVERWRITTEN, address, object);
        *code = fail(MORPH_ERROR_CORRUPTION, "bytes behind the object were overwritten");
        return nullptr;
    }
    return object;
}

MorphCode Owner::check_size(const Object& object, size_t size) {
    if (!model.settings().debug || object.size == size) return MORPH_OK;
    report(MORPH_REPORT_WRONG_SIZE, object.address, &object);
    return fail(MORPH_ERROR_WRONG_SIZE, "the object has " + std::to_string(object.size) +
                                            " bytes, not " + std::to_string(size));
}

MorphCode Owner::check_guards(size_t scopes) {
    MorphCode code = MORPH_OK;
    for (const Object* object : model.live()) {
        if (object->scope < scopes || model.guard_intact(*object)) continue;
        report(MORPH_REPORT_GUARD_OVERWRITTEN, object->address, object);
        code = MORPH_ERROR_CORRUPTION;
    }
    return code;
}

void Owner::report_leaks() {
    struct Leak {
        const Object* first;
        size_t objects;
        size_t bytes;
    };
    std::map<uint32_t, Leak> leaks;
    for (const auto& [address, object] : model.by_address()) {
        if (object->room == MORPH_ROOM_ARENA) continue;
        Leak& leak = leaks.try_emplace(object->type, Leak{object, 0, 0}).first->second;
        leak.objects += 1;
        leak.bytes += object->size;
    }
    for (const auto& [type, leak] : leaks) {
        report(MORPH_REPORT_LEAK, leak.first->address, leak.first,
               ": first of " + std::to_string(leak.objects) + " with " +
                   std::to_string(leak.bytes) + " bytes that are live at destroy");
    }
}

MorphCode Owner::verify() {
    const char* broken = model.check();
    for (const Object* object : model.live()) {
        if (!model.guard_intact(*object)) broken = "MODEL-GUARD";
    }
    return broken == nullptr ? MORPH_OK : fail(MORPH_ERROR_CORRUPTION, broken);
}

MorphCode Owner::free(Object& object) {
    const bool remember = model.settings().debug && object.room != MORPH_ROOM_ARENA;
    if (remember) freed_.insert(object.address);
    return model.free(object);
}

MorphCode Owner::release(uint64_t scope) {
    const auto scopes = model.scopes();
    const auto depth = static_cast<size_t>(std::ranges::find(scopes, scope) - scopes.begin());
    if (depth < scopes.size() && check_guards(depth + 1) != MORPH_OK) {
        return fail(MORPH_ERROR_CORRUPTION, "bytes behind an object were overwritten");
    }
    return keep(model.release(scope));
}

void* Owner::reallocate(Object& object, size_t new_size) {
    const void* before = object.address;
    const bool freed_alone = object.room != MORPH_ROOM_ARENA;
    const Result result = model.reallocate(object, new_size);
    void* address = keep(result);
    if (model.settings().debug && freed_alone && address != nullptr && address != before) {
        freed_.insert(before);
    }
    return address;
}

void Owner::reset() {
    check_guards();
    if (model.settings().debug) {
        for (const Object* object : model.live()) freed_.insert(object->address);
    }
    model.reset();
}

MorphAddressInfo Owner::query(const void* address) const {
    MorphAddressInfo info = {};
    const Object* object = model.find(address);
    if (object == nullptr) return info;
    info.room = object->room;
    info.allocated = true;
    if (object->room == MORPH_ROOM_ARENA) return info;
    info.object = object->address;
    info.size = object->size;
    info.slot_size = object->slot;
    info.type = object->type;
    return info;
}

void Owner::walk(MorphObjectVisitor visit, void* user) const {
    for (const auto& [address, object] : model.by_address()) {
        if (object->room == MORPH_ROOM_ARENA) continue;
        if (!visit(user, object->address, object->size, object->type)) return;
    }
}

}  // namespace reference

#include "fuzz/call_writer.h"

#include "fuzz/shape.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

std::string number(size_t value) {
    return std::to_string(value) + "u";
}
std::string bytes(uint64_t value) {
    return value > 0xffffffffu ? std::to_string(value) + "ull" : number(value);
}

// What the calls of a kind begin with, and the name of their first argument.
const char* prefix(Kind kind) {
    switch (kind) {
        case Kind::arena:
            return "morph_arena_";
        case Kind::pool:
            return "morph_pool_";
        case Kind::general:
            return "morph_general_";
        case Kind::context:
            return "morph_mem_";
        case Kind::heap:
        case Kind::heap_like:
            break;
    }
    return "";
}

std::string placement_name(uint8_t placement) {
    return "static_cast<MorphMemPlacement>(" + number(placement_of(placement)) + ")";
}

std::string alignment_text(const Operation& operation) {
    return operation.code == Code::allocate_aligned ? bytes(alignment_of(operation)) : "8u";
}

}  // namespace

CallWriter::CallWriter(const SubjectEntry& entry, Write write, Refused refused,
                       const Operation* const* current)
    : ForwardingSubject(entry),
      kind_(entry.kind),
      v1_(entry.abilities.baseline),
      write_(std::move(write)),
      refused_(std::move(refused)),
      current_(current) {}

bool CallWriter::request(void* user, size_t size) {
    CallWriter& self = *static_cast<CallWriter*>(user);
    const size_t index = self.requests_++;
    const bool granted =
        self.limits_.request == nullptr || self.limits_.request(self.limits_.user, size);
    if (!granted) self.refused_(index);
    return granted;
}

void CallWriter::returned(void* user, size_t size) {
    CallWriter& self = *static_cast<CallWriter*>(user);
    if (self.limits_.returned != nullptr) self.limits_.returned(self.limits_.user, size);
}

void CallWriter::outcome(bool succeeded) {
    if (!succeeded) line(std::string("// gave an error: ") + inner_->last_error().text);
}

void CallWriter::write_creation(const Configuration& configuration) {
    line("{");
    line("limits.bytes_max = " + bytes(limits_.bytes_max) + ";");
    if (kind_ == Kind::context) {
        line("MorphMemConfig config = {};");
        line(std::string("config.enable_metrics = ") +
             (configuration.metrics ? "true;" : "false;"));
        line("config.arena_block_size = " + bytes(block_bytes(configuration)) + ";");
        if (v1_) line("config.enable_v1 = true;");
        if (v1_) line("config.v1.threshold = " + bytes(v1_threshold(configuration)) + ";");
    } else {
        line(kind_ == Kind::arena     ? "MorphArenaConfig config = {};"
             : kind_ == Kind::general ? "MorphGeneralConfig config = {};"
                                      : "MorphPoolConfig config = {};");
    }
    if (kind_ == Kind::arena) {
        line("config.block_size = " + bytes(block_bytes(configuration)) + ";");
    }
    line(std::string("config.enable_debug = ") + (configuration.debug ? "true;" : "false;"));
    line("config.memory = limits;");
    line("config.report = report;");
    line(std::string("memory = ") + prefix(kind_) + (kind_ == Kind::context ? "init" : "create") +
         "(&config);");
    line("}");
}

bool CallWriter::open(const Configuration& configuration, const MorphMemoryLimits& limits,
                      MorphReportHandler report, void* report_user) {
    limits_ = limits;
    if (kind_ != Kind::heap_like) write_creation(configuration);
    MorphMemoryLimits wrapped = limits;
    wrapped.request = request;
    wrapped.returned = returned;
    wrapped.user = this;
    opened_ = inner_->open(configuration, wrapped, report, report_user);
    if (!opened_) outcome(false);
    return opened_;
}

void CallWriter::check_end() {
    line("check_all();");
    if (kind_ == Kind::heap_like) return;
    line(std::string("verify(") + prefix(kind_) + "verify(memory), " + prefix(kind_) +
         "last_error(memory));");
}

void CallWriter::close() {
    if (opened_) {
        check_end();
        if (kind_ != Kind::heap_like) {
            line(std::string(prefix(kind_)) + "destroy(memory);");
            line("check_returned();");
        }
    }
    opened_ = false;
    objects_.clear();
    marks_.clear();
    inner_->close();
}

std::string CallWriter::allocation(const Operation& operation) const {
    const std::string size = bytes(operation.size);
    const std::string alignment = alignment_text(operation);
    const std::string type = number(operation.type);
    const bool aligned = operation.code == Code::allocate_aligned;
    const bool zeroed = operation.code == Code::allocate_zeroed;
    switch (kind_) {
        case Kind::arena:
            if (aligned)
                return "morph_arena_alloc_aligned(memory, " + size + ", " + alignment + ")";
            return std::string("morph_arena_alloc") + (zeroed ? "_zeroed" : "") + "(memory, " +
                   size + ")";
        case Kind::pool:
            if (operation.type == 0) return "morph_pool_alloc(memory, " + size + ")";
            return "morph_pool_alloc_typed(memory, " + size + ", " + type + ")";
        case Kind::general:
            if (aligned) {
                return "morph_general_alloc_aligned(memory, " + size + ", " + alignment + ")";
            }
            return std::string("morph_general_alloc") + (zeroed ? "_zeroed" : "") + "(memory, " +
                   size + ")";
        case Kind::context:
            if (aligned || operation.code == Code::allocate_placed) {
                return "morph_mem_alloc_with(memory, " + size + ", " + alignment + ", " + type +
                       ", " + (aligned ? placement_name(0) : placement_name(operation.placement)) +
                       ")";
            }
            return std::string("morph_mem_alloc") + (zeroed ? "_zeroed" : "") + "(memory, " + size +
                   ", " + type + ")";
        case Kind::heap:
        case Kind::heap_like:
            break;
    }
    if (aligned) return "std::aligned_alloc(" + alignment + ", " + size + ")";
    return zeroed ? "std::calloc(1u, " + size + ")" : "std::malloc(" + size + ")";
}

void* CallWriter::allocate(const Operation& operation) {
    const size_t index = objects_.size();
    const bool zeroed = operation.code == Code::allocate_zeroed;
    line("take(" + number(index) + ", " + allocation(operation) + ", " + bytes(operation.size) +
         ", " + alignment_text(operation) + ", " + (zeroed ? "true" : "false") + ");");
    void* address = inner_->allocate(operation);
    outcome(address != nullptr);
    objects_.push_back({address, operation.size, address != nullptr});
    return address;
}

size_t CallWriter::index_of(const void* address) const {
    // The latest first: an address may have been given out before.
    for (size_t i = objects_.size(); i-- > 0;) {
        if (objects_[i].address == address && address != nullptr) return i;
    }
    return objects_.size();
}

std::string CallWriter::address_text(const void* address) const {
    if (address == nullptr) return "nullptr";
    const uintptr_t at = reinterpret_cast<uintptr_t>(address);
    for (size_t i = objects_.size(); i-- > 0;) {
        const uintptr_t start = reinterpret_cast<uintptr_t>(objects_[i].address);
        if (start == 0 || at < start || at - start > objects_[i].size) continue;
        const std::string object = "object[" + number(i) + "]";
        return at == start ? object : object + " + " + bytes(at - start);
    }
    return "outside + " + number(at % 64);
}

MorphCode CallWriter::free(void* object, size_t size) {
    const size_t index = index_of(object);
    const Operation* current = *current_;
    if (current != nullptr && current->code == Code::overrun && index < objects_.size()) {
        line("object[" + number(index) + "][" + bytes(objects_[index].size) +
             "] ^= 0xff;  // the byte behind it");
    }
    if (index < objects_.size() && objects_[index].live) line("check(" + number(index) + ");");
    const std::string address = address_text(object);
    if (kind_ == Kind::pool) {
        line("code(morph_pool_free(memory, " + address + ", " + bytes(size) + "));");
    } else if (kind_ == Kind::context || kind_ == Kind::general) {
        line(std::string("code(") + prefix(kind_) + "free(memory, " + address + "));");
    } else {
        line("std::free(" + address + ");");
    }
    const MorphCode code = inner_->free(object, size);
    outcome(code == MORPH_OK);
    if (code == MORPH_OK && index < objects_.size()) {
        objects_[index].live = false;
        line("forget(" + number(index) + ");");
    }
    return code;
}

void* CallWriter::reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) {
    const size_t from = index_of(object);
    const size_t to = objects_.size();
    const std::string address = address_text(object);
    std::string call = "std::realloc(" + address + ", " + bytes(new_size) + ")";
    if (kind_ == Kind::pool || kind_ == Kind::general) {
        call = std::string(prefix(kind_)) + "realloc(memory, " + address + ", " + bytes(new_size) +
               ")";
    } else if (kind_ == Kind::context) {
        call = "morph_mem_realloc(memory, " + address + ", " + bytes(old_size) + ", " +
               bytes(new_size) + ", " + number(type) + ")";
    }
    line("moved(" + number(from < to ? from : to) + ", " + number(to) + ", " + call + ", " +
         bytes(new_size) + ");");
    void* address_now = inner_->reallocate(object, old_size, new_size, type);
    outcome(address_now != nullptr);
    if (address_now != nullptr && from < to) objects_[from].live = false;
    objects_.push_back({address_now, new_size, address_now != nullptr});
    return address_now;
}

void CallWriter::forget_from(size_t first) {
    for (size_t i = first; i < objects_.size(); ++i) objects_[i].live = false;
    line("forget_from(" + number(first) + ");");
}

void CallWriter::reset() {
    line("check_all();");
    forget_from(0);
    line(std::string(prefix(kind_)) + "reset(memory);");
    inner_->reset();
}

void* CallWriter::mark() {
    const size_t index = marks_.size();
    line("mark[" + number(index) + "] = morph_arena_mark(memory);");
    void* address = inner_->mark();
    outcome(address != nullptr);
    marks_.push_back({address, objects_.size()});
    return address;
}

MorphCode CallWriter::release(void* mark) {
    size_t index = marks_.size();
    while (index-- > 0 && marks_[index].address != mark) {
    }
    const bool known = index < marks_.size();
    const std::string text =
        known ? "mark[" + number(index) + "]" : "reinterpret_cast<MorphArenaMark*>(outside)";
    line("check_all();");
    line("code(morph_arena_release(memory, " + text + "));");
    const MorphCode code = inner_->release(mark);
    outcome(code == MORPH_OK);
    if (code == MORPH_OK && known) forget_from(marks_[index].objects);
    return code;
}

uint32_t CallWriter::register_type(uint8_t placement) {
    line("type(" + placement_name(placement) + ");");
    const uint32_t type = inner_->register_type(placement);
    if (type == MORPH_TYPE_INVALID) outcome(false);
    return type;
}

std::optional<MorphAddressInfo> CallWriter::query(const void* address) {
    const std::string text = address_text(address);
    if (kind_ == Kind::arena) {
        line("query(morph_arena_contains(memory, " + text + "));");
    } else if (kind_ != Kind::heap_like) {
        line(std::string("query(") + prefix(kind_) + "query(memory, " + text + ").allocated);");
    }
    return inner_->query(address);
}

MorphCode CallWriter::verify() {
    const Operation* current = *current_;
    const MorphCode code = inner_->verify();
    const bool asked = current != nullptr && current->code == Code::verify;
    if ((asked || code != MORPH_OK) && kind_ != Kind::heap_like) {
        line(std::string("verify(") + prefix(kind_) + "verify(memory), " + prefix(kind_) +
             "last_error(memory));");
        outcome(code == MORPH_OK);
    }
    return code;
}

}  // namespace suite

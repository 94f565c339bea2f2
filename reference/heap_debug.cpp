// What debug mode of a Heap watches, and verify().

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "reference/heap.h"
#include "reference/heap_types.h"

namespace reference {
namespace {

constexpr size_t kGuardBytesBehind = 8;
constexpr unsigned char kGuardFill = 0xFD;

unsigned char* behind(const Record& record) {
    return static_cast<unsigned char*>(record.address) + std::max(record.size, size_t{1});
}

std::string describe(const Record& record) {
    return "object of " + std::to_string(record.size) + " bytes, type " +
           std::to_string(record.type);
}

}  // namespace

void Heap::report(MorphReportKind kind, const void* address, const Record* record,
                  const std::string& more) const {
    std::string text = "morph: " + std::string(morph_report_kind_name(kind));
    if (record != nullptr) text += ", " + describe(*record);
    text += more;
    MorphReport report = {.kind = kind, .address = address, .size = 0, .type = 0, .text = nullptr};
    report.text = text.c_str();
    if (record != nullptr) report.size = record->size;
    if (record != nullptr) report.type = record->type;
    if (config_.report != nullptr) {
        config_.report(config_.report_user, &report);
    } else {
        std::fprintf(stderr, "%s\n", report.text);
        std::abort();
    }
}

// -------------------------------------------------------------------------------------- guards

// The guard begins behind the payload's last byte, or behind the one of an empty object.
void Heap::write_guard(const Record& record) {
    if (debug()) std::memset(behind(record), kGuardFill, kGuardBytesBehind);
}

bool Heap::guard_intact(const Record& record) const {
    if (!debug()) return true;
    const unsigned char* guard = behind(record);
    return std::all_of(guard, guard + kGuardBytesBehind,
                       [](unsigned char byte) { return byte == kGuardFill; });
}

// -------------------------------------------------------------------------------------- ledger

// Not of a custom visitor: a store may change which slots there are.
bool Heap::has_ledger(const Record& record) const {
    const MorphLayout layout = types_[record.type].layout;
    return debug() && layout != MORPH_LAYOUT_DATA && layout != MORPH_LAYOUT_CUSTOM;
}

void Heap::settle(Record& record) {
    if (!has_ledger(record)) return;
    record.told.clear();
    if (types_[record.type].layout == MORPH_LAYOUT_WEAK) {
        record.told.push_back(*static_cast<void**>(record.address));
    }
    for (void** slot : slots_of(record)) record.told.push_back(*slot);
}

void Heap::note_store(void* object, void** slot, void* value) {
    if (!debug()) return;
    Record* record = find(object);
    if (record == nullptr) {
        report(MORPH_REPORT_FOREIGN_POINTER, object, nullptr, ": store into what is no object");
        return;
    }
    if (!has_ledger(*record)) return;
    const size_t index = index_of_slot(*record, slot);
    if (index < record->told.size()) record->told[index] = value;
}

// Which of slots_of(record) it is; SIZE_MAX: none.
size_t Heap::index_of_slot(const Record& record, void** slot) const {
    const RegisteredType& type = types_[record.type];
    const size_t offset =
        reinterpret_cast<uintptr_t>(slot) - reinterpret_cast<uintptr_t>(record.address);
    if (offset >= record.size || offset % kSlotBytes != 0) return SIZE_MAX;
    if (type.layout == MORPH_LAYOUT_POINTERS) return offset / kSlotBytes;
    const size_t stride = type.layout == MORPH_LAYOUT_STRUCTS ? type.element_size : record.size;
    const auto found = std::ranges::lower_bound(type.offsets, offset % stride);
    if (found == type.offsets.end() || *found != offset % stride) return SIZE_MAX;
    const size_t within = static_cast<size_t>(found - type.offsets.begin());
    return offset / stride * type.offsets.size() + within;
}

void Heap::check_objects() {
    for (const auto& [address, owned] : records_) {
        Record& record = *owned;
        if (!guard_intact(record)) {
            report(MORPH_REPORT_GUARD_OVERWRITTEN, record.address, &record);
            write_guard(record);
        }
        if (!has_ledger(record)) continue;
        const std::vector<void*> told = record.told;
        settle(record);
        if (told != record.told) {
            report(MORPH_REPORT_MISSED_BARRIER, record.address, &record,
                   ": a reference was stored without the barrier");
        }
    }
}

// ------------------------------------------------------------------------------------- the end

void Heap::close() {
    if (config_.report_leaks) report_leaks();
}

// What roots reach. Finalizers do not run any more, so what waits for one is no leak.
void Heap::report_leaks() {
    struct Leak {
        const Record* first;
        size_t objects;
        size_t bytes;
    };
    for (const auto& [address, record] : records_) record->marked = false;
    for (void*** root = roots_base; root != roots_top; ++root) mark(**root);
    for (const GlobalRoot& root : globals_) mark(*root.slot);
    mark_slots();
    std::map<uint32_t, Leak> leaks;
    for (const auto& [address, record] : records_) {
        if (!record->marked) continue;
        Leak& leak = leaks.try_emplace(record->type, Leak{record.get(), 0, 0}).first->second;
        leak.objects += 1;
        leak.bytes += record->size;
    }
    for (const auto& [type, leak] : leaks) {
        report(MORPH_REPORT_LEAK, leak.first->address, leak.first,
               ": first of " + std::to_string(leak.objects) + " with " +
                   std::to_string(leak.bytes) + " bytes that roots reach at destroy");
    }
}

// ------------------------------------------------------------------------------------- verify

// The id of an invariant that the object breaks, and how; empty when there is none.
std::string Heap::fault_of(const Record& record) const {
    const uint64_t header = morph_object_header(record.address);
    const uint64_t size = header >> MORPH_HEADER_SIZE_SHIFT & MORPH_HEADER_SIZE_MASK;
    if (morph_object_type(record.address) != record.type) return "HEAP-HEADER type";
    if (size != std::min<uint64_t>(record.size, MORPH_HEADER_SIZE_MASK)) return "HEAP-HEADER size";
    if ((header & MORPH_HEADER_BARRIER) == 0) return "HEAP-HEADER barrier";
    if (!guard_intact(record)) return "HEAP-GUARD";

    const auto* begin = static_cast<const unsigned char*>(record.address);
    const std::vector<void**> slots = slots_of(record);
    std::vector<void*> held;
    if (types_[record.type].layout == MORPH_LAYOUT_WEAK) {
        held.push_back(*static_cast<void**>(record.address));
    }
    for (void** slot : slots) {
        const auto offset = reinterpret_cast<uintptr_t>(slot) - reinterpret_cast<uintptr_t>(begin);
        if (offset >= record.size || record.size - offset < sizeof(void*)) return "HEAP-VISITOR";
        held.push_back(*slot);
    }
    for (const void* value : held) {
        if (value != nullptr && find(value) == nullptr) return "HEAP-REFERENCE to no object, from";
    }
    if (has_ledger(record) && held != record.told) return "HEAP-LEDGER";
    return {};
}

std::string Heap::fault_of_roots() const {
    for (void*** root = roots_base; root != roots_top; ++root) {
        if (**root != nullptr && find(**root) == nullptr) return "HEAP-REFERENCE in a root";
    }
    for (const GlobalRoot& root : globals_) {
        if (*root.slot != nullptr && find(*root.slot) == nullptr) {
            return "HEAP-REFERENCE in a global root";
        }
    }
    for (const auto& [object, finalizer] : finalizers_) {
        if (find(object) == nullptr || finalizer.call == nullptr) return "HEAP-FINALIZER";
    }
    for (const Finalizer& finalizer : ready_) {
        if (find(finalizer.object) == nullptr) return "HEAP-FINALIZER ready";
    }
    return {};
}

std::string Heap::fault_of_counts() const {
    std::vector<MorphMemCounts> counted(types_.size(), MorphMemCounts{});
    MorphMemCounts all = {};
    MorphMemCounts young = {};
    size_t old_bytes = 0;
    for (const auto& [address, record] : records_) {
        counted[record->type].objects_live += 1;
        counted[record->type].bytes_live += record->size;
        young.objects_live += record->young ? 1u : 0u;
        young.bytes_live += record->young ? record->size : 0;
        old_bytes += record->young ? 0 : record->piece_bytes;
    }
    if (young.objects_live != figures_.young.objects_live ||
        young.bytes_live != figures_.young.bytes_live) {
        return "HEAP-COUNTS of young objects";
    }
    for (size_t type = 0; type < types_.size(); ++type) {
        const MorphMemCounts& counts = types_[type].counts;
        const bool same = counts.objects_live == counted[type].objects_live &&
                          counts.bytes_live == counted[type].bytes_live &&
                          counts.allocations - counts.frees == counts.objects_live &&
                          counts.bytes_allocated - counts.bytes_freed == counts.bytes_live;
        if (!same) return "HEAP-COUNTS of type " + std::to_string(type);
        all.allocations += counts.allocations;
        all.objects_live += counts.objects_live;
        all.bytes_live += counts.bytes_live;
    }
    const MorphMemCounts& total = figures_.counts;
    const bool same = all.allocations == total.allocations &&
                      all.objects_live == total.objects_live &&
                      all.bytes_live == total.bytes_live && old_bytes == old_bytes_;
    return same ? "" : "HEAP-COUNTS";
}

MorphCode Heap::verify() {
    if (visiting_) return refuse_visiting();
    for (const auto& [address, record] : records_) {
        const std::string fault = fault_of(*record);
        if (!fault.empty()) return fail(MORPH_ERROR_CORRUPTION, fault + ": " + describe(*record));
    }
    std::string fault = fault_of_roots();
    if (fault.empty()) fault = fault_of_counts();
    return fault.empty() ? MORPH_OK : fail(MORPH_ERROR_CORRUPTION, fault);
}

}  // namespace reference

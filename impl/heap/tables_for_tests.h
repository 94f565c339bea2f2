// For tests of the heap's tables: a source that can be told to refuse, a window into private parts,
// and a world of objects that die and move.
#pragma once

#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>

#include "chunk/error.h"
#include "chunk/meter_for_tests.h"
#include "chunk/source.h"
#include "heap/address_index.h"
#include "heap/fate.h"
#include "heap/finalizer_table.h"
#include "heap/heap_types.h"
#include "heap/mark_stack.h"
#include "heap/metadata_array.h"
#include "heap/pauses.h"
#include "heap/remembered_set.h"
#include "heap/roots.h"
#include "heap/weak_table.h"

namespace morph {

// Everything returned at the end, or the test fails.
class TableTest : public testing::Test {
 protected:
    ~TableTest() override { EXPECT_EQ(source.bytes_mapped(), 0u) << "a table kept memory"; }

    Meter meter;
    Source source{meter.limits()};
    ErrorState errors;
};

// What a refused call must not change.
struct Footprint {
    explicit Footprint(const Source& source)
        : mapped(source.bytes_mapped()), peak(source.bytes_mapped_peak()) {}
    bool operator==(const Footprint&) const = default;
    size_t mapped;
    size_t peak;
};

// The private parts that tests break, to see check() notice.
struct TablePeek {
    template <class T>
    static size_t& size(MetadataArray<T>& array) {
        return array.size_;
    }
    static size_t& size(AddressIndex& index) { return index.size_; }
    static void swap_slots(AddressIndex& index) {
        AddressIndex::Slot* table = index.table();
        size_t used = 0;
        while (table[used].address == 0) ++used;
        size_t free = (used + index.slots() / 2) & (index.slots() - 1);
        while (table[free].address != 0) free = index.next(free);
        std::swap(table[used], table[free]);
    }
    static AddressIndex& index(Roots& roots) { return roots.index_; }
    static uint64_t& global_count(Roots& roots) { return roots.global_count_; }
    static uint64_t& count_of_global(Roots& roots, size_t position) {
        return roots.globals_[position].count;
    }
    static MetadataArray<Header*>& entries(RememberedSet& set) { return set.entries_; }
    static void**& top(MarkStack& stack) { return stack.top_; }
    static void**& limit(MarkStack& stack) { return stack.limit_; }
    static size_t& old_count(WeakTable& table) { return table.old_count_; }
    static void* entry(WeakTable& table, size_t index) { return table.entries_[index]; }
    static uint64_t& count(Pauses& pauses) { return pauses.count_; }
    static uint64_t& max(Pauses& pauses) { return pauses.max_ns_; }

    using Finalizers = FinalizerTable;
    static FinalizerTable::Slot& slot(FinalizerTable& table, size_t at) { return table.slots_[at]; }
    static AddressIndex& index(FinalizerTable& table) { return table.index_; }
    static size_t& young_count(FinalizerTable& table) {
        return table.lists_[FinalizerTable::kYoung].count;
    }
    static size_t slots(FinalizerTable& table) { return table.slots_.size(); }
    static void to_old_list(FinalizerTable& table, uint32_t at) {
        table.unlink(at);
        table.append(FinalizerTable::kOldList, at);
    }

    static TypeLayout& layout(HeapTypes& types, uint32_t type) { return types.layouts_[type]; }
    static uint32_t& count(HeapTypes& types) { return types.count_; }
    static uint32_t capacity(const HeapTypes& types) { return types.capacity_; }
};

// Objects of 32 bytes that live, die and move; memory of what is gone is freed, so that a stale
// address is found by AddressSanitizer.
class World {
 public:
    World() = default;
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() {
        for (auto [object, young] : objects_) free(object);
    }

    void* birth(bool young) {
        void* object = calloc(1, kBytes);
        objects_[object] = young;
        return object;
    }

    // A collection: say who dies and who moves, hand out fate(), then finish().
    void dies(void* object) { dying_.insert(object); }
    void* moves(void* object, bool stays_young) {
        void* fresh = birth(stays_young);
        memcpy(fresh, object, kBytes);
        moves_[object] = fresh;
        return fresh;
    }
    void revive(void* object) { dying_.erase(object); }
    void finish() {
        for (void* object : dying_) forget(object);
        for (auto [object, fresh] : moves_) forget(object);
        dying_.clear();
        moves_.clear();
    }

    [[nodiscard]] bool is_young(const void* object) const {
        return objects_.at(const_cast<void*>(object));
    }
    [[nodiscard]] void* now(void* object) const {
        if (dying_.count(object) != 0) return nullptr;
        auto moved = moves_.find(object);
        return moved == moves_.end() ? object : moved->second;
    }
    [[nodiscard]] Fate fate() {
        return {this,
                [](void* user, void* object) {
                    auto& world = *static_cast<World*>(user);
                    EXPECT_EQ(world.objects_.count(object), 1u) << "asked about no object";
                    return world.now(object);
                },
                [](void* user, const void* object) {
                    return static_cast<World*>(user)->is_young(object);
                }};
    }

 private:
    static constexpr size_t kBytes = 32;

    void forget(void* object) {
        objects_.erase(object);
        free(object);
    }

    std::map<void*, bool> objects_;  // whether it is young
    std::set<void*> dying_;
    std::map<void*, void*> moves_;
};

}  // namespace morph

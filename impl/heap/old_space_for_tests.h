// For tests: an old space with a source of its own, and a model of what must be in it.
#pragma once

#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "chunk/memory_marks.h"
#include "chunk/meter_for_tests.h"
#include "heap/old_space.h"

namespace old_test {

using morph::Header;
using morph::kBlockBytes;
using morph::kChunkBytes;
using morph::kSlotBytesMax;

struct Owned {
    morph::Meter meter;
    morph::Source source;
    std::unique_ptr<morph::OldSpace> space;

    explicit Owned(bool fill_freed = false, size_t bytes_max = 0)
        : source(meter.limits(bytes_max)),
          space(
              std::make_unique<morph::OldSpace>(source, this, morph::marks_active(), fill_freed)) {}
    ~Owned() {
        space.reset();
        EXPECT_EQ(source.chunks(), 0u);
    }

    unsigned char* allocate(size_t size, size_t alignment = 8, bool zeroed = true,
                            Header extra = 0) {
        return static_cast<unsigned char*>(space->allocate(morph::make_header(1, size) | extra,
                                                           size, morph::object_bytes(size, 0),
                                                           alignment, zeroed));
    }
    void expect_sound() {
        const void* where = nullptr;
        const char* id = space->check(&where);
        ASSERT_EQ(id, nullptr) << id << " at " << where;
        ASSERT_EQ(source.check(), nullptr);
    }
    void collect(const std::vector<unsigned char*>& live) {
        space->begin_marking();
        for (unsigned char* object : live) space->mark(object);
        space->end_marking();
    }
};

inline size_t bytes_of_objects(const Owned& owned, const std::vector<unsigned char*>& objects) {
    size_t sum = 0;
    for (unsigned char* object : objects) sum += owned.space->bytes_of(object);
    return sum;
}

// What walk visits, by object, with the size that the space knows.
inline std::map<unsigned char*, size_t> walked(const morph::OldSpace& space) {
    struct Walk {
        const morph::OldSpace& space;
        std::map<unsigned char*, size_t> seen;
    } walk{space, {}};
    bool whole = space.walk(
        [](void* user, Header* header) {
            auto* self = static_cast<Walk*>(user);
            auto* object = static_cast<unsigned char*>(morph::object_at(header));
            bool fresh = self->seen.emplace(object, self->space.size_of(object)).second;
            EXPECT_TRUE(fresh) << "visited twice";
            return true;
        },
        &walk);
    EXPECT_TRUE(whole);
    return walk.seen;
}

// The old space against a map: random allocations, collections with random marks, sweeps.
class Model {
 public:
    Model(uint64_t seed, bool fill_freed, size_t bytes_max)
        : owned_(fill_freed, bytes_max), random_(seed) {}

    Owned& owned() { return owned_; }
    [[nodiscard]] size_t objects() const { return objects_.size(); }
    size_t below(size_t n) { return static_cast<size_t>(random_() % n); }

    size_t random_size() {
        switch (below(8)) {
            case 0:
                return below(kSlotBytesMax + 64);
            case 1:
                return below(kChunkBytes / 8);
            case 2:
                return below(40) == 0 ? below(2 * kChunkBytes) : below(100);
            default:
                return below(256);
        }
    }

    // One allocation; false: refused, and then nothing has changed.
    bool allocate() {
        size_t size = random_size();
        size_t alignment = below(4) == 0 ? size_t{8} << below(below(8) == 0 ? 16 : 8) : 8;
        bool zeroed = below(2) == 0;
        bool carded = morph::object_bytes(size, 0) > morph::kCardedBytesMin && below(2) == 0;
        size_t used = owned_.space->bytes_used();
        unsigned char* object =
            owned_.allocate(size, alignment, zeroed, carded ? morph::kCarded : 0);
        if (object == nullptr) {
            EXPECT_EQ(owned_.space->bytes_used(), used);
            return false;
        }
        EXPECT_EQ(owned_.space->bytes_used(), used + owned_.space->bytes_of(object));
        EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
        bool clean = true;
        for (size_t i = 0; zeroed && i < size; i++) clean = clean && object[i] == 0;
        EXPECT_TRUE(clean) << size;
        auto value = static_cast<unsigned char>(below(256));
        std::memset(object, value, size);
        if (carded) {
            unsigned char* cards = owned_.space->cards_of(object);
            for (size_t i = 0; i < morph::card_count(size); i++) {
                EXPECT_EQ(cards[i], 0);
                cards[i] = 0xff;
            }
        }
        EXPECT_TRUE(objects_.emplace(object, Object{size, value}).second);
        return true;
    }

    // Marks each object with that chance in 100; the others are dead.
    void collect(size_t percent) {
        owned_.space->begin_marking();
        size_t live = 0;
        for (auto each = objects_.begin(); each != objects_.end();) {
            EXPECT_FALSE(owned_.space->is_marked(each->first));
            if (below(100) >= percent) {
                each = objects_.erase(each);
                continue;
            }
            EXPECT_TRUE(owned_.space->mark(each->first));
            EXPECT_FALSE(owned_.space->mark(each->first));
            EXPECT_TRUE(owned_.space->is_marked(each->first));
            live += owned_.space->bytes_of(each->first);
            ++each;
        }
        if (below(4) == 0) owned_.expect_sound();
        owned_.space->end_marking();
        EXPECT_EQ(owned_.space->bytes_used(), live);
    }

    void expect_agreement() {
        owned_.expect_sound();
        std::map<unsigned char*, size_t> seen = walked(*owned_.space);
        ASSERT_EQ(seen.size(), objects_.size());
        for (const auto& [object, state] : objects_) {
            auto found = seen.find(object);
            ASSERT_NE(found, seen.end());
            ASSERT_EQ(found->second, state.size);
            ASSERT_TRUE(owned_.space->is_live(object));
            size_t offset = state.size == 0 ? 0 : below(state.size);
            ASSERT_EQ(owned_.space->find(object + offset), morph::header_of(object));
            ASSERT_EQ(owned_.space->find(object - 1), morph::header_of(object));
            bool kept = true;
            for (size_t i = 0; i < state.size; i += i < 64 ? 1 : 61) {
                kept = kept && object[i] == state.value;
            }
            ASSERT_TRUE(kept);
        }
        for (int i = 0; i < 100; i++) {
            ASSERT_EQ(owned_.space->find(reinterpret_cast<void*>(random_())), nullptr);
        }
    }

    void reset() {
        owned_.space->reset();
        objects_.clear();
    }

 private:
    struct Object {
        size_t size;
        unsigned char value;
    };
    Owned owned_;
    std::map<unsigned char*, Object> objects_;
    std::mt19937_64 random_;
};

}  // namespace old_test

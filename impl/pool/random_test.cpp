// Long random runs against a std::map, in every mode of the pool.
#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <vector>

#include "pool/test_pool.h"

namespace pool_test {
namespace {

struct Expected {
    size_t size;
    uint32_t type;
    unsigned char fill;
};

class Run {
 public:
    Run(MorphPool* pool, uint32_t seed, uint32_t sizes, uint32_t types)
        : pool_(pool), dice_(seed), sizes_(sizes), types_(types) {}

    void step(bool growing) {
        uint32_t roll = rolled(100);
        if (objects_.empty() || roll < (growing ? 60u : 30u)) {
            allocate();
        } else if (roll < 90) {
            release(pick());
        } else {
            resize(pick());
        }
    }

    void check() {
        ASSERT_EQ(morph_pool_verify(pool_), MORPH_OK) << morph_pool_last_error(pool_).text;
        MorphPoolStats stats = morph_pool_stats(pool_);
        uint64_t bytes = 0;
        for (const auto& [object, expected] : live_) bytes += expected.size;
        ASSERT_EQ(stats.objects_live, live_.size());
        ASSERT_EQ(stats.bytes_live, bytes);
        ASSERT_GE(stats.bytes_slots, stats.bytes_live);
    }

    void reset() {
        morph_pool_reset(pool_);
        live_.clear();
        objects_.clear();
    }

 private:
    uint32_t rolled(uint32_t sides) { return static_cast<uint32_t>(dice_() % sides); }
    size_t pick() { return dice_() % objects_.size(); }

    void allocate() {
        size_t size = rolled(sizes_ + 1);
        uint32_t type = rolled(types_);
        void* object =
            type == 0 ? morph_pool_alloc(pool_, size) : morph_pool_alloc_typed(pool_, size, type);
        ASSERT_NE(object, nullptr);
        objects_.push_back(bytes_of(object));
        note(bytes_of(object), size, type);
    }

    // Enters an object, and checks that it overlaps neither of its neighbours.
    void note(unsigned char* object, size_t size, uint32_t type) {
        auto fill = static_cast<unsigned char>(dice_());
        auto [place, fresh] = live_.insert({object, {size, type, fill}});
        ASSERT_TRUE(fresh);
        if (place != live_.begin()) {
            auto before = std::prev(place);
            ASSERT_LE(before->first + before->second.size, object);
        }
        auto after = std::next(place);
        ASSERT_TRUE(after == live_.end() || object + size <= after->first);
        std::memset(object, fill, size);
    }

    void expect_contents(const unsigned char* object, size_t bytes, unsigned char fill) {
        for (size_t i = 0; i < bytes; i++) ASSERT_EQ(object[i], fill);
    }

    void release(size_t index) {
        unsigned char* object = objects_[index];
        Expected expected = live_.at(object);
        expect_contents(object, expected.size, expected.fill);
        MorphAddressInfo info = morph_pool_query(pool_, object + expected.size / 2);
        ASSERT_TRUE(info.allocated && info.object == object);
        ASSERT_EQ(info.size, expected.size);
        ASSERT_EQ(info.type, expected.type);
        ASSERT_EQ(morph_pool_free(pool_, object, expected.size), MORPH_OK);
        live_.erase(object);
        objects_[index] = objects_.back();
        objects_.pop_back();
    }

    void resize(size_t index) {
        unsigned char* object = objects_[index];
        Expected expected = live_.at(object);
        size_t size = 1 + dice_() % (sizes_ + 1);
        if (size > MORPH_POOL_MAX_SIZE) size = MORPH_POOL_MAX_SIZE;
        auto* moved = bytes_of(morph_pool_realloc(pool_, object, size));
        ASSERT_NE(moved, nullptr);
        expect_contents(moved, std::min(size, expected.size), expected.fill);
        live_.erase(object);
        objects_[index] = moved;
        note(moved, size, expected.type);
    }

    MorphPool* pool_;
    std::mt19937 dice_;
    uint32_t sizes_;
    uint32_t types_;
    std::map<unsigned char*, Expected> live_;
    std::vector<unsigned char*> objects_;
};

void run_all(MorphPool* pool, uint32_t seed, uint32_t sizes, uint32_t types) {
    Run run(pool, seed, sizes, types);
    for (int i = 0; i < 30000 && !testing::Test::HasFatalFailure(); i++) {
        run.step(i / 3000 % 2 == 0);
        if (i % 2500 == 0) run.check();
        if (i % 11000 == 10999) run.reset();
    }
    run.check();
}

TEST(PoolRandom, AgreesWithAMap) {
    struct {
        uint32_t sizes, types;
    } kinds[] = {{1024, MORPH_MAX_TYPES}, {1024, 1}, {64, 200}, {16, 2}, {8, 130}};
    uint32_t seed = 1;
    for (auto kind : kinds) {
        PoolOwner pool = make_pool();
        run_all(pool.get(), seed++, kind.sizes, kind.types);
    }
}

TEST(PoolRandom, AgreesWithAMapInDebugModeAndReportsNothing) {
    Reports reports;
    PoolOwner pool = make_debug_pool(reports);
    run_all(pool.get(), 99, 1024, 300);
    EXPECT_TRUE(reports.seen.empty());
}

}  // namespace
}  // namespace pool_test

// Random programs on V1 against plain containers, in both modes, with memory refused now and then.
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "v1/v1_for_tests.h"

namespace morph {
namespace {

constexpr size_t kSizes[] = {0, 8, 16, 24, 24, 32, 48, 100, 512, 3920, 4007, 4008, 4009, 9000};
constexpr size_t kSizeCount = sizeof(kSizes) / sizeof(kSizes[0]);

// COMPILER mode: every object is filled with its number, and must keep it until it is freed.
class Freeing {
 public:
    explicit Freeing(uint32_t seed) : test_(configuration(seed)), random_(seed) {}

    void run(unsigned steps) {
        for (unsigned step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
            unsigned what = pick(100);
            if (what < 52) {
                allocate();
            } else if (what < 96) {
                free_one();
            } else if (what < 97) {
                test_.collect();
            } else if (what < 98) {
                check();
            } else {
                test_.meter.grant_all();
                if (pick(4) == 0) test_.meter.refuse(1 + pick(3));
            }
        }
        test_.meter.grant_all();
        check();
        while (!objects_.empty()) free_one();
        test_.collect();
        check();
        EXPECT_LE(test_.stats().old_blocks, 1u);
    }

 private:
    struct Shadow {
        size_t size;
        uint32_t type;
        unsigned char fill;
    };

    static V1Config configuration(uint32_t seed) {
        V1Config config = compiler_config();
        config.settings.threshold = size_t{4096} << seed % 8;
        config.debug = seed % 2 == 0;
        if (seed % 3 == 0) config.memory.bytes_max = size_t{256} << 10;
        return config;
    }
    unsigned pick(unsigned bound) { return static_cast<unsigned>(random_()) % bound; }

    void allocate() {
        Shadow shadow = {kSizes[pick(kSizeCount)], pick(4), static_cast<unsigned char>(pick(256))};
        if (pick(50) == 0) shadow.size = pick(20000);
        size_t alignment = pick(20) == 0 ? size_t{8} << pick(11) : 8;
        bool zeroed = pick(2) == 0;
        auto* object = static_cast<unsigned char*>(
            test_.v1->allocate(shadow.size, alignment, shadow.type, zeroed));
        if (object == nullptr) {
            ASSERT_EQ(test_.error().code, MORPH_ERROR_OUT_OF_MEMORY);
            return;
        }
        ASSERT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
        for (size_t index = 0; zeroed && index < shadow.size; ++index) {
            ASSERT_EQ(object[index], 0);
        }
        memset(object, shadow.fill, shadow.size);
        morph_object_set_flags(object, shadow.fill);
        ASSERT_TRUE(objects_.emplace(object, shadow).second);
        bytes_ += shadow.size;
    }

    void free_one() {
        if (objects_.empty()) return;
        auto at = objects_.lower_bound(
            reinterpret_cast<unsigned char*>(random_() << 12 | uint64_t{0x7000} << 32));
        if (at == objects_.end() || pick(2) == 0) {
            at = objects_.begin();
            std::advance(at, pick(static_cast<unsigned>(objects_.size())));
        }
        expect_intact(at->first, at->second);
        bytes_ -= at->second.size;
        unsigned char* object = at->first;
        objects_.erase(at);
        ASSERT_EQ(test_.v1->free(object), MORPH_OK);
        if (pick(20) == 0) {
            ASSERT_EQ(test_.v1->free(object), MORPH_ERROR_NOT_AN_OBJECT);
        }
    }

    void expect_intact(const unsigned char* object, const Shadow& shadow) {
        ASSERT_EQ(morph_heap_object_size(test_.heap, object), shadow.size);
        ASSERT_EQ(morph_object_type(object), shadow.type);
        ASSERT_EQ(morph_object_flags(object), shadow.fill);
        for (size_t index = 0; index < shadow.size; ++index) {
            ASSERT_EQ(object[index], shadow.fill);
        }
    }

    void check() {
        test_.verify();
        EXPECT_EQ(test_.live(), objects_.size());
        EXPECT_EQ(test_.stats().counts.bytes_live, bytes_);
        EXPECT_EQ(test_.stats().bytes_mapped, test_.meter.held());
        for (const auto& [object, shadow] : objects_) {
            MorphAddressInfo info = morph_heap_query(test_.heap, object + pick(4));
            if (shadow.size > 3) {
                ASSERT_EQ(info.object, object);
            }
            expect_intact(object, shadow);
        }
    }

    TestV1 test_;
    std::mt19937_64 random_;
    std::map<unsigned char*, Shadow> objects_;
    uint64_t bytes_ = 0;
};

TEST(V1Random, FreeingProgramsKeepEveryObjectAsItIs) {
    for (uint32_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        Freeing(seed).run(3000);
        if (HasFailure()) return;
    }
}

// RUNTIME mode: a graph kept twice. An object is an array of references whose word 0 is a number.
class Collecting {
 public:
    explicit Collecting(uint32_t seed) : test_(configuration(seed)), random_(seed) {
        MorphMemTypeInfo info = {};
        info.layout = MORPH_LAYOUT_CUSTOM;
        info.visit = [](void*, void* object, size_t size, MorphSlotVisitor* visitor) {
            for (size_t index = 1; index < size / sizeof(void*); ++index) {
                visitor->visit(visitor, static_cast<void**>(object) + index);
            }
        };
        custom_ = test_.v1->register_type(info);
        for (void*& root : roots_) test_.push(root);
    }

    void run(unsigned steps) {
        for (unsigned step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
            unsigned what = pick(100);
            if (what < 35) {
                allocate();
            } else if (what < 65) {
                store();
            } else if (what < 85) {
                roots_[pick(kRoots)] = field(roots_[pick(kRoots)]);
            } else if (what < 95) {
                roots_[pick(kRoots)] = nullptr;
            } else if (what < 97) {
                test_.meter.grant_all();
                if (pick(4) == 0) test_.meter.refuse(1 + pick(3));
            } else if (pick(10) == 0) {
                collect();
            }
        }
        test_.meter.grant_all();
        collect();
    }

 private:
    static constexpr size_t kRoots = 10;

    static V1Config configuration(uint32_t seed) {
        V1Config config = {};
        config.settings.threshold = size_t{4096} << seed % 6;
        config.debug = seed % 2 == 0;
        if (seed % 3 == 0) config.memory.bytes_max = size_t{512} << 10;
        return config;
    }
    unsigned pick(unsigned bound) { return static_cast<unsigned>(random_()) % bound; }
    static uint64_t number(const void* object) { return *static_cast<const uint64_t*>(object); }

    void* field(void* object) {
        if (object == nullptr) return nullptr;
        auto& fields = shadows_.at(number(object));
        if (fields.empty()) return nullptr;
        size_t index = pick(static_cast<unsigned>(fields.size()));
        void* value = static_cast<void**>(object)[index + 1];
        EXPECT_EQ(value == nullptr ? 0 : number(value), fields[index]);
        return value;
    }

    void allocate() {
        size_t fields = pick(20) == 0 ? pick(2000) : pick(8);
        size_t size = 8 * (fields + 1) + (pick(4) == 0 ? pick(8) : 0);
        size_t alignment = pick(20) == 0 ? size_t{8} << pick(11) : 8;
        auto* object = static_cast<uint64_t*>(test_.v1->allocate(size, alignment, custom_));
        if (object == nullptr) {
            ASSERT_EQ(test_.error().code, MORPH_ERROR_OUT_OF_MEMORY);
            return;
        }
        for (size_t index = 0; index < size / 8; ++index) ASSERT_EQ(object[index], 0u);
        object[0] = ++last_;
        shadows_[last_].assign(fields, 0);
        roots_[pick(kRoots)] = object;
    }

    void store() {
        void* object = roots_[pick(kRoots)];
        void* value = roots_[pick(kRoots)];
        if (object == nullptr || shadows_.at(number(object)).empty()) return;
        auto& fields = shadows_.at(number(object));
        size_t index = pick(static_cast<unsigned>(fields.size()));
        fields[index] = value == nullptr ? 0 : number(value);
        morph_heap_write(test_.heap, object, static_cast<void**>(object) + index + 1, value);
    }

    // Exactly what the roots reach is left, and is as it should be.
    void collect() {
        test_.collect();
        test_.verify();
        std::map<uint64_t, void*> seen;
        std::vector<void*> todo;
        auto visit = [&](void* object) {
            if (object != nullptr && seen.emplace(number(object), object).second) {
                todo.push_back(object);
            }
        };
        for (void* root : roots_) visit(root);
        while (!todo.empty()) {
            auto** object = static_cast<void**>(todo.back());
            todo.pop_back();
            const auto& fields = shadows_.at(number(object));
            for (size_t index = 0; index < fields.size(); ++index) {
                void* value = object[index + 1];
                ASSERT_EQ(value == nullptr ? 0 : number(value), fields[index]);
                visit(value);
            }
        }
        EXPECT_EQ(test_.live(), seen.size());
        std::erase_if(shadows_, [&](const auto& entry) { return !seen.contains(entry.first); });
    }

    TestV1 test_;
    std::mt19937_64 random_;
    uint32_t custom_ = 0;
    void* roots_[kRoots] = {};
    std::map<uint64_t, std::vector<uint64_t>> shadows_;
    uint64_t last_ = 0;
};

TEST(V1Random, CollectingProgramsKeepTheirGraph) {
    for (uint32_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(seed);
        Collecting(seed).run(5000);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace morph

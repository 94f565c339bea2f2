// A hundred thousand random calls against a plain table of what should be there, in three
// configurations, verified as they go. The sizes crowd around every edge there is.
#include <gtest/gtest.h>
#include <map>
#include <random>

#include "general/general_for_tests.h"

namespace {

using namespace general_test;

struct Expected {
    size_t size;
    unsigned char fill;
};

class Walker {
 public:
    Walker(MorphGeneral* general, uint32_t seed, size_t live_max)
        : general_(general), random_(seed), live_max_(live_max) {}

    void step() {
        const auto choice = random_() % 100;
        bool full = bytes_ > live_max_ || objects_.size() > 3000;
        if (choice == 0 && random_() % 200 == 0) {
            morph_general_reset(general_);
            frees_ += objects_.size();
            bytes_freed_ += bytes_;
            bytes_ = 0;
            objects_.clear();
        } else if (choice < 45 && !full) {
            add();
        } else if (choice < 70 && !objects_.empty()) {
            resize(pick());
        } else if (!objects_.empty()) {
            remove(pick());
        }
    }

    void check_everything() {
        ASSERT_EQ(morph_general_verify(general_), MORPH_OK)
            << morph_general_last_error(general_).text;
        MorphGeneralStats stats = morph_general_stats(general_);
        ASSERT_EQ(stats.total.objects_live, objects_.size());
        ASSERT_EQ(stats.total.bytes_live, bytes_);
        ASSERT_EQ(stats.total.frees, frees_);
        for (const auto& [object, expected] : objects_) {
            ASSERT_EQ(morph_general_size(general_, object), expected.size);
            check_bytes(object, expected.size, expected.fill);
        }
    }

 private:
    using Objects = std::map<unsigned char*, Expected>;

    size_t some_size() {
        const size_t chunk = morph_chunk_bytes();
        const size_t edges[] = {0, 8, 16, 128, 1024, 1280, chunk / 8, chunk / 4, chunk / 2, chunk};
        switch (random_() % 8) {
            case 0:
                return edges[random_() % 10] + random_() % 24;
            case 1:
                return random_() % (chunk / 4);
            case 2:
                return random_() % (chunk / 32);
            case 3:
            case 4:
                return random_() % 2048;
            default:
                return random_() % 200;
        }
    }

    static void check_bytes(const unsigned char* object, size_t size, unsigned char fill) {
        if (size == 0) return;
        ASSERT_EQ(object[0], fill);
        ASSERT_EQ(std::memcmp(object, object + 1, size - 1), 0);
    }

    Objects::iterator pick() {
        auto found = objects_.lower_bound(last_);
        for (uint32_t steps = random_() % 8; steps > 0 && found != objects_.end(); steps--) ++found;
        if (found == objects_.end()) found = objects_.begin();
        last_ = found->first + random_() % 100000;
        return found;
    }

    void keep(void* object, size_t size) {
        ASSERT_NE(object, nullptr) << morph_general_last_error(general_).text;
        auto* bytes = static_cast<unsigned char*>(object);
        ASSERT_EQ(reinterpret_cast<uintptr_t>(bytes) % (size > 8 ? 16 : 8), 0u);
        auto above = objects_.lower_bound(bytes);
        if (above != objects_.end()) {
            ASSERT_LE(bytes + size, above->first);
        }
        if (above != objects_.begin()) {
            auto below = std::prev(above);
            ASSERT_GE(bytes, below->first + (below->second.size == 0 ? 1 : below->second.size));
        }
        auto fill = static_cast<unsigned char>(random_() % 255 + 1);
        std::memset(bytes, fill, size);
        objects_[bytes] = {size, fill};
        bytes_ += size;
    }

    void add() {
        size_t size = some_size();
        switch (random_() % 4) {
            case 0: {
                void* object = morph_general_alloc_zeroed(general_, size);
                if (object != nullptr) check_bytes(bytes_of(object), size, 0);
                return keep(object, size);
            }
            case 1: {
                size_t alignment = size_t{1} << random_() % 16;
                void* object = morph_general_alloc_aligned(general_, size, alignment);
                ASSERT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
                return keep(object, size);
            }
            default:
                return keep(morph_general_alloc(general_, size), size);
        }
    }

    void resize(Objects::iterator found) {
        Expected old = found->second;
        size_t size = random_() % 3 == 0 ? some_size() : old.size + random_() % 600;
        if (random_() % 4 == 0 && old.size > 0) size = random_() % old.size;
        unsigned char* object = found->first;
        uint64_t resizes = morph_general_stats(general_).resizes;
        void* resized = morph_general_realloc(general_, object, size);
        ASSERT_NE(resized, nullptr);
        check_bytes(bytes_of(resized), size < old.size ? size : old.size, old.fill);
        bool stayed = morph_general_stats(general_).resizes != resizes;
        ASSERT_EQ(stayed, resized == object);
        objects_.erase(object);
        bytes_ -= old.size;
        keep(resized, size);
        if (stayed) return;
        frees_ += 1;
    }

    void remove(Objects::iterator found) {
        check_bytes(found->first, found->second.size, found->second.fill);
        ASSERT_EQ(morph_general_free(general_, found->first), MORPH_OK);
        frees_ += 1;
        bytes_ -= found->second.size;
        objects_.erase(found);
    }

    MorphGeneral* general_;
    std::mt19937 random_;
    size_t live_max_;
    Objects objects_;
    size_t bytes_ = 0;
    uint64_t bytes_freed_ = 0;
    uint64_t frees_ = 0;
    unsigned char* last_ = nullptr;
};

void run(MorphGeneral* general, uint32_t seed, int steps, int between_checks) {
    Walker walker(general, seed, 24 * morph_chunk_bytes());
    for (int step = 1; step <= steps; step++) {
        walker.step();
        if (step % between_checks == 0) walker.check_everything();
        if (testing::Test::HasFatalFailure()) {
            ADD_FAILURE() << "seed " << seed << ", step " << step;
            return;
        }
    }
}

TEST(GeneralRandom, AHundredThousandCallsDoWhatAPlainTableDoes) {
    Meter meter;
    Owner general = make_general(meter);
    run(general.get(), 1, 100000, 2000);
    general.reset();
    EXPECT_EQ(meter.held(), 0u);
}

TEST(GeneralRandom, DebugModeFindsNothingInCorrectPrograms) {
    Meter meter;
    Reports reports;
    Owner general = make_debug_general(reports, &meter);
    run(general.get(), 2, 20000, 1000);
    general.reset();
    EXPECT_EQ(meter.held(), 0u);
    EXPECT_TRUE(reports.seen.empty());
}

}  // namespace

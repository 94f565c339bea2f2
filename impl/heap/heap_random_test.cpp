// Random programs on a heap against a graph of plain containers, in many configurations, with
// memory refused now and then.
#include <map>
#include <optional>
#include <random>
#include <set>

#include "heap/heap_for_tests.h"

namespace morph {
namespace {

// An object is an array of references whose first element is a data object with its identity; so
// all layouts look the same to the test.
class RandomProgram {
 public:
    RandomProgram(const MorphHeapConfig& config, uint32_t seed)
        : test_(config), random_(seed), bounded_(config.memory.bytes_max != 0) {
        MorphMemTypeInfo info = {};
        info.layout = MORPH_LAYOUT_CUSTOM;
        info.visit = [](void*, void* object, size_t size, MorphSlotVisitor* visitor) {
            for (size_t index = 1; index < size / sizeof(void*); ++index) {
                visitor->visit(visitor, static_cast<void**>(object) + index);
            }
        };
        custom_ = morph_heap_register_type(test_.heap, &info);
        static const size_t kOffsets[] = {8, 16};
        info = {};
        info.layout = MORPH_LAYOUT_STRUCTS;
        info.element_size = 24;
        info.offsets = kOffsets;
        info.offset_count = 2;
        structs_ = morph_heap_register_type(test_.heap, &info);
        for (void*& root : roots_) {
            EXPECT_EQ(morph_heap_add_global_root(test_.heap, &root), MORPH_OK);
        }
    }

    void run(unsigned steps) {
        for (unsigned step = 0; step < steps; ++step) {
            if (::testing::Test::HasFatalFailure()) return;
            one_step();
        }
        test_.refuse_from = 0;
        test_.verify();
        compare();
        test_.major();
        test_.verify();
        compare();
        EXPECT_EQ(test_.live(), reachable().size());
    }

    [[nodiscard]] MorphHeapStats stats() const { return test_.stats(); }

 private:
    static constexpr size_t kRoots = 12;
    struct Shadow {
        bool structs = false;
        std::vector<uint64_t> fields;  // identities, 0: NULL
    };

    unsigned pick(unsigned bound) { return static_cast<unsigned>(random_()) % bound; }

    // Slot of field number `index`: word 0 of each object (and of each struct) is data.
    static void** slot(void* object, const Shadow& shadow, size_t index) {
        size_t word = shadow.structs ? index / 2 * 3 + 1 + index % 2 : index + 1;
        return static_cast<void**>(object) + word;
    }
    static uint64_t identity(const void* object) { return *static_cast<const uint64_t*>(object); }

    void one_step() {
        switch (pick(16)) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4:
                allocate();
                break;
            case 5:
            case 6:
            case 7:
            case 8:
                store();
                break;
            case 9:
            case 10:
            case 11:
                load();
                break;
            case 12:
                clear();
                break;
            case 13:
                if (pick(8) == 0) test_.minor();
                break;
            case 14:
                if (pick(40) == 0) test_.major();
                if (pick(40) == 0) test_.verify();
                break;
            default:
                if (pick(60) == 0) compare();
                refuse_or_not();
                break;
        }
    }

    void refuse_or_not() {
        if (pick(10) != 0) return;
        test_.refuse_from = test_.refuse_from == 0 && pick(2) == 0 ? test_.requests + pick(4) : 0;
    }

    void allocate() {
        unsigned kind = pick(2);
        unsigned scale = pick(40);
        size_t fields = scale == 0 ? pick(4000) : scale < 4 ? pick(300) : pick(6);
        if (scale == 1 && pick(10) == 0) fields = kChunkBytes / 8 + pick(1000);
        Shadow shadow;
        shadow.structs = kind == 1;
        if (shadow.structs) fields = fields / 2 * 2 + 2;
        size_t size = shadow.structs ? fields / 2 * 24 : (fields + 1) * 8;
        uint32_t type = shadow.structs ? structs_ : custom_;
        void* object = pick(20) == 0
                           ? morph_heap_alloc_aligned(test_.heap, size, size_t{8} << pick(6), type)
                           : morph_heap_alloc(test_.heap, size, type);
        if (object == nullptr) {
            ASSERT_TRUE(bounded_ || test_.refusals != 0) << morph_heap_last_error(test_.heap).text;
            test_.refuse_from = 0;
            return;
        }
        shadow.fields.assign(fields, 0);
        for (size_t index = 0; index < fields; ++index) {
            ASSERT_EQ(*slot(object, shadow, index), nullptr);
        }
        *static_cast<uint64_t*>(object) = ++last_;
        roots_[pick(kRoots)] = object;
        shadows_[last_] = std::move(shadow);
    }

    void store() {
        void* object = roots_[pick(kRoots)];
        void* value = roots_[pick(kRoots)];
        if (object == nullptr) return;
        Shadow& shadow = shadows_.at(identity(object));
        if (shadow.fields.empty()) return;
        size_t index = pick(static_cast<unsigned>(shadow.fields.size()));
        shadow.fields[index] = value == nullptr ? 0 : identity(value);
        morph_heap_write(test_.heap, object, slot(object, shadow, index), value);
    }

    void load() {
        void* object = roots_[pick(kRoots)];
        if (object == nullptr) return;
        const Shadow& shadow = shadows_.at(identity(object));
        if (shadow.fields.empty()) return;
        size_t index = pick(static_cast<unsigned>(shadow.fields.size()));
        roots_[pick(kRoots)] = *slot(object, shadow, index);
    }

    void clear() { roots_[pick(kRoots)] = nullptr; }

    // The graph that the roots reach is the shadows' graph.
    void compare() {
        std::map<uint64_t, void*> seen;
        std::vector<void*> todo;
        auto visit = [&](void* object) {
            if (object == nullptr) return;
            auto [at, fresh] = seen.emplace(identity(object), object);
            ASSERT_EQ(at->second, object);
            if (fresh) todo.push_back(object);
        };
        for (void* root : roots_) visit(root);
        while (!todo.empty()) {
            void* object = todo.back();
            todo.pop_back();
            const Shadow& shadow = shadows_.at(identity(object));
            for (size_t index = 0; index < shadow.fields.size(); ++index) {
                void* value = *slot(object, shadow, index);
                ASSERT_EQ(value == nullptr ? 0 : identity(value), shadow.fields[index]);
                visit(value);
            }
        }
        std::erase_if(shadows_, [&](const auto& entry) { return !seen.contains(entry.first); });
    }

    std::set<uint64_t> reachable() {
        std::set<uint64_t> seen;
        std::vector<uint64_t> todo;
        auto visit = [&](uint64_t id) {
            if (id != 0 && seen.insert(id).second) todo.push_back(id);
        };
        for (void* root : roots_) visit(root == nullptr ? 0 : identity(root));
        while (!todo.empty()) {
            uint64_t id = todo.back();
            todo.pop_back();
            for (uint64_t field : shadows_.at(id).fields) visit(field);
        }
        return seen;
    }

    TestHeap test_;
    std::mt19937 random_;
    const bool bounded_;
    uint32_t custom_ = 0;
    uint32_t structs_ = 0;
    void* roots_[kRoots] = {};
    std::map<uint64_t, Shadow> shadows_;
    uint64_t last_ = 0;
};

TEST(HeapRandom, EveryConfigurationKeepsTheGraph) {
    for (uint32_t seed = 0; seed < 24; ++seed) {
        SCOPED_TRACE(seed);
        MorphHeapConfig config = {};
        config.settings.nursery_bytes = size_t{4096} << seed % 4;
        config.settings.nursery_bytes_max = config.settings.nursery_bytes << seed % 3;
        config.settings.promotion_age = seed % 5 + 1;
        config.settings.major_threshold = size_t{1} << (10 + seed % 9);
        config.settings.growth_percent = 1 + seed % 200;
        config.settings.full_collections = seed % 7 == 3;
        config.settings.large_bytes = seed % 2 == 0 ? 0 : 4096;
        config.enable_debug = seed % 4 == 1;
        if (seed % 3 == 0) config.memory.bytes_max = morph_heap_bytes_min(&config.settings);
        RandomProgram(config, seed).run(4000);
        if (HasFatalFailure()) return;
    }
}

TEST(HeapRandom, ShortProgramsOnATightHeapTakeTheRarePathsAsWell) {
    MorphHeapStats sum = {};
    for (uint32_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        MorphHeapConfig config = {};
        config.settings.nursery_bytes = 4096;
        config.settings.promotion_age = seed % 3 + 1;
        config.settings.major_threshold = 4096;
        config.enable_debug = seed % 5 == 1;
        config.memory.bytes_max = morph_heap_bytes_min(&config.settings);
        RandomProgram program(config, 1000 + seed);
        program.run(300);
        if (HasFatalFailure()) return;
        MorphHeapStats stats = program.stats();
        sum.promotions_refused += stats.promotions_refused;
        sum.failures += stats.failures;
    }
    EXPECT_GT(sum.promotions_refused, 0u);
    EXPECT_GT(sum.failures, 0u);
}

}  // namespace
}  // namespace morph

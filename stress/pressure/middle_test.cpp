// Requests refused in the middle of things: while a collection runs, on the heap and on V1; and in
// any call of the general allocator.
#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "stress/generate/random.h"
#include "stress/pressure/refusals.h"

#include "morph/general.h"
#include "morph/mem.h"

namespace {

using stress::Refusals;

// Requests for memory are rare: so nodes are large, and what one round makes fits in the nursery,
// where the collection finds all of it.
constexpr size_t kNodeBytes = 4096;
constexpr int kRoundNodes = 700;
constexpr size_t kNurseryBytes = size_t{4} << 20;

MorphMemConfig config_of(bool v1, Refusals* refusals) {
    MorphMemConfig config = MORPH_CONFIG_RUNTIME;
    config.enable_v1 = v1;
    if (!v1) config.heap.nursery_bytes = kNurseryBytes;
    refusals->watch(&config.memory);
    return config;
}

// A list whose nodes are known beside the heap.
class Chain {
 public:
    explicit Chain(MorphHeap* heap) : heap_(heap) {}

    [[nodiscard]] bool open() {
        const size_t link[] = {0};
        MorphMemTypeInfo info = {};
        info.name = "node";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = link;
        info.offset_count = 1;
        type_ = morph_heap_register_type(heap_, &info);
        return type_ != MORPH_TYPE_INVALID && morph_heap_push_root(heap_, &first_) == MORPH_OK;
    }
    [[nodiscard]] bool add() {
        auto* node = static_cast<uint64_t*>(morph_heap_alloc(heap_, kNodeBytes, type_));
        if (node == nullptr) return false;
        node[1] = ++count_;
        auto* link = reinterpret_cast<void**>(node);
        morph_heap_write(heap_, node, link, first_);
        first_ = node;
        return true;
    }
    // Forgets the newer half.
    void cut() {
        for (const uint64_t left = count_ / 2; count_ > left; --count_) {
            first_ = *static_cast<void**>(first_);
        }
    }
    [[nodiscard]] bool whole() const {
        uint64_t expected = count_;
        const void* node = first_;
        for (; node != nullptr && expected != 0; node = *static_cast<void* const*>(node)) {
            if (static_cast<const uint64_t*>(node)[1] != expected--) return false;
        }
        return node == nullptr && expected == 0;
    }
    [[nodiscard]] uint64_t count() const { return count_; }

 private:
    MorphHeap* heap_;
    void* first_ = nullptr;
    uint64_t count_ = 0;
    uint32_t type_ = MORPH_TYPE_INVALID;
};

struct Inside {
    uint64_t requests = 0;  // between the beginning and the end of collections
    uint64_t refused = 0;
};

// Grows the list and collects, with refusals while a collection runs and at no other time.
void collect_under_refusals(double rate, uint64_t seed, bool major, bool v1, Inside* inside) {
    Refusals refusals(0, seed);
    const MorphMemConfig config = config_of(v1, &refusals);
    MorphMemContext* context = morph_mem_init(&config);
    ASSERT_NE(context, nullptr) << morph_creation_error().text;
    MorphHeap* heap = morph_mem_heap(context);
    Chain chain(heap);
    ASSERT_TRUE(chain.open());
    for (int round = 0; round < 16; ++round) {
        for (int i = 0; i < kRoundNodes; ++i) ASSERT_TRUE(chain.add());
        if (round % 5 == 4) chain.cut();
        const uint64_t requests = refusals.requests();
        const uint64_t refused = refusals.refused();
        refusals.set_rate(rate);
        const MorphCode code =
            major ? morph_heap_collect_major(heap) : morph_heap_collect_minor(heap);
        refusals.set_rate(0);
        inside->requests += refusals.requests() - requests;
        inside->refused += refusals.refused() - refused;
        ASSERT_EQ(code, MORPH_OK) << morph_heap_last_error(heap).text;
        ASSERT_TRUE(chain.whole()) << "round " << round << ", seed " << seed;
        ASSERT_EQ(morph_heap_verify(heap), MORPH_OK) << morph_heap_last_error(heap).text;
    }
    // The refusals are over: a collection leaves exactly what is live.
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(morph_heap_stats(heap).counts.objects_live, chain.count());
    EXPECT_EQ(morph_mem_destroy(context), MORPH_OK);
    EXPECT_EQ(refusals.broken(), nullptr);
}

TEST(Middle, RequestsRefusedInsideCollectionsLoseNothing) {
    for (const bool major : {false, true}) {
        Inside inside;
        for (const double rate : {0.1, 0.5, 1.0}) {
            for (uint64_t seed = 1; seed <= 3; ++seed) {
                collect_under_refusals(rate, seed, major, false, &inside);
            }
        }
        const char* kind = major ? "major" : "minor";
        EXPECT_GE(inside.refused, 20u) << kind << ": " << inside.requests << " requests";
    }
}

// V1 marks with a bounded stack and sweeps where objects lie: its collections ask for no memory.
TEST(Middle, CollectionsOfV1AskForNothing) {
    Inside inside;
    collect_under_refusals(1.0, 1, true, true, &inside);
    EXPECT_EQ(inside.refused, 0u);
}

// -------------------------------------------------------------------------------- anywhere

// Allocates, drops and collects with refusals all the time: a call fails with a reason or is good.
void allocate_under_refusals(double rate, uint64_t seed, bool v1, uint64_t* refused) {
    Refusals refusals(0, seed);
    const MorphMemConfig config = config_of(v1, &refusals);
    MorphMemContext* context = morph_mem_init(&config);
    ASSERT_NE(context, nullptr);
    MorphHeap* heap = morph_mem_heap(context);
    Chain chain(heap);
    ASSERT_TRUE(chain.open());
    refusals.set_rate(rate);
    for (int i = 0; i < 20 * kRoundNodes; ++i) {
        if (!chain.add()) {
            EXPECT_EQ(stress::wrong_reason(morph_heap_last_error(heap)), "");
            EXPECT_NE(refusals.refused(), 0u);
            ASSERT_TRUE(chain.whole()) << "seed " << seed;
            chain.cut();
        }
    }
    refusals.set_rate(0);
    EXPECT_TRUE(chain.add()) << "it succeeds when memory is there again";
    EXPECT_TRUE(chain.whole());
    EXPECT_EQ(morph_mem_verify(context), MORPH_OK) << morph_mem_last_error(context).text;
    *refused += refusals.refused();
    EXPECT_EQ(morph_mem_destroy(context), MORPH_OK);
    EXPECT_EQ(refusals.broken(), nullptr);
}

TEST(Middle, AHeapUnderRefusalsFailsWithAReasonOrIsGood) {
    for (const bool v1 : {false, true}) {
        for (const double rate : {0.01, 0.1, 0.5}) {
            uint64_t refused = 0;
            const uint64_t wanted = rate < 0.1 ? 3 : 40;
            for (uint64_t seed = 1; refused < wanted && seed < 30; ++seed) {
                allocate_under_refusals(rate, seed, v1, &refused);
            }
            EXPECT_GE(refused, wanted) << (v1 ? "V1" : "V2") << " at " << rate;
        }
    }
}

// ---------------------------------------------------------------------------------- general

// Marked at both ends, which tells whether it is its own; pages between are never touched.
struct Block {
    unsigned char* bytes;
    size_t size;
    unsigned char mark;
};
constexpr size_t kMarked = 64;

void mark(const Block& block) {
    const size_t end = std::min(block.size, kMarked);
    std::memset(block.bytes, block.mark, end);
    std::memset(block.bytes + block.size - end, block.mark, end);
}

bool begins_marked(const Block& block, size_t size) {
    return std::all_of(block.bytes, block.bytes + std::min(size, kMarked),
                       [&block](unsigned char byte) { return byte == block.mark; });
}

bool is_marked(const Block& block) {
    const size_t end = std::min(block.size, kMarked);
    return begins_marked(block, block.size) &&
           std::all_of(block.bytes + block.size - end, block.bytes + block.size,
                       [&block](unsigned char byte) { return byte == block.mark; });
}

// One operation at random on the allocator and the list of blocks; whether it was refused.
bool operate(MorphGeneral* general, fox::Random* random, std::vector<Block>* blocks) {
    // Slots, runs, and mappings of their own, which are a request each.
    constexpr size_t kSizes[] = {16, 1024, 5000, 100000};
    constexpr size_t kMapped = 600000;  // bytes, and up to as many more
    const size_t kind = random->below(2 * std::size(kSizes));
    const size_t size = kind < std::size(kSizes) ? random->below(kSizes[kind]) + 1
                                                 : kMapped + random->below(kMapped);
    if (blocks->empty() || random->below(100) < 45) {
        const auto byte = static_cast<unsigned char>(random->next());
        const Block made = {static_cast<unsigned char*>(morph_general_alloc(general, size)), size,
                            byte};
        if (made.bytes == nullptr) return true;
        mark(made);
        blocks->push_back(made);
        return false;
    }
    Block& block = (*blocks)[random->below(blocks->size())];
    EXPECT_TRUE(is_marked(block)) << "before the call";
    if (random->below(2) == 0) {
        void* moved = morph_general_realloc(general, block.bytes, size);
        if (moved == nullptr) {
            EXPECT_TRUE(is_marked(block)) << "after a refused realloc";
            return true;
        }
        block.bytes = static_cast<unsigned char*>(moved);
        EXPECT_TRUE(begins_marked(block, std::min(size, block.size))) << "after realloc";
        block.size = size;
        mark(block);
        return false;
    }
    EXPECT_EQ(morph_general_free(general, block.bytes), MORPH_OK);
    block = blocks->back();
    blocks->pop_back();
    return false;
}

TEST(Middle, TheGeneralAllocatorUnderRefusalsKeepsEveryObject) {
    for (const double rate : {0.001, 0.01, 0.1}) {
        Refusals refusals(0, 3);
        fox::Random random(17);
        MorphGeneralConfig config = {};
        refusals.watch(&config.memory);
        MorphGeneral* general = morph_general_create(&config);
        ASSERT_NE(general, nullptr);
        refusals.set_rate(rate);
        std::vector<Block> blocks;
        uint64_t failed = 0;
        const uint64_t wanted = rate < 0.01 ? 3 : rate < 0.1 ? 30 : 100;
        for (int i = 0; i < 200000 && refusals.refused() < wanted; ++i) {
            if (operate(general, &random, &blocks)) {
                failed += 1;
                EXPECT_EQ(stress::wrong_reason(morph_general_last_error(general)), "");
            }
            if (blocks.size() > 200) {
                ASSERT_TRUE(std::all_of(blocks.begin(), blocks.end(), is_marked));
                morph_general_reset(general);
                blocks.clear();
            }
        }
        EXPECT_GE(refusals.refused(), wanted) << "at " << rate;
        EXPECT_NE(failed, 0u);
        EXPECT_EQ(morph_general_stats(general).total.objects_live, blocks.size());
        EXPECT_EQ(morph_general_verify(general), MORPH_OK);
        refusals.set_rate(0);
        EXPECT_NE(morph_general_alloc(general, 5000000), nullptr);
        morph_general_destroy(general);
        EXPECT_EQ(refusals.broken(), nullptr);
    }
}

}  // namespace

// Each invariant of pool.h is broken on purpose, and verify names it.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "chunk/memory_marks.h"
#include "pool/pool.h"
#include "pool/tags.h"
#include "pool/test_pool.h"

namespace morph {

// The friend of Pool that breaks it.
struct PoolPeek {
    static Pool& of(MorphPool* pool) { return *static_cast<Pool*>(pool); }
    static MorphPoolBin* bin(MorphPool* pool, uint32_t number) { return of(pool).bin_at(number); }
    static Block* current(MorphPool* pool, uint32_t bin) { return of(pool).sides_[bin].current; }
    static Block** kept(MorphPool* pool, uint32_t bin) { return &of(pool).sides_[bin].kept; }
    static Block** oldest(MorphPool* pool, uint32_t bin) { return &of(pool).sides_[bin].oldest; }
    static size_t* allowed(MorphPool* pool) { return &of(pool).empty_chunks_allowed_; }
};

}  // namespace morph

namespace pool_test {
namespace {

using morph::Block;
using morph::BlockState;
using morph::PoolPeek;

constexpr uint32_t kSize = 64;

// A pool with blocks in every state: full, available, current, kept and free.
struct Broken {
    Meter meter;
    PoolOwner pool = make_pool(meter);
    MorphPool* raw = pool.get();
    uint32_t bin = morph_size_class(kSize);
    std::vector<void*> objects;
    Block* full = nullptr;
    Block* available = nullptr;

    Broken() {
        size_t block_slots = morph::kBlockBytes / kSize;
        for (size_t i = 0; i < 7 * block_slots; i++) {
            objects.push_back(morph_pool_alloc(raw, kSize));
        }
        full = morph::block_of(objects[0]);
        for (void* object : objects) {
            uint32_t number = morph::block_number(object);
            if (number == 1 && available == nullptr) available = morph::block_of(object);
            bool free = number == 2 || number == 3 || (number == 1 && object == objects[i_of(1)]);
            if (free) {
                EXPECT_EQ(morph_pool_free(raw, object, kSize), MORPH_OK);
            }
        }
        EXPECT_EQ(morph_pool_verify(raw), MORPH_OK);
        EXPECT_EQ(full->state, BlockState::full);
        EXPECT_EQ(available->state, BlockState::available);
        EXPECT_NE(*PoolPeek::kept(raw, bin), nullptr);
    }
    size_t i_of(uint32_t block) const {
        size_t i = 0;
        while (morph::block_number(objects[i]) != block) i++;
        return i;
    }
    void expect(const char* id) {
        EXPECT_EQ(morph_pool_verify(raw), MORPH_ERROR_CORRUPTION) << id;
        std::string text = morph_pool_last_error(raw).text;
        EXPECT_NE(text.find(id), std::string::npos) << text;
    }
};

TEST(PoolVerify, NamesABrokenChunk) {
    Broken broken;
    auto* chunk = morph::pool_chunk_of(broken.full);
    chunk->owner = &broken;
    broken.expect("POOL-CHUNK");
    chunk->owner = broken.raw;
    uint32_t free_blocks = chunk->free_blocks;
    chunk->free_blocks = 0;
    broken.expect("POOL-CHUNK");
    chunk->free_blocks = free_blocks;
    EXPECT_EQ(morph_pool_verify(broken.raw), MORPH_OK);
}

TEST(PoolVerify, NamesASpareTooMany) {
    Broken broken;
    morph_pool_reset(broken.raw);
    *PoolPeek::allowed(broken.raw) = 0;
    broken.expect("POOL-SPARE");
    *PoolPeek::allowed(broken.raw) = 1;
}

TEST(PoolVerify, NamesBrokenGeometry) {
    Broken broken;
    broken.full->reciprocal++;
    broken.expect("POOL-GEOMETRY");
    broken.full->reciprocal--;
    broken.full->slot_count++;
    broken.expect("POOL-GEOMETRY");
    broken.full->slot_count--;
    uint32_t dead = 0;
    while (broken.full->tags[dead] != morph::kDeadTag) dead++;
    broken.full->tags[dead] = morph::kFreeTag;  // would be handed out
    broken.expect("POOL-GEOMETRY");
    broken.full->tags[dead] = morph::kDeadTag;
}

TEST(PoolVerify, NamesABrokenWitness) {
    Broken broken;
    uint32_t witness = broken.available->witness;
    for (uint32_t index = 0; index < morph::tag_count(broken.available); index++) {
        if (broken.available->tags[index] < morph::kDeadTag) continue;
        broken.available->witness = index;
        broken.expect("POOL-WITNESS");
    }
    broken.available->witness = morph::kNoSlot;
    broken.expect("POOL-WITNESS");
    broken.available->witness = witness;
    unsigned char* tag = &broken.full->tags[morph::find_live(broken.full, 0, false)];
    unsigned char before = *tag;
    *tag = morph::kFreeTag;  // a free slot that nobody finds
    broken.expect("POOL-WITNESS");
    *tag = before;
    EXPECT_EQ(morph_pool_verify(broken.raw), MORPH_OK);
}

TEST(PoolVerify, NamesABrokenState) {
    Broken broken;
    broken.full->fast_owner = &PoolPeek::of(broken.raw);
    broken.expect("POOL-STATE");
    broken.full->fast_owner = nullptr;
    broken.full->state = BlockState::free;
    broken.expect("POOL-STATE");
    broken.full->state = static_cast<BlockState>(99);
    broken.expect("POOL-STATE");
    broken.full->state = BlockState::full;
    Block* oldest = *PoolPeek::oldest(broken.raw, broken.bin);
    *PoolPeek::oldest(broken.raw, broken.bin) = nullptr;  // a block is lost
    broken.expect("POOL-STATE");
    *PoolPeek::oldest(broken.raw, broken.bin) = oldest;
    Block* kept = *PoolPeek::kept(broken.raw, broken.bin);
    *PoolPeek::kept(broken.raw, broken.bin) = nullptr;
    broken.expect("POOL-STATE");
    *PoolPeek::kept(broken.raw, broken.bin) = kept;
    Block* next = oldest->next;
    oldest->next = oldest;  // a cycle
    broken.expect("POOL-STATE");
    oldest->next = next;
    EXPECT_EQ(morph_pool_verify(broken.raw), MORPH_OK);
}

TEST(PoolVerify, NamesABrokenBin) {
    Broken broken;
    MorphPoolBin* bin = PoolPeek::bin(broken.raw, broken.bin);
    MorphPoolBin before = *bin;
    Block* current = PoolPeek::current(broken.raw, broken.bin);
    bin->group_slots += kSize;
    broken.expect("POOL-BIN");
    *bin = before;
    bin->group_tags += 1;
    broken.expect("POOL-BIN");
    *bin = before;
    bin->slot_size += 8;
    broken.expect("POOL-BIN");
    *bin = before;
    // double hand-out: a live slot among those to give.
    uint64_t live = 0;
    auto first = static_cast<uint32_t>(bin->group_tags - current->tags);
    for (uint32_t i = 0; i < 64; i++) {
        if (current->tags[first + i] < morph::kDeadTag) live |= uint64_t{1} << i;
    }
    ASSERT_NE(live, 0u);
    bin->free_slots |= live & (~live + 1);
    broken.expect("POOL-BIN");
    *bin = before;
    EXPECT_EQ(morph_pool_verify(broken.raw), MORPH_OK);
}

TEST(PoolVerify, NamesAFastPathThatIsOpenInDebugMode) {
    Reports reports;
    PoolOwner pool = make_debug_pool(reports);
    ASSERT_NE(morph_pool_alloc(pool.get(), kSize), nullptr);
    MorphPoolBin* bin = PoolPeek::bin(pool.get(), morph_size_class(kSize));
    bin->free_slots = 1;  // inline callers would take a slot without guard
    EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_ERROR_CORRUPTION);
    EXPECT_NE(std::string(morph_pool_last_error(pool.get()).text).find("POOL-BIN"),
              std::string::npos);
    bin->free_slots = 0;
    EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
}

TEST(PoolVerify, NamesAnImpossibleSize) {
    if (morph::marks_active()) GTEST_SKIP() << "the note is under marks";
    PoolOwner pool = make_pool();
    auto* object = bytes_of(morph_pool_alloc(pool.get(), 60));
    object[63] = 200;
    EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_ERROR_CORRUPTION);
    EXPECT_NE(std::string(morph_pool_last_error(pool.get()).text).find("POOL-TAG"),
              std::string::npos);
    object[63] = 4;
    EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
}

}  // namespace
}  // namespace pool_test

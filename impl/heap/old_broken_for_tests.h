// For tests: an old space in every state, and what breaks it.
#pragma once

#include <functional>
#include <string>

#include "heap/old_space_for_tests.h"

namespace morph {

// The friend that breaks them.
struct OldSpacePeek {
    OldSpace& space;
    OldBlocks& blocks() { return space.blocks_; }
    OldRuns& runs() { return space.runs_; }
    auto& cell(uint32_t slot_class) { return space.blocks_.classes_[slot_class]; }
    uint64_t* cell_free(uint32_t slot_class) { return &cell(slot_class).free; }
    uint32_t* cell_distance(uint32_t slot_class) { return &cell(slot_class).distance; }
    OldBlock** partial(uint32_t slot_class) { return &cell(slot_class).partial; }
    OldBlock** current(uint32_t slot_class) { return &cell(slot_class).current; }
    size_t* taken() { return &space.blocks_.taken_; }
    size_t* blocks_count() { return &space.blocks_.count_; }
    size_t* empty_chunks() { return &space.blocks_.empty_chunks_; }
    size_t* empty_run_chunks() { return &space.runs_.empty_chunks_; }
    size_t* units() { return &space.runs_.units_; }
    size_t* large_bytes() { return &space.large_.bytes_; }
    size_t* large_count() { return &space.large_.count_; }
};

}  // namespace morph

namespace old_test {
using morph::OldBlock;
using morph::OldSpacePeek;

// A value that is another one while the object lives.
template <typename T>
class Changed {
 public:
    Changed(T* place, T value) : place_(place), before_(*place) { *place = value; }
    Changed(const Changed&) = delete;
    Changed& operator=(const Changed&) = delete;
    ~Changed() { *place_ = before_; }

 private:
    T* place_;
    T before_;
};

// Blocks in every state (swept ones, unswept ones, a current, a free one), runs, large objects.
struct Broken {
    static constexpr size_t kSize = 40;
    Owned owned;
    OldSpacePeek peek{*owned.space};
    uint32_t slot_class = morph::slot_class(kSize + 8);
    std::vector<unsigned char*> small, runs, large;
    OldBlock *current, *full, *partial, *free_block;

    Broken() {
        size_t count = 5 * kBlockBytes / (kSize + 8);
        for (size_t i = 0; i < count; i++) small.push_back(owned.allocate(kSize));
        for (size_t i = 0; i < 6; i++) runs.push_back(owned.allocate(kSlotBytesMax + i * 1024));
        for (size_t i = 0; i < 3; i++) large.push_back(owned.allocate(kChunkBytes));
        // The third block dies, of the fourth a part.
        full = morph::old_block_of(small[0]);
        free_block = nullptr;
        partial = nullptr;
        std::vector<unsigned char*> live;
        for (size_t i = 0; i < count; i++) {
            OldBlock* block = morph::old_block_of(small[i]);
            uint32_t number = morph::number_of(block);
            if (number == 2) {
                free_block = block;
                continue;
            }
            if (number == 3) partial = block;
            if (number == 3 && i % 2 == 0) continue;
            live.push_back(small[i]);
        }
        small = live;
        for (unsigned char* object : {runs[0], runs[2], runs[4], runs[5], large[0], large[2]}) {
            live.push_back(object);
        }
        owned.collect(live);
        runs = {runs[0], runs[2], runs[4], runs[5]};
        large = {large[0], large[2]};
        owned.expect_sound();  // unswept
    }
    void sweep() {
        owned.space->finish_sweep();
        owned.expect_sound();
        small.push_back(owned.allocate(kSize));
        current = morph::old_block_of(small.back());
        owned.expect_sound();
    }
    void expect(const std::string& id) {
        const void* where = nullptr;
        const char* found = owned.space->check(&where);
        ASSERT_NE(found, nullptr) << id;
        EXPECT_EQ(found, id);
        EXPECT_NE(where, nullptr);
        EXPECT_STREQ(owned.space->check(nullptr), found);
    }
    // In both, before the sweep and after it.
    static void in_both(const std::function<void(Broken&)>& breaks) {
        for (bool swept : {false, true}) {
            Broken broken;
            if (swept) broken.sweep();
            breaks(broken);
            broken.owned.expect_sound();
        }
    }
};

}  // namespace old_test

// Each invariant of blocks and marks is broken on purpose, and check names it.
#include <gtest/gtest.h>

#include "heap/old_broken_for_tests.h"

namespace old_test {
namespace {

using morph::OldBlock;

TEST(OldCheck, NamesABrokenChunkOfBlocks) {
    Broken::in_both([](Broken& broken) {
        morph::OldBlockChunk* chunk = morph::old_block_chunk_of(broken.small[0]);
        {
            Changed<void*> change(&chunk->owner, chunk);
            broken.expect("BLOCK-CHUNK");
        }
        {
            Changed<uint32_t> change(&chunk->free_blocks, chunk->free_blocks | 1);
            broken.expect("BLOCK-CHUNK");
        }
        {
            Changed<uint32_t> change(&chunk->fresh_blocks, chunk->fresh_blocks | 1);
            broken.expect("BLOCK-CHUNK");
        }
        {
            Changed<size_t> change(broken.peek.empty_chunks(), 1);
            broken.expect("BLOCK-CHUNK");
        }
        {
            Changed<size_t> change(broken.peek.blocks_count(), *broken.peek.blocks_count() + 1);
            broken.expect("BLOCK-CHUNK");
        }
        {
            Changed<morph::OldBlockState> change(&broken.full->state,
                                                 morph::OldBlockState::partial);
            broken.expect("BLOCK-CHUNK");
        }
        {
            Changed<bool> change(&broken.free_block->unswept, true);
            broken.expect("BLOCK-CHUNK");
        }
    });
}

TEST(OldCheck, NamesABlockThatItsClassLost) {
    Broken broken;
    ASSERT_EQ(broken.partial->state, morph::OldBlockState::partial);
    OldBlock** list = broken.peek.partial(broken.slot_class);
    ASSERT_NE(*list, nullptr);
    {
        Changed<OldBlock*> change(list, nullptr);
        broken.expect("BLOCK-CHUNK");
    }
    {
        Changed<OldBlock*> change(&broken.partial->next, broken.partial);
        broken.expect("BLOCK-CHUNK");
    }
    {
        Changed<OldBlock*> change(broken.peek.partial(0), broken.partial);
        broken.expect("BLOCK-CHUNK");
    }
    broken.owned.expect_sound();
}

TEST(OldCheck, NamesABlockInAnotherStateThanItsRoomSays) {
    using State = morph::OldBlockState;
    Broken broken;
    {
        Changed<State> change(&broken.partial->state, State::full);
        broken.expect("BLOCK-CHUNK");
    }
    broken.sweep();
    {
        Changed<State> change(&broken.full->state, State::partial);
        broken.expect("BLOCK-CHUNK");
    }
    {
        Changed<OldBlock*> none(broken.peek.current(broken.slot_class), nullptr);
        Changed<uint64_t> nothing(broken.peek.cell_free(broken.slot_class), 0);
        broken.expect("BLOCK-CHUNK");
    }
    broken.owned.expect_sound();
}

TEST(OldCheck, NamesBrokenGeometry) {
    Broken::in_both([](Broken& broken) {
        OldBlock* block = broken.full;
        {
            Changed<uint32_t> change(&block->first, block->first + 8);
            broken.expect("BLOCK-GEOMETRY");
        }
        {
            Changed<uint32_t> change(&block->reciprocal, block->reciprocal + 1);
            broken.expect("BLOCK-GEOMETRY");
        }
        {
            Changed<uint16_t> change(&block->slots, static_cast<uint16_t>(block->slots - 1));
            broken.expect("BLOCK-GEOMETRY");
        }
        {
            Changed<uint8_t> change(&block->slot_class, static_cast<uint8_t>(morph::kSlotClasses));
            broken.expect("BLOCK-GEOMETRY");
        }
        {
            uint64_t* word = morph::allocated_of(broken.free_block);
            Changed<uint64_t> change(word, 4);
            broken.expect("BLOCK-GEOMETRY");
        }
        // A bit where no slot is: between two payloads, and in the head.
        {
            morph::OldBit bit = morph::old_bit(broken.small[0] + 16);
            uint64_t* word = &morph::old_block_chunk_of(broken.small[0])->allocated[bit.word];
            ASSERT_EQ(*word & bit.mask, 0u);
            Changed<uint64_t> change(word, *word | bit.mask);
            broken.expect("BLOCK-GEOMETRY");
        }
        {
            uint64_t* word = morph::old_block_chunk_of(broken.small[0])->allocated;
            Changed<uint64_t> change(word, 1);
            broken.expect("BLOCK-GEOMETRY");
        }
    });
}

TEST(OldCheck, NamesASlotThatWouldBeHandedOutTwice) {
    Broken broken;
    broken.sweep();
    uint64_t* free = broken.peek.cell_free(broken.slot_class);
    morph::OldBit bit = morph::old_bit(broken.small.back());
    {
        Changed<uint64_t> change(free, *free | bit.mask);
        broken.expect("BLOCK-CURSOR");
    }
    {
        uint32_t* distance = broken.peek.cell_distance(broken.slot_class);
        Changed<uint32_t> change(distance, *distance + 16);
        broken.expect("BLOCK-CURSOR");
    }
    {
        Changed<uint64_t> change(broken.peek.cell_free(0), 1);  // a class without a block
        broken.expect("BLOCK-CURSOR");
    }
    {
        Changed<OldBlock*> change(broken.peek.current(broken.slot_class), broken.full);
        broken.expect("BLOCK-CURSOR");
    }
    broken.owned.expect_sound();
}

TEST(OldCheck, NamesEveryFieldOfACursorThatIsOff) {
    Broken broken;
    broken.sweep();
    auto& cell = broken.peek.cell(broken.slot_class);
    {
        Changed<uint32_t> change(&cell.slot_bytes, cell.slot_bytes + 16);
        broken.expect("BLOCK-CURSOR");
    }
    {
        auto& idle = broken.peek.cell(broken.slot_class + 1);  // a class without a block
        Changed<uint32_t> change(&idle.slot_bytes, idle.slot_bytes + 16);
        broken.expect("BLOCK-CURSOR");
    }
    {
        Changed<unsigned char*> change(&cell.slots, cell.slots + 16);
        broken.expect("BLOCK-CURSOR");
    }
    {
        Changed<uint64_t> change(&cell.reciprocal, cell.reciprocal + 1);
        broken.expect("BLOCK-CURSOR");
    }
    {
        Changed<uint64_t*> change(&cell.allocated, cell.allocated + morph::kBlockWords);
        broken.expect("BLOCK-CURSOR");
    }
    broken.owned.expect_sound();
}

TEST(OldCheck, NamesAStrayMark) {
    Broken::in_both([](Broken& broken) {
        uint64_t* words[] = {morph::marked_of(broken.free_block),
                             morph::old_run_chunk_of(broken.runs[0])->marked};
        for (uint64_t* word : words) {
            Changed<uint64_t> change(word, *word | 2);
            broken.expect("OLD-MARKS");
        }
        {
            Changed<bool> change(&morph::LargeObjects::of(broken.large[0])->marked, true);
            broken.expect("OLD-MARKS");
        }
    });
    Broken broken;
    broken.sweep();
    for (unsigned char* object : {broken.small[0], broken.runs[1], broken.large[1]}) {
        broken.owned.space->mark(object);
        broken.expect("OLD-MARKS");
        broken.owned.space->begin_marking();
        broken.owned.expect_sound();  // during marking it may be
        broken.owned.space->cancel_marking();
        broken.owned.expect_sound();
    }
}

TEST(OldCheck, NamesAnObjectThatWasForgotten) {
    Broken::in_both([](Broken& broken) {
        bool swept = !broken.full->unswept;
        morph::OldBit bit = morph::old_bit(broken.small[0]);
        morph::OldBlockChunk* chunk = morph::old_block_chunk_of(broken.small[0]);
        {
            Changed<uint64_t> change(&chunk->allocated[bit.word],
                                     chunk->allocated[bit.word] & ~bit.mask);
            broken.expect(swept ? "OLD-BYTES" : "OLD-MARKS");
        }
        uint64_t* words =
            swept ? morph::allocated_of(broken.partial) : morph::marked_of(broken.partial);
        uint64_t before[morph::kBlockWords];
        memcpy(before, words, sizeof(before));
        memset(words, 0, sizeof(before));
        if (!swept || broken.partial->state != morph::OldBlockState::current) {
            broken.expect("OLD-EMPTY");
        }
        memcpy(words, before, sizeof(before));
    });
}

}  // namespace
}  // namespace old_test

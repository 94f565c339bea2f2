// Headers, sums, runs and large objects are broken on purpose, and check names it.
#include <gtest/gtest.h>

#include "heap/old_broken_for_tests.h"

namespace old_test {
namespace {

TEST(OldCheck, NamesBrokenRuns) {
    Broken broken;
    auto* chunk = morph::old_run_chunk_of(broken.runs[0]);
    uint32_t unit = morph::unit_of(broken.runs[0]);
    {
        Changed<void*> change(&chunk->owner, chunk);
        broken.expect("RUN-UNITS");
    }
    {
        Changed<uint64_t> change(&chunk->begins[unit / 64],
                                 chunk->begins[unit / 64] & ~(uint64_t{1} << unit % 64));
        broken.expect("RUN-UNITS");
    }
    {
        uint32_t next = unit + chunk->records[unit].units;  // free: the second run is dead
        Changed<uint16_t> change(&chunk->records[unit].units,
                                 static_cast<uint16_t>(chunk->records[unit].units + 1));
        ASSERT_EQ(chunk->used[next / 64] >> next % 64 & 1, 0u);
        broken.expect("RUN-UNITS");
    }
    {
        Changed<uint16_t> change(&chunk->records[unit].units, 0);
        broken.expect("RUN-UNITS");
    }
    {
        Changed<uint32_t> change(&chunk->longest, chunk->longest - 1);
        broken.expect("RUN-LONGEST");
    }
    {
        Changed<uint32_t> change(&chunk->zero_from, unit + 1);
        broken.expect("RUN-UNITS");
    }
    {
        Changed<uint32_t> change(&chunk->runs, chunk->runs + 1);
        broken.expect("RUN-UNITS");
    }
    {
        Changed<size_t> change(broken.peek.empty_run_chunks(), 1);
        broken.expect("RUN-UNITS");
    }
    {
        uint64_t* last = &chunk->used[morph::kUnitWords - 1];
        Changed<uint64_t> change(last, *last | uint64_t{1} << 63);
        broken.expect("RUN-LONGEST");
    }
    broken.owned.expect_sound();
}

TEST(OldCheck, NamesBrokenLargeObjects) {
    Broken broken;
    auto* large = morph::LargeObjects::of(broken.large[0]);
    {
        Changed<morph::Chunk*> change(&large->previous, large);
        broken.expect("LARGE-LIST");
    }
    {
        Changed<void*> change(&large->owner, large);
        broken.expect("LARGE-LIST");
    }
    {
        Changed<size_t> change(broken.peek.large_count(), 1);
        broken.expect("LARGE-LIST");
    }
    {
        Changed<size_t> change(broken.peek.large_count(), 3);
        broken.expect("LARGE-LIST");
    }
    {
        auto* back = reinterpret_cast<morph::LargeObject**>(large->header) - 1;
        Changed<morph::LargeObject*> change(back, nullptr);
        broken.expect("LARGE-OBJECT");
    }
    {
        Changed<size_t> change(&large->object_bytes, large->bytes);
        broken.expect("LARGE-OBJECT");
    }
    {
        Changed<size_t> change(&large->object_size, large->object_size + 8);
        broken.expect("LARGE-OBJECT");
    }
    {
        Changed<Header*> change(&large->header, reinterpret_cast<Header*>(large));
        broken.expect("LARGE-OBJECT");
    }
    broken.owned.expect_sound();
}

TEST(OldCheck, NamesAWrongSum) {
    Broken::in_both([](Broken& broken) {
        for (size_t* sum : {broken.peek.taken(), broken.peek.units(), broken.peek.large_bytes()}) {
            Changed<size_t> change(sum, *sum + 1);
            broken.expect("OLD-BYTES");
        }
        Changed<uint16_t> change(&broken.full->taken,
                                 static_cast<uint16_t>(broken.full->taken - 1));
        broken.expect("OLD-BYTES");
    });
}

TEST(OldCheck, NamesAHeaderThatIsNotOne) {
    Broken::in_both([](Broken& broken) {
        unsigned char* objects[] = {broken.small[0], broken.runs[0], broken.large[0]};
        for (unsigned char* object : objects) {
            Header* header = morph::header_of(object);
            {
                Changed<Header> change(header, *header & ~morph::kOld);
                broken.expect("OLD-ALLOCATED");
            }
            {
                Changed<Header> change(header, *header ^ Header{1} << morph::kSpaceShift);
                broken.expect("OLD-ALLOCATED");
            }
        }
        Header* header = morph::header_of(broken.small[0]);
        {
            Changed<Header> change(header, *header | morph::kCarded);
            broken.expect("OLD-ALLOCATED");
        }
        {
            Changed<Header> change(header, *header + (Header{8} << MORPH_HEADER_SIZE_SHIFT));
            broken.expect("OLD-ALLOCATED");
        }
        header = morph::header_of(broken.runs[0]);
        {
            Changed<Header> change(header, *header + (Header{2048} << MORPH_HEADER_SIZE_SHIFT));
            broken.expect("RUN-RECORD");
        }
        header = morph::header_of(broken.large[0]);
        {
            Changed<Header> change(header, *header + (Header{8} << MORPH_HEADER_SIZE_SHIFT));
            broken.expect("LARGE-OBJECT");
        }
    });
}

}  // namespace
}  // namespace old_test

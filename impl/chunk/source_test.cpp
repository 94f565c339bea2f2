#include "chunk/source.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "chunk/meter_for_tests.h"

namespace {

using morph::Chunk;
using morph::ChunkKind;
using morph::kChunkBytes;
using morph::kPageBytes;
using morph::Meter;
using morph::Refusal;
using morph::Source;

int owner_object;
void* const kOwner = &owner_object;

Chunk* acquire(Source& source, size_t bytes = kChunkBytes, ChunkKind kind = ChunkKind::arena) {
    return source.acquire_chunk(kind, kOwner, bytes);
}

TEST(Source, AChunkIsAlignedZeroedAndHasItsHeader) {
    Meter meter;
    Source source(meter.limits());
    for (ChunkKind kind :
         {ChunkKind::arena, ChunkKind::arena_large, ChunkKind::pool, ChunkKind::young,
          ChunkKind::old_blocks, ChunkKind::old_runs, ChunkKind::old_large}) {
        Chunk* chunk = acquire(source, kChunkBytes, kind);
        ASSERT_NE(chunk, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(chunk) % kChunkBytes, 0u);
        EXPECT_EQ(chunk->kind, kind);
        EXPECT_EQ(chunk->magic, morph::kChunkMagic);
        EXPECT_EQ(chunk->owner, kOwner);
        EXPECT_EQ(chunk->bytes, kChunkBytes);
        EXPECT_EQ(chunk->next, nullptr);
        EXPECT_EQ(chunk->previous, nullptr);
        EXPECT_EQ(source.bytes_of(kind), kChunkBytes);
        auto* bytes = reinterpret_cast<unsigned char*>(chunk);
        for (size_t offset = sizeof(Chunk); offset < kChunkBytes; ++offset) {
            ASSERT_EQ(bytes[offset], 0) << offset;
        }
        source.return_chunk(chunk);
        EXPECT_EQ(source.bytes_of(kind), 0u);
    }
    EXPECT_EQ(meter.held(), source.bytes_mapped());
}

TEST(Source, SizesRoundUpToPagesAndToAChunkUnlessLarge) {
    Meter meter;
    Source source(meter.limits());
    struct Case {
        ChunkKind kind;
        size_t asked, got;
    };
    for (Case each :
         {Case{ChunkKind::arena, 0, kChunkBytes}, Case{ChunkKind::pool, 1, kChunkBytes},
          Case{ChunkKind::arena, kChunkBytes + 1, kChunkBytes + kPageBytes},
          Case{ChunkKind::young, 3 * kChunkBytes + 1, 3 * kChunkBytes + kPageBytes},
          Case{ChunkKind::old_blocks, 1, kChunkBytes}, Case{ChunkKind::old_large, 1, kPageBytes},
          Case{ChunkKind::old_large, kChunkBytes + 1, kChunkBytes + kPageBytes},
          Case{ChunkKind::arena_large, 0, kPageBytes},
          Case{ChunkKind::arena_large, kPageBytes, kPageBytes},
          Case{ChunkKind::arena_large, kPageBytes + 1, 2 * kPageBytes}}) {
        Chunk* chunk = acquire(source, each.asked, each.kind);
        ASSERT_NE(chunk, nullptr);
        EXPECT_EQ(chunk->bytes, each.got);
        EXPECT_EQ(meter.last_request, each.got);
        EXPECT_EQ(meter.held(), each.got);
        source.return_chunk(chunk);
        EXPECT_EQ(meter.held(), 0u);
    }
}

TEST(Source, SizesThatWrapAreTooLarge) {
    Meter meter;
    Source source(meter.limits());
    for (size_t bytes :
         {SIZE_MAX, SIZE_MAX - kPageBytes, SIZE_MAX / 2, MORPH_MAX_REQUEST * 2 + 1}) {
        EXPECT_EQ(acquire(source, bytes, ChunkKind::arena_large), nullptr);
        EXPECT_EQ(source.refusal(), Refusal::too_large);
        EXPECT_EQ(source.map_metadata(bytes), nullptr);
        Refusal refusal = Refusal::none;
        EXPECT_EQ(Source::map_home(meter.limits(), bytes, &refusal), nullptr);
        EXPECT_EQ(refusal, Refusal::too_large);
    }
    EXPECT_EQ(meter.requests, 0u);
    EXPECT_EQ(source.check(), nullptr);
}

TEST(Source, WhatTheSystemRefusesIsReturnedToTheHookAtOnce) {
    Meter meter;
    Source source(meter.limits());
    EXPECT_EQ(acquire(source, MORPH_MAX_REQUEST * 2, ChunkKind::arena_large), nullptr);
    EXPECT_EQ(source.refusal(), Refusal::system);
    EXPECT_EQ(meter.requests, 1u);
    EXPECT_EQ(meter.granted, MORPH_MAX_REQUEST * 2);
    EXPECT_EQ(meter.returned, MORPH_MAX_REQUEST * 2);
    EXPECT_EQ(source.bytes_mapped(), 0u);
    EXPECT_EQ(source.bytes_mapped_peak(), 0u);
}

TEST(Source, TheBoundIsExact) {
    Meter meter;
    Source source(meter.limits(2 * kChunkBytes));
    Chunk* first = acquire(source);
    Chunk* second = acquire(source);
    ASSERT_NE(second, nullptr);
    size_t asked = meter.requests;
    EXPECT_EQ(source.map_metadata(1), nullptr);
    EXPECT_EQ(source.refusal(), Refusal::bound);
    EXPECT_EQ(meter.requests, asked) << "the hook is not asked for what the bound refuses";
    source.return_chunk(first);
    EXPECT_EQ(acquire(source, kChunkBytes + kPageBytes), nullptr);
    first = acquire(source);
    EXPECT_NE(first, nullptr);
    EXPECT_EQ(source.check(), nullptr);
    source.return_chunk(first);
    source.return_chunk(second);
}

TEST(Source, FindKnowsEveryByteOfItsChunksAndNothingElse) {
    Meter meter;
    Source source(meter.limits());
    Source other(meter.limits());
    Chunk* small = acquire(source);
    Chunk* large = acquire(source, 3 * kChunkBytes + kPageBytes, ChunkKind::arena_large);
    Chunk* foreign = acquire(other);
    void* metadata = source.map_metadata(1);
    auto* base = reinterpret_cast<unsigned char*>(large);
    for (size_t offset = 0; offset < large->bytes; offset += kPageBytes / 2) {
        ASSERT_EQ(source.find(base + offset), large);
    }
    EXPECT_EQ(source.find(base + large->bytes - 1), large);
    EXPECT_EQ(source.find(base + large->bytes), nullptr);
    EXPECT_EQ(source.find(base + 4 * kChunkBytes - 1), nullptr);
    EXPECT_EQ(source.find(small), small);
    EXPECT_EQ(source.find(foreign), nullptr);
    EXPECT_EQ(source.find(metadata), nullptr);
    EXPECT_EQ(source.find(&meter), nullptr);
    for (uintptr_t number : {uintptr_t{0}, uintptr_t{1}, uintptr_t{kChunkBytes - 1},
                             uintptr_t{kChunkBytes}, UINTPTR_MAX, UINTPTR_MAX - kChunkBytes}) {
        EXPECT_EQ(source.find(reinterpret_cast<void*>(number)), nullptr);
    }
    source.return_chunk(large);
    EXPECT_EQ(source.find(base), nullptr);
    EXPECT_EQ(source.find(base + kChunkBytes), nullptr);
    source.return_chunk(small);
    source.return_metadata(metadata, 1);
    other.return_chunk(foreign);
}

TEST(Source, ChunkOfMasksAnAddress) {
    Source source(MorphMemoryLimits{});
    Chunk* chunk = acquire(source);
    auto* base = reinterpret_cast<unsigned char*>(chunk);
    EXPECT_EQ(morph::chunk_of(base), chunk);
    EXPECT_EQ(morph::chunk_of(base + kChunkBytes - 1), chunk);
    source.return_chunk(chunk);
}

// A table that grows, shrinks by erasure in any order, and is asked all the time.
TEST(Source, RandomChunksAgreeWithAListOfThem) {
    Meter meter;
    Source source(meter.limits());
    std::mt19937_64 random(7);
    std::vector<Chunk*> held;
    for (int step = 0; step < 3000; ++step) {
        bool grow = held.empty() || random() % 100 < (step < 1500 ? 70 : 35);
        if (grow) {
            size_t pages = 1 + random() % (3 * kChunkBytes / kPageBytes);
            Chunk* chunk = acquire(source, pages * kPageBytes, ChunkKind::arena_large);
            ASSERT_NE(chunk, nullptr);
            held.push_back(chunk);
        } else {
            size_t index = random() % held.size();
            source.return_chunk(held[index]);
            held[index] = held.back();
            held.pop_back();
        }
        if (step % 50 == 0) {
            ASSERT_EQ(source.check(), nullptr);
        }
        ASSERT_EQ(source.chunks(), held.size());
        if (held.empty()) continue;
        Chunk* chunk = held[random() % held.size()];
        auto* base = reinterpret_cast<unsigned char*>(chunk);
        ASSERT_EQ(source.find(base + random() % chunk->bytes), chunk);
    }
    for (Chunk* chunk : held) source.return_chunk(chunk);
    EXPECT_EQ(source.check(), nullptr);
    EXPECT_EQ(meter.held(), source.bytes_of_metadata());
}

TEST(Source, ItsOwnTableGoesBackWithIt) {
    Meter meter;
    {
        Source source(meter.limits());
        source.expect(1000 * kChunkBytes);
        EXPECT_GT(source.bytes_of_metadata(), 0u);
    }
    EXPECT_EQ(meter.held(), 0u);
    EXPECT_GT(meter.granted, 0u);
}

// Refuses every k-th request while 40 chunks are mapped: the one that needs the table to grow is
// among them, and its chunk must go back with the refusal.
TEST(Source, ARefusalAnywhereLeavesEverythingAsItWas) {
    Meter probe;
    {
        Source source(probe.limits());
        std::vector<Chunk*> held;
        for (int count = 0; count < 40; ++count) held.push_back(acquire(source));
        for (Chunk* chunk : held) source.return_chunk(chunk);
    }
    ASSERT_EQ(probe.requests, 41u) << "40 chunks and one table";
    for (size_t refused = 1; refused <= probe.requests; ++refused) {
        Meter meter;
        {
            Source source(meter.limits());
            std::vector<Chunk*> held;
            meter.refuse(refused, 1);
            while (held.size() < 40) {
                size_t mapped = source.bytes_mapped();
                size_t peak = source.bytes_mapped_peak();
                size_t chunks = source.chunks();
                Chunk* chunk = acquire(source);
                ASSERT_EQ(source.check(), nullptr);
                if (chunk != nullptr) {
                    held.push_back(chunk);
                    continue;
                }
                EXPECT_EQ(source.refusal(), Refusal::hook);
                EXPECT_EQ(source.bytes_mapped(), mapped);
                EXPECT_EQ(source.bytes_mapped_peak(), peak);
                EXPECT_EQ(source.chunks(), chunks);
                EXPECT_EQ(meter.held(), mapped);
            }
            EXPECT_EQ(meter.refusals, 1u);
            for (Chunk* chunk : held) {
                EXPECT_EQ(source.find(chunk), chunk);
                source.return_chunk(chunk);
            }
        }
        EXPECT_EQ(meter.held(), 0u);
    }
}

TEST(Source, ExpectSparesLaterGrowthAndARefusalIsNoError) {
    Meter meter;
    Source source(meter.limits());
    source.expect(200 * kChunkBytes);
    EXPECT_EQ(meter.requests, 1u);
    std::vector<Chunk*> held;
    for (int count = 0; count < 200; ++count) held.push_back(acquire(source));
    EXPECT_EQ(meter.requests, 201u);
    source.expect(100 * kChunkBytes);
    source.expect(0);
    EXPECT_EQ(meter.requests, 201u);
    meter.refuse(1);
    size_t mapped = source.bytes_mapped();
    source.expect(SIZE_MAX);
    EXPECT_EQ(meter.refusals, 1u);
    EXPECT_EQ(source.refusal(), Refusal::none);
    EXPECT_EQ(source.bytes_mapped(), mapped);
    EXPECT_EQ(source.check(), nullptr);
    for (Chunk* chunk : held) source.return_chunk(chunk);
}

TEST(Source, PeakIsTheMostThatWasEverMapped) {
    Meter meter;
    Source source(meter.limits());
    std::vector<Chunk*> held;
    for (int count = 0; count < 300; ++count) {
        held.push_back(acquire(source));
        ASSERT_EQ(source.bytes_mapped_peak(), meter.peak);
    }
    for (Chunk* chunk : held) source.return_chunk(chunk);
    EXPECT_EQ(source.bytes_mapped_peak(), meter.peak);
}

TEST(Source, AHomeCountsAsMetadataAndGoesBackLast) {
    Meter meter;
    Refusal refusal = Refusal::none;
    void* home = Source::map_home(meter.limits(), sizeof(Source) + 5000, &refusal);
    ASSERT_NE(home, nullptr);
    EXPECT_EQ(meter.held(), 2 * kPageBytes);
    auto* source = new (home) Source(meter.limits(), sizeof(Source) + 5000);
    EXPECT_EQ(source->bytes_mapped(), meter.held());
    EXPECT_EQ(source->bytes_of_metadata(), meter.held());
    EXPECT_EQ(source->check(), nullptr);
    source->expect(1000 * kChunkBytes);
    source->~Source();
    EXPECT_EQ(meter.held(), 2 * kPageBytes);
    Source::return_home(meter.limits(), home, sizeof(Source) + 5000);
    EXPECT_EQ(meter.held(), 0u);

    meter.refuse(1);
    EXPECT_EQ(Source::map_home(meter.limits(), 1, &refusal), nullptr);
    EXPECT_EQ(refusal, Refusal::hook);
    EXPECT_EQ(meter.held(), 0u);
}

TEST(Source, AHomeThatTheSystemRefusesIsReturnedToTheHookAtOnce) {
    Meter meter;
    Refusal refusal = Refusal::none;
    // All addresses that a process can have: no system grants it.
    EXPECT_EQ(Source::map_home(meter.limits(), MORPH_MAX_REQUEST * 2, &refusal), nullptr);
    EXPECT_EQ(refusal, Refusal::system);
    EXPECT_EQ(meter.held(), 0u);
    EXPECT_EQ(Source::map_home(meter.limits(), SIZE_MAX, &refusal), nullptr);
    EXPECT_EQ(refusal, Refusal::too_large);
    EXPECT_EQ(meter.held(), 0u);
}

TEST(Source, ExplainsARefusalWithItsCauseAndTheNumbers) {
    Meter meter;
    morph::ErrorState errors;
    Source source(meter.limits(kChunkBytes));
    Chunk* chunk = acquire(source);
    ASSERT_EQ(acquire(source), nullptr);
    EXPECT_EQ(source.explain_refusal(errors, "pool", 5000000), MORPH_ERROR_OUT_OF_MEMORY);
    std::string text = errors.last.text;
    EXPECT_NE(text.find("pool: 5,000,000 bytes refused"), std::string::npos) << text;
    EXPECT_NE(text.find(std::string("bytes_max is ") + morph::Grouped(kChunkBytes).text),
              std::string::npos)
        << text;
    source.return_chunk(chunk);
    meter.refuse(1);
    ASSERT_EQ(acquire(source), nullptr);
    EXPECT_EQ(source.explain_refusal(errors, "arena", 8), MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_NE(strstr(errors.last.text, "request hook"), nullptr) << errors.last.text;
    ASSERT_EQ(acquire(source, SIZE_MAX), nullptr);
    EXPECT_EQ(source.explain_refusal(errors, "arena", SIZE_MAX), MORPH_ERROR_TOO_LARGE);
}

// The check sees what it says it sees.
TEST(Source, CheckFindsADamagedHeader) {
    Source source(MorphMemoryLimits{});
    Chunk* chunk = acquire(source);
    ASSERT_EQ(source.check(), nullptr);
    chunk->magic ^= 1;
    EXPECT_STREQ(source.check(), "SOURCE-ALIGN");
    chunk->magic ^= 1;
    chunk->owner = nullptr;
    EXPECT_STREQ(source.check(), "SOURCE-ALIGN");
    chunk->owner = kOwner;
    chunk->bytes = kPageBytes;
    EXPECT_STREQ(source.check(), "SOURCE-BALANCE");
    chunk->bytes = kChunkBytes;
    EXPECT_EQ(source.check(), nullptr);
    source.return_chunk(chunk);
}

TEST(SourceDeathTest, ReturningTwiceTraps) {
    Source source(MorphMemoryLimits{});
    Chunk* chunk = acquire(source);
    Chunk* other = acquire(source);
    source.return_chunk(chunk);
    EXPECT_DEATH(source.return_chunk(other + 1), "");
    source.return_chunk(other);
}

}  // namespace

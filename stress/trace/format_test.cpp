// The format: what is written is read back, and what is not as written is refused.
#include <gtest/gtest.h>
#include <limits>
#include <map>

#include "stress/trace/codec.h"
#include "stress/trace/file.h"
#include "stress/trace/text.h"
#include "stress/trace/trace_for_tests.h"

namespace {

using trace::Event;
using trace::Kind;
using trace::Trace;

std::span<const unsigned char> bytes_of(const std::string& file) {
    return {reinterpret_cast<const unsigned char*>(file.data()), file.size()};
}

// A file of one frame with this payload, its heads as they should be.
std::string file_of(const std::string& payload, uint32_t events, uint64_t first = 1) {
    trace::FileHead file_head;
    file_head.check = check_of(file_head);
    trace::FrameHead head;
    head.payload_bytes = static_cast<uint32_t>(payload.size());
    head.events = events;
    head.first = first;
    head.payload_check = trace::crc32(payload.data(), payload.size());
    head.check = check_of(head);
    std::string file(reinterpret_cast<const char*>(&file_head), sizeof file_head);
    file.append(reinterpret_cast<const char*>(&head), sizeof head);
    return file + payload;
}

std::string reason_of(const std::string& file) {
    Trace trace;
    const std::optional<trace::Refusal> refusal = decode(bytes_of(file), &trace);
    return refusal.has_value() ? refusal->reason : "";
}

TEST(TraceFormat, TheCheckIsTheOneEverybodyUses) {
    EXPECT_EQ(trace::crc32("123456789", 9), 0xcbf43926u);
    EXPECT_EQ(trace::crc32("", 0), 0u);
}

TEST(TraceFormat, NumbersTakeAsFewBytesAsTheyNeed) {
    const std::map<uint64_t, size_t> lengths = {{0, 1},     {127, 1},   {128, 2},
                                                {16383, 2}, {16384, 3}, {UINT64_MAX, 10}};
    for (const auto& [number, length] : lengths) {
        unsigned char buffer[trace::kVarintBytesMax];
        EXPECT_EQ(static_cast<size_t>(trace::put_varint(buffer, number) - buffer), length);
    }
}

TEST(TraceFormat, AnEventOfOneThreadTakesThreeBytesOnAverage) {
    Trace trace;
    for (uint64_t index = 0; index < 1000; ++index) {
        trace.events.push_back({.sequence = 2 * index + 1, .size = 100});
        trace.events.push_back(
            {.sequence = 2 * index + 2, .object = 2 * index + 1, .kind = Kind::freed});
    }
    EXPECT_LT(encode(trace).size(), 64 + 32 + 2000 * 3);
}

TEST(TraceFormat, WhatIsWrittenIsReadBack) {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        const Trace written = trace::made_up(seed, 50 * seed, seed % 2 == 0);
        Trace read;
        const std::string file = encode(written);
        const std::optional<trace::Refusal> refusal = decode(bytes_of(file), &read);
        ASSERT_FALSE(refusal.has_value()) << refusal->reason;
        EXPECT_EQ(read.events, written.events);
        EXPECT_EQ(read.slots, written.slots);
        EXPECT_EQ(read.missing, written.missing);
        EXPECT_EQ(read.cut_at, 0u);
        EXPECT_EQ(encode(read), file);
    }
}

TEST(TraceFormat, TextIsReadBackAsWell) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        const Trace written = trace::made_up(seed, 300, seed % 2 == 0);
        Trace read;
        const std::string text = print_text(written);
        ASSERT_TRUE(trace::is_text(text));
        const std::optional<trace::Refusal> refusal = parse_text(text, &read);
        ASSERT_FALSE(refusal.has_value()) << refusal->offset << ": " << refusal->reason;
        EXPECT_EQ(read.events, written.events);
        EXPECT_EQ(encode(read), encode(written));
    }
}

TEST(TraceFormat, EveryPrefixIsRefusedOrThePrefixOfTheTrace) {
    const Trace whole = trace::made_up(7, 200);
    const std::string file = encode(whole);
    size_t refused = 0;
    for (size_t length = 0; length <= file.size(); ++length) {
        Trace trace;
        // A copy of its own, so that a byte read beyond its end is seen.
        const std::vector<unsigned char> prefix(file.begin(),
                                                file.begin() + static_cast<ptrdiff_t>(length));
        if (decode(prefix, &trace).has_value()) {
            ++refused;
            EXPECT_LT(length, sizeof(trace::FileHead));
            continue;
        }
        ASSERT_LE(trace.events.size(), whole.events.size());
        for (size_t index = 0; index < trace.events.size(); ++index) {
            ASSERT_EQ(trace.events[index], whole.events[index]);
        }
        const bool all = trace.events.size() == whole.events.size();
        EXPECT_EQ(all, length == file.size());
    }
    EXPECT_EQ(refused, sizeof(trace::FileHead));
}

TEST(TraceFormat, EveryChangedByteIsFound) {
    const std::string file = encode(trace::made_up(8, 60));
    for (size_t place = 0; place < file.size(); ++place) {
        for (int change = 1; change < 256; ++change) {
            std::string other = file;
            other[place] = static_cast<char>(other[place] ^ change);
            Trace trace;
            const std::optional<trace::Refusal> refusal = decode(bytes_of(other), &trace);
            ASSERT_TRUE(refusal.has_value()) << "byte " << place << " ^ " << change;
            ASSERT_LE(refusal->offset, place);
        }
    }
}

TEST(TraceFormat, RandomPayloadsWithTheRightChecksAreRefusedOrRead) {
    trace::Numbers numbers(99);
    size_t good = 0;
    for (int round = 0; round < 30000; ++round) {
        std::string payload;
        const size_t length = 1 + numbers.below(24);
        // Mostly bytes that mean something, or next to nothing would be read.
        for (size_t index = 0; index < length; ++index) {
            payload += static_cast<char>(numbers.below(numbers.below(4) == 0 ? 256 : 16));
        }
        Trace trace;
        const uint64_t first =
            numbers.below(8) == 0 ? UINT64_MAX - numbers.below(4) : 1 + numbers.below(20);
        const std::string file =
            file_of(payload, static_cast<uint32_t>(1 + numbers.below(6)), first);
        if (decode(bytes_of(file), &trace).has_value()) continue;
        ++good;
        Trace again;
        ASSERT_FALSE(decode(bytes_of(encode(trace)), &again).has_value());
        ASSERT_EQ(again.events, trace.events);
    }
    EXPECT_GT(good, 100u);
}

TEST(TraceFormat, ARefusalSaysWhatIsWrong) {
    EXPECT_EQ(reason_of(file_of("\x08\x10", 1)), "");  // malloc 16
    EXPECT_EQ(reason_of(file_of("\x0f\x10", 1)), "an event of unknown kind");
    EXPECT_EQ(reason_of(file_of("\x18\x10", 1)), "an event of unknown kind");
    EXPECT_EQ(reason_of(file_of("\x08", 1)), "a number runs out of its frame");
    EXPECT_EQ(reason_of(file_of("\x08\x10", 2)), "fewer events than the frame's head says");
    EXPECT_EQ(reason_of(file_of("\x08\x10\x08\x10", 1)), "bytes behind the last event");
    EXPECT_EQ(reason_of(file_of("\x08\x80\x80\x80\x80\x80\x80\x80\x01", 1)),
              "a size that no machine has");
    EXPECT_EQ(reason_of(file_of("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 1)),
              "a number of more than 64 bits");
    EXPECT_EQ(reason_of(file_of("\x0a\x10\x30", 1)), "an alignment that no machine has");
    EXPECT_EQ(reason_of(file_of("\x0c\x01", 1)),
              "an object before the first event, or not before its own use");
    EXPECT_EQ(reason_of(file_of(std::string("\x08\x01\x0c\x00", 4), 2)),
              "an object before the first event, or not before its own use");
    EXPECT_EQ(reason_of(file_of("\x08\x10\x0c\x01\x0c\x02", 3)),
              "event 3 is about object 1, which is not live");
    EXPECT_EQ(reason_of(std::string(64, 'x')), "this is no trace");
    EXPECT_EQ(reason_of("MORPHTRC"), "too short for a trace");
}

TEST(TraceFormat, AnEventThatComesTwiceIsRefused) {
    const std::string one = file_of("\x08\x10", 1);
    EXPECT_EQ(reason_of(one + one.substr(sizeof(trace::FileHead))), "event 1 comes twice");
}

TEST(TraceFormat, WhatLostEventsAllocatedIsLeftOut) {
    // Events 1 to 4 are missing: 5 frees object 3, 6 is malloc, 7 frees it.
    const std::string file = file_of("\x0c\x02\x08\x10\x0c\x01", 3, 5);
    Trace trace;
    ASSERT_FALSE(decode(bytes_of(file), &trace).has_value());
    EXPECT_EQ(trace.missing, 4u);
    EXPECT_EQ(trace.orphans, 1u);
    ASSERT_EQ(trace.events.size(), 2u);
    EXPECT_EQ(trace.events[1].object, 6u);
}

TEST(TraceFormat, AnyBeginningIsWhole) {
    for (const uint64_t events : {0u, 1u, 10u, 99u, 100u, 1000u}) {
        Trace trace = trace::made_up(3, 100);
        trace::cut(&trace, events);
        EXPECT_EQ(trace.events.size(), std::min<uint64_t>(events, 100));
        Trace read;
        ASSERT_FALSE(decode(bytes_of(encode(trace)), &read).has_value());
        EXPECT_EQ(read.events, trace.events);
    }
}

TEST(TraceFile, AllThreeFormsAreLoaded) {
    const trace::Folder folder;
    const Trace written = trace::made_up(11, 5000);
    for (const trace::Form form :
         {trace::Form::plain, trace::Form::compressed, trace::Form::text}) {
        std::string error;
        const std::string path = folder.file("trace");
        ASSERT_TRUE(trace::save(path, written, form, &error)) << error;
        Trace read;
        const std::optional<trace::Refusal> refusal = trace::load(path, &read);
        ASSERT_FALSE(refusal.has_value()) << refusal->reason;
        EXPECT_EQ(read.events, written.events);
        EXPECT_FALSE(std::filesystem::exists(path + ".part"));
    }
}

TEST(TraceFile, WhatCannotBeWrittenOrReadIsSaid) {
    const trace::Folder folder;
    std::string error;
    EXPECT_FALSE(trace::save(folder.file("no/such/folder"), trace::made_up(1, 5),
                             trace::Form::plain, &error));
    EXPECT_NE(error, "");
    Trace read;
    EXPECT_TRUE(trace::load(folder.file("absent"), &read).has_value());
}

TEST(TraceFile, ACompressedFileThatIsCutOrChangedNeverGivesAnotherTrace) {
    const Trace written = trace::made_up(12, 400);
    const std::string plain = encode(written);
    const std::string file = trace::compress(plain);
    size_t refused = 0;
    for (size_t place = 0; place < file.size(); ++place) {
        std::string part;
        if (!trace::decompress(file.substr(0, place), &part).has_value()) {
            EXPECT_TRUE(plain.starts_with(part));
        }
        std::string changed = file;
        changed[place] = static_cast<char>(changed[place] ^ static_cast<char>(1 + place % 255));
        std::string other;
        Trace read;
        if (trace::decompress(changed, &other).has_value()) {
            ++refused;
        } else if (!decode(bytes_of(other), &read).has_value()) {
            for (size_t index = 0; index < read.events.size(); ++index) {
                ASSERT_EQ(read.events[index], written.events[index]);
            }
        }
    }
    EXPECT_GT(refused, file.size() / 2);
}

TEST(TraceText, LinesThatMeanNothingAreNamed) {
    const std::string head = "morph-trace 1\nprocess 1 parent 0 flags 0 started 0 name x\n";
    Trace trace;
    EXPECT_FALSE(parse_text(head + "# a remark\n1 0 malloc 5\n\n2 0 free 1\n", &trace).has_value());
    for (const char* wrong : {"1 0 malloc", "1 0 mallocs 5", "0 0 malloc 5", "1 0 malloc 5 6",
                              "1 0 malloc -5", "1 0 free 1", "1 0 free 0", "1 5000000000 malloc 1",
                              "1 0 malloc 999999999999999999", "1 0 aligned 8 99", "x"}) {
        const std::optional<trace::Refusal> refusal = parse_text(head + wrong + '\n', &trace);
        ASSERT_TRUE(refusal.has_value()) << wrong;
        EXPECT_EQ(refusal->offset, 3u) << wrong;
    }
    EXPECT_TRUE(parse_text("morph-trace 1\n", &trace).has_value());
    EXPECT_TRUE(parse_text("morph-trace 1\nhello\n", &trace).has_value());
}

}  // namespace

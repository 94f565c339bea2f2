#include "stress/trace/codec.h"

#include <algorithm>
#include <limits>

namespace trace {
namespace {

using Bytes = std::span<const unsigned char>;

// Reads the events of one payload. Nothing is read beyond it.
class Payload {
 public:
    Payload(Bytes bytes, const FrameHead& head) : bytes_(bytes), head_(head) {}

    // Appends to *events. false: reason() and offset() say what is wrong.
    bool read(std::vector<Event>* events) {
        previous_ = head_.first - 1;
        for (uint32_t count = 0; count < head_.events; ++count) {
            Event event;
            if (!read(&event)) return false;
            events->push_back(event);
        }
        return at_ == bytes_.size() || fail("bytes behind the last event");
    }

    [[nodiscard]] const char* reason() const { return reason_; }
    [[nodiscard]] size_t offset() const { return at_; }
    [[nodiscard]] uint64_t last() const { return previous_; }

 private:
    bool fail(const char* reason) {
        reason_ = reason;
        return false;
    }

    bool number(uint64_t* value) {
        *value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (at_ == bytes_.size()) return fail("a number runs out of its frame");
            const unsigned char byte = bytes_[at_++];
            const uint64_t bits = byte & 0x7f;
            if (bits << shift >> shift != bits) break;
            *value |= bits << shift;
            if ((byte & 0x80) == 0) return true;
        }
        return fail("a number of more than 64 bits");
    }

    bool read(Event* event) {
        if (at_ == bytes_.size()) return fail("fewer events than the frame's head says");
        const unsigned char first = bytes_[at_++];
        const unsigned kind = first & kKindMask;
        if ((first & ~(kKindMask | kStep)) != 0 || kind >= static_cast<unsigned>(Kind::count_)) {
            return fail("an event of unknown kind");
        }
        event->kind = static_cast<Kind>(kind);
        event->thread = head_.thread;
        uint64_t step = 0;
        if ((first & kStep) == 0 && !number(&step)) return false;
        if (step >= std::numeric_limits<uint64_t>::max() - previous_ - 1) {
            return fail("a sequence number of more than 64 bits");
        }
        previous_ += step + 1;
        event->sequence = previous_;
        return operands(event);
    }

    bool operands(Event* event) {
        if (refers(event->kind)) {
            uint64_t distance = 0;
            if (!number(&distance)) return false;
            if (distance == 0 || distance >= event->sequence) {
                return fail("an object before the first event, or not before its own use");
            }
            event->object = event->sequence - distance;
        }
        if (event->kind != Kind::freed && event->kind != Kind::foreign) {
            if (!number(&event->size)) return false;
            if (event->size > kSizeMax) return fail("a size that no machine has");
        }
        if (event->kind == Kind::aligned) {
            uint64_t log2 = 0;
            if (!number(&log2)) return false;
            if (log2 > kAlignmentMax) return fail("an alignment that no machine has");
            event->alignment = static_cast<uint8_t>(log2);
        }
        return true;
    }

    Bytes bytes_;
    const FrameHead& head_;
    size_t at_ = 0;
    uint64_t previous_ = 0;
    const char* reason_ = "";
};

const char* complaint(const FileHead& head) {
    if (head.magic != kFileMagic) return "this is no trace";
    if (head.version != kVersion) return "a version that this program does not read";
    if (head.check != check_of(head)) return "the file's head is not as written";
    if (head.head_bytes != sizeof head) return "a head of another length";
    return nullptr;
}

const char* complaint(const FrameHead& head) {
    if (head.magic != kFrameMagic) return "no frame begins here";
    if (head.check != check_of(head)) return "the frame's head is not as written";
    if (head.payload_bytes == 0 || head.payload_bytes > kPayloadMax) {
        return "a frame of impossible length";
    }
    if (head.events == 0 || head.first == 0) return "a frame without events";
    return nullptr;
}

}  // namespace

std::optional<Refusal> decode(Bytes file, Trace* trace) {
    *trace = {};
    if (file.size() < sizeof(FileHead)) return Refusal{file.size(), "too short for a trace"};
    std::memcpy(&trace->head, file.data(), sizeof(FileHead));
    if (const char* wrong = complaint(trace->head)) return Refusal{0, wrong};
    std::vector<FramePlace> frames;
    size_t at = sizeof(FileHead);
    while (at < file.size()) {
        FrameHead head;
        if (file.size() - at < sizeof head) {
            trace->cut_at = at;
            break;
        }
        std::memcpy(&head, file.data() + at, sizeof head);
        if (const char* wrong = complaint(head)) return Refusal{at, wrong};
        const size_t begin = at + sizeof head;
        if (file.size() - begin < head.payload_bytes) {
            trace->cut_at = at;
            break;
        }
        const Bytes bytes = file.subspan(begin, head.payload_bytes);
        if (crc32(bytes.data(), bytes.size()) != head.payload_check) {
            return Refusal{at, "the frame is not as written"};
        }
        Payload payload(bytes, head);
        if (!payload.read(&trace->events)) {
            return Refusal{begin + payload.offset(), payload.reason()};
        }
        frames.push_back({head.first, payload.last(), at});
        at = begin + bytes.size();
    }
    return settle(trace, frames);
}

std::string encode(const Trace& trace) {
    std::string file;
    const auto append = [&file](const auto& head) {
        file.append(reinterpret_cast<const char*>(&head), sizeof head);
    };
    FileHead file_head = trace.head;
    file_head.check = check_of(file_head);
    append(file_head);

    std::array<unsigned char, 32 << 10> payload;
    FrameHead head;
    unsigned char* end = payload.data();
    uint64_t previous = 0;
    const auto finish = [&] {
        if (head.events == 0) return;
        head.payload_bytes = static_cast<uint32_t>(end - payload.data());
        head.payload_check = crc32(payload.data(), head.payload_bytes);
        head.check = check_of(head);
        append(head);
        file.append(reinterpret_cast<const char*>(payload.data()), head.payload_bytes);
        head = {};
        end = payload.data();
    };
    for (const Event& event : trace.events) {
        const bool full =
            static_cast<size_t>(end - payload.data()) + kEventBytesMax > payload.size();
        if (full || event.thread != head.thread) finish();
        if (head.events == 0) {
            head.thread = event.thread;
            head.first = event.sequence;
            previous = event.sequence - 1;
        }
        end = put_event(end, event.kind, previous, event.sequence, event.object, event.size,
                        event.alignment);
        previous = event.sequence;
        ++head.events;
    }
    finish();
    return file;
}

}  // namespace trace

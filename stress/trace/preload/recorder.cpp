#include "stress/trace/preload/recorder.h"

#include <pthread.h>

#include "stress/trace/preload/pages.h"

namespace trace {
namespace {

constinit Recorder the_recorder;

__attribute__((tls_model("initial-exec"))) constinit thread_local ThreadState self = {};

}  // namespace

Recorder& recorder() {
    return the_recorder;
}

bool Recorder::enter() {
    if (self.inside) return false;
    State state = state_.load(std::memory_order_acquire);
    if (state == State::off) return false;
    self.inside = true;
    if (state == State::unknown && state_.compare_exchange_strong(state, State::starting)) {
        state = start() ? State::on : State::off;
        state_.store(state, std::memory_order_release);
    }
    if (state == State::on) return true;
    self.inside = false;
    return false;
}

void Recorder::leave() {
    self.inside = false;
}

bool Recorder::start() {
    if (!output_.begin()) return false;
    if (pthread_key_create(&key_, &thread_ends) != 0) return false;
    return pthread_atfork(&before_fork, &after_fork, &after_fork_in_child) == 0;
}

// A buffer for a thread, empty; nullptr: no memory.
Buffer* Recorder::obtain(uint32_t thread) {
    const Guard guard(registry_);
    Buffer* buffer = free_;
    if (buffer != nullptr) {
        free_ = buffer->next_free;
    } else {
        buffer = static_cast<Buffer*>(map_pages(sizeof(Buffer)));
        if (buffer == nullptr) return nullptr;
        buffer->next_of_all = all_;
        all_ = buffer;
    }
    buffer->thread = thread;
    buffer->begin();
    return buffer;
}

// It is empty.
void Recorder::give_back(Buffer* buffer) {
    const Guard guard(registry_);
    buffer->next_free = free_;
    free_ = buffer;
}

// The buffer's lock is taken.
void Recorder::flush(Buffer* buffer) {
    if (buffer->events == 0) return;
    FrameHead head;
    head.payload_bytes = static_cast<uint32_t>(buffer->used - sizeof head);
    head.thread = buffer->thread;
    head.events = buffer->events;
    head.first = buffer->first;
    head.payload_check = crc32(buffer->bytes + sizeof head, head.payload_bytes);
    head.check = check_of(head);
    std::memcpy(buffer->bytes, &head, sizeof head);
    if (!output_.write_frame(buffer->bytes, buffer->used)) state_.store(State::off);
    buffer->begin();
}

// The event's number; 0: it could not be recorded, and nothing more will be.
uint64_t Recorder::append(Kind kind, uint64_t object, uint64_t size, unsigned alignment_log2) {
    if (self.thread == 0) self.thread = threads_.fetch_add(1) + 1;
    const bool passing = self.ended;  // this thread has no buffer any more
    Buffer* buffer = self.buffer;
    if (buffer == nullptr) {
        buffer = obtain(self.thread - 1);
        if (buffer == nullptr) {
            state_.store(State::off);
            return 0;
        }
        if (!passing) {
            self.buffer = buffer;
            pthread_setspecific(key_, &self);
        }
    }
    uint64_t sequence = 0;
    {
        const Guard guard(buffer->lock);
        sequence = sequence_.fetch_add(1, std::memory_order_relaxed) + 1;
        if (buffer->events == 0) {
            buffer->first = sequence;
            buffer->previous = sequence - 1;
        }
        const unsigned char* end = put_event(buffer->bytes + buffer->used, kind, buffer->previous,
                                             sequence, object, size, alignment_log2);
        buffer->used = static_cast<size_t>(end - buffer->bytes);
        buffer->previous = sequence;
        ++buffer->events;
        const bool full = buffer->used + kEventBytesMax > Buffer::kBytes;
        if (full || passing || finishing_.load(std::memory_order_relaxed)) flush(buffer);
    }
    if (passing) give_back(buffer);
    return sequence;
}

void Recorder::allocated(Kind kind, const void* object, uint64_t size, unsigned alignment_log2) {
    if (object == nullptr) {
        (void)append(Kind::failed, 0, size, 0);
        return;
    }
    const uint64_t name = append(kind, 0, size, alignment_log2);
    if (name != 0 && !table_.insert(object, name)) state_.store(State::off);
}

void Recorder::resized(uint64_t name, const void* object, const void* moved, uint64_t size) {
    if (moved == nullptr) {
        if (name != 0 && !table_.insert(object, name)) state_.store(State::off);
        (void)append(Kind::failed, 0, size, 0);
        return;
    }
    if (name == 0) {
        (void)append(Kind::foreign, 0, 0, 0);
        allocated(Kind::plain, moved, size, 0);
        return;
    }
    (void)append(Kind::resized, name, size, 0);
    if (!table_.insert(moved, name)) state_.store(State::off);
}

void Recorder::freed(uint64_t name) {
    (void)append(name != 0 ? Kind::freed : Kind::foreign, name, 0, 0);
}

void Recorder::flush_all() {
    const Guard guard(registry_);
    for (Buffer* buffer = all_; buffer != nullptr; buffer = buffer->next_of_all) {
        const Guard inner(buffer->lock);
        flush(buffer);
    }
}

void Recorder::finish() {
    finishing_.store(true);
    flush_all();
}

// Called by the C library in each round of destructors in which the key has a value.
void Recorder::thread_ends(void* state) {
    auto* thread = static_cast<ThreadState*>(state);
    Recorder& recorder = the_recorder;
    if (++thread->rounds < kRoundsMax) {
        pthread_setspecific(recorder.key_, thread);
        return;
    }
    thread->inside = true;
    thread->ended = true;
    Buffer* buffer = thread->buffer;
    thread->buffer = nullptr;
    {
        const Guard guard(buffer->lock);
        recorder.flush(buffer);
    }
    recorder.give_back(buffer);
    thread->inside = false;
}

void Recorder::before_fork() {
    the_recorder.registry_.take();
    for (Buffer* buffer = the_recorder.all_; buffer != nullptr; buffer = buffer->next_of_all) {
        buffer->lock.take();
    }
    the_recorder.output_.take();
    the_recorder.table_.take_all();
}

void Recorder::after_fork() {
    the_recorder.table_.leave_all();
    the_recorder.output_.leave();
    for (Buffer* buffer = the_recorder.all_; buffer != nullptr; buffer = buffer->next_of_all) {
        buffer->lock.leave();
    }
    the_recorder.registry_.leave();
}

// The child is a process of its own: what its parent has not written yet is the parent's to write,
// and the parent's objects are not known here.
void Recorder::after_fork_in_child() {
    Recorder& recorder = the_recorder;
    recorder.table_.renew_and_clear();
    recorder.output_.renew_in_child();
    recorder.free_ = nullptr;
    for (Buffer* buffer = recorder.all_; buffer != nullptr; buffer = buffer->next_of_all) {
        buffer->lock.renew();
        buffer->begin();
        if (buffer == self.buffer) continue;
        buffer->next_free = recorder.free_;
        recorder.free_ = buffer;
    }
    recorder.registry_.renew();
    recorder.sequence_.store(0);
    recorder.threads_.store(self.thread != 0 ? 1 : 0);
    if (self.thread != 0) self.thread = 1;
    if (self.buffer != nullptr) self.buffer->thread = 0;
}

}  // namespace trace

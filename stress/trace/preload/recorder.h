// Recorder: the events of all threads of this process, in buffers of their own, to one file.
//
//   thread --> ThreadState (TLS) --> Buffer | frame head | events ... |  --full--> Output
//                                      ^
//                     all_  -----------+--> Buffer --> ...        free ones are used again
//
// A buffer is written out when it is full, when its thread ends, before exec and when the process
// ends. Threads end in rounds of destructors: the buffer goes in the last one, so that what other
// destructors free is still in it. What comes later still, and after the process's own end began,
// is written at once, each event in a frame of its own.
//
// RECORDER-ORDER   an allocation takes its number after it has got the memory, a free before it
//                  gives it back, a resize in between: all three while nobody else can have the
//                  object. A number is taken under the lock of the buffer it is written to, so
//                  numbers ascend within a buffer.
// RECORDER-LOCKS   taken in this order: registry, buffers, output; the table's stripes alone.
// RECORDER-INSIDE  calls that the recorder itself causes, or a signal handler makes while the
//                  recorder works, are not recorded.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "stress/trace/format.h"
#include "stress/trace/preload/lock.h"
#include "stress/trace/preload/output.h"
#include "stress/trace/preload/table.h"

namespace trace {

struct Buffer {
    static constexpr size_t kBytes = 32 << 10;

    Buffer* next_of_all;
    Buffer* next_free;
    Lock lock;
    uint32_t thread;
    uint32_t events;
    uint64_t first;  // sequence numbers
    uint64_t previous;
    size_t used;  // of bytes, the frame head included
    alignas(8) unsigned char bytes[kBytes];

    void begin() { used = sizeof(FrameHead), events = 0; }
};

// All zero in a new thread.
struct ThreadState {
    Buffer* buffer;
    uint32_t thread;  // number + 1; 0: has none yet
    unsigned rounds;  // of destructors that have passed
    bool ended;       // the last of them, too
    bool inside;      // RECORDER-INSIDE
};

class Recorder {
 public:
    // Around each use of the others; they do nothing when it did not enter.
    bool enter();
    void leave();

    void allocated(Kind kind, const void* object, uint64_t size, unsigned alignment_log2);
    // The object's name, 0 when it is not known. It is nowhere until resized or freed is called.
    uint64_t take(const void* object) { return table_.remove(object); }
    void resized(uint64_t name, const void* object, const void* moved, uint64_t size);
    void freed(uint64_t name);

    void flush_all();
    void finish();  // from now on each event is written at once

 private:
    static constexpr unsigned kRoundsMax = 3;  // of PTHREAD_DESTRUCTOR_ITERATIONS, which is 4

    bool start();
    uint64_t append(Kind kind, uint64_t object, uint64_t size, unsigned alignment_log2);
    Buffer* obtain(uint32_t thread);
    void give_back(Buffer* buffer);
    void flush(Buffer* buffer);
    static void thread_ends(void* state);
    static void before_fork();
    static void after_fork();
    static void after_fork_in_child();

    enum class State : uint8_t { unknown, starting, on, off };

    std::atomic<State> state_ = State::unknown;
    std::atomic<bool> finishing_ = false;
    std::atomic<uint64_t> sequence_ = 0;
    std::atomic<uint32_t> threads_ = 0;
    pthread_key_t key_ = 0;
    Lock registry_;
    Buffer* all_ = nullptr;
    Buffer* free_ = nullptr;
    Output output_;
    Table table_;
};

// The one of this process.
Recorder& recorder();

}  // namespace trace

// Output: the trace file of one process. It comes into being with its first frame.
//
//   MORPH_TRACE_FILE   nothing is recorded without it. %p in it becomes the process id; without,
//                      processes other than MORPH_TRACE_MAIN append ".PID"
//   MORPH_TRACE_MAIN   process id of the one that writes the file under its plain name
//
// A name that exists gets ".1", ".2", ... : a process that replaces its program by another one
// (exec) keeps its id, and each program writes a file of its own.
//
// OUTPUT-WHOLE   a frame is one write at the end of the file: what a killed process leaves ends
//                with a whole frame, but for a disk that was full or the system that stopped
// OUTPUT-OURS    programs close descriptors which they did not open, and use their numbers again:
//                each write first sees that the descriptor still is this file, and opens it anew
#pragma once

#include <cstddef>
#include <cstdint>
#include <sys/types.h>

#include "stress/trace/preload/lock.h"

namespace trace {

class Output {
 public:
    // Reads the environment. false: nothing is to be recorded. Keeps no descriptor yet.
    bool begin();
    // Appends a whole frame. false: it could not be written, and no more will be; the first time a
    // line on standard error says why.
    bool write_frame(const unsigned char* frame, size_t bytes);

    // Around fork; the child begins a file of its own.
    void take() { lock_.take(); }
    void leave() { lock_.leave(); }
    void renew_in_child();

 private:
    static constexpr size_t kPathMax = 4096;
    static constexpr unsigned kSameNameMax = 10000;

    bool open_file();
    bool descriptor_is_ours() const;
    bool reopen();
    bool write_head();
    bool write_all(const unsigned char* bytes, size_t count);
    bool give_up(const char* call);

    Lock lock_;
    char pattern_[kPathMax] = {};
    char path_[kPathMax + 48] = {};
    int descriptor_ = -1;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    pid_t main_ = 0;
    bool forked_ = false;
    bool broken_ = false;
};

}  // namespace trace

// For tests: calls of the system that fail when a test wants them to.
//
//   code under test -- munmap() --> __wrap_munmap (the linker's --wrap) --+--> as armed: an errno
//                                                                         +--> __real_munmap
//
// Kernels and file systems refuse some calls so seldom that no limit brings it about: a short
// write, an unmapping that would split a record, a lock that cannot be made. The Makefile wraps
// the calls of kSystemCalls in the unit tests; refused_calls_test.cpp has the wrappers. What is
// armed holds for its own thread alone, and a child of fork has it as well.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>

namespace morph {

enum class SystemCall : unsigned {
    open,
    close,
    read,
    write,
    pwrite,
    fsync,
    rename,
    unlink,
    stat,
    lstat,
    fstat,
    statx,
    fchmod,
    mmap,
    munmap,
    mremap,
    mprotect,
    madvise,
    pthread_create,
    pthread_attr_init,
    pthread_attr_setstacksize,
    pthread_mutex_init,
    pthread_condattr_init,
    pthread_condattr_setclock,
    pthread_cond_init,
};

struct SystemCallForTests {
    SystemCall call;
    const char* name;
    int error;  // that the call is known to give
};

// In the order of the enumeration.
inline constexpr std::array kSystemCalls = {
    SystemCallForTests{SystemCall::open, "open", EMFILE},
    SystemCallForTests{SystemCall::close, "close", EIO},
    SystemCallForTests{SystemCall::read, "read", EIO},
    SystemCallForTests{SystemCall::write, "write", ENOSPC},
    SystemCallForTests{SystemCall::pwrite, "pwrite", ENOSPC},
    SystemCallForTests{SystemCall::fsync, "fsync", EIO},
    SystemCallForTests{SystemCall::rename, "rename", EXDEV},
    SystemCallForTests{SystemCall::unlink, "unlink", EROFS},
    SystemCallForTests{SystemCall::stat, "stat", EIO},
    SystemCallForTests{SystemCall::lstat, "lstat", EIO},
    SystemCallForTests{SystemCall::fstat, "fstat", EIO},
    SystemCallForTests{SystemCall::statx, "statx", ENOSYS},
    SystemCallForTests{SystemCall::fchmod, "fchmod", EPERM},
    SystemCallForTests{SystemCall::mmap, "mmap", ENOMEM},
    SystemCallForTests{SystemCall::munmap, "munmap", ENOMEM},
    SystemCallForTests{SystemCall::mremap, "mremap", ENOMEM},
    SystemCallForTests{SystemCall::mprotect, "mprotect", ENOMEM},
    SystemCallForTests{SystemCall::madvise, "madvise", EAGAIN},
    SystemCallForTests{SystemCall::pthread_create, "pthread_create", EAGAIN},
    SystemCallForTests{SystemCall::pthread_attr_init, "pthread_attr_init", ENOMEM},
    SystemCallForTests{SystemCall::pthread_attr_setstacksize, "pthread_attr_setstacksize", EINVAL},
    SystemCallForTests{SystemCall::pthread_mutex_init, "pthread_mutex_init", EAGAIN},
    SystemCallForTests{SystemCall::pthread_condattr_init, "pthread_condattr_init", ENOMEM},
    SystemCallForTests{SystemCall::pthread_condattr_setclock, "pthread_condattr_setclock", EINVAL},
    SystemCallForTests{SystemCall::pthread_cond_init, "pthread_cond_init", EAGAIN},
};

// While it lives, `count` calls of one kind fail, after `before` that do not. One at a time.
class RefusedCall {
 public:
    static constexpr size_t kAll = ~size_t{0};

    RefusedCall(SystemCall call, int error, size_t before = 0, size_t count = 1);
    RefusedCall(const RefusedCall&) = delete;
    RefusedCall& operator=(const RefusedCall&) = delete;
    ~RefusedCall();

    // Whether there was such a call.
    [[nodiscard]] bool happened() const { return made_ > before_; }

    // For the wrappers: the error of this call, or 0.
    static int next(SystemCall call);

 private:
    SystemCall call_;
    int error_;
    size_t before_;
    size_t count_;
    size_t made_ = 0;
};

// While it lives, read, write and pwrite move so many bytes at most.
class ShortTransfers {
 public:
    explicit ShortTransfers(size_t bytes_max);
    ShortTransfers(const ShortTransfers&) = delete;
    ShortTransfers& operator=(const ShortTransfers&) = delete;
    ~ShortTransfers();

    static size_t most(size_t bytes);  // for the wrappers
};

// run(refused, call) with each call refused at each place where it is made, `count` of them from
// there on. Returns how many places there were.
template <typename Run>
size_t refuse_each_call(const Run& run, size_t count = 1) {
    size_t refusals = 0;
    for (const SystemCallForTests& each : kSystemCalls) {
        for (size_t before = 0; before < 100000; ++before) {
            RefusedCall refused(each.call, each.error, before, count);
            run(refused, each);
            if (!refused.happened()) break;
            refusals += 1;
        }
    }
    return refusals;
}

}  // namespace morph

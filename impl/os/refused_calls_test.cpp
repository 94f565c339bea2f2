// The wrappers of refused_calls_for_tests.h, and that they do what they say.
#include <array>
#include <cstdarg>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include "os/directory_for_tests.h"
#include "os/refused_calls_for_tests.h"

namespace morph {
namespace {

thread_local RefusedCall* armed = nullptr;
thread_local size_t transfer_bytes_max = SIZE_MAX;

}  // namespace

RefusedCall::RefusedCall(SystemCall call, int error, size_t before, size_t count)
    : call_(call), error_(error), before_(before), count_(count) {
    armed = this;
}

RefusedCall::~RefusedCall() {
    armed = nullptr;
}

int RefusedCall::next(SystemCall call) {
    if (armed == nullptr || armed->call_ != call) return 0;
    size_t at = armed->made_++;
    return at >= armed->before_ && at - armed->before_ < armed->count_ ? armed->error_ : 0;
}

ShortTransfers::ShortTransfers(size_t bytes_max) {
    transfer_bytes_max = bytes_max;
}

ShortTransfers::~ShortTransfers() {
    transfer_bytes_max = SIZE_MAX;
}

size_t ShortTransfers::most(size_t bytes) {
    return bytes < transfer_bytes_max ? bytes : transfer_bytes_max;
}

namespace {

// What the system's functions give for a failure, with errno.
template <typename Result>
bool fails(SystemCall call, Result failure, Result* result) {
    int error = RefusedCall::next(call);
    if (error == 0) return false;
    errno = error;
    *result = failure;
    return true;
}

}  // namespace
}  // namespace morph

using morph::fails;
using morph::RefusedCall;
using morph::ShortTransfers;
using morph::SystemCall;

// __wrap_NAME: `failure` and errno when it is refused.
#define MORPH_WRAP(result, failure, name, parameters, arguments) \
    result __real_##name parameters;                             \
    result __wrap_##name parameters;                             \
    result __wrap_##name parameters {                            \
        result given{};                                          \
        if (fails<result>(SystemCall::name, failure, &given)) {  \
            return given;                                        \
        }                                                        \
        return __real_##name arguments;                          \
    }
// The same of what returns its error.
#define MORPH_WRAP_THREADS(name, parameters, arguments)      \
    int __real_##name parameters;                            \
    int __wrap_##name parameters;                            \
    int __wrap_##name parameters {                           \
        int error = RefusedCall::next(SystemCall::name);     \
        return error != 0 ? error : __real_##name arguments; \
    }

extern "C" {

MORPH_WRAP(ssize_t, -1, read, (int file, void* to, size_t bytes),
           (file, to, ShortTransfers::most(bytes)))
MORPH_WRAP(ssize_t, -1, write, (int file, const void* from, size_t bytes),
           (file, from, ShortTransfers::most(bytes)))
MORPH_WRAP(int, -1, fsync, (int file), (file))
MORPH_WRAP(int, -1, rename, (const char* from, const char* to), (from, to))
MORPH_WRAP(int, -1, unlink, (const char* path), (path))
MORPH_WRAP(int, -1, stat, (const char* path, struct stat* to), (path, to))
MORPH_WRAP(int, -1, lstat, (const char* path, struct stat* to), (path, to))
MORPH_WRAP(int, -1, fstat, (int file, struct stat* to), (file, to))
MORPH_WRAP(int, -1, statx,
           (int directory, const char* path, int flags, unsigned wanted, struct statx* to),
           (directory, path, flags, wanted, to))
MORPH_WRAP(int, -1, fchmod, (int file, mode_t permissions), (file, permissions))
MORPH_WRAP(void*, MAP_FAILED, mmap,
           (void* hint, size_t bytes, int access, int flags, int file, off_t at),
           (hint, bytes, access, flags, file, at))
MORPH_WRAP(int, -1, munmap, (void* address, size_t bytes), (address, bytes))
MORPH_WRAP(int, -1, mprotect, (void* address, size_t bytes, int access), (address, bytes, access))
MORPH_WRAP(int, -1, madvise, (void* address, size_t bytes, int advice), (address, bytes, advice))
MORPH_WRAP_THREADS(pthread_create,
                   (pthread_t * thread, const pthread_attr_t* attributes, void* (*run)(void*),
                    void* argument),
                   (thread, attributes, run, argument))
MORPH_WRAP_THREADS(pthread_attr_init, (pthread_attr_t * attributes), (attributes))
MORPH_WRAP_THREADS(pthread_attr_setstacksize, (pthread_attr_t * attributes, size_t bytes),
                   (attributes, bytes))
MORPH_WRAP_THREADS(pthread_mutex_init,
                   (pthread_mutex_t * mutex, const pthread_mutexattr_t* attributes),
                   (mutex, attributes))
MORPH_WRAP_THREADS(pthread_condattr_init, (pthread_condattr_t * attributes), (attributes))
MORPH_WRAP_THREADS(pthread_condattr_setclock, (pthread_condattr_t * attributes, clockid_t clock),
                   (attributes, clock))
MORPH_WRAP_THREADS(pthread_cond_init,
                   (pthread_cond_t * condition, const pthread_condattr_t* attributes),
                   (condition, attributes))

// A descriptor is closed also where close fails, as on Linux.
int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file) {
    int error = RefusedCall::next(SystemCall::close);
    int result = __real_close(file);
    if (error == 0) return result;
    errno = error;
    return -1;
}

int __real_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    unsigned permissions = (flags & O_CREAT) != 0 ? va_arg(more, unsigned) : 0;
    va_end(more);
    int failed = 0;
    if (fails(SystemCall::open, -1, &failed)) return failed;
    return __real_open(path, flags, permissions);
}

// impl/os writes pages past the tools that watch accesses: as the system call itself.
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
    std::array<long, 6> words{};
    va_list more;
    va_start(more, number);
    for (long& word : words) word = va_arg(more, long);
    va_end(more);
    long failed = 0;
    if (number == SYS_pwrite64) {
        if (fails(SystemCall::pwrite, -1L, &failed)) return failed;
        words[2] = static_cast<long>(ShortTransfers::most(static_cast<size_t>(words[2])));
    }
    return __real_syscall(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

void* __real_mremap(void* address, size_t bytes, size_t new_bytes, int flags, ...);
void* __wrap_mremap(void* address, size_t bytes, size_t new_bytes, int flags, ...);
void* __wrap_mremap(void* address, size_t bytes, size_t new_bytes, int flags, ...) {
    va_list more;
    va_start(more, flags);
    void* to = (flags & MREMAP_FIXED) != 0 ? va_arg(more, void*) : nullptr;
    va_end(more);
    void* failed = nullptr;
    if (fails<void*>(SystemCall::mremap, MAP_FAILED, &failed)) return failed;
    return __real_mremap(address, bytes, new_bytes, flags, to);
}

}  // extern "C"

#undef MORPH_WRAP
#undef MORPH_WRAP_THREADS

namespace morph {
namespace {

TEST(RefusedCalls, TheTableIsInTheOrderOfTheEnumeration) {
    for (size_t at = 0; at < kSystemCalls.size(); ++at) {
        EXPECT_EQ(static_cast<size_t>(kSystemCalls[at].call), at) << kSystemCalls[at].name;
        EXPECT_NE(kSystemCalls[at].error, 0);
    }
}

TEST(RefusedCalls, TheChosenCallFailsAndNoOther) {
    DirectoryForTests directory;
    std::string path = directory.file("name");
    auto make = [&] {
        int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
        if (file >= 0) close(file);
        return file >= 0;
    };
    ASSERT_TRUE(make());
    struct stat status = {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0640u & ~022u) << "arguments arrive";
    {
        RefusedCall refused(SystemCall::open, EMFILE, 1);
        EXPECT_TRUE(make());
        EXPECT_FALSE(refused.happened());
        EXPECT_FALSE(make());
        EXPECT_EQ(errno, EMFILE);
        EXPECT_TRUE(refused.happened());
        EXPECT_TRUE(make()) << "one alone";
    }
    {
        RefusedCall refused(SystemCall::open, EMFILE, 0, RefusedCall::kAll);
        std::thread other([&] { EXPECT_TRUE(make()) << "another thread's"; });
        other.join();
        for (int again = 0; again < 3; ++again) EXPECT_FALSE(make());
    }
    EXPECT_TRUE(make());
}

TEST(RefusedCalls, TransfersAreShortWhileTheyAreToBe) {
    DirectoryForTests directory;
    int file = open(directory.file("name").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    {
        ShortTransfers few(3);
        EXPECT_EQ(write(file, "12345", 5), 3);
        EXPECT_EQ(syscall(SYS_pwrite64, file, "12345", 5L, 0L), 3);
    }
    EXPECT_EQ(write(file, "45", 2), 2);
    EXPECT_EQ(directory.contents("name"), "12345");
    close(file);
}

}  // namespace
}  // namespace morph

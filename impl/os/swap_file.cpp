#include "os/swap_file.h"

#include <cerrno>

#if !defined(_WIN32)
#include <cstdio>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/small_file.h"
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#endif

namespace morph::os {

#if defined(_WIN32)

int SwapFile::open(const char*) {
    return ENOSYS;
}
void SwapFile::close() {}
int SwapFile::write(const void*, size_t, uint64_t) const {
    return ENOSYS;
}
int SwapFile::map_over(void*, size_t, uint64_t) const {
    return ENOSYS;
}
int SwapFile::still_ours() const {
    return ENOSYS;
}
size_t SwapFile::page_bytes() {
    return 4096;
}

#else

namespace {

constexpr int kNamesTried = 1000;
constexpr mode_t kPermissions = 0600;

// What is written is pages as they are, freed objects and guards included: a tool that watches
// accesses should not look. On Linux the system is called past it.
ssize_t write_at(int descriptor, const void* from, size_t bytes, uint64_t offset) {
#if defined(__linux__)
    static_assert(sizeof(long) == 8, "the offset is one argument");
    return syscall(SYS_pwrite64, descriptor, from, bytes, offset);
#else
    return pwrite(descriptor, from, bytes, static_cast<off_t>(offset));
#endif
}

// A file that no name leads to any more when this returns. Its descriptor, or -1 and errno.
int create_unlinked(const char* directory) {
    for (int attempt = 0; attempt < kNamesTried; ++attempt) {
        char name[64];
        snprintf(name, sizeof(name), "/.morph-swap-%ld-%d", static_cast<long>(getpid()), attempt);
        PathBuffer path;
        path.append(directory);
        path.append(name);
        if (!path.valid()) {
            errno = ENAMETOOLONG;
            return -1;
        }
        constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
        int descriptor = open(path.text(), kFlags, kPermissions);
        if (descriptor < 0 && (errno == EEXIST || errno == EINTR)) continue;
        if (descriptor < 0) return -1;
        if (unlink(path.text()) == 0) return descriptor;
        int error = errno;
        close(descriptor);
        errno = error;
        return -1;
    }
    return -1;  // errno: EEXIST
}

}  // namespace

int SwapFile::open(const char* directory) {
    int descriptor = create_unlinked(directory);
    if (descriptor < 0) return errno;
    int error = identify(descriptor, &identity_);
    if (error != 0) {
        ::close(descriptor);
        return error;
    }
    descriptor_ = descriptor;
    return 0;
}

void SwapFile::close() {
    if (is_open() && still_ours() == 0) ::close(descriptor_);
    descriptor_ = -1;
}

int SwapFile::identify(int descriptor, Identity* identity) {
#if defined(__linux__)
    struct statx status;
    constexpr unsigned kWanted = STATX_INO | STATX_NLINK | STATX_BTIME;
    if (statx(descriptor, "", AT_EMPTY_PATH, kWanted, &status) != 0) return errno;
    bool has_birth = (status.stx_mask & STATX_BTIME) != 0;
    *identity = {.device = uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor,
                 .number = status.stx_ino,
                 .born_s = has_birth ? int64_t{status.stx_btime.tv_sec} : 0,
                 .born_ns = has_birth ? int64_t{status.stx_btime.tv_nsec} : 0,
                 .unlinked = status.stx_nlink == 0};
#else
    struct stat status;
    if (fstat(descriptor, &status) != 0) return errno;
    *identity = {.device = static_cast<uint64_t>(status.st_dev),
                 .number = static_cast<uint64_t>(status.st_ino),
                 .born_s = 0,
                 .born_ns = 0,
                 .unlinked = status.st_nlink == 0};
#if defined(__APPLE__)
    identity->born_s = status.st_birthtimespec.tv_sec;
    identity->born_ns = status.st_birthtimespec.tv_nsec;
#endif
#endif
    return 0;
}

// Programs close descriptors that they do not know, and the number is then given to another file:
// that one must not be written to.
int SwapFile::still_ours() const {
    Identity now = {};
    int error = identify(descriptor_, &now);
    if (error != 0) return error;
    return now == identity_ ? 0 : EBADF;
}

int SwapFile::write(const void* from, size_t bytes, uint64_t offset) const {
    int error = still_ours();
    if (error != 0) return error;
    rlimit limit;
    bool limited = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    if (limited && offset + bytes > limit.rlim_cur) return EFBIG;
    const char* next = static_cast<const char*>(from);
    while (bytes > 0) {
        ssize_t written = write_at(descriptor_, next, bytes, offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        if (written == 0) return ENOSPC;
        next += written;
        offset += static_cast<uint64_t>(written);
        bytes -= static_cast<size_t>(written);
    }
    return 0;
}

int SwapFile::map_over(void* page, size_t bytes, uint64_t offset) const {
    int error = still_ours();
    if (error != 0) return error;
    constexpr int kAccess = PROT_READ | PROT_WRITE;
    auto begin = static_cast<off_t>(offset);
#if defined(__linux__)
    // Mapping over something with MAP_FIXED first unmaps it, and may be refused after that. So the
    // file is mapped elsewhere, which changes nothing, and the mapping is then moved: what a move
    // can be refused for (too many mappings) is looked at before the old pages go.
    void* elsewhere = mmap(nullptr, bytes, kAccess, MAP_PRIVATE, descriptor_, begin);
    if (elsewhere == MAP_FAILED) return errno;
    if (mremap(elsewhere, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, page) == page) return 0;
    error = errno;
    munmap(elsewhere, bytes);
    return error;
#else
    // Whole or not at all on macOS: the kernel puts back what it took away.
    void* mapped = mmap(page, bytes, kAccess, MAP_PRIVATE | MAP_FIXED, descriptor_, begin);
    return mapped == page ? 0 : errno;
#endif
}

size_t SwapFile::page_bytes() {
    static_assert(sizeof(size_t) >= sizeof(long));
    long bytes = sysconf(_SC_PAGESIZE);
    return bytes > 0 ? static_cast<size_t>(bytes) : 4096;
}

#endif

}  // namespace morph::os

#include "bench/isolated.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

void fail(const char* where, const char* what) {
    std::fprintf(stderr, "bench: %s: %s\n", where, what);
    std::abort();
}

void run_isolated(const std::function<void(void* result)>& fill, void* result, size_t size) {
    void* shared = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("isolated", std::strerror(errno));
    std::fflush(nullptr);  // or the child would write it again
    pid_t child = fork();
    if (child < 0) fail("isolated: fork", std::strerror(errno));
    if (child == 0) {
        fill(shared);
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) fail("isolated: waitpid", std::strerror(errno));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail("isolated", "the measurement failed");
    std::memcpy(result, shared, size);
    munmap(shared, size);
}

}  // namespace bench

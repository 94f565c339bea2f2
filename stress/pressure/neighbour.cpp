#include "stress/pressure/neighbour.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <new>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "morph/mem.h"

namespace stress {

struct Neighbour::Shared {
    std::atomic<uint64_t> bytes_peak{0};
    std::atomic<uint64_t> rounds{0};  // of which the filling is complete
};

namespace {

constexpr size_t kPage = 4096;
constexpr useconds_t kHold = 100000;  // microseconds that it holds the most
constexpr useconds_t kPause = 20000;  // ... and nothing

// The text of a file of the kernel, without memory from malloc. Its length.
size_t read_text(const char* path, char* buffer, size_t capacity) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    const ssize_t got = read(file, buffer, capacity);
    close(file);
    return got < 0 ? 0 : static_cast<size_t>(got);
}

// The kernel chooses this process first when memory runs out.
void volunteer() {
    const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    (void)!write(file, "1000", 4);
    close(file);
}

struct Plan {
    uint64_t bytes_max;
    uint64_t step;
    uint64_t reserve;  // must stay available
};

// One filling; the bytes held. Every step is the head of a list, so that it can be given back.
struct Held {
    Held* next;
    uint64_t bytes;
};

Held* take_step(uint64_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    auto* pages = static_cast<volatile char*>(memory);
    for (size_t at = 0; at < bytes; at += kPage) pages[at] = 1;
    return new (memory) Held{nullptr, bytes};
}

uint64_t fill(const Plan& plan, std::atomic<uint64_t>* peak) {
    Held* held = nullptr;
    uint64_t bytes = 0;
    while (bytes < plan.bytes_max) {
        const uint64_t step = std::min(plan.step, plan.bytes_max - bytes);
        if (memory_available() < plan.reserve + step) break;
        Held* next = take_step(step);
        if (next == nullptr) break;
        next->next = held;
        held = next;
        bytes += step;
        if (bytes > peak->load()) peak->store(bytes);
    }
    (void)usleep(kHold);
    while (held != nullptr) {
        Held* next = held->next;
        (void)munmap(held, held->bytes);
        held = next;
    }
    return bytes;
}

}  // namespace

uint64_t available_in(const std::string& meminfo) {
    const size_t at = meminfo.find("MemAvailable:");
    unsigned long long kilobytes = 0;
    if (at == std::string::npos) return 0;
    if (std::sscanf(meminfo.c_str() + at, "MemAvailable: %llu kB", &kilobytes) != 1) return 0;
    return kilobytes * 1024;
}

uint64_t memory_available() {
    char text[8192];
    const size_t length = read_text("/proc/meminfo", text, sizeof text);
    const uint64_t available = available_in(std::string(text, length));
    const uint64_t limit = morph_mem_get_available_ram();
    return limit != 0 && limit < available ? limit : available;
}

Neighbour::Neighbour(uint64_t bytes, uint64_t step) {
    void* memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    shared_ = new (memory) Shared;
    const uint64_t available = memory_available();
    const Plan plan = {neighbour_bytes_max(bytes, available) / kPage * kPage,
                       std::max<uint64_t>(step / kPage * kPage, kPage), available / 2};
    const pid_t parent = getpid();
    process_ = fork();
    if (process_ != 0) return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    volunteer();
    while (true) {
        if (fill(plan, &shared_->bytes_peak) == 0) _exit(1);
        shared_->rounds.fetch_add(1);
        (void)usleep(kPause);
    }
}

Neighbour::~Neighbour() {
    if (process_ > 0) {
        (void)kill(process_, SIGKILL);
        while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    if (shared_ != nullptr) (void)munmap(shared_, sizeof(Shared));
}

bool Neighbour::wait_until_full(double seconds) const {
    using Clock = std::chrono::steady_clock;
    if (process_ <= 0) return false;
    const Clock::time_point start = Clock::now();
    while (rounds() == 0) {
        const std::chrono::duration<double> waited = Clock::now() - start;
        if (waited.count() > seconds) return false;
        siginfo_t status = {};
        if (waitid(P_PID, static_cast<id_t>(process_), &status, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            status.si_pid == process_) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

uint64_t Neighbour::bytes_peak() const {
    return shared_ == nullptr ? 0 : shared_->bytes_peak.load();
}

uint64_t Neighbour::rounds() const {
    return shared_ == nullptr ? 0 : shared_->rounds.load();
}

}  // namespace stress

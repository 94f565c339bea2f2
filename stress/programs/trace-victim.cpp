// trace-victim: a program to be recorded. Each part does something that a recorder may get wrong,
// prints nothing unless the program itself breaks, and allocates sizes that the tests of
// stress/trace look for in its trace.
//
//   trace-victim PART [ARGUMENT]
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <malloc.h>
#include <map>
#include <pthread.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

constexpr size_t kMark = 777;  // an object of this size says: here we are

#define MUST(condition)                                                           \
    do {                                                                          \
        if (!(condition)) {                                                       \
            std::fprintf(stderr, "line %d: %s is wrong\n", __LINE__, #condition); \
            std::exit(4);                                                         \
        }                                                                         \
    } while (false)

// The compiler must not see that nobody uses what is allocated.
template <typename Pointer>
Pointer* opaque(Pointer* pointer) {
    asm volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

void mark(size_t count = 1) {
    for (size_t index = 0; index < count; ++index) std::free(opaque(std::malloc(kMark)));
}

size_t huge() {
    volatile size_t size = SIZE_MAX;
    return size;
}

// Every call once, with sizes of its own, in a known order.
void calls(const std::string&) {
    void* plain = opaque(std::malloc(10007));
    void* zeroed = opaque(std::calloc(7, 1429));  // 10003
    void* grown = opaque(std::realloc(plain, 20011));
    void* again = opaque(reallocarray(grown, 3, 10009));
    void* aligned = nullptr;
    MUST(posix_memalign(&aligned, 256, 10009) == 0);
    void* c11 = opaque(std::aligned_alloc(64, 10048));
    void* old = opaque(memalign(128, 10061));
    void* paged = opaque(valloc(10067));
    void* whole = opaque(pvalloc(10069));
    MUST(reinterpret_cast<uintptr_t>(aligned) % 256 == 0);
    MUST(malloc_usable_size(again) >= 30027);
    errno = 77;
    std::free(zeroed);
    MUST(errno == 77);
    for (void* object : {again, aligned, c11, old, paged, whole}) std::free(object);
    std::free(nullptr);
    void* from_null = opaque(std::realloc(nullptr, 10079));
    MUST(opaque(std::realloc(from_null, 0)) == nullptr);
    std::free(opaque(std::malloc(0)));
    // What fails changes nothing.
    void* kept = opaque(std::malloc(10091));
    errno = 0;
    MUST(opaque(std::malloc(huge() / 2)) == nullptr && errno == ENOMEM);
    MUST(opaque(std::calloc(huge() / 2, 3)) == nullptr);
    MUST(opaque(std::realloc(opaque(kept), huge() / 2)) == nullptr);
    MUST(opaque(reallocarray(opaque(kept), huge() / 2, 3)) == nullptr);
    MUST(posix_memalign(&aligned, 3, 8) == EINVAL);
    std::free(kept);
}

// Objects of all sizes that move from thread to thread: what one allocates, another resizes and
// frees.
void threads(const std::string& argument) {
    const size_t count = argument.empty() ? 300 : std::stoul(argument);
    std::vector<void*> objects(64, nullptr);
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const auto work = [&](size_t seed) {
        for (size_t step = 0; step < 40; ++step) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            const size_t place = seed >> 33 & 63;
            pthread_mutex_lock(&lock);
            void* object = objects[place];
            objects[place] = nullptr;
            pthread_mutex_unlock(&lock);
            if (object != nullptr && (seed >> 60 & 1) != 0) {
                std::free(object);
                continue;
            }
            object = opaque(std::realloc(object, 1 + (seed >> 50)));
            pthread_mutex_lock(&lock);
            void* other = objects[place];
            objects[place] = object;
            pthread_mutex_unlock(&lock);
            std::free(other);
        }
    };
    for (size_t begun = 0; begun < count; begun += 8) {
        std::vector<std::thread> running;
        for (size_t index = 0; index < 8; ++index) running.emplace_back(work, begun + index);
        for (std::thread& thread : running) thread.join();
    }
    for (void* object : objects) std::free(object);
}

// Frees what a thread has when the thread ends, in two of the ways there are.
struct Owner {
    void* object = opaque(std::malloc(kMark));
    ~Owner() { std::free(object); }
};

void thread_ends(const std::string&) {
    static pthread_key_t key;
    MUST(pthread_key_create(&key, [](void* object) { std::free(object); }) == 0);
    for (int round = 0; round < 100; ++round) {
        std::thread([] {
            thread_local Owner owner;
            MUST(owner.object != nullptr);
            pthread_setspecific(key, opaque(std::malloc(kMark)));
        }).join();
    }
}

// The child has the parent's objects, frees some, resizes one, and makes its own.
void forks(const std::string&) {
    void* inherited = opaque(std::malloc(5003));
    void* resized = opaque(std::malloc(5009));
    mark(3);
    const pid_t child = fork();
    MUST(child >= 0);
    if (child == 0) {
        std::free(inherited);
        resized = opaque(std::realloc(resized, 6007));
        mark(5);
        std::free(resized);
        std::exit(0);
    }
    int status = 0;
    MUST(waitpid(child, &status, 0) == child && status == 0);
    mark(2);
    std::free(inherited);
    std::free(resized);
}

// Forks while other threads allocate as fast as they can.
void fork_storm(const std::string&) {
    volatile bool stop = false;
    std::vector<std::thread> busy;
    for (int index = 0; index < 3; ++index) {
        busy.emplace_back([&stop] {
            while (!stop) {
                for (int count = 0; count < 50; ++count) std::free(opaque(std::malloc(40)));
                usleep(20);
            }
        });
    }
    for (int round = 0; round < 20; ++round) {
        const pid_t child = fork();
        if (child == 0) {
            mark(4);
            _exit(0);
        }
        int status = 0;
        MUST(waitpid(child, &status, 0) == child && status == 0);
    }
    stop = true;
    for (std::thread& thread : busy) thread.join();
}

void execs(const std::string&) {
    mark(3);
    execl("/proc/self/exe", "trace-victim", "calls", nullptr);
    std::exit(4);
}

void execvs(const std::string&) {
    mark(3);
    char name[] = "trace-victim";
    char part[] = "calls";
    char* arguments[] = {name, part, nullptr};
    execv("/proc/self/exe", arguments);
    std::exit(4);
}

// The end comes past all destructors.
void leaves_at_once(const std::string&) {
    mark(9);
    _exit(0);
}

// Nothing can be written at the end: what was written before is there.
void killed(const std::string&) {
    mark(40000);
    (void)raise(9);
}

// The descriptors of others are closed, and their numbers used again.
void closes_all(const std::string&) {
    mark(40000);
    for (int descriptor = 3; descriptor < 4096; ++descriptor) close(descriptor);
    char path[] = "victim-XXXXXX";
    MUST(chdir("/tmp") == 0);
    const int own = mkstemp(path);
    MUST(own >= 0);
    for (int descriptor = 690; descriptor < 720; ++descriptor) dup2(own, descriptor);
    mark(40000);
    MUST(lseek(own, 0, SEEK_END) == 0);
    unlink(path);
}

// After main, in the destructors of static objects and behind them.
void late(const std::string&) {
    static Owner at_end;
    std::atexit([] { mark(3); });
    MUST(at_end.object != nullptr);
}

}  // namespace

int main(int argc, char** argv) {
    const std::map<std::string, std::function<void(const std::string&)>> parts = {
        {"calls", calls},           {"threads", threads}, {"thread-ends", thread_ends},
        {"forks", forks},           {"execs", execs},     {"execvs", execvs},
        {"fork-storm", fork_storm}, {"killed", killed},   {"leaves-at-once", leaves_at_once},
        {"closes-all", closes_all}, {"late", late},       {"nothing", [](const std::string&) {}}};
    const auto part = parts.find(argc > 1 ? argv[1] : "");
    if (part == parts.end()) {
        std::fprintf(stderr, "trace-victim PART [ARGUMENT]; the parts are\n");
        for (const auto& [name, function] : parts) std::fprintf(stderr, "  %s\n", name.c_str());
        return 2;
    }
    part->second(argc > 2 ? argv[2] : "");
    return 0;
}

// Sets the modes of all mutations when a program starts, before its own constructors.
//
//   MORPH_MUTATION          a number: that mutation is on; `survey`: all are surveyed; else none
//   MORPH_MUTATION_RECORD   a file of kMutationsMax bytes, shared: what is seen outlives a crash,
//                           and comes from forked processes too
//
// One object for each program. System calls alone: it runs before the C++ library may be ready.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ci/mutate/mutation.h"

namespace {

constexpr int kMutationsMax = 1 << 14;
unsigned char unshared[kMutationsMax];

}  // namespace

extern "C" {
unsigned char morph_mutation_mode[kMutationsMax];
unsigned char* morph_mutation_seen = unshared;
}

namespace {

__attribute__((constructor(101))) void start() {
    const char* mutation = getenv("MORPH_MUTATION");
    if (mutation == nullptr) return;
    if (strcmp(mutation, "survey") == 0) {
        memset(morph_mutation_mode, mutation_schema::kSurvey, sizeof morph_mutation_mode);
    } else {
        int number = atoi(mutation);
        if (number > 0 && number < kMutationsMax)
            morph_mutation_mode[number] = mutation_schema::kMutated;
    }
    const char* path = getenv("MORPH_MUTATION_RECORD");
    if (path == nullptr) return;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) _exit(126);
    void* shared = MAP_FAILED;
    if (ftruncate(file, kMutationsMax) == 0)
        shared = mmap(nullptr, kMutationsMax, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED) _exit(126);
    (void)close(file);
    morph_mutation_seen = static_cast<unsigned char*>(shared);
}

}  // namespace

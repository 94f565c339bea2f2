// Probes of mutants: say whether changed code was reached, and whether the change made a
// difference.
//
//   before:  return size + padding <= room;
//   mutant:  return MUTANT_PICK(size + padding <= room, size <= room);
//                   reached: each evaluation      triggered: when the two differ
//
// This header is force-included (-include) wherever mutants are built, and nowhere else: the tree
// itself has no probes. docs/mutants.md describes the files that use it.
//
// A mark is an empty file, made once for each process and source file, by plain system calls: it is
// there whether the process ends well, crashes or is a forked child. Environment variables name the
// two files; without them a probe does nothing. All of this works in C and C++, in inline functions
// of public headers as well, but not in constant expressions: there a MUTANT_PROBE stands where the
// value is used.
#ifndef MORPH_FUZZ_MUTANTS_PROBE_H
#define MORPH_FUZZ_MUTANTS_PROBE_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((cold, noinline, unused)) static void mutant_mark(const char* variable,
                                                                unsigned char* done) {
    *done = 1;
    const char* path = getenv(variable);
    if (path == NULL) return;
    int before = errno;
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0) close(file);
    errno = before;
}

static unsigned char mutant_reached __attribute__((unused));
static unsigned char mutant_triggered __attribute__((unused));

// A statement or the left side of a comma: the change was reached; it was triggered if condition.
#define MUTANT_PROBE(condition)                                                           \
    ((void)(mutant_reached || (mutant_mark("MORPH_MUTANT_REACHED", &mutant_reached), 1)), \
     (void)(mutant_triggered || !(condition) ||                                           \
            (mutant_mark("MORPH_MUTANT_TRIGGERED", &mutant_triggered), 1)))

#ifdef __cplusplus
#define MUTANT_AUTO auto
#else
#define MUTANT_AUTO __auto_type
#endif

// An expression: the value of `mutated`. Both are evaluated, `original` first: when either has
// effects, MUTANT_PROBE is the one to use.
#define MUTANT_PICK(original, mutated)                  \
    __extension__({                                     \
        MUTANT_AUTO mutant_before = (original);         \
        MUTANT_AUTO mutant_after = (mutated);           \
        MUTANT_PROBE(!(mutant_before == mutant_after)); \
        mutant_after;                                   \
    })

#endif

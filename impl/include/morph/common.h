/* Error codes, errors, memory limits and corruption reports: what every Morph header shares.
 *
 * All sizes are in bytes. Nothing in the library exits, aborts or prints, except the default
 * corruption handler of debug mode (see MorphReportHandler), which the user can replace.
 *
 * Thread rules: an arena, a pool or a context belongs to one thread at a time. Distinct ones share
 * no mutable state, so they may be used from distinct threads without locks. Debug mode notices a
 * call that comes while another thread is in a call of the same object: it is reported on the
 * thread that comes (MORPH_REPORT_CONCURRENT_USE, while the other one goes on), and fails with
 * MORPH_ERROR_CONCURRENT_USE, or NULL, zeros, nothing where it returns no code. Nothing of the
 * object is touched then, so the error is morph_creation_error() of that thread. Handing an object
 * from thread to thread is fine as long as the program orders the two (a mutex, a queue, a join).
 */
#ifndef MORPH_COMMON_H
#define MORPH_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define MORPH_API __attribute__((visibility("default")))
#define MORPH_LIKELY(condition) __builtin_expect(!!(condition), 1)
#else
#error "Morph Memory needs GCC or Clang: its inline fast paths use their bit builtins"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Version of the headers; morph_version() tells that of the library linked with. */
#define MORPH_VERSION_MAJOR 2
#define MORPH_VERSION_MINOR 0
#define MORPH_VERSION_PATCH 0

/* Alignment of every object when none is asked for: 8 bytes. */
#define MORPH_DEFAULT_ALIGNMENT ((size_t)8)

/* Largest request that is even tried: 2^46 bytes. Above it: MORPH_ERROR_TOO_LARGE. */
#define MORPH_MAX_REQUEST ((size_t)1 << 46)

/* Largest alignment that can be asked for: 2^30 bytes. Above it, or when it is zero or no power of
 * two: MORPH_ERROR_INVALID_ARGUMENT. */
#define MORPH_MAX_ALIGNMENT ((size_t)1 << 30)

typedef enum MorphCode {
    MORPH_OK = 0,
    MORPH_ERROR_OUT_OF_MEMORY,         /* the system, the bound or the request hook refused */
    MORPH_ERROR_TOO_LARGE,             /* above MORPH_MAX_REQUEST, or the arithmetic wraps */
    MORPH_ERROR_INVALID_ARGUMENT,      /* NULL where none may be, bad alignment, bad flags */
    MORPH_ERROR_INVALID_CONFIGURATION, /* the text names field and value */
    MORPH_ERROR_UNKNOWN_TYPE,          /* type id never registered in this context */
    MORPH_ERROR_TOO_MANY_TYPES,        /* MORPH_MAX_TYPES are registered already */
    MORPH_ERROR_NOT_AN_OBJECT,         /* foreign, interior, freed or never allocated address */
    MORPH_ERROR_WRONG_SIZE,            /* the size given is not the object's (debug mode) */
    MORPH_ERROR_SCOPE,                 /* the mark is not a live scope of this arena */
    MORPH_ERROR_UNSUPPORTED,           /* this mode or this build does not have the part */
    MORPH_ERROR_CORRUPTION,            /* a broken invariant; the text names its id */
    MORPH_ERROR_IO,                    /* a file could not be written */
    MORPH_ERROR_CONCURRENT_USE         /* another thread is inside the object (debug mode) */
} MorphCode;

/* The last failure of an arena, pool or context. A call that succeeds leaves it unchanged. */
typedef struct MorphError {
    MorphCode code;
    char text[244]; /* always terminated; one line, no trailing newline */
} MorphError;

/* Name of a code ("MORPH_ERROR_SCOPE"); "unknown code" for any other number. Never NULL. */
MORPH_API const char* morph_code_name(MorphCode code);

/* "2.0.0": static storage. */
MORPH_API const char* morph_version(void);

/* Why the last *_create, *_new or *_init on this thread returned NULL. Code MORPH_OK and an empty
 * text when none has failed. A call refused by MORPH_ERROR_CONCURRENT_USE is noted here too. (The
 * only state that the library keeps outside its objects: one buffer per thread, since a failed
 * creation leaves no object to ask.) */
MORPH_API MorphError morph_creation_error(void);

/* Where memory comes from, and how much of it.
 *
 * bytes_max  upper bound of the bytes mapped from the system at any moment; 0 for none. Must hold
 *            at least one chunk (morph_chunk_bytes()) and its metadata, see each create function.
 * request    asked before each request to the system with its exact size; false refuses it, and
 *            the call that needed it fails with MORPH_ERROR_OUT_OF_MEMORY and changes nothing.
 *            NULL: always granted. This is the seam for injected failure.
 * returned   told after each return to the system. Sum of granted requests minus sum of returns is
 *            zero after destroy; anything else is a leak. A granted request that the system then
 *            refuses is returned at once.
 * Both run on the caller's thread and must not call into the object that calls them.
 */
typedef struct MorphMemoryLimits {
    size_t bytes_max;
    bool (*request)(void* user, size_t bytes);
    void (*returned)(void* user, size_t bytes);
    void* user;
} MorphMemoryLimits;

/* Size and alignment of a chunk, the unit in which memory comes from the system: 2 MiB, unless the
 * library was built with other constants (the suite does). */
MORPH_API size_t morph_chunk_bytes(void);

/* What was allocated and freed, of a context, a room or a type. */
typedef struct MorphMemCounts {
    uint64_t allocations;     /* ever */
    uint64_t frees;           /* ever, reset's included */
    uint64_t bytes_allocated; /* ever, as requested; a resize in place adds what it grows by ... */
    uint64_t bytes_freed;     /* ... or adds here what it shrinks by */
    uint64_t objects_live;    /* allocations - frees */
    uint64_t bytes_live;      /* bytes_allocated - bytes_freed */
} MorphMemCounts;

/* What debug mode found. */
typedef enum MorphReportKind {
    MORPH_REPORT_DOUBLE_FREE = 1,
    MORPH_REPORT_FOREIGN_POINTER,   /* not an address that this pool or context gave out */
    MORPH_REPORT_WRONG_SIZE,        /* size given differs from the object's */
    MORPH_REPORT_GUARD_OVERWRITTEN, /* bytes right behind an object were written */
    MORPH_REPORT_WRITE_AFTER_FREE,  /* a freed slot changed before it was handed out again */
    MORPH_REPORT_LEAK,              /* objects still live at destroy (config field report_leaks) */
    MORPH_REPORT_MISSED_BARRIER,    /* a reference of the object was stored without the barrier */
    MORPH_REPORT_ROOT_ORDER,        /* the root popped is not the last one pushed */
    MORPH_REPORT_CONCURRENT_USE     /* another thread is inside a call of the same object */
} MorphReportKind;

typedef struct MorphReport {
    MorphReportKind kind;
    const void* address; /* the address given or the object concerned */
    size_t size;         /* the object's size where it is known, else 0 */
    uint32_t type;       /* the object's type where it is known, else 0 */
    const char* text;    /* one line; valid during the call only */
} MorphReport;

/* Called on the caller's thread. May return: the offending call then fails with an error code and
 * the object is left as it is. May longjmp or abort. NULL selects the default, which writes the
 * text to standard error and aborts. */
typedef void (*MorphReportHandler)(void* user, const MorphReport* report);

/* Name of a kind ("double free"). Never NULL. */
MORPH_API const char* morph_report_kind_name(MorphReportKind kind);

#ifdef __cplusplus
}
#endif

#endif

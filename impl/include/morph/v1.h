/* V1, the baseline: the first memory system of the Morph runtime, behind today's interface.
 *
 *   MorphMemConfig config = MORPH_CONFIG_RUNTIME;
 *   config.enable_v1 = true;                        or in the environment: MORPH_MEM_V2=0
 *   MorphMemContext *memory = morph_mem_init(&config);
 *
 * It is there to be compared with, and to fall back on: same policy and same costs as the first
 * system (88-byte headers, pages of 4 KiB, one free list that is walked for an exact fit, a full
 * mark and sweep each time that a threshold is met), without its crashes. docs/v1.md has the whole.
 *
 * RUNTIME mode: everything of morph/heap.h works, objects never move, each collection is a full
 * one. COMPILER mode: every object that was not freed is kept, as the mode promises, so a
 * collection costs what it costs and finds only what morph_mem_free has given back.
 * Alignment above 8, placements: accepted, see docs/v1.md.
 */
#ifndef MORPH_V1_H
#define MORPH_V1_H

#include "morph/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialise, then set what you need; zero selects the default. They have no effect where V1
 * does not serve. Environment variables of the same names override them: MORPH_MEM_V1_THRESHOLD
 * (bytes), MORPH_MEM_V1_DEATH_LOG (path), MORPH_MEM_V1_DAEMON (0 or 1), MORPH_MEM_V1_SWAP
 * (directory). */
typedef struct MorphV1Settings {
    size_t threshold; /* live bytes of payload above which an allocation collects first; after each
                         collection it is live bytes + this, or + 64 MiB where at least 64 MiB live
                         and this is less. Default 8 MiB; at least 4 KiB */
    const char* death_log;       /* a line for each dead object: the file is opened, appended to and
                                    closed each time, as the first system did; NULL: none. Copied.
                                    The first line that cannot be written is noted as last error,
                                    though no call fails */
    bool daemon;                 /* a thread that watches for idleness; off by default */
    const char* swap_directory;  /* with daemon: pages not used for a while are written to a file
                                    there, and read back when touched; NULL: no swapping. Copied.
                                    A child of fork may not use the context while this is on */
    uint32_t daemon_interval_ms; /* default 100 */
    uint32_t idle_ms;            /* without allocation for so long: collect at the next call that
                                    may; default 2000 */
    uint32_t swap_after_ms;      /* pages of which nothing was allocated for so long are swapped;
                                    default 10000 */
} MorphV1Settings;

#ifdef __cplusplus
}
#endif

#endif

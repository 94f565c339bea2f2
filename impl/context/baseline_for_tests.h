// Contexts on V1, for the tests of both modes.
#pragma once

#include "context/runtime_for_tests.h"
#include "os/directory_for_tests.h"

namespace morph {

// COMPILER mode.
class BaselineTest : public ObjectTest {
 protected:
    BaselineTest() { config.enable_v1 = true; }

    void* make_raw(size_t size, uint32_t type = 0) { return morph_mem_alloc(context, size, type); }
    // Both accounts together, at any moment.
    void expect_exact() {
        MorphMemStats figures = stats();
        EXPECT_EQ(figures.bytes_mapped, ledger.granted);
        EXPECT_GE(figures.bytes_mapped_peak, figures.bytes_mapped);
        EXPECT_EQ(figures.heap.old_bytes_mapped + figures.heap.large_bytes_mapped +
                      figures.metadata_bytes_mapped,
                  figures.bytes_mapped);
        EXPECT_EQ(figures.pool_bytes_mapped + figures.arena_bytes_mapped, 0u);
    }
};

// RUNTIME mode.
class BaselineRuntimeTest : public RuntimeTest {
 protected:
    BaselineRuntimeTest() {
        config.enable_v1 = true;
        config.v1.threshold = 4096;
    }
};

}  // namespace morph

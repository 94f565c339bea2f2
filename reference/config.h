// Configurations of the C interface: presets, validation, environment, available RAM.
#pragma once

#include <string>

#include "morph/arena.h"
#include "morph/general.h"
#include "morph/mem.h"
#include "morph/pool.h"

namespace reference {

// false: impossible, and the creation error names field and value.
bool check_arena(const MorphArenaConfig& config);
bool check_pool(const MorphPoolConfig& config);
bool check_general(const MorphGeneralConfig& config);
bool check_context(const MorphMemConfig& config);  // V1 is refused: this is the model

// RUNTIME mode: the settings of the context's heap.
MorphHeapSettings heap_settings(const MorphMemConfig& config);

// Applies MORPH_MEM_DEBUG and MORPH_MEM_V2 to config and gives the path of MORPH_MEM_STATS. false:
// a variable has no valid value; the creation error names it.
bool read_environment(MorphMemConfig* config, std::string* stats_path);

}  // namespace reference

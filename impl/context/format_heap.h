// The heap's section of the statistics, in RUNTIME mode and on V1.
#pragma once

#include "context/format_parts.h"
#include "context/runtime.h"

namespace morph {

void json_heap(Writer& writer, const RuntimeContext& context, const MorphHeapStats& stats);
void csv_heap(Writer& writer, const MorphHeapStats& stats);
// Tables of what is counted are left out when counted is false.
void text_heap(Writer& writer, const MorphHeapStats& stats, bool counted);

const char* layout_name(MorphLayout layout);

}  // namespace morph

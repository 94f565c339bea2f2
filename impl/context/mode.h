// What a context is behind its public head, and the one place where the two part.
//
//   MorphMemContext { heap, heap_is_private }
//       <-- Context          heap is NULL      COMPILER mode
//       <-- RuntimeContext   heap is the heap  RUNTIME mode
//       <-- BaselineContext  heap is private   COMPILER mode on V1
//
// All have the same member functions, so a call of morph/mem.h is one line that serves each.
#pragma once

#include "context/baseline.h"
#include "context/context.h"
#include "context/runtime.h"

namespace morph {

// call(the context as what it is). Made for lambdas that take auto&.
template <typename Call>
[[gnu::always_inline]] inline decltype(auto) in_mode(MorphMemContext* context, Call call) {
    if (MORPH_LIKELY(context->heap == nullptr)) return call(*context_of(context));
    if (context->heap_is_private) return call(*baseline_of(context));
    return call(*runtime_of(context));
}

// Queries do not change what the user sees; but they note their failures in the context as well.
template <typename Call>
decltype(auto) in_mode(const MorphMemContext* context, Call call) {
    return in_mode(const_cast<MorphMemContext*>(context), call);
}

inline const Reporter& reporter_of(const MorphMemContext* context) {
    if (context->heap == nullptr) return static_cast<const Context*>(context)->reporter();
    return static_cast<const RuntimeContext*>(context)->reporter();
}

// As in_mode, in a turn of its own.
template <typename Call>
auto with_context(const MorphMemContext* context, const char* name, Call call) {
    return in_turn(reporter_of(context), context, name, [&] { return in_mode(context, call); });
}

}  // namespace morph

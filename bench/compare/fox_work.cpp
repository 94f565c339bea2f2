#include "bench/compare/fox_work.h"

#include <algorithm>
#include <bit>

#include "stress/fox/print.h"

namespace compare {

bool FoxWork::open(MorphMemContext* context) {
    context_ = context;
    return fox::register_types(context, &types_);
}

Outcome FoxWork::run() {
    result_ = fox::parse(context_, types_, source_);
    if (result_.tree != nullptr) return Outcome::good;
    return result_.error.kind == fox::ErrorKind::out_of_memory ? Outcome::out_of_memory
                                                               : Outcome::wrong;
}

// What lives is the tree, the tokens, their texts, and the array of tokens, whose capacity doubles.
bool FoxWork::check(Sample* sample) {
    const fox::Counts& counts = result_.counts;
    const uint64_t tokens = counts.tokens + 1;  // the end of file
    sample->lines = counts.lines;
    sample->objects = tokens + counts.nodes + counts.identifiers + counts.texts + 1;
    sample->payload = counts.token_bytes + counts.node_bytes + counts.identifier_bytes +
                      counts.string_bytes +
                      std::max<uint64_t>(8, std::bit_ceil(tokens)) * sizeof(fox::Token*);
    sample->checksum = fox::tree_hash(result_.tree);
    return result_.tokens != nullptr;
}

}  // namespace compare

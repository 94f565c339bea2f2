#include <array>
#include <vector>

#include "stress/fox/print.h"

namespace fox {

namespace {

bool node_holds(const Node& node, const Counts& counts) {
    if (reinterpret_cast<uintptr_t>(&node) % MORPH_DEFAULT_ALIGNMENT != 0) return false;
    if (static_cast<size_t>(node.kind) >= kNodeKinds) return false;
    const Arity arity = node_arity(node.kind);
    if (node.child_count < arity.least || node.child_count > arity.most) return false;
    const Payload payload = node_payload(node.kind);
    if (payload == Payload::group && node.group > node.child_count) return false;
    if (payload == Payload::text && node.text->bytes()[node.text->length] != '\0') return false;
    return node.line >= 1 && node.line <= counts.lines + 1 && node.column >= 1;
}

std::string check_tree(const Result& result) {
    std::array<uint64_t, kNodeKinds> seen{};
    std::vector<const Node*> to_visit = {result.tree};
    while (!to_visit.empty()) {
        const Node* node = to_visit.back();
        to_visit.pop_back();
        if (!node_holds(*node, result.counts)) return "FOX-TREE: a node is broken";
        seen[static_cast<size_t>(node->kind)] += 1;
        for (uint32_t i = 0; i < node->child_count; ++i) {
            if (node->children()[i] != nullptr) to_visit.push_back(node->children()[i]);
        }
    }
    for (size_t kind = 0; kind < kNodeKinds; ++kind) {
        if (seen[kind] != result.counts.nodes_by_kind[kind]) {
            return std::string("FOX-TREE: wrong number of ") +
                   node_kind_name(static_cast<NodeKind>(kind));
        }
    }
    return {};
}

std::string check_tokens(const Result& result) {
    uint64_t end_before = 0;
    for (uint64_t i = 0; i <= result.counts.tokens; ++i) {
        const Token& token = *result.tokens[i];
        const bool last = i == result.counts.tokens;
        if (last != (token.kind == TokenKind::end_of_file)) return "FOX-TOKENS: end of file";
        if (token.offset < end_before) return "FOX-TOKENS: tokens overlap";
        end_before = uint64_t{token.offset} + token.length;
    }
    return end_before <= result.counts.bytes ? "" : "FOX-TOKENS: past the source";
}

std::string check_type(MorphMemContext* context, uint32_t type, uint64_t objects, uint64_t bytes) {
    MorphMemTypeStats stats;
    if (morph_mem_get_type_stats(context, type, &stats) != MORPH_OK) return "FOX-FIGURES: no type";
    if (stats.counts.objects_live == objects && (bytes == 0 || stats.counts.bytes_live == bytes)) {
        return {};
    }
    return std::string("FOX-FIGURES: ") + stats.name + ": " +
           std::to_string(stats.counts.objects_live) + " objects in the context, " +
           std::to_string(objects) + " made";
}

std::string check_figures(MorphMemContext* context, const Types& types, const Counts& counts) {
    std::string wrong = check_type(context, types.token, counts.tokens + 1, counts.token_bytes);
    if (wrong.empty()) {
        wrong = check_type(context, types.identifier, counts.identifiers, counts.identifier_bytes);
    }
    if (wrong.empty()) {
        wrong = check_type(context, types.string, counts.texts, counts.string_bytes);
    }
    for (size_t kind = 0; kind < kNodeKinds && wrong.empty(); ++kind) {
        wrong = check_type(context, types.node[kind], counts.nodes_by_kind[kind], 0);
    }
    return wrong;
}

// The figures by type have been checked: what is left is the array of tokens.
std::string check_live(const Session& session, const Result& result) {
    const Counts& counts = result.counts;
    const uint64_t made =
        counts.tokens + 1 + counts.identifiers + counts.texts + counts.nodes + /*array*/ 1;
    const uint64_t live = session.objects_live();
    if (live == made) return {};
    return "FOX-LIVE: " + std::to_string(live) + " objects live, " + std::to_string(made) + " kept";
}

// A collection of COMPILER mode's context cannot be refused; of RUNTIME mode's, a root can.
std::string collection_refused(MorphMemContext* context) {
    const MorphError error = morph_heap_last_error(morph_mem_heap(context));
    if (error.code == MORPH_ERROR_OUT_OF_MEMORY && error.text[0] != '\0') return kOutOfMemory;
    return "FOX-LIVE: a collection was refused";
}

}  // namespace

std::string check_result(Session& session, Result* result) {
    std::string wrong = check_tree(*result);
    if (wrong.empty()) wrong = check_tokens(*result);
    if (!wrong.empty()) return wrong;
    // Once more after everything has moved, and what is dead is gone.
    if (!session.collect(result)) return collection_refused(session.context());
    wrong = check_tree(*result);
    if (wrong.empty()) wrong = check_tokens(*result);
    MorphMemContext* context = session.context();
    MorphMemStats stats;
    if (wrong.empty() && morph_mem_get_stats(context, &stats) == MORPH_OK && stats.metrics) {
        wrong = check_figures(context, session.types(), result->counts);
    }
    if (wrong.empty() && morph_mem_heap(context) != nullptr) {
        wrong = check_live(session, *result);
    }
    if (wrong.empty() && morph_mem_verify(context) != MORPH_OK) {
        wrong = morph_mem_last_error(context).text;
    }
    return wrong;
}

std::string check_dropped(Session& session) {
    MorphMemContext* context = session.context();
    if (morph_mem_heap(context) == nullptr) return {};
    if (morph_mem_gc_collect(context) != MORPH_OK) return collection_refused(context);
    if (session.objects_live() != 0) return "FOX-LIVE: objects that nobody keeps are left";
    return morph_mem_verify(context) == MORPH_OK ? "" : morph_mem_last_error(context).text;
}

}  // namespace fox

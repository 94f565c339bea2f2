#include "stress/fox/print.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace fox {

namespace {

struct Frame {
    const Node* node;
    uint32_t next_child;
};

// Deeper nodes are indented like this one: indentation must not make the output quadratic.
constexpr size_t kIndentMax = 60;

void write_number(Sink& sink, const char* format, int64_t number) {
    char buffer[32];
    const int length = std::snprintf(buffer, sizeof buffer, format, static_cast<long long>(number));
    sink.write({buffer, static_cast<size_t>(length)});
}

void write_quoted(Sink& sink, std::string_view text) {
    std::string quoted = "\"";
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte == '"' || byte == '\\') {
            quoted += '\\';
            quoted += character;
        } else if (byte == '\n') {
            quoted += "\\n";
        } else if (byte < 0x20 || byte >= 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\x%02x", byte);
            quoted += escape;
        } else {
            quoted += character;
        }
    }
    sink.write(quoted + '"');
}

std::string_view operator_text(TokenKind kind) {
    const std::string_view name = token_kind_name(kind);
    return name.substr(1, name.size() - 2);  // without its quotes
}

void write_flags(const Node& node, Sink& sink) {
    if ((node.flags & kFlagConst) != 0) sink.write(" const");
    if ((node.flags & kFlagNative) != 0) sink.write(" native");
    if ((node.flags & kFlagSignature) != 0) sink.write(" signature");
    if ((node.flags & kFlagFrom) != 0) sink.write(" from");
    if (node.kind == NodeKind::boolean_literal) {
        sink.write((node.flags & kFlagTrue) != 0 ? " true" : " false");
    }
}

void write_head(const Node& node, Sink& sink) {
    sink.write("(");
    sink.write(node_kind_name(node.kind));
    write_number(sink, " %lld", node.line);
    write_number(sink, ":%lld", node.column);
    write_flags(node, sink);
    if (node.kind == NodeKind::prefix_expression || node.kind == NodeKind::infix_expression) {
        sink.write(" ");
        sink.write(operator_text(node.operation));
    }
    switch (node_payload(node.kind)) {
        case Payload::text:
            sink.write(" ");
            write_quoted(sink, node.text->view());
            break;
        case Payload::integer:
            write_number(sink, " %lld", node.integer);
            break;
        case Payload::group:
            write_number(sink, " /%lld", static_cast<int64_t>(node.group));
            break;
        case Payload::none:
            break;
    }
}

}  // namespace

void HashSink::write(std::string_view text) {
    for (const char byte : text) {
        hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
    }
}

void print_tree(const Node* tree, Sink& sink) {
    static constexpr std::string_view kSpaces =
        "                                                                ";
    static_assert(kSpaces.size() >= kIndentMax);
    std::vector<Frame> stack;
    write_head(*tree, sink);
    stack.push_back({tree, 0});
    while (!stack.empty()) {
        Frame& top = stack.back();
        if (top.next_child == top.node->child_count) {
            sink.write(")");
            stack.pop_back();
            continue;
        }
        const Node* child = top.node->children()[top.next_child++];
        if (child == nullptr) {
            sink.write(" _");
            continue;
        }
        sink.write("\n");
        sink.write(kSpaces.substr(0, std::min(stack.size(), kIndentMax)));
        write_head(*child, sink);
        stack.push_back({child, 0});
    }
    sink.write("\n");
}

uint64_t tree_hash(const Node* tree) {
    HashSink sink;
    print_tree(tree, sink);
    return sink.hash();
}

std::string format_counts(const Counts& counts) {
    std::string text;
    const auto add = [&text](const char* name, uint64_t value) {
        text += std::string(name) + ' ' + std::to_string(value) + '\n';
    };
    add("lines", counts.lines);
    add("bytes", counts.bytes);
    add("tokens", counts.tokens);
    add("identifiers", counts.identifiers);
    add("strings", counts.strings);
    add("texts", counts.texts);
    add("nodes", counts.nodes);
    add("token_bytes", counts.token_bytes);
    add("identifier_bytes", counts.identifier_bytes);
    add("string_bytes", counts.string_bytes);
    add("node_bytes", counts.node_bytes);
    for (size_t kind = 0; kind < kNodeKinds; ++kind) {
        add(node_kind_name(static_cast<NodeKind>(kind)), counts.nodes_by_kind[kind]);
    }
    return text;
}

}  // namespace fox

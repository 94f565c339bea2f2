#include "stress/fox/memory.h"

#include <cstddef>
#include <new>

namespace fox {

namespace {

// Where a collector finds the references of a node. Its kind tells, but for those whose number of
// children varies: these are read from the node.
void visit_node(void* /*user*/, void* object, size_t /*size*/, MorphSlotVisitor* visitor) {
    auto* node = static_cast<Node*>(object);
    if (node_payload(node->kind) == Payload::text) {
        visitor->visit(visitor, reinterpret_cast<void**>(&node->text));
    }
    Node** children = node->children();
    for (uint32_t i = 0; i < node->child_count; ++i) {
        visitor->visit(visitor, reinterpret_cast<void**>(children + i));
    }
}

constexpr size_t kChildrenFixedMax = 2;

MorphMemTypeInfo describe_node(NodeKind kind, std::array<size_t, kChildrenFixedMax + 1>* offsets) {
    MorphMemTypeInfo info = {};
    info.name = node_kind_name(kind);
    const Arity arity = node_arity(kind);
    if (arity.least != arity.most) {
        info.layout = MORPH_LAYOUT_CUSTOM;
        info.visit = visit_node;
        return info;
    }
    if (node_payload(kind) == Payload::text) (*offsets)[info.offset_count++] = offsetof(Node, text);
    for (size_t i = 0; i < arity.least; ++i) (*offsets)[info.offset_count++] = Node::size_of(i);
    info.offsets = offsets->data();
    if (info.offset_count != 0) info.layout = MORPH_LAYOUT_OFFSETS;
    return info;
}

}  // namespace

bool register_types(MorphMemContext* context, Types* types) {
    bool whole = true;
    // COMPILER mode has no use for layouts, and takes them all the same.
    const auto add = [context, &whole](MorphMemTypeInfo info) {
        const uint32_t type = whole ? morph_mem_register_type(context, &info) : MORPH_TYPE_INVALID;
        whole = whole && type != MORPH_TYPE_INVALID;
        return type;
    };
    const auto data = [](const char* name) {
        MorphMemTypeInfo info = {};
        info.name = name;
        return info;
    };
    static constexpr size_t kTokenText[] = {offsetof(Token, text)};
    MorphMemTypeInfo token = data("token");
    token.layout = MORPH_LAYOUT_OFFSETS;
    token.offsets = kTokenText;
    token.offset_count = 1;
    types->token = add(token);
    types->identifier = add(data("identifier"));
    types->string = add(data("string"));
    types->array = add(data("array"));
    for (size_t kind = 0; kind < kNodeKinds; ++kind) {
        std::array<size_t, kChildrenFixedMax + 1> offsets{};
        types->node[kind] = add(describe_node(static_cast<NodeKind>(kind), &offsets));
    }
    MorphMemTypeInfo pointers = data("array of references");
    pointers.layout = MORPH_LAYOUT_POINTERS;
    types->pointers = add(pointers);
    return whole;
}

Token* Memory::make_token() {
    void* memory = morph_mem_alloc(context_, sizeof(Token), types_.token);
    if (memory == nullptr) return nullptr;
    counts.token_bytes += sizeof(Token);
    return new (memory) Token{};
}

Node* Memory::make_node(NodeKind kind, size_t child_count) {
    const size_t size = Node::size_of(child_count);
    void* memory = morph_mem_alloc(context_, size, types_.node[static_cast<size_t>(kind)]);
    if (memory == nullptr) return nullptr;
    counts.nodes += 1;
    counts.nodes_by_kind[static_cast<size_t>(kind)] += 1;
    counts.node_bytes += size;
    Node* node = new (memory) Node{};
    node->kind = kind;
    node->child_count = static_cast<uint32_t>(child_count);
    return node;
}

Text* Memory::make_text(uint32_t type, size_t length) {
    void* memory = morph_mem_alloc(context_, Text::size_of(length), type);
    if (memory == nullptr) return nullptr;
    Text* text = new (memory) Text{static_cast<uint32_t>(length)};
    text->bytes()[length] = '\0';
    return text;
}

Text* Memory::make_identifier(std::string_view bytes) {
    Text* text = make_text(types_.identifier, bytes.size());
    if (text == nullptr) return nullptr;
    std::memcpy(text->bytes(), bytes.data(), bytes.size());
    counts.identifiers += 1;
    counts.identifier_bytes += Text::size_of(bytes.size());
    return text;
}

Text* Memory::make_string_of(size_t length) {
    Text* text = make_text(types_.string, length);
    if (text == nullptr) return nullptr;
    counts.texts += 1;
    counts.string_bytes += Text::size_of(length);
    return text;
}

Text* Memory::make_string(std::string_view bytes) {
    Text* text = make_string_of(bytes.size());
    if (text != nullptr && !bytes.empty()) {
        std::memcpy(text->bytes(), bytes.data(), bytes.size());
    }
    return text;
}

void* Memory::resize_array(void* array, size_t old_bytes, size_t new_bytes, bool of_pointers) {
    return morph_mem_realloc(context_, array, old_bytes, new_bytes,
                             of_pointers ? types_.pointers : types_.array);
}

void Memory::free_array(void* array) {
    // An array that moved to the arena stays until reset; that is not an error. A collector finds
    // out by itself.
    if (array != nullptr && heap_ == nullptr) (void)morph_mem_free(context_, array);
}

}  // namespace fox

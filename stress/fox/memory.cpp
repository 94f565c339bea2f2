#include "stress/fox/memory.h"

#include <new>

namespace fox {

bool register_types(MorphMemContext* context, Types* types) {
    const auto add = [context](const char* name) {
        const MorphMemTypeInfo info = {name, MORPH_PLACE_BY_SIZE};
        return morph_mem_register_type(context, &info);
    };
    types->token = add("token");
    types->identifier = add("identifier");
    types->string = add("string");
    types->array = add("array");
    bool whole = types->token != MORPH_TYPE_INVALID && types->identifier != MORPH_TYPE_INVALID &&
                 types->string != MORPH_TYPE_INVALID && types->array != MORPH_TYPE_INVALID;
    for (size_t kind = 0; kind < kNodeKinds && whole; ++kind) {
        types->node[kind] = add(node_kind_name(static_cast<NodeKind>(kind)));
        whole = types->node[kind] != MORPH_TYPE_INVALID;
    }
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

void* Memory::resize_array(void* array, size_t old_bytes, size_t new_bytes) {
    return morph_mem_realloc(context_, array, old_bytes, new_bytes, types_.array);
}

void Memory::free_array(void* array) {
    // An array that moved to the arena stays until reset; that is not an error.
    if (array != nullptr) (void)morph_mem_free(context_, array);
}

}  // namespace fox

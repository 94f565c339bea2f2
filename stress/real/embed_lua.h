// What a program that embeds Lua writes to run it on Morph Memory (docs/real-programs.md quotes
// this file).
#pragma once

#include <lua5.4/lua.hpp>

#include "morph/general.h"

namespace real {

// [lua-general]
// A lua_Alloc; its user is a MorphGeneral*.
inline void* lua_on_general(void* user, void* object, size_t /*old_size*/, size_t new_size) {
    auto* memory = static_cast<MorphGeneral*>(user);
    if (new_size == 0) {
        (void)morph_general_free(memory, object);
        return nullptr;
    }
    return morph_general_realloc(memory, object, new_size);
}

// One interpreter; lua_close frees all it has, and morph_general_destroy whatever is left.
inline lua_State* new_lua_on_general(MorphGeneral* memory) {
    return lua_newstate(lua_on_general, memory);
}
// [lua-general]

}  // namespace real

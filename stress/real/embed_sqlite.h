// What a program that embeds SQLite writes to run it on Morph Memory (docs/real-programs.md quotes
// this file). SQLite's hooks get no user pointer and its configuration is the process's, so the
// allocator is the process's, too. SQLite holds a mutex of its own around them unless memory
// statistics are off (SQLITE_CONFIG_MEMSTATUS): leave them on, a MorphGeneral is not thread-safe.
#pragma once

#include <sqlite3.h>

#include "morph/general.h"

namespace real {

// [sqlite-general]
inline MorphGeneral* sqlite_memory = nullptr;

// Before sqlite3_initialize, or after sqlite3_shutdown. SQLITE_OK, or what SQLite says.
inline int set_sqlite_on_general(MorphGeneral* memory) {
    sqlite_memory = memory;
    sqlite3_mem_methods methods = {};
    methods.xMalloc = [](int size) -> void* {
        return morph_general_alloc(sqlite_memory, static_cast<size_t>(size));
    };
    methods.xFree = [](void* object) { (void)morph_general_free(sqlite_memory, object); };
    methods.xRealloc = [](void* object, int size) -> void* {
        return morph_general_realloc(sqlite_memory, object, static_cast<size_t>(size));
    };
    methods.xSize = [](void* object) {
        return static_cast<int>(morph_general_size(sqlite_memory, object));
    };
    methods.xRoundup = [](int size) { return (size + 7) & ~7; };
    methods.xInit = [](void*) { return SQLITE_OK; };
    methods.xShutdown = [](void*) {};
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
// [sqlite-general]

}  // namespace real

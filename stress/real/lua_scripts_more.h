// The texts of scripts that need a page of their own; lua_scripts.cpp has the list.
#pragma once

namespace real {

extern const char* const kErrors;
extern const char* const kCoroutines;
extern const char* const kClosures;
extern const char* const kObjects;
extern const char* const kPack;
extern const char* const kCompile;

}  // namespace real

// What the files with command lines and JSON include (`command_lines` in the Makefile), read by the
// compiler once. As ci/precompiled.h: no file may count on it.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "ci/precompiled.h"

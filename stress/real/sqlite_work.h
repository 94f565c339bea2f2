// SQLite on a Memory.
#pragma once

#include "stress/real/work.h"

namespace real {

// Initialises SQLite, works on a database in memory with `size` rows, closes it, shuts SQLite down.
[[nodiscard]] const Program& sqlite_program();

}  // namespace real

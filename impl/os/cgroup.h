// The memory limit that control groups put on this process.
//
//   /proc/self/cgroup      0::/user/job              v2: the group's path
//                          4:memory:/user/job        v1: one line per hierarchy
//   /proc/self/mountinfo   where each hierarchy is mounted, and which of its directories is the
//                          root of that mount (a container sees only its own part)
//   MOUNT/user/job/memory.max, MOUNT/user/memory.max, MOUNT/memory.max       v2
//   MOUNT/user/job/memory.limit_in_bytes ...                                 v1
//
// The least limit of all levels holds. A group that the mount does not show (a container's path
// seen from inside) counts as the root of the mount.
#pragma once

#include <cstdint>

namespace morph {

// root is put before every path ("" for the real system). 0: no limit, or none that can be read.
uint64_t cgroup_memory_limit(const char* root);

}  // namespace morph

// What of the standard library the sources of impl/ include, read by the compiler once for `asan`
// and `fuzz`. As ci/precompiled.h: no file may count on it, and `release` and `gcc` are without.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <utility>

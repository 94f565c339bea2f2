// Memory of this process as the kernel counts it, in bytes; read without a call of malloc.
#pragma once

#include <cstdint>

namespace compare {

// Brings in every page of code and constants that is mapped from a file. Without that, a page of
// the program that is run for the first time would count as memory of what runs it. To be called
// before what is measured; as far as the system can (elsewhere figures are higher, by up to some 1
// MB).
void bring_in_files();

[[nodiscard]] uint64_t resident_now();
[[nodiscard]] uint64_t resident_peak();  // VmHWM: since the process began

}  // namespace compare

// Canary: a target of bytes that must find something: it does not survive a word in its input.
// Proves that the machinery of `make fuzz` finds, shrinks, keeps and fails (ci/fuzz_test.py).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.find("coal") == std::string_view::npos) return 0;
    std::fprintf(stderr, "finding: canary: the word is there\n");
    std::abort();
}

// The parts of a written C++ program (cpp_program.h) that are the same in each.
#pragma once

namespace suite {

inline constexpr const char* kHead = R"(
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

)";

// What every written program has; N is the number of objects and marks, filled in before.
inline constexpr const char* kHelpers = R"(
[[maybe_unused]] static unsigned char outside[128];  // memory that the allocator never gave out
static unsigned char* object[kObjects];
static size_t object_size[kObjects];
static int problems;

[[maybe_unused]] static void problem(const char* what, size_t index) {
    std::printf("object %zu: %s\n", index, what);
    ++problems;
}

[[maybe_unused]] static size_t filled(size_t size) { return size < 65536 ? size : 65536; }

[[maybe_unused]] static unsigned char pattern(size_t index, size_t at) {
    return static_cast<unsigned char>(index * 37 + at * 11 + 1);
}

[[maybe_unused]] static void fill(size_t index, size_t size) {
    object_size[index] = size;
    for (size_t at = 0; at < filled(size); ++at) object[index][at] = pattern(index, at);
}

[[maybe_unused]] static void check(size_t index) {
    if (object[index] == nullptr) return;
    for (size_t at = 0; at < filled(object_size[index]); ++at) {
        if (object[index][at] != pattern(index, at)) return problem("contents changed", index);
    }
}

[[maybe_unused]] static void forget(size_t index) { object_size[index] = 0; }

[[maybe_unused]] static void forget_from(size_t first) {
    for (size_t i = first; i < kObjects; ++i) forget(i);
}

[[maybe_unused]] static void check_all() {
    for (size_t i = 0; i < kObjects; ++i) check(i);
}

// An object just allocated: says so when it is NULL, checks what was promised, and fills it.
[[maybe_unused]] static void take(size_t index, void* given, size_t size, size_t alignment,
                                  bool zeroed) {
    object[index] = static_cast<unsigned char*>(given);
    if (given == nullptr) {
        std::printf("object %zu of %zu bytes: NULL\n", index, size);
        return;
    }
    if (reinterpret_cast<uintptr_t>(given) % alignment != 0) problem("misaligned", index);
    for (size_t at = 0; zeroed && at < filled(size); ++at) {
        if (object[index][at] != 0) {
            problem("not zeroed", index);
            break;
        }
    }
    fill(index, size);
}

// An object that changed its size: keeps the bytes that both sizes have.
[[maybe_unused]] static void moved(size_t from, size_t to, void* given, size_t size) {
    if (given == nullptr) {
        std::printf("object %zu to %zu bytes: NULL\n", from, size);
        return;
    }
    object[to] = static_cast<unsigned char*>(given);
    const size_t kept = object_size[from] < size ? object_size[from] : size;
    for (size_t at = 0; at < filled(kept); ++at) {
        if (object[to][at] != pattern(from, at)) {
            problem("contents lost by a change of size", from);
            break;
        }
    }
    forget(from);
    fill(to, size);
}
)";

// What programs on the library's own interfaces have beyond that.
inline constexpr const char* kMorphHelpers = R"(
static size_t requests;
static size_t mapped;

static bool request(void*, size_t bytes) {
    const size_t index = requests++;
    for (size_t refused : kRefused) {
        if (refused == index) return false;
    }
    mapped += bytes;
    return true;
}

static void returned(void*, size_t bytes) { mapped -= bytes; }

static MorphMemoryLimits limits = {0, request, returned, nullptr};

static void report(void*, const MorphReport* seen) { std::printf("report: %s\n", seen->text); }

[[maybe_unused]] static void code(MorphCode given) {
    if (given != MORPH_OK) std::printf("gave %s\n", morph_code_name(given));
}

[[maybe_unused]] static void verify(MorphCode given, MorphError error) {
    if (given == MORPH_OK) return;
    std::printf("verify: %s\n", error.text);
    ++problems;
}

[[maybe_unused]] static void query(bool allocated) {
    std::printf("query: %s\n", allocated ? "allocated" : "not allocated");
}

[[maybe_unused]] static void check_returned() {
    if (mapped == 0) return;
    std::printf("%zu bytes are not returned\n", mapped);
    ++problems;
}
)";

}  // namespace suite

// What the tests of this room share: a context that closes itself, a source that can fail, reports
// that are kept.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

#include "morph/mem.h"

namespace morph {

// The seam for injected failure, and the ledger of what was granted.
struct Ledger {
    size_t granted = 0;
    size_t requests = 0;
    size_t refuse_from = SIZE_MAX;  // index of the first request refused ...
    size_t refuse_count = 0;        // ... and how many

    MorphMemoryLimits limits(size_t bytes_max = 0) {
        return {bytes_max,
                [](void* user, size_t bytes) {
                    auto* ledger = static_cast<Ledger*>(user);
                    size_t index = ledger->requests++;
                    if (index >= ledger->refuse_from &&
                        index - ledger->refuse_from < ledger->refuse_count) {
                        return false;
                    }
                    ledger->granted += bytes;
                    return true;
                },
                [](void* user, size_t bytes) { static_cast<Ledger*>(user)->granted -= bytes; },
                this};
    }
    void refuse_next(size_t count) {
        refuse_from = requests;
        refuse_count = count;
    }
    void grant_all() { refuse_count = 0; }
};

struct KeptReport {
    MorphReportKind kind;
    const void* address;
    size_t size;
    uint32_t type;
    std::string text;
};

// Environment variables set for the time of a test.
class Variable {
 public:
    Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { unsetenv(name_); }

 private:
    const char* name_;
};

class ContextTest : public testing::Test {
 protected:
    ContextTest() {
        unsetenv("MORPH_MEM_DEBUG");
        unsetenv("MORPH_MEM_STATS");
        for (const char* name : {"MORPH_MEM_V2", "MORPH_MEM_V1_THRESHOLD", "MORPH_MEM_V1_DEATH_LOG",
                                 "MORPH_MEM_V1_DAEMON", "MORPH_MEM_V1_SWAP"}) {
            unsetenv(name);
        }
        config = MORPH_CONFIG_COMPILER;
        config.memory = ledger.limits();
        config.report = [](void* user, const MorphReport* report) {
            static_cast<ContextTest*>(user)->reports.push_back(
                {report->kind, report->address, report->size, report->type, report->text});
        };
        config.report_user = this;
    }
    ~ContextTest() override {
        close();
        EXPECT_EQ(ledger.granted, 0u) << "bytes not returned";
    }

    void open() {
        context = morph_mem_init(&config);
        ASSERT_NE(context, nullptr) << morph_creation_error().text;
    }
    MorphCode close() {
        MorphCode code = morph_mem_destroy(context);
        context = nullptr;
        return code;
    }
    uint32_t add_type(const char* name, MorphMemPlacement placement = MORPH_PLACE_BY_SIZE) {
        MorphMemTypeInfo info = {};
        info.name = name;
        info.placement = placement;
        return morph_mem_register_type(context, &info);
    }
    MorphMemStats stats() {
        MorphMemStats figures;
        EXPECT_EQ(morph_mem_get_stats(context, &figures), MORPH_OK);
        return figures;
    }
    MorphMemTypeStats type_stats(uint32_t type) {
        MorphMemTypeStats figures;
        EXPECT_EQ(morph_mem_get_type_stats(context, type, &figures), MORPH_OK);
        return figures;
    }
    MorphError error() { return morph_mem_last_error(context); }
    std::string formatted(MorphMemFormat format) {
        std::string text(morph_mem_format_stats(context, format, nullptr, 0) + 1, 'x');
        size_t length = morph_mem_format_stats(context, format, text.data(), text.size());
        EXPECT_EQ(length + 1, text.size());
        EXPECT_EQ(text.back(), '\0');
        text.resize(length);
        return text;
    }
    void verify() { EXPECT_EQ(morph_mem_verify(context), MORPH_OK) << error().text; }

    Ledger ledger;
    MorphMemConfig config;
    MorphMemContext* context = nullptr;
    std::vector<KeptReport> reports;
};

// Objects that know their contents.
class ObjectTest : public ContextTest {
 protected:
    unsigned char* make(size_t size, uint32_t type = 0,
                        MorphMemPlacement placement = MORPH_PLACE_BY_SIZE) {
        auto* object =
            static_cast<unsigned char*>(morph_mem_alloc_with(context, size, 8, type, placement));
        EXPECT_NE(object, nullptr);
        for (size_t i = 0; i < size; ++i) object[i] = static_cast<unsigned char>(i * 7 + 1);
        return object;
    }
    static bool intact(const unsigned char* object, size_t size) {
        for (size_t i = 0; i < size; ++i) {
            if (object[i] != static_cast<unsigned char>(i * 7 + 1)) return false;
        }
        return true;
    }
    unsigned char* resize(void* object, size_t old_size, size_t new_size, uint32_t type = 0) {
        return static_cast<unsigned char*>(
            morph_mem_realloc(context, object, old_size, new_size, type));
    }
};

// A directory of its own, and a context with some of everything.
class FileTest : public ContextTest {
 protected:
    FileTest() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "morph-stats-XXXXXX").string();
        directory_ = mkdtemp(pattern.data());
    }
    ~FileTest() override { std::filesystem::remove_all(directory_); }

    // Some of everything, under the name given.
    uint32_t populate(const char* name) {
        uint32_t type = add_type(name);
        void* first = morph_mem_alloc(context, 100, type);
        morph_mem_alloc(context, 24, type);
        morph_mem_alloc(context, 5000, 0);
        morph_mem_free(context, first);
        morph_mem_alloc(context, 1, 999);
        return type;
    }
    static std::string contents(const std::string& path) {
        std::ifstream stream(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    size_t files_left() const {
        std::filesystem::directory_iterator begin(directory_);
        return static_cast<size_t>(std::distance(begin, {}));
    }

    std::string directory_;
};

inline void expect_counts(const MorphMemCounts& counts, uint64_t allocations, uint64_t frees,
                          uint64_t bytes_allocated, uint64_t bytes_freed) {
    EXPECT_EQ(counts.allocations, allocations);
    EXPECT_EQ(counts.frees, frees);
    EXPECT_EQ(counts.bytes_allocated, bytes_allocated);
    EXPECT_EQ(counts.bytes_freed, bytes_freed);
    EXPECT_EQ(counts.objects_live, allocations - frees);
    EXPECT_EQ(counts.bytes_live, bytes_allocated - bytes_freed);
}

inline bool same_figures(const MorphMemStats& left, const MorphMemStats& right) {
    auto same_counts = [](const MorphMemCounts& a, const MorphMemCounts& b) {
        return a.allocations == b.allocations && a.frees == b.frees &&
               a.bytes_allocated == b.bytes_allocated && a.bytes_freed == b.bytes_freed;
    };
    return same_counts(left.total, right.total) && same_counts(left.pool, right.pool) &&
           same_counts(left.arena, right.arena) && left.bytes_live_peak == right.bytes_live_peak &&
           left.resizes == right.resizes && left.resets == right.resets &&
           left.types == right.types && left.bytes_mapped == right.bytes_mapped &&
           left.arena_bytes_used == right.arena_bytes_used;
}

}  // namespace morph

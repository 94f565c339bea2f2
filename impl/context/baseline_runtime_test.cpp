// RUNTIME mode on V1: nothing moves, each collection is a full one; options at work; statistics.
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "chunk/memory_marks.h"
#include "context/baseline_for_tests.h"

namespace {

using morph::Node;
using nlohmann::json;
using BaselineRuntime = morph::BaselineRuntimeTest;

TEST_F(BaselineRuntime, KeepsWhatRootsReachAndMovesNothing) {
    open();
    EXPECT_TRUE(stats().v1);
    EXPECT_NE(morph_mem_heap(context), nullptr);
    Node* list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    grow(&list, 100);
    Node* first = list;
    for (uint64_t i = 0; i < 20000; ++i) ASSERT_NE(make(i), nullptr);
    EXPECT_EQ(list, first);
    EXPECT_EQ(length(list), 100u);
    EXPECT_GT(stats().heap.major.count, 10u);
    EXPECT_EQ(stats().heap.minor.count, 0u);
    ASSERT_EQ(morph_mem_gc_collect_minor(context), MORPH_OK);
    EXPECT_EQ(stats().total.objects_live, 100u);
    ASSERT_EQ(morph_mem_gc_pop_roots(context, 1), MORPH_OK);
    verify();
    expect_exact();
}

TEST_F(BaselineRuntime, FreeIsTheCollectors) {
    open();
    Node* made = make(1);
    EXPECT_EQ(morph_mem_free(context, nullptr), MORPH_OK);
    EXPECT_EQ(morph_mem_free(context, made), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(stats().failures, 1u);
}

TEST_F(BaselineRuntime, ReallocatesAsTheHeapResizes) {
    open();
    uint32_t text = add_type("text");
    auto* object = static_cast<unsigned char*>(morph_mem_alloc(context, 40, text));
    memset(object, 7, 40);
    EXPECT_EQ(morph_mem_realloc(context, object, 39, 80, text), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_WRONG_SIZE);
    EXPECT_EQ(morph_mem_realloc(context, object, 40, 80, 0), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
    auto* larger = static_cast<unsigned char*>(morph_mem_realloc(context, object, 40, 80, text));
    ASSERT_NE(larger, nullptr);
    EXPECT_EQ(std::count(larger, larger + 40, 7), 40);
    EXPECT_EQ(std::count(larger + 40, larger + 80, 0), 40);
    morph_mem_reset(context);
    EXPECT_EQ(stats().total.objects_live, 0u);
    EXPECT_EQ(stats().resets, 1u);
}

TEST_F(BaselineRuntime, ItsThresholdIsItsOwn) {
    config.v1.threshold = 0;
    config.gc_threshold = 123456;
    open();
    EXPECT_EQ(stats().heap.major_threshold, 8u << 20) << "gc_threshold is the other system's";
}

TEST_F(BaselineRuntime, AllFormatsSayWhichSystemServes) {
    for (MorphMemMode mode : {MORPH_MODE_RUNTIME, MORPH_MODE_COMPILER}) {
        bool runtime = mode == MORPH_MODE_RUNTIME;
        MorphMemConfig preset = runtime ? MORPH_CONFIG_RUNTIME : MORPH_CONFIG_COMPILER;
        preset.memory = config.memory;
        preset.enable_v1 = true;
        preset.v1.threshold = 4096;
        config = preset;
        ContextTest::open();
        uint32_t type = add_type("shown", MORPH_PLACE_ARENA);
        for (int i = 0; i < 1000; ++i) ASSERT_NE(morph_mem_alloc(context, 24, type), nullptr);
        MorphMemStats figures = stats();
        json parsed = json::parse(formatted(MORPH_FORMAT_JSON));
        EXPECT_EQ(parsed["v1"], true);
        EXPECT_EQ(parsed["mode"], runtime ? "runtime" : "compiler");
        EXPECT_EQ(parsed["total"]["allocations"], 1000);
        EXPECT_EQ(parsed["heap"]["major"]["count"], figures.heap.major.count);
        EXPECT_EQ(parsed["heap"]["timeline"].size(),
                  std::min<size_t>(figures.heap.major.count, MORPH_TIMELINE_SAMPLES));
        EXPECT_EQ(parsed["by_type"][0].contains("placement"), !runtime);
        if (!runtime) {
            EXPECT_EQ(parsed["by_type"][0]["placement"], "arena");
        }
        std::string csv = formatted(MORPH_FORMAT_CSV);
        EXPECT_NE(csv.find("context,,,v1,1\r\n"), std::string::npos);
        EXPECT_NE(csv.find("heap,,,major_threshold,"), std::string::npos);
        std::string text = formatted(MORPH_FORMAT_TEXT);
        EXPECT_NE(text.find("\nsystem: V1\n"), std::string::npos);
        EXPECT_NE(text.find("shown"), std::string::npos);
        for (const char* room : {"\npools", "\narena", "\nyoung"}) {
            EXPECT_EQ(text.find(std::string(room) + " "), std::string::npos) << text;
        }
        close();
    }
}

// ---------------------------------------------------------------------------------- options

class BaselineOptions : public morph::BaselineRuntimeTest {
 protected:
    BaselineOptions() {
        config.v1.threshold = 64 << 20;
        config.v1.daemon = true;
        config.v1.daemon_interval_ms = 1;
        config.v1.idle_ms = 5;
        config.v1.swap_after_ms = 1;
    }
    // Allocates a little now and then until it has happened; bounded generously.
    template <typename Condition>
    bool allocating_until(Condition condition) {
        for (int step = 0; step < 3000; ++step) {
            if (condition()) return true;
            usleep(10000);
            if (morph_mem_alloc(context, 8, 0) == nullptr) return false;
        }
        return false;
    }

    morph::DirectoryForTests directory_;
};

TEST_F(BaselineOptions, AnIdleProgramCollectsInItsNextAllocation) {
    open();
    for (int i = 0; i < 3000; ++i) ASSERT_NE(morph_mem_alloc(context, 1000, 0), nullptr);
    // On a slow machine it may have come while they were allocated, and come again.
    EXPECT_TRUE(allocating_until(
        [this] { return stats().heap.major.count > 0 && stats().total.bytes_live < 1u << 20; }));
    verify();
}

TEST_F(BaselineOptions, SwappedPagesKeepTheirObjects) {
    config.v1.swap_directory = directory_.path().c_str();
    context = morph_mem_init(&config);
    if (context == nullptr && morph::marks_active()) {
        ASSERT_EQ(morph_creation_error().code, MORPH_ERROR_UNSUPPORTED);
        GTEST_SKIP() << morph_creation_error().text;
    }
    ASSERT_NE(context, nullptr) << morph_creation_error().text;
    node = add_nodes("node");
    EXPECT_EQ(directory_.files(), 0u);
    Node* list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    grow(&list, 20000);
    // Pages that were not allocated in for a while go out; they are touched, changed, collected
    // over, and go out again.
    for (uint64_t round = 0; round < 5; ++round) {
        usleep(20000);
        ASSERT_TRUE(allocating_until([&, tries = 0]() mutable { return ++tries > 3; }));
        uint64_t expected = 20000;
        for (Node* at = list; at != nullptr; at = at->right) {
            expected -= 1;
            ASSERT_EQ(at->value, expected + round);
            at->value += 1;
        }
        ASSERT_EQ(expected, 0u);
        ASSERT_EQ(morph_mem_gc_collect(context), MORPH_OK);
        verify();
        expect_exact();
    }
    EXPECT_EQ(length(list), 20000u);
    ASSERT_EQ(morph_mem_gc_pop_roots(context, 1), MORPH_OK);
    list = nullptr;
    ASSERT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    grow(&list, 100);
    verify();
}

TEST_F(BaselineOptions, SwappingWorksInCompilerModeAsWell) {
    MorphMemConfig compiler = MORPH_CONFIG_COMPILER;
    compiler.memory = config.memory;
    compiler.enable_v1 = true;
    compiler.v1 = config.v1;
    compiler.v1.swap_directory = directory_.path().c_str();
    config = compiler;
    context = morph_mem_init(&config);
    if (context == nullptr && morph::marks_active()) {
        GTEST_SKIP() << morph_creation_error().text;
    }
    ASSERT_NE(context, nullptr) << morph_creation_error().text;
    std::vector<unsigned char*> objects;
    for (size_t i = 0; i < 500; ++i) {
        size_t size = i % 50 == 0 ? 20000 : 700;  // some have a mapping of their own
        objects.push_back(static_cast<unsigned char*>(morph_mem_alloc(context, size, 0)));
        ASSERT_NE(objects.back(), nullptr);
        memset(objects.back(), static_cast<int>(i % 251), size);
    }
    for (int round = 0; round < 3; ++round) {
        ASSERT_TRUE(allocating_until([tries = 0]() mutable { return ++tries > 5; }));
        for (size_t i = 0; i < objects.size(); ++i) {
            size_t size = i % 50 == 0 ? 20000 : 700;
            auto value = static_cast<unsigned char>(i % 251);
            ASSERT_EQ(std::count(objects[i], objects[i] + size, value), size) << i;
        }
    }
    for (unsigned char* object : objects) ASSERT_EQ(morph_mem_free(context, object), MORPH_OK);
    morph_mem_reset(context);
    ASSERT_TRUE(allocating_until([tries = 0]() mutable { return ++tries > 5; }));
    verify();
}

// A program of its own environment: what a user does with MORPH_MEM_V2=0.
TEST(BaselineProgram, RunsUnchangedWhenTheEnvironmentAsks) {
    for (const char* stats : {"compiler.json", "runtime.json"}) {
        morph::DirectoryForTests directory;
        std::string path = directory.file(stats);
        bool runtime = stats[0] == 'r';
        pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            setenv("MORPH_MEM_V2", "0", 1);
            setenv("MORPH_MEM_STATS", path.c_str(), 1);
            unsetenv("MORPH_MEM_DEBUG");
            MorphMemContext* memory =
                morph_mem_init(runtime ? &MORPH_CONFIG_RUNTIME : &MORPH_CONFIG_COMPILER);
            if (memory == nullptr) _exit(1);
            for (size_t i = 0; i < 1000; ++i) {
                if (morph_mem_alloc(memory, i, 0) == nullptr) _exit(2);
            }
            _exit(morph_mem_destroy(memory) == MORPH_OK ? 7 : 3);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 7);
        json parsed = json::parse(directory.contents(stats));
        EXPECT_EQ(parsed["v1"], true);
        EXPECT_EQ(parsed["mode"], runtime ? "runtime" : "compiler");
        EXPECT_EQ(parsed["total"]["allocations"], 1000);
    }
}

}  // namespace

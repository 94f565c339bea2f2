// The heap's section of the statistics.
#include "context/format_heap.h"

#include <nlohmann/json.hpp>

#include "context/runtime_for_tests.h"

namespace {

using morph::Node;
using nlohmann::json;
using FormatHeap = morph::RuntimeTest;

json pauses_json(const MorphPauses& pauses) {
    return {{"count", pauses.count},   {"total_ns", pauses.total_ns}, {"p50_ns", pauses.p50_ns},
            {"p90_ns", pauses.p90_ns}, {"p99_ns", pauses.p99_ns},     {"max_ns", pauses.max_ns}};
}

TEST_F(FormatHeap, JsonHoldsEveryFigureAndTheTimeline) {
    open();
    Node* list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    grow(&list, 3000);
    ASSERT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    MorphMemStats figures = stats();
    json parsed = json::parse(formatted(MORPH_FORMAT_JSON));
    EXPECT_EQ(parsed["mode"], "runtime");
    EXPECT_EQ(parsed["bytes_mapped"], figures.bytes_mapped);
    EXPECT_EQ(parsed["total"]["objects_live"], 3000);
    const json& heap = parsed["heap"];
    uint64_t collections = figures.heap.minor.count + figures.heap.major.count;
    EXPECT_EQ(heap["collections"], collections);
    EXPECT_EQ(heap["objects_reclaimed"], figures.total.frees);
    EXPECT_EQ(heap["bytes_reclaimed"], figures.total.bytes_freed);
    EXPECT_EQ(heap["objects_promoted"], figures.heap.objects_promoted);
    EXPECT_EQ(heap["bytes_promoted"], figures.heap.bytes_promoted);
    EXPECT_EQ(heap["objects_survived"], figures.heap.objects_survived);
    EXPECT_EQ(heap["survivor_bytes_used"], figures.heap.survivor_bytes_used);
    EXPECT_EQ(heap["old_bytes"], figures.heap.old_bytes);
    EXPECT_EQ(heap["large_objects"], 0);
    EXPECT_EQ(heap["roots"], 1);
    EXPECT_EQ(heap["nursery_bytes"], 16384);
    EXPECT_EQ(heap["young"]["objects_live"], figures.heap.young.objects_live);
    EXPECT_EQ(heap["minor"], pauses_json(figures.heap.minor));
    EXPECT_EQ(heap["major"], pauses_json(figures.heap.major));
    ASSERT_EQ(heap["timeline"].size(), std::min<size_t>(collections, MORPH_TIMELINE_SAMPLES));
    EXPECT_EQ(heap["timeline"].front()["major"], false);
    EXPECT_EQ(heap["timeline"].back()["major"], true);
    EXPECT_EQ(heap["timeline"].back()["bytes_live_after"], 3000 * sizeof(Node));
    EXPECT_EQ(parsed["by_type"][0]["layout"], "offsets");
    EXPECT_FALSE(parsed["by_type"][0].contains("placement"));
}

TEST_F(FormatHeap, CsvAndTextHoldTheSame) {
    open();
    ASSERT_NE(make(1), nullptr);
    ASSERT_EQ(morph_mem_gc_collect_minor(context), MORPH_OK);
    std::string csv = formatted(MORPH_FORMAT_CSV);
    for (const char* row :
         {"heap,,,collections,1\r\n", "heap,,,objects_reclaimed,1\r\n", "minor,,,count,1\r\n",
          "major,,,count,0\r\n", "young,,,allocations,1\r\n", "heap,,,nursery_bytes,16384\r\n"}) {
        EXPECT_NE(csv.find(row), std::string::npos) << row;
    }
    std::string text = formatted(MORPH_FORMAT_TEXT);
    EXPECT_EQ(text.find("morph memory, runtime mode\n"), 0u);
    for (const char* part :
         {"nursery_bytes", "16,384", "collections", "minor", "p99 ns", "young"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part;
    }
    EXPECT_EQ(text.find("pools"), std::string::npos);
}

TEST_F(FormatHeap, WithoutMetricsOnlyMemoryIsShown) {
    config.enable_metrics = false;
    open();
    ASSERT_NE(make(1), nullptr);
    ASSERT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    json parsed = json::parse(formatted(MORPH_FORMAT_JSON));
    EXPECT_EQ(parsed["heap"]["timeline"], json::array());
    EXPECT_EQ(parsed["heap"]["collections"], 0);
    EXPECT_EQ(parsed["heap"]["nursery_bytes"], 16384);
    EXPECT_EQ(formatted(MORPH_FORMAT_TEXT).find("p99"), std::string::npos);
}

TEST_F(FormatHeap, TheEnvironmentAsksForADumpAtDestroy) {
    std::string pattern = (std::filesystem::temp_directory_path() / "morph-heap-XXXXXX").string();
    std::string directory = mkdtemp(pattern.data());
    std::string path = directory + "/stats.json";
    {
        morph::Variable variable("MORPH_MEM_STATS", path.c_str());
        open();
    }
    ASSERT_NE(make(1), nullptr);
    EXPECT_EQ(close(), MORPH_OK);
    std::ifstream stream(path);
    json parsed = json::parse(stream);
    EXPECT_EQ(parsed["total"]["allocations"], 1);
    EXPECT_EQ(parsed["heap"]["collections"], 0);
    std::filesystem::remove_all(directory);
}

TEST_F(FormatHeap, LayoutsHaveNames) {
    const char* const names[] = {"data", "offsets", "pointers", "structs", "custom", "weak"};
    for (unsigned layout = 0; layout < 6; ++layout) {
        EXPECT_STREQ(morph::layout_name(static_cast<MorphLayout>(layout)), names[layout]);
    }
}

}  // namespace

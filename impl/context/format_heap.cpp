#include "context/format_heap.h"

namespace morph {
namespace {

// In the order in which all formats give them.
struct HeapFigures {
    explicit HeapFigures(const MorphHeapStats& stats)
        : list{{"collections", stats.minor.count + stats.major.count},
               {"collections_forced", stats.collections_forced},
               {"objects_reclaimed", stats.counts.frees},
               {"bytes_reclaimed", stats.counts.bytes_freed},
               {"objects_promoted", stats.objects_promoted},
               {"bytes_promoted", stats.bytes_promoted},
               {"objects_promoted_early", stats.objects_promoted_early},
               {"objects_survived", stats.objects_survived},
               {"objects_pretenured", stats.objects_pretenured},
               {"logged", stats.logged},
               {"remembered", stats.remembered},
               {"remembered_overflows", stats.remembered_overflows},
               {"mark_overflows", stats.mark_overflows},
               {"promotions_refused", stats.promotions_refused},
               {"weak_references", stats.weak_references},
               {"weak_cleared", stats.weak_cleared},
               {"finalizers", stats.finalizers},
               {"finalizers_run", stats.finalizers_run},
               {"roots", stats.roots},
               {"global_roots", stats.global_roots},
               {"nursery_bytes", stats.nursery_bytes},
               {"survivor_bytes", stats.survivor_bytes},
               {"survivor_bytes_used", stats.survivor_bytes_used},
               {"major_threshold", stats.major_threshold},
               {"old_bytes", stats.old_bytes},
               {"old_blocks", stats.old_blocks},
               {"old_runs", stats.old_runs},
               {"large_objects", stats.large_objects},
               {"young_bytes_mapped", stats.young_bytes_mapped},
               {"old_bytes_mapped", stats.old_bytes_mapped},
               {"large_bytes_mapped", stats.large_bytes_mapped},
               {"metadata_bytes_mapped", stats.metadata_bytes_mapped}} {}
    Figure list[32];
};

struct PauseFigures {
    explicit PauseFigures(const MorphPauses& pauses)
        : list{{"count", pauses.count},   {"total_ns", pauses.total_ns},
               {"p50_ns", pauses.p50_ns}, {"p90_ns", pauses.p90_ns},
               {"p99_ns", pauses.p99_ns}, {"max_ns", pauses.max_ns}} {}
    Figure list[6];
};

void json_object(Writer& writer, const char* name, std::span<const Figure> figures) {
    writer.text(",\n    \"");
    writer.text(name);
    writer.text("\": {");
    json_figures(writer, figures);
    writer.text("}");
}

void json_timeline(Writer& writer, const RuntimeContext& context) {
    MorphTimelineSample samples[MORPH_TIMELINE_SAMPLES];
    size_t count = context.timeline(samples, MORPH_TIMELINE_SAMPLES);
    writer.text(",\n    \"timeline\": [");
    for (size_t index = 0; index < count; ++index) {
        const MorphTimelineSample& sample = samples[index];
        const Figure figures[] = {{"at_ns", sample.at_ns},
                                  {"pause_ns", sample.pause_ns},
                                  {"bytes_live_before", sample.bytes_live_before},
                                  {"bytes_live_after", sample.bytes_live_after},
                                  {"bytes_mapped", sample.bytes_mapped}};
        writer.text(index == 0 ? "\n      {" : ",\n      {");
        json_figures(writer, figures);
        writer.text(", \"major\": ");
        writer.text(yes_no(sample.major));
        writer.text("}");
    }
    writer.text(count == 0 ? "]" : "\n    ]");
}

void text_pauses(Writer& writer, const char* name, const MorphPauses& pauses) {
    const uint64_t values[] = {pauses.count,  pauses.total_ns, pauses.p50_ns,
                               pauses.p90_ns, pauses.p99_ns,   pauses.max_ns};
    text_values(writer, name, values);
}

}  // namespace

void json_heap(Writer& writer, const RuntimeContext& context, const MorphHeapStats& stats) {
    writer.text("  \"heap\": {\n    ");
    json_figures(writer, HeapFigures(stats).list);
    writer.text(",\n    \"young\": {");
    json_counts(writer, stats.young);
    writer.text("}");
    json_object(writer, "minor", PauseFigures(stats.minor).list);
    json_object(writer, "major", PauseFigures(stats.major).list);
    json_timeline(writer, context);
    writer.text("\n  },\n");
}

void csv_heap(Writer& writer, const MorphHeapStats& stats) {
    csv_figures(writer, "heap", HeapFigures(stats).list);
    csv_section(writer, "young", stats.young);
    csv_figures(writer, "minor", PauseFigures(stats.minor).list);
    csv_figures(writer, "major", PauseFigures(stats.major).list);
}

void text_heap(Writer& writer, const MorphHeapStats& stats, bool counted) {
    writer.text("heap\n");
    text_figures(writer, HeapFigures(stats).list);
    if (!counted) return;
    constexpr const char* kHeadings[] = {"number", "total ns", "p50 ns",
                                         "p90 ns", "p99 ns",   "max ns"};
    text_headings(writer, "collections", kHeadings);
    text_pauses(writer, "minor", stats.minor);
    text_pauses(writer, "major", stats.major);
}

const char* layout_name(MorphLayout layout) {
    switch (layout) {
        case MORPH_LAYOUT_DATA:
            return "data";
        case MORPH_LAYOUT_OFFSETS:
            return "offsets";
        case MORPH_LAYOUT_POINTERS:
            return "pointers";
        case MORPH_LAYOUT_STRUCTS:
            return "structs";
        case MORPH_LAYOUT_CUSTOM:
            return "custom";
        case MORPH_LAYOUT_WEAK:
            return "weak";
    }
    return "unknown";  // unreachable: registering a type refuses other layouts
}

}  // namespace morph

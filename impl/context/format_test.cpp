// Statistics as text, JSON and CSV; to buffers and streams.
#include "context/format.h"

#include <map>
#include <nlohmann/json.hpp>

#include "context/testing.h"

namespace {

using nlohmann::json;

using Format = morph::FileTest;

// RFC 4180, strictly.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
    std::vector<std::vector<std::string>> rows;
    size_t at = 0;
    while (at < text.size()) {
        std::vector<std::string> row(1);
        for (;;) {
            if (at < text.size() && text[at] == '"') {
                for (at += 1;; at += 1) {
                    EXPECT_LT(at, text.size()) << "open quote";
                    if (at >= text.size()) return rows;
                    if (text[at] == '"') {
                        if (at + 1 >= text.size() || text[at + 1] != '"') break;
                        at += 1;
                    }
                    row.back() += text[at];
                }
                at += 1;
            } else {
                while (at < text.size() && text[at] != ',' && text[at] != '\r') {
                    row.back() += text[at++];
                }
            }
            if (at < text.size() && text[at] == ',') {
                at += 1;
                row.emplace_back();
                continue;
            }
            EXPECT_EQ(text.substr(at, 2), "\r\n");
            at += 2;
            break;
        }
        rows.push_back(row);
    }
    return rows;
}

json counts_json(const MorphMemCounts& counts) {
    return {{"allocations", counts.allocations},         {"frees", counts.frees},
            {"bytes_allocated", counts.bytes_allocated}, {"bytes_freed", counts.bytes_freed},
            {"objects_live", counts.objects_live},       {"bytes_live", counts.bytes_live}};
}

TEST_F(Format, JsonHoldsEveryFigure) {
    open();
    uint32_t type = populate("token");
    MorphMemStats figures = stats();
    json parsed = json::parse(formatted(MORPH_FORMAT_JSON));
    EXPECT_EQ(parsed["mode"], "compiler");
    EXPECT_EQ(parsed["metrics"], true);
    EXPECT_EQ(parsed["v1"], false);
    EXPECT_FALSE(parsed.contains("heap"));
    EXPECT_EQ(parsed["total"], counts_json(figures.total));
    EXPECT_EQ(parsed["pool"], counts_json(figures.pool));
    EXPECT_EQ(parsed["arena"], counts_json(figures.arena));
    EXPECT_EQ(parsed["bytes_live_peak"], figures.bytes_live_peak);
    EXPECT_EQ(parsed["resizes"], figures.resizes);
    EXPECT_EQ(parsed["resets"], figures.resets);
    EXPECT_EQ(parsed["failures"], 1);
    EXPECT_EQ(parsed["types"], 2);
    EXPECT_EQ(parsed["bytes_mapped"], figures.bytes_mapped);
    EXPECT_EQ(parsed["bytes_mapped_peak"], figures.bytes_mapped_peak);
    EXPECT_EQ(parsed["pool_bytes_mapped"], figures.pool_bytes_mapped);
    EXPECT_EQ(parsed["arena_bytes_mapped"], figures.arena_bytes_mapped);
    EXPECT_EQ(parsed["metadata_bytes_mapped"], figures.metadata_bytes_mapped);
    EXPECT_EQ(parsed["arena_bytes_used"], 5000);
    EXPECT_EQ(parsed["arena_bytes_reserved"], figures.arena_bytes_reserved);
    ASSERT_EQ(parsed["by_type"].size(), 2u);
    json expected = counts_json(type_stats(type).counts);
    expected["id"] = type;
    expected["name"] = "token";
    expected["placement"] = "by size";
    EXPECT_EQ(parsed["by_type"][1], expected);
}

TEST_F(Format, CsvHoldsEveryFigure) {
    open();
    uint32_t type = populate("token");
    MorphMemStats figures = stats();
    auto rows = parse_csv(formatted(MORPH_FORMAT_CSV));
    EXPECT_EQ(rows[0], (std::vector<std::string>{"section", "id", "name", "figure", "value"}));
    std::map<std::string, std::string> values;
    for (const auto& row : rows) {
        ASSERT_EQ(row.size(), 5u);
        values[row[0] + "/" + row[1] + "/" + row[2] + "/" + row[3]] = row[4];
    }
    EXPECT_EQ(values.size(), rows.size()) << "no row twice";
    EXPECT_EQ(values["context///bytes_mapped"], std::to_string(figures.bytes_mapped));
    EXPECT_EQ(values["context///v1"], "0");
    EXPECT_EQ(values["total///allocations"], "3");
    EXPECT_EQ(values["pool///bytes_live"], "24");
    EXPECT_EQ(values["arena///bytes_live"], "5000");
    EXPECT_EQ(values["type/" + std::to_string(type) + "/token/bytes_freed"], "100");
    EXPECT_EQ(rows.size(), 1u + 14 + 3 * 6 + 2 * 6);
}

TEST_F(Format, TextShowsTotalsAndTypes) {
    open();
    populate("token");
    std::string text = formatted(MORPH_FORMAT_TEXT);
    EXPECT_NE(text.find("token"), std::string::npos);
    EXPECT_NE(text.find("5,000"), std::string::npos);
    EXPECT_NE(text.find("bytes_live_peak"), std::string::npos);
    // A heading ends above the last digit of its column.
    size_t heading = text.find("bytes live");
    ASSERT_NE(heading, std::string::npos) << text;
    size_t begin = text.rfind('\n', heading) + 1;
    size_t end = text.find('\n', heading);
    size_t row_end = text.find('\n', end + 1);
    EXPECT_EQ(row_end - end - 1, end - begin) << text;
}

TEST_F(Format, TypesWithoutAllocationsAreLeftOut) {
    open();
    for (int i = 0; i < 2000; ++i) add_type("never used");
    for (auto format : {MORPH_FORMAT_TEXT, MORPH_FORMAT_JSON, MORPH_FORMAT_CSV}) {
        EXPECT_EQ(formatted(format).find("never used"), std::string::npos);
        EXPECT_EQ(formatted(format).find("none"), std::string::npos);
    }
    EXPECT_EQ(json::parse(formatted(MORPH_FORMAT_JSON))["by_type"], json::array());
}

TEST_F(Format, EveryPlacementHasAName) {
    open();
    const std::map<std::string, MorphMemPlacement> names = {
        {"by size", MORPH_PLACE_BY_SIZE}, {"pool", MORPH_PLACE_POOL}, {"arena", MORPH_PLACE_ARENA}};
    for (const auto& [name, placement] : names) {
        MorphMemTypeInfo info = {};
        info.name = name.c_str();
        info.placement = placement;
        ASSERT_NE(morph_mem_alloc(context, 40, morph_mem_register_type(context, &info)), nullptr);
    }
    size_t found = 0;
    json parsed = json::parse(formatted(MORPH_FORMAT_JSON));
    for (const auto& type : parsed["by_type"]) {
        found += names.count(type["name"]);
        if (names.count(type["name"]) == 0) continue;
        EXPECT_EQ(type["placement"], type["name"]);
    }
    EXPECT_EQ(found, names.size());
}

TEST_F(Format, HostileNamesCannotBreakOut) {
    const std::string names[] = {"\"}]}",
                                 "a\",\"b",
                                 "line\nbreak",
                                 "cr\r\nlf",
                                 "tab\t",
                                 "back\\slash",
                                 "\\u0000",
                                 "é漢🦊",
                                 "\x01\x1f\x7f",
                                 "\xff\xfe",
                                 "\xc3",
                                 "\xe2\x82",
                                 "\xf0\x9f\xa6",
                                 "\xc0\x80",
                                 "\xed\xa0\x80",
                                 "\xf5\x80\x80\x80",
                                 "\xf4\x90\x80\x80",
                                 "\xe0\x9f\xbf",
                                 "\xf0\x8f\xbf\xbf",
                                 "ok\x80ok",
                                 "a,b;c",
                                 "=1+1",
                                 "+1",
                                 "-1",
                                 "@cmd",
                                 "'",
                                 "\"",
                                 "\"\"",
                                 " lead",
                                 std::string(62, 'x') + "é"};
    open();
    std::vector<uint32_t> types;
    for (const std::string& name : names) types.push_back(populate(name.c_str()));
    json parsed = json::parse(formatted(MORPH_FORMAT_JSON));
    auto rows = parse_csv(formatted(MORPH_FORMAT_CSV));
    ASSERT_EQ(parsed["by_type"].size(), std::size(names) + 1);
    EXPECT_EQ(rows.size(), 1u + 14 + 3 * 6 + (std::size(names) + 1) * 6);
    for (size_t i = 0; i < std::size(names); ++i) {
        std::string kept = names[i].substr(0, 63);
        const json& shown = parsed["by_type"][i + 1]["name"];
        bool valid = json::parse("\"x" + kept + "\"", nullptr, false).is_string();
        if (valid || kept == "é漢🦊" || i < 7) {
            EXPECT_EQ(shown, kept);
        }
        std::string cell = rows[1 + 14 + 3 * 6 + 6 + i * 6][2];
        bool formula = std::string("=+-@").find(kept[0]) != std::string::npos;
        EXPECT_EQ(cell, formula ? "'" + kept : kept);
    }
    EXPECT_EQ(parsed["by_type"][10]["name"], "\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(parsed["by_type"][20]["name"], "ok\xef\xbf\xbdok");
    for (char c : formatted(MORPH_FORMAT_TEXT)) {
        EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    }
}

TEST_F(Format, ABufferTooSmallGetsWhatFitsAndTheLengthOfTheWhole) {
    open();
    populate("token");
    for (auto format : {MORPH_FORMAT_TEXT, MORPH_FORMAT_JSON, MORPH_FORMAT_CSV}) {
        std::string whole = formatted(format);
        for (size_t capacity :
             {size_t{0}, size_t{1}, size_t{2}, size_t{100}, size_t{511}, size_t{512}, size_t{513},
              whole.size(), whole.size() + 1, whole.size() + 100}) {
            std::vector<char> buffer(capacity + 8, '#');
            EXPECT_EQ(morph_mem_format_stats(context, format, buffer.data(), capacity),
                      whole.size());
            size_t kept = capacity == 0 ? 0 : std::min(capacity - 1, whole.size());
            EXPECT_EQ(std::string(buffer.data(), kept), whole.substr(0, kept));
            if (capacity > 0) {
                EXPECT_EQ(buffer[kept], '\0');
            }
            for (size_t i = capacity; i < buffer.size(); ++i) EXPECT_EQ(buffer[i], '#');
        }
        EXPECT_EQ(morph_mem_format_stats(context, format, nullptr, 100), whole.size());
    }
    char buffer[4] = "xyz";
    EXPECT_EQ(morph_mem_format_stats(context, static_cast<MorphMemFormat>(3), buffer, 4), 0u);
    EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(buffer[0], '\0');
}

TEST_F(Format, PrintsTextToAStream) {
    open();
    populate("token");
    std::string path = directory_ + "/printed";
    FILE* stream = fopen(path.c_str(), "w");
    EXPECT_EQ(morph_mem_print_stats(context, stream), MORPH_OK);
    fclose(stream);
    EXPECT_EQ(contents(path), formatted(MORPH_FORMAT_TEXT));
    if (FILE* full = fopen("/dev/full", "w")) {
        EXPECT_EQ(morph_mem_print_stats(context, full), MORPH_ERROR_IO);
        EXPECT_EQ(error().code, MORPH_ERROR_IO);
        fclose(full);
    }
}

}  // namespace

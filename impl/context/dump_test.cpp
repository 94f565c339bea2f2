// Statistics in files: whole or not at all.
#include <fstream>

#include "context/format.h"
#include "context/testing.h"

namespace {

namespace files = std::filesystem;
using Dump = morph::FileTest;

TEST_F(Dump, ChoosesTheFormatByExtension) {
    open();
    populate("token");
    const std::pair<const char*, MorphMemFormat> cases[] = {
        {"a.csv", MORPH_FORMAT_CSV}, {"a.txt", MORPH_FORMAT_TEXT}, {"a.json", MORPH_FORMAT_JSON},
        {"a", MORPH_FORMAT_JSON},    {".csv", MORPH_FORMAT_CSV},   {"a.csv.x", MORPH_FORMAT_JSON}};
    for (auto [name, format] : cases) {
        std::string path = directory_ + "/" + name;
        EXPECT_EQ(morph_mem_dump_stats(context, path.c_str()), MORPH_OK);
        EXPECT_EQ(contents(path), formatted(format)) << name;
    }
    EXPECT_EQ(files_left(), std::size(cases)) << "nothing temporary is left";
}

TEST_F(Dump, ReplacesAFileAndKeepsItsPermissions) {
    open();
    std::string path = directory_ + "/stats.json";
    std::ofstream(path) << std::string(100000, 'o');
    files::permissions(path, files::perms::owner_read | files::perms::owner_write);
    EXPECT_EQ(morph_mem_dump_stats(context, path.c_str()), MORPH_OK);
    EXPECT_EQ(contents(path), formatted(MORPH_FORMAT_JSON));
    EXPECT_EQ(files::status(path).permissions(),
              files::perms::owner_read | files::perms::owner_write);
    std::string link = directory_ + "/link";
    files::create_symlink(path, link);
    populate("later");
    EXPECT_EQ(morph_mem_dump_stats(context, link.c_str()), MORPH_OK);
    EXPECT_TRUE(files::is_symlink(link));
    EXPECT_EQ(contents(path), formatted(MORPH_FORMAT_JSON));
}

TEST_F(Dump, ThatCannotWriteChangesNothing) {
    open();
    populate("token");
    std::string missing = directory_ + "/no/such/place.json";
    std::string plain = directory_ + "/plain";
    std::ofstream(plain) << "old";
    for (const std::string& path :
         {missing, directory_, directory_ + "/", plain + "/below", std::string(),
          directory_ + "/" + std::string(300, 'n'), "/" + std::string(5000, 'p')}) {
        uint64_t failures = stats().failures;
        EXPECT_EQ(morph_mem_dump_stats(context, path.c_str()), MORPH_ERROR_IO) << path;
        EXPECT_EQ(error().code, MORPH_ERROR_IO);
        EXPECT_EQ(stats().failures, failures + 1);
    }
    EXPECT_EQ(morph_mem_dump_stats(context, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
    files::create_symlink(directory_ + "/nowhere", directory_ + "/dangling");
    EXPECT_EQ(morph_mem_dump_stats(context, (directory_ + "/dangling").c_str()), MORPH_ERROR_IO);
    EXPECT_EQ(contents(plain), "old");
    EXPECT_EQ(files_left(), 2u);
}

TEST_F(Dump, ToSomethingThatIsNoFileWritesToItAndLeavesItThere) {
    open();
    EXPECT_EQ(morph_mem_dump_stats(context, "/dev/null"), MORPH_OK);
    EXPECT_TRUE(files::is_character_file("/dev/null"));
    if (files::exists("/dev/full")) {
        EXPECT_EQ(morph_mem_dump_stats(context, "/dev/full"), MORPH_ERROR_IO);
        EXPECT_TRUE(files::is_character_file("/dev/full"));
    }
}

TEST_F(Dump, TheEnvironmentAsksForADumpAtDestroy) {
    for (const char* name : {"s.json", "s.csv", "s.txt"}) {
        std::string path = directory_ + "/" + name;
        morph::Variable variable("MORPH_MEM_STATS", path.c_str());
        open();
        populate("token");
        std::string expected = formatted(morph::format_of_path(path.c_str()));
        EXPECT_EQ(close(), MORPH_OK);
        EXPECT_EQ(contents(path), expected);
    }
    morph::Variable variable("MORPH_MEM_STATS", (directory_ + "/no/such/place").c_str());
    open();
    EXPECT_EQ(close(), MORPH_ERROR_IO) << "and every byte is returned all the same";
}

}  // namespace

#include "v1/death_log.h"

#include <gtest/gtest.h>
#include <string>

#include "os/directory_for_tests.h"

namespace {

using morph::DeathLog;
using morph::DirectoryForTests;
using morph::ErrorState;

TEST(DeathLog, NoPathIsNoLog) {
    ErrorState errors;
    DeathLog log;
    EXPECT_FALSE(log.on());
    EXPECT_EQ(log.open(nullptr, errors), MORPH_OK);
    EXPECT_FALSE(log.on());
}

TEST(DeathLog, HoldsALineForEachObjectBehindWhatWasThere) {
    DirectoryForTests directory;
    std::ofstream(directory.file("deaths")) << "before\n";
    ErrorState errors;
    DeathLog log;
    std::string path = directory.file("deaths");
    ASSERT_EQ(log.open(path.c_str(), errors), MORPH_OK);
    path.assign("the path is copied");
    EXPECT_TRUE(log.on());
    log.record(reinterpret_cast<const void*>(uintptr_t{0x7f0012345678}), 48, 3);
    log.record(reinterpret_cast<const void*>(UINTPTR_MAX), SIZE_MAX, UINT32_MAX);
    log.record(reinterpret_cast<const void*>(uintptr_t{8}), 0, 0);
    EXPECT_EQ(directory.contents("deaths"),
              "before\n"
              "0x7f0012345678 48 3\n"
              "0xffffffffffffffff 18446744073709551615 4294967295\n"
              "0x8 0 0\n");
    EXPECT_EQ(log.lines(), 3u);
    EXPECT_EQ(log.failures(), 0u);
    EXPECT_EQ(errors.last.code, MORPH_OK);
}

TEST(DeathLog, APathThatCannotServeIsAnErrorThatNamesIt) {
    DirectoryForTests directory;
    for (const std::string& path :
         {directory.file("no/such"), directory.path(), std::string("/dev/null/below")}) {
        ErrorState errors;
        DeathLog log;
        EXPECT_EQ(log.open(path.c_str(), errors), MORPH_ERROR_IO);
        EXPECT_NE(std::string(errors.last.text).find("v1.death_log: \"" + path), std::string::npos);
        EXPECT_FALSE(log.on());
    }
    for (const std::string& path : {std::string(), std::string(4096, 'p')}) {
        ErrorState errors;
        DeathLog log;
        EXPECT_EQ(log.open(path.c_str(), errors), MORPH_ERROR_INVALID_CONFIGURATION);
        EXPECT_FALSE(log.on());
    }
}

TEST(DeathLog, AFailingWriteIsNotedOnceAndTheLogGoesOn) {
    DirectoryForTests directory;
    std::filesystem::create_directory(directory.file("sub"));
    ErrorState errors;
    DeathLog log;
    ASSERT_EQ(log.open(directory.file("sub/deaths").c_str(), errors), MORPH_OK);
    std::filesystem::remove_all(directory.file("sub"));
    log.record(&errors, 1, 1);
    EXPECT_EQ(errors.last.code, MORPH_ERROR_IO);
    EXPECT_NE(std::string(errors.last.text).find("sub/deaths"), std::string::npos);
    errors.last = {};
    log.record(&errors, 2, 1);
    EXPECT_EQ(errors.last.code, MORPH_OK) << "once";
    EXPECT_EQ(log.failures(), 2u);
    std::filesystem::create_directory(directory.file("sub"));
    log.record(reinterpret_cast<const void*>(uintptr_t{16}), 3, 1);
    EXPECT_EQ(directory.contents("sub/deaths"), "0x10 3 1\n");
    EXPECT_EQ(log.lines(), 1u);
}

}  // namespace

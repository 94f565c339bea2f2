#include "os/append_file.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "os/directory_for_tests.h"

namespace {

using morph::DirectoryForTests;
using morph::os::append_to_file;

TEST(AppendFile, MakesTheFileAndAppendsToIt) {
    DirectoryForTests directory;
    std::string path = directory.file("log");
    EXPECT_EQ(append_to_file(path.c_str(), {}), 0);
    EXPECT_EQ(directory.contents("log"), "");
    EXPECT_EQ(append_to_file(path.c_str(), "one\n"), 0);
    EXPECT_EQ(append_to_file(path.c_str(), "two\n"), 0);
    EXPECT_EQ(directory.contents("log"), "one\ntwo\n");
}

TEST(AppendFile, WhatCannotBeWrittenIsAnErrorAndNothingMore) {
    DirectoryForTests directory;
    EXPECT_EQ(append_to_file(directory.file("no/such").c_str(), "x"), ENOENT);
    EXPECT_EQ(append_to_file(directory.path().c_str(), "x"), EISDIR);
    EXPECT_EQ(append_to_file("", "x"), ENOENT);
    EXPECT_EQ(append_to_file((directory.path() + std::string(300, 'n')).c_str(), "x"),
              ENAMETOOLONG);
    EXPECT_EQ(append_to_file("/dev/full", "x"), ENOSPC);
    EXPECT_EQ(append_to_file("/dev/null", "x"), 0);
}

TEST(AppendFile, DoesNotWaitForTheReaderOfAPipe) {
    DirectoryForTests directory;
    std::string path = directory.file("pipe");
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    EXPECT_EQ(append_to_file(path.c_str(), "x"), ENXIO);
}

TEST(AppendFileDeathTest, ALimitOfFileSizesIsAnErrorAndNoSignal) {
    DirectoryForTests directory;
    std::string path = directory.file("log");
    auto fill = [&] {
        morph::limit_file_sizes(10);
        int first = append_to_file(path.c_str(), "12345678\n");
        int second = append_to_file(path.c_str(), "12");
        int third = append_to_file(path.c_str(), "1");
        _exit(first == 0 && second == EFBIG && third == 0 ? 7 : 1);
    };
    EXPECT_EXIT(fill(), testing::ExitedWithCode(7), "");
    EXPECT_EQ(directory.contents("log"), "12345678\n1");
}

}  // namespace

#include "os/append_file.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "os/directory_for_tests.h"
#include "os/refused_calls_for_tests.h"

namespace {

using morph::DirectoryForTests;
using morph::RefusedCall;
using morph::SystemCall;
using morph::SystemCallForTests;
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

TEST(AppendFile, ACallThatFailsIsItsErrorAndLeavesWhatWasThere) {
    DirectoryForTests directory;
    std::string path = directory.file("log");
    const size_t descriptors = morph::open_descriptors();
    auto append = [&](const RefusedCall& refused, const SystemCallForTests& each) {
        SCOPED_TRACE(each.name);
        std::ofstream(path) << "one\n";
        int error = append_to_file(path.c_str(), "two\n");
        EXPECT_EQ(error, refused.happened() ? each.error : 0);
        // What close complains about has been written.
        bool written = !refused.happened() || each.call == SystemCall::close;
        EXPECT_EQ(directory.contents("log"), written ? "one\ntwo\n" : "one\n");
        EXPECT_EQ(morph::open_descriptors(), descriptors);
    };
    EXPECT_EQ(morph::refuse_each_call(append), 4u);  // open, close, write, fstat
}

TEST(AppendFile, InterruptedAndShortCallsAreNotSeen) {
    DirectoryForTests directory;
    std::string path = directory.file("log");
    for (SystemCall call : {SystemCall::open, SystemCall::write}) {
        morph::ShortTransfers few(2);
        RefusedCall refused(call, EINTR, 0, 3);
        std::ofstream(path) << "one\n";
        EXPECT_EQ(append_to_file(path.c_str(), "0123456789\n"), 0);
        EXPECT_EQ(directory.contents("log"), "one\n0123456789\n");
        EXPECT_TRUE(refused.happened());
    }
}

}  // namespace

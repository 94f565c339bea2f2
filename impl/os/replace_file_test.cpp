#include "os/replace_file.h"

#include <cerrno>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "os/directory_for_tests.h"
#include "os/refused_calls_for_tests.h"

namespace {

namespace files = std::filesystem;
using morph::DirectoryForTests;
using morph::RefusedCall;
using morph::ReplaceFile;
using morph::SystemCall;
using morph::SystemCallForTests;

int error_of(const std::string& path) {
    return ReplaceFile(path.c_str()).error();
}

class ReplaceFileTest : public testing::Test {
 protected:
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(directory_.file(name.c_str())) << text;
    }
    // The name that the n-th attempt of this process takes.
    [[nodiscard]] std::string temporary(int attempt) const {
        return ".morph-" + std::to_string(getpid()) + "-" + std::to_string(attempt);
    }

    DirectoryForTests directory_;
};

TEST_F(ReplaceFileTest, TheOldFileStaysUntilTheNewOneIsWhole) {
    put("name", "old");
    {
        ReplaceFile file(directory_.file("name").c_str());
        ASSERT_TRUE(file.ok());
        EXPECT_TRUE(file.write("half", 4));
        EXPECT_EQ(directory_.contents("name"), "old");
        EXPECT_EQ(directory_.files(), 2u);
    }
    EXPECT_EQ(directory_.contents("name"), "old");
    EXPECT_EQ(directory_.files(), 1u) << "what was given up leaves nothing behind";
    ReplaceFile file(directory_.file("name").c_str());
    EXPECT_TRUE(file.write("new", 3));
    EXPECT_TRUE(file.commit());
    EXPECT_EQ(directory_.contents("name"), "new");
    EXPECT_EQ(directory_.files(), 1u);
}

TEST_F(ReplaceFileTest, AReplacedFileKeepsItsPermissions) {
    put("name", "old");
    ASSERT_EQ(chmod(directory_.file("name").c_str(), 0640), 0);
    ReplaceFile file(directory_.file("name").c_str());
    EXPECT_TRUE(file.commit());
    EXPECT_EQ(files::status(directory_.file("name")).permissions(), files::perms{0640});
}

TEST_F(ReplaceFileTest, ALinkStaysAndItsTargetIsReplaced) {
    put("target", "old");
    files::create_symlink("target", directory_.file("link"));
    ReplaceFile file(directory_.file("link").c_str());
    EXPECT_TRUE(file.write("new", 3));
    EXPECT_TRUE(file.commit());
    EXPECT_TRUE(files::is_symlink(directory_.file("link")));
    EXPECT_EQ(directory_.contents("target"), "new");
    files::create_symlink("nowhere", directory_.file("dangling"));
    EXPECT_EQ(error_of(directory_.file("dangling")), ENOENT);
}

TEST_F(ReplaceFileTest, PathsThatDoNotServeAreErrorsAndLeaveNothing) {
    EXPECT_EQ(error_of(""), ENOENT);
    EXPECT_EQ(error_of(directory_.path()), EISDIR);
    EXPECT_EQ(error_of(directory_.file("none/")), EISDIR);
    EXPECT_EQ(error_of(directory_.file("none/name")), ENOENT);
    EXPECT_EQ(error_of(directory_.file(std::string(300, 'n').c_str())), ENAMETOOLONG);
    EXPECT_EQ(error_of(std::string(5000, 'n')), ENAMETOOLONG);
    // A path that the system takes, in a directory that has no room behind it for the other name.
    std::string longest = directory_.path() + "/";
    while (longest.size() < 4090) longest += "./";
    EXPECT_EQ(error_of(longest + "n"), ENAMETOOLONG);
    EXPECT_EQ(directory_.files(), 0u);
}

TEST_F(ReplaceFileTest, NamesThatAnEarlierProcessLeftAreNotTouched) {
    put(temporary(0), "of another");
    ReplaceFile file(directory_.file("name").c_str());
    EXPECT_TRUE(file.write("new", 3));
    EXPECT_TRUE(file.commit());
    EXPECT_EQ(directory_.contents("name"), "new");
    EXPECT_EQ(directory_.contents(temporary(0).c_str()), "of another");
    for (int attempt = 1; attempt < 1000; ++attempt) put(temporary(attempt), "of another");
    EXPECT_EQ(error_of(directory_.file("name")), EEXIST);
    EXPECT_EQ(directory_.contents("name"), "new");
    EXPECT_EQ(directory_.files(), 1001u);
}

TEST_F(ReplaceFileTest, WhatCannotBeReplacedAtTheEndIsAnErrorAndLeavesNothing) {
    ReplaceFile file(directory_.file("name").c_str());
    EXPECT_TRUE(file.write("new", 3));
    files::create_directory(directory_.file("name"));
    EXPECT_FALSE(file.commit());
    EXPECT_EQ(file.error(), EISDIR);
    EXPECT_FALSE(file.write("more", 4));
    EXPECT_EQ(directory_.files(), 1u);
}

TEST_F(ReplaceFileTest, WhatIsNoRegularFileIsWrittenToDirectly) {
    ReplaceFile nothing("/dev/null");
    EXPECT_TRUE(nothing.write("text", 4));
    EXPECT_TRUE(nothing.commit());
    ReplaceFile full("/dev/full");
    EXPECT_FALSE(full.write("text", 4));
    EXPECT_FALSE(full.commit());
    EXPECT_EQ(full.error(), ENOSPC);
}

// Whatever fails: what was there is there, or what was to be, whole, under the same name.
TEST_F(ReplaceFileTest, ACallThatFailsLeavesTheOldFileOrTheNewOne) {
    files::create_symlink("name", directory_.file("link"));
    const size_t descriptors = morph::open_descriptors();
    size_t failed = 0;
    auto replace = [&](const RefusedCall& refused, const SystemCallForTests& each) {
        SCOPED_TRACE(each.name);
        put("name", "old");
        int error = 0;
        bool committed = false;
        {
            ReplaceFile file(directory_.file("link").c_str());
            bool written = file.write("ne", 2) && file.write("w", 1);
            committed = file.commit();
            error = file.error();
            EXPECT_TRUE(written || !committed);
        }
        EXPECT_EQ(committed, error == 0);
        EXPECT_TRUE(committed || error == each.error) << error;
        EXPECT_EQ(directory_.contents("name"), committed ? "new" : "old");
        EXPECT_TRUE(files::is_symlink(directory_.file("link")));
        EXPECT_EQ(morph::open_descriptors(), descriptors);
        EXPECT_EQ(directory_.files(), 2u);
        failed += refused.happened() && !committed ? 1u : 0u;
    };
    // open, close, write (two), fsync, rename, stat, lstat, fchmod
    EXPECT_EQ(morph::refuse_each_call(replace), 9u);
    EXPECT_EQ(failed, 9u);
}

TEST_F(ReplaceFileTest, ATemporaryFileThatCannotBeRemovedIsAllThatIsLeft) {
    put("name", "old");
    {
        RefusedCall refused(SystemCall::unlink, EROFS);
        ReplaceFile file(directory_.file("name").c_str());
        EXPECT_TRUE(file.write("half", 4));
    }
    EXPECT_EQ(directory_.contents("name"), "old");
    EXPECT_EQ(directory_.files(), 2u);
    ReplaceFile again(directory_.file("name").c_str());
    EXPECT_TRUE(again.write("new", 3) && again.commit());
    EXPECT_EQ(directory_.contents("name"), "new");
}

TEST_F(ReplaceFileTest, InterruptedAndShortCallsAreNotSeen) {
    for (SystemCall call : {SystemCall::open, SystemCall::write}) {
        morph::ShortTransfers few(2);
        RefusedCall refused(call, EINTR, 0, 3);
        ReplaceFile file(directory_.file("name").c_str());
        EXPECT_TRUE(file.write("0123456789", 10) && file.commit());
        EXPECT_EQ(directory_.contents("name"), "0123456789");
        EXPECT_TRUE(refused.happened());
    }
}

}  // namespace

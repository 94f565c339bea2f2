// RAM detection on invented /proc and /sys trees.
#include "os/ram.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#if defined(__unix__)
#include <sys/resource.h>
#include <unistd.h>
#endif

#include "os/cgroup.h"
#include "os/small_file.h"

namespace {

namespace files = std::filesystem;

// A directory that plays the root of the file system.
class Ram : public testing::Test {
 protected:
    Ram() {
        std::string pattern = (files::temp_directory_path() / "morph-ram-XXXXXX").string();
        root_ = mkdtemp(pattern.data());
    }
    ~Ram() override { files::remove_all(root_); }

    void write(const std::string& path, const std::string& text) {
        files::create_directories(files::path(root_ + path).parent_path());
        std::ofstream(root_ + path, std::ios::binary) << text;
    }

    uint64_t physical() { return morph::read_ram_limits(root_.c_str(), 0).physical; }
    uint64_t group() { return morph::read_ram_limits(root_.c_str(), 0).group; }

    std::string root_;
};

constexpr uint64_t kMiB = uint64_t{1} << 20;
const char* const kMountV2 =
    "41 31 0:38 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";
const char* const kMountV1 =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n";

TEST_F(Ram, PhysicalMemoryComesFromMemTotalInKibibytes) {
    write("/proc/meminfo", "MemTotal:       16302736 kB\nMemFree:         123 kB\n");
    EXPECT_EQ(physical(), uint64_t{16302736} * 1024);
}

TEST_F(Ram, MemTotalIsFoundBehindOtherLines) {
    write("/proc/meminfo", "Bogus\n\nMemFree: 1 kB\nMemTotal: 8 kB");
    EXPECT_EQ(physical(), 8192u);
}

TEST_F(Ram, UnreadableMemTotalIsNoLimit) {
    for (const char* text :
         {"", "\n", "MemTotal:", "MemTotal: kB\n", "MemTotal: -5 kB\n", "MemTotal: 12 MB\n",
          "MemTotal: 0x10 kB\n", "MemTotal: 99999999999999999999999 kB\n",
          "MemTotal: 18446744073709551615 kB\n", "MemTotalX: 5 kB\n", "MemTotal 5 kB\n",
          "MemTotal: 5 5 kB\n", "MemTotal: 7"}) {
        write("/proc/meminfo", text);
        EXPECT_EQ(physical(), 0u) << text;
    }
}

TEST_F(Ram, NothingThereMeansNothingKnown) {
    EXPECT_EQ(physical(), 0u);
    EXPECT_EQ(group(), 0u);
    EXPECT_EQ(morph::read_ram_limits(root_.c_str(), 0).least(), 0u);
}

TEST_F(Ram, AVersion2GroupLimitsItsProcess) {
    write("/proc/self/mountinfo", kMountV2);
    write("/proc/self/cgroup", "0::/user/job\n");
    write("/sys/fs/cgroup/user/job/memory.max", "104857600\n");
    EXPECT_EQ(group(), 100 * kMiB);
}

TEST_F(Ram, TheLeastLimitOfAllLevelsHolds) {
    write("/proc/self/mountinfo", kMountV2);
    write("/proc/self/cgroup", "0::/a/b/c\n");
    write("/sys/fs/cgroup/a/b/c/memory.max", "max\n");
    write("/sys/fs/cgroup/a/b/memory.max", "209715200\n");
    write("/sys/fs/cgroup/a/memory.max", "104857600\n");
    write("/sys/fs/cgroup/memory.max", "314572800\n");
    EXPECT_EQ(group(), 100 * kMiB);
    write("/sys/fs/cgroup/memory.max", "52428800\n");
    EXPECT_EQ(group(), 50 * kMiB);
    write("/sys/fs/cgroup/a/b/c/memory.max", "10485760\n");
    EXPECT_EQ(group(), 10 * kMiB);
}

TEST_F(Ram, FilesAboveTheMountAreNotAsked) {
    write("/proc/self/mountinfo", kMountV2);
    write("/proc/self/cgroup", "0::/a\n");
    write("/sys/fs/memory.max", "1\n");
    write("/memory.max", "1\n");
    EXPECT_EQ(group(), 0u);
}

TEST_F(Ram, MaxIsNoLimit) {
    write("/proc/self/mountinfo", kMountV2);
    write("/proc/self/cgroup", "0::/a\n");
    write("/sys/fs/cgroup/a/memory.max", "max\n");
    EXPECT_EQ(group(), 0u);
}

TEST_F(Ram, AVersion1GroupLimitsItsProcess) {
    write("/proc/self/mountinfo", kMountV1);
    write("/proc/self/cgroup", "5:cpu:/other\n4:memory:/user/job\n0::/\n");
    write("/sys/fs/cgroup/memory/user/job/memory.limit_in_bytes", "104857600\n");
    write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("/sys/fs/cgroup/memory/other/memory.limit_in_bytes", "1\n");
    EXPECT_EQ(group(), 100 * kMiB);
}

TEST_F(Ram, AVersion1ControllerMayShareItsHierarchy) {
    write("/proc/self/mountinfo", "35 31 0:32 / /mnt/both rw - cgroup cgroup rw,cpu,memory\n");
    write("/proc/self/cgroup", "4:cpu,memory:/job\n");
    write("/mnt/both/job/memory.limit_in_bytes", "4096\n");
    EXPECT_EQ(group(), 4096u);
}

TEST_F(Ram, TheHugeNumberOfVersion1IsNoLimit) {
    write("/proc/self/mountinfo", kMountV1);
    write("/proc/self/cgroup", "4:memory:/job\n");
    write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
    EXPECT_EQ(group(), 0u);
}

TEST_F(Ram, BothVersionsAtOnceGiveTheLesser) {
    write("/proc/self/mountinfo",
          std::string(kMountV1) + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    write("/proc/self/cgroup", "4:memory:/job\n0::/job\n");
    write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "8192\n");
    write("/sys/fs/cgroup/unified/job/memory.max", "4096\n");
    EXPECT_EQ(group(), 4096u);
    write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2048\n");
    EXPECT_EQ(group(), 2048u);
}

TEST_F(Ram, TheUsualMountPointsServeWithoutMountinfo) {
    write("/proc/self/cgroup", "4:memory:/job\n0::/job\n");
    write("/sys/fs/cgroup/job/memory.max", "8192\n");
    EXPECT_EQ(group(), 8192u);
    write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "4096\n");
    EXPECT_EQ(group(), 4096u);
}

TEST_F(Ram, AContainersOwnPartOfTheHierarchyIsUnderstood) {
    write("/proc/self/mountinfo",
          "41 31 0:38 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
    write("/proc/self/cgroup", "0::/docker/abc/inner\n");
    write("/sys/fs/cgroup/inner/memory.max", "8192\n");
    EXPECT_EQ(group(), 8192u);
    write("/sys/fs/cgroup/memory.max", "4096\n");
    EXPECT_EQ(group(), 4096u);
}

TEST_F(Ram, AGroupThatTheMountDoesNotShowIsItsRoot) {
    write("/sys/fs/cgroup/memory.max", "4096\n");
    write("/sys/fs/cgroup/c/memory.max", "1024\n");
    write("/proc/self/mountinfo", "41 31 0:38 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
    write("/proc/self/cgroup", "0::/docker/abc\n");
    EXPECT_EQ(group(), 4096u) << "a prefix is no parent";
    write("/proc/self/cgroup", "0::/elsewhere\n");
    EXPECT_EQ(group(), 4096u);
    write("/proc/self/mountinfo", kMountV2);
    write("/proc/self/cgroup", "0::/not/visible/here\n");
    EXPECT_EQ(group(), 4096u);
}

TEST_F(Ram, AGroupOutsideItsNamespaceIsTheRootOfTheMount) {
    write("/proc/self/mountinfo", kMountV2);
    write("/proc/self/cgroup", "0::/../../etc\n");
    write("/sys/fs/cgroup/memory.max", "4096\n");
    write("/sys/etc/memory.max", "1\n");
    write("/etc/memory.max", "1\n");
    EXPECT_EQ(group(), 4096u);
}

TEST_F(Ram, BlanksInAMountPointAreUnescaped) {
    write("/proc/self/mountinfo", "41 31 0:38 / /mnt/my\\040groups rw - cgroup2 cgroup2 rw\n");
    write("/proc/self/cgroup", "0::/a\n");
    write("/mnt/my groups/a/memory.max", "4096\n");
    EXPECT_EQ(group(), 4096u);
}

TEST_F(Ram, AnUnreadableLimitIsNoLimit) {
    write("/proc/self/mountinfo", kMountV2);
    write("/proc/self/cgroup", "0::/a\n");
    write("/sys/fs/cgroup/memory.max", "8192\n");
    for (const std::string& text :
         {std::string(), std::string("\n"), std::string("-1\n"), std::string("12 34\n"),
          std::string("0x1000\n"), std::string("99999999999999999999999999\n"),
          std::string("18446744073709551616\n"), std::string("4096k\n"), std::string("4\0", 2),
          std::string(100000, '9'), std::string(100000, ' ') + "5\n", std::string("0\n"),
          std::string("maximum"), std::string("\xff\xfe")}) {
        write("/sys/fs/cgroup/a/memory.max", text);
        EXPECT_EQ(group(), 8192u) << text.substr(0, 40);
    }
    write("/sys/fs/cgroup/a/memory.max", "4096");
    EXPECT_EQ(group(), 4096u) << "a missing newline is no harm";
    files::remove(root_ + "/sys/fs/cgroup/a/memory.max");
    files::create_directory(root_ + "/sys/fs/cgroup/a/memory.max");
    EXPECT_EQ(group(), 8192u) << "nor is a directory";
}

TEST_F(Ram, BlanksOfEveryKindAroundALimitAreNoHarm) {
    write("/proc/self/mountinfo", kMountV2);
    write("/proc/self/cgroup", "0::/a\n");
    write("/sys/fs/cgroup/a/memory.max", "\t 4096\r\t \n");
    EXPECT_EQ(group(), 4096u);
}

TEST_F(Ram, HostileCgroupLinesNeitherCrashNorMislead) {
    write("/proc/self/mountinfo", kMountV2);
    write("/sys/fs/cgroup/a/memory.max", "4096\n");
    write("/sys/fs/cgroup/memory.max", "8192\n");
    std::string noise = "\n:\n::\n:::\n0:\n0::\n0::relative\nx::/a\n7:memory\n7:xmemory:/a\n";
    write("/proc/self/cgroup", noise);
    EXPECT_EQ(group(), 0u);
    write("/proc/self/cgroup", noise + "0::/" + std::string(5000, 'x') + "\n0::/a");
    EXPECT_EQ(group(), 4096u) << "a line too long is skipped, the next one counts";
    // A path that fits into the line, but not behind the mount point.
    write("/proc/self/cgroup", "0::/" + std::string(4080, 'x') + "\n");
    EXPECT_EQ(group(), 0u);
}

TEST_F(Ram, HostileMountinfoNeitherCrashesNorMisleads) {
    write("/proc/self/cgroup", "0::/a\n");
    write("/sys/fs/cgroup/a/memory.max", "4096\n");
    std::string noise =
        "\n - \n1 2 3\n1 2 3 / /x rw\n1 2 3 / /x rw -\n1 2 3 / /x rw - cgroup2\n"
        "1 2 3 x /x rw - cgroup2 c rw\n1 2 3 / x rw - cgroup2 c rw\n"
        "1 2 3 / /a\\0 rw - cgroup c rw\n" +
        std::string(9000, '-') + "\n1 2 3 / /x" + std::string(4090, 'y') +
        " rw - cgroup2 cgroup2 rw\n";
    write("/x/a/memory.max", "1\n");
    files::remove(root_ + "/x/a/memory.max");
    write("/proc/self/mountinfo", noise + kMountV2);
    EXPECT_EQ(group(), 4096u);
}

TEST_F(Ram, LinesAreReadWholeAcrossTheBuffersEdge) {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "line " + std::to_string(i) + "\n";
    text += std::string(morph::LineReader::kLineBytesMax, 'a') + "\n";  // one byte too long
    text += std::string(morph::LineReader::kLineBytesMax - 1, 'b') + "\n";
    text += "last";
    write("/lines", text);
    morph::PathBuffer path;
    path.append(root_ + "/lines");
    morph::LineReader reader(path);
    for (int i = 0; i < 3000; ++i) {
        auto line = reader.next();
        ASSERT_TRUE(line);
        ASSERT_EQ(*line, "line " + std::to_string(i));
    }
    auto line = reader.next();
    ASSERT_TRUE(line);
    EXPECT_EQ(*line, std::string(morph::LineReader::kLineBytesMax - 1, 'b'));
    line = reader.next();
    ASSERT_TRUE(line);
    EXPECT_EQ(*line, "last");
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.next());
}

TEST(PathBuffer, StaysInvalidOnceSomethingDidNotFit) {
    morph::PathBuffer path;
    path.append(std::string(morph::PathBuffer::kBytesMax - 1, 'x'));
    EXPECT_TRUE(path.valid());
    path.append("");
    EXPECT_TRUE(path.valid());
    path.append("y");
    EXPECT_FALSE(path.valid());
    path.cut(0);
    path.append("z");
    EXPECT_FALSE(path.valid());
    path.clear();
    path.append(std::string_view("a\0b", 3));
    EXPECT_FALSE(path.valid()) << "a NUL would shorten the path";
}

TEST(RamLimits, TheLeastIsThatOfTheLimitsThatAreThere) {
    EXPECT_EQ((morph::RamLimits{0, 0, 0}).least(), 0u);
    EXPECT_EQ((morph::RamLimits{5, 0, 0}).least(), 5u);
    EXPECT_EQ((morph::RamLimits{5, 3, 0}).least(), 3u);
    EXPECT_EQ((morph::RamLimits{5, 3, 2}).least(), 2u);
    EXPECT_EQ((morph::RamLimits{0, 0, 2}).least(), 2u);
    EXPECT_EQ((morph::RamLimits{1, 3, 2}).least(), 1u);
}

TEST(RamLimits, TheRealSystemSaysSomethingSensible) {
    morph::RamLimits limits = morph::read_ram_limits("", 123);
    EXPECT_GT(limits.physical, kMiB);
    EXPECT_EQ(limits.address_space, 123u);
}

#if defined(__unix__)
// In a child, so that the limit is its own. It may not be lowered below what is mapped.
TEST(RamOfTheProcess, LimitOfAddressSpaceIsSeen) {
    constexpr uint64_t kLimit = uint64_t{1} << 62;
    EXPECT_EXIT(
        {
            rlimit limit = {};
            if (getrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
            limit.rlim_cur = kLimit < limit.rlim_max ? kLimit : limit.rlim_max;
            if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(3);
            const uint64_t expected = limit.rlim_cur == RLIM_INFINITY ? 0 : limit.rlim_cur;
            _exit(morph::address_space_limit() == expected ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}
#endif

}  // namespace

#include "os/swap_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "os/directory_for_tests.h"
#include "os/pages.h"
#include "os/refused_calls_for_tests.h"

namespace {

using morph::DirectoryForTests;
using morph::RefusedCall;
using morph::SystemCall;
using morph::SystemCallForTests;
using morph::os::SwapFile;

class SwapFileTest : public testing::Test {
 protected:
    SwapFileTest() {
        page_ = static_cast<unsigned char*>(morph::os::map_pages(8 * kPage, kPage, nullptr));
    }
    ~SwapFileTest() override { morph::os::unmap_pages(page_, 8 * kPage); }

    // Bytes that tell their place and round.
    void fill(unsigned char* from, size_t bytes, unsigned round) const {
        for (size_t i = 0; i < bytes; ++i) from[i] = static_cast<unsigned char>(i / 7 + round);
    }
    bool holds(const unsigned char* from, size_t bytes, unsigned round) const {
        for (size_t i = 0; i < bytes; ++i) {
            if (from[i] != static_cast<unsigned char>(i / 7 + round)) return false;
        }
        return true;
    }

    const size_t kPage = SwapFile::page_bytes();
    DirectoryForTests directory_;
    SwapFile file_;
    unsigned char* page_ = nullptr;
};

TEST_F(SwapFileTest, NothingOfItIsSeenAndNothingIsLeft) {
    ASSERT_EQ(file_.open(directory_.path().c_str()), 0);
    EXPECT_TRUE(file_.is_open());
    EXPECT_EQ(directory_.files(), 0u);
    ASSERT_EQ(file_.write(page_, kPage, 0), 0);
    EXPECT_EQ(directory_.files(), 0u);
    file_.close();
    EXPECT_FALSE(file_.is_open());
}

TEST_F(SwapFileTest, AMappedPageHoldsWhatWasWrittenAndKeepsItsStores) {
    ASSERT_EQ(file_.open(directory_.path().c_str()), 0);
    fill(page_, 8 * kPage, 1);
    unsigned char* middle = page_ + 2 * kPage;
    fill(middle, 3 * kPage, 50);
    ASSERT_EQ(file_.write(middle, 3 * kPage, 5 * kPage), 0);
    ASSERT_EQ(file_.map_over(middle, 3 * kPage, 5 * kPage), 0);
    EXPECT_TRUE(holds(middle, 3 * kPage, 50)) << "read back by the kernel";
    EXPECT_TRUE(holds(page_, 2 * kPage, 1)) << "the neighbours are what they were";
    middle[kPage] = 99;
    // What is stored there is the page's own: it is not in the file.
    unsigned char* other = page_ + 5 * kPage;
    ASSERT_EQ(file_.map_over(other, 3 * kPage, 5 * kPage), 0);
    EXPECT_TRUE(holds(other, 3 * kPage, 50));
    EXPECT_EQ(middle[kPage], 99);
    file_.close();
    EXPECT_TRUE(holds(other, 3 * kPage, 50)) << "mappings outlive the descriptor";
}

TEST_F(SwapFileTest, DirectoriesThatDoNotServeAreErrors) {
    EXPECT_EQ(file_.open(directory_.file("missing").c_str()), ENOENT);
    std::ofstream(directory_.file("plain")) << "x";
    EXPECT_EQ(file_.open(directory_.file("plain").c_str()), ENOTDIR);
    EXPECT_EQ(file_.open(std::string(5000, 'd').c_str()), ENAMETOOLONG);
    EXPECT_EQ(file_.open((directory_.path() + "/" + std::string(300, 'd')).c_str()), ENAMETOOLONG);
    EXPECT_NE(file_.open("/proc"), 0);
    EXPECT_FALSE(file_.is_open());
    EXPECT_EQ(directory_.files(), 1u);
}

TEST_F(SwapFileTest, NamesThatAnEarlierProcessLeftAreNotTouched) {
    auto put = [&](int attempt) {
        std::string name =
            ".morph-swap-" + std::to_string(getpid()) + "-" + std::to_string(attempt);
        std::ofstream(directory_.file(name.c_str())) << "of another";
    };
    put(0);
    ASSERT_EQ(file_.open(directory_.path().c_str()), 0);
    EXPECT_EQ(directory_.files(), 1u);
    file_.close();
    for (int attempt = 1; attempt < 1000; ++attempt) put(attempt);
    EXPECT_EQ(file_.open(directory_.path().c_str()), EEXIST);
    EXPECT_EQ(directory_.files(), 1000u);
}

// A program that closes every descriptor it does not know, and opens files of its own. These get
// the descriptor's number; and on some file systems that of the file.
TEST_F(SwapFileTest, AnotherFileUnderItsDescriptorIsNeverTouched) {
    int next = open("/dev/null", O_RDONLY);
    ASSERT_GE(next, 0);
    close(next);
    ASSERT_EQ(file_.open(directory_.path().c_str()), 0);
    fill(page_, kPage, 3);
    ASSERT_EQ(file_.write(page_, kPage, 0), 0);
    close(next);
    EXPECT_EQ(file_.write(page_, kPage, 0), EBADF);
    EXPECT_EQ(file_.map_over(page_, kPage, 0), EBADF);
    int precious = open(directory_.file("precious").c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_EQ(precious, next);
    EXPECT_EQ(file_.write(page_, kPage, 0), EBADF);
    EXPECT_EQ(file_.map_over(page_, kPage, 0), EBADF);
    // One without a name is not ours either, though it may have all our numbers: it is younger.
    close(precious);
    ASSERT_EQ(unlink(directory_.file("precious").c_str()), 0);
    usleep(50000);  // births are told apart by ticks of the clock
    precious = open(directory_.file("precious").c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_EQ(precious, next);
    ASSERT_EQ(unlink(directory_.file("precious").c_str()), 0);
    EXPECT_EQ(file_.write(page_, kPage, 0), EBADF);
    EXPECT_EQ(lseek(precious, 0, SEEK_END), 0);
    file_.close();
    EXPECT_EQ(close(precious), 0) << "not closed by us";
    EXPECT_TRUE(holds(page_, kPage, 3));
}

TEST_F(SwapFileTest, ALimitOfFileSizesIsAnErrorAndNoSignal) {
    ASSERT_EQ(file_.open(directory_.path().c_str()), 0);
    fill(page_, 8 * kPage, 9);
    auto exceed = [&] {
        morph::limit_file_sizes(2 * kPage);
        int inside = file_.write(page_, 2 * kPage, 0);
        int over = file_.write(page_, 2 * kPage, kPage);
        int far = file_.write(page_, kPage, uint64_t{1} << 40);
        _exit(inside == 0 && over == EFBIG && far == EFBIG ? 7 : 1);
    };
    EXPECT_EXIT(exceed(), testing::ExitedWithCode(7), "");
}

// Whatever fails: the page holds what it held, no name is left, and no descriptor.
TEST_F(SwapFileTest, ACallThatFailsIsItsErrorAndLeavesThePageAsItIs) {
    fill(page_, 8 * kPage, 4);
    auto swap = [&](const RefusedCall& refused, const SystemCallForTests& each) {
        SCOPED_TRACE(each.name);
        const size_t descriptors = morph::open_descriptors();
        SwapFile file;
        int error = file.open(directory_.path().c_str());
        EXPECT_EQ(file.is_open(), error == 0);
        if (error == 0) error = file.write(page_ + kPage, 2 * kPage, kPage);
        if (error == 0) error = file.map_over(page_ + kPage, 2 * kPage, kPage);
        bool before = refused.happened();  // close says nothing
        file.close();
        EXPECT_EQ(error, before ? each.error : 0);
        EXPECT_TRUE(holds(page_, 8 * kPage, 4));
        EXPECT_EQ(directory_.files(), each.call == SystemCall::unlink && before ? 1u : 0u);
        std::filesystem::remove(directory_.path() + "/.morph-swap-" + std::to_string(getpid()) +
                                "-0");
        // What cannot be recognised is not closed: it may be another file by now.
        if (before || !refused.happened() || each.call != SystemCall::statx) {
            EXPECT_EQ(morph::open_descriptors(), descriptors);
        }
    };
    // open, close, pwrite, unlink, statx (four), mmap, mremap
    EXPECT_EQ(morph::refuse_each_call(swap), 10u);
}

TEST_F(SwapFileTest, InterruptedAndShortCallsAreNotSeen) {
    for (SystemCall call : {SystemCall::open, SystemCall::pwrite}) {
        morph::ShortTransfers few(kPage - 1);
        RefusedCall refused(call, EINTR, 0, 3);
        fill(page_, 8 * kPage, 7);
        ASSERT_EQ(file_.open(directory_.path().c_str()), 0);
        ASSERT_EQ(file_.write(page_, 3 * kPage, kPage), 0);
        ASSERT_EQ(file_.map_over(page_, 3 * kPage, kPage), 0);
        EXPECT_TRUE(holds(page_, 8 * kPage, 7));
        EXPECT_TRUE(refused.happened());
        file_.close();
    }
}

TEST_F(SwapFileTest, ADiskThatTakesNothingIsFull) {
    ASSERT_EQ(file_.open(directory_.path().c_str()), 0);
    morph::ShortTransfers none(0);
    EXPECT_EQ(file_.write(page_, kPage, 0), ENOSPC);
}

#if defined(__linux__)
// Each mapping more than the system has records for is refused, and the page stays as it is.
TEST_F(SwapFileTest, TooManyMappingsLeaveThePageAsItIs) {
    ASSERT_EQ(file_.open(directory_.path().c_str()), 0);
    fill(page_, 8 * kPage, 4);
    ASSERT_EQ(file_.write(page_, 8 * kPage, 0), 0);
    auto exhaust = [&] {
        for (int count = 0; count < 200000; ++count) {
            int protection = count % 2 == 0 ? PROT_READ : PROT_NONE;
            void* mapped = mmap(nullptr, kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (mapped == MAP_FAILED) break;
        }
        for (size_t page = 1; page < 7; ++page) {
            if (file_.map_over(page_ + page * kPage, kPage, page * kPage) != ENOMEM) _exit(1);
        }
        _exit(holds(page_, 8 * kPage, 4) ? 7 : 2);
    };
    EXPECT_EXIT(exhaust(), testing::ExitedWithCode(7), "");
}
#endif

}  // namespace

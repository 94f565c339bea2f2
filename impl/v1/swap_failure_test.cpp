// What Swap does where the system refuses: pages stay, and hold what they held.
#include "os/refused_calls_for_tests.h"
#include "v1/swap_for_tests.h"

namespace {

using morph::ErrorState;
using morph::kPageBytes;
using morph::Pages;
using morph::Swap;
using SwapFailure = morph::SwapTest;

TEST_F(SwapFailure, DirectoriesThatDoNotServeAreErrorsThatNameThem) {
    std::string plain = directory_.file("plain");
    std::ofstream(plain) << "x";
    for (const std::string& path : {directory_.file("missing"), plain, std::string("/proc"),
                                    directory_.path() + "/" + std::string(300, 'd')}) {
        ErrorState errors;
        Swap swap;
        EXPECT_EQ(swap.open(path.c_str(), source_, errors), MORPH_ERROR_IO) << path;
        EXPECT_EQ(std::string(errors.last.text).find("v1.swap_directory: \"" + path.substr(0, 90)),
                  0u)
            << errors.last.text;
        EXPECT_FALSE(swap.on());
    }
    std::filesystem::remove(plain);
}

TEST_F(SwapFailure, WithoutMemoryForItsTableItIsRefused) {
    ErrorState errors;
    Swap swap;
    meter_.refuse(1, 1);
    EXPECT_EQ(swap.open(directory_.path().c_str(), source_, errors), MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_FALSE(swap.on());
    open(swap);
}

// A disk that is full: what fits goes out, the rest stays, and all is as it was.
TEST_F(SwapFailure, AFullDiskLeavesPagesAsTheyAre) {
    Pages pages(source_, 8);
    Swap swap;
    open(swap);
    for (size_t i = 0; i < 8; ++i) pages.fill(i, static_cast<unsigned>(i));
    auto exceed = [&] {
        morph::limit_file_sizes(3 * kPageBytes);
        uint64_t ids[8] = {};
        for (size_t i = 0; i < 8; ++i) {
            bool out = swap.swap_out(pages.page(i), kPageBytes, &ids[i]);
            if (out != (i < 3) || (ids[i] != 0) != out) _exit(1);
        }
        for (size_t i = 0; i < 8; ++i) {
            if (!pages.holds(i, static_cast<unsigned>(i))) _exit(2);
        }
        if (swap.stats().refused != 5 || swap.check() != nullptr) _exit(3);
        // Swapping again needs a unit beside the old one.
        uint64_t kept = ids[0];
        if (swap.swap_out(pages.page(0), kPageBytes, &ids[0]) || ids[0] != kept) _exit(4);
        swap.forget(ids[2]);
        pages.fill(1, 50);
        if (!swap.swap_out(pages.page(1), kPageBytes, &ids[1])) _exit(5);
        _exit(pages.holds(0, 0) && pages.holds(1, 50) ? 7 : 6);
    };
    EXPECT_EXIT(exceed(), testing::ExitedWithCode(7), "");
}

// Any call of the system that fails: what it was made for did not happen, and no page lost
// anything.
TEST_F(SwapFailure, ACallThatFailsLeavesPagesAsTheyAre) {
    constexpr size_t kCount = 6;
    Pages pages(source_, kCount);
    auto life = [&](const morph::RefusedCall& refused, const morph::SystemCallForTests& each) {
        SCOPED_TRACE(each.name);
        for (size_t i = 0; i < kCount; ++i) pages.fill(i, static_cast<unsigned>(i));
        ErrorState errors;
        {
            Swap swap;
            if (swap.open(directory_.path().c_str(), source_, errors) != MORPH_OK) {
                EXPECT_TRUE(refused.happened());
                EXPECT_FALSE(swap.on());
            } else {
                uint64_t ids[kCount] = {};
                size_t out = 0;
                for (size_t i = 0; i < kCount; ++i) {
                    out += swap.swap_out(pages.page(i), kPageBytes, &ids[i]) ? 1u : 0u;
                }
                EXPECT_EQ(out, refused.happened() ? kCount - 1 : kCount);
                EXPECT_EQ(swap.stats().refused, kCount - out);
                EXPECT_EQ(swap.check(), nullptr);
            }
        }
        for (size_t i = 0; i < kCount; ++i) {
            EXPECT_TRUE(pages.holds(i, static_cast<unsigned>(i)));
        }
        std::filesystem::remove(directory_.path() + "/.morph-swap-" + std::to_string(getpid()) +
                                "-0");
    };
    EXPECT_GT(morph::refuse_each_call(life), 4 * kCount);  // for a page: statx (two), pwrite, ...
}

#if defined(__linux__)
// The system has records left for a few mappings more, and then for none.
TEST_F(SwapFailure, TooManyMappingsLeavePagesAsTheyAre) {
    constexpr size_t kCount = 128;
    Pages pages(source_, kCount);
    Swap swap;
    open(swap);
    for (size_t i = 0; i < kCount; ++i) pages.fill(i, static_cast<unsigned>(i));
    auto swap_until_refused = [&] {
        std::vector<void*> taken;
        taken.reserve(200000);
        for (void* mapped = nullptr; mapped != MAP_FAILED && taken.size() < 200000;) {
            int protection = taken.size() % 2 == 0 ? PROT_READ : PROT_NONE;
            mapped = mmap(nullptr, kPageBytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (mapped != MAP_FAILED) taken.push_back(mapped);
        }
        for (size_t i = taken.size() - 40; i < taken.size(); ++i) munmap(taken[i], kPageBytes);
        uint64_t ids[kCount] = {};
        size_t out = 0;
        for (size_t i = 0; i < kCount; i += 2) {
            bool swapped = swap.swap_out(pages.page(i), kPageBytes, &ids[i]);
            out += swapped;
            if ((ids[i] != 0) != swapped) _exit(1);
        }
        if (out == 0 || out == kCount / 2 || swap.stats().pages_out != out) _exit(2);
        for (size_t i = 0; i < kCount; ++i) {
            if (!pages.holds(i, static_cast<unsigned>(i))) _exit(3);
            pages.fill(i, 1);
        }
        _exit(swap.check() == nullptr ? 7 : 4);
    };
    EXPECT_EXIT(swap_until_refused(), testing::ExitedWithCode(7), "");
}
#endif

}  // namespace

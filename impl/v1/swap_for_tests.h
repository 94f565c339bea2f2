// For tests: pages to swap out that know what they should hold, and a directory.
#pragma once

#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <sys/mman.h>
#include <vector>

#include "chunk/memory_marks.h"
#include "chunk/meter_for_tests.h"
#include "os/directory_for_tests.h"
#include "v1/swap.h"

namespace morph {

// Memory that is mapped while it lives, with what it should hold.
class Pages {
 public:
    Pages(Source& source, size_t count) : source_(source), count_(count) {
        memory_ = static_cast<unsigned char*>(source.map_metadata(count * kPageBytes));
    }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    ~Pages() { source_.return_metadata(memory_, count_ * kPageBytes); }

    [[nodiscard]] unsigned char* page(size_t index) const { return memory_ + index * kPageBytes; }
    [[nodiscard]] size_t bytes() const { return count_ * kPageBytes; }
    void fill(size_t index, unsigned value) const {
        for (size_t i = 0; i < kPageBytes; ++i) page(index)[i] = byte_of(i, value);
    }
    [[nodiscard]] bool holds(size_t index, unsigned value) const {
        for (size_t i = 0; i < kPageBytes; ++i) {
            if (page(index)[i] != byte_of(i, value)) return false;
        }
        return true;
    }
    [[nodiscard]] size_t resident() const {
        std::vector<unsigned char> present(count_);
        EXPECT_EQ(mincore(memory_, bytes(), present.data()), 0);
        size_t sum = 0;
        for (unsigned char page : present) sum += page & 1;
        return sum;
    }

 private:
    static unsigned char byte_of(size_t i, unsigned value) {
        return static_cast<unsigned char>(i * 5 + i / 256 + value * 37);
    }
    Source& source_;
    size_t count_;
    unsigned char* memory_;
};

class SwapTest : public testing::Test {
 protected:
    void SetUp() override {
        ErrorState errors;
        if (!marks_active()) return;
        Swap swap;
        if (swap.open(directory_.path().c_str(), source_, errors) == MORPH_ERROR_UNSUPPORTED) {
            GTEST_SKIP() << errors.last.text;
        }
    }
    ~SwapTest() override { EXPECT_EQ(directory_.files(), 0u) << "nothing is left behind"; }

    void open(Swap& swap) {
        ErrorState errors;
        ASSERT_EQ(swap.open(directory_.path().c_str(), source_, errors), MORPH_OK)
            << errors.last.text;
    }
    static void expect_sound(const Swap& swap) { EXPECT_STREQ(swap.check(), nullptr); }

    DirectoryForTests directory_;
    Meter meter_;
    Source source_{meter_.limits()};
};

}  // namespace morph

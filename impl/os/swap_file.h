// SwapFile: an unlinked file whose parts can be mapped over pages of memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace morph::os {

class SwapFile {
 public:
    SwapFile() = default;
    SwapFile(const SwapFile&) = delete;
    SwapFile& operator=(const SwapFile&) = delete;
    ~SwapFile() { close(); }

    // A new file in directory, which nobody else can see. 0, or an errno (ENAMETOOLONG, EACCES,
    // ...; ENOSYS: not on this system). Must not be open.
    [[nodiscard]] int open(const char* directory);
    void close();
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

    // Writes bytes at offset, whole. 0, or an errno: the part of the file is undefined then. Also
    // refused: growing over RLIMIT_FSIZE, which would raise a signal; a descriptor that the program
    // has closed under us, or that leads to another file by now.
    [[nodiscard]] int write(const void* from, size_t bytes, uint64_t offset) const;

    // Maps that part of the file, as written, privately over [page, page + bytes), whole pages of
    // the system that are mapped: what was there is replaced. 0, or an errno: what was there is as
    // it was.
    [[nodiscard]] int map_over(void* page, size_t bytes, uint64_t offset) const;

    // Size of the system's pages: what addresses, sizes and offsets of map_over are multiples of.
    [[nodiscard]] static size_t page_bytes();

 private:
    // What tells a file from others. Numbers of files are given again: to one that has a name, or
    // is younger by a tick of the clock at least.
    struct Identity {
        uint64_t device, number;
        int64_t born_s, born_ns;  // 0 where the file system does not tell
        bool unlinked;

        bool operator==(const Identity&) const = default;
    };
    // 0, or an errno.
    [[nodiscard]] static int identify(int descriptor, Identity* identity);
    [[nodiscard]] int still_ours() const;

    int descriptor_ = -1;
    Identity identity_ = {};
};

}  // namespace morph::os

// Young: the space where objects are born and from which collections move them.
//
//   one chunk of its own
//   +------+------------+---------------+------------+---------------+---------+
//   | head | survivor A |     eden      | survivor B |    reserve    | starts  |
//   +------+------------+---------------+------------+---------------+---------+
//              S bytes    N used + M       S bytes        N + M        bitmap
//
// N is the nursery, S the survivor space, M the largest object of the nursery. A minor collection
// moves what is alive in eden and in one survivor space (from) to the other (to). What does not fit
// there and cannot be promoted for lack of memory goes to the reserve; then eden and reserve
// swap roles, and allocation goes on behind what lies there.
//
// YOUNG-USED   at most N + S bytes are used when a collection begins: an object is born in eden
//              only while eden then holds N or less, the survivor space from holds S at most, and
//              moving makes nothing larger. A generation of another size begins with what its
//              reserve takes alone, N + M of its own (M <= S), or with less than N + S.
// YOUNG-ROOM   so what a collection moves always fits: when something goes to the reserve, the
//              survivor space to is filled but for less than M, so that at most N + S - (S - M)
//              bytes go to the reserve.
// YOUNG-WALK   objects lie in each region from its begin to its top without gaps
// YOUNG-STARTS the bitmap has one bit for every 8 bytes of the regions; it is scratch of verify
//              and clear otherwise
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/source.h"
#include "heap/header.h"

namespace morph {

struct Region {
    unsigned char* begin = nullptr;
    unsigned char* top = nullptr;  // objects lie in begin .. top
    unsigned char* end = nullptr;

    [[nodiscard]] size_t used() const { return static_cast<size_t>(top - begin); }
    [[nodiscard]] size_t room() const { return static_cast<size_t>(end - top); }
    [[nodiscard]] size_t bytes() const { return static_cast<size_t>(end - begin); }
    // Room for an object, or nullptr.
    [[nodiscard]] unsigned char* bump(size_t wanted) {
        if (wanted > room()) return nullptr;
        unsigned char* place = top;
        top += wanted;
        return place;
    }
};

class Young {
 public:
    Young() = default;
    Young(const Young&) = delete;
    Young& operator=(const Young&) = delete;
    ~Young() = default;  // close() before

    // Sizes of a young generation with a nursery of that many bytes (rounded up to pages).
    struct Sizes {
        size_t nursery, survivor, object_max, mapping;
    };
    static Sizes sizes_of(size_t nursery_bytes);

    // false: the source refused.
    [[nodiscard]] bool open(Source& source, void* owner, size_t nursery_bytes, bool instrumented);
    void close(Source& source);
    void swap(Young& other) noexcept;

    // In the regions or between them: of this mapping. NULL is not.
    [[nodiscard]] bool contains(const void* address) const {
        return static_cast<size_t>(static_cast<const unsigned char*>(address) - base_) < bytes_;
    }

    // YOUNG-USED: evacuating objects of so many bytes in all to here cannot run out of room.
    [[nodiscard]] bool takes(size_t live_bytes) const {
        return live_bytes <= sizes_.nursery + sizes_.survivor;
    }

    [[nodiscard]] uintptr_t begin() const { return reinterpret_cast<uintptr_t>(base_); }
    [[nodiscard]] size_t bytes() const { return bytes_; }

    [[nodiscard]] const Sizes& sizes() const { return sizes_; }
    [[nodiscard]] Region& from() { return survivors_[from_]; }
    [[nodiscard]] const Region& from() const { return survivors_[from_]; }
    [[nodiscard]] Region& to() { return survivors_[1 - from_]; }

    // After everything was moved away: to becomes from; eden is empty unless the reserve was used,
    // or takes the reserve's place in any case (debug mode).
    void turn(bool swap_eden);

    void empty();  // nothing is alive

    // The survivor space to takes no more than that in the next evacuation. Only while used() is at
    // most the reserve's size.
    void cap_survivors(size_t bytes);

    // Debug mode: nobody may read or write what was moved away, until open_targets(). Whole pages.
    void close_sources();
    // false: the system refuses. Pages without access count for no limit of a process's data
    // (RLIMIT_DATA), so others may have taken their place meanwhile. It may be tried again.
    [[nodiscard]] bool open_targets();

    [[nodiscard]] bool set_start(const void* header);  // false: it was set
    [[nodiscard]] bool is_start(const void* header) const;
    void clear_starts();

    Region eden;  // its top is the allocation cursor when the heap does not hold it
    Region reserve;

 private:
    void take_access(const Region& region);

    Sizes sizes_ = {};
    Chunk* chunk_ = nullptr;
    unsigned char* base_ = nullptr;
    size_t bytes_ = 0;  // of the regions
    Region survivors_[2];
    unsigned from_ = 0;
    uint64_t* starts_ = nullptr;
    bool instrumented_ = false;
    bool closed_ = false;  // close_sources() has been called
};

}  // namespace morph

// Ledger: stands between a program and its allocator, knows every live block, and checks each call.
//
//   Lua, SQLite, Duktape --hook--> Ledger --> Allocator --> morph/general.h, morph/mem.h, malloc
//                                    |
//                          every live block: begin, size
//
// LEDGER-OVERLAP    a new block shares no byte with a live one (size 0 counts as one byte)
// LEDGER-ALIGNMENT  it is aligned as promised
// LEDGER-BLOCK      what is resized or freed is the beginning of a live block
// LEDGER-SIZE       its size, where the program or the allocator tells it, is the ledger's
// LEDGER-CONTENTS   the first min(old, new) bytes survive a resize, all bytes one that fails: their
//                   sum for up to kSummedBytes, those at both ends for longer ones
// LEDGER-FIGURES    objects and bytes live, and calls, are the ledger's to the last
// LEDGER-VERIFY     the allocator finds itself in order
// LEDGER-LEFT       nothing is live when the program is closed
//
// The last but one are checked every so many calls, and at the end. Its own memory comes from
// malloc before the call goes on to the allocator: when there is none the program is told so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "stress/real/allocator.h"

namespace real {

// Told of each broken rule, id first. May return: the ledger goes on as well as it can.
using Complaint = std::function<void(const std::string&)>;

class Ledger {
 public:
    // verify_every: calls between two checks of everything; 0: none but those at the end.
    Ledger(Allocator* allocator, uint64_t verify_every, Complaint complaint);

    void* allocate(size_t size);
    // told: size that the program believes the object to have, or kUntold. new_size is not 0.
    void* reallocate(void* object, size_t told, size_t new_size);
    void release(void* object, size_t told);
    // As the allocator tells, checked; kUntold is not answered.
    size_t size_of(const void* object);
    // The allocator frees everything, and it is gone from here as well.
    void reset();

    void check();         // LEDGER-FIGURES, LEDGER-VERIFY
    void check_closed();  // LEDGER-LEFT, and all of check()

    [[nodiscard]] uint64_t blocks() const { return blocks_.size(); }
    [[nodiscard]] uint64_t bytes() const { return bytes_; }
    [[nodiscard]] uint64_t bytes_peak() const { return bytes_peak_; }
    [[nodiscard]] uint64_t calls() const { return calls_; }

 private:
    static constexpr size_t kSummedBytes = 8192;
    static constexpr size_t kEndBytes = 1024;

    // One node for each block; an address-ordered map finds overlaps at its neighbours.
    using Blocks = std::map<uintptr_t, size_t>;

    // A node for the block to come; false when there is no memory for it.
    bool take_spare();
    void add(void* object, size_t size);
    Blocks::iterator find(const void* object, size_t told, const char* call);
    void check_alignment(const void* object, size_t size);
    void count_call();
    static uint64_t sum_of(const void* object, size_t size);
    [[gnu::format(printf, 2, 3)]] void complain(const char* format, ...);

    Allocator* allocator_;
    uint64_t verify_every_;
    Complaint complaint_;
    Blocks blocks_;
    Blocks::node_type spare_;
    uint64_t bytes_ = 0;
    uint64_t bytes_peak_ = 0;
    uint64_t calls_ = 0;
    uint64_t good_calls_ = 0;  // that gave or resized a block
};

}  // namespace real

// Listening to what a program asks of the malloc layer: how operation sequences are recorded.
#pragma once

#include <cstddef>
#include <cstdint>

#include "morph/mem.h"

namespace suite {

class MemoryListener {
 public:
    MemoryListener() = default;
    MemoryListener(const MemoryListener&) = delete;
    MemoryListener& operator=(const MemoryListener&) = delete;
    virtual ~MemoryListener() = default;

    virtual void registered() = 0;
    virtual void allocated(void* object, size_t size, uint32_t type) = 0;
    virtual void freed(void* object) = 0;
    virtual void reallocated(void* object, void* moved, size_t new_size) = 0;
    virtual void reset() = 0;
};

// The listener is told of each call that succeeds, until it is replaced; nullptr: nobody.
void listen(MorphMemContext* context, MemoryListener* listener);

}  // namespace suite

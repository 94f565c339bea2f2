// Allocator: what stands behind the allocator hook of an interpreter or a database: one of ours, or
// malloc. It has the shape that Lua's hook has; programs that do not tell sizes (SQLite, Duktape)
// get them from the allocator, or from a header of 16 bytes where it does not know them.
//
//   kind      objects come from                          sizes that are not told
//   malloc    libc                                       header
//   general   MorphGeneral (morph/general.h)             morph_general_size
//   context   MorphMemContext: pools and arena together  header
//   v1        the same on the V1 baseline                header
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "stress/memory/setup.h"

#include "morph/general.h"
#include "morph/mem.h"

namespace real {

enum class Kind : uint8_t { malloc, context, general, v1 };

// Who knows the size of an object when it is resized or freed.
enum class Sizes : uint8_t { told, kept };

// As old size of an object: the program does not tell.
constexpr size_t kUntold = SIZE_MAX;

// Bytes in front of an object that say how large it is; a multiple of every alignment promised.
constexpr size_t kHeaderBytes = 16;

struct Figures {
    MorphMemCounts total;
    uint64_t resizes;
    size_t mapped;
    size_t mapped_peak;
};

// What an adapter holds that its program knows nothing of.
struct Hidden {
    uint64_t objects;  // freed by the program, kept for reuse
    uint64_t bytes;    // of those; headers; what was rounded up
    uint64_t calls;    // good calls of the program that did not reach the allocator
};

class Allocator {
 public:
    Allocator() = default;
    Allocator(const Allocator&) = delete;
    Allocator& operator=(const Allocator&) = delete;
    virtual ~Allocator() = default;

    // NULL when there is no memory. size 0 gives an address as well.
    virtual void* allocate(size_t size) = 0;
    // NULL when there is no memory: the object is as it was. new_size is not 0, object not NULL.
    virtual void* reallocate(void* object, size_t old_size, size_t new_size) = 0;
    // Whether the allocator knew the object.
    virtual bool release(void* object, size_t old_size) = 0;
    // Of a live object; 0 for sizes told, which nobody asks for.
    [[nodiscard]] virtual size_t size_of(const void* object) const = 0;
    // Promised for objects of size.
    [[nodiscard]] virtual size_t alignment(size_t size) const = 0;

    // False: figures are not known (malloc).
    [[nodiscard]] virtual bool counts() const = 0;
    [[nodiscard]] virtual Figures figures() const = 0;
    [[nodiscard]] virtual Hidden hidden() const = 0;
    // What is broken; empty when nothing is.
    [[nodiscard]] virtual std::string verify() = 0;
    // Frees all. False where that cannot be done (malloc).
    virtual bool reset() = 0;
    // For hooks that call it themselves; NULL when it is something else.
    [[nodiscard]] virtual MorphGeneral* general() { return nullptr; }
};

// NULL when it cannot be created: then morph_creation_error() says why. setup.refusals, which
// counts what is asked of the system, outlives it.
[[nodiscard]] std::unique_ptr<Allocator> make_allocator(Kind kind, Sizes sizes,
                                                        const stress::Setup& setup);

}  // namespace real

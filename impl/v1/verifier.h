// Verifier: walks the whole of V1 and finds the first broken invariant.
//
// Beside those that each part states (V1-HEADER, V1-PAGE, V1-BYTES, V1-FREE, V1-ROOTS,
// V1-MARK-BLOCKS, V1-SLAB; SOURCE-, HEAPTYPES-, WEAK-, FINALIZER-, INDEX-, PAUSES-):
//
//   V1-HEAD       the public head pins every inline path: no window, no shadow stack, no young
//                 addresses
//   V1-LIST       the list of all objects holds exactly the objects flagged listed, each once
//   V1-LIVE       the sums of live payload and of live slots are what the walk finds, and so are,
//                 by type, the counts
//   V1-REFERENCE  every reference in an object, and every weak target, is NULL or a live object
//   V1-ROOT       so is every root, and the object of every finalizer. (A collection leaves a root
//                 that is no object alone; here it is told.)
#pragma once

#include "v1/parts.h"

namespace morph::v1 {

class Verifier {
 public:
    explicit Verifier(Parts& parts) : parts_(parts) {}

    // MORPH_OK, or MORPH_ERROR_CORRUPTION noted in the heap's errors.
    MorphCode run();

 private:
    bool check_parts();
    bool check_pages();
    bool check_page(const Page* page);
    bool check_object(const Object* object);
    bool check_free_lists();
    bool check_page_list(const Page* page);
    bool check_list();
    bool check_contents(Object* object);
    bool check_roots();
    bool check_counts();
    [[nodiscard]] bool is_object(const void* payload) const {
        return payload == nullptr || parts_.find_live(payload) != nullptr;
    }

    // Notes the first broken invariant. Always false.
    bool broken(const char* id, const void* payload, const char* what);
    [[nodiscard]] const Object* parent_of(const void* payload) const;

    Parts& parts_;
    // What the pages hold:
    uint64_t listed_ = 0;
    uint64_t free_ = 0;
    uint64_t live_bytes_ = 0;
    uint64_t slot_bytes_ = 0;
    bool headers_are_sound_ = false;
};

}  // namespace morph::v1

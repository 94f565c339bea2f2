// Verifier: walks the whole heap and finds the first broken invariant.
//
// Beside the invariants that each part states and checks itself (SOURCE-, HEAPTYPES-, ROOTS-,
// REMEMBERED-, WEAK-, FINALIZER-, MARK-, PAUSES-, OLD-, ...):
//
//   HEAP-HEADER      every object's header: nothing forwarded or marked (HEADER-CLEAN), its space
//   as
//                    it lies, a registered type, a size that the type and the space allow, the
//                    barrier bit as HEADER-BARRIER says
//   HEAP-REFERENCE   every reference in an object, and every weak target, is NULL or an object that
//                    was not found dead
//   HEAP-ROOT        so is every root, and the object of every finalizer
//   HEAP-REMEMBERED  an old object that refers to a young one is in the remembered set, and,
//   carded,
//                    its card is dirty
//   HEAP-COUNTS      by type, what the walk finds is what is counted, young and all
//   HEAP-LEDGER      debug mode: guards and ledger words are right
//   HEAP-MARKS       marking again from the roots reaches no more than there is; debug mode does so
//                    right after each major collection, where it must reach exactly what is left
#pragma once

#include "heap/parts.h"

namespace morph {

class Verifier {
 public:
    explicit Verifier(HeapParts& parts) : parts_(parts) {}

    // MORPH_OK, or MORPH_ERROR_CORRUPTION noted in the heap's errors.
    MorphCode run();

    // How many objects are reached from the roots. The old space is swept then.
    [[nodiscard]] uint64_t mark_again();

 private:
    bool check_parts();
    bool check_tables();
    bool check_young();
    bool check_old();
    bool check_header(const Header* header, bool old);
    bool check_object(Header* header);
    bool check_remembered(Header* header);
    bool check_roots();
    bool check_counts();
    bool check_marks();
    bool count(const Header* header);
    [[nodiscard]] bool is_object(const void* address) const;

    // Notes the first broken invariant. Always false.
    bool broken(const char* id, const void* object, const char* what);
    [[nodiscard]] const void* parent_of(const void* object) const;

    HeapParts& parts_;
    uint64_t objects_ = 0;
};

}  // namespace morph

// Each invariant of the verifier is seen to be found broken, by its id, with object and parent.
#include "heap/heap_for_tests.h"
#include "heap/remember.h"
#include "heap/tables_for_tests.h"

namespace morph {

struct HeapPeek {
    static HeapParts& parts(MorphHeap* heap) { return heap_of(heap)->parts_; }
};

namespace {

class Verifier : public ::testing::Test {
 protected:
    Verifier() : test(configuration()) {
        test.push(young);
        test.push(old);
        old = test.new_node(1);
        test.minor();  // promotion age 1
        young = test.new_node(2);
    }
    ~Verifier() override { test.pop(2); }

    static MorphHeapConfig configuration() {
        MorphHeapConfig config = {};
        config.settings.promotion_age = 1;
        return config;
    }

    // The next verification fails with that id.
    void expect_broken(const char* id) {
        EXPECT_EQ(morph_heap_verify(test.heap), MORPH_ERROR_CORRUPTION);
        std::string text = morph_heap_last_error(test.heap).text;
        EXPECT_EQ(text.substr(0, text.find(':')), id) << text;
    }
    HeapParts& parts() { return HeapPeek::parts(test.heap); }

    TestHeap test;
    Node* young = nullptr;
    Node* old = nullptr;
};

TEST_F(Verifier, FindsNothingInASoundHeap) {
    test.verify();
    test.link(old, &old->left, young);
    test.verify();
}

TEST_F(Verifier, FindsAHeaderThatIsForwardedMarkedOrOfAnotherSpace) {
    for (Header bit : {kForwarded, kMarked, kOld, kListed, kCarded}) {
        *header_of(young) ^= bit;
        expect_broken("HEAP-HEADER");
        *header_of(young) ^= bit;
    }
    test.verify();
}

TEST_F(Verifier, FindsABarrierBitThatIsNotAsItShouldBe) {
    *header_of(young) ^= kBarrier;
    expect_broken("HEAP-HEADER");
    *header_of(young) ^= kBarrier;
    *header_of(old) ^= kBarrier;
    expect_broken("HEAP-HEADER");
    *header_of(old) ^= kBarrier;
    test.verify();
}

TEST_F(Verifier, FindsAnUnknownTypeAndASizeTooSmallForTheType) {
    Header sound = *header_of(old);
    *header_of(old) |= MORPH_HEADER_TYPE_MASK << MORPH_HEADER_TYPE_SHIFT;
    expect_broken("HEAP-HEADER");
    *header_of(old) = sound & ~kSizeField;
    expect_broken("HEAP-HEADER");
    *header_of(old) = sound;
    test.verify();
}

TEST_F(Verifier, FindsAReferenceThatIsNoObject) {
    for (uintptr_t wrong :
         {uintptr_t{8}, reinterpret_cast<uintptr_t>(young) + 8,
          reinterpret_cast<uintptr_t>(old) + 8, reinterpret_cast<uintptr_t>(old) + 4096}) {
        young->right = reinterpret_cast<Node*>(wrong);
        expect_broken("HEAP-REFERENCE");
        young->right = nullptr;
    }
    test.verify();
}

TEST_F(Verifier, NamesObjectTypeAndParent) {
    test.link(old, &old->left, young);
    young->right = reinterpret_cast<Node*>(uintptr_t{16});
    expect_broken("HEAP-REFERENCE");
    std::string text = morph_heap_last_error(test.heap).text;
    char address[32];
    snprintf(address, sizeof(address), "%p", static_cast<void*>(old));
    EXPECT_NE(text.find("\"node\""), std::string::npos) << text;
    EXPECT_NE(text.find(std::string("held by ") + address), std::string::npos) << text;
    young->right = nullptr;
}

TEST_F(Verifier, FindsARootThatIsNoObject) {
    Node* sound = young;
    young = reinterpret_cast<Node*>(reinterpret_cast<uintptr_t>(young) + 8);
    expect_broken("HEAP-ROOT");
    young = sound;
    test.verify();
}

TEST_F(Verifier, FindsAnOldObjectThatRefersToAYoungOneAndIsNotRemembered) {
    old->left = young;  // no barrier
    expect_broken("HEAP-REMEMBERED");
    old->left = nullptr;
    test.verify();
}

TEST_F(Verifier, FindsACleanCardInFrontOfAYoungReference) {
    constexpr size_t kCount = kChunkBytes / 8;
    auto** array =
        static_cast<void**>(morph_heap_alloc(test.heap, kCount * sizeof(void*), test.pointers));
    test.push(array);
    test.link(array, kCount - 1, young);
    test.verify();
    unsigned char& card = parts().old.cards_of(array)[card_of((kCount - 1) * sizeof(void*))];
    card = 0;
    expect_broken("HEAP-REMEMBERED");
    card = 1;
    test.verify();
    test.pop(1);
}

TEST_F(Verifier, FindsAnEntryOfTheRememberedSetThatIsNotListed) {
    test.link(old, &old->left, young);
    *header_of(old) = (*header_of(old) & ~kListed) | kBarrier;
    expect_broken("REMEMBERED-LISTED");
    *header_of(old) = (*header_of(old) & ~kBarrier) | kListed;
    test.verify();
}

TEST_F(Verifier, FindsCountsThatDoNotMatch) {
    HeapTypeRecord& record = parts().types[test.node];
    record.frees += 1;
    record.bytes_freed += sizeof(Node);
    expect_broken("HEAP-COUNTS");
    record.frees -= 1;
    record.bytes_freed -= sizeof(Node);
    record.allocations_seen += 1;
    expect_broken("HEAP-COUNTS");
    record.allocations_seen -= 1;
    test.verify();
}

TEST_F(Verifier, FindsAMarkThatWasLeftBehind) {
    parts().old.begin_marking();
    parts().old.cancel_marking();
    test.verify();
    ASSERT_TRUE(parts().old.mark(old));
    expect_broken("OLD-MARKS");
}

TEST_F(Verifier, FindsAWeakReferenceThatTheTableHasLost) {
    void* weak = morph_heap_alloc(test.heap, 16, test.weak);
    test.push(weak);
    static_cast<uint64_t*>(weak)[1] += 1;
    expect_broken("WEAK-INDEX");
    static_cast<uint64_t*>(weak)[1] -= 1;
    *static_cast<uint64_t*>(weak) = 16;
    expect_broken("HEAP-REFERENCE");
    *static_cast<uint64_t*>(weak) = 0;
    test.verify();
    test.pop(1);
}

TEST_F(Verifier, NamesTheTypeThatIsBroken) {
    uint64_t& frees = parts().types[test.pointers].frees;
    frees += 1;  // more than were ever allocated
    expect_broken("HEAPTYPES-COUNT");
    std::string text = morph_heap_last_error(test.heap).text;
    EXPECT_NE(text.find("type " + std::to_string(test.pointers)), std::string::npos) << text;
    frees -= 1;
    test.verify();
}

TEST_F(Verifier, FindsAFinalizerOfNoList) {
    ASSERT_EQ(morph_heap_set_finalizer(
                  test.heap, old, [](MorphHeap*, void*, void*) {}, nullptr),
              MORPH_OK);
    size_t& count = TablePeek::young_count(parts().finalizers);
    count += 1;
    expect_broken("FINALIZER-LISTS");
    count -= 1;
    test.verify();
}

TEST_F(Verifier, TakesNoAddressOutsideOfTheOldSpaceForAnOldObject) {
    EXPECT_EQ(parts().old.find(young), nullptr);
    EXPECT_FALSE(parts().old.is_live(young));
    EXPECT_EQ(parts().old.find(old), header_of(old));
}

TEST_F(Verifier, RemembersThatASecondMarkingDisagreed) {
    parts().marks_disagree = true;
    expect_broken("HEAP-MARKS");
    parts().marks_disagree = false;
}

}  // namespace
}  // namespace morph

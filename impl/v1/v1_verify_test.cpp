// Each invariant of V1 broken once: verify names it, and is content again when it is mended.
#include <cstring>
#include <functional>

#include "heap/tables_for_tests.h"
#include "v1/v1_for_tests.h"

namespace morph {
namespace {

using v1::Object;
using v1::Page;
using v1::Peek;

// A V1 with something of everything: a list, weak and large objects, free ones on several pages.
class V1Verify : public testing::Test {
 protected:
    V1Verify() {
        test.push(list);
        test.prepend(list, 100);
        test.push(array);
        array = static_cast<void**>(test.make(8 * 1000, test.pointers));
        test.push(weak);
        weak = static_cast<void**>(test.make(16, test.weak));
        morph_heap_weak_set(test.heap, weak, list);
        EXPECT_EQ(morph_heap_add_global_root(test.heap, &global), MORPH_OK);
        for (Cell* at = list; at->left != nullptr && at->left->left != nullptr; at = at->left) {
            at->left = at->left->left;  // every second one dies
        }
        test.collect();
        test.verify();
        parts = &test.parts();
        EXPECT_GT(parts->free_list.count(), 10u);
    }
    ~V1Verify() override { test.verify(); }

    // The value is changed, verify must say id, the value is put back.
    template <typename T>
    void broken(const char* id, T& value, std::type_identity_t<T> wrong) {
        T before = value;
        value = wrong;
        expect(id);
        value = before;
        test.verify();
    }
    void expect(const char* id) {
        // Not through the head, which may be what is broken.
        EXPECT_EQ(test.v1->verify(), MORPH_ERROR_CORRUPTION) << id;
        std::string text = test.error().text;
        EXPECT_EQ(text.substr(0, text.find(':')), id) << text;
    }
    [[nodiscard]] Object* object() const { return v1::object_of(list); }
    [[nodiscard]] Object* dead() const { return Peek::head(parts->free_list); }

    TestV1 test;
    v1::Parts* parts = nullptr;
    Cell* list = nullptr;
    void** array = nullptr;
    void** weak = nullptr;
    void* global = nullptr;
};

TEST_F(V1Verify, TheHeadPinsInlinePaths) {
    unsigned char byte = 0;
    broken("V1-HEAD", parts->head.is_v1, false);
    broken("V1-HEAD", parts->head.limit, &byte);
    broken("V1-HEAD", parts->head.roots_limit, reinterpret_cast<void***>(&global));
    broken("V1-HEAD", parts->head.young_bytes, 1);
    broken("HEAPTYPES-INLINE", parts->types.head_record(0).size_min, 8);
}

TEST_F(V1Verify, HeadersAreSound) {
    Object* live = object();
    broken("V1-HEADER", live->flags, live->flags | v1::kMarkedFlag);
    broken("V1-HEADER", live->flags, 0);
    broken("V1-HEADER", live->type, 99);
    broken("V1-HEADER", live->type, test.pointers);  // another one than the public word tells
    broken("V1-HEADER", live->public_word, live->public_word ^ MORPH_HEADER_BARRIER);
    broken("V1-HEADER", live->free_next, dead());
    broken("V1-HEADER", live->page, v1::object_of(array)->page);
    morph_object_set_flags(list, 0xff);  // the user's
    test.verify();
    // Too small for its type, everything else as it would be then.
    live->size = 8;
    EXPECT_EQ(morph_heap_verify(test.heap), MORPH_ERROR_CORRUPTION);
    live->size = sizeof(Cell);
}

TEST_F(V1Verify, PagesAreFilledWithoutGapAndKnown) {
    Page* page = object()->page;
    broken("V1-PAGE", page->used, page->used + 8);
    broken("V1-PAGE", page->used, page->used - 8);
    broken("V1-PAGE", page->used, 4104);
    broken("V1-PAGE", object()->size, 5000);
    broken("V1-PAGE", object()->size, SIZE_MAX);
    broken("V1-PAGE", object()->size, SIZE_MAX - 94);  // with its header it has no size at all
    broken("V1-PAGE", page->size, 8192);
    broken("V1-PAGE", page->start, page->start + 4096);
    broken("V1-PAGE", page->next, page);
    broken("V1-PAGE", Peek::current(parts->pages), v1::object_of(array)->page);
    broken("V1-BYTES", Peek::count(parts->pages), 1);
    broken("V1-BYTES", Peek::own_bytes(parts->pages), 4096);
    broken("V1-SLAB", Peek::records_used(parts->pages), 1);
    Page* first = parts->pages.first();
    broken("V1-PAGE", first->next, nullptr);
    Peek::index(parts->pages).erase(page->start);
    expect("V1-PAGE");
    Peek::index(parts->pages).insert(page->start, reinterpret_cast<size_t>(page));
}

TEST_F(V1Verify, BothFreeListsHoldExactlyTheFree) {
    Object* first = dead();
    Object* second = first->free_next;
    broken("V1-FREE", Peek::head(parts->free_list), second);
    broken("V1-FREE", Peek::head(parts->free_list), nullptr);
    broken("V1-FREE", first->free_next, nullptr);
    broken("V1-FREE", first->free_next, object());
    broken("V1-FREE", second->free_next, first);
    broken("V1-FREE", second->free_previous, nullptr);
    broken("V1-FREE", Peek::count(parts->free_list), 1);
    Page* page = first->page;
    broken("V1-FREE", page->free, nullptr);
    broken("V1-FREE", page->free, object());
    broken("V1-FREE", page->free, page->free->page_free_next);
    Object* of_page = page->free->page_free_next;
    ASSERT_NE(of_page, nullptr);
    broken("V1-FREE", of_page->page_free_previous, nullptr);
    broken("V1-FREE", of_page->page_free_next, page->free);
    Page* other = page;
    for (Page* at = parts->pages.first(); at != nullptr; at = at->next) {
        if (at != page && at->free != nullptr) other = at;
    }
    ASSERT_NE(other, page);
    std::swap(page->free, other->free);
    expect("V1-FREE");
    std::swap(page->free, other->free);
}

TEST_F(V1Verify, TheListOfAllObjectsHoldsExactlyTheListed) {
    Object* first = parts->objects;
    broken("V1-LIST", parts->objects, first->next);
    broken("V1-LIST", parts->objects, nullptr);
    broken("V1-LIST", first->next, first);
    broken("V1-LIST", first->next, dead());
    broken("V1-LIST", parts->listed, parts->listed + 1);
    // A free one that is flagged, as if it had been given back.
    broken("V1-LIST", dead()->flags, dead()->flags | v1::kListedFlag);
}

TEST_F(V1Verify, SumsAndCountsAreRight) {
    broken("V1-LIVE", parts->live_bytes, parts->live_bytes + 8);
    broken("V1-LIVE", parts->slot_bytes, 0);
    HeapTypeRecord& record = parts->types[test.cell];
    broken("V1-LIVE", record.frees, record.frees - 1);
    broken("V1-LIVE", record.bytes_freed, record.bytes_freed - 8);
    ASSERT_NE(test.make(8), nullptr);
    HeapTypeRecord& untyped = parts->types[0];
    broken("V1-LIVE", untyped.frees, untyped.frees + 1);
}

TEST_F(V1Verify, ReferencesAndRootsAreLiveObjects) {
    broken("V1-REFERENCE", array[7], static_cast<void*>(dead()->payload()));
    broken("V1-REFERENCE", array[999], static_cast<void*>(&array));
    broken("V1-REFERENCE", list->right, reinterpret_cast<Cell*>(&list->right));
    broken("V1-REFERENCE", *weak, static_cast<void*>(dead()->payload()));
    broken("V1-ROOT", global, static_cast<void*>(dead()->payload()));
    auto** inside = array + 1;
    test.push(inside);
    expect("V1-ROOT");
    test.pop(1);
}

TEST_F(V1Verify, TheTextOfABrokenReferenceNamesObjectTypeAndHolder) {
    Cell* held = list->left;
    void* before = held->right;
    held->right = reinterpret_cast<Cell*>(&global);
    expect("V1-REFERENCE");
    std::string text = test.error().text;
    EXPECT_NE(text.find("offset 8"), std::string::npos) << text;
    EXPECT_NE(text.find("\"cell\""), std::string::npos) << text;
    EXPECT_NE(text.find("held by"), std::string::npos) << text;
    held->right = static_cast<Cell*>(before);
}

TEST_F(V1Verify, TablesAreSound) {
    v1::RootList::Node* root = Peek::head(parts->roots);
    broken("V1-ROOTS", Peek::head(parts->roots), root->next);
    broken("V1-ROOTS", root->next, root);
    broken("V1-ROOTS", root->slot, nullptr);
    size_t& finalizers = TablePeek::young_count(parts->finalizers);
    broken("FINALIZER-LISTS", finalizers, finalizers + 1);
    broken("V1-MARK-BLOCKS", Peek::top(parts->mark_blocks), 1);
    broken("V1-MARK-BLOCKS", Peek::count(parts->mark_blocks), 2);
    broken("V1-MARK-BLOCKS", Peek::count(parts->mark_blocks), 0);
}

}  // namespace
}  // namespace morph

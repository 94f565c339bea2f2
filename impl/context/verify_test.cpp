// Each invariant of the context and its types, broken on purpose: verify names it.
#include <cstring>
#include <functional>

#include "context/context.h"
#include "context/testing.h"

namespace morph {

struct ContextPeek {
    Context& context;
    TypeTable& types() { return context.types_; }
    uint32_t& type_capacity() { return context.types_.capacity_; }
    Totals& totals() { return context.totals_; }
    Pool& pool() { return context.pool_; }
};

}  // namespace morph

namespace {

class Verify : public morph::ContextTest {
 protected:
    morph::ContextPeek peek() { return {*morph::context_of(context)}; }

    // Sound before, the id while broken, sound again after.
    void expect_found(const char* id, const std::function<void()>& damage,
                      const std::function<void()>& mend) {
        verify();
        damage();
        uint64_t failures = stats().failures;
        EXPECT_EQ(morph_mem_verify(context), MORPH_ERROR_CORRUPTION) << id;
        EXPECT_EQ(error().code, MORPH_ERROR_CORRUPTION);
        EXPECT_EQ(std::string(error().text), std::string(id) + " is broken");
        EXPECT_EQ(stats().failures, failures + 1);
        mend();
        verify();
    }
};

TEST_F(Verify, NamesTheBrokenInvariant) {
    open();
    uint32_t type = add_type("victim", MORPH_PLACE_ARENA);
    uint32_t other = add_type("other");
    ASSERT_NE(morph_mem_alloc(context, 3000, type), nullptr);
    ASSERT_NE(morph_mem_alloc(context, 40, other), nullptr);
    morph::TypeRecord& record = peek().types()[type];
    morph::TypeRecord& pooled = peek().types()[other];
    morph::Totals& totals = peek().totals();

    expect_found("TYPES-NAME", [&] { record.name[0] = '\0'; }, [&] { record.name[0] = 'v'; });
    expect_found(
        "TYPES-NAME", [&] { std::memset(record.name, 'v', sizeof(record.name)); },
        [&] { record.name[6] = '\0'; });
    expect_found("TYPES-LIMIT", [&] { record.pool_sizes = 1025; }, [&] { record.pool_sizes = 0; });
    expect_found(
        "TYPES-LIMIT", [&] { pooled.pool_sizes = 1026; }, [&] { pooled.pool_sizes = 1025; });
    expect_found(
        "TYPES-COUNT", [&] { record.counters.frees = 2; }, [&] { record.counters.frees = 0; });
    expect_found(
        "TYPES-COUNT", [&] { record.counters.bytes_freed = 3001; },
        [&] { record.counters.bytes_freed = 0; });
    expect_found("CONTEXT-COUNT", [&] { totals.bytes_live += 1; }, [&] { totals.bytes_live -= 1; });
    expect_found(
        "CONTEXT-COUNT", [&] { totals.arena.allocations += 9; },
        [&] { totals.arena.allocations -= 9; });
    expect_found(
        "CONTEXT-POOL", [&] { totals.arena.bytes_allocated -= 1; },
        [&] { totals.arena.bytes_allocated += 1; });
    expect_found(
        "CONTEXT-POOL", [&] { pooled.counters.frees = 1; }, [&] { pooled.counters.frees = 0; });
    void* uncounted = peek().pool().allocate(40, type);
    ASSERT_NE(uncounted, nullptr);
    EXPECT_EQ(morph_mem_verify(context), MORPH_ERROR_CORRUPTION);
    EXPECT_STREQ(error().text, "CONTEXT-POOL is broken");
    EXPECT_EQ(peek().pool().release(uncounted, 40), MORPH_OK);
    verify();
    uncounted = peek().pool().allocate(40, 77);
    EXPECT_EQ(morph_mem_verify(context), MORPH_ERROR_CORRUPTION) << "an object of no type";
    EXPECT_EQ(peek().pool().release(uncounted, 40), MORPH_OK);
    verify();
}

}  // namespace

// The C++ face.
#include "morph/mem.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace morph_memory;

// Counts what lives, and fails to be born when told to.
struct Counted {
    explicit Counted(bool fails = false) {
        if (fails) throw std::runtime_error("unborn");
        live += 1;
    }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { live -= 1; }

    static inline int live = 0;
    char payload[40] = {};
};

struct alignas(64) Wide {
    double values[8];
};

// Grants so many requests, then refuses.
struct Purse {
    size_t left;
    size_t granted = 0;
    MorphMemoryLimits limits() {
        return {0,
                [](void* user, size_t bytes) {
                    auto* purse = static_cast<Purse*>(user);
                    if (purse->left == 0) return false;
                    purse->left -= 1;
                    purse->granted += bytes;
                    return true;
                },
                [](void* user, size_t bytes) { static_cast<Purse*>(user)->granted -= bytes; },
                this};
    }
};

TEST(CppContext, TellsWhyThereIsNone) {
    Result<Context> made = Context::make(MORPH_CONFIG_VM);
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().code, MORPH_ERROR_UNSUPPORTED);
}

TEST(CppContext, ReturnsEverythingAtItsEndAndWhenMovedOver) {
    Purse purse = {SIZE_MAX};
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    config.memory = purse.limits();
    {
        Result<Context> first = Context::make(config);
        ASSERT_TRUE(first);
        Context context = std::move(*first);
        EXPECT_EQ(first->get(), nullptr);
        EXPECT_NE(context.allocate(10), nullptr);
        context = std::move(*Context::make(config));
        EXPECT_EQ(context.stats().total.allocations, 0u) << "the other one";
        Context& same = context;
        context = std::move(same);
        EXPECT_NE(context.allocate(10), nullptr);
        EXPECT_EQ(context.close(), MORPH_OK);
        EXPECT_EQ(context.get(), nullptr);
    }
    EXPECT_EQ(purse.granted, 0u);
}

TEST(CppContext, CreatesAndDestroysTypedObjects) {
    Result<Context> memory = Context::make();
    ASSERT_TRUE(memory);
    uint32_t type = memory->register_type("counted");
    auto* object = memory->create<Counted>(type);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(Counted::live, 1);
    EXPECT_EQ(morph_mem_query(memory->get(), object).type, type);
    EXPECT_EQ(memory->destroy(object), MORPH_OK);
    EXPECT_EQ(Counted::live, 0);
    EXPECT_EQ(memory->destroy<Counted>(nullptr), MORPH_OK);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(reinterpret_cast<uintptr_t>(memory->create<Wide>(0)) % 64, 0u);
    }
    EXPECT_EQ(memory->stats().total.objects_live, 100u);
    memory->reset();
    EXPECT_EQ(memory->stats().total.objects_live, 0u);
    EXPECT_EQ(memory->create<int>(99), nullptr);
    EXPECT_EQ(memory->last_error().code, MORPH_ERROR_UNKNOWN_TYPE);
}

TEST(CppContext, FreesWhatItAllocatedAndSaysWhyItRefuses) {
    Result<Context> made = Context::make_auto();
    ASSERT_TRUE(made);
    int own = 0;
    void* object = morph_mem_alloc(made->get(), 40, 0);
    EXPECT_EQ(made->free(object), MORPH_OK);
    EXPECT_EQ(made->free(&own), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(made->last_error().code, MORPH_ERROR_NOT_AN_OBJECT);
}

TEST(CppContext, AConstructorThatThrowsGivesItsMemoryBack) {
    Result<Context> memory = Context::make();
    ASSERT_TRUE(memory);
    EXPECT_THROW((void)memory->create<Counted>(0, true), std::runtime_error);
    EXPECT_EQ(memory->stats().total.allocations, 1u);
    EXPECT_EQ(memory->stats().total.objects_live, 0u);
    Result<Pool> pool = Pool::make();
    ASSERT_TRUE(pool);
    EXPECT_THROW((void)pool->create<Counted>(true), std::runtime_error);
    EXPECT_EQ(pool->stats().objects_live, 0u);
    EXPECT_EQ(Counted::live, 0);
}

TEST(CppArena, ScopesFreeWhatCameAfterThem) {
    Result<Arena> arena = Arena::make();
    ASSERT_TRUE(arena);
    ASSERT_NE(arena->allocate(100), nullptr);
    size_t before = arena->stats().bytes_used;
    {
        ArenaScope outer(*arena);
        ASSERT_TRUE(outer);
        ASSERT_NE(arena->create<Wide>(), nullptr);
        {
            ArenaScope inner(*arena);
            ASSERT_NE(arena->allocate(5000, 4096), nullptr);
            EXPECT_EQ(arena->stats().scopes, 2u);
        }
        EXPECT_EQ(arena->stats().scopes, 1u);
        EXPECT_EQ(arena->stats().bytes_used, before + sizeof(Wide));
    }
    EXPECT_EQ(arena->stats().bytes_used, before);
    EXPECT_EQ(arena->stats().scopes, 0u);
    arena->reset();
    EXPECT_EQ(arena->stats().bytes_used, 0u);
}

TEST(CppPool, CreatesAndDestroys) {
    Result<Pool> pool = Pool::make();
    ASSERT_TRUE(pool);
    auto* object = pool->create<Counted>();
    EXPECT_EQ(pool->stats().bytes_live, sizeof(Counted));
    EXPECT_EQ(pool->destroy(object), MORPH_OK);
    EXPECT_EQ(pool->destroy(object), MORPH_ERROR_NOT_AN_OBJECT);
    Counted::live = 0;
    EXPECT_EQ(pool->last_error().code, MORPH_ERROR_NOT_AN_OBJECT);
}

TEST(CppArena, TellsWhyThereIsNoneAndWhyItRefuses) {
    MorphArenaConfig impossible = {};
    impossible.block_size = 3;
    EXPECT_EQ(Arena::make(impossible).error().code, MORPH_ERROR_INVALID_CONFIGURATION);
    Result<Arena> made = Arena::make();
    ASSERT_TRUE(made);
    EXPECT_EQ(made->last_error().code, MORPH_OK);
    EXPECT_EQ(morph_arena_alloc(made->get(), SIZE_MAX), nullptr);
    EXPECT_EQ(made->last_error().code, MORPH_ERROR_TOO_LARGE);
}

TEST(CppPool, TellsWhyThereIsNoneAndRefusesWithoutAnObject) {
    Purse purse = {0};
    MorphPoolConfig config = {};
    config.memory = purse.limits();
    EXPECT_EQ(Pool::make(config).error().code, MORPH_ERROR_OUT_OF_MEMORY);
    purse.left = 1;  // for itself, not for objects
    Result<Pool> made = Pool::make(config);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->create<Counted>(0), nullptr);
    EXPECT_EQ(Counted::live, 0);
}

TEST(CppPool, FreesBySizeAndAllAtOnce) {
    Result<Pool> made = Pool::make();
    ASSERT_TRUE(made);
    void* object = morph_pool_alloc(made->get(), 40);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(made->free(object, 40), MORPH_OK);
    ASSERT_NE(morph_pool_alloc(made->get(), 40), nullptr);
    made->reset();
    EXPECT_EQ(morph_pool_stats(made->get()).objects_live, 0u);
}

TEST(Pmr, AnArenaServesContainers) {
    Result<Arena> arena = Arena::make();
    ASSERT_TRUE(arena);
    ArenaResource resource(arena->get());
    std::pmr::vector<std::pmr::string> words(&resource);
    for (int i = 0; i < 2000; ++i)
        words.emplace_back("a word that is not a short one " + std::to_string(i));
    EXPECT_EQ(words[1999].substr(31), "1999");
    EXPECT_TRUE(morph_arena_contains(arena->get(), words[7].data()));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(resource.allocate(10, 4096)) % 4096, 0u);
}

TEST(Pmr, APoolServesSmallPiecesAndItsUpstreamTheOthers) {
    Result<Pool> pool = Pool::make();
    ASSERT_TRUE(pool);
    std::pmr::monotonic_buffer_resource upstream;
    PoolResource resource(pool->get(), &upstream);
    for (auto [bytes, alignment, pooled] : {std::tuple<size_t, size_t, bool>{0, 1, true},
                                            {24, 8, true},
                                            {1024, 8, true},
                                            {1025, 8, false},
                                            {100000, 1, false},
                                            {24, 16, false},
                                            {64, 64, false}}) {
        void* memory = resource.allocate(bytes, alignment);
        EXPECT_EQ(morph_pool_query(pool->get(), memory).allocated, pooled) << bytes;
        EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % alignment, 0u);
        resource.deallocate(memory, bytes, alignment);
        EXPECT_EQ(pool->stats().objects_live, 0u);
    }
    std::pmr::vector<std::pmr::string> words(&resource);
    for (int i = 0; i < 2000; ++i) words.emplace_back(std::string(static_cast<size_t>(i), 'x'));
    EXPECT_GT(pool->stats().objects_live, 900u);
    words.clear();
    words.shrink_to_fit();
    EXPECT_EQ(pool->stats().objects_live, 0u);
}

TEST(Pmr, ResourcesThrowWhenThereIsNoMemory) {
    Purse purse = {2};
    MorphArenaConfig arena_config = {};
    arena_config.memory = purse.limits();
    Result<Arena> arena = Arena::make(arena_config);
    ASSERT_TRUE(arena);
    purse.left = 0;
    ArenaResource arena_resource(arena->get());
    EXPECT_THROW((void)arena_resource.allocate(size_t{1} << 30), std::bad_alloc);
    EXPECT_THROW((void)arena_resource.allocate(size_t{PTRDIFF_MAX}), std::bad_alloc);
    Purse second = {SIZE_MAX};
    MorphPoolConfig pool_config = {};
    pool_config.memory = second.limits();
    Result<Pool> pool = Pool::make(pool_config);
    ASSERT_TRUE(pool);
    second.left = 0;
    PoolResource pool_resource(pool->get());
    EXPECT_THROW((void)pool_resource.allocate(100, 8), std::bad_alloc);
}

TEST(Pmr, ResourcesAreEqualWhenTheyStandOnTheSame) {
    Result<Arena> arena = Arena::make();
    Result<Pool> pool = Pool::make();
    Result<Pool> other = Pool::make();
    ASSERT_TRUE(arena && pool && other);
    ArenaResource a(arena->get()), b(arena->get());
    PoolResource p(pool->get()), q(pool->get()), r(other->get());
    EXPECT_TRUE(a == b);
    EXPECT_TRUE(p == q);
    EXPECT_FALSE(p == r);
    EXPECT_FALSE(static_cast<std::pmr::memory_resource&>(a) == p);
}

}  // namespace

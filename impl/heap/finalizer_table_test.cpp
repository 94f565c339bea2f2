#include "heap/finalizer_table.h"

#include <algorithm>
#include <random>
#include <vector>

#include "heap/tables_for_tests.h"

namespace morph {
namespace {

void first_function(MorphHeap*, void*, void*) {}
void second_function(MorphHeap*, void*, void*) {}

void* user(uint64_t number) {
    return reinterpret_cast<void*>(number);
}
uint64_t user_number(const FinalizerTable::Entry& entry) {
    return reinterpret_cast<uint64_t>(entry.user);
}

class FinalizerTables : public TableTest {
 protected:
    void* object(uint64_t number, bool young = true) {
        void* object = world.birth(young);
        EXPECT_TRUE(table.set(object, first_function, user(number), young));
        return object;
    }
    void collect(bool whole) {
        table.collect(world.fate(), whole);
        table.each_ready([&](void*& ready) {
            world.revive(ready);
            if (world.is_young(ready)) ready = world.moves(ready, true);
        });
        world.finish();
        check();
    }
    void check() {
        Fate fate = world.fate();
        ASSERT_EQ(table.check(&fate), nullptr);
    }
    std::vector<uint64_t> run_all() {
        std::vector<uint64_t> order;
        FinalizerTable::Entry entry;
        while (table.pop_ready(&entry)) order.push_back(user_number(entry));
        check();
        return order;
    }

    World world;
    FinalizerTable table{source, errors};
};

using Order = std::vector<uint64_t>;

TEST_F(FinalizerTables, ThoseThatDieTogetherRunInTheOrderInWhichTheyWereSet) {
    std::vector<void*> objects;
    for (uint64_t number = 0; number < 1000; ++number) {
        objects.push_back(object(number, number % 3 != 0));
    }
    Order expected;
    for (uint64_t number = 0; number < 1000; ++number) {
        if (number % 7 == 2) continue;
        world.dies(objects[number]);
        expected.push_back(number);
    }
    collect(true);
    EXPECT_EQ(table.ready(), expected.size());
    EXPECT_EQ(run_all(), expected);
    EXPECT_EQ(table.size(), 1000 - expected.size());
}

TEST_F(FinalizerTables, EarlierDeathsRunFirst) {
    void* early = object(1);
    void* late = object(2);
    world.dies(late);
    collect(false);
    world.dies(early);
    collect(false);
    EXPECT_EQ(run_all(), (Order{2, 1}));
}

TEST_F(FinalizerTables, AMinorCollectionLeavesTheOldListAlone) {
    void* old = object(1, false);
    void* young = object(2);
    EXPECT_EQ(table.old_count(), 1u);
    world.dies(old);
    world.dies(young);
    table.collect(world.fate(), false);
    EXPECT_EQ(run_all(), Order{2});
    table.collect(world.fate(), true);
    EXPECT_EQ(run_all(), Order{1});
    EXPECT_EQ(table.size(), 0u);
}

TEST_F(FinalizerTables, PromotedObjectsGoToTheOldListAndAreStillFound) {
    void* promoted = world.moves(object(1), false);
    collect(false);
    EXPECT_EQ(table.old_count(), 1u);
    EXPECT_TRUE(table.has(promoted));
    world.dies(promoted);
    collect(true);
    EXPECT_EQ(run_all(), Order{1});
}

TEST_F(FinalizerTables, ReplacingKeepsThePlaceInTheOrder) {
    void* first = object(1);
    void* second = object(2);
    ASSERT_TRUE(table.set(first, second_function, user(10), true));
    EXPECT_EQ(table.size(), 2u);
    world.dies(first);
    world.dies(second);
    collect(false);
    FinalizerTable::Entry entry;
    ASSERT_TRUE(table.pop_ready(&entry));
    EXPECT_EQ(user_number(entry), 10u);
    EXPECT_EQ(entry.finalizer, second_function);
    EXPECT_EQ(run_all(), Order{2});
}

TEST_F(FinalizerTables, RemovingNeedsNoEntryAndSettingAgainIsALaterOne) {
    void* first = world.birth(true);
    meter.refuse(1);
    EXPECT_TRUE(table.set(first, nullptr, nullptr, true)) << "there was none";
    meter.grant_all();
    ASSERT_TRUE(table.set(first, first_function, user(1), true));
    void* second = object(2);
    ASSERT_TRUE(table.set(first, nullptr, nullptr, true));
    EXPECT_FALSE(table.has(first));
    EXPECT_EQ(table.size(), 1u);
    ASSERT_TRUE(table.set(first, first_function, user(3), true));
    world.dies(first);
    world.dies(second);
    collect(false);
    EXPECT_EQ(run_all(), (Order{2, 3}));
}

TEST_F(FinalizerTables, AReadyOneCanStillBeReplacedOrRemoved) {
    for (unsigned number : {1u, 2u, 3u}) world.dies(object(number));
    collect(false);
    std::vector<void*> ready;
    table.each_ready([&](void*& object) { ready.push_back(object); });
    ASSERT_EQ(ready.size(), 3u);
    ASSERT_TRUE(table.set(ready[0], second_function, user(10), true));
    ASSERT_TRUE(table.set(ready[1], nullptr, nullptr, true));
    EXPECT_EQ(run_all(), (Order{10, 3}));
}

TEST_F(FinalizerTables, OneThatHasRunIsForgottenAndCanBeSetAgain) {
    world.dies(object(1));
    collect(false);
    FinalizerTable::Entry entry;
    ASSERT_TRUE(table.pop_ready(&entry));
    EXPECT_FALSE(table.has(entry.object));
    EXPECT_FALSE(table.pop_ready(&entry));
    collect(true);
    EXPECT_EQ(run_all(), Order{}) << "once for each set";
    ASSERT_TRUE(table.set(entry.object, first_function, user(2), true));
    world.dies(entry.object);
    collect(true);
    EXPECT_EQ(run_all(), Order{2});
}

TEST_F(FinalizerTables, ReadyOnesMoveWithEveryCollectionUntilTheyRun) {
    for (uint64_t number = 0; number < 50; ++number) world.dies(object(number));
    for (int times = 0; times < 4; ++times) collect(times % 2 == 0);
    std::vector<void*> seen;
    table.each_ready([&](void*& object) { seen.push_back(object); });
    FinalizerTable::Entry entry;
    for (void* object : seen) {
        EXPECT_TRUE(table.has(object));
        ASSERT_TRUE(table.pop_ready(&entry));
        EXPECT_EQ(entry.object, object);
        EXPECT_TRUE(world.is_young(entry.object)) << "that is, the world knows it";
    }
}

TEST_F(FinalizerTables, ARefusedSetChangesNothingWhicheverRequestItIs) {
    for (size_t nth : {size_t{2}, size_t{1}}) {
        size_t refused = 0;
        FinalizerTable fresh(source, errors);
        for (uint64_t number = 0; number < 5000; ++number) {
            void* object = world.birth(true);
            meter.refuse(nth);
            Footprint before(source);
            if (!fresh.set(object, first_function, user(number), true)) {
                refused += 1;
                ASSERT_EQ(errors.last.code, MORPH_ERROR_OUT_OF_MEMORY);
                ASSERT_EQ(Footprint(source), before);
                ASSERT_EQ(fresh.size(), number);
                ASSERT_FALSE(fresh.has(object));
                ASSERT_EQ(fresh.check(), nullptr);
                meter.grant_all();
                ASSERT_TRUE(fresh.set(object, first_function, user(number), true));
            }
            meter.grant_all();
        }
        // Entries and index grow together at first alone.
        EXPECT_GE(refused, nth == 1 ? 5u : 1u);
        EXPECT_EQ(fresh.check(), nullptr);
    }
}

TEST_F(FinalizerTables, ACollectionNeedsNoMemory) {
    std::vector<void*> objects;
    for (uint64_t number = 0; number < 3000; ++number) objects.push_back(object(number));
    meter.refuse(1);
    for (size_t number = 0; number < objects.size(); ++number) {
        if (number % 2 == 0) world.dies(objects[number]);
        if (number % 2 != 0) world.moves(objects[number], number % 4 == 1);
    }
    size_t requests = meter.requests;
    collect(true);
    EXPECT_EQ(run_all().size(), 1500u);
    EXPECT_EQ(meter.requests, requests);
    for (uint64_t number = 0; number < 1500; ++number) object(number);
    EXPECT_EQ(meter.requests, requests) << "entries are used again";
}

TEST_F(FinalizerTables, ResetForgetsAllAndKeepsTheMemory) {
    for (uint64_t number = 0; number < 500; ++number) world.dies(object(number));
    table.collect(world.fate(), false);
    for (uint64_t number = 0; number < 500; ++number) object(number, number % 2 == 0);
    table.reset();
    EXPECT_EQ(table.size() + table.ready() + table.old_count(), 0u);
    check();
    EXPECT_EQ(run_all(), Order{});
    meter.refuse(1);
    for (uint64_t number = 0; number < 1000; ++number) object(number);
    check();
}

// What the table should hold, as plain lists.
class RandomFinalizerTables : public FinalizerTables {
 protected:
    struct Known {
        uint64_t sequence;
        uint64_t user;
    };

    void change() {
        uint64_t number = ++next_user;
        void* object = random() % 2 == 0 || model.empty()
                           ? world.birth(random() % 4 != 0)
                           : std::next(model.begin(), pick(model.size()))->first;
        bool remove = random() % 4 == 0;
        ASSERT_TRUE(table.set(object, remove ? nullptr : first_function, user(number),
                              world.is_young(object)));
        auto known = model.find(object);
        if (remove) {
            if (known != model.end()) model.erase(known);
        } else if (known != model.end()) {
            known->second.user = number;
        } else {
            model[object] = {next_sequence++, number};
        }
    }
    std::ptrdiff_t pick(size_t size) { return static_cast<std::ptrdiff_t>(random() % size); }

    void collect_some(bool whole) {
        std::map<void*, Known> now;
        std::map<uint64_t, uint64_t> died;  // sequence -> user
        for (auto [object, known] : model) {
            bool young = world.is_young(object);
            if ((young || whole) && random() % 3 == 0) {
                world.dies(object);
                died[known.sequence] = known.user;
            } else {
                now[young ? world.moves(object, random() % 3 != 0) : object] = known;
            }
        }
        collect(whole);
        model = now;
        for (auto [sequence, number] : died) expected.push_back(number);
    }

    void run_some() {
        FinalizerTable::Entry entry;
        for (size_t count = random() % 30; count > 0 && table.pop_ready(&entry); --count) {
            ASSERT_FALSE(expected.empty());
            ASSERT_EQ(user_number(entry), expected.front());
            expected.erase(expected.begin());
        }
        ASSERT_EQ(table.ready(), expected.size());
    }

    std::mt19937_64 random{12};
    std::map<void*, Known> model;
    Order expected;
    uint64_t next_user = 0;
    uint64_t next_sequence = 0;
};

TEST_F(RandomFinalizerTables, TheyAgreeWithTheModelThroughManyCollections) {
    for (int round = 0; round < 300; ++round) {
        for (size_t count = random() % 40; count > 0; --count) change();
        ASSERT_EQ(table.size(), model.size() + expected.size());
        for (auto [object, known] : model) ASSERT_TRUE(table.has(object));
        collect_some(random() % 3 == 0);
        run_some();
    }
    EXPECT_GT(next_sequence, 1000u);
}

TEST_F(FinalizerTables, ChecksFindBrokenListsAndIndexes) {
    void* first = object(1);
    void* second = object(2);
    Fate fate = world.fate();
    const void* where = nullptr;
    ASSERT_EQ(table.check(&fate), nullptr);
    TablePeek::young_count(table) += 1;
    EXPECT_STREQ(table.check(), "FINALIZER-LISTS");
    TablePeek::young_count(table) -= 1;
    auto& slot = TablePeek::slot(table, 1);
    std::swap(slot.entry.sequence, TablePeek::slot(table, 0).entry.sequence);
    EXPECT_STREQ(table.check(&fate, &where), "FINALIZER-ORDER");
    EXPECT_EQ(where, second);
    std::swap(slot.entry.sequence, TablePeek::slot(table, 0).entry.sequence);
    *TablePeek::index(table).find(first) = 1;
    EXPECT_STREQ(table.check(&fate, &where), "FINALIZER-INDEX");
    EXPECT_EQ(where, first);
    *TablePeek::index(table).find(first) = 0;
    slot.next = 0;
    EXPECT_STREQ(table.check(), "FINALIZER-LISTS") << "a ring";
    slot.next = 77;
    EXPECT_STREQ(table.check(), "FINALIZER-LISTS");
    slot.next = UINT32_MAX;
    ASSERT_EQ(table.check(&fate), nullptr);
    TablePeek::to_old_list(table, 1);
    EXPECT_STREQ(table.check(&fate, &where), "FINALIZER-OLD");
    EXPECT_EQ(where, second);
    EXPECT_EQ(table.check(), nullptr);
}

}  // namespace
}  // namespace morph

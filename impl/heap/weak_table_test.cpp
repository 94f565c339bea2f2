#include "heap/weak_table.h"

#include <random>
#include <vector>

#include "heap/tables_for_tests.h"

namespace morph {
namespace {

class WeakTables : public TableTest {
 protected:
    static void*& target(void* weak) { return *static_cast<void**>(weak); }

    void* new_weak(bool young = true) {
        void* weak = world.birth(young);
        EXPECT_TRUE(table.add(weak));
        return weak;
    }
    void set(void* weak, void* to) {
        target(weak) = to;
        table.changed(weak);
    }
    void collect(bool whole) {
        table.clear_targets(world.fate(), whole);
        table.drop_dead(world.fate(), whole);
        world.finish();
        check();
    }
    void check() {
        Fate fate = world.fate();
        EXPECT_EQ(table.check(&fate), nullptr);
    }

    World world;
    WeakTable table{source, errors};
};

TEST_F(WeakTables, AFreshOneIsYoungAndRefersToNothing) {
    void* weak = world.birth(true);
    memset(weak, 0xff, 16);
    ASSERT_TRUE(table.add(weak));
    EXPECT_EQ(target(weak), nullptr);
    EXPECT_EQ(table.size(), 1u);
    EXPECT_EQ(table.old_count(), 0u);
    check();
}

TEST_F(WeakTables, ADeadTargetIsClearedAndAMovedOneFollowed) {
    void* weak = new_weak();
    void* dead = new_weak();
    void* object = world.birth(true);
    set(weak, object);
    set(dead, world.birth(true));
    world.dies(target(dead));
    void* moved = world.moves(object, true);
    void* weak_now = world.moves(weak, true);
    void* dead_now = world.moves(dead, true);
    collect(false);
    EXPECT_EQ(target(weak_now), moved);
    EXPECT_EQ(target(dead_now), nullptr);
    EXPECT_EQ(table.cleared_ever(), 1u);
    EXPECT_EQ(table.size(), 2u);
}

TEST_F(WeakTables, AMinorCollectionLeavesTheOldPartAloneUntilATargetIsSet) {
    void* weak = new_weak(false);
    void* other = new_weak(false);
    void* target_of_other = world.birth(false);
    set(other, target_of_other);
    collect(false);
    EXPECT_EQ(table.old_count(), 2u);
    void* young = world.birth(true);
    set(weak, young);
    EXPECT_EQ(table.old_count(), 1u);
    world.dies(target_of_other);  // which a minor collection cannot find out
    world.dies(young);
    table.clear_targets(world.fate(), false);
    EXPECT_EQ(target(weak), nullptr);
    EXPECT_EQ(target(other), target_of_other);
    table.drop_dead(world.fate(), false);
    table.clear_targets(world.fate(), true);
    EXPECT_EQ(target(other), nullptr);
    EXPECT_EQ(table.cleared_ever(), 2u);
}

TEST_F(WeakTables, AnOldOneWithAYoungTargetStaysInTheYoungPart) {
    void* weak = new_weak(false);
    void* object = world.birth(true);
    set(weak, object);
    for (int times = 0; times < 3; ++times) {
        object = world.moves(object, true);
        collect(false);
        EXPECT_EQ(target(weak), object);
        EXPECT_EQ(table.old_count(), 0u);
    }
    object = world.moves(object, false);
    collect(false);
    EXPECT_EQ(target(weak), object);
    EXPECT_EQ(table.old_count(), 1u);
}

// A weak object that is dead in the first phase and resurrected by a finalizer before the second.
TEST_F(WeakTables, AResurrectedOneHasItsTargetClearedOrUpdated) {
    void* clears = new_weak();
    void* follows = new_weak();
    void* dead = world.birth(true);
    void* live = world.birth(true);
    set(clears, dead);
    set(follows, live);
    for (void* object : {clears, follows, dead}) world.dies(object);
    void* live_now = world.moves(live, true);
    table.clear_targets(world.fate(), false);
    for (void* object : {clears, follows, dead}) world.revive(object);
    void* clears_now = world.moves(clears, true);
    void* follows_now = world.moves(follows, true);
    world.moves(dead, true);
    table.drop_dead(world.fate(), false);
    world.finish();
    check();
    EXPECT_EQ(table.size(), 2u);
    EXPECT_EQ(target(clears_now), nullptr) << "though the target lives on";
    EXPECT_EQ(target(follows_now), live_now);
    EXPECT_EQ(table.cleared_ever(), 1u);
}

TEST_F(WeakTables, ARefusedAddChangesNothing) {
    size_t refused = 0;
    for (int count = 0; count < 5000; ++count) {
        void* weak = world.birth(true);
        meter.refuse(1);
        Footprint before(source);
        size_t size = table.size();
        if (!table.add(weak)) {
            refused += 1;
            ASSERT_EQ(errors.last.code, MORPH_ERROR_OUT_OF_MEMORY);
            ASSERT_EQ(Footprint(source), before);
            ASSERT_EQ(table.size(), size);
            ASSERT_EQ(static_cast<void**>(weak)[1], nullptr);
            check();
            meter.grant_all();
            ASSERT_TRUE(table.reserve());
            meter.refuse(1);
            ASSERT_TRUE(table.add(weak)) << "room was reserved";
        }
        meter.grant_all();
    }
    EXPECT_EQ(refused, 5u);
    check();
}

TEST_F(WeakTables, ResetForgetsAll) {
    for (int count = 0; count < 1000; ++count) new_weak(count % 2 == 0);
    collect(true);
    table.reset();
    EXPECT_EQ(table.size() + table.old_count(), 0u);
    meter.refuse(1);
    for (int count = 0; count < 1000; ++count) new_weak();
    check();
}

// The model: who is weak, and to whom it refers.
class RandomWeakTables : public WeakTables {
 protected:
    void populate() {
        for (size_t count = random() % 20; count > 0; --count) {
            if (random() % 2 == 0) plain.push_back(world.birth(random() % 4 != 0));
            if (random() % 2 == 0) model[new_weak(random() % 4 != 0)] = nullptr;
        }
        for (auto& [weak, to] : model) {
            if (random() % 4 != 0) continue;
            to = random() % 8 == 0 ? nullptr : any();
            set(weak, to);
        }
    }
    void* any() {
        if (random() % 4 == 0) return std::next(model.begin(), pick(model.size()))->first;
        return plain.empty() ? nullptr : plain[random() % plain.size()];
    }
    std::ptrdiff_t pick(size_t size) { return static_cast<std::ptrdiff_t>(random() % size); }

    // One collection; young objects die or move, old ones die in whole ones.
    void collect_some(bool whole, uint64_t dying_in) {
        std::set<void*> dying;
        std::vector<void*> everyone = plain;
        for (auto [weak, to] : model) everyone.push_back(weak);
        for (void* object : everyone) {
            if (!whole && !world.is_young(object)) continue;
            if (random() % dying_in == 0) dying.insert(object);
        }
        for (void* object : dying) world.dies(object);
        std::map<void*, void*> now;
        auto move = [&](void* object) {
            bool moves = world.is_young(object);
            now[object] = moves ? world.moves(object, random() % 3 != 0) : object;
        };
        for (void* object : everyone) {
            if (dying.count(object) == 0) move(object);
        }
        table.clear_targets(world.fate(), whole);
        for (auto& [weak, to] : model) {
            if (to == nullptr || dying.count(to) == 0) continue;
            to = nullptr;
            cleared += 1;
        }
        for (auto object = dying.begin(); object != dying.end();) {
            bool revived = random() % 8 == 0;
            if (revived) {
                world.revive(*object);
                move(*object);
            }
            object = revived ? dying.erase(object) : std::next(object);
        }
        table.drop_dead(world.fate(), whole);
        world.finish();
        replace(dying, now);
    }

    void replace(const std::set<void*>& dying, std::map<void*, void*>& now) {
        std::map<void*, void*> weak_now;
        for (auto [weak, to] : model) {
            if (dying.count(weak) == 0) weak_now[now.at(weak)] = to == nullptr ? to : now.at(to);
        }
        model = weak_now;
        std::erase_if(plain, [&](void* object) { return dying.count(object) != 0; });
        for (void*& object : plain) object = now.at(object);
    }

    void compare(bool parts_exact) {
        check();
        ASSERT_EQ(table.size(), model.size());
        ASSERT_EQ(table.cleared_ever(), cleared);
        size_t old = 0;
        for (auto [weak, to] : model) {
            ASSERT_EQ(target(weak), to);
            old += size_t{!world.is_young(weak) && (to == nullptr || !world.is_young(to))};
        }
        ASSERT_TRUE(!parts_exact || table.old_count() == old) << table.old_count() << " " << old;
    }

    std::mt19937_64 random{11};
    std::vector<void*> plain;
    std::map<void*, void*> model;
    uint64_t cleared = 0;
};

TEST_F(RandomWeakTables, TheyAgreeWithTheModelThroughManyCollections) {
    for (int round = 0; round < 400; ++round) {
        populate();
        compare(false);
        collect_some(random() % 4 == 0, 2 + random() % 6);
        compare(true);
    }
    EXPECT_GT(cleared, 100u);
}

TEST_F(WeakTables, ChecksFindAWrongIndexAndAYoungOneInTheOldPart) {
    void* first = new_weak(false);
    new_weak(true);
    collect(true);
    ASSERT_EQ(table.old_count(), 1u);
    Fate fate = world.fate();
    const void* where = nullptr;
    static_cast<size_t*>(first)[1] += 1;
    EXPECT_STREQ(table.check(&fate, &where), "WEAK-INDEX");
    EXPECT_EQ(where, first);
    static_cast<size_t*>(first)[1] -= 1;
    TablePeek::old_count(table) = 2;
    EXPECT_STREQ(table.check(&fate), "WEAK-OLD");
    EXPECT_EQ(table.check(), nullptr) << "without fate nobody knows who is young";
    TablePeek::old_count(table) = 3;
    EXPECT_STREQ(table.check(), "WEAK-INDEX");
    TablePeek::old_count(table) = 1;
    target(first) = world.birth(true);  // without changed()
    EXPECT_STREQ(table.check(&fate), "WEAK-OLD");
}

using WeakTablesDeathTest = WeakTables;

TEST_F(WeakTablesDeathTest, ChangingWhatIsNoWeakObjectTraps) {
    void* weak = new_weak();
    void* plain = world.birth(true);
    EXPECT_DEATH(table.changed(plain), "");
    static_cast<size_t*>(plain)[1] = 1;
    EXPECT_DEATH(table.changed(plain), "");
    table.changed(weak);
}

}  // namespace
}  // namespace morph

#include "stress/real/sqlite_queries.h"

#include <array>

namespace real {
namespace {

// person: `size` rows; visit: as many; place: one for 100; picture: blobs up to 1 MB.
constexpr const char* kSchema = R"sql(
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL, place INTEGER, born INTEGER,
    weight REAL, note TEXT, CHECK(length(name) > 0));
CREATE TABLE place(id INTEGER PRIMARY KEY, name TEXT UNIQUE, region INTEGER);
CREATE TABLE visit(person INTEGER, place INTEGER, day INTEGER, cost INTEGER,
    PRIMARY KEY(person, day)) WITHOUT ROWID;
CREATE TABLE picture(id INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE journal(id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER, what TEXT);
CREATE INDEX person_by_place ON person(place, born);
CREATE INDEX person_heavy ON person(weight) WHERE weight > 90;
CREATE INDEX visit_by_place ON visit(place, cost DESC);
CREATE VIEW local AS SELECT person.id, person.name, place.name AS place, region
    FROM person JOIN place ON person.place = place.id;
CREATE TRIGGER person_moves AFTER UPDATE OF place ON person WHEN old.place <> new.place BEGIN
    INSERT INTO journal(person, what) VALUES (new.id, old.place || ' to ' || new.place);
END;
CREATE TRIGGER person_goes AFTER DELETE ON person BEGIN
    DELETE FROM visit WHERE person = old.id;
    INSERT INTO journal(person, what) VALUES (old.id, 'gone ' || old.name);
END;
)sql";

constexpr auto kQueries = std::to_array<Query>({
    {"count", "SELECT count(*), sum(born), round(avg(weight), 6), max(length(note)) FROM person"},
    {"group",
     "SELECT place, count(*), min(name), max(born), group_concat(born % 7, '') FROM "
     "(SELECT * FROM person ORDER BY id) GROUP BY place HAVING count(*) > 1 ORDER BY place"},
    {"join",
     "SELECT local.place, region, count(*), sum(cost) FROM local JOIN visit ON "
     "visit.person = local.id GROUP BY local.place, region ORDER BY sum(cost) DESC, local.place"},
    {"outer",
     "SELECT place.name, count(visit.person) FROM place LEFT JOIN visit ON visit.place = place.id "
     "AND cost > 900 GROUP BY place.id ORDER BY 2 DESC, 1 LIMIT 200"},
    {"sort",
     "SELECT id, name, substr(note, 1, 20) FROM person ORDER BY note COLLATE NOCASE, name, id "
     "LIMIT 5000 OFFSET 10"},
    {"distinct", "SELECT DISTINCT substr(name, 1, 3), born / 10 FROM person ORDER BY 1, 2"},
    {"window",
     "SELECT id, rank() OVER by_place, sum(born) OVER (by_place ROWS 3 PRECEDING), "
     "lag(name, 2, '-') OVER (ORDER BY born, id), ntile(7) OVER (ORDER BY id) "
     "FROM person WHERE id % 5 = 0 WINDOW by_place AS (PARTITION BY place ORDER BY born, id) "
     "ORDER BY id"},
    {"recursive",
     "WITH RECURSIVE chain(level, at, path) AS (SELECT 0, 1, '1' UNION ALL "
     "SELECT level + 1, (at * 7919 + ?2) % ?1 + 1, substr(path || '-' || at, -200) FROM chain "
     "WHERE level < min(?1, 20000)) SELECT level, at, path FROM chain WHERE level % 10 = 0 "
     "ORDER BY level"},
    {"correlated",
     "SELECT id, (SELECT count(*) FROM visit WHERE visit.place = place.id), "
     "EXISTS(SELECT 1 FROM person WHERE person.place = place.id AND born < 1930) "
     "FROM place ORDER BY id"},
    {"compound",
     "SELECT place FROM person WHERE born % 3 = 0 INTERSECT SELECT place FROM visit "
     "UNION SELECT id FROM place WHERE region = 1 EXCEPT SELECT 3 ORDER BY 1"},
    {"text",
     "SELECT id, upper(replace(note, 'a', 'bb')), instr(note, 'z'), hex(substr(name, 1, 4)), "
     "printf('%08.3f|%-10s|%x', weight, name, id) FROM person WHERE note LIKE '%q%z%' OR "
     "name GLOB '[a-c]*' ORDER BY id LIMIT 4000"},
    {"json",
     "SELECT json_object('id', id, 'name', name, 'list', json_array(born, place, note)) "
     "FROM person WHERE id % 11 = 0 ORDER BY id"},
    {"blobs",
     "SELECT id, length(data), hex(substr(data, length(data) / 2, 8)) FROM picture ORDER BY id"},
    {"big blob",
     "SELECT id, data || zeroblob(length(data)) FROM picture WHERE id % 4 = 1 "
     "ORDER BY id"},
    {"journal", "SELECT count(*), sum(person), sum(length(what)) FROM journal"},
});

}  // namespace

const char* sqlite_schema() {
    return kSchema;
}

std::span<const Query> sqlite_queries() {
    return kQueries;
}

}  // namespace real

#include <algorithm>
#include <vector>

#include "stress/real/sqlite_run.h"

namespace real {
namespace {

constexpr size_t kBlobMax = 1000000;

}  // namespace

std::string SqliteRun::random_text(size_t least, size_t most) {
    std::string text(static_cast<size_t>(random_.between(least, most)), ' ');
    for (char& byte : text) byte = static_cast<char>('a' + random_.below(26));
    return text;
}

void SqliteRun::fill() {
    execute("BEGIN");
    fill_people();
    fill_pictures();
    execute("COMMIT");
    execute("ANALYZE");
}

void SqliteRun::fill_people() {
    const auto size = static_cast<sqlite3_int64>(request_.size);
    const sqlite3_int64 places = std::max<sqlite3_int64>(size / 100, 4);
    const Statement place = prepare("INSERT INTO place VALUES (?, ?, ?)");
    for (sqlite3_int64 id = 1; id <= places && good(); ++id) {
        const std::string name = random_text(3, 20) + std::to_string(id);
        sqlite3_bind_int64(place.get(), 1, id);
        must(sqlite3_bind_text(place.get(), 2, name.c_str(), -1, SQLITE_TRANSIENT), "bind");
        sqlite3_bind_int64(place.get(), 3, id % 10);
        step_write(place, "insert place");
    }
    const Statement person = prepare("INSERT INTO person VALUES (?, ?, ?, ?, ?, ?)");
    const Statement visit = prepare("INSERT INTO visit VALUES (?, ?, ?, ?)");
    for (sqlite3_int64 id = 1; id <= size && good(); ++id) {
        const std::string name = random_text(2, 24);
        // Most notes are short, one of 100 is long.
        const std::string note = random_text(0, random_.one_in(100) ? 4000 : 60);
        const auto other = static_cast<sqlite3_int64>(random_.below(static_cast<uint64_t>(places)));
        sqlite3_bind_int64(person.get(), 1, id);
        must(sqlite3_bind_text(person.get(), 2, name.c_str(), -1, SQLITE_TRANSIENT), "bind");
        sqlite3_bind_int64(person.get(), 3, other + 1);
        sqlite3_bind_int64(person.get(), 4,
                           static_cast<sqlite3_int64>(random_.between(1900, 2020)));
        sqlite3_bind_double(person.get(), 5, static_cast<double>(random_.below(1000)) / 8);
        must(sqlite3_bind_text(person.get(), 6, note.c_str(), -1, SQLITE_TRANSIENT), "bind");
        step_write(person, "insert person");
        sqlite3_bind_int64(visit.get(), 1, id);
        sqlite3_bind_int64(visit.get(), 2, id % places + 1);
        sqlite3_bind_int64(visit.get(), 3, static_cast<sqlite3_int64>(random_.below(365)));
        sqlite3_bind_int64(visit.get(), 4, static_cast<sqlite3_int64>(random_.below(1000)));
        step_write(visit, "insert visit");
    }
}

// Sizes from 1 byte to a megabyte, as many as rows make sense of.
void SqliteRun::fill_pictures() {
    const Statement picture = prepare("INSERT INTO picture VALUES (?, ?)");
    const uint64_t count = std::clamp<uint64_t>(request_.size / 1000, 4, 48);
    std::vector<unsigned char> bytes;
    for (uint64_t id = 1; id <= count && good(); ++id) {
        const size_t size = id == 1 ? kBlobMax : static_cast<size_t>(random_.between(1, kBlobMax));
        bytes.resize(size);
        for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random_.next());
        sqlite3_bind_int64(picture.get(), 1, static_cast<sqlite3_int64>(id));
        must(sqlite3_bind_blob64(picture.get(), 2, bytes.data(), size, SQLITE_TRANSIENT), "bind");
        step_write(picture, "insert picture");
    }
}

// Updates, deletes, savepoints and rollbacks: what is rolled back must leave no trace.
void SqliteRun::change() {
    execute("BEGIN");
    execute("UPDATE person SET place = place % 3 + 1, note = note || name || note");
    execute("DELETE FROM person WHERE id % 2 = 0");
    execute("UPDATE picture SET data = zeroblob(length(data) / 2)");
    execute("CREATE TABLE gone AS SELECT * FROM person; CREATE INDEX gone_name ON gone(name)");
    execute("ROLLBACK");
    const std::string before = results_;
    results_.clear();
    queries("");
    if (good() && results_ != before) broken("SQLITE-ROLLBACK:\n" + before + results_);
    execute("BEGIN");
    execute("UPDATE person SET place = place % 5 + 1 WHERE id % 7 = 0");
    execute("SAVEPOINT inner");
    execute("DELETE FROM person WHERE born < 1990");
    execute("ROLLBACK TO inner; RELEASE inner");
    execute("DELETE FROM person WHERE id % 13 = 0");
    execute("UPDATE person SET note = upper(note) || ' ' || weight WHERE id % 17 = 0");
    execute(
        "INSERT INTO visit SELECT id, place, 400 + born % 9, weight FROM person "
        "WHERE born > 1950 ON CONFLICT(person, day) DO UPDATE SET cost = cost + 1");
    execute("COMMIT");
    execute("DROP INDEX person_heavy; ALTER TABLE person ADD COLUMN extra DEFAULT 'none'");
}

}  // namespace real

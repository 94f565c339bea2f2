// SqliteRun: one life of the database engine: initialised, worked with, closed, shut down.
//
// SQLITE-USED       sqlite3_memory_used is what the ledger has; 0 after sqlite3_shutdown
// SQLITE-ROLLBACK   what is rolled back leaves no trace in the results
// SQLITE-INTEGRITY  integrity_check says ok, after lack of memory as well
#pragma once

#include <memory>
#include <sqlite3.h>
#include <string>

#include "fuzz/random.h"
#include "stress/real/sqlite_queries.h"
#include "stress/real/work.h"

namespace real {

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

class SqliteRun {
 public:
    SqliteRun(Memory& memory, const Request& request)
        : memory_(memory), request_(request), random_(request.seed) {}
    SqliteRun(const SqliteRun&) = delete;
    SqliteRun& operator=(const SqliteRun&) = delete;
    ~SqliteRun() {
        (void)sqlite3_close(database_);
        (void)sqlite3_shutdown();
    }

    Report run();

 private:
    [[nodiscard]] bool good() const { return report_.ending == Ending::good; }

    void must(int code, const char* what) {
        if (!good() || code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
        const int primary = code & 0xff;
        std::string text = std::string(what).substr(0, 60) + ": " + sqlite3_errstr(code);
        if (database_ != nullptr) text += std::string(", ") + sqlite3_errmsg(database_);
        const bool memory = primary == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM;
        report_ = failed(memory_, memory, text);
    }

    void broken(const std::string& text) {
        if (report_.ending != Ending::broken) report_ = {Ending::broken, text, {}};
    }

    void execute(const char* text) {
        if (good()) must(sqlite3_exec(database_, text, nullptr, nullptr, nullptr), text);
    }

    Statement prepare(const char* text) {
        sqlite3_stmt* statement = nullptr;
        if (good()) must(sqlite3_prepare_v2(database_, text, -1, &statement, nullptr), text);
        return Statement(statement);
    }

    // One row that is written; its parameters are bound already.
    void step_write(const Statement& statement, const char* what) {
        if (!good()) return;
        must(sqlite3_step(statement.get()), what);
        must(sqlite3_reset(statement.get()), what);
    }

    void work() {
        execute("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -64000");
        execute(sqlite_schema());
        fill();
        queries("");
        change();
        queries("after ");
        execute("VACUUM");
        check_integrity();
        compare_used();
    }

    std::string random_text(size_t least, size_t most);
    void fill();
    void fill_people();
    void fill_pictures();
    void queries(const char* prefix);
    void query(const Query& query, const char* prefix);
    void change();
    void check_integrity();
    void compare_used();
    void look_after_failure();
    void close();

    Memory& memory_;
    const Request& request_;
    suite::Random random_;
    sqlite3* database_ = nullptr;
    Report report_;
    std::string results_;
};

}  // namespace real

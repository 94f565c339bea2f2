#include "stress/real/sqlite_work.h"

#include "stress/real/embed_sqlite.h"
#include "stress/real/sqlite_run.h"

namespace real {
namespace {

// SQLite's hooks have no user pointer: one database engine in a process, one Memory at a time.
Memory* sqlite_work_memory = nullptr;

int set_sqlite_on_memory(Memory* memory) {
    sqlite_work_memory = memory;
    sqlite3_mem_methods methods = {};
    methods.xMalloc = [](int size) {
        return sqlite_work_memory->allocate(static_cast<size_t>(size));
    };
    methods.xFree = [](void* object) {
        if (object != nullptr) sqlite_work_memory->release(object, kUntold);
    };
    methods.xRealloc = [](void* object, int size) {
        return sqlite_work_memory->reallocate(object, kUntold, static_cast<size_t>(size));
    };
    methods.xSize = [](void* object) {
        return object == nullptr ? 0 : static_cast<int>(sqlite_work_memory->size_of(object));
    };
    methods.xRoundup = [](int size) { return (size + 7) & ~7; };
    methods.xInit = [](void* /*user*/) { return SQLITE_OK; };
    methods.xShutdown = [](void* /*user*/) {};
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

}  // namespace

Report SqliteRun::run() {
    MorphGeneral* direct = memory_.direct();
    must(direct != nullptr ? set_sqlite_on_general(direct) : set_sqlite_on_memory(&memory_),
         "SQLITE_CONFIG_MALLOC");
    // All goes through the hooks: no lookaside buffers.
    must(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), "SQLITE_CONFIG_LOOKASIDE");
    must(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 1), "SQLITE_CONFIG_MEMSTATUS");
    must(sqlite3_initialize(), "initialize");
    must(good() ? sqlite3_open(":memory:", &database_) : SQLITE_OK, "open");
    work();
    if (!good()) look_after_failure();
    close();
    report_.results = good() ? results_ : "";
    return report_;
}

void SqliteRun::queries(const char* prefix) {
    for (const Query& one : sqlite_queries()) {
        if (good()) query(one, prefix);
    }
}

void SqliteRun::query(const Query& query, const char* prefix) {
    const Statement statement = prepare(query.text);
    if (!good()) return;
    const int parameters = sqlite3_bind_parameter_count(statement.get());
    if (parameters >= 1) {
        sqlite3_bind_int64(statement.get(), 1, static_cast<sqlite3_int64>(request_.size));
    }
    if (parameters >= 2) {
        sqlite3_bind_int64(statement.get(), 2, static_cast<sqlite3_int64>(request_.seed));
    }
    uint64_t hash = kHashStart;
    uint64_t rows = 0;
    int code = SQLITE_OK;
    while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
        rows += 1;
        for (int column = 0; column < sqlite3_column_count(statement.get()); ++column) {
            const void* bytes = sqlite3_column_blob(statement.get(), column);
            const auto length = sqlite3_column_bytes(statement.get(), column);
            const int type = sqlite3_column_type(statement.get(), column);
            if (bytes == nullptr && length != 0) break;
            hash = digest(hash, {static_cast<const char*>(bytes), static_cast<size_t>(length)});
            hash = (hash ^ static_cast<uint64_t>(type)) * 31;
        }
        // A column that could not be made, for lack of memory, reads as NULL.
        if (sqlite3_errcode(database_) == SQLITE_NOMEM) {
            code = SQLITE_NOMEM;
            break;
        }
    }
    must(code, query.name);
    results_ += "result " + std::string(prefix) + query.name + " " + std::to_string(rows) +
                " rows " + std::to_string(hash) + "\n";
}

void SqliteRun::check_integrity() {
    const Statement statement = prepare("PRAGMA integrity_check");
    if (!good()) return;
    const int code = sqlite3_step(statement.get());
    must(code, "integrity_check");
    if (!good()) return;
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
    if (text == nullptr) {
        must(SQLITE_NOMEM, "integrity_check");
    } else if (std::string(text) != "ok") {
        broken(std::string("SQLITE-INTEGRITY: ") + text);
    }
}

// What SQLite counts is what the ledger counts.
void SqliteRun::compare_used() {
    const Ledger* ledger = memory_.ledger();
    if (!good() || ledger == nullptr) return;
    const auto used = static_cast<uint64_t>(sqlite3_memory_used());
    if (used != ledger->bytes()) {
        broken("SQLITE-USED: sqlite3_memory_used  " + std::to_string(used) + "; the ledger has " +
               std::to_string(ledger->bytes()));
    }
}

// After lack of memory the database is whole, and works when there is memory again.
void SqliteRun::look_after_failure() {
    if (report_.ending != Ending::out_of_memory || database_ == nullptr) return;
    const Report reason = report_;
    report_ = {};
    memory_.stop_refusing();
    compare_used();
    if (sqlite3_get_autocommit(database_) == 0) execute("ROLLBACK");
    check_integrity();
    // A bound stays as it is: then this may fail for lack of memory again.
    if (report_.ending != Ending::broken) report_ = reason;
}

void SqliteRun::close() {
    const int closed = sqlite3_close(database_);
    database_ = nullptr;
    if (closed != SQLITE_OK) broken("the database cannot be closed");
    if (sqlite3_shutdown() != SQLITE_OK) broken("sqlite3_shutdown");
    if (sqlite3_memory_used() != 0) broken("SQLITE-USED: not 0 after sqlite3_shutdown");
}

const Program& sqlite_program() {
    static constexpr Program kProgram = {
        .name = "sqlite",
        .about = "Run SQLite on an allocator of Morph Memory or on malloc.",
        .unit = "rows",
        .sizes = Sizes::kept,
        .classic = 1000000,
        .abandons = false,
        .run = [](Memory& memory,
                  const Request& request) { return SqliteRun(memory, request).run(); },
    };
    return kProgram;
}

}  // namespace real

// What is asked of the database: each query's rows are digested in the order they come in, so each
// has an order. `size` stands for ?1, the seed for ?2 where a query has them.
#pragma once

#include <span>

namespace real {

struct Query {
    const char* name;
    const char* text;  // one statement
};

// Tables, indexes, a view, triggers.
[[nodiscard]] const char* sqlite_schema();

[[nodiscard]] std::span<const Query> sqlite_queries();

}  // namespace real

// SPDX-License-Identifier: ISC
// SQLite behind owning types: a database, and a statement that is prepared once and run often. Only
// sqlite.cc includes sqlite3.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lns::radius_client {

class Statement {
public:
    Statement() = default;
    // Binds values to ?1, ?2, ... Octets and text must stay until the next reset().
    Statement& bind(int at, std::int64_t value);
    Statement& bind(int at, std::string_view text);
    Statement& bind(int at, Bytes octets);

    enum class Row { yes, no, failed };
    Row step();
    // Runs a statement that gives no rows, and resets it; false when it failed.
    bool run();
    void reset();
    std::int64_t integer(int column);
    Bytes octets(int column); // valid until the next step()

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
public:
    static Result<Database> open(const std::string& path);

    bool execute(const char* sql); // false when it failed
    Result<Statement> prepare(const char* sql);
    [[nodiscard]] std::string last_error() const;
    // Did the last call fail because the file is no database, or a broken one?
    [[nodiscard]] bool damaged() const;
    [[nodiscard]] std::int64_t changed_rows() const; // by the last statement

private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    std::unique_ptr<sqlite3, Close> database_;
};

} // namespace lns::radius_client

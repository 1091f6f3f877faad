// SPDX-License-Identifier: ISC
#include "radiusd-client/sqlite.h"

#include <sqlite3.h>

namespace lns::radius_client {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

Statement& Statement::bind(int at, std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), at, value);
    return *this;
}

Statement& Statement::bind(int at, std::string_view text) {
    sqlite3_bind_text(statement_.get(), at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    return *this;
}

Statement& Statement::bind(int at, Bytes octets) {
    sqlite3_bind_blob(statement_.get(), at, octets.data(), static_cast<int>(octets.size()), SQLITE_STATIC);
    return *this;
}

Statement::Row Statement::step() {
    switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
        return Row::yes;
    case SQLITE_DONE:
        return Row::no;
    default:
        return Row::failed;
    }
}

bool Statement::run() {
    const bool done = step() == Row::no;
    reset();
    return done;
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::integer(int column) { return sqlite3_column_int64(statement_.get(), column); }

Bytes Statement::octets(int column) {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? Bytes() : Bytes(data, static_cast<std::size_t>(size));
}

Result<Database> Database::open(const std::string& path) {
    sqlite3* raw = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    Database out;
    out.database_.reset(raw);
    if (code != SQLITE_OK) return failure(path + ": " + (raw == nullptr ? "no memory" : sqlite3_errmsg(raw)));
    return out;
}

bool Database::execute(const char* sql) {
    return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

Result<Statement> Database::prepare(const char* sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK)
        return failure(last_error());
    Statement out;
    out.statement_.reset(raw);
    return out;
}

std::string Database::last_error() const { return sqlite3_errmsg(database_.get()); }
bool Database::damaged() const {
    const int code = sqlite3_errcode(database_.get());
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}
std::int64_t Database::changed_rows() const { return sqlite3_changes64(database_.get()); }

} // namespace lns::radius_client

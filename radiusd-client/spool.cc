// SPDX-License-Identifier: ISC
#include "radiusd-client/spool.h"

#include <algorithm>
#include <cstdio>

#include "lib/base/log.h"

namespace lns::radius_client {

namespace {

// No -shm file: the spool has one user. NORMAL: a commit outlives this process however it ends; a power
// cut, which ends all sessions too, may take the last ones before the next checkpoint.
constexpr const char* kPragmas = "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                                 "PRAGMA temp_store=MEMORY;";
constexpr std::int64_t kVersion = 1;
constexpr const char* kSchema =
    "BEGIN;"
    "CREATE TABLE record (id INTEGER PRIMARY KEY, acct_session_id INTEGER NOT NULL, session INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, occurrence INTEGER NOT NULL, event_time INTEGER NOT NULL, attributes BLOB NOT NULL,"
    " UNIQUE (acct_session_id, kind, occurrence));"
    "CREATE TABLE message_authenticator (address INTEGER, port INTEGER, PRIMARY KEY (address, port));"
    "PRAGMA user_version=1;"
    "COMMIT;";

std::int64_t version(Database& database) {
    auto statement = database.prepare("PRAGMA user_version");
    return statement && statement->step() == Statement::Row::yes ? statement->integer(0) : -1;
}

bool bind_statement(Database& database, const char* sql, Statement& out) {
    auto statement = database.prepare(sql);
    if (!statement) return false;
    out = std::move(*statement);
    return true;
}

} // namespace

RecordIdentity identity(const SpoolRecord& record) {
    const bool once = record.kind == imsg::AcctKind::start || record.kind == imsg::AcctKind::stop;
    return {record.acct_session_id, record.kind, once ? 0 : record.event_time};
}

Result<Spool> Spool::open(const std::string& path) {
    auto spool = open_as_is(path);
    if (!spool && spool.error().useless) {
        log_error("accounting spool %s: set aside as %s.bad", spool.error().message.c_str(), path.c_str());
        for (const char* suffix : {"", "-wal", "-journal"})
            rename((path + suffix).c_str(), (path + ".bad" + suffix).c_str());
        spool = open_as_is(path);
    }
    if (!spool) return failure(spool.error().message);
    return std::move(*spool);
}

Failure<Spool::OpenFailure> Spool::cannot_open(const std::string& path) const {
    return {{path + ": " + database_.last_error(), database_.damaged()}};
}

Result<Spool, Spool::OpenFailure> Spool::open_as_is(const std::string& path) {
    auto database = Database::open(path);
    if (!database) return Failure{OpenFailure{database.error().message}};
    Spool out;
    out.database_ = std::move(*database);
    if (!out.database_.execute(kPragmas)) return out.cannot_open(path);
    const std::int64_t found = version(out.database_);
    if (found < 0) return out.cannot_open(path);
    if (found != 0 && found != kVersion)
        return Failure{OpenFailure{path + ": of unknown version " + std::to_string(found), true}};
    if (found == 0 && !out.database_.execute(kSchema)) return out.cannot_open(path);
    if (!out.prepare()) return Failure{OpenFailure{path + ": " + out.database_.last_error(), true}};
    out.recall();
    return out;
}

bool Spool::prepare() {
    return bind_statement(database_,
                          "INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                          " ON CONFLICT (acct_session_id, kind, occurrence) DO NOTHING",
                          insert_) &&
           bind_statement(database_, "DELETE FROM record WHERE id = ?1", remove_) &&
           bind_statement(database_, "SELECT * FROM record WHERE id > ?1 ORDER BY id LIMIT ?2", load_) &&
           bind_statement(database_, "SELECT count(*), coalesce(max(id), 0) FROM record", count_) &&
           bind_statement(database_, "INSERT OR IGNORE INTO message_authenticator VALUES (?1, ?2)", remember_);
}

void Spool::recall() {
    if (count_.step() == Statement::Row::yes) last_id_ = count_.integer(1);
    count_.reset();
    auto servers = database_.prepare("SELECT address, port FROM message_authenticator");
    while (servers && servers->step() == Statement::Row::yes)
        authenticators_.insert(
            {Ipv4{static_cast<std::uint32_t>(servers->integer(0))}, static_cast<std::uint16_t>(servers->integer(1))});
}

bool Spool::commit(std::span<const SpoolRecord* const> add, std::span<const RecordId> remove,
                   std::set<RecordId>& known) {
    known.clear();
    bool ok = database_.execute("BEGIN");
    for (const SpoolRecord* record : add) {
        if (!ok) break;
        const SpoolRecord& r = *record;
        ok = insert_.bind(1, r.id)
                 .bind(2, static_cast<std::int64_t>(r.acct_session_id))
                 .bind(3, std::int64_t{r.session})
                 .bind(4, static_cast<std::int64_t>(r.kind))
                 .bind(5, std::get<2>(identity(r)))
                 .bind(6, r.event_time)
                 .bind(7, Bytes(r.attributes))
                 .run();
        if (ok && database_.changed_rows() == 0) known.insert(r.id);
    }
    for (const RecordId id : remove)
        ok = ok && remove_.bind(1, id).run();
    if (ok && database_.execute("COMMIT")) {
        return true;
    }
    failure_ = database_.last_error();
    database_.execute("ROLLBACK"); // fails where the failed statement has rolled back already
    return false;
}

std::vector<SpoolRecord> Spool::load(RecordId after, std::size_t limit) {
    std::vector<SpoolRecord> out;
    load_.bind(1, after).bind(2, static_cast<std::int64_t>(limit));
    while (load_.step() == Statement::Row::yes) {
        const Bytes attributes = load_.octets(6);
        out.push_back({.id = load_.integer(0),
                       .acct_session_id = static_cast<std::uint64_t>(load_.integer(1)),
                       .session = static_cast<std::uint32_t>(load_.integer(2)),
                       .kind = static_cast<imsg::AcctKind>(load_.integer(3)),
                       .event_time = load_.integer(5),
                       .attributes = {attributes.begin(), attributes.end()}});
    }
    load_.reset();
    return out;
}

std::uint64_t Spool::count() {
    const std::int64_t n = count_.step() == Statement::Row::yes ? count_.integer(0) : 0;
    count_.reset();
    return static_cast<std::uint64_t>(n);
}

void Spool::remember_message_authenticator(Endpoint server) {
    if (!authenticators_.insert(server).second) return;
    if (!remember_.bind(1, std::int64_t{server.address.value}).bind(2, std::int64_t{server.port}).run())
        log_error("accounting spool: %s", database_.last_error().c_str());
}

} // namespace lns::radius_client

// SPDX-License-Identifier: ISC
// The accounting records that no server has acknowledged, on disk (SQLite in WAL mode), and what must
// be remembered of servers across restarts. A record is there from its commit to its acknowledgement.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "lib/base/inet.h"
#include "lib/base/result.h"
#include "lib/imsg/bodies.h"
#include "radiusd-client/acct_queue.h"
#include "radiusd-client/sqlite.h"

namespace lns::radius_client {

struct SpoolRecord {
    RecordId id = 0;
    std::uint64_t acct_session_id = 0;
    std::uint32_t session = 0; // SID, for `show radius`
    imsg::AcctKind kind{};
    std::int64_t event_time = 0;          // unix seconds
    std::vector<std::uint8_t> attributes; // lib/radius/accounting_request.h
};

// What makes two requests of sessiond the same record. It asks again after a crash of its own, with other
// sequence numbers: a session has one Start and one Stop, whenever they are told.
using RecordIdentity = std::tuple<std::uint64_t, imsg::AcctKind, std::int64_t>;
RecordIdentity identity(const SpoolRecord& record);
struct RecordIdentityHash {
    std::size_t operator()(const RecordIdentity& i) const noexcept {
        const auto& [acct_session_id, kind, event_time] = i; // the first is random for the most part
        return acct_session_id ^ static_cast<std::size_t>(event_time) * 0x9e3779b97f4a7c15 ^
               static_cast<std::size_t>(kind);
    }
};

class Spool {
public:
    // A file that is no spool, or one of a later release, is set aside as PATH.bad and a new one begun.
    // Any other failure (no room, no permission, in use) may pass: try again later.
    static Result<Spool> open(const std::string& path);

    // Adds and removes records in one transaction. A record that is there already is left as it is, and the
    // new one's id put in `known`. False: nothing was changed.
    bool commit(std::span<const SpoolRecord* const> add, std::span<const RecordId> remove, std::set<RecordId>& known);
    // Up to `limit` records with an id above `after`, oldest first.
    std::vector<SpoolRecord> load(RecordId after, std::size_t limit);
    [[nodiscard]] RecordId last_id() const { return last_id_; } // the highest when it was opened
    std::uint64_t count();

    // Servers that have sent a valid Message-Authenticator once.
    [[nodiscard]] const std::set<Endpoint>& message_authenticators() const { return authenticators_; }
    void remember_message_authenticator(Endpoint server);

    // Why commit() failed.
    [[nodiscard]] const std::string& last_error() const { return failure_; }

private:
    struct OpenFailure {
        std::string message;
        bool useless = false; // will never be a spool
    };
    static Result<Spool, OpenFailure> open_as_is(const std::string& path);
    [[nodiscard]] Failure<OpenFailure> cannot_open(const std::string& path) const;
    bool prepare();
    void recall();

    Database database_;
    Statement insert_;
    Statement remove_;
    Statement load_;
    Statement count_;
    Statement remember_;
    std::string failure_;
    RecordId last_id_ = 0;
    std::set<Endpoint> authenticators_;
};

} // namespace lns::radius_client

// SPDX-License-Identifier: ISC
// In which order accounting records are sent. Oldest first; the records of one accounting session one
// after the other, so that a Stop never overtakes its Start; Accounting-On and -Off after all that is
// older and before all that is younger. A record that its servers do not acknowledge although they
// answer others is put off and holds nobody up. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "lib/base/clock.h"
#include "radiusd-client/window.h"

namespace lns::radius_client {

using RecordId = std::int64_t; // ascending in the order of arrival

class AcctQueue {
public:
    // How many may be under way at once: few at first and after an outage, so that a server that has just
    // come back is not drowned by what waited for it; one more for each acknowledgement, up to what the server's
    // socket buffer is sure to hold where nobody made it larger.
    static constexpr std::size_t kFirstWindow = 16;
    static constexpr std::size_t kMostWindow = 96;

    // `barrier`: Accounting-On or -Off.
    void add(RecordId id, std::uint64_t acct_session_id, bool barrier);
    // The record to send now, which is under way from then on; nothing when none may go.
    std::optional<RecordId> next(MonoTime now);
    void acknowledged(RecordId id);
    // A round of tries ended without answer. `server_alive`: others were answered meanwhile.
    void failed(RecordId id, bool server_alive, MonoTime now);
    // It could not be sent at all: it waits where it was.
    void unsent(RecordId id);

    // When next() may have something new without a call of the above; kNever: not by time alone.
    [[nodiscard]] MonoTime next_due() const { return put_off_.empty() ? kNever : put_off_.begin()->first; }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] std::size_t under_way() const { return under_way_; }
    [[nodiscard]] std::size_t window() const { return window_.size(); }

private:
    enum class State : std::uint8_t { blocked, ready, under_way, put_off };
    struct Entry {
        std::uint64_t acct_session_id = 0;
        bool barrier = false;
        State state = State::blocked;
        std::uint8_t rounds = 0;
        MonoTime due{}; // when put off
    };
    void set_state(RecordId id, Entry& entry, State state);
    void unblock(std::uint64_t acct_session_id);
    [[nodiscard]] bool may_go(RecordId id) const;

    std::map<RecordId, Entry> entries_;
    std::unordered_map<std::uint64_t, std::vector<RecordId>> sessions_; // their records, oldest first
    std::set<RecordId> ready_;
    std::set<RecordId> holding_;  // all that are not put off
    std::set<RecordId> barriers_; // those of them that are barriers
    std::set<std::pair<MonoTime, RecordId>> put_off_;
    std::size_t under_way_ = 0;
    Window window_{kFirstWindow, 1, kMostWindow};
};

} // namespace lns::radius_client

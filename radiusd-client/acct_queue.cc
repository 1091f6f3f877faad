// SPDX-License-Identifier: ISC
#include "radiusd-client/acct_queue.h"

#include <algorithm>

namespace lns::radius_client {

namespace {

// A minute, doubled for each round, up to an hour.
Clock::duration put_off_for(std::uint8_t rounds) {
    return std::chrono::minutes(std::min(60, 1 << std::min<int>(rounds, 6)));
}

} // namespace

void AcctQueue::add(RecordId id, std::uint64_t acct_session_id, bool barrier) {
    Entry& entry = entries_[id];
    entry = {acct_session_id, barrier};
    holding_.insert(id);
    if (barrier) barriers_.insert(id);
    std::vector<RecordId>& session = sessions_[acct_session_id];
    session.insert(std::upper_bound(session.begin(), session.end(), id), id);
    unblock(acct_session_id);
}

void AcctQueue::set_state(RecordId id, Entry& entry, State state) {
    if (entry.state == State::under_way) --under_way_;
    if (state == State::under_way) ++under_way_;
    if (entry.state == State::put_off) put_off_.erase({entry.due, id});
    entry.state = state;
    const bool holds = state != State::put_off;
    holds ? void(holding_.insert(id)) : void(holding_.erase(id));
    holds&& entry.barrier ? void(barriers_.insert(id)) : void(barriers_.erase(id));
    state == State::ready ? void(ready_.insert(id)) : void(ready_.erase(id));
}

// The oldest record of the session that holds the others up may go.
void AcctQueue::unblock(std::uint64_t acct_session_id) {
    const auto session = sessions_.find(acct_session_id);
    if (session == sessions_.end()) return;
    for (const RecordId id : session->second) {
        Entry& entry = entries_[id];
        if (entry.state == State::put_off) continue;
        if (entry.state == State::blocked) set_state(id, entry, State::ready);
        return;
    }
}

bool AcctQueue::may_go(RecordId id) const {
    if (barriers_.empty() || id < *barriers_.begin()) return true;
    return id == *barriers_.begin() && id == *holding_.begin();
}

std::optional<RecordId> AcctQueue::next(MonoTime now) {
    while (!put_off_.empty() && put_off_.begin()->first <= now) {
        const RecordId id = put_off_.begin()->second;
        set_state(id, entries_[id], State::ready);
    }
    if (under_way_ >= window_.size() || ready_.empty() || !may_go(*ready_.begin())) return {};
    const RecordId id = *ready_.begin();
    set_state(id, entries_[id], State::under_way);
    return id;
}

void AcctQueue::acknowledged(RecordId id) {
    const auto at = entries_.find(id);
    if (at == entries_.end()) return;
    window_.answered();
    set_state(id, at->second, State::blocked);
    const std::uint64_t acct_session_id = at->second.acct_session_id;
    holding_.erase(id);
    barriers_.erase(id);
    entries_.erase(at);
    std::vector<RecordId>& session = sessions_[acct_session_id];
    std::erase(session, id);
    if (session.empty())
        sessions_.erase(acct_session_id);
    else
        unblock(acct_session_id);
}

void AcctQueue::failed(RecordId id, bool server_alive, MonoTime now) {
    const auto at = entries_.find(id);
    if (at == entries_.end()) return;
    Entry& entry = at->second;
    if (!server_alive) { // nobody overtakes it: it is tried again at once, alone
        window_.collapse();
        set_state(id, entry, State::ready);
        return;
    }
    window_.unanswered(now);
    set_state(id, entry, State::blocked);
    entry.due = now + put_off_for(entry.rounds++);
    set_state(id, entry, State::put_off);
    put_off_.emplace(entry.due, id);
    unblock(entry.acct_session_id);
}

void AcctQueue::unsent(RecordId id) {
    const auto at = entries_.find(id);
    if (at != entries_.end()) set_state(id, at->second, State::ready);
}

} // namespace lns::radius_client

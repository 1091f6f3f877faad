// SPDX-License-Identifier: ISC
// The maps of the fast path in the kernel (bpf/fast_path.h), kept in step with the forward table. Pure: works on
// memory it is given, which for datapathd is that of the maps. No system call is needed for any of it.
//
// What another process sees half-done leads to user space: an entry is first set to version 0, then filled, then
// published; everything that leads to an entry is checked against it. So a worker may be killed at any instant, and
// the next one only makes right what is not.
#pragma once

#include <bit>
#include <span>
#include <vector>

#include "bpf/fast_path.h"
#include "datapathd/counters.h"
#include "datapathd/decap.h"
#include "datapathd/fast_routes.h"

namespace lns::datapath {

// May the kernel forward the session's packets by itself? Whatever user space alone can do with them forbids it.
constexpr bool may_be_fast(const shm::ForwardRecord& record) {
    return record.state == shm::ForwardState::active && record.address.is_set() &&
           (record.flags & ~unsigned{shm::kThrottled}) == 0;
}

// The two tables in the map of hosts; its memory is whole pages of at least 64 elements.
struct FastHostTables {
    explicit FastHostTables(std::span<LnsFastHosts> map) {
        if (map.empty()) return;
        const std::size_t buckets = std::bit_floor((map.size() - 1) / 2);
        hosts = map.first(buckets);
        routes = map.subspan(buckets, buckets + 1);
    }
    std::span<LnsFastHosts> hosts, routes;
};

struct FastPathMaps {
    std::span<LnsFastTunnelId> tunnel_ids;
    std::span<LnsFastTunnel> tunnels;
    std::span<LnsFastSession> sessions;
    std::span<LnsFastHosts> hosts; // a power of two
    std::span<LnsFastCounters> counters;
    std::span<LnsFastLost> lost;
    std::span<LnsFastHosts> routes; // as many, and one more

    [[nodiscard]] bool complete() const {
        return !tunnel_ids.empty() && !tunnels.empty() && !sessions.empty() && !hosts.empty() &&
               counters.size() >= sessions.size() && !lost.empty() && routes.size() > hosts.size();
    }
};

// What the entry of a session that may be fast says; its version is left 0.
LnsFastSession fast_entry(const shm::ForwardRecord& record, const shm::Locator::WireIds& ids);
// kbit/s; 0: no limit.
LnsFastRate fast_rate(std::uint32_t kbits, FineTime burst);

class FastPath {
public:
    // `totals`: what was counted so far, by session; this worker alone writes it.
    FastPath(const FastPathMaps& maps, const SessionTables& tables, std::span<shm::SessionCounters> totals,
             shm::CounterWords& counters);

    // Takes over what is in the maps: entries that are right stay as they are and go on, others leave.
    void attach();
    // The record was looked at: enters, changes or leaves. True when it had been fast and is not any more: a packet
    // that was under way then is counted within kQuiet.
    bool refresh(SessionIndex session, const shm::ForwardRecord& record);
    // From now on that session serves the framed network, or nobody. Before refresh() of a session that has it.
    void route(const Prefix4& network, SessionIndex session) {
        if (!routes_.serve(network, session)) leave_networks();
    }
    // Brings the totals of a session up to what the programs counted.
    void fold(SessionIndex session);
    // The same for a share of those that are, or were, fast; each gets its turn within kRound calls.
    void fold_some();

    [[nodiscard]] std::size_t sessions() const { return fast_; }

    static constexpr std::size_t kRound = 10;
    static constexpr std::chrono::milliseconds kQuiet{10};

private:
    [[nodiscard]] bool is_fast(SessionIndex session) const;
    bool enter(SessionIndex session, const shm::ForwardRecord& record);
    bool leave(SessionIndex session);
    void set_rates(LnsFastSession& entry, SessionIndex session, const shm::ForwardRecord& record) const;
    void house(SessionIndex session, std::uint32_t address);
    [[nodiscard]] bool is_at(SessionIndex session, std::uint32_t address) const;
    [[nodiscard]] bool has(SessionIndex session, const Prefix4& network) const;
    void leave_networks();
    void add_host(std::uint32_t address, SessionIndex session);
    void remove_host(std::uint32_t address, SessionIndex session);
    void check_hosts();
    void count_change(bool fast);
    void fold_lost();

    FastPathMaps maps_;
    const SessionTables& tables_;
    std::span<shm::SessionCounters> totals_;
    shm::CounterWords& counters_;
    FastRoutes routes_;
    std::vector<bool> touched_; // blocks of sessions that were ever fast
    std::size_t next_block_ = 0;
    std::size_t fast_ = 0;
};

} // namespace lns::datapath

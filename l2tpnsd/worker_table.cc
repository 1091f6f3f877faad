// SPDX-License-Identifier: ISC
#include "l2tpnsd/worker_table.h"

#include <algorithm>

namespace lns::parent {

namespace {

using imsg::FileKind;
using imsg::SecretKind;
using imsg::SocketKind;
using shm::TableId;
using enum Access;

constexpr std::array kSessionTables{
    TableGrant{TableId::tunnels, write, Which::only},
    TableGrant{TableId::sessions, write, Which::only},
    TableGrant{TableId::session_aaa, write, Which::only},
    TableGrant{TableId::forward, write, Which::only},
    TableGrant{TableId::locator, write, Which::only},
    TableGrant{TableId::leases, write, Which::only},
    TableGrant{TableId::process_counters, write, Which::own},
    TableGrant{TableId::session_counters, read, Which::all},
    TableGrant{TableId::config, read, Which::only},
    TableGrant{TableId::processes, read, Which::only},
    TableGrant{TableId::operation, write, Which::only},
    TableGrant{TableId::carried_counters, write, Which::only},
    TableGrant{TableId::process_counters, read, Which::others},
    TableGrant{TableId::counter_baseline, read, Which::only},
    TableGrant{TableId::services, write, Which::only},
    TableGrant{TableId::data_sequence, read, Which::only},
    TableGrant{TableId::user_hashes, write, Which::only},
};
constexpr std::array kSessionSockets{SocketKind::l2tp, SocketKind::relay};
constexpr std::array kSessionFiles{FileKind::ip_pool, FileKind::access_lists, FileKind::state};
constexpr std::array kSessionSecrets{SecretKind::l2tp};
constexpr std::array kSessionPeers{Proc::datapath, Proc::radius, Proc::cli};

constexpr std::array kDatapathTables{
    TableGrant{TableId::session_counters, write, Which::own}, TableGrant{TableId::process_counters, write, Which::own},
    TableGrant{TableId::forward, read, Which::only},          TableGrant{TableId::locator, read, Which::only},
    TableGrant{TableId::session_aaa, read, Which::only},      TableGrant{TableId::config, read, Which::only},
    TableGrant{TableId::services, read, Which::only},         TableGrant{TableId::throttle, write, Which::only},
    TableGrant{TableId::rule_counters, write, Which::own},    TableGrant{TableId::fast_path, read, Which::only},
    TableGrant{TableId::data_sequence, write, Which::only},
};
constexpr std::array kDatapathSockets{SocketKind::l2tp, SocketKind::tun, SocketKind::icmp, SocketKind::snoop,
                                      SocketKind::relay};
constexpr std::array kDatapathFiles{FileKind::access_lists};
constexpr std::array kDatapathPeers{Proc::session};
constexpr std::array kDatapathMaps{imsg::MapKind::tunnel_ids, imsg::MapKind::tunnels,  imsg::MapKind::sessions,
                                   imsg::MapKind::hosts,      imsg::MapKind::counters, imsg::MapKind::lost,
                                   imsg::MapKind::throttle};

constexpr std::array kRadiusTables{
    TableGrant{TableId::radius_requests, write, Which::only},
    TableGrant{TableId::process_counters, write, Which::own},
    TableGrant{TableId::config, read, Which::only},
};
constexpr std::array kRadiusSockets{SocketKind::radius};
constexpr std::array kRadiusFiles{FileKind::subscribers, FileKind::dictionary};
constexpr std::array kRadiusSecrets{SecretKind::radius};
constexpr std::array kRadiusPeers{Proc::session};

constexpr std::array kCliTables{
    TableGrant{TableId::process_counters, write, Which::own},
    TableGrant{TableId::process_counters, read, Which::others},
    TableGrant{TableId::tunnels, read, Which::only},
    TableGrant{TableId::sessions, read, Which::only},
    TableGrant{TableId::session_aaa, read, Which::only},
    TableGrant{TableId::locator, read, Which::only},
    TableGrant{TableId::leases, read, Which::only},
    TableGrant{TableId::session_counters, read, Which::all},
    TableGrant{TableId::config, read, Which::only},
    TableGrant{TableId::processes, read, Which::only},
    TableGrant{TableId::radius_requests, read, Which::only},
    TableGrant{TableId::operation, read, Which::only},
    TableGrant{TableId::carried_counters, read, Which::only},
    TableGrant{TableId::fast_path, read, Which::only},
    TableGrant{TableId::memory, read, Which::only},
    TableGrant{TableId::counter_baseline, write, Which::only},
    TableGrant{TableId::services, read, Which::only},
    TableGrant{TableId::rule_counters, read, Which::all},
    TableGrant{TableId::user_hashes, read, Which::only},
};
constexpr std::array kCliSockets{SocketKind::cli, SocketKind::control};
constexpr std::array kCliSecrets{SecretKind::control};
constexpr std::array kCliFiles{FileKind::users, FileKind::ip_pool, FileKind::access_lists};
constexpr std::array kCliPeers{Proc::session};

// The fixed uids lie in systemd's range for dynamic users (61184-65519), which no account of a
// distribution uses.
constexpr std::array kRows{
    WorkerRow{Proc::session, "_l2tpns-session", 61701, Count::one, Root::empty_directory, kSessionTables,
              kSessionSockets, kSessionFiles, kSessionSecrets, kSessionPeers},
    WorkerRow{Proc::datapath,
              "_l2tpns-datapath",
              61702,
              Count::datapath_workers,
              Root::empty_directory,
              kDatapathTables,
              kDatapathSockets,
              kDatapathFiles,
              {},
              kDatapathPeers,
              kDatapathMaps},
    WorkerRow{Proc::radius, "_l2tpns-radius", 61703, Count::one, Root::spool_directory, kRadiusTables, kRadiusSockets,
              kRadiusFiles, kRadiusSecrets, kRadiusPeers},
    WorkerRow{Proc::cli, "_l2tpns-cli", 61704, Count::one, Root::empty_directory, kCliTables, kCliSockets, kCliFiles,
              kCliSecrets, kCliPeers},
};

// Tables the parent itself writes (shm/records.h); no worker may.
constexpr bool written_by_parent(TableId table) {
    return table == TableId::config || table == TableId::processes || table == TableId::fast_path ||
           table == TableId::memory;
}

// One writer a table (law 2), whatever the rows say; for those of throttling and of numbers a program of several
// processes.
constexpr bool one_writer_each() {
    for (std::size_t t = 0; t < shm::kTableCount; ++t) {
        const auto table = static_cast<TableId>(t);
        if (table == TableId::process_counters) continue; // one instance a worker
        int writers = written_by_parent(table) ? 1 : 0;
        for (const WorkerRow& row : kRows)
            for (const TableGrant& grant : row.tables)
                if (grant.table == table && grant.access == write) ++writers;
        if (writers != 1) return false;
    }
    return true;
}
static_assert(one_writer_each());

constexpr bool peers_are_mutual() {
    for (const WorkerRow& a : kRows)
        for (const Proc to : a.peers) {
            const auto b = std::ranges::find(kRows, to, &WorkerRow::proc);
            if (b == kRows.end() || std::ranges::find(b->peers, a.proc) == b->peers.end()) return false;
        }
    return true;
}
static_assert(peers_are_mutual());

} // namespace

std::span<const WorkerRow> worker_rows() { return kRows; }

const WorkerRow* find_row(Proc proc) {
    const auto row = std::ranges::find(kRows, proc, &WorkerRow::proc);
    return row == kRows.end() ? nullptr : &*row;
}

std::vector<WorkerId> all_workers(std::uint16_t datapath_workers) {
    std::vector<WorkerId> workers;
    for (const WorkerRow& row : kRows) {
        const std::uint16_t count = row.count == Count::one ? std::uint16_t{1} : datapath_workers;
        for (std::uint16_t i = 0; i < count; ++i)
            workers.push_back({row.proc, i});
    }
    return workers;
}

bool are_peers(Proc a, Proc b) {
    const WorkerRow* row = find_row(a);
    return row != nullptr && std::ranges::find(row->peers, b) != row->peers.end();
}

} // namespace lns::parent

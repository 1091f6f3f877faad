// SPDX-License-Identifier: ISC
// The workers: what each is, runs as, and is handed. A new worker is a row (and a Proc). The rows are
// what ARCHITECTURE.md shows; nothing else decides what a worker gets.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lib/imsg/bodies.h"
#include "lib/imsg/process.h"
#include "shm/tables.h"

namespace lns::parent {

enum class Count : std::uint8_t { one, datapath_workers };
enum class Access : std::uint8_t { read, write };
// Which instances of a table: its only one; the worker's own; all; all but its own.
enum class Which : std::uint8_t { only, own, all, others };
enum class Root : std::uint8_t { empty_directory, spool_directory };

struct TableGrant {
    shm::TableId table;
    Access access;
    Which which;
};

struct WorkerRow {
    Proc proc;
    std::string_view user;      // looked up by getpwnam
    std::uint32_t fallback_uid; // used, with the same gid, where that user does not exist
    Count count;
    Root root; // what it is chrooted to
    std::span<const TableGrant> tables;
    std::span<const imsg::SocketKind> sockets;
    std::span<const imsg::FileKind> files;
    std::span<const imsg::SecretKind> secrets;
    std::span<const Proc> peers; // direct channels; listed at both ends
    // Of the fast path, where there is one; for the first instance only, but for that of throttling.
    std::span<const imsg::MapKind> maps = {};

    [[nodiscard]] std::string_view program() const { return proc_name(proc); }
    // Writes more than its own event counters: what a successor must not write at the same time.
    [[nodiscard]] constexpr bool is_writer() const {
        for (const TableGrant& grant : tables)
            if (grant.access == Access::write && grant.table != shm::TableId::process_counters) return true;
        return false;
    }
};

// In the order they are started.
std::span<const WorkerRow> worker_rows();
const WorkerRow* find_row(Proc proc);

// One process of the suite.
struct WorkerId {
    Proc proc{};
    std::uint16_t instance = 0;
    friend bool operator==(const WorkerId&, const WorkerId&) = default;
};

// Every worker process there is to be, given the number of datapathd processes.
std::vector<WorkerId> all_workers(std::uint16_t datapath_workers);
bool are_peers(Proc a, Proc b);

inline constexpr std::uint16_t kMaxDatapathWorkers = 16;

} // namespace lns::parent

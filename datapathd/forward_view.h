// SPDX-License-Identifier: ISC
// This worker's look-up from a destination to a session, kept in step with the forward table of sessiond by hints
// and scans (DESIGN 3: messages are hints, tables are the truth). Pure but for the tables it reads.
#pragma once

#include <functional>
#include <vector>

#include "datapathd/decap.h"
#include "datapathd/route_table.h"
#include "lib/base/address_map.h"

namespace lns::datapath {

class ForwardView {
public:
    // `expected_sessions`: how many the look-up has room for from the start.
    ForwardView(const SessionTables& tables, std::size_t expected_sessions);

    // Told for every record in state removing that is seen: this worker counts nothing for it any more.
    using Removed = std::function<void(SessionIndex, Generation)>;

    // Told of every record that is looked at, before `removed`.
    using Watcher = std::function<void(SessionIndex, const shm::ForwardRecord&)>;
    void watch(Watcher watcher) { watcher_ = std::move(watcher); }

    void watch_routes(RouteTable::Watcher watcher) { routes_.watch(std::move(watcher)); }

    // Looks at one record again.
    void refresh(SessionIndex session, const Removed& removed);
    // Looks at all that tunnels own or that this worker has ever entered. The rest of the table is not even read: a
    // page of a sparse segment takes memory once it is.
    void rescan(const Removed& removed);

    // The session that serves the address, with its record as of now; none when nobody does. Never a session
    // whose record is not active or has another address by now.
    [[nodiscard]] SessionIndex find(Ipv4 destination, shm::ForwardRecord& record) const noexcept;

    // Both before find(), and the first some time before the second: memory comes while other packets are handled.
    void prefetch_address(Ipv4 destination) const noexcept { hosts_.prefetch(destination); }
    [[nodiscard]] SessionIndex prefetch_record(Ipv4 destination) const noexcept {
        const SessionIndex session = hosts_.find(destination);
        tables_.forward.prefetch(raw(session));
        return session;
    }

    [[nodiscard]] std::size_t addresses() const { return hosts_.size(); }
    [[nodiscard]] std::size_t routes() const { return routes_.size(); }

private:
    struct Entered { // what of the session stands in the look-up
        Ipv4 address;
        Generation generation = Generation::none;
        bool present = false;
    };
    void enter(SessionIndex session, const shm::ForwardRecord& record);
    void leave(SessionIndex session);
    [[nodiscard]] std::vector<bool> blocks_of_tunnels() const;

    const SessionTables& tables_;
    Watcher watcher_;
    AddressMap hosts_;
    RouteTable routes_;
    std::vector<Entered> entered_;     // by SessionIndex
    std::vector<bool> entered_blocks_; // where any of these was ever present
};

} // namespace lns::datapath

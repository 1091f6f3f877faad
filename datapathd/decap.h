// SPDX-License-Identifier: ISC
// What to do with one datagram of port 1701 (RFC 2661 3.1, DESIGN 5 "Up"). Pure: reads the shared
// tables it is given, keeps nothing.
#pragma once

#include "datapathd/counters.h"
#include "datapathd/inner_ip.h"
#include "datapathd/services.h"
#include "lib/base/ids.h"
#include "shm/locator.h"
#include "shm/records.h"
#include "shm/two_slot.h"

namespace lns::datapath {

// The tables of sessiond, read-only. They are the truth for every packet upstream; no private copy.
struct SessionTables {
    shm::Locator locator;
    shm::TwoSlotReader<shm::ForwardRecord> forward;
    shm::TwoSlotReader<shm::SessionAaa> aaa;           // looked at only where a session has framed routes
    shm::TwoSlotReader<shm::SessionServices> services; // only where it has flags
};

enum class Action : std::uint8_t {
    forward, // `packet` is a sane packet of the subscriber of `session`
    relay,   // for sessiond; `reason` says as what it is counted
    drop,    // `reason` says why
};

struct Decapsulated {
    Action action = Action::drop;
    Counter reason = Counter::up_bad_header;
    SessionIndex session = SessionIndex::none; // set where it is known
    Ipv4Packet packet;                         // into the datagram
    Served served;                             // with forward
    std::uint16_t mru = 0;                     // of packets to the subscriber; with forward
};

// The session that a data message names; whether it may is for decapsulate() to say.
SessionIndex named_session(const SessionTables& tables, Bytes datagram) noexcept;

// `peer` is where the datagram came from.
Decapsulated decapsulate(const SessionTables& tables, Endpoint peer, Bytes datagram) noexcept;

} // namespace lns::datapath

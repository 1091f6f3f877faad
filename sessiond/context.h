// SPDX-License-Identifier: ISC
// What the parts of sessiond share: tables, clock reading of the present event, settings in the form
// the cores want, and the box of datagrams that leave at the end of the batch.
#pragma once

#include <string>

#include "lib/base/rng.h"
#include "lib/l2tp/l2tp.h"
#include "lib/ppp/ppp.h"
#include "lib/worker/worker.h"
#include "sessiond/counters.h"
#include "sessiond/message_log.h"
#include "sessiond/store.h"
#include "sessiond/timer_wheel.h"
#include "sessiond/udp_port.h"
#include "shm/data_sequence.h"
#include "shm/session_counters.h"

namespace lns::sessiond {

struct Context {
    worker::Worker& worker;
    Store& store;
    Rng& rng;
    Outbox outbox;
    TimerWheel tunnel_timers;
    TimerWheel session_timers;
    shm::SessionCounterSum traffic;
    conf::Config config;
    Secret l2tp_secret;
    std::string host_name;
    ppp::Config ppp;
    MonoTime now;          // of the event in hand
    bool stopping = false; // everything is being ended
    bool draining = false; // by the operator: no new tunnels and calls
    // Of what the tables held when they had been left alone for too long (imsg::StartIdentity).
    MonoTime close_before{};
    MonoTime served_until{};
    MessageLog messages{};
    shm::DataNumbers numbers{}; // read only

    // Reads the published settings; those in force for existing sessions change only where the key says so.
    void load_config();
    [[nodiscard]] l2tp::TunnelConfig tunnel_config(bool flood) const;
    // The largest IP packet that leaves room for IP, UDP, L2TP and PPP headers in the LAC's network.
    // With an Ns and Nr in its data messages there is less.
    [[nodiscard]] std::uint16_t mru(bool sequenced) const;
    template <class C>
    void count(C counter, std::uint64_t n = 1) {
        if constexpr (std::is_same_v<C, Counter> || std::is_same_v<C, std::size_t>)
            worker.counters().add(counter, n);
        else
            worker.counters().add(counter_of(counter), n);
    }
    // A control datagram that leaves: counted, logged, and into the outbox.
    void send_control(Endpoint peer, Ipv4 local, std::vector<std::uint8_t> datagram);
    // What the session has sent and received in its life.
    [[nodiscard]] shm::Counters64 used(SessionIndex session, const shm::SessionRecord& record) const;
};

} // namespace lns::sessiond

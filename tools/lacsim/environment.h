// SPDX-License-Identifier: ISC
// What tunnels and calls are given instead of sockets, clocks and globals.
#pragma once

#include <cstdint>

#include "lib/base/clock.h"
#include "lib/base/rng.h"
#include "tools/lacsim/options.h"
#include "tools/lacsim/statistics.h"
#include "tools/lacsim/timer_wheel.h"

namespace lns::lacsim {

class Call;
class Tunnel;

// Sends a datagram to the LNS from one of our ports, at once or with the others of this round.
class DatagramSink {
public:
    virtual void send(std::uint32_t port, Bytes datagram) = 0;

protected:
    ~DatagramSink() = default;
};

// Who is told what became of tunnels and calls.
class Observer {
public:
    virtual void tunnel_up(Tunnel& tunnel) = 0;
    virtual void tunnel_down(Tunnel& tunnel) = 0; // failed, closed by either side; its calls were told first
    virtual void call_up(Call& call) = 0;
    virtual void call_down(Call& call, bool was_up) = 0; // failed or ended, by either side
    virtual void ip_packet(Call& call, Bytes packet) = 0;

protected:
    ~Observer() = default;
};

struct Environment {
    const Options& options;
    Statistics& statistics;
    Rng& rng;
    TimerWheel& timers; // ids: tunnels first, then calls
    DatagramSink& out;
    Observer& observer;
    MonoTime now; // set by the loop before each round
};

} // namespace lns::lacsim

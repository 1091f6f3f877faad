// SPDX-License-Identifier: ISC
// A datapathd worker: its descriptors, the event loop, and the packet path between them.
//
// The fast path runs inside the two read events: each takes up to one batch, until nothing waits, and
// returns, so that a flood on one side cannot keep the other, or the messages of sessiond, from their turn. Nothing
// runs by the clock, but what counts for the fast path in the kernel: an idle worker does not wake up, a busy one may
// rest for a moment (moderation.h).
#pragma once

#include <algorithm>
#include <memory>

#include "datapathd/copy_socket.h"
#include "datapathd/downstream.h"
#include "datapathd/fast_path_keeper.h"
#include "datapathd/forward_sync.h"
#include "datapathd/moderation.h"
#include "datapathd/tun_queue.h"
#include "datapathd/udp_socket.h"
#include "datapathd/upstream.h"
#include "lib/worker/worker.h"

namespace lns::datapath {

// Packets taken from a descriptor in one wake-up. multi_read_count (default 10) was meant for a system call a
// packet; a batch costs less the larger it is, so smaller settings count as 64.
constexpr std::size_t batch_size(std::uint32_t multi_read_count) {
    return std::clamp<std::size_t>(multi_read_count, 64, UdpSocket::kMaxReceive);
}

class Forwarder {
public:
    // Takes sockets and tables out of the worker's start kit; ends the process when one is missing.
    explicit Forwarder(worker::Worker& worker);
    ~Forwarder();

private:
    class RelayPort;
    void configure();
    void read_lists();
    void udp_readable();
    void tun_readable();
    void relay_readable();

    worker::Worker& worker_;
    SessionTables tables_;
    SessionCounting sessions_;
    UdpSocket udp_;
    TunQueue tun_;
    RawIcmp icmp_;
    imsg::Relay relay_;
    std::unique_ptr<RelayPort> relay_port_;
    ForwardView view_;
    ForwardSync sync_;
    CopySocket copies_;
    Interceptor interceptor_;
    Services services_;
    std::unique_ptr<FastPathKeeper> fast_path_;
    Upstream upstream_;
    Downstream downstream_;
    std::size_t batch_ = 0;
    Moderation udp_moderation_;
    Moderation tun_moderation_;
    std::unique_ptr<ReadWatch> udp_watch_;
    std::unique_ptr<ReadWatch> tun_watch_;
    std::unique_ptr<ReadWatch> relay_watch_;
};

} // namespace lns::datapath

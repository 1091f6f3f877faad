// SPDX-License-Identifier: ISC
// From the kernel to LACs: packets of the TUN device, looked up, cut to the subscriber's MRU or answered by
// ICMP, encapsulated, sent in batches. TTL is not touched: the kernel decremented it when it routed the packet
// to the device (RFC 1812 5.3.1), and this is the far end of that link.
#pragma once

#include <span>
#include <vector>

#include "datapathd/forward_view.h"
#include "datapathd/icmp.h"
#include "datapathd/icmp_port.h"
#include "datapathd/rate_limit.h"
#include "datapathd/send_batch.h"
#include "datapathd/services.h"
#include "datapathd/session_counting.h"
#include "datapathd/tun_port.h"
#include "lib/imsg/relay.h"

namespace lns::datapath {

struct DownstreamSettings {
    Ipv4 tun_address;              // source of ICMP errors; unset: none are sent
    std::uint32_t unreachable = 0; // a second; 0: none
};

class Downstream {
public:
    struct Ports {
        UdpPort& udp;
        TunPort& tun;
        IcmpPort& icmp;
    };
    Downstream(const ForwardView& view, Ports ports, Services& services, SessionCounting& sessions,
               shm::CounterWords& counters);

    void configure(const DownstreamSettings& settings);
    // At most `most` packets that wait now; how many there were.
    std::size_t run(std::size_t most, MonoTime now);

    // A PPP frame of a sequenced session, whole but for its number.
    void from_sessiond(const imsg::Datagram& datagram);

    static constexpr std::uint32_t kTooBigPerSecond = 1000; // of fragmentation needed: path MTU discovery depends on it

private:
    struct Destination {
        SessionIndex session = SessionIndex::none;
        shm::ForwardRecord record;
        std::uint16_t mru = 0;

        [[nodiscard]] Served served() const { return {session, record.generation, record.flags}; }
    };
    void handle_read();
    void handle(std::span<std::uint8_t> with_header);
    void forward(const Destination& to, const VirtioHeader& header, std::span<std::uint8_t> with_header,
                 const Ipv4Packet& packet);
    void forward_segments(const Destination& to, const VirtioHeader& header, const Ipv4Packet& packet);
    void forward_tcp(const Destination& to, const Ipv4Packet& packet, std::uint16_t mss);
    void forward_udp(const Destination& to, const Ipv4Packet& packet, std::uint16_t size);
    template <class Segmenter>
    void send_segments(const Destination& to, const Ipv4Packet& packet, const Segmenter& segmenter);
    template <class Segmenter>
    void too_big_segments(const Destination& to, const Ipv4Packet& packet, const Segmenter& segmenter);
    void forward_fragments(const Destination& to, const Ipv4Packet& packet);
    // Does the session's access list permit the packet? It is dropped if not.
    bool permit(const Destination& to, const conf::PacketFacts& packet);
    // Do the session's services let a packet of so many octets pass? It is dropped if not.
    bool admit(const Destination& to, std::size_t octets);
    // The datagram, whose head is written, will be sent.
    void number(const Destination& to, OutDatagram& datagram);
    void drop(Counter reason, SessionIndex session = SessionIndex::none);
    void no_session(const Ipv4Packet& packet);
    void too_big(const Destination& to, const Ipv4Packet& packet, Bytes quote);
    void answer(Ipv4 sender, const IcmpError& error, Counter as);
    bool make_room(std::size_t datagrams);
    void send();

    const ForwardView& view_;
    Ports ports_;
    Services& services_;
    SessionCounting& sessions_;
    shm::CounterWords& counters_;
    DownstreamSettings settings_;
    RateLimit unreachable_limit_;
    RateLimit too_big_limit_{kTooBigPerSecond};
    std::vector<std::uint8_t> buffer_;          // packets stay here until they are sent
    std::vector<std::span<std::uint8_t>> read_; // those not handled yet; kept for its memory
    std::vector<std::uint8_t> whole_;           // one made of a large packet, and fragmented
    std::vector<std::uint8_t> numbered_;        // a frame from sessiond
    SendBatch batch_;
    MonoTime now_{};
};

} // namespace lns::datapath

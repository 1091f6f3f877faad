// SPDX-License-Identifier: ISC
// From LACs to the kernel: batches of the 1701 socket, decapsulated, flows put together, written to the TUN device.
// What is sessiond's goes to it by the relay, and what it relays comes in here too.
#pragma once

#include <vector>

#include "datapathd/coalesce.h"
#include "datapathd/decap.h"
#include "datapathd/session_counting.h"
#include "datapathd/udp_port.h"
#include "lib/imsg/relay.h"

namespace lns::datapath {

// Where datagrams for sessiond go.
class ControlPort {
public:
    virtual ~ControlPort() = default;
    virtual bool send(const imsg::Datagram& datagram) = 0; // false: full
};

class Upstream final : private TunPacketSink, private TunResults {
public:
    struct Ports {
        UdpPort& udp;
        TunPort& tun;
        ControlPort& control;
    };
    Upstream(const SessionTables& tables, Ports ports, SessionCounting& sessions, shm::CounterWords& counters)
        : tables_(tables), ports_(ports), sessions_(sessions), counters_(counters),
          coalescer_(*this, ports.tun.takes_joined_udp()) {
        arrived_.reserve(kExpected);
    }

    // At most `most` trains that wait now; how many datagrams there were.
    std::size_t run(std::size_t most, MonoTime now);
    // One datagram that sessiond received and passed on.
    void from_sessiond(const imsg::Datagram& datagram, MonoTime now);

private:
    static constexpr std::size_t kExpected = 4096; // datagrams of a batch; more cost an allocation, once
    struct Arrived {
        const ReceivedTrain* train;
        std::span<std::uint8_t> octets; // of one datagram
    };
    std::size_t take_apart(std::span<const ReceivedTrain> trains);
    void prefetch(Bytes datagram) const;
    // `writable`: the datagram's octets where they are ours to overwrite, which are those not from sessiond.
    void take(const imsg::Datagram& datagram, std::span<std::uint8_t> writable);
    void relay(const imsg::Datagram& datagram, const Decapsulated& judged, bool may_relay);
    void deliver(const TunPacket& packet) override { ports_.tun.write(packet, *this); }
    void written(const TunPacket& packet, bool taken) override;
    void flush();

    const SessionTables& tables_;
    Ports ports_;
    SessionCounting& sessions_;
    shm::CounterWords& counters_;
    Coalescer coalescer_;
    std::vector<Arrived> arrived_; // the batch; kept for its memory
    MonoTime now_{};
};

} // namespace lns::datapath

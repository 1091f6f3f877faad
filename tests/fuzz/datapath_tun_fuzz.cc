// SPDX-License-Identifier: ISC
// Packets of the TUN device with any virtio header, through lookup, cutting, fragmenting and encapsulation: every
// datagram that leaves goes to the session's LAC with the session's header in front and no more than its MRU behind,
// and nothing vanishes uncounted.
//
// First octet: MRU; second: how many datagrams the socket takes. Then packets, two octets of length before each.
#include <cstdlib>
#include <cstring>

#include "datapathd/downstream.h"
#include "datapathd/encap.h"
#include "tests/unit/datapath_packets.h"

namespace {

using namespace lns;
using namespace lns::datapath;
using namespace lns::datapath::test;

void must(bool holds) {
    if (!holds) abort();
}

struct Socket final : UdpPort {
    std::size_t mru = 1500;
    std::uint64_t room = 0;
    std::span<const ReceivedTrain> receive(std::size_t) override { abort(); }
    void send(std::span<SendTrain> trains) override {
        for (SendTrain& train : trains) {
            must(train.peer == Endpoint{kLac, kLacPort} && train.local == kOurs);
            must(train.count > 0 && train.count <= kMaxTrain && train.parts.size() == std::size_t{2} * train.count);
            std::size_t total = 0;
            for (std::uint16_t i = 0; i < train.count; ++i)
                total += look(train, i);
            must(total <= kMaxTrainSize);
            train.messages = 1;
        }
    }
    std::size_t look(SendTrain& train, std::uint16_t i) {
        const iovec& head = train.parts[std::size_t{2} * i];
        const iovec& tail = train.parts[std::size_t{2} * i + 1];
        const Octets all = joined({Bytes(static_cast<const std::uint8_t*>(head.iov_base), head.iov_len),
                                   Bytes(static_cast<const std::uint8_t*>(tail.iov_base), tail.iov_len)});
        must(all.size() == train.size || (i + 1 == train.count && all.size() < train.size));
        must(all.size() > kEncapsulationSize && get16(all, 2) == 0x1122);
        const Octets packet(all.begin() + kEncapsulationSize, all.end());
        must(packet.size() >= 20 && packet.size() <= mru && ip_header_right(packet));
        must(get32(packet, 16) == kSubscriber.value);
        if (room > 0) {
            --room;
            train.sent |= std::uint64_t{1} << i;
        } else {
            train.queue_full = true;
        }
        return all.size();
    }
};

struct Device final : TunPort {
    Reader input{Bytes{}};
    std::size_t read(std::span<std::uint8_t> buffer) override {
        std::uint16_t length = 0;
        Bytes packet;
        if (!input.u16(length) || !input.bytes(std::min<std::size_t>(length, input.size()), packet)) return 0;
        std::copy(packet.begin(), packet.end(), buffer.begin());
        return packet.size();
    }
    [[nodiscard]] bool takes_joined_udp() const override { return true; }
    void write(const TunPacket& packet, TunResults& results) override { results.written(packet, true); }
    void flush(TunResults&) override {}
};

struct Icmp final : IcmpPort {
    bool send(Ipv4 destination, Bytes packet) override {
        must(packet.size() >= 28 && ip_header_right(packet) && get32(packet, 16) == destination.value);
        must(get32(packet, 12) == kTunAddress.value);
        return true;
    }
};

struct Copies final : CopyPort {
    Outcome send(std::span<const Copy> copies) override {
        for (const Copy& copy : copies)
            must(ip_header_right(copy.packet));
        return {copies.size(), 0, 0};
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Tables tables;
    std::fill(tables.counter_words.begin(), tables.counter_words.end(), 0);
    Reader r(Bytes(data, size));
    std::uint8_t mru = 0;
    std::uint8_t room = 0;
    if (!r.u8(mru) || !r.u8(room)) return 0;
    shm::ForwardRecord record = Tables::record();
    record.mru = static_cast<std::uint16_t>(576 + 4 * mru);
    record.peer_session = PeerSessionId{static_cast<std::uint16_t>(raw(Tables::kSession))};
    record.flags = mru % 2 == 0 ? std::uint16_t{0} : std::uint16_t{shm::kThrottled | shm::kSnooped};
    tables.service_writer.write(raw(Tables::kSession), {record.generation, 64, 64, kHost, 9});
    std::fill(tables.throttle.begin(), tables.throttle.end(), shm::ThrottleState{});
    tables.forward.write(raw(Tables::kSession), record);

    Socket socket;
    socket.mru = record.mru;
    socket.room = room == 255 ? UINT64_MAX : room;
    Device device;
    device.input = r;
    Icmp icmp;
    SessionCounting sessions(tables.counting);
    ForwardView view(tables.view, 100);
    view.rescan([](SessionIndex, Generation) {});
    Copies copies;
    Interceptor interceptor(copies, tables.counters);
    Services services(tables.services(), interceptor, tables.counters);
    services.configure({});
    Downstream downstream(view, {socket, device, icmp}, services, sessions, tables.counters);
    downstream.configure({kTunAddress, 10});
    downstream.run(SIZE_MAX, MonoTime{std::chrono::seconds(5000)});

    std::uint64_t dropped = 0;
    for (auto c = static_cast<std::size_t>(Counter::down_bad_ip);
         c <= static_cast<std::size_t>(Counter::down_send_refused); ++c)
        dropped += tables.counter_words[c];
    must(tables.count(Counter::down_packets) + tables.count(Counter::down_extra) ==
         tables.count(Counter::down_sent) + dropped);
    return 0;
}

// SPDX-License-Identifier: ISC
// Sockets and device of datapathd for tests in one process.
#pragma once

#include <deque>

#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <map>

#include "datapathd/downstream.h"
#include "datapathd/segment.h"
#include "datapathd/upstream.h"
#include "tests/unit/datapath_packets.h"

namespace lns::datapath::test {

inline Octets gathered(std::span<const iovec> parts) {
    Octets out;
    for (const iovec& part : parts)
        out = joined({out, Bytes(static_cast<const std::uint8_t*>(part.iov_base), part.iov_len)});
    return out;
}

struct FakeUdp final : UdpPort {
    struct Arrived {
        Endpoint peer;
        Octets octets;
        std::uint16_t size = 0;
    };
    struct Sent {
        Endpoint peer;
        Ipv4 local;
        Octets octets;
        std::size_t train; // number of the train it was in
    };
    std::deque<Arrived> arriving;
    std::vector<Arrived> held; // what the last receive() gave
    std::vector<ReceivedTrain> trains;
    std::vector<Sent> sent;
    std::size_t trains_sent = 0;
    std::size_t room = SIZE_MAX; // datagrams the "kernel" still takes
    bool refuse = false;

    void arrive(Octets datagram, Endpoint peer = {kLac, kLacPort}) { arriving.push_back({peer, std::move(datagram)}); }

    std::span<const ReceivedTrain> receive(std::size_t most) override {
        held.clear();
        trains.clear();
        for (; !arriving.empty() && held.size() < most; arriving.pop_front())
            held.push_back(std::move(arriving.front()));
        for (Arrived& a : held)
            trains.push_back({a.peer, kOurs, a.octets, a.size});
        return trains;
    }
    void send(std::span<SendTrain> out) override {
        for (SendTrain& train : out) {
            ASSERT_EQ(train.parts.size(), std::size_t{2} * train.count);
            ASSERT_LE(train.count, kMaxTrain);
            std::size_t octets = 0;
            for (std::uint16_t i = 0; i < train.count; ++i) {
                const Octets datagram = gathered(train.parts.subspan(std::size_t{2} * i, 2));
                octets += datagram.size();
                ASSERT_TRUE(datagram.size() == train.size || (i + 1 == train.count && datagram.size() < train.size));
                if (refuse) continue;
                if (room == 0) {
                    train.queue_full = true;
                    continue;
                }
                --room;
                train.sent |= std::uint64_t{1} << i;
                sent.push_back({train.peer, train.local, datagram, trains_sent});
            }
            ASSERT_LE(octets, kMaxTrainSize);
            train.messages = 1;
            ++trains_sent;
        }
    }
};

struct FakeTun final : TunPort {
    struct Written {
        VirtioHeader header;
        Octets packet;
    };
    std::deque<Octets> arriving;
    std::vector<Written> written;
    std::vector<std::pair<TunPacket, iovec>> waiting;
    bool refuse = false;
    bool joined_udp = true;

    void arrive(Bytes packet, VirtioHeader header = {}) {
        arriving.push_back(joined({Bytes(reinterpret_cast<const std::uint8_t*>(&header), sizeof header), packet}));
    }
    std::size_t read(std::span<std::uint8_t> buffer) override {
        if (arriving.empty()) return 0;
        const Octets next = std::move(arriving.front());
        arriving.pop_front();
        std::copy(next.begin(), next.end(), buffer.begin());
        return next.size();
    }
    // As the real one: packets of one part wait, and are looked at only then.
    void write(const TunPacket& packet, TunResults& results) override {
        if (packet.parts.size() == 1) return waiting.push_back({packet, packet.parts[0]});
        flush(results);
        take(packet, packet.parts, results);
    }
    void flush(TunResults& results) override {
        for (const auto& [packet, octets] : std::exchange(waiting, {}))
            take(packet, {&octets, 1}, results);
    }
    void take(const TunPacket& packet, std::span<const iovec> parts, TunResults& results) {
        if (refuse) return results.written(packet, false);
        const Octets all = gathered(parts);
        Written w;
        memcpy(&w.header, all.data(), sizeof w.header);
        w.packet = Octets(all.begin() + kVirtioHeaderSize, all.end());
        written.push_back(std::move(w));
        results.written(packet, true);
    }
    [[nodiscard]] bool takes_joined_udp() const override { return joined_udp; }
};

struct FakeIcmp final : IcmpPort {
    std::vector<Octets> sent;
    bool send(Ipv4 destination, Bytes packet) override {
        EXPECT_EQ(destination.value, get32(joined({packet}), 16));
        sent.push_back(joined({packet}));
        return true;
    }
};

struct FakeCopies final : CopyPort {
    struct Sent {
        Endpoint to;
        Octets packet;
    };
    std::vector<Sent> sent;
    std::size_t room = SIZE_MAX;
    std::function<void()> on_send; // what is done by then?
    Outcome send(std::span<const Copy> copies) override {
        if (on_send) on_send();
        const std::size_t taken = std::min(room, copies.size());
        for (const Copy& copy : copies.first(taken))
            sent.push_back({copy.to, joined({copy.packet})});
        room -= room == SIZE_MAX ? 0 : taken;
        return {taken, copies.size() - taken, 0};
    }
};

struct FakeControl final : ControlPort {
    std::vector<Octets> relayed;
    std::size_t room = SIZE_MAX;
    bool send(const imsg::Datagram& datagram) override {
        if (relayed.size() >= room) return false;
        relayed.push_back(joined({datagram.payload}));
        return true;
    }
};

// What the kernel makes of a packet with TSO or USO: an independent cut, field by field.
inline std::vector<Octets> kernel_segments(const FakeTun::Written& w) {
    if (w.header.gso_type == 0) return {w.packet};
    const std::size_t head = w.header.hdr_len;
    const std::size_t ip = static_cast<std::size_t>(w.packet[0] & 0xf) * 4;
    std::vector<Octets> out;
    for (std::size_t at = head; at < w.packet.size(); at += w.header.gso_size) {
        const std::size_t n = std::min<std::size_t>(w.header.gso_size, w.packet.size() - at);
        Octets s = joined({Bytes(w.packet).first(head), Bytes(w.packet).subspan(at, n)});
        put16(s, 2, static_cast<unsigned>(s.size()));
        put16(s, 4, (get16(s, 4) + static_cast<unsigned>(out.size())) & 0xffff);
        finish_ip_header(s);
        if (w.header.gso_type == kVirtioGsoUdp) {
            put16(s, ip + 4, static_cast<unsigned>(s.size() - ip));
            put16(s, ip + 6, 0);
            const std::uint16_t sum = plain_checksum(Bytes(s).subspan(ip), pseudo_sum(s, s.size() - ip));
            put16(s, ip + 6, sum == 0 ? 0xffff : sum);
            out.push_back(std::move(s));
            continue;
        }
        put32(s, ip + 4, static_cast<std::uint32_t>(get32(s, ip + 4) + (at - head)));
        if (at + n < w.packet.size()) s[ip + 13] &= 0xf6; // PSH, FIN at the end
        if (at > head) s[ip + 13] &= 0x7f;                // CWR at the beginning
        put16(s, ip + 16, 0);
        put16(s, ip + 16, plain_checksum(Bytes(s).subspan(ip), pseudo_sum(s, s.size() - ip)));
        out.push_back(std::move(s));
    }
    return out;
}

// Whole worker without descriptors.
struct Rig {
    Tables t;
    FakeUdp udp;
    FakeTun tun;
    FakeIcmp icmp;
    FakeControl control;
    SessionCounting sessions{t.counting};
    ForwardView view{t.view, 100};
    FakeCopies copies;
    Interceptor interceptor{copies, t.counters};
    Services services{t.services(), interceptor, t.counters};
    Upstream up{t.view, {udp, tun, control}, services, sessions, t.counters};
    Downstream down{view, {udp, tun, icmp}, services, sessions, t.counters};
    MonoTime now{std::chrono::seconds(5000)};

    Rig() {
        t.activate();
        rescan();
        down.configure({kTunAddress, 0});
    }
    void rescan() {
        view.rescan([](SessionIndex, Generation) {});
    }
    void configure(std::uint32_t icmp_rate) { down.configure({kTunAddress, icmp_rate}); }
    // As sessiond does it: first what the services are, then that there are any.
    static constexpr std::uint16_t kBurst = 250; // milliseconds; where none is named
    void serve(const shm::SessionServices& wanted, std::uint16_t flags, SessionIndex session = Tables::kSession) {
        shm::ForwardRecord r = t.forward.get(raw(session));
        shm::SessionServices s = wanted;
        s.generation = r.generation;
        if (s.burst_in == 0) s.burst_in = kBurst;
        if (s.burst_out == 0) s.burst_out = kBurst;
        t.service_writer.write(raw(session), s);
        r.flags = flags;
        t.forward.write(raw(session), r);
    }
    void set_mru(std::uint16_t mru) {
        shm::ForwardRecord r = t.forward.get(raw(Tables::kSession));
        r.mru = mru;
        t.forward.write(raw(Tables::kSession), r);
    }
    [[nodiscard]] std::uint64_t count(Counter c) const { return t.count(c); }
    [[nodiscard]] const shm::SessionCounters& session(SessionIndex s = Tables::kSession) const {
        return t.counting[raw(s)];
    }
    [[nodiscard]] std::uint64_t sum(Counter first, Counter last) const {
        std::uint64_t n = 0;
        for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i)
            n += t.counter_words[i];
        return n;
    }
    // Law 7: nothing vanishes.
    void expect_conserved() const {
        EXPECT_EQ(count(Counter::up_datagrams),
                  count(Counter::up_forwarded) + sum(Counter::relayed_control, Counter::up_tun_refused));
        EXPECT_EQ(count(Counter::down_packets) + count(Counter::down_extra),
                  count(Counter::down_sent) + sum(Counter::down_bad_ip, Counter::down_send_refused));
    }
};

} // namespace lns::datapath::test

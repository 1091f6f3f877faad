// SPDX-License-Identifier: ISC
// Packets and tables for the tests of datapathd, made field by field and apart from its own code.
#pragma once

#include <initializer_list>
#include <memory>
#include <vector>

#include "datapathd/decap.h"
#include "lib/base/rng.h"

namespace lns::datapath::test {

using Octets = std::vector<std::uint8_t>;

inline constexpr Ipv4 kLac{0xc0000202};        // 192.0.2.2
inline constexpr Ipv4 kOurs{0xc0000201};       // 192.0.2.1
inline constexpr Ipv4 kSubscriber{0x0a000005}; // 10.0.0.5
inline constexpr Ipv4 kHost{0xcb007107};       // 203.0.113.7
inline constexpr Ipv4 kTunAddress{0x0a0000fe};
inline constexpr std::uint16_t kLacPort = 1701;

inline void put16(Octets& out, std::size_t at, unsigned v) {
    out[at] = static_cast<std::uint8_t>(v >> 8);
    out[at + 1] = static_cast<std::uint8_t>(v);
}
inline void put32(Octets& out, std::size_t at, std::uint32_t v) {
    put16(out, at, v >> 16);
    put16(out, at + 2, v & 0xffff);
}
inline unsigned get16(Bytes in, std::size_t at) { return static_cast<unsigned>(in[at] << 8 | in[at + 1]); }
inline std::uint32_t get32(Bytes in, std::size_t at) {
    return static_cast<std::uint32_t>(get16(in, at)) << 16 | get16(in, at + 2);
}
// Sized first: GCC 12 sees overflows that are not there in a vector that grows.
inline Octets joined(std::initializer_list<Bytes> parts) {
    std::size_t size = 0;
    for (const Bytes part : parts)
        size += part.size();
    Octets out(size);
    auto at = out.begin();
    for (const Bytes part : parts)
        at = std::copy(part.begin(), part.end(), at);
    return out;
}
inline Octets pattern(std::size_t size, unsigned seed = 1) {
    Octets out(size);
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>(i * 7 + seed + i / 251);
    return out;
}

// The plainest form of RFC 1071, to check the fast one against.
inline std::uint16_t plain_checksum(Bytes octets, std::uint32_t sum = 0) {
    for (std::size_t i = 0; i < octets.size(); ++i)
        sum += static_cast<std::uint32_t>(octets[i]) << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

struct IpFields {
    Ipv4 source = kSubscriber;
    Ipv4 destination = kHost;
    std::uint8_t protocol = 17;
    std::uint8_t tos = 0;
    std::uint8_t ttl = 64;
    std::uint16_t id = 0x1234;
    std::uint16_t fragment = 0;
    Octets options = {};
};

inline void finish_ip_header(Octets& packet) {
    const std::size_t size = static_cast<std::size_t>(packet[0] & 0xf) * 4;
    put16(packet, 10, 0);
    put16(packet, 10, plain_checksum(Bytes(packet).first(size)));
}

inline Octets ip_packet(const IpFields& f, Bytes payload) {
    Octets p = joined({Octets(20), f.options});
    p[0] = static_cast<std::uint8_t>(0x40 | p.size() / 4);
    p[1] = f.tos;
    put16(p, 2, static_cast<unsigned>(p.size() + payload.size()));
    put16(p, 4, f.id);
    put16(p, 6, f.fragment);
    p[8] = f.ttl;
    p[9] = f.protocol;
    put32(p, 12, f.source.value);
    put32(p, 16, f.destination.value);
    finish_ip_header(p);
    return joined({p, payload});
}

struct TcpFields {
    std::uint16_t source = 40000;
    std::uint16_t destination = 80;
    std::uint32_t sequence = 1000;
    std::uint32_t acknowledgement = 77;
    std::uint8_t flags = 0x10;
    std::uint16_t window = 500;
    Octets options = {};
};

inline std::uint32_t pseudo_sum(Bytes packet, std::size_t transport_size) {
    return (get32(packet, 12) >> 16) + (get32(packet, 12) & 0xffff) + (get32(packet, 16) >> 16) +
           (get32(packet, 16) & 0xffff) + packet[9] + static_cast<std::uint32_t>(transport_size);
}

inline Octets tcp_packet(IpFields ip, const TcpFields& f, Bytes data) {
    Octets t = joined({Octets(20), f.options});
    put16(t, 0, f.source);
    put16(t, 2, f.destination);
    put32(t, 4, f.sequence);
    put32(t, 8, f.acknowledgement);
    t[12] = static_cast<std::uint8_t>(t.size() / 4 << 4);
    t[13] = f.flags;
    put16(t, 14, f.window);
    t = joined({t, data});
    ip.protocol = 6;
    Octets p = ip_packet(ip, t);
    const std::size_t at = p.size() - t.size();
    put16(p, at + 16, plain_checksum(Bytes(p).subspan(at), pseudo_sum(p, t.size())));
    return p;
}
// `checksum`: whether there is one (RFC 768).
inline Octets udp_packet(IpFields ip, std::uint16_t source, Bytes data, bool checksum = true) {
    Octets u = joined({Octets(8), data});
    put16(u, 0, source);
    put16(u, 2, 443);
    put16(u, 4, static_cast<unsigned>(u.size()));
    ip.protocol = 17;
    Octets p = ip_packet(ip, u);
    const std::size_t at = p.size() - u.size();
    const std::uint16_t sum = plain_checksum(Bytes(p).subspan(at), pseudo_sum(p, u.size()));
    if (checksum) put16(p, at + 6, sum == 0 ? 0xffff : sum);
    return p;
}
inline bool tcp_checksum_right(Bytes packet) {
    const std::size_t at = static_cast<std::size_t>(packet[0] & 0xf) * 4;
    return plain_checksum(packet.subspan(at), pseudo_sum(packet, packet.size() - at)) == 0;
}
inline bool ip_header_right(Bytes packet) {
    return plain_checksum(packet.first(static_cast<std::size_t>(packet[0] & 0xf) * 4)) == 0 &&
           get16(packet, 2) == packet.size();
}

// Tables of sessiond on the heap: tunnel 7 (id 4242, mask 0xa5a5) with block 3, from session slot 768 on, as its
// second; the other blocks are far up.
struct Tables {
    static constexpr std::uint32_t kTunnels = 9;
    static constexpr std::uint32_t kSlots = 2048;
    static constexpr TunnelId kTunnelId{4242};
    static constexpr std::uint32_t kFirst = 256; // block 0 is never given away
    static constexpr SessionIndex kSession{3 * 256 + 5};

    std::vector<std::uint32_t> words = std::vector<std::uint32_t>(shm::Locator::words(kTunnels, kSlots / 256));
    std::vector<shm::TwoSlot<shm::ForwardRecord>> forward_cells = shm::make_cells<shm::ForwardRecord>(kSlots);
    std::vector<shm::TwoSlot<shm::SessionAaa>> aaa_cells = shm::make_cells<shm::SessionAaa>(kSlots);
    std::vector<shm::TwoSlot<shm::SessionServices>> service_cells = shm::make_cells<shm::SessionServices>(kSlots);
    std::vector<shm::ThrottleState> throttle = std::vector<shm::ThrottleState>(kSlots);
    std::vector<shm::DataSequence> sequence = std::vector<shm::DataSequence>(kSlots);
    std::vector<shm::RuleCounter> rule_counters = std::vector<shm::RuleCounter>(64);
    std::vector<shm::SessionCounters> counting = std::vector<shm::SessionCounters>(kSlots);
    std::vector<std::uint64_t> counter_words = std::vector<std::uint64_t>(shm::kMaxCounters);
    shm::LocatorWriter locator{words, kTunnels};
    shm::TwoSlotWriter<shm::ForwardRecord> forward{std::span(forward_cells)};
    shm::TwoSlotWriter<shm::SessionAaa> aaa{std::span(aaa_cells)};
    shm::TwoSlotWriter<shm::SessionServices> service_writer{std::span(service_cells)};
    shm::CounterWords counters{counter_words};
    SessionTables view{shm::Locator(words, kTunnels),
                       shm::TwoSlotReader<shm::ForwardRecord>(std::span(std::as_const(forward_cells))),
                       shm::TwoSlotReader<shm::SessionAaa>(std::span(std::as_const(aaa_cells))),
                       shm::TwoSlotReader<shm::SessionServices>(std::span(std::as_const(service_cells)))};

    Tables() {
        locator.set_tunnel(kTunnelId, TunnelIndex{7});
        locator.set_mask(TunnelIndex{7}, 0xa5a5);
        locator.set_block(TunnelIndex{7}, 1, 3);
        for (const unsigned block : {1U, 2U, 4U, 5U, 6U, 7U})
            locator.set_block(TunnelIndex{7}, 100 + block, block);
    }
    [[nodiscard]] Services::Tables services() {
        return {view.services, view.aaa, throttle, rule_counters, shm::DataNumbers(sequence)};
    }
    static SessionId wire_id(SessionIndex session) {
        return SessionId{static_cast<std::uint16_t>((0x0100 | (raw(session) & 0xff)) ^ 0xa5a5)};
    }
    static shm::ForwardRecord record() {
        shm::ForwardRecord r;
        r.generation = Generation{1};
        r.address = kSubscriber;
        r.peer = kLac;
        r.local = kOurs;
        r.peer_port = kLacPort;
        r.peer_tunnel = PeerTunnelId{0x1122};
        r.peer_session = PeerSessionId{0x3344};
        r.mru = 1500;
        r.state = shm::ForwardState::active;
        return r;
    }
    void activate(SessionIndex session = kSession, Ipv4 address = kSubscriber, Generation generation = Generation{1}) {
        shm::ForwardRecord r = record();
        r.address = address;
        r.generation = generation;
        r.peer_session = PeerSessionId{static_cast<std::uint16_t>(raw(session))};
        forward.write(raw(session), r);
    }
    void throttle_to(SessionIndex session, std::uint32_t in, std::uint32_t out, std::uint16_t burst = 250) {
        shm::ForwardRecord r = forward.get(raw(session));
        service_writer.write(raw(session), {r.generation, in, out, {}, 0, burst, burst});
        r.flags = in != 0 || out != 0 ? std::uint16_t{shm::kThrottled} : std::uint16_t{0};
        forward.write(raw(session), r);
    }
    void set_state(SessionIndex session, shm::ForwardState state) {
        shm::ForwardRecord r = forward.get(raw(session));
        r.state = state;
        forward.write(raw(session), r);
    }
    void set_routes(SessionIndex session, const std::vector<Prefix4>& routes) {
        shm::ForwardRecord r = forward.get(raw(session));
        shm::SessionAaa a;
        a.generation = r.generation;
        for (const Prefix4& route : routes) {
            a.route_addresses[a.route_count] = route.address;
            a.route_lengths[a.route_count++] = route.length;
        }
        aaa.write(raw(session), a);
        r.route_count = a.route_count;
        forward.write(raw(session), r);
    }
    [[nodiscard]] std::uint64_t count(Counter c) const { return counters.get(c); }
};

struct L2tpFields {
    unsigned flags = 0x0002;
    TunnelId tunnel = Tables::kTunnelId;
    SessionId session = Tables::wire_id(Tables::kSession);
    int length_lie = 0;        // added to the Length field
    unsigned offset = 0;       // octets of padding announced
    unsigned offset_given = 0; // and present
};

// A data or control message with the header its flags call for (RFC 2661 3.1).
inline Octets l2tp(const L2tpFields& f, Bytes payload) {
    Octets h(2);
    put16(h, 0, f.flags);
    const auto u16 = [&h](unsigned v) {
        h = joined({h, Octets{static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v)}});
    };
    const bool length = (f.flags & 0x4000) != 0;
    if (length) u16(0);
    u16(raw(f.tunnel));
    u16(raw(f.session));
    if ((f.flags & 0x0800) != 0) {
        u16(1);
        u16(2);
    }
    if ((f.flags & 0x0200) != 0) {
        u16(f.offset);
        h = joined({h, Octets(f.offset_given, 0xee)});
    }
    if (length) put16(h, 2, static_cast<unsigned>(static_cast<int>(h.size() + payload.size()) + f.length_lie));
    return joined({h, payload});
}

inline const Octets kPppIp{0xff, 0x03, 0x00, 0x21};

// A subscriber's packet as its LAC sends it.
inline Octets data_message(Bytes packet, SessionIndex session = Tables::kSession) {
    L2tpFields f;
    f.session = Tables::wire_id(session);
    return l2tp(f, joined({kPppIp, packet}));
}

} // namespace lns::datapath::test

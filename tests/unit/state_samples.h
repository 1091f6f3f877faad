// SPDX-License-Identifier: ISC
// State files for tests: made of records with generated values, and of one record of each kind.
#pragma once

#include <string>
#include <vector>

#include "lib/base/rng.h"
#include "lib/base/sha256.h"
#include "sessiond/saved_state.h"

namespace lns::sessiond {

using StateOctets = std::vector<std::uint8_t>;

// The octets without the digest, which seal() adds.
inline StateOctets unsealed(Bytes file) {
    return {file.begin(), file.end() - static_cast<std::ptrdiff_t>(std::tuple_size_v<Sha256Digest>)};
}
inline StateOctets seal(StateOctets body) {
    Sha256 digest;
    digest.update(body);
    const Sha256Digest sum = digest.digest();
    body.insert(body.end(), sum.begin(), sum.end());
    return body;
}

inline StateOctets encode_state(MonoTime now, std::span<const state::Kind* const> kinds,
                                const std::function<void(state::Encoder&)>& add) {
    StateOctets octets;
    state::Encoder encoder(kinds, now, [&octets](Bytes b) { octets.insert(octets.end(), b.begin(), b.end()); });
    add(encoder);
    encoder.finish();
    return octets;
}

template <class Record>
std::vector<Record> decode_all(const state::Decoder& decoder, MonoTime saved_at) {
    std::vector<Record> found;
    decoder.each<Record>(saved_at, [&found](const Record& record) { found.push_back(record); });
    return found;
}

inline constexpr MonoTime kSampleTime{std::chrono::hours(5)};

inline SavedTunnel sample_tunnel() {
    SavedTunnel t;
    t.index = 3;
    t.record.generation = Generation{7};
    t.record.state = shm::TunnelState::open;
    t.record.authenticated = true;
    t.record.local_id = TunnelId{0x1234};
    t.record.peer_id = PeerTunnelId{77};
    t.record.session_mask = 0xa5c3;
    t.record.peer = {Ipv4{0x0a5a0002}, 1701};
    t.record.local_address = Ipv4{0x0a5a0001};
    t.record.created = kSampleTime - std::chrono::minutes(90);
    t.record.host_name.assign("lac1.example");
    t.record.vendor_name.assign("vendor");
    l2tp::ControlConnection& cc = t.connection;
    cc.state = l2tp::ControlState::established;
    cc.proven = cc.authenticated = cc.challenged = cc.answered = true;
    cc.tunnel = t.record.local_id;
    cc.peer_tunnel = t.record.peer_id;
    cc.nr = 40;
    cc.una = 0xffff;
    cc.next = cc.high = 1;
    cc.ns = 2;
    cc.receive_window = 64;
    cc.peer_window = cc.cwnd = 8;
    cc.ssthresh = 8;
    cc.retransmit_at = kSampleTime + std::chrono::milliseconds(300);
    cc.hello_at = kSampleTime + std::chrono::seconds(41);
    cc.since = t.record.created;
    cc.request = 0x0123456789abcdef;
    cc.challenge.fill(0x5a);
    cc.response.fill(0xc3);
    t.unacknowledged = {l2tp::icrp(SessionId{9}, PeerSessionId{1}), l2tp::hello(),
                        l2tp::cdn(SessionId{8}, PeerSessionId{2},
                                  l2tp::cause(l2tp::CdnResult::administrative, l2tp::Reason::operator_request))};
    for (std::size_t i = 0; i < t.unacknowledged.size(); ++i)
        t.unacknowledged[i].ns = static_cast<std::uint16_t>(cc.una + i);
    return t;
}

inline ppp::Session sample_ppp() {
    ppp::Session s;
    s.lcp.state = s.ipcp.state = ppp::State::Opened;
    s.lcp.request_id = 4;
    s.auth.challenge.fill(0x77);
    s.auth.serial = 2;
    s.auth.method = ppp::AuthMethod::chap;
    s.auth.id = 3;
    s.auth.verdict = ppp::Verdict::success;
    s.echo.last_life = kSampleTime - std::chrono::seconds(4);
    s.echo.due = kSampleTime + std::chrono::seconds(26);
    s.echo.jitter_ms = 740;
    s.opened_at = kSampleTime - std::chrono::minutes(80);
    s.peer.magic = 0xdeadbeef;
    s.peer.mru = 1492;
    s.magic = 0xfeedface;
    s.local_address = Ipv4{0x0a000001};
    s.peer_address = Ipv4{0x0a090003};
    s.dns1 = Ipv4{0x0a000035};
    s.mru = 1462;
    s.phase = ppp::Phase::open;
    s.network_up = s.ipcp_seen = true;
    return s;
}

inline SavedSession sample_session() {
    SavedSession s;
    s.index = 259;
    shm::SessionRecord& r = s.record;
    r.generation = Generation{0x80000001};
    r.tunnel = TunnelIndex{3};
    r.tunnel_generation = Generation{7};
    r.local_id = SessionId{0xa5c0};
    r.peer_id = PeerSessionId{5};
    r.state = shm::SessionState::open;
    r.auth_method = 2;
    r.acct_state = shm::AcctState::started;
    r.has_aaa = true;
    r.address = Ipv4{0x0a090003};
    r.dns1 = Ipv4{0x0a000035};
    r.auth_request = 2;
    r.serial = 4711;
    r.tx_speed = 100000000;
    r.idle_timeout = 900;
    r.mru = 1462;
    r.acct_session_id = 0x6743a1b2c3d4e5f6;
    r.created = kSampleTime - std::chrono::minutes(81);
    r.opened = kSampleTime - std::chrono::minutes(80);
    r.next_interim = kSampleTime + std::chrono::minutes(4);
    r.last_traffic = kSampleTime - std::chrono::milliseconds(1500);
    r.opened_wall = 1764000000;
    r.carried = {1000, 0x123456789, 2000, 0xabcdef0123};
    r.user.assign("joe@isp.example");
    r.calling.assign("0123");
    r.called.assign("555");
    s.services = {r.generation, 64, 128, Ipv4{0x0a5a0009}, 9999};
    s.core.call.state = l2tp::CallState::established;
    s.core.call.session = r.local_id;
    s.core.call.peer_session = r.peer_id;
    s.core.call.serial = r.serial;
    s.core.call.since = r.created;
    s.core.ppp = sample_ppp();
    s.aaa.generation = r.generation;
    s.aaa.route_count = 1;
    s.aaa.route_addresses[0] = Ipv4{0xac100500};
    s.aaa.route_lengths[0] = 24;
    s.aaa.class_count = 1;
    s.aaa.classes.assign("\x04gold");
    s.aaa.filter_in.assign("web");
    return s;
}

inline SavedLease sample_lease() {
    SavedLease l;
    l.record.address = Ipv4{0x0a090004};
    l.record.released = kSampleTime - std::chrono::minutes(30);
    l.record.user.assign("ann");
    return l;
}

// One record of each kind, every member of some value: what an office with one subscriber has.
inline SavedCounters sample_counters() {
    return {"sessiond", 0, 1764000000, {{"sessions_opened", 3}, {"control_received", 0x1234567890}}};
}

inline StateOctets sample_state() {
    return encode_state(kSampleTime, saved_kinds(), [](state::Encoder& encoder) {
        encoder.add(SavedOrigin{"l2tpns 0.1.0", 1764004800});
        encoder.add(sample_tunnel());
        encoder.add(sample_session());
        encoder.add(sample_lease());
        encoder.add(sample_counters());
    });
}

} // namespace lns::sessiond

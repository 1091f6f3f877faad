// SPDX-License-Identifier: ISC
#include "datapathd/decap.h"

#include "datapathd/framed_routes.h"
#include "lib/l2tp/header.h"
#include "lib/ppp/frame.h"

namespace lns::datapath {

namespace {

Decapsulated drop(Counter reason, SessionIndex session = SessionIndex::none) {
    return {Action::drop, reason, session, {}, {}, 0};
}

Decapsulated relay(Counter as, SessionIndex session = SessionIndex::none) {
    return {Action::relay, as, session, {}, {}, 0};
}

bool from_peer_of(const shm::ForwardRecord& record, Endpoint peer) {
    return record.peer == peer.address && record.peer_port == peer.port;
}

// DESIGN 7: a source inside the session's Framed-Routes is valid upstream.
bool inside_framed_routes(const SessionTables& tables, SessionIndex session, const shm::ForwardRecord& record,
                          Ipv4 source) {
    if (record.route_count == 0) return false;
    const shm::SessionAaa aaa = tables.aaa.get(raw(session));
    if (aaa.generation != record.generation) return false;
    for (std::size_t i = 0; i < framed_route_count(aaa); ++i)
        if (framed_route(aaa, i).contains(source)) return true;
    return false;
}

// The session's own address and port are known only while it forwards; until then sessiond, which
// knows its tunnel, checks where the frame came from.
Decapsulated judge_control_protocol(const SessionTables& tables, Endpoint peer, SessionIndex session) {
    if (session != SessionIndex::none) {
        const shm::ForwardRecord record = tables.forward.get(raw(session));
        if (record.state == shm::ForwardState::active && !from_peer_of(record, peer))
            return drop(Counter::up_wrong_peer);
    }
    return relay(Counter::relayed_ppp, session);
}

Decapsulated judge_packet(const SessionTables& tables, Endpoint peer, SessionIndex session, Bytes payload) {
    if (session == SessionIndex::none) return drop(Counter::up_unknown_session);
    const shm::ForwardRecord record = tables.forward.get(raw(session));
    if (record.state != shm::ForwardState::active) return drop(Counter::up_not_forwarding);
    if (!from_peer_of(record, peer)) return drop(Counter::up_wrong_peer); // not the subscriber's: not on its account
    const auto packet = parse_ipv4_packet(payload);
    if (!packet) return drop(Counter::up_bad_ip, session);
    if (packet->source != record.address && !inside_framed_routes(tables, session, record, packet->source))
        return drop(Counter::up_wrong_source, session);
    return {Action::forward, Counter::up_forwarded, session, *packet, Served{session, record.generation, record.flags},
            record.mru};
}

} // namespace

SessionIndex named_session(const SessionTables& tables, Bytes datagram) noexcept {
    const auto header = l2tp::parse_header(datagram);
    if (!header || header->control()) return SessionIndex::none;
    return tables.locator.session(tables.locator.tunnel(header->tunnel), header->session);
}

Decapsulated decapsulate(const SessionTables& tables, Endpoint peer, Bytes datagram) noexcept {
    const auto header = l2tp::parse_header(datagram);
    if (!header) return drop(Counter::up_bad_header);
    if (header->control()) return relay(Counter::relayed_control);
    // Ns of data messages is not looked at. RFC 2661 5.4 leaves to the receiver what it does with one that is late or
    // comes twice; IP bears both, and of PPP we agree to nothing that depends on the order (no compression).
    const TunnelIndex tunnel = tables.locator.tunnel(header->tunnel);
    if (tunnel == TunnelIndex::none) return drop(Counter::up_unknown_tunnel);
    const ppp::Frame frame = ppp::parse_frame(header->payload);
    if (!frame.ok()) return drop(Counter::up_bad_frame);
    const SessionIndex session = tables.locator.session(tunnel, header->session);
    if (frame.protocol == ppp::Protocol::IP) return judge_packet(tables, peer, session, frame.payload);
    return judge_control_protocol(tables, peer, session);
}

} // namespace lns::datapath

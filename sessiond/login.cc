// SPDX-License-Identifier: ISC
#include "sessiond/login.h"

#include <algorithm>

namespace lns::sessiond {

namespace {

constexpr Ipv4 kPeersWish{0xffffffff}; // RFC 2865 5.8
constexpr Ipv4 kFromPool{0xfffffffe};

imsg::AuthMethod method_of(ppp::AuthMethod method) {
    switch (method) {
    case ppp::AuthMethod::pap:
        return imsg::AuthMethod::pap;
    case ppp::AuthMethod::chap:
        return imsg::AuthMethod::chap;
    case ppp::AuthMethod::none:
        break;
    }
    return imsg::AuthMethod::none;
}

Ipv4 first_set(Ipv4 a, Ipv4 b) { return a.is_set() ? a : b; }

} // namespace

imsg::AuthRequest auth_request(SessionIndex index, const shm::SessionRecord& record, TunnelId tunnel, Ipv4 lac,
                               const ppp::AuthRequest& question) {
    imsg::AuthRequest request{};
    request.session = raw(index);
    request.generation = raw(record.generation);
    request.request = record.auth_request;
    request.method = method_of(question.method);
    request.chap_id = question.chap_id;
    request.nas_port_tunnel = raw(tunnel);
    request.chap_challenge = question.challenge;
    request.chap_response = question.response;
    request.acct_session_id = record.acct_session_id;
    request.tx_speed = record.tx_speed;
    request.rx_speed = record.rx_speed;
    request.lac = lac;
    request.user.assign(question.user.view());
    request.password.assign(question.password.reveal());
    request.calling = record.calling;
    request.called = record.called;
    return request;
}

imsg::AcctRequest acct_request(SessionIndex index, const shm::SessionRecord& record, const shm::SessionAaa& aaa,
                               TunnelId tunnel, Ipv4 lac, imsg::AcctKind kind, const shm::Counters64& used,
                               std::int64_t now, std::uint32_t session_seconds) {
    imsg::AcctRequest request{};
    request.session = raw(index);
    request.generation = raw(record.generation);
    request.kind = kind;
    request.method = static_cast<imsg::AuthMethod>(record.auth_method);
    request.local = record.auth_local ? 1 : 0;
    request.route_count = record.has_aaa ? aaa.route_count : std::uint8_t{0};
    request.terminate_cause = record.terminate_cause;
    request.acct_session_id = record.acct_session_id;
    request.event_time = now;
    request.session_time = session_seconds;
    request.octets_in = used.up_octets;
    request.octets_out = used.down_octets;
    request.packets_in = used.up_packets;
    request.packets_out = used.down_packets;
    request.address = record.address;
    request.netmask = record.netmask;
    request.lac = lac;
    request.tx_speed = record.tx_speed;
    request.rx_speed = record.rx_speed;
    request.tunnel = raw(tunnel);
    request.user = record.user;
    request.calling = record.calling;
    request.called = record.called;
    if (record.has_aaa) request.classes = aaa.classes;
    return request;
}

Protected::Protected(const conf::Config& config, Ipv4 lac, Ipv4 local) {
    for (const Ipv4 a : {config.bind_address, config.iftun_address, config.peer_address, config.primary_radius,
                         config.secondary_radius, lac, local})
        if (a.is_set()) addresses_.push_back(a);
}

bool Protected::refuses(Ipv4 address) const {
    return is_special(address) || std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

bool Protected::refuses(Prefix4 prefix) const {
    if (prefix.length == 0 || covers_special(prefix)) return true;
    return std::any_of(addresses_.begin(), addresses_.end(), [&](Ipv4 a) { return prefix.contains(a); });
}

AddressChoice choose_address(const imsg::AuthReply& reply, const Protected& guard) {
    const Ipv4 framed = reply.framed_address;
    if (framed == kPeersWish) return {AddressWish::peers_choice, {}};
    if (!framed.is_set() || framed == kFromPool) return {};
    if (guard.refuses(framed)) return {AddressWish::refused, framed};
    return {AddressWish::fixed, framed};
}

void apply_reply(const imsg::AuthReply& reply, const Protected& guard, shm::SessionRecord& record, shm::SessionAaa& aaa,
                 unsigned& refused) {
    record.netmask = first_set(reply.framed_netmask, kPeersWish);
    record.session_timeout = reply.session_timeout;
    record.idle_timeout = reply.idle_timeout;
    record.interim_interval = reply.interim_interval;
    record.auth_local = reply.local != 0;
    record.dns1 = reply.dns1;
    record.dns2 = reply.dns2;
    if (reply.mtu >= 64) record.mru = std::min(record.mru, reply.mtu);
    aaa = {};
    aaa.generation = record.generation;
    for (std::size_t i = 0; i < std::min<std::size_t>(reply.route_count, reply.route_addresses.size()); ++i) {
        const unsigned length = std::min<unsigned>(reply.route_lengths[i], 32);
        const Prefix4 prefix{Ipv4{reply.route_addresses[i].value & Prefix4::mask(length)},
                             static_cast<std::uint8_t>(length)};
        if (guard.refuses(prefix)) {
            ++refused;
            continue;
        }
        aaa.route_addresses[aaa.route_count] = prefix.address;
        aaa.route_lengths[aaa.route_count++] = prefix.length;
    }
    aaa.class_count = reply.class_count;
    aaa.classes = reply.classes;
    aaa.filter_in = reply.filter_in;
    aaa.filter_out = reply.filter_out;
    record.has_aaa = aaa.route_count > 0 || aaa.class_count > 0 || !aaa.filter_in.empty() || !aaa.filter_out.empty();
}

std::vector<Prefix4> routes_of(const shm::SessionAaa& aaa) {
    std::vector<Prefix4> routes;
    for (std::size_t i = 0; i < std::min<std::size_t>(aaa.route_count, aaa.route_addresses.size()); ++i)
        routes.push_back({aaa.route_addresses[i], aaa.route_lengths[i]});
    return routes;
}

} // namespace lns::sessiond

// SPDX-License-Identifier: ISC
#include "sessiond/context.h"

#include <algorithm>

namespace lns::sessiond {

namespace {

constexpr unsigned kEncapsulation = 20 + 8 + 6 + 4; // IP, UDP, L2TP, PPP
constexpr unsigned kSequenceSize = 4;               // RFC 2661 3.1: Ns, Nr
constexpr std::uint16_t kMaxMru = 1492;             // what fits a PPPoE leg of the subscriber's line
constexpr std::string_view kVendorName = "l2tpns";
constexpr std::uint16_t kFirmwareRevision = 0x0100;

std::array<ppp::AuthMethod, 2> auth_methods(const conf::Config& c) {
    using M = ppp::AuthMethod;
    if (!c.auth_chap) return {M::pap, M::none};
    if (!c.auth_pap) return {M::chap, M::none};
    return c.auth_chap_first ? std::array{M::chap, M::pap} : std::array{M::pap, M::chap};
}

Ipv4 first_set(std::initializer_list<Ipv4> candidates) {
    for (const Ipv4 a : candidates)
        if (a.is_set()) return a;
    return {};
}

} // namespace

void Context::load_config() {
    config = worker.config().config;
    l2tp_secret = worker.secret(imsg::SecretKind::l2tp);
    host_name = config.hostname.str();
    ppp.mru = mru(false);
    ppp.auth_methods = auth_methods(config);
    ppp.restart = std::chrono::seconds(config.ppp_restart_time);
    ppp.max_configure = static_cast<std::uint8_t>(config.ppp_max_configure);
    ppp.max_failure = static_cast<std::uint8_t>(config.ppp_max_failure);
    ppp.echo_interval = std::chrono::seconds(config.echo_timeout);
    ppp.echo_timeout = std::chrono::seconds(config.idle_echo_timeout);
    ppp.host_name = host_name;
    ppp.local_address = first_set({config.peer_address, config.iftun_address, config.bind_address});
}

std::uint16_t Context::mru(bool sequenced) const {
    const unsigned encapsulation = kEncapsulation + (sequenced ? kSequenceSize : 0);
    return static_cast<std::uint16_t>(std::min<unsigned>(config.l2tp_mtu - encapsulation, kMaxMru));
}

l2tp::TunnelConfig Context::tunnel_config(bool flood) const {
    l2tp::TunnelConfig c;
    c.secret = l2tp_secret.reveal_octets();
    c.require_auth = config.l2tp_require_auth;
    c.draining = draining || stopping;
    c.flood = flood;
    c.host_name = host_name;
    c.vendor_name = kVendorName;
    c.firmware_revision = kFirmwareRevision;
    c.receive_window = static_cast<std::uint16_t>(config.l2tp_receive_window);
    c.hello_interval = std::chrono::seconds(config.l2tp_hello_interval);
    return c;
}

shm::Counters64 Context::used(SessionIndex session, const shm::SessionRecord& record) const {
    const shm::SessionCounters sum = traffic.sum(session);
    const shm::Counters64& base = record.baseline;
    const shm::Counters64& more = record.carried;
    return {sum.up_packets - base.up_packets + more.up_packets,
            sum.up_octets - base.up_octets + more.up_octets,
            sum.down_packets - base.down_packets + more.down_packets,
            sum.down_octets - base.down_octets + more.down_octets,
            sum.up_dropped - base.up_dropped + more.up_dropped,
            sum.down_dropped - base.down_dropped + more.down_dropped};
}

void Context::send_control(Endpoint peer, Ipv4 local, std::vector<std::uint8_t> datagram) {
    count(Counter::control_sent);
    if (const auto header = l2tp::parse_header(datagram)) {
        if (const auto counter = sent_counter(header->payload)) count(*counter);
        messages.write("to", peer, *header, now);
    }
    outbox.add(peer, local, std::move(datagram));
}

} // namespace lns::sessiond

// SPDX-License-Identifier: ISC
#include "sessiond/saved_state.h"

#include <algorithm>

#include "lib/imsg/bodies.h"
#include "sessiond/end_reason.h"

// Files have the numbers of enumerators: a new one goes behind the last. Where its number stands here
// the compiler notices one that does not.
namespace lns::state {

template <class E>
constexpr E last(E e, [[maybe_unused]] unsigned number) {
    return static_cast<unsigned>(e) == number ? e : throw "an enumerator was added in the middle";
}

template <>
inline constexpr auto kLast<TunnelId> = TunnelId{0xffff};
template <>
inline constexpr auto kLast<SessionId> = SessionId{0xffff};
template <>
inline constexpr auto kLast<PeerTunnelId> = PeerTunnelId{0xffff};
template <>
inline constexpr auto kLast<PeerSessionId> = PeerSessionId{0xffff};
template <>
inline constexpr auto kLast<TunnelIndex> = TunnelIndex{0xffffffff};
template <>
inline constexpr auto kLast<SessionIndex> = SessionIndex{0xffffffff};
template <>
inline constexpr auto kLast<Generation> = Generation{0xffffffff};
template <>
inline constexpr auto kLast<l2tp::ControlState> = last(l2tp::ControlState::closed_linger, 4);
template <>
inline constexpr auto kLast<l2tp::CallState> = last(l2tp::CallState::closing, 3);
template <>
inline constexpr auto kLast<l2tp::Reason> = last(l2tp::Reason::internal, 30);
template <>
inline constexpr auto kLast<ppp::State> = last(ppp::State::Opened, 9);
template <>
inline constexpr auto kLast<ppp::Phase> = last(ppp::Phase::terminating, 6);
template <>
inline constexpr auto kLast<ppp::Reason> = last(ppp::Reason::shutdown, 18);
template <>
inline constexpr auto kLast<ppp::AuthMethod> = last(ppp::AuthMethod::chap, 2);
template <>
inline constexpr auto kLast<ppp::Verdict> = last(ppp::Verdict::failure, 2);
template <>
inline constexpr auto kLast<shm::TunnelState> = last(shm::TunnelState::dieing, 3);
template <>
inline constexpr auto kLast<shm::SessionState> = last(shm::SessionState::closing, 4);
template <>
inline constexpr auto kLast<shm::AcctState> = last(shm::AcctState::stopped, 4);
static_assert(static_cast<unsigned>(sessiond::EndReason::recovered_half_made) == 18);

#define S(member) LNS_SAVED(R, member)
#define N(member) LNS_NOT_SAVED(R, member)
// The kind NAME of records of TYPE; the rows name every member of it.
#define LNS_KIND(type, kind_name, ...)                                                                                 \
    template <>                                                                                                        \
    const Kind& kind_of<type>() {                                                                                      \
        using R = type;                                                                                                \
        static constexpr std::array kFields{__VA_ARGS__};                                                              \
        static_assert(covers<R>(kFields), "a member of " #type " has no row");                                         \
        static constexpr Kind kKind{kind_name, kFields};                                                               \
        return kKind;                                                                                                  \
    }

// clang-format off

LNS_KIND(Endpoint, "endpoint", S(address), S(port))

LNS_KIND(l2tp::OutMessage, "control_message",
    S(type), S(reason), S(ns), S(session), S(peer_session), S(result), S(error), S(attribute), S(vendor))

LNS_KIND(l2tp::ControlConnection, "control_connection",
    S(state), S(proven), S(authenticated), S(challenged), S(answered), S(ack_pending), S(blocked), S(tries),
    S(tunnel), S(peer_tunnel),
    S(nr), S(una), S(next), S(high), S(ns), S(receive_window), S(peer_window), S(cwnd), S(ssthresh), S(cwnd_acks),
    S(retransmit_at), S(hello_at), S(expires_at), S(since),
    S(request), S(challenge), S(response),
    N(ring)) // SavedTunnel::unacknowledged

LNS_KIND(shm::TunnelRecord, "tunnel_record",
    S(generation), S(state), S(authenticated), S(dropped), S(local_id), S(peer_id), S(session_mask), S(peer),
    S(local_address), S(created), S(host_name), S(vendor_name),
    N(core)) // SavedTunnel::connection

LNS_KIND(l2tp::Call, "call",
    S(state), S(sequencing_required), S(session), S(peer_session), S(serial), S(bearer_type), S(framing_type),
    S(tx_speed), S(rx_speed), S(deadline), S(since))

LNS_KIND(ppp::Automaton, "ppp_automaton",
    S(deadline), S(state), S(restart_counter), S(request_id), S(packet_id), S(naks_sent), S(naked_id), S(refusals),
    S(dropped), S(answer_awaited), N(reserved))

LNS_KIND(ppp::Authentication, "ppp_authentication",
    S(deadline), S(resend_at), S(challenge), S(message), S(serial), S(fingerprint), S(method), S(refused), S(id),
    S(tries), S(verdict), N(reserved))

LNS_KIND(ppp::Echo, "ppp_echo",
    S(last_life), S(due), S(jitter_ms), S(id), S(outstanding), N(reserved))

LNS_KIND(ppp::PeerLink, "ppp_peer_link",
    S(accm), S(magic), S(mru), S(pfc), S(acfc))

LNS_KIND(ppp::Session, "ppp_session",
    S(lcp), S(ipcp), S(auth), S(echo), S(setup_deadline), S(opened_at), S(rejects_since), S(peer), S(magic),
    S(local_address), S(peer_address), S(dns1), S(dns2), S(mru), S(phase), S(reason), S(rejects_sent), S(loops), S(ups),
    S(network_up), S(ipcp_seen), S(address_asked), N(reserved))

LNS_KIND(sessiond::SessionCore, "session_core", S(call), S(ppp))

LNS_KIND(shm::Counters64, "counters",
    S(up_packets), S(up_octets), S(down_packets), S(down_octets), S(up_dropped), S(down_dropped))

LNS_KIND(shm::SessionRecord, "session_record",
    S(generation), S(tunnel), S(tunnel_generation), S(local_id), S(peer_id), S(state), S(auth_method), S(acct_state),
    S(auth_local), S(auth_pending),
    N(forwarding), // nothing forwards until it is told to again
    S(has_aaa), S(awaits_wish), S(end_reason), S(address), S(netmask), S(dns1), S(dns2), S(auth_request), S(terminate_cause),
    S(acct_sequence), S(serial), S(tx_speed), S(rx_speed), S(session_timeout), S(idle_timeout), S(interim_interval),
    S(mru), S(acct_session_id), S(created), S(opened), S(next_interim), S(last_traffic), S(opened_wall),
    N(baseline), // of counters that begin anew
    S(carried),
    N(core), // SavedSession::core
    S(user), S(calling), S(called))

LNS_KIND(shm::SessionAaa, "session_aaa",
    S(generation), S(route_count), S(class_count), S(filter_in_ordered), S(filter_out_ordered), S(route_addresses),
    S(route_lengths), S(classes), S(filter_in), S(filter_out))

LNS_KIND(shm::SessionServices, "session_services",
    S(generation), S(throttle_in), S(throttle_out), S(snoop_address), S(snoop_port),
    N(burst_in), N(burst_out), // follow from the rates and throttle_burst
    S(first_ns))

LNS_KIND(shm::LeaseRecord, "lease_record", S(address), S(session), S(generation), S(released), S(user))

LNS_KIND(sessiond::SavedOrigin, "origin", S(program), S(wall))
LNS_KIND(sessiond::SavedTunnel, "tunnel", S(index), S(record), S(connection), S(unacknowledged))
LNS_KIND(sessiond::SavedSession, "session", S(index), S(record), S(core), S(aaa), S(services))
LNS_KIND(sessiond::SavedLease, "lease", S(record))
LNS_KIND(sessiond::SavedCounter, "counter", S(name), S(value))
LNS_KIND(sessiond::SavedCounters, "process_counters", S(program), S(instance), S(cleared), S(counters))

// clang-format on

#undef S
#undef N

} // namespace lns::state

namespace lns::sessiond {

namespace {

using l2tp::ControlConnection;
using l2tp::OutMessage;

std::uint16_t distance(std::uint16_t from, std::uint16_t to) { return static_cast<std::uint16_t>(to - from); }

bool in_order(const SavedTunnel& saved) {
    const ControlConnection& cc = saved.connection;
    const std::uint16_t held = distance(cc.una, cc.ns);
    const std::uint16_t sent = distance(cc.una, cc.high);
    if (held > l2tp::kRing || sent > held || distance(cc.una, cc.next) > sent) return false;
    if (saved.unacknowledged.size() != held) return false;
    for (std::uint16_t i = 0; i < held; ++i)
        if (saved.unacknowledged[i].ns != static_cast<std::uint16_t>(cc.una + i)) return false;
    return true;
}

bool is_ours(const OutMessage& message) {
    using enum l2tp::MessageType;
    constexpr std::array kSent{SCCRP, StopCCN, HELLO, ICRP, CDN};
    return std::ranges::find(kSent, message.message_type()) != kSent.end();
}

bool routes_are_sound(const shm::SessionAaa& aaa) {
    return aaa.route_count <= aaa.route_addresses.size() &&
           std::ranges::all_of(aaa.route_lengths, [](std::uint8_t length) { return length <= 32; });
}

bool classes_are_sound(const shm::SessionAaa& aaa) {
    Reader reader(aaa.classes.bytes());
    for (unsigned i = 0; i < aaa.class_count; ++i) {
        std::uint8_t length = 0;
        if (!reader.u8(length) || !reader.skip(length)) return false;
    }
    return reader.done();
}

} // namespace

std::span<const state::Kind* const> saved_kinds() {
    static const std::array kKinds{&state::kind_of<SavedOrigin>(), &state::kind_of<SavedTunnel>(),
                                   &state::kind_of<SavedSession>(), &state::kind_of<SavedLease>(),
                                   &state::kind_of<SavedCounters>()};
    return kKinds;
}

SavedTunnel saved_tunnel(TunnelIndex index, const shm::TunnelRecord& record) {
    SavedTunnel saved{raw(index), record, record.core.load<ControlConnection>(), {}};
    const ControlConnection& cc = saved.connection;
    for (std::uint16_t ns = cc.una; ns != cc.ns; ++ns)
        saved.unacknowledged.push_back(cc.ring[ns % l2tp::kRing]);
    return saved;
}

shm::TunnelRecord restored(const SavedTunnel& saved) {
    ControlConnection cc = saved.connection;
    for (const OutMessage& message : saved.unacknowledged)
        cc.ring[message.ns % l2tp::kRing] = message;
    shm::TunnelRecord record = saved.record;
    record.core.store(cc);
    return record;
}

shm::SessionRecord restored(const SavedSession& saved) {
    shm::SessionRecord record = saved.record;
    record.core.store(saved.core);
    return record;
}

const char* fault_of(const SavedTunnel& saved) {
    const shm::TunnelRecord& r = saved.record;
    const ControlConnection& cc = saved.connection;
    if (r.state == shm::TunnelState::free || r.generation == Generation::none) return "it is none";
    if (r.local_id == TunnelId::none || cc.tunnel != r.local_id || cc.peer_tunnel != r.peer_id) return "its ids differ";
    if (!r.peer.address.is_set() || r.peer.port == 0) return "its LAC is not known";
    if (!in_order(saved)) return "its sequence numbers do not fit";
    if (!std::ranges::all_of(saved.unacknowledged, is_ours)) return "it holds a message that we do not send";
    return nullptr;
}

const char* fault_of(const SavedSession& saved) {
    const shm::SessionRecord& r = saved.record;
    if (r.state == shm::SessionState::free || r.generation == Generation::none) return "it is none";
    if (r.local_id == SessionId::none || saved.core.call.session != r.local_id) return "its ids differ";
    if (r.auth_method > static_cast<unsigned>(imsg::AuthMethod::chap)) return "its authentication is not known";
    if (r.end_reason >= static_cast<unsigned>(EndReason::kCount)) return "the reason for its end is not known";
    const bool online = r.state == shm::SessionState::open;
    if (online && !r.address.is_set()) return "it has no address";
    if (online && r.user.empty()) return "it has no user";
    if (r.has_aaa && (!routes_are_sound(saved.aaa) || !classes_are_sound(saved.aaa)))
        return "what RADIUS gave it is not well-formed";
    if (saved.services.snooped() && saved.services.snoop_port == 0) return "its copies have no port to go to";
    return nullptr;
}

} // namespace lns::sessiond

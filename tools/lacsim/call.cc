// SPDX-License-Identifier: ISC
#include "tools/lacsim/call.h"

#include <algorithm>

#include "lib/base/escape.h"
#include "tools/lacsim/tunnel.h"

namespace lns::lacsim {
namespace {

constexpr std::uint32_t kConnectSpeed = 10000000; // bit/s, as a DSL line might have
constexpr std::uint16_t kCdnLostCarrier = 1;      // RFC 2661 4.4.2
constexpr std::uint16_t kCdnAdministrative = 3;
constexpr auto kWaitForCdn = std::chrono::milliseconds(3000);

std::string describe_result(const ControlMessage& m) {
    std::string text = std::to_string(m.result) + "/" + std::to_string(m.error);
    if (!m.error_text.empty()) text += " " + escape(m.error_text);
    return text;
}

} // namespace

std::uint16_t Call::local_session() const { return tunnel_->session_id(slot_, generation_); }
std::string Call::user_name() const { return expand(env_->options.user, number_); }
std::string Call::password() const { return expand(env_->options.password.reveal(), number_); }

void Call::start() {
    ++env_->statistics.sessions_attempted;
    started_ = env_->now;
    if (env_->statistics.first_start == MonoTime{}) env_->statistics.first_start = env_->now;
    peer_session_ = 0;
    data_ns_ = expected_ns_ = 0;
    terminate_seen_ = rejected_ = was_up_ = renegotiated_ = connected_sent_ = false;
    authenticated_once_ = staged_ = false;
    ppp_due_ = kNever;
    state_ = State::wait_reply;
    own_deadline(env_->now + env_->options.timeout);
    MessageWriter m = tunnel_->message(MessageType::ICRQ, 0);
    if (env_->options.hide) m.hide(env_->options.secret.reveal(), env_->rng);
    m.u16(AvpType::AssignedSessionId, local_session());
    m.u32(AvpType::CallSerialNumber, number_);
    m.u32(AvpType::BearerType, 2); // analog
    m.text(AvpType::CalledNumber, expand(env_->options.called, number_));
    m.text(AvpType::CallingNumber, expand(env_->options.calling, number_));
    tunnel_->send(m);
}

void Call::receive_control(const ControlMessage& m) {
    if (m.type == MessageType::ICRP && state_ == State::wait_reply && peer_session_ == 0) return receive_icrp(m);
    if (m.type == MessageType::CDN && state_ != State::idle) return receive_cdn(m);
    if (m.type != MessageType::CDN) env_->statistics.count(Malformed::message_unexpected);
}

void Call::receive_icrp(const ControlMessage& m) {
    if (m.assigned_session == 0) return env_->statistics.count(Malformed::avp_value);
    peer_session_ = m.assigned_session;
    icrp_ = env_->now;
    MessageWriter iccn = tunnel_->message(MessageType::ICCN, peer_session_);
    iccn.u32(AvpType::TxConnectSpeed, kConnectSpeed);
    iccn.u32(AvpType::FramingType, 1);                                          // synchronous
    if (env_->options.sequencing) iccn.octets(AvpType::SequencingRequired, {}); // never hidden (4.4.6)
    if (env_->options.hide) iccn.hide(env_->options.secret.reveal(), env_->rng);
    if (env_->options.proxy) add_proxy(iccn);
    state_ = State::established;
    tunnel_->send(iccn, slot_);
}

// RFC 2661 4.4.5: what a LAC that has already talked to the subscriber reports.
void Call::add_proxy(MessageWriter& iccn) const {
    const std::array<std::uint8_t, 10> received{option::kMru, 4, 0x05, 0xd4, option::kMagicNumber, 6, 1, 2, 3, 4};
    const std::array<std::uint8_t, 10> sent{
        option::kAuthentication, 4, 0xc0, 0x23, option::kMagicNumber, 6, 5, 6, 7, 8};
    iccn.octets(AvpType::InitialReceivedConfReq, received, false);
    iccn.octets(AvpType::LastSentConfReq, sent, false);
    iccn.octets(AvpType::LastReceivedConfReq, received, false);
    iccn.u16(AvpType::ProxyAuthenType, 3, false); // PAP
    iccn.text(AvpType::ProxyAuthenName, user_name(), false);
    iccn.u16(AvpType::ProxyAuthenId, 1, false);
    iccn.text(AvpType::ProxyAuthenResponse, password(), false);
}

void Call::first_sent() {
    if (state_ != State::established || connected_sent_) return;
    connected_sent_ = true;
    ppp_.start(context());
}

void Call::receive_data(const Packet& packet) {
    if (env_->options.sequencing) check_number(packet);
    receive_frame(packet.body);
}

// RFC 2661 5.4: from 0, one more in each message of this call.
void Call::check_number(const Packet& packet) {
    L2tpCounters& counters = env_->statistics.l2tp;
    if (!packet.sequenced) {
        ++counters.data_unnumbered;
        return;
    }
    ++counters.data_numbered;
    const auto ahead = static_cast<std::uint16_t>(packet.ns - expected_ns_);
    if (ahead >= 0x8000) {
        ++counters.data_backwards;
        return;
    }
    if (ahead > 0) ++counters.data_holes;
    counters.data_missing += ahead;
    expected_ns_ = static_cast<std::uint16_t>(packet.ns + 1);
}

void Call::receive_frame(Bytes frame) {
    Protocol protocol{};
    Bytes information;
    if (const Malformed m = decode_frame(frame, protocol, information); m != Malformed::none)
        return env_->statistics.count(m);
    if (protocol == Protocol::ip) {
        if (state_ == State::up) return env_->observer.ip_packet(*this, information);
        ++env_->statistics.ppp.early_packets;
        return;
    }
    if (connected_sent_ && state_ != State::idle) ppp_.receive(context(), protocol, information);
}

void Call::write_prefix(Writer& w, std::size_t ip_size) {
    const Compression compression = env_->options.ppp_compress ? ppp_.peer_compression() : Compression{};
    write_data_header(w, env_->options.data_flags, tunnel_->peer_id(), peer_session_, data_ns_++,
                      compression.header_size(Protocol::ip) + ip_size);
    write_frame_header(w, compression, Protocol::ip);
}

void Call::send_ip(Bytes packet) {
    std::array<std::uint8_t, 4096> datagram;
    Writer w(datagram);
    write_prefix(w, packet.size());
    w.bytes(packet);
    if (w.ok()) env_->out.send(tunnel_->port(), w.written());
}

void Call::send_frame(Protocol protocol, Bytes information) {
    const Compression compression = env_->options.ppp_compress ? ppp_.peer_compression() : Compression{};
    std::array<std::uint8_t, 2048> datagram;
    Writer w(datagram);
    write_data_header(w, env_->options.data_flags, tunnel_->peer_id(), peer_session_, data_ns_++,
                      compression.header_size(protocol) + information.size());
    write_frame_header(w, compression, protocol);
    w.bytes(information);
    if (w.ok()) env_->out.send(tunnel_->port(), w.written());
}

void Call::arm_ppp_timer(Clock::duration after) {
    ppp_due_ = env_->now + after;
    rearm();
}
void Call::cancel_ppp_timer() {
    ppp_due_ = kNever;
    rearm();
}
void Call::own_deadline(MonoTime at) {
    own_due_ = at;
    rearm();
}
void Call::rearm() {
    const MonoTime at = std::min(ppp_due_, own_due_);
    if (at == kNever)
        env_->timers.cancel(timer_);
    else
        env_->timers.arm(timer_, at);
}

void Call::on_timer() {
    if (env_->now >= own_due_) {
        own_due_ = kNever;
        if (state_ == State::refused) {
            send_cdn(kCdnLostCarrier);
            return end("no CDN followed", Ender::fault);
        }
        const std::string why = "timeout at " + std::string(stage());
        if (state_ == State::wait_reply || state_ == State::established) send_cdn(kCdnLostCarrier);
        return end(why, Ender::fault);
    }
    if (env_->now >= ppp_due_) {
        ppp_due_ = kNever;
        ppp_.on_timer(context());
    }
    if (state_ != State::idle) rearm();
}

void Call::ppp_event(PppEvent event) {
    switch (event) {
    case PppEvent::lcp_opened:
        lcp_opened_ = env_->now;
        return;
    case PppEvent::authenticated: {
        Statistics& s = env_->statistics;
        authenticated_ = env_->now;
        if (!authenticated_once_)
            ++(ppp_.auth_method() == AuthMethod::pap ? s.authenticated_pap : s.authenticated_chap);
        authenticated_once_ = true;
        return;
    }
    case PppEvent::rejected:
        rejected_ = true;
        return wait_for_cdn();
    case PppEvent::up:
        return came_up();
    case PppEvent::down: // negotiated anew: a set-up once more
        state_ = State::established;
        return own_deadline(env_->now + env_->options.timeout);
    case PppEvent::terminated:
        terminate_seen_ = true;
        return wait_for_cdn();
    case PppEvent::hung_up:
        send_cdn(kCdnLostCarrier);
        return end("hung up", Ender::us);
    case PppEvent::gave_up: {
        const std::string why = "timeout at " + std::string(stage());
        send_cdn(kCdnLostCarrier);
        return end(why, Ender::fault);
    }
    case PppEvent::no_echo_reply:
        send_cdn(kCdnLostCarrier);
        return end("echo requests not answered", Ender::fault);
    }
}

void Call::wait_for_cdn() {
    state_ = State::refused;
    own_deadline(env_->now + kWaitForCdn);
}

void Call::came_up() {
    own_due_ = kNever;
    rearm();
    Statistics& s = env_->statistics;
    state_ = State::up;
    if (!staged_) count_stages();
    staged_ = true;
    // An LNS that asks for no proof the second time lets whoever is on the line in.
    if (authenticated_once_ && ppp_.auth_method() == AuthMethod::none) ++s.authentication_skipped;
    if (env_->options.renegotiate && !renegotiated_) {
        renegotiated_ = true;
        return renegotiate();
    }
    if (was_up_) return; // renegotiated by the LNS
    was_up_ = true;
    s.last_up = env_->now;
    ++s.sessions_up;
    ++s.sessions_up_now;
    s.total_latency.add(env_->now - started_);
    env_->observer.call_up(*this);
}

void Call::renegotiate() {
    if (state_ != State::up) return;
    ++env_->statistics.renegotiated;
    state_ = State::established;
    own_deadline(env_->now + env_->options.timeout);
    ppp_.renegotiate(context());
}

// Once a call; what --renegotiate does afterwards is not part of these.
void Call::count_stages() {
    Statistics& s = env_->statistics;
    if (!authenticated_once_) ++s.authenticated_none;
    const MonoTime authenticated = authenticated_once_ ? authenticated_ : lcp_opened_;
    s.call_latency.add(icrp_ - started_);
    s.lcp_latency.add(lcp_opened_ - icrp_);
    s.auth_latency.add(authenticated - lcp_opened_);
    s.ipcp_latency.add(env_->now - authenticated);
}

std::string_view Call::stage() const {
    if (state_ == State::wait_reply) return "call (no ICRP)";
    if (state_ == State::up) return "up";
    switch (ppp_.phase()) {
    case PppClient::Phase::authenticate:
        return "authentication";
    case PppClient::Phase::network:
        return "IPCP";
    default:
        return "LCP";
    }
}

void Call::receive_cdn(const ControlMessage& m) {
    if (state_ == State::terminating) return end("hung up", Ender::us); // both at once
    // Our own refusal states say more than the code.
    end((state_ == State::refused ? "CDN " : "CDN at " + std::string(stage()) + " ") + describe_result(m), Ender::lns);
}

void Call::hang_up() {
    switch (state_) {
    case State::idle:
        return;
    case State::wait_reply:
        send_cdn(kCdnAdministrative);
        return end("hung up during set-up", Ender::us);
    case State::established:
    case State::up:
        if (!connected_sent_ || ppp_.phase() == PppClient::Phase::dead) {
            send_cdn(kCdnAdministrative);
            return end("hung up during set-up", Ender::us);
        }
        state_ = State::terminating;
        own_due_ = kNever;
        return ppp_.terminate(context());
    case State::refused:
    case State::terminating:
        return;
    }
}

void Call::abandon() {
    if (state_ != State::idle) end("abandoned", Ender::us);
}

void Call::tunnel_gone(const std::string& why, bool by_lns) {
    if (state_ != State::idle) end("tunnel: " + why, by_lns ? Ender::lns : Ender::us);
}

void Call::send_cdn(std::uint16_t result) {
    MessageWriter m = tunnel_->message(MessageType::CDN, peer_session_);
    m.result(result, 0, {});
    m.u16(AvpType::AssignedSessionId, local_session());
    tunnel_->send(m);
}

void Call::end(const std::string& why, Ender ender) {
    Statistics& s = env_->statistics;
    const bool was_up = was_up_;
    std::string reason;
    if (rejected_)
        reason = ppp_.auth_method() == AuthMethod::pap ? "authentication rejected (Authenticate-Nak), "
                                                       : "authentication rejected (CHAP Failure), ";
    if (terminate_seen_) reason += "Terminate-Request, ";
    reason += why;
    const bool ours = ender == Ender::us && !rejected_ && !terminate_seen_;
    if (!was_up)
        s.sessions_failed.add(reason);
    else if (ours)
        ++s.sessions_ended_by_us;
    else
        s.sessions_ended_by_lns.add(reason);
    if (was_up) --s.sessions_up_now;
    ppp_.kill();
    state_ = State::idle;
    connected_sent_ = false;
    ppp_due_ = own_due_ = kNever;
    env_->timers.cancel(timer_);
    ++generation_;
    env_->observer.call_down(*this, was_up);
}

} // namespace lns::lacsim

// SPDX-License-Identifier: ISC
#include "tools/lacsim/tunnel.h"

#include <algorithm>

#include "lib/base/escape.h"

namespace lns::lacsim {
namespace {

constexpr std::uint16_t kStopGeneral = 1; // RFC 2661 4.4.2
constexpr std::uint16_t kStopNotAuthorized = 4;
constexpr std::uint16_t kStopBadVersion = 5;
constexpr std::uint32_t kSessionIds = 65535;

} // namespace

Tunnel::Tunnel(Environment& env, std::uint32_t timer, std::uint32_t port, std::uint16_t local_id, std::span<Call> calls)
    : env_(&env), calls_(calls), timer_(timer), port_(port), local_id_(local_id), salt_(env.rng.u16()),
      channel_(
          env.statistics.l2tp, [this](Bytes datagram) { env_->out.send(port_, datagram); },
          [this](std::uint32_t slot) { calls_[slot].first_sent(); }) {
    for (Call& call : calls_)
        call.attach(*this);
}

// Ids start at a random place and each generation of calls has its own, as far as 16 bits go, so that what is
// late for an old call cannot be taken for the new one's.
std::uint16_t Tunnel::session_id(std::uint32_t slot, std::uint32_t generation) const {
    const auto size = static_cast<std::uint32_t>(calls_.size());
    const std::uint32_t sets = kSessionIds / size;
    return static_cast<std::uint16_t>(1 + (salt_ + slot + generation % sets * size) % kSessionIds);
}

Call* Tunnel::find(std::uint16_t id, bool& stale) {
    stale = false;
    if (id == 0 || calls_.empty()) return nullptr;
    const auto size = static_cast<std::uint32_t>(calls_.size());
    const std::uint32_t place = (id - 1U + kSessionIds - salt_ % kSessionIds) % kSessionIds;
    Call& call = calls_[place % size];
    if (call.local_session() == id) return &call;
    stale = call.generation() > 0 && place < kSessionIds / size * size;
    return nullptr;
}

void Tunnel::open() {
    ++env_->statistics.tunnels_attempted;
    opened_ = env_->now;
    state_ = State::wait_ctl_reply;
    const std::string_view secret = env_->options.secret.reveal();
    MessageWriter m = message(MessageType::SCCRQ, 0);
    m.u16(AvpType::ProtocolVersion, 0x0100);
    m.text(AvpType::HostName, env_->options.host_name);
    m.u32(AvpType::FramingCapabilities, 3);
    m.u32(AvpType::BearerCapabilities, 3);
    m.u16(AvpType::FirmwareRevision, 1, false);
    m.text(AvpType::VendorName, "lacsim", false);
    m.u16(AvpType::AssignedTunnelId, local_id_);
    m.u16(AvpType::ReceiveWindowSize, ControlChannel::kReceiveWindow);
    if (!secret.empty()) {
        env_->rng.fill(challenge_);
        m.octets(AvpType::Challenge, challenge_);
    }
    send(m);
}

void Tunnel::send(MessageWriter& message, std::uint32_t call_slot) {
    if (state_ == State::closed) return;
    channel_.send(message.finish(), env_->now, call_slot);
    rearm();
}

void Tunnel::flush() {
    if (channel_.acknowledgement_due()) channel_.acknowledge();
}

void Tunnel::receive(const Packet& packet) {
    if (!packet.control) return data(packet);
    channel_.receive(packet, env_->now, [this](Bytes avps, std::uint16_t session) { control(avps, session); });
    if (state_ == State::closing && channel_.idle()) return down("closed", false);
    rearm();
}

void Tunnel::data(const Packet& packet) {
    bool stale = false;
    Call* call = find(packet.session, stale);
    if (call != nullptr && call->state() != Call::State::idle) return call->receive_data(packet);
    // What crossed our CDN is no fault; an id that was never used is.
    if (stale || call != nullptr)
        ++env_->statistics.l2tp.data_after_end;
    else
        env_->statistics.count(Malformed::session_unknown);
}

void Tunnel::control(Bytes avps, std::uint16_t session) {
    if (state_ == State::closed) return;
    std::array<std::uint8_t, 2048> scratch;
    ControlMessage m;
    const std::string_view secret = env_->options.secret.reveal();
    if (const Malformed why = decode_message(avps, secret, scratch, m); why != Malformed::none)
        return env_->statistics.count(why);
    switch (m.type) {
    case MessageType::SCCRP:
        return receive_sccrp(m);
    case MessageType::StopCCN:
        return receive_stopccn(m);
    case MessageType::HELLO:
        ++env_->statistics.l2tp.hello_answered; // by the acknowledgement that follows
        return;
    case MessageType::SLI:
        return;
    case MessageType::ICRP:
    case MessageType::CDN:
        return receive_for_call(m, session);
    default:
        return env_->statistics.count(Malformed::message_unexpected);
    }
}

void Tunnel::receive_sccrp(const ControlMessage& m) {
    if (state_ != State::wait_ctl_reply) return env_->statistics.count(Malformed::message_unexpected);
    const std::string_view secret = env_->options.secret.reveal();
    peer_id_ = m.assigned_tunnel;
    if (peer_id_ == 0) return reject(2, 3, "SCCRP assigns tunnel id 0");
    channel_.set_peer(peer_id_, m.has(AvpType::ReceiveWindowSize) ? m.receive_window : env_->options.window);
    if (m.protocol_version != 0x0100) return reject(kStopBadVersion, 0, "SCCRP of another protocol version");
    if (!secret.empty()) {
        const auto expected = challenge_response(MessageType::SCCRP, secret, challenge_);
        if (!std::equal(expected.begin(), expected.end(), m.challenge_response.begin(), m.challenge_response.end()))
            return reject(kStopNotAuthorized, 0,
                          m.challenge_response.empty() ? "LNS did not answer the challenge"
                                                       : "LNS answered the challenge wrongly");
    } else if (!m.challenge.empty()) {
        return reject(kStopNotAuthorized, 0, "LNS challenges, and no secret is given");
    }
    MessageWriter reply = message(MessageType::SCCCN, 0);
    if (!m.challenge.empty())
        reply.octets(AvpType::ChallengeResponse, challenge_response(MessageType::SCCCN, secret, m.challenge));
    state_ = State::established;
    was_up_ = true;
    ++env_->statistics.tunnels_up;
    env_->statistics.tunnel_latency.add(env_->now - opened_);
    if (env_->options.hello.count() > 0) next_hello_ = env_->now + env_->options.hello;
    send(reply);
    env_->observer.tunnel_up(*this);
}

void Tunnel::receive_stopccn(const ControlMessage& m) {
    std::string why = "StopCCN " + std::to_string(m.result) + "/" + std::to_string(m.error);
    if (!m.error_text.empty()) why += " " + escape(m.error_text);
    flush(); // RFC 2661 5.7: acknowledged before the state goes
    down(why, state_ != State::closing);
}

void Tunnel::receive_for_call(const ControlMessage& m, std::uint16_t session) {
    bool stale = false;
    Call* call = find(session, stale);
    if (call == nullptr && session == 0 && m.type == MessageType::CDN) {
        // RFC 2661 6.12: before the LNS knows our id, the AVP tells which call is meant.
        const auto it = std::find_if(calls_.begin(), calls_.end(), [&m](const Call& c) {
            return c.state() != Call::State::idle && c.peer_session() == m.assigned_session;
        });
        if (it != calls_.end()) call = &*it;
    }
    // What crossed our CDN is no fault.
    if (call == nullptr && (stale || m.type == MessageType::CDN)) return;
    if (call == nullptr) return env_->statistics.count(Malformed::session_unknown);
    call->receive_control(m);
}

void Tunnel::reject(std::uint16_t result, std::uint16_t error, const std::string& why) {
    MessageWriter m = message(MessageType::StopCCN, 0);
    m.result(result, error, why);
    m.u16(AvpType::AssignedTunnelId, local_id_);
    send(m);
    down(why, false);
}

void Tunnel::on_timer() {
    if (state_ == State::closed) return;
    if (!channel_.on_timer(env_->now)) {
        if (state_ == State::closing) return down("StopCCN not acknowledged", false);
        return down(state_ == State::wait_ctl_reply ? "no answer to SCCRQ" : "LNS does not acknowledge", true);
    }
    if (env_->now >= next_hello_) {
        next_hello_ = env_->now + env_->options.hello;
        if (state_ == State::established && channel_.idle()) {
            ++env_->statistics.l2tp.hello_sent;
            MessageWriter m = message(MessageType::HELLO, 0);
            send(m);
        }
    }
    rearm();
}

void Tunnel::close() {
    if (state_ == State::closed || state_ == State::closing) return;
    if (state_ == State::idle) return abandon();
    MessageWriter m = message(MessageType::StopCCN, 0);
    m.result(kStopGeneral, 0, {});
    m.u16(AvpType::AssignedTunnelId, local_id_);
    next_hello_ = kNever;
    send(m);
    state_ = State::closing;
    for (Call& call : calls_)
        call.tunnel_gone("closed by us", false);
}

void Tunnel::abandon() {
    if (state_ == State::closed) return;
    state_ = State::closed;
    env_->timers.cancel(timer_);
    for (Call& call : calls_)
        call.abandon();
    env_->observer.tunnel_down(*this);
}

void Tunnel::down(const std::string& why, bool by_lns) {
    const bool closing = state_ == State::closing;
    state_ = State::closed;
    env_->timers.cancel(timer_);
    if (!closing || by_lns) {
        if (was_up_)
            env_->statistics.tunnels_ended_by_lns.add(why);
        else
            env_->statistics.tunnels_failed.add(why);
    }
    for (Call& call : calls_)
        call.tunnel_gone(why, by_lns);
    env_->observer.tunnel_down(*this);
}

void Tunnel::rearm() {
    if (state_ == State::closed) return;
    const MonoTime at = std::min(channel_.deadline(), next_hello_);
    if (at == kNever)
        env_->timers.cancel(timer_);
    else
        env_->timers.arm(timer_, at);
}

} // namespace lns::lacsim

// SPDX-License-Identifier: ISC
// PAP (RFC 1334 2) and CHAP with MD5 (RFC 1994) as the peer that proves who it is.
#include <algorithm>

#include "lib/base/digest.h"
#include "tools/lacsim/ppp_client.h"

namespace lns::lacsim {

void PppClient::authenticate(PppContext& c) {
    if (auth_method_ == AuthMethod::none) return network(c);
    phase_ = Phase::authenticate;
    auth_tries_ = 1;
    challenge_size_ = 0;
    chap_answered_.reset();
    auth_id_ = static_cast<std::uint8_t>(c.rng.u16());
    if (auth_method_ == AuthMethod::pap) send_pap(c);
    c.host.arm_ppp_timer(c.config.restart);
}

void PppClient::send_pap(PppContext& c) {
    const std::string user = c.host.user_name();
    const std::string password = c.host.password();
    ++c.counters.pap_sent;
    ControlWriter w(static_cast<std::uint8_t>(PapCode::AuthenticateRequest), ++auth_id_);
    w.data().u8(static_cast<std::uint8_t>(std::min<std::size_t>(user.size(), 255)));
    w.data().text(std::string_view(user).substr(0, 255));
    w.data().u8(static_cast<std::uint8_t>(std::min<std::size_t>(password.size(), 255)));
    w.data().text(std::string_view(password).substr(0, 255));
    c.host.send_frame(Protocol::pap, w.finish());
}

void PppClient::pap(PppContext& c, Bytes information) {
    ControlPacket packet;
    if (const Malformed m = decode_control(information, packet); m != Malformed::none) return c.host.ppp_malformed(m);
    Reader r(packet.data);
    std::uint8_t length = 0;
    // RFC 1334 2.2.2: Msg-Length is part of Ack and Nak.
    if (!r.u8(length) || !r.skip(length)) return c.host.ppp_malformed(Malformed::ppp_length);
    if (phase_ != Phase::authenticate || auth_method_ != AuthMethod::pap || packet.id != auth_id_) return;
    if (packet.code == static_cast<std::uint8_t>(PapCode::AuthenticateAck)) {
        ++c.counters.pap_ack;
        return verdict(c, true);
    }
    if (packet.code != static_cast<std::uint8_t>(PapCode::AuthenticateNak))
        return c.host.ppp_malformed(Malformed::ppp_code);
    ++c.counters.pap_nak;
    verdict(c, false);
}

void PppClient::send_chap(PppContext& c) {
    const std::string user = c.host.user_name();
    const std::string password = c.host.password();
    const std::array<std::uint8_t, 1> id{auth_id_};
    chap_answered_.set(auth_id_);
    const Md5Digest response = md5({id, as_octets(password), Bytes(challenge_).first(challenge_size_)});
    ControlWriter w(static_cast<std::uint8_t>(ChapCode::Response), auth_id_);
    w.data().u8(static_cast<std::uint8_t>(response.size()));
    w.data().bytes(response);
    w.data().text(user);
    c.host.send_frame(Protocol::chap, w.finish());
}

void PppClient::chap(PppContext& c, Bytes information) {
    ControlPacket packet;
    if (const Malformed m = decode_control(information, packet); m != Malformed::none) return c.host.ppp_malformed(m);
    if (auth_method_ != AuthMethod::chap || lcp_.state != State::Opened) {
        ++c.counters.early_packets;
        return;
    }
    Reader r(packet.data);
    std::uint8_t size = 0;
    Bytes challenge;
    switch (static_cast<ChapCode>(packet.code)) {
    case ChapCode::Challenge: // RFC 1994 4.1: to be answered in any phase after LCP
        if (!r.u8(size) || !r.bytes(size, challenge) || size == 0 || size > challenge_.size())
            return c.host.ppp_malformed(Malformed::ppp_length);
        ++c.counters.chap_challenges;
        auth_id_ = packet.id;
        challenge_size_ = size;
        std::copy(challenge.begin(), challenge.end(), challenge_.begin());
        return send_chap(c);
    case ChapCode::Success: // of any of them: a challenge of a negotiation before may have come last
        if (!chap_answered_[packet.id]) return;
        ++c.counters.chap_success;
        return verdict(c, true);
    case ChapCode::Failure:
        if (!chap_answered_[packet.id]) return;
        ++c.counters.chap_failure;
        return verdict(c, false);
    default:
        return c.host.ppp_malformed(Malformed::ppp_code);
    }
}

void PppClient::verdict(PppContext& c, bool accepted) {
    if (!accepted) {
        c.host.cancel_ppp_timer();
        return c.host.ppp_event(PppEvent::rejected);
    }
    if (phase_ != Phase::authenticate) return; // a success repeated, or of a later challenge
    c.host.ppp_event(PppEvent::authenticated);
    network(c);
}

} // namespace lns::lacsim

// SPDX-License-Identifier: ISC
#include "sessiond/packet_log.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/l2tp/l2tp.h"
#include "lib/ppp/frame.h"

namespace lns::sessiond {

namespace {

constexpr std::uint8_t kAuthenticateRequest = 1; // RFC 1334 2.2
constexpr std::uint16_t kProxyAuthenResponse = 33;

void blot_out(std::vector<std::uint8_t>& copy, Bytes datagram, Bytes part) {
    if (part.empty()) return; // and perhaps nowhere
    const auto at = copy.begin() + (part.data() - datagram.data());
    std::fill_n(at, part.size(), std::uint8_t{'*'});
}

// The password of an Authenticate-Request, or what may be one; empty for all else.
Bytes pap_password(Bytes packet) {
    Reader r(packet);
    std::uint8_t code = 0;
    std::uint8_t id_length = 0;
    if (!r.u8(code) || code != kAuthenticateRequest || !r.skip(3)) return {};
    const Bytes data = r.rest();
    // Behind the name there is nothing but the password, whatever its length says; and where the name's length lies, it
    // may be anywhere.
    return r.u8(id_length) && r.skip(id_length) && r.skip(1) ? r.rest() : data;
}

void blot_out_avps(std::vector<std::uint8_t>& copy, Bytes datagram, Bytes avps) {
    Reader r(avps);
    l2tp::Avp avp;
    while (!r.done() && l2tp::next_avp(r, avp) == l2tp::WireError::none)
        if (avp.vendor == 0 && avp.type == kProxyAuthenResponse) blot_out(copy, datagram, avp.value);
}

} // namespace

std::vector<std::uint8_t> without_passwords(Bytes datagram) {
    std::vector<std::uint8_t> copy(datagram.begin(), datagram.end());
    const auto header = l2tp::parse_header(datagram);
    if (!header) return copy;
    if (header->control()) {
        blot_out_avps(copy, datagram, header->payload);
        return copy;
    }
    const ppp::Frame frame = ppp::parse_frame(header->payload);
    if (frame.ok() && frame.protocol == ppp::Protocol::PAP) blot_out(copy, datagram, pap_password(frame.payload));
    return copy;
}

void log_datagram(std::string_view direction, Endpoint peer, Bytes datagram) {
    if (!log_wanted(LogLevel::packet)) return;
    log_packet(std::string(direction) + " " + to_string(peer), without_passwords(datagram));
}

} // namespace lns::sessiond

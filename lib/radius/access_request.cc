// SPDX-License-Identifier: ISC
#include "lib/radius/access_request.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace lns::radius {

std::string acct_session_id_text(std::uint64_t id) {
    std::array<char, 17> text{};
    snprintf(text.data(), text.size(), "%016" PRIx64, id);
    return text.data();
}

namespace {

// RFC 2869 5.11: the transmit speed first and, after a slash, the receive speed where it differs.
std::string connect_info(std::uint32_t tx, std::uint32_t rx) {
    if (tx == 0) return {};
    std::string text = std::to_string(tx);
    if (rx != 0 && rx != tx) text += "/" + std::to_string(rx);
    return text;
}

template <class Value>
void enumerated(RequestBuilder& out, Attr type, Value value) {
    out.integer(type, static_cast<std::uint32_t>(value));
}

void append_password(RequestBuilder& out, const AccessRequest& request, const Authenticator& authenticator,
                     Bytes secret) {
    if (request.chap) {
        std::array<std::uint8_t, 17> chap{request.chap_id};
        std::copy(request.chap_response.begin(), request.chap_response.end(), chap.begin() + 1);
        out.octets(Attr::ChapPassword, chap);
        out.octets(Attr::ChapChallenge, request.chap_challenge);
        return;
    }
    std::array<std::uint8_t, kMaxPassword> hidden{};
    const std::size_t size = hide_password(request.password, authenticator, secret, hidden);
    out.octets(Attr::UserPassword, Bytes(hidden).first(size));
}

} // namespace

void append_call(RequestBuilder& out, const CallIdentity& call) {
    out.text(Attr::UserName, call.user);
    if (call.nas_address.is_set()) out.address(Attr::NasIpAddress, call.nas_address);
    out.text(Attr::NasIdentifier, call.nas_identifier);
    out.integer(Attr::NasPort, call.nas_port);
    enumerated(out, Attr::NasPortType, NasPortType::Virtual);
    enumerated(out, Attr::ServiceType, ServiceType::Framed);
    enumerated(out, Attr::FramedProtocol, FramedProtocol::PPP);
    out.text(Attr::CalledStationId, call.called);
    out.text(Attr::CallingStationId, call.calling);
    out.text(Attr::ConnectInfo, connect_info(call.tx_speed, call.rx_speed));
    out.text(Attr::AcctSessionId, acct_session_id_text(call.acct_session_id));
}

Bytes encode_access_request(const AccessRequest& request, std::uint8_t id, const Authenticator& authenticator,
                            Bytes secret, std::span<std::uint8_t> buffer) {
    RequestBuilder out(buffer, Code::AccessRequest, id);
    out.message_authenticator();
    if (!request.chap && request.password.size() > kMaxPassword) return {};
    append_password(out, request, authenticator, secret);
    append_call(out, request.call);
    return out.finish_access(authenticator, secret);
}

} // namespace lns::radius

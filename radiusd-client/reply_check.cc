// SPDX-License-Identifier: ISC
#include "radiusd-client/reply_check.h"

namespace lns::radius_client {

using radius::Code;
using radius::MessageAuthenticator;

std::string_view purpose_name(Purpose purpose) {
    return purpose == Purpose::authentication ? "authentication" : "accounting";
}

std::string_view drop_text(Drop drop) {
    switch (drop) {
    case Drop::malformed:
        return "malformed";
    case Drop::foreign:
        return "not from a RADIUS server of ours";
    case Drop::unmatched:
        return "no request waits for it";
    case Drop::wrong_code:
        return "not a reply to such a request";
    case Drop::wrong_authenticator:
        return "Response Authenticator is wrong: does the server have another radius_secret?";
    case Drop::wrong_message_authenticator:
        return "Message-Authenticator is wrong";
    case Drop::no_message_authenticator:
        return "Message-Authenticator is missing";
    case Drop::proxy_state:
        return "Proxy-State, though none was sent, and no Message-Authenticator: a forgery (CVE-2024-3596)?";
    }
    return "?";
}

namespace {

bool expected(Code code, Purpose purpose) {
    if (purpose == Purpose::accounting) return code == Code::AccountingResponse;
    return code == Code::AccessAccept || code == Code::AccessReject || code == Code::AccessChallenge;
}

} // namespace

Judgement judge_reply(const radius::PacketView& reply, Purpose purpose, const radius::Authenticator& request,
                      Bytes secret, bool require_message_authenticator) {
    if (!expected(reply.code(), purpose)) return {Drop::wrong_code};
    if (!radius::response_authenticator_valid(reply, request, secret)) return {Drop::wrong_authenticator};
    if (purpose == Purpose::accounting) return {};
    const auto state = radius::check_message_authenticator(reply, request, secret);
    if (state == MessageAuthenticator::invalid) return {Drop::wrong_message_authenticator, state};
    if (state == MessageAuthenticator::valid) return {{}, state};
    if (require_message_authenticator) return {Drop::no_message_authenticator, state};
    // RFC 2865 5.33: a server only copies it. The known forgery needs it in the request, added on the way.
    Bytes ignored;
    if (reply.find(radius::Attr::ProxyState, ignored)) return {Drop::proxy_state, state};
    return {{}, state};
}

} // namespace lns::radius_client

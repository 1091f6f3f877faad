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
    if (state == MessageAuthenticator::absent && require_message_authenticator)
        return {Drop::no_message_authenticator, state};
    return {{}, state};
}

} // namespace lns::radius_client

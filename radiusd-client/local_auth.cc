// SPDX-License-Identifier: ISC
#include "radiusd-client/local_auth.h"

#include <algorithm>

#include "lib/base/digest.h"

namespace lns::radius_client {

namespace {

bool proves_password(const imsg::AuthRequest& request, const Secret& password) {
    switch (request.method) {
    case imsg::AuthMethod::pap:
        return equal_constant_time(request.password.bytes(), password.reveal_octets());
    case imsg::AuthMethod::chap: { // RFC 1994 4.1
        const std::array<std::uint8_t, 1> id{request.chap_id};
        const Md5Digest expected = md5({id, password.reveal_octets(), request.chap_challenge});
        return equal_constant_time(request.chap_response, expected);
    }
    case imsg::AuthMethod::none:
        break;
    }
    return false;
}

} // namespace

imsg::AuthReply plain_reply(const imsg::AuthRequest& request, imsg::AuthVerdict verdict) {
    imsg::AuthReply reply{};
    reply.session = request.session;
    reply.generation = request.generation;
    reply.request = request.request;
    reply.verdict = verdict;
    return reply;
}

std::optional<imsg::AuthReply> authenticate_locally(const imsg::AuthRequest& request,
                                                    const conf::Subscribers& subscribers) {
    const auto found = subscribers.find(request.user.view());
    if (found == subscribers.end()) return {};
    const conf::Subscriber& subscriber = found->second;
    const bool accepted = proves_password(request, subscriber.password);
    auto reply = plain_reply(request, accepted ? imsg::AuthVerdict::accept : imsg::AuthVerdict::reject);
    reply.local = 1;
    if (!accepted) return reply;
    if (subscriber.address) reply.framed_address = *subscriber.address;
    for (const Prefix4& route : subscriber.routes) {
        if (reply.route_count == reply.route_addresses.size()) break;
        reply.route_addresses[reply.route_count] = route.address;
        reply.route_lengths[reply.route_count++] = route.length;
    }
    return reply;
}

} // namespace lns::radius_client

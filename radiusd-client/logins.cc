// SPDX-License-Identifier: ISC
#include "radiusd-client/logins.h"

#include <algorithm>
#include <cstring>

#include "lib/base/escape.h"
#include "lib/base/log.h"
#include "lib/radius/access_request.h"
#include "radiusd-client/call_identity.h"
#include "radiusd-client/local_auth.h"

namespace lns::radius_client {

namespace {

// A server's socket buffer, where nobody made it larger, holds 166 requests of more than 190 octets, and Linux gives
// room back only when a quarter of it has been read.
constexpr std::size_t kFirstWindow = 96;
constexpr std::size_t kLeastWindow = 64;

static_assert(static_cast<std::size_t>(Counter::remark_no_room) -
                  static_cast<std::size_t>(Counter::remark_bad_attribute) ==
              radius::kRemarkKinds - 1);

imsg::AuthReply to_message(const imsg::AuthRequest& request, const radius::AccessReply& from) {
    auto reply = plain_reply(request, from.accepted ? imsg::AuthVerdict::accept : imsg::AuthVerdict::reject);
    reply.message = from.message;
    if (!from.accepted) return reply;
    reply.route_count = from.route_count;
    for (std::size_t i = 0; i < from.route_count; ++i) {
        reply.route_addresses[i] = from.routes[i].address;
        reply.route_lengths[i] = from.routes[i].length;
    }
    reply.mtu = from.mtu;
    reply.framed_address = from.framed_address;
    reply.framed_netmask = from.framed_netmask;
    reply.dns1 = from.dns1;
    reply.dns2 = from.dns2;
    reply.session_timeout = from.session_timeout;
    reply.idle_timeout = from.idle_timeout;
    reply.interim_interval = from.interim_interval;
    reply.class_count = from.class_count;
    reply.classes = from.classes;
    reply.filter_in = from.filter_in;
    reply.filter_out = from.filter_out;
    reply.avpairs = from.avpairs;
    return reply;
}

Counter verdict_counter(imsg::AuthVerdict verdict) {
    switch (verdict) {
    case imsg::AuthVerdict::accept:
        return Counter::auth_accepted;
    case imsg::AuthVerdict::reject:
        return Counter::auth_rejected;
    case imsg::AuthVerdict::unavailable:
        break;
    }
    return Counter::auth_unavailable;
}

} // namespace

Logins::Login::~Login() { explicit_bzero(&request.password, sizeof request.password); }

Logins::Logins(Context& context, Answer answer)
    : ContextOwner(context), answer_(std::move(answer)),
      requests_(Purpose::authentication, *this, context.rng, context.sockets),
      window_(kFirstWindow, kLeastWindow, requests_.capacity()) {}

void Logins::configure(MonoTime now) {
    requests_.configure(context_.settings.auth_servers, context_.settings.secret, now);
}

void Logins::answer(const imsg::AuthReply& reply) {
    context_.count(verdict_counter(reply.verdict));
    answer_(reply);
}

void Logins::request(const imsg::AuthRequest& request, MonoTime now) {
    const auto known = logins_.find(request.session);
    if (known != logins_.end() && known->second.request.generation == request.generation &&
        known->second.request.request == request.request)
        return; // sessiond repeats what a full channel may have lost
    context_.count(Counter::auth_requests);
    forget(request.session);
    const conf::AuthSource source = context_.settings.source;
    if (source != conf::AuthSource::radius) {
        auto reply = authenticate_locally(request, subscribers_);
        if (!reply && source == conf::AuthSource::local) reply = plain_reply(request, imsg::AuthVerdict::reject);
        if (reply) {
            context_.count(Counter::auth_local);
            return answer(*reply);
        }
    }
    ask_radius(request, now);
}

void Logins::ask_radius(const imsg::AuthRequest& request, MonoTime now) {
    if (context_.settings.secret.empty())
        return refuse(request, "radius_secret is not set: RADIUS queries are refused", now);
    if (!requests_.has_servers()) return refuse(request, "primary_radius is not set: RADIUS queries are refused", now);
    const auto [at, fresh] = logins_.try_emplace(request.session, request);
    Login& login = at->second;
    login.deadline = now + kLoginLimit;
    login.place = context_.board.take();
    if (waiting_.empty() && start(at->first, login, now)) return;
    context_.board.show(
        login.place,
        {.state = shm::RadiusState::wait, .session = request.session, .retry_at = wall_time(login.deadline, now)});
    waiting_.push_back(at->first);
}

void Logins::refuse(const imsg::AuthRequest& request, const char* why, MonoTime now) {
    context_.complain(why, now);
    answer(plain_reply(request, imsg::AuthVerdict::unavailable));
}

bool Logins::start(Key key, Login& login, MonoTime now) {
    if (requests_.in_flight() >= window_.size()) return false;
    login.slot = requests_.start(key, login.deadline, now);
    return login.slot.has_value();
}

// Those that found the window full, or no free identifier, go as others are answered.
void Logins::start_waiting(MonoTime now) {
    while (!waiting_.empty()) {
        const Key key = waiting_.front();
        const auto at = logins_.find(key);
        const bool gone = at == logins_.end() || at->second.slot;
        if (!gone && at->second.deadline <= now)
            gave_up(key, now);
        else if (!gone && !start(key, at->second, now))
            return;
        waiting_.pop_front();
    }
}

void Logins::cancel(std::uint32_t session, std::uint32_t generation, MonoTime now) {
    const auto at = logins_.find(session);
    if (at == logins_.end() || at->second.request.generation != generation) return;
    context_.count(Counter::auth_cancelled);
    forget(session);
    start_waiting(now);
}

void Logins::forget(Key key) {
    const auto at = logins_.find(key);
    if (at == logins_.end()) return;
    if (at->second.slot) requests_.cancel(*at->second.slot);
    context_.board.release(at->second.place);
    logins_.erase(at);
}

void Logins::forget_all() {
    while (!logins_.empty())
        forget(logins_.begin()->first);
    waiting_.clear();
}

void Logins::tick(MonoTime now) {
    requests_.tick(now);
    start_waiting(now);
}

MonoTime Logins::next_deadline() const {
    const auto first = waiting_.empty() ? logins_.end() : logins_.find(waiting_.front());
    return std::min(requests_.next_deadline(), first == logins_.end() ? kNever : first->second.deadline);
}

Bytes Logins::encode(std::uint64_t key, std::uint8_t id, radius::Authenticator& authenticator,
                     std::span<std::uint8_t> buffer) {
    const imsg::AuthRequest& r = logins_.at(static_cast<Key>(key)).request;
    context_.rng.fill(authenticator);
    const radius::AccessRequest packet{.call = call_identity(context_.settings, r),
                                       .chap = r.method == imsg::AuthMethod::chap,
                                       .password = r.password.bytes(),
                                       .chap_id = r.chap_id,
                                       .chap_challenge = r.chap_challenge,
                                       .chap_response = r.chap_response};
    return radius::encode_access_request(packet, id, authenticator, context_.settings.secret.reveal_octets(), buffer);
}

void Logins::sent(const RequestView& request, bool again, MonoTime now) {
    count_sent(again);
    if (again) window_.unanswered(now);
    Login& login = logins_.at(static_cast<Key>(request.key));
    login.sent = again ? MonoTime{} : now;
    context_.board.show(login.place, {.state = shm::RadiusState::auth,
                                      .id = request.id,
                                      .tries = request.tries,
                                      .session = login.request.session,
                                      .retry_at = wall_time(request.retry_at, now)});
}

void Logins::answered(std::uint64_t key, const radius::PacketView& packet, Endpoint server, MonoTime now) {
    const auto at = logins_.find(static_cast<Key>(key));
    Login& login = at->second;
    login.slot.reset();
    if (login.sent != MonoTime{}) // which of several tries was answered is unknown
        window_.answered(now - login.sent, requests_.in_flight() + 1);
    radius::RoutePolicy policy = context_.settings.routes;
    policy.protect.push_back(login.request.lac);
    std::vector<radius::Remark> remarks;
    const radius::AccessReply decoded = radius::decode_access_reply(packet, policy, remarks);
    report(remarks, login, server, now);
    if (log_wanted(LogLevel::call))
        log_debug("%s for %s from %s", radius::code_name(packet.code()).data(),
                  escape(login.request.user.view()).c_str(), to_string(server).c_str());
    const imsg::AuthReply reply = to_message(login.request, decoded);
    forget(static_cast<Key>(key));
    answer(reply);
    start_waiting(now);
}

void Logins::report(const std::vector<radius::Remark>& remarks, const Login& login, Endpoint server, MonoTime now) {
    for (const radius::Remark& remark : remarks) {
        const auto kind = static_cast<unsigned>(remark.kind);
        context_.count(static_cast<Counter>(static_cast<unsigned>(Counter::remark_bad_attribute) + kind));
        const std::string what(radius::remark_text(remark.kind));
        const auto held_back = context_.limiter.pass(what, now);
        if (!held_back) continue;
        log_warnx("RADIUS server %s, user %s: %s: %s%s", to_string(server).c_str(),
                  escape(login.request.user.view()).c_str(), what.c_str(), escape(remark.text).c_str(),
                  more_like_this(*held_back).c_str());
    }
}

void Logins::gave_up(std::uint64_t key, MonoTime now) {
    const auto at = logins_.find(static_cast<Key>(key));
    at->second.slot.reset();
    const auto held_back = context_.limiter.pass("gave up", now);
    if (held_back)
        log_warnx("no RADIUS server answered for user %s%s", escape(at->second.request.user.view()).c_str(),
                  more_like_this(*held_back).c_str());
    const imsg::AuthReply reply = plain_reply(at->second.request, imsg::AuthVerdict::unavailable);
    forget(static_cast<Key>(key));
    answer(reply);
}

} // namespace lns::radius_client

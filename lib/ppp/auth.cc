// SPDX-License-Identifier: ISC
#include "lib/ppp/auth.h"

#include "lib/base/digest.h"
#include "lib/ppp/phases.h"

namespace lns::ppp {
namespace {

enum class PapCode : std::uint8_t { AuthenticateRequest = 1, AuthenticateAck = 2, AuthenticateNak = 3 };
enum class ChapCode : std::uint8_t { Challenge = 1, Response = 2, Success = 3, Failure = 4 };

constexpr std::size_t kMaxMessage = 253;

bool fits_radius(Bytes user, Bytes password) {
    return !user.empty() && user.size() <= kMaxUser && password.size() <= kMaxPassword;
}

// Tells a request that is repeated from another one. It stands in a table others may read, so it must
// be of no use to find the password.
std::uint16_t fingerprint(const Context& cx, Bytes user, Bytes password) {
    const std::array<std::uint8_t, 1> user_length{static_cast<std::uint8_t>(user.size())};
    const Md5Digest digest = md5({user_length, user, password, cx.s.auth.challenge});
    return static_cast<std::uint16_t>(digest[0] << 8 | digest[1]);
}

// Whether a well-formed request is a new one. If not it was dealt with here.
bool is_new(Context& cx, std::uint8_t id) {
    Authentication& auth = cx.s.auth;
    if (cx.s.phase == Phase::authenticate) return true;
    if (cx.s.phase == Phase::waiting_for_aaa) {
        cx.count(Counter::auth_while_waiting);
        return false;
    }
    // RFC 1334 2.2.1, RFC 1994 4.1: a request repeated since our answer was lost is answered alike.
    const bool ending = cx.s.phase == Phase::terminating;
    if (auth.verdict == Verdict::none || (ending && auth.verdict == Verdict::success)) {
        cx.count(Counter::out_of_phase);
        return false;
    }
    cx.count(Counter::auth_repeated);
    auth.id = id;
    send_verdict(cx);
    return false;
}

void ask_aaa(Context& cx, AuthRequest request) {
    Authentication& auth = cx.s.auth;
    auth.resend_at = {};
    auth.deadline = cx.now + cx.cfg.auth_timeout; // AAA has all of it, however long the peer took
    request.serial = ++auth.serial;
    request.method = auth.method;
    cx.s.phase = Phase::waiting_for_aaa;
    cx.out.emplace_back(std::move(request));
}

void send_challenge(Context& cx) {
    Authentication& auth = cx.s.auth;
    PacketWriter packet(cx, Protocol::CHAP, static_cast<std::uint8_t>(ChapCode::Challenge), auth.id);
    packet.data().u8(static_cast<std::uint8_t>(auth.challenge.size()));
    packet.data().bytes(auth.challenge);
    packet.data().text(cx.cfg.host_name.view());
    packet.send();
    ++auth.tries;
    auth.resend_at = cx.now + cx.cfg.restart;
}

void new_challenge(Context& cx) {
    Authentication& auth = cx.s.auth;
    ++auth.id; // RFC 1994 4.1: with each new value
    cx.rng.fill(auth.challenge);
    auth.tries = 0;
    send_challenge(cx);
}

} // namespace

void begin_authentication(Context& cx) {
    Authentication& auth = cx.s.auth;
    cx.s.phase = Phase::authenticate;
    auth.verdict = Verdict::none;
    auth.deadline = cx.now + cx.cfg.auth_timeout;
    if (auth.method == AuthMethod::chap) return new_challenge(cx);
    cx.rng.fill(auth.challenge);
}

void repeat_challenge(Context& cx) {
    if (cx.s.auth.tries >= cx.cfg.max_configure) return close_link(cx, Reason::auth_timeout);
    send_challenge(cx);
}

void pap_receive(Context& cx, Bytes payload) {
    Packet packet;
    if (!parse_packet(cx, payload, packet)) return;
    Reader r(packet.data);
    std::uint8_t user_length = 0;
    std::uint8_t password_length = 0;
    Bytes user;
    Bytes password;
    const bool good = packet.code == static_cast<std::uint8_t>(PapCode::AuthenticateRequest) && r.u8(user_length) &&
                      r.bytes(user_length, user) && r.u8(password_length) && r.bytes(password_length, password) &&
                      r.done();
    if (!good) return cx.count(Counter::bad_auth);
    Authentication& auth = cx.s.auth;
    const std::uint16_t print = fingerprint(cx, user, password);
    // RFC 1334 2.2.2: the answer bears the Identifier of the request; of the last one if it was repeated.
    if (cx.s.phase == Phase::waiting_for_aaa && print == auth.fingerprint) auth.id = packet.id;
    if (!is_new(cx, packet.id)) return;
    auth.id = packet.id;
    auth.fingerprint = print;
    if (!fits_radius(user, password)) return refuse(cx, "bad user name or password length");
    AuthRequest request;
    request.user.assign(user);
    request.password = Secret(as_text(password));
    ask_aaa(cx, std::move(request));
}

void chap_receive(Context& cx, Bytes payload) {
    Packet packet;
    if (!parse_packet(cx, payload, packet)) return;
    AuthRequest request;
    Reader r(packet.data);
    std::uint8_t size = 0;
    // RFC 1994 4.1: an MD5 value has 16 octets, the rest is the Name.
    const bool good = packet.code == static_cast<std::uint8_t>(ChapCode::Response) && r.u8(size) &&
                      size == request.response.size() && r.copy(request.response);
    if (!good) return cx.count(Counter::bad_auth);
    if (packet.id != cx.s.auth.id) return cx.count(Counter::wrong_identifier);
    if (!is_new(cx, packet.id)) return;
    const Bytes user = r.rest();
    if (!fits_radius(user, {})) return refuse(cx, "bad user name length");
    request.user.assign(user);
    request.chap_id = packet.id;
    request.challenge = cx.s.auth.challenge;
    ask_aaa(cx, std::move(request));
}

void give_verdict(Context& cx, Verdict verdict, std::string_view message) {
    Authentication& auth = cx.s.auth;
    auth.verdict = verdict;
    auth.message.assign(message);
    auth.deadline = {};
    auth.resend_at = {};
    send_verdict(cx, message);
}

void refuse(Context& cx, std::string_view message) {
    give_verdict(cx, Verdict::failure, message);
    close_link(cx, Reason::auth_failed);
}

void send_verdict(Context& cx) { send_verdict(cx, cx.s.auth.message.view()); }

void send_verdict(Context& cx, std::string_view message) {
    const Authentication& auth = cx.s.auth;
    const bool good = auth.verdict == Verdict::success;
    message = message.substr(0, kMaxMessage);
    if (auth.method == AuthMethod::pap) {
        const PapCode code = good ? PapCode::AuthenticateAck : PapCode::AuthenticateNak;
        PacketWriter packet(cx, Protocol::PAP, static_cast<std::uint8_t>(code), auth.id);
        packet.data().u8(static_cast<std::uint8_t>(message.size()));
        packet.data().text(message);
        packet.send();
    } else {
        const ChapCode code = good ? ChapCode::Success : ChapCode::Failure;
        PacketWriter packet(cx, Protocol::CHAP, static_cast<std::uint8_t>(code), auth.id);
        packet.data().text(message);
        packet.send();
    }
}

void resume_authentication(Context& cx) {
    Authentication& auth = cx.s.auth;
    cx.s.phase = Phase::authenticate;
    auth.deadline = cx.now + cx.cfg.auth_timeout;
    if (auth.method == AuthMethod::chap) new_challenge(cx);
}

} // namespace lns::ppp

// SPDX-License-Identifier: ISC
// The PPP core of the LNS: LCP, PAP, CHAP with MD5 and IPCP, seen from the server, which authenticates
// its peer and assigns the address (RFC 1661, 1334, 1994, 1332, 1877). Pure: a Session, octets and the
// time in, effects out; no clock, socket, heap (apart from the effects) or randomness of its own.
//
// The caller keeps the Session, runs the effects in order after it committed the Session, and calls
// tick() not before next_deadline(). After Finished the Session is dead: everything is dropped.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/inet.h"
#include "lib/base/rng.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/ppp/automaton.h"
#include "lib/ppp/frame.h"

namespace lns::ppp {

// RFC 1661 3.2, with authentication in two steps: waiting for the peer, waiting for the AAA answer.
enum class Phase : std::uint8_t { dead, establish, authenticate, waiting_for_aaa, network, open, terminating };

enum class AuthMethod : std::uint8_t { none, pap, chap };

// Why a session ended. Text for log, CLI and CDN: name().
enum class Reason : std::uint8_t {
    none,
    peer_terminated,    // Terminate-Request of LCP or IPCP
    no_reply,           // no answer to our LCP Configure-Requests
    negotiation_failed, // options never agreed, or set-up not done within Config::setup_timeout
    auth_refused,       // the peer will not use any method we allow
    auth_timeout,       // the peer did not authenticate, or AAA did not answer, in time
    auth_failed,        // rejected()
    loopback,           // our own magic number came back
    echo_timeout,       // no sign of life for Config::echo_timeout
    protocol_error,     // the peer rejects codes or a protocol that cannot be missed
    ipcp_no_reply,      // no answer to our IPCP Configure-Requests
    ipcp_refused,       // the peer has no IPCP
    address_refused,    // the peer insists on an address other than the assigned one, or refuses ours
    // For the caller's close():
    administrative,
    session_timeout,
    idle_timeout,
    replaced, // by a newer session of the same user or address
    no_address,
    shutdown,
};

// Packets that were dropped, or were odd. name() gives the word for `show counters`.
enum class Counter : std::uint8_t {
    bad_frame,           // no PPP frame
    bad_length,          // a packet's Length below its header or beyond its frame
    too_long,            // a control packet above 1500 octets
    bad_options,         // option list not well-formed
    wrong_identifier,    // an answer that answers nothing we sent, or for the second time
    wrong_answer,        // a Configure-Ack or -Reject with options we did not send
    unknown_code,        // answered with Code-Reject
    unknown_protocol,    // answered with Protocol-Reject
    reject_suppressed,   // Code-Reject or Protocol-Reject not sent: too many in a short time
    code_reject,         // received
    protocol_reject,     // received
    out_of_phase,        // protocol not allowed in this phase, e.g. NCP before authentication
    network_data,        // a data packet, which is not for us
    echo_not_opened,     // Echo-Request or the like while LCP is not Opened
    looped,              // carried our own magic number
    bad_auth,            // PAP or CHAP packet not well-formed or with a code we do not take
    wrong_auth_protocol, // PAP where CHAP was agreed, or the reverse
    auth_repeated,       // request after the answer: answered again
    auth_while_waiting,  // request while AAA has not answered: ignored
    stale_answer,        // AAA answer to a request that is no longer the current one
    renegotiated,        // LCP left Opened for a new negotiation
    after_end,           // frame for a dead session
};
inline constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::after_end) + 1;

std::string_view name(Phase phase);
std::string_view name(AuthMethod method);
std::string_view name(Reason reason);
std::string_view name(Counter counter);
std::string_view meaning(Counter counter);

struct Config {
    std::uint16_t mru = 1462; // the largest packet the peer shall send; without effect on what we receive
    // In order of preference, `none` = no further one. We ask for the first, the peer may Nak with the other.
    std::array<AuthMethod, 2> auth_methods{AuthMethod::pap, AuthMethod::chap};
    Clock::duration restart = std::chrono::seconds(3); // RFC 1661 4.6
    std::uint8_t max_configure = 10;
    std::uint8_t max_failure = 5;
    std::uint8_t max_terminate = 2;
    Clock::duration echo_interval = std::chrono::seconds(30);  // of silence, before an Echo-Request; 0 = no echo
    Clock::duration echo_timeout = std::chrono::seconds(240);  // of silence, before the end
    Clock::duration auth_timeout = std::chrono::seconds(60);   // for the peer, then for AAA
    Clock::duration setup_timeout = std::chrono::seconds(180); // start() to IPCP Opened
    FixedText<64> host_name{"lns"};                            // Name of our CHAP Challenges
    Ipv4 local_address;                                        // ours in IPCP
};

inline constexpr std::uint16_t kDefaultMru = 1500; // RFC 1661 6.1

// What the peer asked for in LCP and we acknowledged; the defaults until then.
struct PeerLink {
    std::uint32_t accm = 0xffffffff; // without meaning over L2TP; kept as agreed
    std::uint32_t magic = 0;         // 0 = none
    std::uint16_t mru = kDefaultMru; // 576..65535: the largest packet it takes
    bool pfc = false;                // we may compress; we do not
    bool acfc = false;
};

enum class Verdict : std::uint8_t { none, success, failure };

struct Authentication {
    MonoTime deadline{};                      // for the whole; {} = not running
    MonoTime resend_at{};                     // CHAP Challenge; {} = not running
    std::array<std::uint8_t, 16> challenge{}; // CHAP; with PAP the salt of the fingerprint
    FixedText<60> message;                    // of the verdict; what a repeated request is answered with
    std::uint16_t serial = 0;                 // of the last AuthRequest
    std::uint16_t fingerprint = 0;            // PAP: of user and password in hand; too short to guess from
    AuthMethod method = AuthMethod::none;
    std::uint8_t refused = 0; // bits by AuthMethod: the peer answered our offer with Configure-Nak
    std::uint8_t id = 0;      // CHAP: of the Challenge. PAP: of the request in hand
    std::uint8_t tries = 0;   // Challenges sent
    Verdict verdict = Verdict::none;
    std::uint8_t reserved = 0;
};

struct Echo {
    MonoTime last_life{};        // last valid packet of any kind
    MonoTime due{};              // when to look again; {} = not running
    std::uint16_t jitter_ms = 0; // keeps sessions that came up together apart
    std::uint8_t id = 0;
    std::uint8_t outstanding = 0; // Echo-Requests since the last sign of life
    std::uint32_t reserved = 0;
};

// Everything PPP knows of one session. A zeroed (value-initialised) Session is a valid dead one.
// Plain data without pointers: it lives in a shared record. Read it freely; only the functions below
// change it.
struct Session {
    Automaton lcp;
    Automaton ipcp;
    Authentication auth;
    Echo echo;
    MonoTime setup_deadline{}; // {} = not running
    MonoTime opened_at{};      // IPCP came to Opened
    MonoTime rejects_since{};  // start of the interval in which rejects_sent counts
    PeerLink peer;
    std::uint32_t magic = 0;         // ours; 0 = none
    Ipv4 local_address;              // ours in IPCP
    Ipv4 peer_address;               // assigned
    Ipv4 dns1, dns2;                 // 0 = none
    std::uint16_t mru = kDefaultMru; // what we ask the peer to keep to
    Phase phase = Phase::dead;
    Reason reason = Reason::none;  // why it ends or ended
    std::uint8_t rejects_sent = 0; // Code-Rejects and Protocol-Rejects
    std::uint8_t loops = 0;        // Configure-Requests in a row with our own magic number
    std::uint8_t ups = 0;          // times LCP or IPCP came up without a lasting session
    bool network_up = false;       // NetworkUp was the last word on it
    bool ipcp_seen = false;        // the peer sent IPCP since authentication
    bool address_asked = false;    // a missing IP-Address option was Nak'ed
    std::array<std::uint8_t, 6> reserved{};
};
static_assert(std::is_trivially_copyable_v<Session> && sizeof(Session) <= 256);
static_assert(std::has_unique_object_representations_v<Session>); // no padding: nothing uninitialised is shared

struct SendFrame { // the payload of one L2TP data message: ff 03, protocol, packet
    std::vector<std::uint8_t> bytes;
};

inline constexpr std::size_t kMaxUser = 253;     // RADIUS User-Name (RFC 2865 5.1)
inline constexpr std::size_t kMaxPassword = 128; // RADIUS User-Password (RFC 2865 5.2)

// Ask AAA; answer with authenticated() or rejected() and this serial.
struct AuthRequest {
    std::uint16_t serial = 0;
    AuthMethod method = AuthMethod::none;
    FixedText<254> user;                      // 1..253 octets as the peer sent them: escape before showing
    Secret password;                          // PAP: 0..128 octets
    std::uint8_t chap_id = 0;                 // CHAP
    std::array<std::uint8_t, 16> challenge{}; // CHAP
    std::array<std::uint8_t, 16> response{};  // CHAP
};

struct NetworkUp {};   // IPCP Opened: the session may carry data
struct NetworkDown {}; // IPCP left Opened; either Finished or a new authentication follows
struct Finished {
    Reason reason;
};
struct Count {
    Counter counter;
};

using Effect = std::variant<SendFrame, AuthRequest, NetworkUp, NetworkDown, Finished, Count>;
using Effects = std::vector<Effect>;

struct NetworkParameters {
    Ipv4 peer_address; // must be set
    Ipv4 dns1, dns2;   // 0 = none: that option is rejected
};

// After ICCN. Whatever the Session held is forgotten; LCP starts afresh with our Configure-Request.
void start(Session& s, const Config& cfg, MonoTime now, Rng& rng, Effects& effects);

// A frame of the peer: the payload of an L2TP data message, whole.
void receive(Session& s, const Config& cfg, Bytes frame, MonoTime now, Rng& rng, Effects& effects);

// Runs every timer that is due. Harmless at any time.
void tick(Session& s, const Config& cfg, MonoTime now, Rng& rng, Effects& effects);

// When tick() has something to do next; kNever if nothing runs. May move nearer only by a call of
// the functions here, never by alive().
MonoTime next_deadline(const Session& s);

// AAA's answers to AuthRequest. False, and nothing done but a Count, when the serial is not that of
// the request in hand (the peer has begun anew meanwhile): give back what was reserved. `message` is
// shown to the peer, cut to what fits.
bool authenticated(Session& s, const Config& cfg, std::uint16_t serial, const NetworkParameters& parameters,
                   std::string_view message, MonoTime now, Rng& rng, Effects& effects);
// The address that the peer asks for in this frame: unset when it asks for none in particular, nothing when the frame
// is no (well-formed) IPCP Configure-Request. For a caller that lets the peer choose (RFC 2865 5.8).
std::optional<Ipv4> wished_address(Bytes frame);
// An answer to a keepalive (RFC 1661 5.8), by its code alone.
bool is_echo_reply(const Frame& frame);
// Another address than authenticated() was given, as long as IPCP has not come to Opened.
void assign_address(Session& s, Ipv4 address);
// The peer sees the Nak or Failure, then LCP's Terminate-Request; Finished{auth_failed} follows.
bool rejected(Session& s, const Config& cfg, std::uint16_t serial, std::string_view message, MonoTime now, Rng& rng,
              Effects& effects);

// Ends the session: Terminate-Request, and Finished when the peer acknowledged or does not answer.
// NetworkDown comes at once. The first reason stays.
void close(Session& s, const Config& cfg, Reason reason, MonoTime now, Rng& rng, Effects& effects);

// Data of the peer was seen at that time: a session with traffic is not asked for an echo.
void alive(Session& s, MonoTime time);

// After a crash of the process that held the session: what was in flight in it is lost. An
// authentication without answer begins again (CHAP: a new Challenge; PAP: the peer repeats its
// request). NetworkUp or Finished, if reached, is said once more.
void recover(Session& s, const Config& cfg, MonoTime now, Rng& rng, Effects& effects);

} // namespace lns::ppp

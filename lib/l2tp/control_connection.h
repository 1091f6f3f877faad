// SPDX-License-Identifier: ISC
// A control connection, LNS side: set-up with tunnel authentication, reliable delivery (RFC 2661 5.8 and
// appendix A), keep-alive, tear-down. The state is plain data; bytes and *now* go in, effects come out.
//
// The shell finds the record by Tunnel ID, checks that the datagram comes from that peer's address and
// port, works on a copy, commits it, and only then executes the effects.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/ids.h"
#include "lib/base/rng.h"
#include "lib/l2tp/control_fsm.h"
#include "lib/l2tp/effects.h"
#include "lib/l2tp/header.h"
#include "lib/l2tp/message.h"
#include "lib/l2tp/out_message.h"
#include "lib/l2tp/reorder_buffer.h"

namespace lns::l2tp {

inline constexpr std::size_t kRing = 128;              // messages sent or waiting, one kept for StopCCN
inline constexpr std::uint16_t kDefaultPeerWindow = 4; // 4.4.3, without a Receive Window Size AVP
inline constexpr std::uint16_t kMinReceiveWindow = 16;
inline constexpr std::uint16_t kMaxReceiveWindow = 1024;
inline constexpr std::chrono::seconds kFirstRetransmit{1}; // 5.8: doubled each time …
inline constexpr std::chrono::seconds kMaxRetransmit{8};   // … up to this
inline constexpr std::uint8_t kMaxTries = 5;               // retransmissions of one message
inline constexpr std::uint8_t kMaxTriesUnproven = 2;       // before SCCCN: the source may be forged
inline constexpr std::chrono::seconds kLinger{31};         // 5.7: a full retransmission cycle, 1+2+4+8+8+8

// Views must outlive the call; kept are only the values that the messages need again.
struct TunnelConfig {
    Bytes secret;              // empty: none
    bool require_auth = false; // refuse an SCCRQ without Challenge
    bool draining = false;     // refuse new tunnels
    bool flood = false;        // too many half-open tunnels: SCCRP is not repeated by timer
    std::string_view host_name = "l2tpns";
    std::string_view vendor_name;
    std::uint16_t firmware_revision = 0;
    std::uint16_t receive_window = 64;       // brought into kMinReceiveWindow … kMaxReceiveWindow
    std::chrono::seconds hello_interval{60}; // 0: no HELLO
    std::chrono::seconds setup_timeout{10};  // from SCCRQ to SCCCN
};

struct ControlConnection {
    ControlState state = ControlState::idle;
    bool proven = false;        // SCCCN came: the peer is where it says
    bool authenticated = false; // its Challenge Response was right
    bool challenged = false;    // SCCRP carries our challenge
    bool answered = false;      // SCCRP carries our response
    bool ack_pending = false;   // something came in that we have not acknowledged
    bool blocked = false;       // a send() was told `full`
    std::uint8_t tries = 0;     // retransmissions of message `una`
    TunnelId tunnel = TunnelId::none;
    PeerTunnelId peer_tunnel = PeerTunnelId::none;

    // Receiving: the Ns we want next. Sending: una <= next <= high <= ns, modulo 2^16.
    std::uint16_t nr = 0;
    std::uint16_t una = 0;            // oldest not acknowledged
    std::uint16_t next = 0;           // goes out next; behind `high` after a time-out
    std::uint16_t high = 0;           // one above the highest ever sent
    std::uint16_t ns = 0;             // the next new message gets this
    std::uint16_t receive_window = 0; // as advertised
    std::uint16_t peer_window = 0;
    std::uint16_t cwnd = 0; // appendix A
    std::uint16_t ssthresh = 0;
    std::uint16_t cwnd_acks = 0; // acknowledged since cwnd last grew, above ssthresh

    MonoTime retransmit_at{}; // {}: timer not running, as below
    MonoTime hello_at{};
    MonoTime expires_at{}; // end of set-up, or of lingering
    MonoTime since{};      // of the present state

    std::uint64_t request = 0; // fingerprint of the SCCRQ
    OurChallenge challenge{};
    Md5Digest response{};                 // to the peer's challenge
    std::array<OutMessage, kRing> ring{}; // message with Ns n is at n % kRing
};
static_assert(std::is_trivially_copyable_v<ControlConnection> && std::is_standard_layout_v<ControlConnection>);
static_assert(sizeof(ControlConnection) <= 2560);

// A new SCCRQ, decoded from the payload of `header` (tunnel 0) and not a retransmission for any record of
// its source. True: `cc`, which must be idle, waits for SCCCN and SCCRP is on its way. False: refused, cc
// is as it was, and a StopCCN is in `out`, unless it would be longer than the request.
bool accept(ControlConnection& cc, const Header& header, const Message& sccrq, TunnelId local,
            const TunnelConfig& config, MonoTime now, Rng& rng, Effects& out);

// Refuses an SCCRQ without a record, for a reason of the shell's (table full, too many from there).
void refuse(const Header& header, const Message& sccrq, const Cause& cause, Effects& out);

// Whether this SCCRQ made the record already: the same octets, while the peer may not have had our
// answer. Then it is for receive(). An established tunnel is never meant: the peer has restarted.
bool is_retransmission_of(const ControlConnection& cc, const Header& header, const Message& sccrq);

// Whether the peer challenges us with the challenge we sent in `cc`: somebody wants us to answer it for
// them. To be asked for the tunnels of one source that wait for SCCCN; refuse with not_authorized.
bool is_reflection_of(const ControlConnection& cc, const Message& sccrq);

// A StopCCN with Tunnel ID 0 (its sender has not had our SCCRP) names its own end's id. The shell looks
// for the record with this peer_tunnel and the datagram's source, and gives it to receive().
std::optional<PeerTunnelId> stop_ccn_of(const Header& header, Bytes secret);

// One control datagram of this connection.
void receive(ControlConnection& cc, const Header& header, ReorderBuffer& early, const TunnelConfig& config,
             MonoTime now, Effects& out);

// Whatever is due; harmless to call early.
void tick(ControlConnection& cc, const TunnelConfig& config, MonoTime now, Effects& out);

// When tick() wants to be called; kNever when not at all.
MonoTime next_deadline(const ControlConnection& cc);

enum class SendResult : std::uint8_t {
    queued,
    full,   // keep it; WindowOpen will come
    closed, // not established: nobody will ever read it
};
SendResult send(ControlConnection& cc, OutMessage message, const TunnelConfig& config, MonoTime now, Effects& out);

// Sends StopCCN, after which only the linger time remains. TunnelDown comes with it.
void close(ControlConnection& cc, const Cause& cause, const TunnelConfig& config, MonoTime now, Effects& out);

// Whether such a message for that call of ours is in the ring: sent and not acknowledged, or waiting.
bool holds(const ControlConnection& cc, MessageType type, SessionId session);

// Forgets the connection without a word on the wire: the peer has restarted, and its tunnel id belongs
// to a newer tunnel, which a StopCCN would hit.
void abandon(ControlConnection& cc, const Cause& cause, MonoTime now, Effects& out);

// Data came from the peer: no HELLO is needed for another interval. Optional.
void note_life(ControlConnection& cc, const TunnelConfig& config, MonoTime now);

// receive() never acknowledges by itself; what it sends carries the acknowledgement along. After a batch
// the shell asks whether one is still owed, and flush_ack() makes it: a ZLB.
inline bool ack_needed(const ControlConnection& cc) { return cc.ack_pending; }
void flush_ack(ControlConnection& cc, Effects& out);

} // namespace lns::l2tp

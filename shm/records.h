// SPDX-License-Identifier: ISC
// The records of the shared tables (DESIGN 4). Each table has one writer, named here (ThrottleState and
// DataSequence have several of a kind); everybody else maps it read-only. Plain data, no pointers; addresses in host
// byte order; MonoTime points are of this boot's monotonic clock.
#pragma once

#include <array>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "lib/base/clock.h"
#include "lib/base/ids.h"
#include "lib/base/inet.h"
#include "lib/base/text.h"
#include "shm/layout.h"

namespace lns::shm {

// The state of a protocol core (lib/l2tp, lib/ppp) as its owner keeps it: opaque to all others.
template <std::size_t N>
struct CoreState {
    alignas(8) std::array<std::uint8_t, N> octets{};

    template <class T>
    T load() const {
        static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= N);
        T value;
        __builtin_memcpy(&value, octets.data(), sizeof value);
        return value;
    }
    template <class T>
    void store(const T& value) {
        static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= N);
        __builtin_memcpy(octets.data(), &value, sizeof value);
    }
};

// ---- Tunnels. Writer: sessiond. Index: TunnelIndex ----

enum class TunnelState : std::uint8_t { free, opening, open, dieing }; // the words of `show tunnel`

struct TunnelRecord {
    Generation generation{};
    TunnelState state{};
    bool authenticated = false; // the LAC proved the secret
    bool dropped = false;       // by the operator: no new calls, StopCCN follows
    TunnelId local_id{};
    PeerTunnelId peer_id{};
    std::uint16_t session_mask = 0; // wire session id = local id XOR this
    Endpoint peer;
    Ipv4 local_address; // the address the LAC sent to: replies leave from it
    MonoTime created{};
    FixedText<126> host_name;
    FixedText<62> vendor_name;
    CoreState<2560> core; // l2tp::ControlConnection
};

// ---- Sessions, cold part. Writer: sessiond. Index: SessionIndex ----

enum class SessionState : std::uint8_t {
    free,
    connecting, // ICRQ answered, ICCN awaited
    starting,   // call established; LCP, authentication, IPCP under way
    open,       // IPCP opened: forwarding
    closing,    // ended; the slot waits for datapathd's and the spool's confirmation
};

enum class AcctState : std::uint8_t { none, start_sent, started, stop_sent, stopped }; // "sent": not yet in the spool

struct Counters64 { // of the subscriber's IP packets
    std::uint64_t up_packets = 0, up_octets = 0, down_packets = 0, down_octets = 0;
    std::uint64_t up_dropped = 0, down_dropped = 0;
};

struct SessionRecord {
    Generation generation{};
    TunnelIndex tunnel{};
    Generation tunnel_generation{};
    SessionId local_id{};
    PeerSessionId peer_id{};
    SessionState state{};
    std::uint8_t auth_method = 0; // imsg::AuthMethod
    AcctState acct_state{};
    bool auth_local = false;     // accepted by the subscribers file
    bool auth_pending = false;   // an answer of radiusd-client is awaited
    bool forwarding = false;     // the forward record is, or was, active: removal must be confirmed
    bool has_aaa = false;        // the SessionAaa record is valid
    bool awaits_wish = false;    // the peer may choose the address in its first IPCP request
    std::uint8_t end_reason = 0; // sessiond's EndReason
    Ipv4 address;                // of the subscriber; unset before IPCP
    Ipv4 netmask;
    Ipv4 dns1;
    Ipv4 dns2;
    std::uint32_t auth_request = 0; // number of the outstanding or last request
    std::uint32_t terminate_cause = 0;
    std::uint32_t acct_sequence = 0;
    std::uint32_t serial = 0; // Call Serial Number (RFC 2661 4.4.3)
    std::uint32_t tx_speed = 0;
    std::uint32_t rx_speed = 0;
    std::uint32_t session_timeout = 0; // seconds; 0 = none
    std::uint32_t idle_timeout = 0;
    std::uint32_t interim_interval = 0;
    std::uint16_t mru = 0; // largest IP packet for the subscriber
    std::uint64_t acct_session_id = 0;
    MonoTime created{}; // the call
    MonoTime opened{};  // authenticated: `opened` of show session counts from here
    MonoTime next_interim{};
    MonoTime last_traffic{};      // before these tables were made
    std::int64_t opened_wall = 0; // unix seconds
    Counters64 baseline;          // what the counters said when the slot was taken
    Counters64 carried;           // what was counted before these tables were made
    CoreState<304> core;          // sessiond's SessionCore: l2tp::Call and ppp::Session
    FixedText<126> user;          // empty before authentication
    FixedText<62> calling;        // the CLI column
    FixedText<62> called;

    static constexpr std::tuple kTexts{&SessionRecord::user, &SessionRecord::calling,
                                       &SessionRecord::called}; // packed: shm/packed.h
    static constexpr std::size_t kNearText = 90;
};

// What RADIUS gave beyond the ordinary; valid where SessionRecord::has_aaa. Writer: sessiond.
struct SessionAaa {
    Generation generation{};
    std::uint8_t route_count = 0;
    std::uint8_t class_count = 0;
    bool filter_in_ordered = false; // by the operator, as is that there is none: not what a login says
    bool filter_out_ordered = false;
    std::array<Ipv4, 10> route_addresses{};
    std::array<std::uint8_t, 10> route_lengths{};
    FixedText<514> classes; // each: one length octet and the value
    FixedText<62> filter_in;
    FixedText<62> filter_out;

    static constexpr std::tuple kTexts{&SessionAaa::classes, &SessionAaa::filter_in,
                                       &SessionAaa::filter_out}; // packed: shm/packed.h
    static constexpr std::size_t kNearText = 94;
};

// ---- What is done to a session's packets beyond forwarding. Writer: sessiond ----

// Of the session whose generation it has; for any other there are none. The names of filters are in SessionAaa.
struct SessionServices {
    Generation generation{};
    std::uint32_t throttle_in = 0;  // kbit/s from the subscriber; 0: not limited
    std::uint32_t throttle_out = 0; // and to it
    Ipv4 snoop_address;             // where copies of its packets go; unset: nowhere
    std::uint16_t snoop_port = 0;
    std::uint16_t burst_in = 0; // milliseconds at the rate: conf::throttle_burst()
    std::uint16_t burst_out = 0;
    std::uint16_t first_ns = 0; // of a session with kSequenced, in the first data message that these tables number

    [[nodiscard]] bool throttled() const { return throttle_in != 0 || throttle_out != 0; }
    [[nodiscard]] bool snooped() const { return snoop_address.is_set(); }
    [[nodiscard]] Endpoint snoop() const { return {snoop_address, snoop_port}; }
};

// ---- Forwarding, the hot part of a session: one cache line with its commit word. Writer: sessiond ----

enum class ForwardState : std::uint8_t { none, active, removing };

// Which services a session has, for ForwardRecord::flags.
enum ServiceFlag : std::uint16_t {
    kThrottled = 1,     // rates in SessionServices
    kSnooped = 2,       // address and port there
    kFiltered = 4,      // names in SessionAaa
    kPacketLimited = 8, // by the setting packet_limit
    kSequenced = 16,    // data messages have numbers: DataSequence
};

struct ForwardRecord {
    Generation generation{};
    Ipv4 address; // the subscriber
    Ipv4 peer;    // the LAC
    Ipv4 local;   // our address towards it
    std::uint16_t peer_port = 0;
    PeerTunnelId peer_tunnel{};
    PeerSessionId peer_session{};
    std::uint16_t mru = 0; // largest IP packet downstream
    ForwardState state{};
    std::uint8_t route_count = 0; // framed routes: in SessionAaa
    std::uint16_t flags = 0;      // ServiceFlag

    // Nothing is to be done but to forward.
    [[nodiscard]] constexpr bool is_plain() const { return flags == 0; }
    [[nodiscard]] constexpr bool has(ServiceFlag flag) const { return (flags & flag) != 0; }
};

// ---- Counters of one datapathd, by session. Writer: that worker. They only grow ----

struct SessionCounters {
    std::uint64_t up_packets, up_octets, down_packets, down_octets;
    std::uint64_t up_dropped, down_dropped;
    std::uint64_t last_up;   // MonoTime ticks of the last valid packet from the subscriber
    std::uint64_t last_down; // and to it
};

// ---- Throttling: when a session's next packet is due, in sixteenths of nanoseconds of MonoTime. Written by every
// datapathd, since one session's packets come to several, and only by compare-and-swap. With a fast path in the kernel,
// which writes it, too, a map takes the place of the table (bpf/fast_path.h) ----

struct ThrottleState {
    std::uint64_t up, down;
    std::uint64_t down_packets; // packet_limit
};

// ---- Ns of a session's next data message (RFC 2661 5.4), of one whose LAC requires sequencing: the generation in the
// high half. Written by the datapathd that sends the message, only by compare-and-swap: shm/data_sequence.h ----

struct DataSequence {
    std::uint64_t word;
};

// ---- How often a rule of an access list was the one that decided. Writer: that datapathd ----

struct RuleCounter {
    std::uint64_t key;     // conf::rule_key(); 0: free
    std::uint64_t matches; // while a key stands there it only grows
};

// ---- Processes. Writer: parent. One record a process slot ----

enum class ProcessState : std::uint8_t { absent, starting, running, backing_off };

struct ProcessRecord {
    std::uint8_t proc = 0; // Proc
    ProcessState state{};
    std::uint16_t instance = 0;
    std::uint32_t pid = 0;
    std::uint32_t uid = 0;
    std::uint32_t restarts = 0;
    FixedText<30> user; // its name; empty where the uid has none
    MonoTime started{};
    std::uint64_t messages_in = 0; // of the parent's channel to it
    std::uint64_t messages_out = 0;
    std::uint32_t queued = 0;
    MonoTime heartbeat{}; // last sign of life: of the parent when it wrote this, of a worker when it answered
    FixedText<62> last_exit;
    std::uint64_t memory = 0; // octets that are its own, as seen last
};

// ---- What the tables take, as seen last. Writer: parent. A record a segment, and behind them empty ones ----

inline constexpr std::uint16_t kFastPathMemory = UINT16_MAX; // in the place of the table: the maps of the fast path

struct TableMemory {
    std::uint16_t table = 0; // TableId
    std::uint16_t instance = 0;
    std::uint32_t records = 0; // 0: no table
    std::uint64_t octets = 0;  // sparse: of what was touched
};

// ---- Requests of radiusd-client, for `show radius`. Writer: radiusd-client ----

enum class RadiusState : std::uint8_t { null, wait, chap, auth, ipcp, start, stop, interim }; // the manual's words

struct RadiusRequestRecord {
    RadiusState state{};
    std::uint8_t id = 0; // identifier in the packet
    std::uint16_t tries = 0;
    std::uint32_t session = 0;
    std::int64_t retry_at = 0; // unix seconds
};

// ---- Pool addresses in use or remembered for their last user. Writer: sessiond ----

struct LeaseRecord {
    Ipv4 address; // unset: free slot
    SessionIndex session{};
    Generation generation{};
    MonoTime released{}; // valid while session is none
    FixedText<126> user;

    static constexpr std::tuple kTexts{&LeaseRecord::user}; // packed: shm/packed.h
    static constexpr std::size_t kNearText = 38;
};

// ---- What the operator asked for and outlives sessiond. Writer: sessiond. One record ----

struct OperationRecord {
    bool draining = false;    // new calls and tunnels are refused
    std::int64_t changed = 0; // unix seconds
};

// ---- The fast path in the kernel, as it is. Writer: parent. One record ----

enum class FastPathMode : std::uint8_t { off, tc, stack, redirect };
constexpr const char* name_of(FastPathMode mode) {
    constexpr std::array names{"off", "tc", "stack", "redirect"};
    return names[static_cast<std::size_t>(mode)];
}

struct FastPathRecord {
    FastPathMode mode{};
    bool pinned = false;       // it outlives the parent
    FixedText<510> interfaces; // that it is attached to, but the TUN device
    FixedText<126> why_off;
    FixedText<510> warnings; // of settings that do not go with the mode; a line each
};

// ---- What a process's counters said when counters were cleared (writer: clid), and what was counted before this boot
// or release, by save_state (writer: sessiond) ----

inline constexpr std::uint32_t kMaxCounters = 256; // of one process

struct CounterValues {
    std::int64_t cleared = 0;   // unix seconds; 0: never
    std::uint16_t instance = 0; // of the table of process counters; 0: the record is free
    std::array<std::uint64_t, kMaxCounters> values{};
};

} // namespace lns::shm

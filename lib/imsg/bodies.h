// SPDX-License-Identifier: ISC
// Bodies of the messages in types.def. Plain data without padding or pointers; every body type
// belongs to one message. Indexes travel with their generation. Addresses are in host byte order.
#pragma once

#include <array>
#include <cstdint>

#include "lib/base/clock.h"
#include "lib/base/inet.h"
#include "lib/base/text.h"
#include "lib/conf/access_rule.h"
#include "lib/imsg/process.h"

namespace lns::imsg {

// ---- Start-up of a worker: parent to worker, in this order, ended by StartDone ----

struct StartIdentity {
    Proc proc;
    std::uint8_t log_level;
    std::uint16_t instance;       // 0.. of the same program
    std::uint16_t instances;      // how many of it run
    std::uint16_t keep_root_path; // 0: chroot into chroot_path
    std::uint32_t uid;
    std::uint32_t gid;
    FixedText<254> chroot_path;
    // Of tables that were left alone for too long: what is older than `close_before` is ended instead of gone on with,
    // and was served until `served_until`. Unset when the records are to be believed.
    MonoTime close_before;
    MonoTime served_until;
    std::uint64_t stopping; // 1: the suite is being stopped: nobody new is taken, and sessiond will be sent Stop
};

struct StartTable {      // with the segment's descriptor: read-only unless writable
    std::uint16_t table; // shm::TableId
    std::uint16_t instance;
    std::uint32_t writable;
};

enum class SocketKind : std::uint32_t {
    l2tp = 1, // UDP 1701, member of the reuseport group
    tun,      // one queue of the TUN device
    icmp,     // raw, of IPPROTO_RAW, which only sends: ICMP errors from our own address
    cli,      // listening TCP socket of the CLI
    radius,   // unbound UDP socket for requests to RADIUS servers; several
    control,  // UDP socket of nsctl
    relay,    // packets between sessiond and one datapathd: lib/imsg/relay.h; instance = of datapathd
    snoop,    // unbound UDP socket for copies of intercepted packets
};

struct StartSocket {
    SocketKind kind;
    std::uint32_t instance;
};

enum class FileKind : std::uint32_t {
    users = 1,
    ip_pool,
    subscribers,
    dictionary,
    state,        // of save_state: only while the tables are new and empty
    access_lists, // those of startup-config and the CLI, as conf::print() writes them
};

struct StartFile { // read-only; again at a reload when it is another one
    FileKind kind;
    std::uint32_t absent; // 1: there is no such file (any more); the descriptor is of an empty one
};

enum class SecretKind : std::uint32_t { l2tp = 1, radius, control };

struct StartSecret {
    SecretKind kind;
    FixedText<254> value;
};

struct StartChannel { // a direct channel to another process; again whenever that one was restarted
    Proc proc;
    std::uint8_t unused;
    std::uint16_t instance;
};

struct StartLock { // with the writers' lock: held open as long as the process lives, and not used
    std::uint32_t unused;
};

// Of the fast path in the kernel (bpf/fast_path.h).
enum class MapKind : std::uint32_t { tunnel_ids = 1, tunnels, sessions, hosts, counters, lost, throttle };

struct StartMap { // with the map's descriptor, to be mapped and closed
    MapKind kind;
    std::uint32_t unused;
    std::uint64_t bytes;
};

struct StartDone {
    std::uint32_t unused;
};

// ---- Life of a worker ----

struct Ready { // the worker dropped its privileges and serves
    std::uint32_t unused;
};
struct Ping {
    std::uint64_t sequence;
};
struct Pong {
    std::uint64_t sequence;
};
struct LogLine {
    std::uint32_t level;
    FixedText<1018> text;
};
struct Violation { // the peer on a direct channel sent what it may not: the parent ends it
    Proc proc;
    std::uint8_t unused;
    std::uint16_t instance;
    FixedText<122> why;
};
struct ConfigChanged { // the config snapshot has a new generation
    std::uint64_t generation;
};
struct Stop { // end all sessions cleanly (CDN, StopCCN, Stop records), then answer Stopped; in any case by
    MonoTime by;
};
struct StillStopping { // sessions end one after the other: another Stop gives more time
    std::uint32_t left;
};
struct Stopped {
    std::uint32_t unused;
};
struct SettleAccounts { // answer AccountsSettled when servers have acknowledged every record, or nobody will; in any
    MonoTime by;        // case by then
};
struct AccountsSettled {
    std::uint64_t waiting; // records that stay in the spool
};
struct SaveState { // with a file to write all state to (save_state); answered by StateSaved
    std::uint32_t unused;
};
struct StateSaved {
    std::uint32_t error; // errno; 0 = all of it is in the file
    std::uint32_t tunnels;
    std::uint32_t sessions;
};
struct StateLoaded { // the file of kind `state` was read into the tables, or refused
    std::uint32_t refused;
    std::uint32_t tunnels;
    std::uint32_t sessions;
    FixedText<122> why; // it was refused
};

// ---- Authentication and accounting: sessiond and radiusd-client ----

enum class AuthMethod : std::uint8_t { none, pap, chap };

struct AuthRequest {
    std::uint32_t session;
    std::uint32_t generation;
    std::uint32_t request; // of sessiond; answers to an older one of this session are ignored
    AuthMethod method;
    std::uint8_t chap_id;
    std::uint16_t nas_port_tunnel;
    std::array<std::uint8_t, 16> chap_challenge;
    std::array<std::uint8_t, 16> chap_response;
    std::uint64_t acct_session_id;
    std::uint32_t tx_speed; // bit/s as the LAC said; 0 = not said
    std::uint32_t rx_speed;
    Ipv4 lac;
    std::uint32_t unused;
    FixedText<126> user;
    FixedText<126> password; // PAP only
    FixedText<62> calling;
    FixedText<62> called;
};

struct AuthCancel { // the session ended while the answer was awaited
    std::uint32_t session;
    std::uint32_t generation;
};

enum class AuthVerdict : std::uint8_t { accept, reject, unavailable };

struct AuthReply {
    std::uint32_t session;
    std::uint32_t generation;
    std::uint32_t request;
    AuthVerdict verdict;
    std::uint8_t route_count;
    std::uint16_t mtu;   // Framed-MTU; 0 = none
    Ipv4 framed_address; // unset = none given; 255.255.255.254 and .255 as RFC 2865 5.8
    Ipv4 framed_netmask; // unset = none given
    Ipv4 dns1;
    Ipv4 dns2;
    std::uint32_t session_timeout; // seconds; 0 = none
    std::uint32_t idle_timeout;
    std::uint32_t interim_interval; // 0 = as configured
    std::array<Ipv4, 10> route_addresses;
    std::array<std::uint8_t, 10> route_lengths;
    std::uint8_t class_count;
    std::uint8_t local;     // 1: from the subscribers file, not RADIUS
    FixedText<514> classes; // Class attributes: each one length octet and its value
    FixedText<62> filter_in;
    FixedText<62> filter_out;
    FixedText<514> avpairs; // Cisco-AVPair pairs, NUL-separated key=value
    FixedText<126> message; // Reply-Message, for PAP and CHAP
};

// on, off: Accounting-On and -Off (RFC 2866 5.1), of no session: session, generation and the counters
// are 0; acct_session_id is one that no session has.
enum class AcctKind : std::uint8_t { start, interim, stop, on, off };

struct AcctRequest {
    std::uint32_t session;
    std::uint32_t generation;
    AcctKind kind;
    AuthMethod method;
    std::uint8_t local; // authenticated by the subscribers file (Acct-Authentic)
    std::uint8_t route_count;
    std::uint32_t terminate_cause; // RFC 2866 5.10; stop only
    std::uint64_t acct_session_id;
    std::int64_t event_time;    // unix seconds
    std::uint32_t session_time; // seconds
    std::uint32_t sequence;     // of sessiond, echoed in AcctStored
    std::uint64_t octets_in;    // from the subscriber
    std::uint64_t octets_out;
    std::uint64_t packets_in;
    std::uint64_t packets_out;
    Ipv4 address;
    Ipv4 netmask;
    Ipv4 lac;
    std::uint32_t tx_speed;
    std::uint32_t rx_speed;
    std::uint16_t tunnel;
    std::array<std::uint16_t, 3> unused;
    FixedText<126> user;
    FixedText<62> calling;
    FixedText<62> called;
    FixedText<514> classes; // as in AuthReply
};

struct AcctStored { // the record is in the spool (or acknowledged, or accounting is off)
    std::uint32_t session;
    std::uint32_t generation;
    std::uint32_t sequence;
    AcctKind kind;
    std::array<std::uint8_t, 3> unused;
};

// ---- Forwarding: sessiond and datapathd. Hints: the forward table is the truth ----

struct ForwardChanged {
    std::uint32_t session;
    std::uint32_t generation;
};
struct Rescan { // hints were lost: scan the table
    std::uint32_t unused;
};
struct ForwardRemoved { // this worker counts nothing for that use of the slot any more
    std::uint32_t session;
    std::uint32_t generation;
};

struct FastPathPeer { // a LAC that has sessions: its interface is looked for
    Ipv4 peer;
};

// ---- Kernel routes: sessiond to parent ----

struct RouteAdd {
    Ipv4 address;
    std::uint8_t length;
    std::array<std::uint8_t, 3> unused;
};
struct RouteRemove {
    Ipv4 address;
    std::uint8_t length;
    std::array<std::uint8_t, 3> unused;
};
struct RouteSyncBegin { // sessiond (re)started: the RouteAdds up to RouteSyncEnd are all there are
    std::uint32_t unused;
};
struct RouteSyncEnd {
    std::uint32_t unused;
};

// ---- Operator: clid's master to sessiond and parent ----

struct DropSession {
    std::uint32_t request;
    std::uint32_t session;    // SID
    std::uint32_t generation; // 0: whichever has that SID
    std::uint32_t unused;
};
struct DropTunnel {
    std::uint32_t request;
    std::uint32_t tunnel; // TID, the local tunnel id
};
struct CommandResult {
    std::uint32_t request;
    std::uint32_t failed;
    FixedText<254> text;
};
struct RestartProcess { // what is installed now takes the place of what runs
    std::uint32_t request;
    Proc proc; // any: all
    std::array<std::uint8_t, 3> unused;
};
struct SetDrain { // refuse new calls and tunnels, or take them again
    std::uint32_t request;
    std::uint32_t on;
};

// What is wanted of a session's services; of what is not named nothing changes. 0, unset and empty end it.
struct ServiceChange {
    std::uint32_t named; // bits of ServiceNamed
    std::uint32_t throttle_in;
    std::uint32_t throttle_out;
    Ipv4 snoop_address;
    std::uint32_t snoop_port;
    FixedText<62> filter_in;
    FixedText<62> filter_out;
};
enum ServiceNamed : std::uint32_t {
    kNamedThrottleIn = 1,
    kNamedThrottleOut = 2,
    kNamedSnoop = 4,
    kNamedFilterIn = 8,
    kNamedFilterOut = 16,
    kAsConfigured = 32, // rates by throttle_speed, address and port by snoop_host and snoop_port
};
struct ChangeServices {
    std::uint32_t request;
    std::uint32_t session;    // SID
    std::uint32_t generation; // 0: whichever has that SID
    ServiceChange change;
};
struct Shutdown { // as SIGQUIT
    std::uint32_t request;
    std::uint32_t unused;
};
struct LogFollow { // from now on LogCopy up to this level, or none
    std::uint32_t on;
    std::uint32_t level;
};
struct LogCopy { // a line that was, or would have been, written to the log
    std::uint32_t level;
    std::uint32_t lost; // lines before it that there was no room for
    FixedText<1018> text;
};
struct LogWanted { // somebody looks at lines up to this level: send them, whatever `debug` says
    std::uint32_t level;
};
struct ShowRunning {
    std::uint32_t request;
    std::uint32_t only_access_lists;
};
// `set NAME VALUE`: a key of lib/conf/key_table.h and its value, for the parent to check by its own table.
struct SetKey {
    std::uint32_t request;
    std::uint32_t table_hash; // of the sender's key table
    std::uint16_t key;
    std::uint16_t kind;   // conf::ValueKind; of the three values below the others are empty
    std::uint32_t number; // also true and false, and the place of a word among those allowed
    Ipv4 address;
    FixedText<254> text;
};
struct ChangePlugin { // `load plugin NAME`, `remove plugin NAME`
    std::uint32_t request;
    std::uint32_t remove;
    FixedText<62> name; // a plain word
};
// A change of the access lists, for the parent to check by its own rules.
enum class AccessListVerb : std::uint8_t { begin = 1, add_rule, remove };
struct AccessListChange {
    AccessListVerb verb;
    conf::AccessKind kind;
    std::uint16_t unused;
    FixedText<62> name;
    conf::AccessRule rule; // of add_rule
};
struct EditAccessList {
    std::uint32_t request;
    AccessListChange change;
};
struct WriteMemory { // the configuration as it is to startup-config
    std::uint32_t request;
    std::uint32_t unused;
};
struct ReloadConfig { // as SIGHUP
    std::uint32_t request;
    std::uint32_t unused;
};
struct Document { // an answer of any length, with a sealed memory file that holds the text
    std::uint32_t request;
    std::uint32_t bytes;
    std::uint32_t failed; // the text says why
    std::uint32_t unused;
};

// ---- Between clid's master and its connection children ----

struct CliLogin {
    FixedText<126> user;
    FixedText<254> password; // as long as the users file allows
};
struct CliEnable {
    FixedText<254> password;
};
enum class CliVerb : std::uint32_t {
    drop_session = 1,
    drop_tunnel,
    show_running,
    restart,
    write_memory,
    reload,
    drain,
    no_drain,
    clear_counters,
    shutdown,
    follow_log, // argument: 0, or a level + 1
    show_access_lists,
};
struct CliCommand {
    CliVerb verb;
    std::uint32_t argument;
    std::uint32_t generation; // of the session to drop; 0: whichever has that SID
    std::uint32_t unused;
};
enum class CliVerdict : std::uint32_t { done, failed, goodbye }; // goodbye: failed, and the connection ends
struct CliAnswer {
    CliVerdict verdict;
    FixedText<254> text;
};
struct CliLogLine { // while follow_log is on
    std::uint32_t level;
    std::uint32_t lost; // lines before it
    FixedText<1018> text;
};
struct CliSet { // as SetKey
    std::uint32_t table_hash;
    std::uint16_t key;
    std::uint16_t kind;
    std::uint32_t number;
    Ipv4 address;
    FixedText<254> text;
};
struct CliPlugin { // as ChangePlugin
    std::uint32_t remove;
    FixedText<62> name;
};
struct CliServices { // as ChangeServices
    std::uint32_t session;
    std::uint32_t generation;
    ServiceChange change;
};
struct CliAccessList { // as EditAccessList
    AccessListChange change;
};
struct CliDocument { // with the memory file of Document
    std::uint32_t bytes;
    std::uint32_t failed;
};

// What the process of the control port met; the port's address is the client's.
enum class ControlEvent : std::uint32_t { request = 1, repeated, remote, malformed, wrong_secret, stale, busy };
struct ControlSeen {
    ControlEvent event;
    Ipv4 address;
    std::uint32_t port;
    FixedText<126> words; // of a request, as far as they fit
};

} // namespace lns::imsg

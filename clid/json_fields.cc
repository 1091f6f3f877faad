// SPDX-License-Identifier: ISC
#include "clid/json_fields.h"

#include <algorithm>

#include "clid/format_pool.h"
#include "clid/format_process.h"
#include "clid/format_radius.h"
#include "clid/format_tunnel.h"

namespace lns::clid {

namespace {

std::string user_of(const SessionRow& row) {
    return user_column(row.facts.record) == "*" ? kJsonNull : json(row.facts.record.user.view());
}

std::string routes_of(const SessionRow& row) {
    std::string list;
    const std::size_t count =
        row.aaa == nullptr ? 0 : std::min<std::size_t>(row.aaa->route_count, row.aaa->route_addresses.size());
    for (std::size_t i = 0; i < count; ++i)
        list += (i == 0 ? "" : ", ") + json(to_string(Prefix4{row.aaa->route_addresses[i], row.aaa->route_lengths[i]}));
    return "[" + list + "]";
}

std::string age(MonoTime now, MonoTime since) { return json(std::max<std::int64_t>(0, whole_seconds(now - since))); }

std::string sids_of(const TunnelRow& row) {
    std::string list;
    for (const SessionIndex sid : row.sids)
        list += (list.empty() ? "" : ", ") + std::to_string(raw(sid));
    return "[" + list + "]";
}

using S = SessionRow;
constexpr std::array kSessionFields{
    JsonField<S>{"sid", "session id", [](const S& r) { return json(raw(r.facts.sid)); }},
    JsonField<S>{"tid", "id of its tunnel", [](const S& r) { return json(raw(r.facts.tunnel.local_id)); }},
    JsonField<S>{"user", "name of the PPP authentication; null before it", user_of},
    JsonField<S>{"ip", "address of the subscriber; null before IPCP",
                 [](const S& r) { return json(r.facts.record.address); }},
    JsonField<S>{"intercepted", "true while copies of its packets are sent",
                 [](const S& r) { return json(r.facts.services.snooped()); }},
    JsonField<S>{"throttled", "true while it is slowed down",
                 [](const S& r) { return json(r.facts.services.throttled()); }},
    JsonField<S>{"walled_garden", "true while it is in the garden", [](const S&) { return json(false); }},
    JsonField<S>{"opened_seconds", "since authentication; before, since the call",
                 [](const S& r) { return json(opened_seconds(r.facts, r.now)); }},
    JsonField<S>{"idle_seconds", "since the last packet",
                 [](const S& r) { return json(idle_seconds(r.facts, r.now)); }},
    JsonField<S>{"downloaded_bytes", "received by the user",
                 [](const S& r) { return json(traffic_of(r.facts).downloaded); }},
    JsonField<S>{"uploaded_bytes", "sent by the user", [](const S& r) { return json(traffic_of(r.facts).uploaded); }},
    JsonField<S>{"downloaded_packets", "received by the user",
                 [](const S& r) { return json(traffic_of(r.facts).down_packets); }},
    JsonField<S>{"uploaded_packets", "sent by the user",
                 [](const S& r) { return json(traffic_of(r.facts).up_packets); }},
    JsonField<S>{"downloaded_dropped", "packets for the user that were dropped",
                 [](const S& r) { return json(traffic_of(r.facts).down_dropped); }, false},
    JsonField<S>{"uploaded_dropped", "packets of the user that were dropped",
                 [](const S& r) { return json(traffic_of(r.facts).up_dropped); }, false},
    JsonField<S>{"lac", "address of the LAC", [](const S& r) { return json(r.facts.tunnel.peer.address); }},
    JsonField<S>{"calling_number", "as the LAC gave it",
                 [](const S& r) { return json(r.facts.record.calling.view()); }},
    JsonField<S>{"called_number", "as the LAC gave it", [](const S& r) { return json(r.facts.record.called.view()); }},
    JsonField<S>{"ppp_phase", "Dead, Establish, Authenticate, Network or Terminate",
                 [](const S& r) { return json(ppp_phase(r.facts.record)); }},
    JsonField<S>{"dns", "the two name servers it was told, or null",
                 [](const S& r) { return "[" + json(r.facts.record.dns1) + ", " + json(r.facts.record.dns2) + "]"; },
                 false},
    JsonField<S>{"routes", "prefixes routed to it", routes_of, false},
    JsonField<S>{"filter_in", "name of the filter for its packets",
                 [](const S& r) { return r.aaa == nullptr ? json("") : json(r.aaa->filter_in.view()); }, false},
    JsonField<S>{"filter_out", "name of the filter for packets to it",
                 [](const S& r) { return r.aaa == nullptr ? json("") : json(r.aaa->filter_out.view()); }, false},
    JsonField<S>{"snoop", "address and port that copies of its packets go to; null: none do",
                 [](const S& r) {
                     const shm::SessionServices& s = r.facts.services;
                     return s.snooped() ? json(to_string(s.snoop())) : kJsonNull;
                 },
                 false},
    JsonField<S>{"throttle_in", "kbit/s it may send at most; 0: no limit",
                 [](const S& r) { return json(r.facts.services.throttle_in); }, false},
    JsonField<S>{"throttle_out", "kbit/s it may receive at most; 0: no limit",
                 [](const S& r) { return json(r.facts.services.throttle_out); }, false},
    JsonField<S>{"session_timeout", "seconds it may last; 0: no limit",
                 [](const S& r) { return json(r.facts.record.session_timeout); }, false},
    JsonField<S>{"idle_timeout", "seconds it may be silent; 0: no limit",
                 [](const S& r) { return json(r.facts.record.idle_timeout); }, false},
    JsonField<S>{"mru", "largest packet to it", [](const S& r) { return json(r.facts.record.mru); }, false},
    JsonField<S>{"rx_speed", "bits a second, as the LAC said", [](const S& r) { return json(r.facts.record.rx_speed); },
                 false},
    JsonField<S>{"tx_speed", "bits a second, as the LAC said", [](const S& r) { return json(r.facts.record.tx_speed); },
                 false},
};

constexpr std::array kUserFields{
    JsonField<S>{"user", "name of the PPP authentication", user_of},
    JsonField<S>{"sid", "session id", [](const S& r) { return json(raw(r.facts.sid)); }},
};

using T = TunnelRow;
constexpr std::array kTunnelFields{
    JsonField<T>{"tid", "tunnel id", [](const T& r) { return json(raw(r.record.local_id)); }},
    JsonField<T>{"hostname", "what the LAC calls itself", [](const T& r) { return json(r.record.host_name.view()); }},
    JsonField<T>{"ip", "address of the LAC", [](const T& r) { return json(r.record.peer.address); }},
    JsonField<T>{"state", "Opening, Open or Dieing",
                 [](const T& r) { return json(tunnel_state_word(r.record.state)); }},
    JsonField<T>{"session_count", "number of its sessions", [](const T& r) { return json(r.sessions); }},
    JsonField<T>{"vendor", "what the LAC's maker is called",
                 [](const T& r) { return json(r.record.vendor_name.view()); }},
    JsonField<T>{"port", "UDP port of the LAC", [](const T& r) { return json(r.record.peer.port); }},
    JsonField<T>{"remote_tid", "id the LAC gave it", [](const T& r) { return json(raw(r.record.peer_id)); }},
    JsonField<T>{"local_ip", "our address it uses", [](const T& r) { return json(r.record.local_address); }},
    JsonField<T>{"authenticated", "true when the LAC proved the secret",
                 [](const T& r) { return json(r.record.authenticated); }},
    JsonField<T>{"opened_seconds", "since it was asked for", [](const T& r) { return age(r.now, r.record.created); }},
    JsonField<T>{"sessions", "the sids of its sessions", sids_of, false},
};

using L = LeaseRow;
constexpr std::array kLeaseFields{
    JsonField<L>{"ip", "the address", [](const L& r) { return json(r.record.address); }},
    JsonField<L>{"used", "false: kept for its last user", [](const L& r) { return json(is_used(r.record)); }},
    JsonField<L>{"sid", "of the session that uses it, or null",
                 [](const L& r) { return is_used(r.record) ? json(raw(r.record.session)) : kJsonNull; }},
    JsonField<L>{"user", "its user, or the last one", [](const L& r) { return json(r.record.user.view()); }},
    JsonField<L>{"released_seconds", "since it was released, or null",
                 [](const L& r) { return is_used(r.record) ? kJsonNull : age(r.now, r.record.released); }},
};

using R = shm::RadiusRequestRecord;
constexpr std::array kRadiusFields{
    JsonField<R>{"id", "identifier in the packet", [](const R& r) { return json(std::uint32_t{r.id}); }},
    JsonField<R>{"state", "as in the table", [](const R& r) { return json(radius_state_word(r.state)); }},
    JsonField<R>{"sid", "of its session", [](const R& r) { return json(r.session); }},
    JsonField<R>{"retry", "when it is sent again, unix seconds", [](const R& r) { return json(r.retry_at); }},
    JsonField<R>{"try", "how often it was sent", [](const R& r) { return json(r.tries); }},
};

using P = ProcessRow;
constexpr std::array kProcessFields{
    JsonField<P>{"process", "name of the program, with its number where there are several",
                 [](const P& r) { return json(program_name(static_cast<Proc>(r.record.proc), r.record.instance)); }},
    JsonField<P>{"pid", "process number", [](const P& r) { return json(r.record.pid); }},
    JsonField<P>{"uid", "its user", [](const P& r) { return json(r.record.uid); }},
    JsonField<P>{"user", "the name of that user, or null",
                 [](const P& r) { return r.record.user.empty() ? kJsonNull : json(r.record.user.view()); }},
    JsonField<P>{"state", "starting, running or waiting",
                 [](const P& r) { return json(process_state_word(r.record.state)); }},
    JsonField<P>{"seconds", "since it was started", [](const P& r) { return json(process_age(r.record, r.now)); }},
    JsonField<P>{"restarts", "how often it was started again", [](const P& r) { return json(r.record.restarts); }},
    JsonField<P>{"messages_in", "from it to l2tpnsd", [](const P& r) { return json(r.record.messages_in); }},
    JsonField<P>{"messages_out", "from l2tpnsd to it", [](const P& r) { return json(r.record.messages_out); }},
    JsonField<P>{"queued", "messages that wait", [](const P& r) { return json(r.record.queued); }},
    JsonField<P>{"last_exit", "how it ended the last time; empty: never",
                 [](const P& r) { return json(r.record.last_exit.view()); }},
};

using C = CounterFacts;
constexpr std::array kCounterFields{
    JsonField<C>{"process", "the program that counts",
                 [](const C& r) { return json(program_name(r.proc, r.instance)); }},
    JsonField<C>{"counter", "its name", [](const C& r) { return json(r.text.name); }},
    JsonField<C>{"value", "since it was cleared", [](const C& r) { return json(r.value); }},
};

using D = TrafficTotals::Direction;
constexpr std::array kTrafficFields{
    JsonField<D>{"bytes", "of the IP packets that were forwarded", [](const D& r) { return json(r.octets); }},
    JsonField<D>{"packets", "that were forwarded", [](const D& r) { return json(r.packets); }},
    JsonField<D>{"dropped", "packets that were not", [](const D& r) { return json(r.dropped); }},
};

using F = FastPathRow;
constexpr std::array kFastPathFields{
    JsonField<F>{"mode", "tc, stack, redirect or off", [](const F& r) { return json(r.mode); }},
    JsonField<F>{"why_off", "why it is off; empty when it is not",
                 [](const F& r) { return json(r.record.why_off.view()); }},
    JsonField<F>{"interfaces", "that it is attached to, separated by commas",
                 [](const F& r) { return json(r.record.interfaces.view()); }},
    JsonField<F>{"warnings", "of settings that do not go with the mode, a line each",
                 [](const F& r) { return json(r.record.warnings.view()); }},
    JsonField<F>{"sessions", "sessions that the kernel forwards by itself",
                 [](const F& r) { return json(r.sessions); }},
    JsonField<F>{"outlives", "whether it goes on when all processes are dead",
                 [](const F& r) { return json(r.record.pinned); }},
};

using M = shm::TableMemory;
constexpr std::array kTableMemoryFields{
    JsonField<M>{"table", "its name, with a number where there are several",
                 [](const M& r) { return json(table_name(r)); }},
    JsonField<M>{"records", "it has room for", [](const M& r) { return json(r.records); }},
    JsonField<M>{"bytes", "of memory in use", [](const M& r) { return json(r.octets); }},
};
constexpr std::array kProcessMemoryFields{
    JsonField<shm::ProcessRecord>{
        "process", "name of the program, with its number where there are several",
        [](const shm::ProcessRecord& r) { return json(program_name(static_cast<Proc>(r.proc), r.instance)); }},
    JsonField<shm::ProcessRecord>{"bytes", "of memory that it shares with nobody",
                                  [](const shm::ProcessRecord& r) { return json(r.memory); }},
};

using U = UptimeRow;
constexpr std::array kUptimeFields{
    JsonField<U>{"seconds", "since the suite was started", [](const U& r) { return json(r.uptime.seconds); }},
    JsonField<U>{"users", "sessions that are online", [](const U& r) { return json(r.uptime.users); }},
    JsonField<U>{"load", "average of 1, 5 and 15 minutes",
                 [](const U& r) {
                     const auto& load = r.uptime.load;
                     return "[" + json(load[0]) + ", " + json(load[1]) + ", " + json(load[2]) + "]";
                 }},
    JsonField<U>{"up_bytes", "a second, from the LACs", [](const U& r) { return json(r.rate.up_octets); }},
    JsonField<U>{"down_bytes", "a second, to the LACs", [](const U& r) { return json(r.rate.down_octets); }},
    JsonField<U>{"up_packets", "a second, from the LACs", [](const U& r) { return json(r.rate.up_packets); }},
    JsonField<U>{"down_packets", "a second, to the LACs", [](const U& r) { return json(r.rate.down_packets); }},
    JsonField<U>{"draining", "true while new tunnels and calls are refused",
                 [](const U& r) { return json(r.draining); }},
};

struct Section {
    const char* command;
    const char* text; // in front of the list
    std::string fields;
};

} // namespace

std::span<const JsonField<SessionRow>> session_fields() { return kSessionFields; }
std::span<const JsonField<SessionRow>> user_fields() { return kUserFields; }
std::span<const JsonField<TunnelRow>> tunnel_fields() { return kTunnelFields; }
std::span<const JsonField<LeaseRow>> lease_fields() { return kLeaseFields; }
std::span<const JsonField<shm::RadiusRequestRecord>> radius_fields() { return kRadiusFields; }
std::span<const JsonField<ProcessRow>> process_fields() { return kProcessFields; }
std::span<const JsonField<CounterFacts>> counter_fields() { return kCounterFields; }
std::span<const JsonField<TrafficTotals::Direction>> traffic_fields() { return kTrafficFields; }
std::span<const JsonField<FastPathRow>> fast_path_fields() { return kFastPathFields; }

std::span<const JsonField<shm::TableMemory>> table_memory_fields() { return kTableMemoryFields; }
std::span<const JsonField<shm::ProcessRecord>> process_memory_fields() { return kProcessMemoryFields; }
std::span<const JsonField<UptimeRow>> uptime_fields() { return kUptimeFields; }

std::string json_manual() {
    const std::array sections{
        Section{"show session", "An object with the array\n.Li sessions :\n", json_fields_manual(session_fields())},
        Section{"show users", "An object with the array\n.Li users ;\nwith names, the array\n.Li sessions\nas above:\n",
                json_fields_manual(user_fields())},
        Section{"show tunnels", "An object with the array\n.Li tunnels :\n", json_fields_manual(tunnel_fields())},
        Section{"show pool",
                "An object with the array\n.Li addresses\nand the numbers\n.Li free , reserved\nand\n.Li used :\n",
                json_fields_manual(lease_fields())},
        Section{"show radius", "An object with the array\n.Li requests\nand the numbers\n.Li free\nand\n.Li used :\n",
                json_fields_manual(radius_fields())},
        Section{"show processes", "An object with the array\n.Li processes :\n", json_fields_manual(process_fields())},
        Section{
            "show counters",
            "An object with the array\n.Li counters ,\nthe time\n.Li last_reset\nin unix seconds, or null,\nand the "
            "objects\n.Li from_subscribers\nand\n.Li to_subscribers .\nA counter has\n",
            json_fields_manual(counter_fields()) + "and the two objects have\n" + json_fields_manual(traffic_fields())},
        Section{"show fast-path", "An object:\n", json_fields_manual(fast_path_fields())},
        Section{"show memory",
                "An object with the arrays\n.Li tables\nand\n.Li processes ,\nand the numbers\n.Li bytes ,\nof all of "
                "them, and\n.Li sessions .\nA table has\n",
                json_fields_manual(table_memory_fields()) + "and a process has\n" +
                    json_fields_manual(process_memory_fields())},
        Section{"uptime", "An object:\n", json_fields_manual(uptime_fields())},
    };
    std::string text;
    for (const Section& section : sections)
        text += ".It Ic " + std::string(section.command) + " json\n" + section.text + section.fields;
    return text;
}

} // namespace lns::clid

// SPDX-License-Identifier: ISC
#include "clid/format_session.h"

#include <algorithm>

#include "clid/text_line.h"
#include "lib/base/escape.h"

namespace lns::clid {

namespace {

std::uint64_t since(std::uint64_t value, std::uint64_t baseline) { return value > baseline ? value - baseline : 0; }

std::int64_t seconds_between(MonoTime from, MonoTime to) { return std::max<std::int64_t>(0, whole_seconds(to - from)); }

bool is_open(const shm::SessionRecord& record) { return record.opened != MonoTime{}; }
MonoTime start_of(const shm::SessionRecord& record) { return is_open(record) ? record.opened : record.created; }

std::string field(const char* name, const std::string& value) {
    return text_line("\t%s:%s%s\n", name, std::char_traits<char>::length(name) < 7 ? "\t\t" : "\t", value.c_str());
}

std::string pair_of(std::uint64_t a, std::uint64_t b) { return std::to_string(a) + "/" + std::to_string(b); }
std::string in_seconds(std::int64_t n) { return std::to_string(n) + " seconds"; }

const char* letter(bool yes) { return yes ? "Y" : "N"; }

std::string throttle_text(const shm::SessionServices& services) {
    const auto rate = [](std::uint32_t kbits) { return kbits == 0 ? "none" : std::to_string(kbits) + "kbps"; };
    return services.throttled() ? "YES (" + rate(services.throttle_in) + "/" + rate(services.throttle_out) + ")" : "no";
}

std::string format_limits(const shm::SessionRecord& r) {
    if (r.session_timeout == 0 && r.idle_timeout == 0) return "";
    return field("Sess Timeout", in_seconds(r.session_timeout)) + field("Idle Timeout", in_seconds(r.idle_timeout));
}

std::string format_aaa(const shm::SessionAaa& aaa) {
    std::string out;
    const std::size_t routes = std::min<std::size_t>(aaa.route_count, aaa.route_addresses.size());
    for (std::size_t i = 0; i < routes; ++i)
        out += field("Route", to_string(Prefix4{aaa.route_addresses[i], aaa.route_lengths[i]}));
    if (!aaa.filter_in.empty()) out += field("Filter in", escape(aaa.filter_in.view()));
    if (!aaa.filter_out.empty()) out += field("Filter out", escape(aaa.filter_out.view()));
    return out;
}

} // namespace

const char* ppp_phase(const shm::SessionRecord& record) {
    switch (record.state) {
    case shm::SessionState::free:
    case shm::SessionState::connecting:
        return "Dead";
    case shm::SessionState::starting:
        if (is_open(record)) return "Network";
        return record.auth_pending ? "Authenticate" : "Establish";
    case shm::SessionState::open:
        return "Network";
    case shm::SessionState::closing:
        return "Terminate";
    }
    return "unknown";
}

Traffic traffic_of(const SessionFacts& facts) {
    const shm::Counters64& base = facts.record.baseline;
    const shm::Counters64& more = facts.record.carried;
    return {since(facts.counters.down_octets, base.down_octets) + more.down_octets,
            since(facts.counters.up_octets, base.up_octets) + more.up_octets,
            since(facts.counters.down_packets, base.down_packets) + more.down_packets,
            since(facts.counters.up_packets, base.up_packets) + more.up_packets,
            since(facts.counters.down_dropped, base.down_dropped) + more.down_dropped,
            since(facts.counters.up_dropped, base.up_dropped) + more.up_dropped};
}

std::int64_t opened_seconds(const SessionFacts& facts, MonoTime now) {
    return seconds_between(start_of(facts.record), now);
}

std::int64_t idle_seconds(const SessionFacts& facts, MonoTime now) {
    const std::uint64_t last = std::max(facts.counters.last_up, facts.counters.last_down); // 0: none yet
    MonoTime start = start_of(facts.record); // of one that was saved and loaded, maybe before this boot
    if (facts.record.last_traffic != MonoTime{}) start = std::max(start, facts.record.last_traffic);
    const MonoTime packet = last == 0 ? start : MonoTime{Clock::duration(static_cast<Clock::rep>(last))};
    // The counters of a slot outlive its sessions: a packet before the call was another's.
    return seconds_between(std::max(packet, start), now);
}

std::string user_column(const shm::SessionRecord& record) {
    const bool authenticated = is_open(record) || record.state == shm::SessionState::open;
    return record.user.empty() || !authenticated ? "*" : escape(record.user.view());
}

std::string format_session_header() {
    return text_line("%5s %4s %-32s %-15s %s %s %s %10s %10s %10s %4s %-15s %s", "SID", "TID", "Username", "IP", "I",
                     "T", "G", "opened", "downloaded", "uploaded", "idle", "LAC", "CLI");
}

std::string format_session_row(const SessionFacts& facts, MonoTime now) {
    const Traffic traffic = traffic_of(facts);
    return text_line(
        "%5u %4u %-32s %-15s %s %s %s %10lld %10llu %10llu %4lld %-15s %s", raw(facts.sid), raw(facts.tunnel.local_id),
        user_column(facts.record).c_str(), to_string(facts.record.address).c_str(), letter(facts.services.snooped()),
        letter(facts.services.throttled()), "N", static_cast<long long>(opened_seconds(facts, now)),
        static_cast<unsigned long long>(traffic.downloaded), static_cast<unsigned long long>(traffic.uploaded),
        static_cast<long long>(idle_seconds(facts, now)), to_string(facts.tunnel.peer.address).c_str(),
        escape(facts.record.calling.view()).c_str());
}

std::string format_session_detail(const SessionFacts& facts, const std::optional<shm::SessionAaa>& aaa, MonoTime now) {
    const shm::SessionRecord& r = facts.record;
    const Traffic traffic = traffic_of(facts);
    std::string out = text_line("\nSession %u:\n", raw(facts.sid));
    out += field("User", user_column(r));
    out += field("Calling Num", escape(r.calling.view()));
    out += field("Called Num", escape(r.called.view()));
    out += field("Tunnel ID", std::to_string(raw(facts.tunnel.local_id)));
    out += field("LAC", to_string(facts.tunnel.peer.address));
    out += field("PPP Phase", ppp_phase(r));
    out += field("IP address", to_string(r.address));
    if (r.dns1.is_set() || r.dns2.is_set()) out += field("DNS", to_string(r.dns1) + " " + to_string(r.dns2));
    if (aaa) out += format_aaa(*aaa);
    out += field("Unique SID", std::to_string(raw(facts.sid)));
    out += field("Opened", in_seconds(opened_seconds(facts, now)));
    out += field("Idle time", in_seconds(idle_seconds(facts, now)));
    out += format_limits(r);
    out += field("Bytes In/Out", pair_of(traffic.downloaded, traffic.uploaded));
    out += field("Pkts In/Out", pair_of(traffic.down_packets, traffic.up_packets));
    out += field("Drop In/Out", pair_of(traffic.down_dropped, traffic.up_dropped));
    out += field("MRU", std::to_string(r.mru));
    out += field("Rx Speed", std::to_string(r.rx_speed));
    out += field("Tx Speed", std::to_string(r.tx_speed));
    out += field("Intercepted", facts.services.snooped() ? to_string(facts.services.snoop()) : "no");
    out += field("Walled Garden", "no");
    out += field("Throttled", throttle_text(facts.services));
    out.pop_back(); // the caller's line end
    return out;
}

} // namespace lns::clid

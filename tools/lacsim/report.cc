// SPDX-License-Identifier: ISC
#include "tools/lacsim/report.h"

namespace lns::lacsim {
namespace {

void report_reasons(Json& json, std::string_view name, const Reasons& reasons) {
    json.begin(name);
    for (const auto& [reason, count] : reasons.counts())
        json.number(reason, count);
    json.end();
}

template <class Counters, std::size_t N>
void report_counters(Json& json, std::string_view name, const Counters& counters,
                     const std::array<CounterName<Counters>, N>& names) {
    json.begin(name);
    for (const auto& row : names)
        json.number(row.name, counters.*row.value);
    json.end();
}

double setup_seconds(const Statistics& s) {
    return s.last_up > s.first_start ? std::chrono::duration<double>(s.last_up - s.first_start).count() : 0;
}

bool numbered_rightly(const Options& options, const L2tpCounters& l2tp) {
    return l2tp.data_unnumbered == 0 && (l2tp.data_backwards == 0 || options.impair.any());
}

} // namespace

void report_latency(Json& json, std::string_view name, const Histogram& h) {
    json.begin(name);
    json.number("samples", h.count());
    json.real("p50", h.percentile_ms(0.5)).real("p90", h.percentile_ms(0.9)).real("p99", h.percentile_ms(0.99));
    json.real("max", h.max_ms());
    json.end();
}

void report_sessions(Json& json, const Options& options, const Statistics& s) {
    json.text("lns", to_string(options.lns));
    json.begin("tunnels").number("attempted", s.tunnels_attempted).number("up", s.tunnels_up);
    json.number("failed", s.tunnels_failed.total());
    report_reasons(json, "failures", s.tunnels_failed);
    json.number("ended_by_lns", s.tunnels_ended_by_lns.total());
    report_reasons(json, "ends", s.tunnels_ended_by_lns);
    json.end();
    json.begin("sessions").number("attempted", s.sessions_attempted).number("up", s.sessions_up);
    json.number("up_now", s.sessions_up_now).number("failed", s.sessions_failed.total());
    report_reasons(json, "failures", s.sessions_failed);
    json.number("ended_by_us", s.sessions_ended_by_us).number("ended_by_lns", s.sessions_ended_by_lns.total());
    report_reasons(json, "ends", s.sessions_ended_by_lns);
    json.end();
    json.begin("setup").real("seconds", setup_seconds(s));
    json.real("rate", setup_seconds(s) > 0 ? static_cast<double>(s.sessions_up) / setup_seconds(s) : 0);
    json.begin("latency_ms");
    report_latency(json, "tunnel", s.tunnel_latency);
    report_latency(json, "total", s.total_latency);
    report_latency(json, "call", s.call_latency);
    report_latency(json, "lcp", s.lcp_latency);
    report_latency(json, "authentication", s.auth_latency);
    report_latency(json, "ipcp", s.ipcp_latency);
    json.end().end();
    json.begin("authenticated").number("pap", s.authenticated_pap).number("chap", s.authenticated_chap);
    json.number("none", s.authenticated_none).end();
    json.number("renegotiated_by_us", s.renegotiated);
    json.number("renegotiated_without_authentication", s.authentication_skipped);
    report_counters(json, "ppp", s.ppp, kPppCounterNames);
    report_counters(json, "l2tp", s.l2tp, kL2tpCounterNames);
    json.number("malformed_total", s.malformed_total());
    json.begin("malformed");
    for (std::size_t i = 0; i < s.malformed.size(); ++i)
        if (s.malformed[i] > 0) json.number(kMalformedNames[i], s.malformed[i]);
    json.end();
}

bool as_asked(const Options& options, const Statistics& s) {
    if (!numbered_rightly(options, s.l2tp)) return false;
    if (s.malformed_total() != 0 || s.tunnels_failed.total() != 0) return false;
    if (s.tunnels_up != options.tunnels || s.sessions_failed.total() != 0) return false;
    if (s.sessions_up != std::uint64_t{options.sessions} * options.repeat) return false;
    if (options.hangup_by_lns.count() > 0) return s.sessions_ended_by_lns.total() == s.sessions_up;
    return s.sessions_ended_by_lns.total() == 0 && s.tunnels_ended_by_lns.total() == 0;
}

} // namespace lns::lacsim

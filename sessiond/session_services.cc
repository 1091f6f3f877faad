// SPDX-License-Identifier: ISC
// Sessions: throttling, interception and filters, as the operator wants them. Their records are committed before the
// flags that make datapathd look at them.
#include <algorithm>

#include "lib/base/escape.h"
#include "lib/base/log.h"
#include "sessiond/sessions.h"

namespace lns::sessiond {

namespace {

std::string rate(std::uint32_t kbits) { return kbits == 0 ? "unlimited" : std::to_string(kbits) + " kbit/s"; }

std::string describe(const Services& services) {
    const shm::SessionServices& s = services.record;
    std::string text = s.throttled() ? "throttled to " + rate(s.throttle_in) + " in, " + rate(s.throttle_out) + " out"
                                     : "not throttled";
    text += s.snooped() ? "; intercepted to " + to_string(s.snoop()) : "; not intercepted";
    if (!services.filter_in.empty()) text += "; filtered in by " + escape(services.filter_in.view());
    if (!services.filter_out.empty()) text += "; filtered out by " + escape(services.filter_out.view());
    return text;
}

} // namespace

bool Sessions::is_subscribers(Ipv4 address) const {
    return pool_.in_pool(address) || pool_.holder(address) != SessionIndex::none;
}

bool Sessions::is_defined(std::string_view access_list) const {
    return access_list.empty() || std::ranges::find(access_lists_, access_list) != access_lists_.end();
}

// They let everything pass, as in the original: the server of one site may serve another kind of LNS, too.
void Sessions::warn_of_undefined_filters(const Work& w, const shm::SessionAaa& aaa) const {
    for (const std::string_view name : {aaa.filter_in.view(), aaa.filter_out.view()})
        if (!is_defined(name))
            log_limited(LogLevel::warning, "session %u: there is no access list %s: %s is not filtered by it",
                        raw(w.index), escape(name).c_str(), escape(w.record.user.view()).c_str());
}

Result<std::string> Sessions::change_services(SessionIndex session, Generation generation,
                                              const imsg::ServiceChange& change) {
    const bool exists = raw(session) != 0 && raw(session) < cx_.store.session_slots();
    Work w = exists ? load(session) : Work{};
    const bool live = w.record.state != shm::SessionState::free && w.record.state != shm::SessionState::closing;
    if (!live || (generation != Generation::none && generation != w.record.generation))
        return failure("Session " + std::to_string(raw(session)) + " is not active");
    // Copies of copies would go round until the end of days.
    if (is_subscribers(snoop_target(change, cx_.config).address))
        return failure("Copies cannot be sent to a subscriber's address");
    for (const std::string_view name : {change.filter_in.view(), change.filter_out.view()})
        if (!is_defined(name)) return failure("Access-list " + escape(name) + " not defined");
    shm::SessionAaa aaa = w.record.has_aaa ? cx_.store.aaa(session) : shm::SessionAaa{};
    aaa.generation = w.record.generation;
    Services services{cx_.store.services(session, w.record.generation), aaa.filter_in, aaa.filter_out};
    auto done = apply_change(change, cx_.config, escape(w.record.user.view()), services);
    if (!done) return done;
    cx_.store.save(session, services.record);
    const bool in = (change.named & imsg::kNamedFilterIn) != 0;
    const bool out = (change.named & imsg::kNamedFilterOut) != 0;
    if (in || out) {
        aaa.filter_in = services.filter_in;
        aaa.filter_out = services.filter_out;
        aaa.filter_in_ordered = aaa.filter_in_ordered || in;
        aaa.filter_out_ordered = aaa.filter_out_ordered || out;
        cx_.store.save(session, aaa);
        w.record.has_aaa = true;
        commit(w);
    }
    publish_services(w);
    log_warnx("session %u (%s): %s", raw(session), escape(w.record.user.view()).c_str(), describe(services).c_str());
    return done;
}

void Sessions::publish_services(const Work& w) {
    shm::ForwardRecord forward = cx_.store.forward(w.index);
    if (forward.state != shm::ForwardState::active || forward.generation != w.record.generation) return;
    const shm::SessionAaa aaa = w.record.has_aaa ? cx_.store.aaa(w.index) : shm::SessionAaa{};
    forward.flags = forward_flags(w, aaa);
    forwarding_.activate(w.index, forward);
}

std::uint16_t Sessions::forward_flags(const Work& w, const shm::SessionAaa& aaa) const {
    const std::uint16_t flags = service_flags(cx_.store.services(w.index, w.record.generation), aaa, cx_.config);
    if (!w.core.call.sequencing_required) return flags;
    return static_cast<std::uint16_t>(flags | shm::kSequenced);
}

void Sessions::burst_changed() {
    for (const SessionIndex session : cx_.store.all_sessions())
        refresh_burst(load(session));
}

void Sessions::refresh_burst(const Work& w) {
    const shm::SessionServices known = cx_.store.services(w.index, w.record.generation);
    shm::SessionServices services = known;
    set_bursts(cx_.config, services);
    if (services.burst_in == known.burst_in && services.burst_out == known.burst_out) return;
    cx_.store.save(w.index, services);
    publish_services(w);
}

} // namespace lns::sessiond

// SPDX-License-Identifier: ISC
#include "sessiond/services.h"

#include "lib/conf/throttle.h"

namespace lns::sessiond {

namespace {

bool names(const imsg::ServiceChange& change, std::uint32_t bits) { return (change.named & bits) != 0; }

bool as_configured(const imsg::ServiceChange& change) { return names(change, imsg::kAsConfigured); }

using Outcome = Result<std::string>;

std::uint16_t burst(const conf::Config& config, std::uint32_t kbits) {
    return kbits == 0 ? std::uint16_t{0} : conf::throttle_burst(config, kbits);
}

Outcome change_throttle(const imsg::ServiceChange& change, const conf::Config& config, const std::string& user,
                        shm::SessionServices& services) {
    shm::SessionServices wanted = services;
    if (names(change, imsg::kNamedThrottleIn))
        wanted.throttle_in = as_configured(change) ? config.throttle_speed : change.throttle_in;
    if (names(change, imsg::kNamedThrottleOut))
        wanted.throttle_out = as_configured(change) ? config.throttle_speed : change.throttle_out;
    const bool ends = !as_configured(change) && change.throttle_in == 0 && change.throttle_out == 0;
    // The manual: throttling is not used at all. One that is throttled already can be let go.
    if (!ends && config.throttle_speed == 0) return failure("Throttling is off: set throttle_speed first");
    if (ends && !services.throttled()) return failure("User " + user + " is not throttled");
    set_bursts(config, wanted);
    services = wanted;
    return (services.throttled() ? "Throttling user " : "Unthrottling user ") + user;
}

Outcome change_snoop(const imsg::ServiceChange& change, const conf::Config& config, const std::string& user,
                     shm::SessionServices& services) {
    const Endpoint to = snoop_target(change, config);
    const bool ends = !as_configured(change) && !change.snoop_address.is_set();
    if (!ends && (!to.address.is_set() || to.port == 0))
        return failure("Specify an IP address and a port: snoop_host and snoop_port are not set");
    if (ends && !services.snooped()) return failure("User " + user + " is not intercepted");
    services.snoop_address = to.address;
    services.snoop_port = to.port;
    return ends ? "Not snooping user " + user : "Snooping user " + user + " to " + to_string(to);
}

Outcome change_filters(const imsg::ServiceChange& change, const std::string& user, Services& services) {
    const bool ends = change.filter_in.empty() && change.filter_out.empty();
    if (ends && services.filter_in.empty() && services.filter_out.empty())
        return failure("User " + user + " is not filtered");
    if (names(change, imsg::kNamedFilterIn)) services.filter_in = change.filter_in;
    if (names(change, imsg::kNamedFilterOut)) services.filter_out = change.filter_out;
    return (ends ? "Removing filters from user " : "Filtering user ") + user;
}

} // namespace

Endpoint snoop_target(const imsg::ServiceChange& change, const conf::Config& config) {
    if (!names(change, imsg::kNamedSnoop)) return {};
    if (as_configured(change)) return {config.snoop_host, config.snoop_port};
    return {change.snoop_address, static_cast<std::uint16_t>(change.snoop_port)};
}

Result<std::string> apply_change(const imsg::ServiceChange& change, const conf::Config& config, std::string_view user,
                                 Services& services) {
    const std::string whom(user);
    if (names(change, imsg::kNamedThrottleIn | imsg::kNamedThrottleOut))
        return change_throttle(change, config, whom, services.record);
    if (names(change, imsg::kNamedSnoop)) return change_snoop(change, config, whom, services.record);
    if (names(change, imsg::kNamedFilterIn | imsg::kNamedFilterOut)) return change_filters(change, whom, services);
    return failure("Nothing was asked for");
}

void keep_orders(const shm::SessionAaa& before, shm::SessionRecord& record, shm::SessionAaa& aaa) {
    if (before.generation != record.generation) return;
    if (before.filter_in_ordered) aaa.filter_in = before.filter_in;
    if (before.filter_out_ordered) aaa.filter_out = before.filter_out;
    aaa.filter_in_ordered = before.filter_in_ordered;
    aaa.filter_out_ordered = before.filter_out_ordered;
    record.has_aaa = record.has_aaa || aaa.filter_in_ordered || aaa.filter_out_ordered;
}

void set_bursts(const conf::Config& config, shm::SessionServices& services) {
    services.burst_in = burst(config, services.throttle_in);
    services.burst_out = burst(config, services.throttle_out);
}

std::uint16_t service_flags(const shm::SessionServices& services, const shm::SessionAaa& aaa,
                            const conf::Config& config) {
    unsigned flags = 0;
    if (services.throttled()) flags |= shm::kThrottled;
    if (services.snooped()) flags |= shm::kSnooped;
    if (!aaa.filter_in.empty() || !aaa.filter_out.empty()) flags |= shm::kFiltered;
    if (config.packet_limit != 0) flags |= shm::kPacketLimited;
    return static_cast<std::uint16_t>(flags);
}

} // namespace lns::sessiond

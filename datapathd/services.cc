// SPDX-License-Identifier: ISC
#include "datapathd/services.h"

namespace lns::datapath {

namespace {

constexpr FineTime kLimitPeriod = 100 * kFinePerMillisecond; // of packet_limit

// A copy that comes back, because the way to where copies go leads through a tunnel, is not copied again.
// `front`: at least the headers.
bool is_copy(Endpoint to, Bytes front) {
    std::uint8_t version_ihl = 0;
    std::uint16_t fragment = 0;
    std::uint8_t protocol = 0;
    Endpoint destination;
    Reader r(front);
    if (!r.u8(version_ihl) || !r.skip(5) || !r.u16(fragment) || !r.skip(1) || !r.u8(protocol) || !r.skip(6) ||
        !r.u32(destination.address.value) || !r.skip((version_ihl & 0xfU) * 4 - kIpv4HeaderSize) || !r.skip(2) ||
        !r.u16(destination.port))
        return false;
    return protocol == kProtocolUdp && (fragment & kIpOffsetMask) == 0 && destination == to;
}

} // namespace

void Services::configure(const conf::Config& config) { packet_limit_ = config.packet_limit; }

void Services::prefetch(SessionIndex session) const noexcept {
    if (expected_ == 0 || raw(session) >= tables_.throttle.size()) return;
    tables_.services.prefetch(raw(session));
    __builtin_prefetch(&tables_.throttle[raw(session)], 1);
}

shm::SessionServices Services::services_of(const Served& served) {
    expected_ = kExpected;
    const shm::SessionServices services = tables_.services.get(raw(served.session));
    return services.generation == served.generation ? services : shm::SessionServices{};
}

bool Services::within_rate(std::uint64_t shm::ThrottleState::*word, SessionIndex session, std::uint32_t kbits,
                           std::uint16_t burst, std::size_t octets, MonoTime now) noexcept {
    if (kbits == 0 || raw(session) >= tables_.throttle.size()) return true;
    return gcra_take(tables_.throttle[raw(session)].*word, fine_time(now), time_at_rate(octets, kbits),
                     burst * kFinePerMillisecond);
}

std::optional<Counter> Services::from_subscriber(const Served& served, const Ipv4Packet& packet, MonoTime now) {
    const shm::SessionServices services = services_of(served);
    if (services.snooped()) interceptor_.add(services.snoop(), packet.octets);
    if (served.has(shm::kFiltered) && !permits(served, &shm::SessionAaa::filter_in, facts_of(packet)))
        return Counter::up_filtered;
    if (!within_rate(&shm::ThrottleState::up, served.session, services.throttle_in, services.burst_in,
                     packet.octets.size(), now))
        return Counter::up_throttled;
    return std::nullopt;
}

std::optional<Counter> Services::filter_down(const Served& served, const conf::PacketFacts& packet) {
    if (!served.has(shm::kFiltered) || permits(served, &shm::SessionAaa::filter_out, packet)) return std::nullopt;
    return Counter::down_filtered;
}

// A name without a list lets everything pass: a list that is made later acts at once.
bool Services::permits(const Served& served, FixedText<62> shm::SessionAaa::*list, const conf::PacketFacts& packet) {
    if (tables_.aaa.get(raw(served.session), &shm::SessionAaa::generation) != served.generation) return true;
    const FixedText<62> name = tables_.aaa.get(raw(served.session), list);
    if (name.empty()) return true;
    const AccessFilter::Verdict verdict = filter_.judge(name.view(), packet);
    if (verdict == AccessFilter::Verdict::undefined) counters_.add(Counter::filter_undefined);
    return verdict != AccessFilter::Verdict::denied;
}

std::optional<Counter> Services::to_subscriber(const Served& served, std::size_t octets, MonoTime now) {
    const shm::SessionServices services = services_of(served);
    if (served.has(shm::kPacketLimited) && packet_limit_ != 0 && raw(served.session) < tables_.throttle.size() &&
        !gcra_take(tables_.throttle[raw(served.session)].down_packets, fine_time(now), kLimitPeriod / packet_limit_,
                   kLimitPeriod))
        return Counter::down_limited;
    if (!within_rate(&shm::ThrottleState::down, served.session, services.throttle_out, services.burst_out, octets, now))
        return Counter::down_throttled;
    return std::nullopt;
}

std::uint16_t Services::take_ns(SessionIndex session, Generation generation) noexcept {
    const shm::SessionServices services = tables_.services.get(raw(session));
    return tables_.numbers.take(session, generation,
                                services.generation == generation ? services.first_ns : std::uint16_t{0});
}

void Services::was_sent(const Served& served, Bytes front, Bytes rest) {
    const shm::SessionServices services = services_of(served);
    if (!services.snooped()) return;
    if (is_copy(services.snoop(), front)) return counters_.add(Counter::snoop_loop);
    interceptor_.add(services.snoop(), front, rest);
}

} // namespace lns::datapath

// SPDX-License-Identifier: ISC
#include "clid/bandwidth.h"

namespace lns::clid {

TrafficSample take_sample(const SuiteView& view, const std::vector<std::uint32_t>& blocks) {
    TrafficSample sample{Clock::now(), {}};
    for (const std::uint32_t block : blocks) {
        for (std::uint32_t i = 0; i < shm::kBlockSlots; ++i) {
            const shm::SessionCounters c = view.counters.sum(SessionIndex{block * shm::kBlockSlots + i});
            sample.totals.up_octets += c.up_octets;
            sample.totals.up_packets += c.up_packets;
            sample.totals.down_octets += c.down_octets;
            sample.totals.down_packets += c.down_packets;
        }
    }
    return sample;
}

Bandwidth bandwidth_between(const TrafficSample& first, const TrafficSample& second) {
    const double seconds = std::chrono::duration<double>(second.at - first.at).count();
    const auto rate = [&](std::uint64_t shm::Counters64::*figure) {
        return static_cast<double>(second.totals.*figure - first.totals.*figure) / seconds;
    };
    return {rate(&shm::Counters64::up_octets), rate(&shm::Counters64::down_octets), rate(&shm::Counters64::up_packets),
            rate(&shm::Counters64::down_packets)};
}

} // namespace lns::clid

// SPDX-License-Identifier: ISC
#include "clid/bandwidth.h"

#include "datapathd/counters.h"
#include "shm/counters.h"

namespace lns::clid {

TrafficSample take_sample(const SuiteView& view) {
    using datapath::Counter;
    TrafficSample sample{Clock::now(), {}};
    for (const ProcessCounters& table : view.process_counters) {
        if (table.proc != Proc::datapath) continue;
        const shm::CounterWords words(table.words);
        sample.totals.up_octets += words.get(Counter::up_octets) + words.get(Counter::fast_up_octets);
        sample.totals.up_packets += words.get(Counter::up_forwarded) + words.get(Counter::fast_up_packets);
        sample.totals.down_octets += words.get(Counter::down_octets) + words.get(Counter::fast_down_octets);
        sample.totals.down_packets += words.get(Counter::down_sent) + words.get(Counter::fast_down_packets);
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

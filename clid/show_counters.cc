// SPDX-License-Identifier: ISC
#include "clid/counter_baseline.h"
#include "clid/format_counters.h"
#include "clid/handlers.h"
#include "clid/json_fields.h"
#include "datapathd/counters.h"
#include "lib/counters/counter_names.h"

namespace lns::clid {

namespace {

using counters::counter_text;

// Calls with each counter and what it counted since it was cleared.
template <class Visit>
void for_each_counter(const SuiteView& view, const Visit& visit) {
    for (const ProcessCounters& table : view.process_counters) {
        const shm::ProcessCounts counts = counts_of(view, table);
        for (std::size_t i = 0; !counter_text(table.proc, i).name.empty(); ++i)
            visit(CounterFacts{table.proc, table.instance, counter_text(table.proc, i), counts.since_cleared(i)});
    }
}

// All that was forwarded and was not, by all workers.
TrafficTotals traffic_totals(const SuiteView& view) {
    using datapath::Counter;
    std::array<std::uint64_t, datapath::kCounters.size()> sums{};
    for (const ProcessCounters& table : view.process_counters) {
        if (table.proc != Proc::datapath) continue;
        const shm::ProcessCounts counts = counts_of(view, table);
        for (std::size_t i = 0; i < sums.size(); ++i)
            sums[i] += counts.since_cleared(i);
    }
    const auto sum = [&](Counter counter) { return sums[static_cast<std::size_t>(counter)]; };
    const auto less = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }; // read one after the other
    const std::uint64_t relayed = sum(Counter::relayed_control) + sum(Counter::relayed_ppp);
    return {{sum(Counter::up_octets) + sum(Counter::fast_up_octets),
             sum(Counter::up_forwarded) + sum(Counter::fast_up_packets),
             less(sum(Counter::up_datagrams), sum(Counter::up_forwarded) + relayed) + sum(Counter::fast_up_throttled)},
            {sum(Counter::down_octets) + sum(Counter::fast_down_octets),
             sum(Counter::down_sent) + sum(Counter::fast_down_packets),
             less(sum(Counter::down_packets) + sum(Counter::down_extra), sum(Counter::down_sent)) +
                 sum(Counter::fast_down_throttled)}};
}

} // namespace

void show_counters_json(CommandContext& context, Arguments /*arguments*/) {
    JsonDocument document(context.out);
    const TrafficTotals totals = traffic_totals(context.view);
    const std::int64_t cleared = last_cleared(context.view);
    document.member("from_subscribers", json_object(traffic_fields(), totals.up, true));
    document.member("to_subscribers", json_object(traffic_fields(), totals.down, true));
    document.member("last_reset", cleared == 0 ? kJsonNull : json(cleared));
    document.begin_array("counters");
    for_each_counter(context.view,
                     [&](const CounterFacts& facts) { document.item(json_object(counter_fields(), facts, true)); });
    document.end_array();
}

void show_counters(CommandContext& context, Arguments /*arguments*/) {
    context.out.print(format_traffic(traffic_totals(context.view)) + "\n");
    context.out.print(format_counter_header());
    for_each_counter(context.view, [&](const CounterFacts& facts) { context.out.print(format_counter_row(facts)); });
    context.out.print("\n" + format_last_cleared(last_cleared(context.view)));
}

void clear_counters(CommandContext& context, Arguments /*arguments*/) {
    const imsg::CliAnswer answer = context.master.command(imsg::CliVerb::clear_counters, 0);
    if (answer.verdict == imsg::CliVerdict::done)
        context.out.print("Counters cleared");
    else
        context.out.error(answer.text.str());
}

} // namespace lns::clid

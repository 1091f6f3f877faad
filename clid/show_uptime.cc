// SPDX-License-Identifier: ISC
#include <sys/sysinfo.h>
#include <thread>

#include "clid/bandwidth.h"
#include "clid/handlers.h"
#include "clid/json_fields.h"

namespace lns::clid {

namespace {

using namespace std::chrono_literals;

// The child measures when asked, so that nobody sums counters every second for nothing.
Bandwidth measure(const SuiteView& view) {
    const auto blocks = blocks_in_use(view);
    const TrafficSample first = take_sample(view, blocks);
    std::this_thread::sleep_for(1s);
    return bandwidth_between(first, take_sample(view, blocks));
}

// When the parent started, or else the process that runs longest.
std::int64_t suite_age(const SuiteView& view, MonoTime now) {
    MonoTime oldest = now;
    shm::ProcessRecord process;
    for (std::size_t i = 0; i < view.processes.size(); ++i) {
        if (view.processes.read(i, process) == 0 || process.state != shm::ProcessState::running) continue;
        if (static_cast<Proc>(process.proc) == Proc::parent) return whole_seconds(now - process.started);
        oldest = std::min(oldest, process.started);
    }
    return whole_seconds(now - oldest);
}

std::uint32_t count_users(const SuiteView& view) {
    std::uint32_t users = 0;
    for_each_session(view, blocks_in_use(view), [&](SessionIndex, const shm::SessionRecord& record) {
        if (record.state == shm::SessionState::open) ++users;
        return true;
    });
    return users;
}

// getloadavg(3) wants /proc, which an empty root directory has not.
std::array<double, 3> load_average() {
    struct sysinfo info {};
    if (sysinfo(&info) != 0) return {};
    constexpr double kScale = 1 << SI_LOAD_SHIFT;
    return {static_cast<double>(info.loads[0]) / kScale, static_cast<double>(info.loads[1]) / kScale,
            static_cast<double>(info.loads[2]) / kScale};
}

UptimeRow take_uptime(const SuiteView& view) {
    UptimeRow row{{}, measure(view), view.operation.get(0).draining};
    const std::time_t now = std::time(nullptr);
    localtime_r(&now, &row.uptime.local_time);
    row.uptime.seconds = suite_age(view, Clock::now());
    row.uptime.users = count_users(view);
    row.uptime.load = load_average();
    return row;
}

} // namespace

void show_uptime(CommandContext& context, Arguments /*arguments*/) {
    const UptimeRow row = take_uptime(context.view);
    context.out.print(format_uptime(row.uptime) + "\n" + format_bandwidth(row.rate));
    if (row.draining) context.out.print("Draining: new tunnels and calls are refused");
}

void show_uptime_json(CommandContext& context, Arguments /*arguments*/) {
    const UptimeRow row = take_uptime(context.view);
    JsonDocument(context.out).members(uptime_fields(), row);
}

} // namespace lns::clid

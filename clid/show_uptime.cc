// SPDX-License-Identifier: ISC
#include <sys/sysinfo.h>
#include <thread>

#include "clid/bandwidth.h"
#include "clid/handlers.h"

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

} // namespace

void show_uptime(CommandContext& context, Arguments /*arguments*/) {
    const Bandwidth rate = measure(context.view);
    Uptime uptime;
    const std::time_t now = std::time(nullptr);
    localtime_r(&now, &uptime.local_time);
    uptime.seconds = suite_age(context.view, Clock::now());
    uptime.users = count_users(context.view);
    uptime.load = load_average();
    context.out.print(format_uptime(uptime) + "\n" + format_bandwidth(rate));
}

} // namespace lns::clid

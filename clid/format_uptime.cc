// SPDX-License-Identifier: ISC
#include "clid/format_uptime.h"

#include <algorithm>

#include "clid/text_line.h"

namespace lns::clid {

namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

std::string counted(std::int64_t n, const char* unit) {
    return text_line("%lld %s%s", static_cast<long long>(n), unit, n == 1 ? "" : "s");
}

double megabits(double octets) { return octets * 8 / 1e6; }

} // namespace

std::string format_age(std::int64_t seconds) {
    const std::int64_t age = std::max<std::int64_t>(0, seconds);
    if (age >= kDay) return counted(age / kDay, "day");
    if (age >= kHour) return counted(age / kHour, "hour");
    return counted(age / kMinute, "min");
}

std::string format_uptime(const Uptime& u) {
    return text_line(" %02d:%02d:%02d up %s, %u users, load average: %.2f, %.2f, %.2f", u.local_time.tm_hour,
                     u.local_time.tm_min, u.local_time.tm_sec, format_age(u.seconds).c_str(), u.users, u.load[0],
                     u.load[1], u.load[2]);
}

std::string format_bandwidth(const Bandwidth& rate) {
    const double up = megabits(rate.up_octets);
    const double down = megabits(rate.down_octets);
    return text_line("Bandwidth: UDP-ETH:%.0f/%.0f  ETH-UDP:%.0f/%.0f  TOTAL:%.1f   IN:%.0f OUT:%.0f", up, up, down,
                     down, 2 * (up + down), rate.up_packets, rate.down_packets);
}

} // namespace lns::clid

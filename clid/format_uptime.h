// SPDX-License-Identifier: ISC
// `uptime` as text. Pure: figures in, strings out.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <string>

namespace lns::clid {

// The manual's ` 17:10:35 up 8 days, 2212 users, load average: 0.21, 0.17, 0.16`.
struct Uptime {
    std::tm local_time{};
    std::int64_t seconds = 0; // since the suite was started
    std::uint32_t users = 0;
    std::array<double, 3> load{};
};
std::string format_uptime(const Uptime& uptime);

// "2 mins", "5 hours", "8 days": the largest unit.
std::string format_age(std::int64_t seconds);

// Rates over some time: IP packets forwarded for subscribers.
struct Bandwidth {
    double up_octets = 0, down_octets = 0;   // a second; up is from the LAC to the Ethernet
    double up_packets = 0, down_packets = 0; // a second
};
// `Bandwidth: UDP-ETH:6/6  ETH-UDP:13/13  TOTAL:37.6   IN:3033 OUT:2569`: each pair is what came in and
// went out in Mbit/s, TOTAL the sum of the four, IN and OUT packets a second from and to the LACs.
std::string format_bandwidth(const Bandwidth& rate);

} // namespace lns::clid

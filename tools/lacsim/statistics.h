// SPDX-License-Identifier: ISC
// What happened in a run: everything the report says.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "lib/base/clock.h"
#include "tools/lacsim/counters.h"
#include "tools/lacsim/histogram.h"
#include "tools/lacsim/malformed.h"

namespace lns::lacsim {

// How often each reason was met. The text of a peer may be part of a reason, so their number is bounded.
class Reasons {
public:
    void add(const std::string& reason) {
        constexpr std::size_t kMost = 100;
        ++total_;
        if (counts_.size() < kMost || counts_.contains(reason))
            ++counts_[reason];
        else
            ++counts_["other"];
    }
    [[nodiscard]] std::uint64_t total() const { return total_; }
    [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

private:
    std::map<std::string, std::uint64_t> counts_;
    std::uint64_t total_ = 0;
};

struct Statistics {
    std::uint64_t tunnels_attempted = 0, tunnels_up = 0;
    Reasons tunnels_failed, tunnels_ended_by_lns;
    std::uint64_t sessions_attempted = 0, sessions_up = 0, sessions_up_now = 0, sessions_ended_by_us = 0;
    std::uint64_t authenticated_pap = 0, authenticated_chap = 0, authenticated_none = 0;
    std::uint64_t renegotiated = 0, authentication_skipped = 0;
    Reasons sessions_failed, sessions_ended_by_lns;
    MonoTime first_start{}, last_up{}; // of sessions
    Histogram tunnel_latency, total_latency, call_latency, lcp_latency, auth_latency, ipcp_latency;
    L2tpCounters l2tp;
    PppCounters ppp;
    std::array<std::uint64_t, static_cast<std::size_t>(Malformed::count_)> malformed{};

    void count(Malformed why) { ++malformed[static_cast<std::size_t>(why)]; }
    [[nodiscard]] std::uint64_t malformed_total() const {
        std::uint64_t sum = 0;
        for (const std::uint64_t n : malformed)
            sum += n;
        return sum;
    }
};

} // namespace lns::lacsim

// SPDX-License-Identifier: ISC
// The access lists, as this worker holds packets against them, and how often each of their rules decided.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "datapathd/inner_ip.h"
#include "lib/conf/access_list.h"
#include "shm/records.h"

namespace lns::datapath {

// What rules look at in a packet; `tcp_flags` can be another segment's of those that the kernel joined.
conf::PacketFacts facts_of(const Ipv4Packet& packet) noexcept;

class AccessFilter {
public:
    // `counters` is this worker's table, and may be empty.
    explicit AccessFilter(std::span<shm::RuleCounter> counters) : counters_(counters) {}

    // Rules that stay keep their counters.
    void replace(std::vector<conf::AccessList> lists);

    enum class Verdict : std::uint8_t { permitted, denied, undefined }; // undefined: there is no such list
    Verdict judge(std::string_view list, const conf::PacketFacts& packet) noexcept;

private:
    struct Compiled {
        std::string name;
        std::vector<conf::AccessRule> rules;
        std::vector<std::uint64_t*> matches; // of each rule; nullptr: there was no room
    };
    std::uint64_t* counter_for(std::uint64_t key, std::span<const std::uint64_t> current);

    std::span<shm::RuleCounter> counters_;
    std::vector<Compiled> lists_;
};

} // namespace lns::datapath

// SPDX-License-Identifier: ISC
#include "datapathd/access_filter.h"

#include <algorithm>
#include <atomic>

#include "shm/rule_counters.h"

namespace lns::datapath {

namespace {

constexpr std::uint16_t kForgedOffset = 1; // RFC 3128: 8 octets, where the flags of TCP stand

} // namespace

conf::PacketFacts facts_of(const Ipv4Packet& packet) noexcept {
    conf::PacketFacts facts{packet.source, packet.destination, packet.protocol};
    facts.later_fragment = !packet.is_first_fragment();
    facts.forged = packet.protocol == kProtocolTcp && (packet.fragment & kIpOffsetMask) == kForgedOffset;
    if (facts.later_fragment) return facts;
    Reader r(packet.payload());
    if (packet.protocol == kProtocolTcp || packet.protocol == kProtocolUdp)
        facts.has_ports = r.u16(facts.source_port) && r.u16(facts.destination_port);
    if (packet.protocol == kProtocolTcp) facts.has_flags = r.skip(kTcpFlagsAt - 4) && r.u8(facts.tcp_flags);
    return facts;
}

void AccessFilter::replace(std::vector<conf::AccessList> lists) {
    lists_.clear();
    std::vector<std::uint64_t> keys;
    for (const conf::AccessList& list : lists)
        for (const conf::AccessRule& rule : list.rules)
            keys.push_back(conf::rule_key(list.name, conf::print(list.kind, rule)));
    std::vector<std::uint64_t> current = keys;
    std::ranges::sort(current);
    std::size_t nth = 0;
    for (conf::AccessList& list : lists) {
        Compiled& compiled = lists_.emplace_back(Compiled{std::move(list.name), std::move(list.rules), {}});
        for (std::size_t i = 0; i < compiled.rules.size(); ++i)
            compiled.matches.push_back(counter_for(keys[nth++], current));
    }
}

// The rule's own, or a free one, or that of a rule there is no more.
std::uint64_t* AccessFilter::counter_for(std::uint64_t key, std::span<const std::uint64_t> current) {
    shm::RuleCounter* free = nullptr;
    for (std::size_t i = 0; i < counters_.size(); ++i) {
        shm::RuleCounter& counter = counters_[shm::rule_counter_place(key, i, counters_.size())];
        if (counter.key == key) return &counter.matches;
        if (free == nullptr && (counter.key == 0 || !std::ranges::binary_search(current, counter.key))) free = &counter;
        if (counter.key == 0) break;
    }
    if (free == nullptr) return nullptr;
    std::atomic_ref<std::uint64_t>(free->matches).store(0, std::memory_order_relaxed);
    std::atomic_ref<std::uint64_t>(free->key).store(key, std::memory_order_release);
    return &free->matches;
}

AccessFilter::Verdict AccessFilter::judge(std::string_view name, const conf::PacketFacts& packet) noexcept {
    const auto list = std::ranges::find(lists_, name, &Compiled::name);
    if (list == lists_.end()) return Verdict::undefined;
    const auto rule = conf::deciding_rule(list->rules, packet);
    if (!rule) return Verdict::denied;
    if (std::uint64_t* matches = list->matches[*rule]) {
        const std::atomic_ref<std::uint64_t> word(*matches); // one writer
        word.store(word.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    return list->rules[*rule].action == conf::AccessAction::permit ? Verdict::permitted : Verdict::denied;
}

} // namespace lns::datapath

// SPDX-License-Identifier: ISC
#include "datapathd/fast_routes.h"

#include <arpa/inet.h>
#include <atomic>

namespace lns::datapath {

namespace {

constexpr std::uint32_t kMostSessions = 1U << 26; // what a slot has room for

std::uint64_t load(__u64& word) { return std::atomic_ref<__u64>(word).load(std::memory_order_relaxed); }
void store(__u64& word, std::uint64_t value) { std::atomic_ref<__u64>(word).store(value, std::memory_order_release); }

std::uint64_t slot_of(const Prefix4& network, SessionIndex session) {
    return LNS_FAST_ROUTE(htonl(network.address.value), network.length, raw(session));
}
Prefix4 network_in(std::uint64_t slot) {
    return {Ipv4{ntohl(static_cast<std::uint32_t>(slot))}, static_cast<std::uint8_t>(LNS_FAST_ROUTE_LENGTH(slot))};
}

} // namespace

std::array<LnsFastHosts*, 2> FastRoutes::buckets_of(const Prefix4& network) const {
    const auto mask = static_cast<std::uint32_t>(buckets_.size() - 2);
    const std::uint32_t key = network.address.value ^ network.length;
    return {&buckets_[LNS_FAST_HASH(key, mask)], &buckets_[LNS_FAST_HASH2(key, mask)]};
}

// The length is looked for as long as there is one: from before the first is entered.
void FastRoutes::count(std::uint8_t length, int change) {
    networks_[length] += static_cast<std::uint32_t>(change);
    __u64& lengths = buckets_.back().slots[0];
    const std::uint64_t bit = std::uint64_t{1} << length;
    if (!given_up_) store(lengths, networks_[length] != 0 ? load(lengths) | bit : load(lengths) & ~bit);
}

void FastRoutes::check(const std::function<bool(SessionIndex, const Prefix4&)>& is_right) {
    networks_ = {};
    std::uint64_t lengths = 0;
    bool any = false;
    for (LnsFastHosts& bucket : buckets_.first(buckets_.size() - 1))
        for (__u64& slot : bucket.slots) {
            const std::uint64_t word = load(slot);
            if (word == 0) continue;
            any = true;
            const Prefix4 network = network_in(word);
            if (network.length > 32 || !is_right(SessionIndex{LNS_FAST_ROUTE_SESSION(word)}, network)) {
                store(slot, 0);
                continue;
            }
            ++networks_[network.length];
            lengths |= std::uint64_t{1} << network.length;
        }
    // The bit of a length is set before a network of it is there, so without any the worker before had given up.
    given_up_ = any && load(buckets_.back().slots[0]) == 0;
    if (!given_up_) store(buckets_.back().slots[0], lengths);
}

bool FastRoutes::give_up() {
    if (given_up_) return false;
    given_up_ = true;
    store(buckets_.back().slots[0], 0);
    return true;
}

bool FastRoutes::serve(const Prefix4& network, SessionIndex session) {
    if (raw(session) >= kMostSessions) return false;
    __u64* free = nullptr;
    for (LnsFastHosts* bucket : buckets_of(network))
        for (__u64& slot : bucket->slots) {
            const std::uint64_t word = load(slot);
            if (word == 0 && free == nullptr) free = &slot;
            if (word == 0 || network_in(word) != network) continue;
            store(slot, session == SessionIndex::none ? 0 : slot_of(network, session));
            if (session == SessionIndex::none) count(network.length, -1);
            return true;
        }
    if (session == SessionIndex::none) return true;
    if (free == nullptr) return false;
    count(network.length, 1);
    store(*free, slot_of(network, session));
    return true;
}

} // namespace lns::datapath

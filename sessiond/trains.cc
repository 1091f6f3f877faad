// SPDX-License-Identifier: ISC
#include "sessiond/trains.h"

#include <algorithm>

#include "lib/l2tp/header.h"

namespace lns::sessiond {

namespace {

constexpr std::size_t kOpen = 16; // trains that still take datagrams: as many sizes, about, as a set-up has

constexpr std::size_t kMostOctets = 65000; // in one IP packet, before the kernel cuts it

std::size_t bucket(std::uint32_t ids) { return ids * 0x9e3779b1U >> 24; }

bool same_way(const Outbox::Item& a, const Outbox::Item& b) { return a.peer == b.peer && a.local == b.local; }

} // namespace

std::span<const Trains::Train> Trains::arrange(std::span<const Outbox::Item> items) {
    trains_.clear();
    next_.resize(items.size());
    of_session_.fill(0);
    of_tunnel_.fill(0);
    for (std::uint32_t place = 0; place < items.size(); ++place) {
        const auto header = l2tp::parse_header(items[place].payload);
        const auto tunnel = header ? std::uint32_t{raw(header->tunnel)} << 16 : 0;
        const auto session = header ? tunnel | raw(header->session) : 0;
        const bool data = header && !header->control();
        std::uint32_t& latest = of_tunnel_[bucket(tunnel)];
        std::uint32_t& latest_of_session = of_session_[bucket(session)];
        const std::uint32_t train = join(items, place, data ? latest_of_session : latest);
        latest = std::max(latest, train);
        if (data) latest_of_session = train;
    }
    if (longest_ > 1) couple(items);
    return trains_;
}

// Those that are alone close the train of larger ones that is nearest in front of them.
void Trains::couple(std::span<const Outbox::Item> items) {
    bool any = false;
    for (std::size_t number = trains_.size(); number > 1; --number) {
        Train& single = trains_[number - 1];
        if (single.count != 1) continue;
        const std::size_t oldest = std::max<std::size_t>(single.not_before, number - std::min(number, kOpen) + 1);
        for (std::size_t at = number - 1; at >= oldest && at > 0; --at) {
            Train& larger = trains_[at - 1];
            if (larger.closed || larger.octets <= single.octets || larger.count >= longest_ ||
                (larger.count + 1) * larger.octets > kMostOctets || !same_way(items[larger.first], items[single.first]))
                continue;
            next_[larger.last] = single.first;
            larger.last = single.first;
            ++larger.count;
            larger.closed = any = true;
            single.count = 0;
            break;
        }
    }
    if (any) std::erase_if(trains_, [](const Train& train) { return train.count == 0; });
}

// The number of the train that it is in now: the latest that goes its way, or a new one.
std::uint32_t Trains::join(std::span<const Outbox::Item> items, std::uint32_t place, std::uint32_t not_before) {
    const Outbox::Item& item = items[place];
    const std::size_t oldest = std::max<std::size_t>(not_before, trains_.size() - std::min(trains_.size(), kOpen) + 1);
    for (std::size_t number = trains_.size(); number >= oldest && number > 0; --number) {
        Train& train = trains_[number - 1];
        if (train.octets != item.payload.size() || !same_way(items[train.first], item)) continue;
        if (train.count >= longest_ || (train.count + 1) * train.octets > kMostOctets) break;
        next_[train.last] = place;
        train.last = place;
        ++train.count;
        return static_cast<std::uint32_t>(number);
    }
    trains_.push_back({place, place, 1, item.payload.size(), not_before});
    return static_cast<std::uint32_t>(trains_.size());
}

} // namespace lns::sessiond

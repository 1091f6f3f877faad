// SPDX-License-Identifier: ISC
#include "radiusd-client/requests.h"

#include <algorithm>
#include <numeric>

namespace lns::radius_client {

namespace {

constexpr std::uint32_t kIds = 256;

} // namespace

void Requests::Sources::reset(std::size_t size) {
    owner.assign(size, kNobody);
    free.resize(size);
    listed.assign(size, true);
    // All identifiers of a socket, then the next one's: what is under way is then on few sockets, and their replies
    // come in batches.
    std::iota(free.begin(), free.end(), SourceId{0});
    first = 0;
    count = size;
}

std::optional<Requests::SourceId> Requests::Sources::take(Slot slot, std::optional<std::uint64_t> place) {
    if (place) {
        const auto id = static_cast<SourceId>(*place % owner.size());
        if (owner[id] == kNobody) {
            owner[id] = slot;
            return id;
        }
    }
    while (count != 0) {
        const SourceId id = free[first];
        first = (first + 1) % free.size();
        --count;
        listed[id] = false;
        if (owner[id] != kNobody) continue; // taken by name
        owner[id] = slot;
        return id;
    }
    return {};
}

void Requests::Sources::give_back(SourceId id) {
    owner[id] = kNobody;
    if (listed[id]) return;
    listed[id] = true;
    free[(first + count) % free.size()] = id;
    ++count;
}

Requests::Requests(Purpose purpose, RequestOwner& owner, Rng& rng, std::uint16_t sockets)
    : purpose_(purpose), owner_(owner), rng_(rng), entries_(sockets * kIds), buffer_(radius::kMaxPacket) {
    for (Slot slot = static_cast<Slot>(entries_.size()); slot > 0; --slot)
        free_slots_.push_back(slot - 1);
    for (Sources& sources : sources_)
        sources.reset(entries_.size());
}

void Requests::configure(std::span<const Endpoint> servers, const Secret& secret, MonoTime now) {
    const bool changed = pool_.configure(servers);
    if (!changed && secret == secret_) return;
    secret_ = secret;
    std::vector<Slot> under_way;
    for (const auto& [at, slot] : timers_)
        under_way.push_back(slot);
    timers_.clear();
    for (Sources& sources : sources_) // the same index may be another server now
        sources.reset(entries_.size());
    for (const Slot slot : under_way)
        restart(slot, now);
}

void Requests::restart(Slot slot, MonoTime now) {
    Entry& entry = entries_[slot];
    const Step step = begin(entry.exchange, pool_, entry.exchange.deadline, now, rng_);
    if (step == Step::send && send_new(slot, now)) return;
    const std::uint64_t key = entry.key;
    free_slots_.push_back(slot);
    owner_.gave_up(key, now);
}

std::optional<Slot> Requests::start(std::uint64_t key, MonoTime deadline, MonoTime now,
                                    std::optional<std::uint64_t> place) {
    if (free_slots_.empty()) return {};
    const Slot slot = free_slots_.back();
    Entry& entry = entries_[slot];
    if (begin(entry.exchange, pool_, deadline, now, rng_) == Step::give_up) return {};
    entry.key = key;
    entry.place = place;
    if (!send_new(slot, now)) return {};
    free_slots_.pop_back();
    return slot;
}

// Takes an identifier towards the server of the exchange and sends a new packet there; arms the timer.
bool Requests::send_new(Slot slot, MonoTime now) {
    Entry& entry = entries_[slot];
    Sources& sources = sources_[entry.exchange.server];
    const auto source = sources.take(slot, entry.place);
    if (!source) return false;
    entry.source = *source;
    const auto id = static_cast<std::uint8_t>(*source % kIds);
    const Bytes packet = owner_.encode(entry.key, id, entry.authenticator, buffer_);
    if (packet.empty()) {
        sources.give_back(*source);
        return false;
    }
    entry.packet.assign(packet.begin(), packet.end());
    timers_.emplace(entry.exchange.retry_at, slot);
    owner_.transmit(static_cast<std::uint16_t>(*source / kIds), pool_.server(entry.exchange.server).endpoint,
                    entry.packet);
    owner_.sent(view(entry), false, now);
    return true;
}

void Requests::resend(Slot slot, MonoTime now) {
    const Entry& entry = entries_[slot];
    timers_.emplace(entry.exchange.retry_at, slot);
    owner_.transmit(static_cast<std::uint16_t>(entry.source / kIds), pool_.server(entry.exchange.server).endpoint,
                    entry.packet);
    owner_.sent(view(entry), true, now);
}

RequestView Requests::view(const Entry& entry) const {
    const std::uint8_t server = entry.exchange.server;
    return {entry.key, pool_.server(server).endpoint, static_cast<std::uint8_t>(entry.source % kIds),
            entry.exchange.tries[server], entry.exchange.retry_at};
}

void Requests::release(Slot slot) {
    Entry& entry = entries_[slot];
    sources_[entry.exchange.server].give_back(entry.source);
    timers_.erase({entry.exchange.retry_at, slot});
    free_slots_.push_back(slot);
}

void Requests::cancel(Slot slot) { release(slot); }

Requests::Received Requests::receive(std::uint16_t socket, Endpoint from, const radius::PacketView& reply,
                                     const std::function<bool(Endpoint)>& require, MonoTime now) {
    const auto server = pool_.find(from);
    if (!server) return {{Drop::foreign}, {}};
    const SourceId source = socket * kIds + reply.id();
    const Sources& sources = sources_[*server];
    const Slot slot = source < sources.owner.size() ? sources.owner[source] : kNobody;
    if (slot == kNobody) return {{Drop::unmatched}, from};
    const Entry& entry = entries_[slot];
    const Judgement judgement =
        judge_reply(reply, purpose_, entry.authenticator, secret_.reveal_octets(), require(from));
    if (judgement.drop) return {judgement, from};
    if (pool_.replied(*server, now)) owner_.server_revived(from);
    const std::uint64_t key = entry.key;
    release(slot);
    owner_.answered(key, reply, from, now);
    return {judgement, from};
}

void Requests::tick(MonoTime now) {
    while (!timers_.empty() && timers_.begin()->first <= now) {
        const Slot slot = timers_.begin()->second;
        timers_.erase(timers_.begin());
        Exchange& exchange = entries_[slot].exchange;
        const std::uint8_t before = exchange.server;
        bool died = false;
        const Step step = timed_out(exchange, pool_, now, rng_, died);
        if (died) owner_.server_died(pool_.server(before).endpoint);
        if (step == Step::resend) {
            resend(slot, now);
            continue;
        }
        sources_[before].give_back(entries_[slot].source);
        if (step == Step::send && send_new(slot, now)) continue;
        free_slots_.push_back(slot);
        owner_.gave_up(entries_[slot].key, now);
    }
}

} // namespace lns::radius_client

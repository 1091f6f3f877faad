// SPDX-License-Identifier: ISC
#include "datapathd/upstream.h"

#include <algorithm>

#include "lib/base/log.h"

namespace lns::datapath {

std::size_t Upstream::run(std::size_t most, MonoTime now) {
    now_ = now;
    const auto trains = ports_.udp.receive(most);
    const std::size_t taken = take_apart(trains);
    // What the next ones need of tables too large for the cache comes from memory while the one before is handled.
    constexpr std::size_t kAhead = 2;
    for (std::size_t i = 0; i < arrived_.size() + kAhead; ++i) {
        if (i < arrived_.size()) prefetch(arrived_[i].octets);
        if (i < kAhead) continue;
        const Arrived& a = arrived_[i - kAhead];
        take({a.train->peer, a.train->local, a.octets}, a.octets);
    }
    flush(); // the buffers are the port's again
    return taken;
}

std::size_t Upstream::take_apart(std::span<const ReceivedTrain> trains) {
    std::size_t empty = 0;
    arrived_.clear();
    for (const ReceivedTrain& train : trains) {
        if (train.octets.empty()) { // what had no octets is counted too: a UDP datagram may be empty
            counters_.add(Counter::up_datagrams);
            counters_.add(Counter::up_truncated);
            ++empty;
            continue;
        }
        const std::size_t size = train.size == 0 ? train.octets.size() : train.size;
        for (auto rest = train.octets; !rest.empty(); rest = rest.subspan(std::min(size, rest.size())))
            arrived_.push_back({&train, rest.first(std::min(size, rest.size()))});
    }
    return arrived_.size() + empty;
}

void Upstream::prefetch(Bytes datagram) const {
    const SessionIndex session = named_session(tables_, datagram);
    tables_.forward.prefetch(raw(session));
    sessions_.prefetch(session);
}

void Upstream::from_sessiond(const imsg::Datagram& datagram, MonoTime now) {
    now_ = now;
    take(datagram, {});
    flush();
}

void Upstream::flush() {
    coalescer_.flush();
    ports_.tun.flush(*this);
}

namespace {

// What stands in `datagram` before the packet, and is of no use any more.
std::span<std::uint8_t> front_of(std::span<std::uint8_t> datagram, const Ipv4Packet& packet) {
    if (datagram.empty()) return {};
    return datagram.first(static_cast<std::size_t>(packet.octets.data() - datagram.data()));
}

} // namespace

void Upstream::take(const imsg::Datagram& datagram, std::span<std::uint8_t> writable) {
    counters_.add(Counter::up_datagrams);
    const Decapsulated judged = decapsulate(tables_, datagram.peer, datagram.payload);
    switch (judged.action) {
    case Action::forward:
        if (log_wanted(LogLevel::packet))
            log_packet("from session " + std::to_string(raw(judged.session)), judged.packet.octets);
        coalescer_.add(judged.session, judged.packet, front_of(writable, judged.packet));
        break;
    case Action::relay:
        relay(datagram, judged, !writable.empty());
        break;
    case Action::drop:
        counters_.add(judged.reason);
        if (judged.session != SessionIndex::none) sessions_.up_dropped(judged.session);
        break;
    }
}

void Upstream::relay(const imsg::Datagram& datagram, const Decapsulated& judged, bool may_relay) {
    if (!may_relay)
        counters_.add(Counter::up_relay_loop);
    else
        counters_.add(ports_.control.send(datagram) ? judged.reason : Counter::up_relay_full);
}

void Upstream::written(const TunPacket& packet, bool taken) {
    if (!taken) {
        counters_.add(Counter::up_tun_refused, packet.packets);
        sessions_.up_dropped(packet.session, packet.packets);
        return;
    }
    counters_.add(Counter::up_writes);
    counters_.add(Counter::up_forwarded, packet.packets);
    counters_.add(Counter::up_octets, packet.octets);
    sessions_.up(packet.session, packet.packets, packet.octets, now_);
}

} // namespace lns::datapath

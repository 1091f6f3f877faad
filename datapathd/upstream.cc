// SPDX-License-Identifier: ISC
#include "datapathd/upstream.h"

#include <algorithm>

#include "lib/base/log.h"

namespace lns::datapath {

std::size_t Upstream::run(std::size_t most, MonoTime now) {
    now_ = now;
    const auto trains = ports_.udp.receive(most);
    for (const ReceivedTrain& train : trains) {
        if (train.octets.empty()) { // what had no octets is counted too: a UDP datagram may be empty
            counters_.add(Counter::up_datagrams);
            counters_.add(Counter::up_truncated);
            continue;
        }
        const std::size_t size = train.size == 0 ? train.octets.size() : train.size;
        for (Bytes rest = train.octets; !rest.empty(); rest = rest.subspan(std::min(size, rest.size())))
            take({train.peer, train.local, rest.first(std::min(size, rest.size()))}, true);
    }
    coalescer_.flush(); // the buffers are the port's again
    return trains.size();
}

void Upstream::from_sessiond(const imsg::Datagram& datagram, MonoTime now) {
    now_ = now;
    take(datagram, false);
    coalescer_.flush();
}

void Upstream::take(const imsg::Datagram& datagram, bool may_relay) {
    counters_.add(Counter::up_datagrams);
    const Decapsulated judged = decapsulate(tables_, datagram.peer, datagram.payload);
    switch (judged.action) {
    case Action::forward:
        if (log_wanted(LogLevel::packet))
            log_packet("from session " + std::to_string(raw(judged.session)), judged.packet.octets);
        coalescer_.add(judged.session, judged.packet);
        break;
    case Action::relay:
        relay(datagram, judged, may_relay);
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

void Upstream::deliver(const TunPacket& packet) {
    if (!ports_.tun.write(packet.parts)) {
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

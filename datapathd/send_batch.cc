// SPDX-License-Identifier: ISC
#include "datapathd/send_batch.h"

namespace lns::datapath {

// A ring: with more peers in a batch the oldest train is closed. A closed train is never added to, so the order of
// one peer's datagrams is the order of its trains.
struct SendBatch::OpenTrains {
    std::array<Index, 16> trains;
    std::size_t count = 0;
    std::size_t oldest = 0;

    void remember(Index train) {
        if (count < trains.size()) {
            trains[count++] = train;
            return;
        }
        trains[oldest] = train;
        oldest = (oldest + 1) % trains.size();
    }
};

SendBatch::SendBatch()
    : datagrams_(kCapacity), next_(kCapacity), chains_(kCapacity), trains_(kCapacity), parts_(kCapacity * 2) {}

OutDatagram& SendBatch::add(SessionIndex session, const shm::ForwardRecord& record) {
    OutDatagram& d = datagrams_[used_++];
    d.session = session;
    d.peer = {record.peer, record.peer_port};
    d.local = record.local;
    d.ip_size = 0;
    d.head_size = 0;
    d.front_size = static_cast<std::uint16_t>(encapsulation_size(record));
    d.intercepted = record.has(shm::kSnooped) ? record.generation : Generation::none;
    d.body = {};
    return d;
}

bool SendBatch::takes(std::size_t train, const OutDatagram& datagram) const {
    const SendTrain& t = trains_[train];
    const Chain& chain = chains_[train];
    return chain.open && datagram.size() <= t.size && t.count < UdpPort::kMaxTrain &&
           chain.octets + datagram.size() <= UdpPort::kMaxTrainSize;
}

std::size_t SendBatch::begin_train(Index datagram) {
    const OutDatagram& d = datagrams_[datagram];
    const auto size = static_cast<std::uint16_t>(d.size());
    trains_[train_count_] = {d.peer, d.local, size, 1, {}, 0, false, 0};
    chains_[train_count_] = {datagram, datagram, size, true};
    return train_count_++;
}

void SendBatch::join(OpenTrains& open, Index datagram) {
    const OutDatagram& d = datagrams_[datagram];
    next_[datagram] = kEnd;
    for (std::size_t i = 0; i < open.count; ++i) {
        const Index train = open.trains[i];
        SendTrain& t = trains_[train];
        if (t.peer != d.peer || t.local != d.local) continue;
        if (!takes(train, d)) {
            open.trains[i] = static_cast<Index>(begin_train(datagram));
            return;
        }
        Chain& chain = chains_[train];
        next_[chain.last] = datagram;
        chain.last = datagram;
        chain.octets += static_cast<std::uint32_t>(d.size());
        chain.open = d.size() == t.size; // a shorter one can only be the last
        ++t.count;
        return;
    }
    open.remember(static_cast<Index>(begin_train(datagram)));
}

void SendBatch::lay_out_parts() {
    std::size_t at = 0;
    for (std::size_t t = 0; t < train_count_; ++t) {
        const std::size_t begin = at;
        for (Index i = chains_[t].first; i != kEnd; i = next_[i]) {
            OutDatagram& d = datagrams_[i];
            parts_[at++] = {d.head.data(), d.head_size};
            parts_[at++] = {const_cast<std::uint8_t*>(d.body.data()), d.body.size()};
        }
        trains_[t].parts = std::span(parts_).subspan(begin, at - begin);
    }
}

std::span<SendTrain> SendBatch::trains() {
    OpenTrains open;
    train_count_ = 0;
    for (std::size_t i = 0; i < used_; ++i)
        join(open, static_cast<Index>(i));
    lay_out_parts();
    return std::span(trains_).first(train_count_);
}

} // namespace lns::datapath

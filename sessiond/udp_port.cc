// SPDX-License-Identifier: ISC
#include "sessiond/udp_port.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>

#include "lib/base/pktinfo.h"
#include "sessiond/trains.h"

namespace lns::sessiond {

namespace {

constexpr int kSendWaitMs = 20; // for room in a full socket buffer; then UDP loses, as it may

// A merged train is at most one IP packet long. The odd rest spreads the fronts of the buffers, all that most messages
// touch, over the sets of the processor's caches.
constexpr std::size_t kSlotSize = 65536 + 1088;

// Of what the kernel merged (UDP GRO): all datagrams of a train have that size, but the last may be shorter. Unset: a
// single one.
std::optional<std::size_t> merged_size(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO) continue;
        int size = 0;
        memcpy(&size, CMSG_DATA(c), sizeof size);
        if (size > 0) return static_cast<std::size_t>(size);
    }
    return std::nullopt;
}

} // namespace

struct UdpPort::Receiving {
    union Control {
        cmsghdr header;
        std::array<char, CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(int))> room;
    };
    std::unique_ptr<std::uint8_t[]> bytes{new std::uint8_t[kBatch * kSlotSize]}; // pages come when touched
    std::array<mmsghdr, kBatch> messages;
    std::array<iovec, kBatch> parts;
    std::array<sockaddr_in, kBatch> addresses;
    std::array<Control, kBatch> controls;
    std::size_t spent = kBatch; // which a system call has filled in

    [[nodiscard]] Bytes received(std::size_t i) const { return {bytes.get() + i * kSlotSize, messages[i].msg_len}; }
    void prepare() {
        for (std::size_t i = 0; i < spent; ++i) {
            parts[i] = {bytes.get() + i * kSlotSize, kSlotSize};
            messages[i] = {};
            msghdr& m = messages[i].msg_hdr;
            m.msg_name = &addresses[i];
            m.msg_namelen = sizeof addresses[i];
            m.msg_iov = &parts[i];
            m.msg_iovlen = 1;
            m.msg_control = controls[i].room.data();
            m.msg_controllen = controls[i].room.size();
        }
        spent = 0;
    }
};

// One message a train, its datagrams as the parts.
struct UdpPort::Sending {
    union Control {
        cmsghdr header;
        std::array<char, CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(std::uint16_t))> room;
    };
    Trains trains;
    std::vector<iovec> parts;
    std::array<mmsghdr, kBatch> messages;
    std::array<sockaddr_in, kBatch> addresses;
    std::array<Control, kBatch> controls;

    void add(msghdr& m, Control& control, int level, int type, const void* data, std::size_t size) {
        auto* c = reinterpret_cast<cmsghdr*>(control.room.data() + m.msg_controllen);
        c->cmsg_level = level;
        c->cmsg_type = type;
        c->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(c), data, size);
        m.msg_control = control.room.data();
        m.msg_controllen += CMSG_SPACE(size);
    }
    void fill_in(std::size_t slot, const Outbox::Item& first, std::span<iovec> datagrams) {
        addresses[slot] = to_sockaddr(first.peer);
        messages[slot] = {};
        msghdr& m = messages[slot].msg_hdr;
        m.msg_name = &addresses[slot];
        m.msg_namelen = sizeof addresses[slot];
        m.msg_iov = datagrams.data();
        m.msg_iovlen = datagrams.size();
        in_pktinfo source{};
        source.ipi_spec_dst.s_addr = htonl(first.local.value);
        if (first.local.is_set()) add(m, controls[slot], IPPROTO_IP, IP_PKTINFO, &source, sizeof source);
        const auto octets = static_cast<std::uint16_t>(datagrams[0].iov_len);
        if (datagrams.size() > 1) add(m, controls[slot], IPPROTO_UDP, UDP_SEGMENT, &octets, sizeof octets);
    }
};

UdpPort::UdpPort(UniqueFd fd)
    : fd_(std::move(fd)), in_(std::make_unique<Receiving>()), out_(std::make_unique<Sending>()) {
    fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
    constexpr int on = 1;
    setsockopt(fd_.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

UdpPort::~UdpPort() = default;
UdpPort::UdpPort(UdpPort&&) noexcept = default;

UdpPort::Received UdpPort::receive(const std::function<void(const imsg::Datagram&)>& handle) {
    Receiving& b = *in_;
    b.prepare();
    Received result;
    const int n = recvmmsg(fd_.get(), b.messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    b.spent = n > 0 ? static_cast<std::size_t>(n) : 1; // a failed call may have touched the first
    for (std::size_t at = 0; n > 0 && at < b.spent; ++at) {
        msghdr& m = b.messages[at].msg_hdr;
        const Endpoint peer = from_sockaddr(b.addresses[at]);
        const Ipv4 local = destination_of(m);
        Bytes rest = b.received(at);
        const std::size_t size = merged_size(m).value_or(rest.size());
        do {
            const Bytes datagram = rest.first(std::min(size, rest.size()));
            rest = rest.subspan(datagram.size());
            if (datagram.size() > kMaxDatagram) {
                ++result.too_large;
                continue;
            }
            ++result.datagrams;
            handle({peer, local, datagram});
        } while (!rest.empty());
    }
    return result;
}

std::size_t UdpPort::send(Outbox& outbox) {
    std::vector<Outbox::Item>& items = outbox.items();
    if (items.empty()) return 0;
    Sending& b = *out_;
    const std::span<const Trains::Train> trains = b.trains.arrange(items);
    b.parts.clear();
    for (const Trains::Train& train : trains)
        for (std::uint32_t i = 0, at = train.first; i < train.count; ++i, at = b.trains.next(at))
            b.parts.push_back({items[at].payload.data(), items[at].payload.size()});
    std::size_t refused = 0;
    std::span<iovec> parts(b.parts);
    for (std::size_t done = 0; done < trains.size();) {
        const std::size_t count = std::min(kBatch, trains.size() - done);
        std::span<iovec> rest = parts;
        for (std::size_t i = 0; i < count; ++i) {
            const Trains::Train& train = trains[done + i];
            b.fill_in(i, items[train.first], rest.first(train.count));
            rest = rest.subspan(train.count);
        }
        const std::size_t sent = send_messages(count);
        for (std::size_t i = 0; i < sent; ++i)
            parts = parts.subspan(trains[done + i].count);
        done += sent;
        if (sent == count) continue;
        refused += send_one_by_one(items[trains[done].first], parts.first(trains[done].count));
        parts = parts.subspan(trains[done++].count);
    }
    items.clear();
    return refused;
}

// How many of the first `count` messages the kernel took: fewer when it refuses the next.
std::size_t UdpPort::send_messages(std::size_t count) {
    std::size_t sent = 0;
    while (sent < count) {
        const int n = sendmmsg(fd_.get(), &out_->messages[sent], static_cast<unsigned>(count - sent), MSG_DONTWAIT);
        if (n > 0) {
            sent += static_cast<std::size_t>(n);
            continue;
        }
        pollfd p{fd_.get(), POLLOUT, 0};
        const bool full = errno == EAGAIN || errno == ENOBUFS;
        if (!full || poll(&p, 1, kSendWaitMs) <= 0) break;
    }
    return sent;
}

// Of a train that cannot go as one: the device has no checksum offload (EIO, before Linux 6.11), a link's MTU is
// smaller. How many of them are refused, e.g. without a route: the protocol repeats those.
std::size_t UdpPort::send_one_by_one(const Outbox::Item& first, std::span<iovec> datagrams) {
    if (datagrams.size() == 1) return 1;
    if (errno == EIO) out_->trains.give_up(); // what the other reasons are about may be another link's, or pass
    std::size_t refused = 0;
    for (std::size_t i = 0; i < datagrams.size(); ++i) {
        out_->fill_in(0, first, datagrams.subspan(i, 1));
        refused += 1 - send_messages(1);
    }
    return refused;
}

} // namespace lns::sessiond

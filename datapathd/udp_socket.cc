// SPDX-License-Identifier: ISC
#include "datapathd/udp_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/udp.h>

#include "lib/base/log.h"

namespace lns::datapath {

namespace {

// A merged train is at most one IP packet long. The odd rest spreads the fronts of the buffers, all that small
// packets touch, over the sets of the processor's caches.
constexpr std::size_t kSlotSize = 65536 + 1088;
constexpr std::size_t kMaxMessages = 1024; // UIO_MAXIOV, the most that sendmmsg takes

union ReceiveControl {
    cmsghdr align;
    std::array<char, CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(int))> room;
};
union SendControl {
    cmsghdr align;
    std::array<char, CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(std::uint16_t))> room;
};

void set_option(int fd, int level, int option, int value, const char* name) {
    if (setsockopt(fd, level, option, &value, sizeof value) != 0) fatal("%s on the L2TP socket", name);
}

// Segments larger than the link's MTU: EMSGSIZE or, before Linux 6.9, EINVAL; a device without checksum offload
// before Linux 6.11: EIO.
bool segmentation_failed(int error) {
    return error == EMSGSIZE || error == EINVAL || error == EIO || error == EOPNOTSUPP;
}

} // namespace

void SegmentationLimits::failed(Ipv4 peer, std::uint16_t size, MonoTime now) noexcept {
    Entry& e = entries_[slot(peer)];
    const bool known = e.peer == peer && now < e.until;
    e = {peer, known ? std::min(e.too_big, size) : size, now + kMemory};
}

struct UdpSocket::ReceiveSlots {
    std::unique_ptr<std::uint8_t[]> buffers{new std::uint8_t[kMaxReceive * kSlotSize]}; // pages come when touched
    std::array<mmsghdr, kMaxReceive> headers{};
    std::array<iovec, kMaxReceive> parts{};
    std::array<sockaddr_in, kMaxReceive> peers{};
    std::array<ReceiveControl, kMaxReceive> controls{};

    ReceiveSlots() {
        for (std::size_t i = 0; i < kMaxReceive; ++i) {
            parts[i] = {buffers.get() + i * kSlotSize, kSlotSize};
            headers[i].msg_hdr.msg_name = &peers[i];
            headers[i].msg_hdr.msg_iov = &parts[i];
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_control = controls[i].room.data();
            rearm(i);
        }
    }
    void rearm(std::size_t i) { // the kernel wrote into these
        headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
        headers[i].msg_hdr.msg_controllen = controls[i].room.size();
        headers[i].msg_hdr.msg_flags = 0;
    }
};

// One socket message: a train of datagrams that the kernel cuts, or a single one.
struct UdpSocket::Message {
    SendTrain* train = nullptr;
    std::uint16_t first = 0; // datagram of the train
    std::uint16_t count = 0;
    sockaddr_in peer{};
    SendControl control{};

    void taken() const {
        const std::uint64_t all = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
        train->sent |= all << first;
        ++train->messages;
    }
};

UdpSocket::UdpSocket(UniqueFd fd)
    : fd_(std::move(fd)), slots_(std::make_unique<ReceiveSlots>()), received_(kMaxReceive), headers_(kMaxMessages),
      messages_(kMaxMessages) {
    fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
    set_option(fd_.get(), IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
    // What is larger than a link on the way is fragmented, by us or by a router (RFC 2661 8.1): no DF, and no
    // belief in path MTU messages, which anybody can forge.
    set_option(fd_.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "IP_MTU_DISCOVER");
}
UdpSocket::~UdpSocket() = default;

ReceivedTrain UdpSocket::interpret(std::size_t slot) const {
    const msghdr& header = slots_->headers[slot].msg_hdr;
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || header.msg_namelen != sizeof(sockaddr_in)) return {};
    ReceivedTrain train;
    bool addressed = false;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(const_cast<msghdr*>(&header), c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            memcpy(&info, CMSG_DATA(c), sizeof info);
            train.local = Ipv4{ntohl(info.ipi_spec_dst.s_addr)};
            addressed = true;
        } else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
            int size = 0;
            memcpy(&size, CMSG_DATA(c), sizeof size);
            train.size = static_cast<std::uint16_t>(size);
        }
    }
    if (!addressed) return {};
    train.peer = from_sockaddr(slots_->peers[slot]);
    train.octets = {static_cast<std::uint8_t*>(slots_->parts[slot].iov_base), slots_->headers[slot].msg_len};
    return train;
}

std::span<const ReceivedTrain> UdpSocket::receive(std::size_t most) {
    const auto wanted = static_cast<unsigned>(std::min(most, kMaxReceive));
    const int n = recvmmsg(fd_.get(), slots_->headers.data(), wanted, MSG_DONTWAIT, nullptr);
    if (n <= 0) return {};
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        received_[i] = interpret(i);
        slots_->rearm(i);
    }
    return std::span(received_).first(static_cast<std::size_t>(n));
}

namespace {

void add_control(msghdr& header, cmsghdr*& at, int level, int type, const void* data, std::size_t size) {
    at->cmsg_level = level;
    at->cmsg_type = type;
    at->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(at), data, size);
    header.msg_controllen += CMSG_SPACE(size);
    at = reinterpret_cast<cmsghdr*>(reinterpret_cast<char*>(at) + CMSG_SPACE(size));
}

} // namespace

void UdpSocket::append(SendTrain& train, std::uint16_t first, std::uint16_t count) {
    if (queued_ == messages_.size()) transmit();
    Message& m = messages_[queued_];
    m.train = &train;
    m.first = first;
    m.count = count;
    m.peer = to_sockaddr(train.peer);
    msghdr& header = headers_[queued_++].msg_hdr;
    header = {};
    header.msg_name = &m.peer;
    header.msg_namelen = sizeof m.peer;
    header.msg_iov = &train.parts[std::size_t{2} * first];
    header.msg_iovlen = std::size_t{2} * count;
    header.msg_control = m.control.room.data();
    cmsghdr* at = &m.control.align;
    in_pktinfo info{};
    info.ipi_spec_dst.s_addr = htonl(train.local.value);
    add_control(header, at, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    if (count > 1) add_control(header, at, IPPROTO_UDP, UDP_SEGMENT, &train.size, sizeof train.size);
}

void UdpSocket::send(std::span<SendTrain> trains) {
    const MonoTime now = Clock::now();
    for (SendTrain& train : trains) {
        if (limits_.may_segment(train.peer.address, train.size, now))
            append(train, 0, train.count);
        else
            for (std::uint16_t i = 0; i < train.count; ++i)
                append(train, i, 1);
    }
    transmit();
}

void UdpSocket::transmit() {
    std::size_t at = 0;
    while (at < queued_) {
        const int n = sendmmsg(fd_.get(), &headers_[at], static_cast<unsigned>(queued_ - at), MSG_DONTWAIT);
        for (int i = 0; i < n; ++i)
            messages_[at++].taken();
        if (n > 0 || (n < 0 && errno == EINTR)) continue;
        if (errno == EAGAIN || errno == ENOBUFS) { // as a full queue of a router: the rest of the batch is lost
            for (; at < queued_; ++at)
                messages_[at].train->queue_full = true;
            break;
        }
        if (messages_[at].count > 1 && segmentation_failed(errno)) send_one_by_one(messages_[at]);
        ++at;
    }
    queued_ = 0;
}

void UdpSocket::send_one_by_one(const Message& message) {
    SendTrain& train = *message.train;
    limits_.failed(train.peer.address, train.size, Clock::now());
    msghdr header = headers_[static_cast<std::size_t>(&message - messages_.data())].msg_hdr;
    header.msg_controllen = CMSG_SPACE(sizeof(in_pktinfo)); // without UDP_SEGMENT
    header.msg_iovlen = 2;
    for (std::uint16_t i = 0; i < message.count; ++i) {
        header.msg_iov = &train.parts[std::size_t{2} * (message.first + i)];
        if (sendmsg(fd_.get(), &header, MSG_DONTWAIT) < 0) continue;
        train.sent |= std::uint64_t{1} << (message.first + i);
        ++train.messages;
    }
}

} // namespace lns::datapath

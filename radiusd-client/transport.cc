// SPDX-License-Identifier: ISC
#include "radiusd-client/transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "lib/base/log.h"
#include "lib/radius/packet.h"

namespace lns::radius_client {

namespace {

constexpr std::size_t kBatch = 16;         // as many as one system call brings
constexpr int kBatchesPerWake = 16;        // then the other sockets' turn
constexpr int kReceiveBuffer = 1 << 20;    // thousands of replies may come at once
constexpr std::size_t kSendBatch = 32;     // trains in one system call
constexpr std::size_t kMostOctets = 65000; // of a train

} // namespace

struct Transport::Batch {
    std::array<std::array<std::uint8_t, radius::kMaxPacket + 1>, kBatch> octets;
    std::array<mmsghdr, kBatch> messages;
    std::array<iovec, kBatch> parts;
    std::array<sockaddr_in, kBatch> addresses;

    std::size_t receive(int fd) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            parts[i] = {octets[i].data(), octets[i].size()};
            messages[i] = {};
            msghdr& m = messages[i].msg_hdr;
            m.msg_name = &addresses[i];
            m.msg_namelen = sizeof addresses[i];
            m.msg_iov = &parts[i];
            m.msg_iovlen = 1;
        }
        int n = 0;
        do {
            n = recvmmsg(fd, messages.data(), kBatch, MSG_DONTWAIT, nullptr);
        } while (n < 0 && errno == EINTR);
        return n < 0 ? 0 : static_cast<std::size_t>(n);
    }
};

// What one system call sends. A train is a stretch of packets of one size for one server.
struct Transport::Trains {
    union Control {
        cmsghdr header;
        std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> room;
    };
    std::array<mmsghdr, kSendBatch> messages;
    std::array<iovec, kSendBatch> parts;
    std::array<sockaddr_in, kSendBatch> addresses;
    std::array<Control, kSendBatch> controls;
    std::array<std::span<const Waiting>, kSendBatch> packets;
    std::size_t count = 0;

    // Packets that go one way lie one behind the other in `octets`.
    void add(std::span<const Waiting> train, std::uint8_t* octets) {
        const std::size_t at = count++;
        packets[at] = train;
        addresses[at] = to_sockaddr(train.front().to);
        parts[at] = {octets, train.front().size * train.size()};
        messages[at] = {};
        msghdr& m = messages[at].msg_hdr;
        m.msg_name = &addresses[at];
        m.msg_namelen = sizeof addresses[at];
        m.msg_iov = &parts[at];
        m.msg_iovlen = 1;
        if (train.size() == 1) return;
        m.msg_control = controls[at].room.data();
        m.msg_controllen = controls[at].room.size();
        cmsghdr* c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = IPPROTO_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
        const auto size = static_cast<std::uint16_t>(train.front().size);
        memcpy(CMSG_DATA(c), &size, sizeof size);
    }
};

Transport::~Transport() = default;

Transport::Transport(EventLoop& loop, std::vector<UniqueFd> sockets, Received received,
                     std::function<void(std::size_t)> refused)
    : sockets_(std::move(sockets)), received_(std::move(received)), refused_(std::move(refused)),
      batch_(std::make_unique<Batch>()), trains_(std::make_unique<Trains>()), flush_soon_(loop, [this] { flush(); }) {
    for (std::uint16_t i = 0; i < this->sockets(); ++i) {
        const int fd = sockets_[i].get();
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
        watches_.emplace_back(loop, fd, [this, i] { readable(i); });
    }
}

void Transport::send(std::uint16_t socket, Endpoint to, Bytes packet) {
    waiting_.push_back({socket, to, octets_.size(), packet.size()});
    octets_.insert(octets_.end(), packet.begin(), packet.end());
    flush_soon_.post();
}

void Transport::flush() {
    const auto by_way = [](const Waiting& a, const Waiting& b) { return a.way() < b.way(); };
    std::stable_sort(waiting_.begin(), waiting_.end(), by_way);
    std::vector<std::uint8_t> in_order;
    in_order.reserve(octets_.size());
    for (Waiting& packet : waiting_) {
        const auto from = octets_.begin() + static_cast<std::ptrdiff_t>(packet.begin);
        packet.begin = in_order.size();
        in_order.insert(in_order.end(), from, from + static_cast<std::ptrdiff_t>(packet.size));
    }
    octets_.swap(in_order);
    for (std::span<const Waiting> rest(waiting_); !rest.empty();) {
        const auto others =
            std::find_if(rest.begin(), rest.end(), [&](const Waiting& p) { return p.socket != rest.front().socket; });
        const auto count = static_cast<std::size_t>(others - rest.begin());
        send_trains(rest.first(count));
        rest = rest.subspan(count);
    }
    waiting_.clear();
    octets_.clear();
}

void Transport::send_trains(std::span<const Waiting> of_one_socket) {
    while (!of_one_socket.empty()) {
        Trains& t = *trains_;
        for (t.count = 0; t.count < kSendBatch && !of_one_socket.empty();) {
            const Waiting& first = of_one_socket.front();
            const std::size_t most = std::clamp<std::size_t>(kMostOctets / first.size, 1, longest_);
            std::size_t n = 1;
            while (n < std::min(most, of_one_socket.size()) && of_one_socket[n].way() == first.way())
                ++n;
            t.add(of_one_socket.first(n), &octets_[first.begin]);
            of_one_socket = of_one_socket.subspan(n);
        }
        for (std::size_t done = 0; done < t.count;) {
            const int fd = sockets_[t.packets[done].front().socket].get();
            const int n = sendmmsg(fd, &t.messages[done], static_cast<unsigned>(t.count - done), MSG_DONTWAIT);
            done += n > 0 ? static_cast<std::size_t>(n) : 0;
            if (n > 0 || errno == EINTR) continue;
            const std::size_t refused = send_alone(t.packets[done++]);
            if (refused > 0) refused_(refused);
        }
    }
}

// Of a train that cannot go as one (errno says why): no checksum offload before Linux 6.11 (EIO), or a link whose MTU
// is smaller than the packets. How many of them the kernel refuses.
std::size_t Transport::send_alone(std::span<const Waiting> packets) {
    if (packets.size() > 1 && errno == EIO) longest_ = 1;
    std::size_t refused = 0;
    for (const Waiting& packet : packets) {
        const sockaddr_in address = to_sockaddr(packet.to);
        const ssize_t n = sendto(sockets_[packet.socket].get(), &octets_[packet.begin], packet.size, MSG_DONTWAIT,
                                 reinterpret_cast<const sockaddr*>(&address), sizeof address);
        if (n >= 0) continue;
        ++refused;
        log_debug("sending to %s failed: errno %d", to_string(packet.to).c_str(), errno);
    }
    return refused;
}

void Transport::readable(std::uint16_t socket) {
    for (int i = 0; i < kBatchesPerWake; ++i) {
        const std::size_t n = batch_->receive(sockets_[socket].get());
        for (std::size_t k = 0; k < n; ++k)
            received_(socket, from_sockaddr(batch_->addresses[k]),
                      Bytes(batch_->octets[k]).first(batch_->messages[k].msg_len));
        if (n < kBatch) return;
    }
}

} // namespace lns::radius_client

// SPDX-License-Identifier: ISC
// The real socket, over loopback.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <deque>
#include <netinet/udp.h>
#include <poll.h>

#include "datapathd/udp_socket.h"

namespace lns::datapath {
namespace {

using Octets = std::vector<std::uint8_t>;
constexpr Ipv4 kLoopback{0x7f000001};
constexpr Ipv4 kSecond{0x7f000002}; // all of 127/8 is local

struct Bound {
    UniqueFd fd;
    Endpoint at;
    explicit Bound(Ipv4 address = kLoopback) : fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in a = to_sockaddr({address, 0});
        socklen_t size = sizeof a;
        EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&a), size), 0);
        EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&a), &size), 0);
        at = from_sockaddr(a);
    }
};

// Waits until something is there; loopback delivers at once, a busy machine may not.
bool readable(int fd) {
    pollfd p{fd, POLLIN, 0};
    return poll(&p, 1, 60000) == 1;
}

struct Got {
    Endpoint from;
    std::size_t size;
    std::uint8_t first;
};

std::vector<Got> read_all(int fd, std::size_t count) {
    std::vector<Got> got;
    Octets buffer(70000);
    while (got.size() < count && readable(fd)) {
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const ssize_t n =
            recvfrom(fd, buffer.data(), buffer.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &size);
        if (n < 0) break;
        got.push_back({from_sockaddr(from), static_cast<std::size_t>(n), buffer[0]});
    }
    return got;
}

// A train of `count` datagrams whose first octet is their number.
struct Train {
    Train(Endpoint peer, Ipv4 local, std::size_t size, std::size_t count, std::size_t last_size) {
        for (std::size_t i = 0; i < count; ++i) {
            octets.emplace_back(i + 1 == count ? last_size : size, static_cast<std::uint8_t>(i));
            parts.push_back({octets.back().data(), 10});
            parts.push_back({octets.back().data() + 10, octets.back().size() - 10});
        }
        train = {peer, local, static_cast<std::uint16_t>(size), static_cast<std::uint16_t>(count), parts, 0, false, 0};
    }
    Train(const Train&) = delete;
    Train& operator=(const Train&) = delete;
    std::deque<Octets> octets;
    std::vector<iovec> parts;
    SendTrain train;
};

TEST(UdpSocket, SendsATrainFromTheAddressAsked) {
    Bound ours(Ipv4{0});
    const Bound peer;
    const std::uint16_t port = ours.at.port;
    UdpSocket socket(std::move(ours.fd));
    Train t(peer.at, kSecond, 200, 64, 60);
    socket.send(std::span(&t.train, 1));
    EXPECT_EQ(t.train.sent, ~std::uint64_t{0});
    EXPECT_EQ(t.train.messages, 1) << "cut by the kernel";
    const auto got = read_all(peer.fd.get(), 64);
    ASSERT_EQ(got.size(), 64U);
    for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i].first, i);
        EXPECT_EQ(got[i].size, i == 63 ? 60U : 200U);
        EXPECT_EQ(got[i].from, (Endpoint{kSecond, port}));
    }
}

TEST(UdpSocket, SendsOneByOneWhatTheKernelCannotCut) {
    const Bound peer;
    UdpSocket socket{Bound().fd};
    Train t(peer.at, kLoopback, 65500, 2, 100); // together more than one UDP packet: refused with EMSGSIZE
    socket.send(std::span(&t.train, 1));
    EXPECT_EQ(t.train.sent, 3U);
    EXPECT_EQ(t.train.messages, 2);
    const auto got = read_all(peer.fd.get(), 2);
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].size, 65500U);
    EXPECT_EQ(got[1].size, 100U);
}

TEST(UdpSocket, GoesOnBehindARefusedTrain) {
    const Bound peer;
    UdpSocket socket{Bound().fd};
    Train bad({Ipv4{0xffffffff}, 9}, kLoopback, 50, 2, 50); // broadcast is not allowed on it
    Train good(peer.at, kLoopback, 50, 2, 50);
    std::array<SendTrain, 2> trains{bad.train, good.train};
    socket.send(trains);
    EXPECT_EQ(trains[0].sent, 0U);
    EXPECT_FALSE(trains[0].queue_full);
    EXPECT_EQ(trains[1].sent, 3U);
    EXPECT_EQ(read_all(peer.fd.get(), 2).size(), 2U);
}

TEST(UdpSocket, ReceivesTrainsWithBothAddresses) {
    Bound ours(Ipv4{0});
    const std::uint16_t port = ours.at.port;
    const int merge = 1;
    ASSERT_EQ(setsockopt(ours.fd.get(), IPPROTO_UDP, UDP_GRO, &merge, sizeof merge), 0); // the parent's part
    UdpSocket receiver(std::move(ours.fd));
    Bound sending;
    const Endpoint from = sending.at;
    UdpSocket sender(std::move(sending.fd));
    Train t({kSecond, port}, kLoopback, 300, 40, 77);
    sender.send(std::span(&t.train, 1));
    std::size_t datagrams = 0;
    std::size_t octets = 0;
    while (datagrams < 40 && readable(receiver.fd())) {
        for (const ReceivedTrain& train : receiver.receive(64)) {
            EXPECT_EQ(train.peer, from);
            EXPECT_EQ(train.local, kSecond);
            const std::size_t size = train.size == 0 ? train.octets.size() : train.size;
            for (std::size_t at = 0; at < train.octets.size(); at += size, ++datagrams)
                EXPECT_EQ(train.octets[at], datagrams);
            octets += train.octets.size();
        }
    }
    EXPECT_EQ(datagrams, 40U);
    EXPECT_EQ(octets, 39U * 300 + 77);
    EXPECT_TRUE(receiver.receive(64).empty());
}

TEST(UdpSocket, ReceivesNoMoreThanAsked) {
    Bound ours;
    const Endpoint to = ours.at;
    UdpSocket receiver(std::move(ours.fd));
    const Bound sender;
    const sockaddr_in a = to_sockaddr(to);
    for (int i = 0; i < 5; ++i)
        ASSERT_EQ(sendto(sender.fd.get(), &i, 1, 0, reinterpret_cast<const sockaddr*>(&a), sizeof a), 1);
    ASSERT_EQ(sendto(sender.fd.get(), &to, 0, 0, reinterpret_cast<const sockaddr*>(&a), sizeof a), 0);
    ASSERT_TRUE(readable(receiver.fd()));
    EXPECT_EQ(receiver.receive(3).size(), 3U);
    const auto rest = receiver.receive(64);
    ASSERT_EQ(rest.size(), 3U);
    EXPECT_TRUE(rest[2].octets.empty());
}

TEST(SegmentationLimits, RememberTheSmallestSizeForAWhile) {
    SegmentationLimits limits;
    const MonoTime now{std::chrono::seconds(100)};
    EXPECT_TRUE(limits.may_segment(kLoopback, 1500, now));
    limits.failed(kLoopback, 1490, now);
    limits.failed(kLoopback, 1500, now);
    EXPECT_FALSE(limits.may_segment(kLoopback, 1490, now));
    EXPECT_TRUE(limits.may_segment(kLoopback, 1489, now));
    EXPECT_TRUE(limits.may_segment(kSecond, 1490, now));
    EXPECT_TRUE(limits.may_segment(kLoopback, 1490, now + SegmentationLimits::kMemory));
}

} // namespace
} // namespace lns::datapath

// SPDX-License-Identifier: ISC
// Which socket of the 1701 group each class of datagram is queued on. Needs the right to load BPF and a
// network namespace of its own with lo up: run by tests/netns/013-steering.
#include <gtest/gtest.h>

#include <array>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <vector>

#include "l2tpnsd/sockets.h"
#include "l2tpnsd/steering.h"
#include "lib/base/bytes.h"

namespace lns::parent {
namespace {

constexpr unsigned kWorkers = 3;
constexpr std::size_t kNewcomers = kWorkers + 1; // the socket of those who have no tunnel
constexpr int kArrivalMs = 20000;                // generous: local delivery needs none of it
constexpr Ipv4 kLoopback{0x7f000001};

using Octets = std::vector<std::uint8_t>;

Octets padded(Octets octets, std::size_t size = 40) {
    octets.resize(std::max(size, octets.size()), 0x55);
    return octets;
}

class Group {
public:
    Group()
        : sockets_(std::move(*open_l2tp_sockets(kLoopback, kL2tpPort, kWorkers + 2, true))), sender_(new_sender()) {}

    Status<> steer_it() {
        std::vector<int> fds;
        for (const UniqueFd& fd : sockets_)
            fds.push_back(fd.get());
        return steer(fds);
    }
    void send(const Octets& datagram) {
        const sockaddr_in to = to_sockaddr({kLoopback, kL2tpPort});
        ASSERT_EQ(sendto(sender_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                         sizeof to),
                  static_cast<ssize_t>(datagram.size()));
    }
    // The index of the socket the next datagram waits on; it is taken.
    std::optional<std::size_t> arrived(std::size_t size) {
        std::array<pollfd, kWorkers + 2> watched{};
        for (std::size_t i = 0; i < sockets_.size(); ++i)
            watched[i] = {sockets_[i].get(), POLLIN, 0};
        if (poll(watched.data(), watched.size(), kArrivalMs) < 1) return std::nullopt;
        for (std::size_t i = 0; i < sockets_.size(); ++i) {
            if ((watched[i].revents & POLLIN) == 0) continue;
            Octets buffer(70000);
            EXPECT_EQ(recv(sockets_[i].get(), buffer.data(), buffer.size(), 0), static_cast<ssize_t>(size));
            return i;
        }
        return std::nullopt;
    }
    void close(std::size_t index) { sockets_[index].reset(); }
    void use_another_port() { sender_ = new_sender(); }

private:
    static UniqueFd new_sender() { return UniqueFd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }
    std::vector<UniqueFd> sockets_;
    UniqueFd sender_;
};

struct Class {
    const char* description;
    Octets datagram;
    std::size_t socket; // 0 and 4: sessiond, 1 + session id % 3: a datapathd
};

// RFC 2661 3.1. Session ids 0x0a03 = 2563 (1 mod 3), 0x0a04 (2 mod 3), 0x0a02 (0 mod 3).
std::vector<Class> classes() {
    return {
        {"SCCRQ", padded({0xc8, 0x02, 0, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 8}), kNewcomers},
        {"SCCCN", padded({0xc8, 0x02, 0, 40, 0x07, 0, 0, 0, 0, 1, 0, 1, 0x80, 8}), 0},
        {"SCCRQ in fragments", padded({0xc8, 0x02, 0x0f, 0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 8}, 4000), kNewcomers},
        {"ZLB", {0xc8, 0x02, 0, 12, 0, 7, 0, 0, 0, 1, 0, 1}, 0},
        {"control of another version", padded({0xc8, 0x03, 0, 40, 0, 7, 0, 0}), 0},
        {"IP", padded({0x00, 0x02, 0, 7, 0x0a, 0x03, 0xff, 0x03, 0x00, 0x21, 0x45}), 2},
        {"IP of another session", padded({0x00, 0x02, 0, 7, 0x0a, 0x04, 0xff, 0x03, 0x00, 0x21, 0x45}), 3},
        {"IP of a third session", padded({0x00, 0x02, 0, 7, 0x0a, 0x02, 0xff, 0x03, 0x00, 0x21, 0x45}), 1},
        {"IP with Length", padded({0x40, 0x02, 0, 40, 0, 7, 0x0a, 0x04, 0xff, 0x03, 0x00, 0x21, 0x45}), 3},
        {"IP without address and control", padded({0x00, 0x02, 0, 7, 0x0a, 0x03, 0x00, 0x21, 0x45}), 2},
        {"IP, protocol compressed", padded({0x00, 0x02, 0, 7, 0x0a, 0x03, 0x21, 0x45}), 2},
        {"IP, priority bit", padded({0x01, 0x02, 0, 7, 0x0a, 0x03, 0xff, 0x03, 0x00, 0x21, 0x45}), 2},
        {"IP with sequence numbers", padded({0x08, 0x02, 0, 7, 0x0a, 0x03, 0, 1, 0, 1, 0xff, 0x03, 0x00, 0x21}), 2},
        {"IP with offset", padded({0x02, 0x02, 0, 7, 0x0a, 0x03, 0, 2, 9, 9, 0xff, 0x03, 0x00, 0x21}), 2},
        {"LCP", padded({0x00, 0x02, 0, 7, 0x0a, 0x03, 0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 4}), 0},
        {"LCP with Length", padded({0x40, 0x02, 0, 40, 0, 7, 0x0a, 0x03, 0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 4}), 0},
        {"the shortest LCP there is", {0x00, 0x02, 0, 7, 0x0a, 0x03, 0xc0, 0x21, 9, 1, 0, 4}, 0},
        {"CHAP without address and control", padded({0x00, 0x02, 0, 7, 0x0a, 0x03, 0xc2, 0x23, 2, 1}), 0},
        {"IPCP", padded({0x00, 0x02, 0, 7, 0x0a, 0x03, 0xff, 0x03, 0x80, 0x21, 1, 1, 0, 4}), 0},
        {"IPv6", padded({0x00, 0x02, 0, 7, 0x0a, 0x03, 0xff, 0x03, 0x00, 0x57, 0x60}), 0},
        {"LCP with sequence numbers: relayed",
         padded({0x08, 0x02, 0, 7, 0x0a, 0x03, 0, 1, 0, 1, 0xff, 0x03, 0xc0, 0x21}), 2},
        {"shorter than a header", {0x00, 0x02, 0}, 1},
        {"nothing", {}, 1},
        {"Length promised, too short for it", {0x40, 0x02, 0, 10, 0, 7, 0x0a, 0x03, 0xff, 0x03}, 1},
        {"IP in fragments", padded({0x00, 0x02, 0, 7, 0x0a, 0x04, 0xff, 0x03, 0x00, 0x21, 0x45}, 4000), 3},
        {"LCP in fragments", padded({0x00, 0x02, 0, 7, 0x0a, 0x04, 0xff, 0x03, 0xc0, 0x21, 9}, 4000), 0},
    };
}

TEST(Steering, QueuesEachClassWhereItIsServed) {
    Group group;
    const auto steered = group.steer_it();
    ASSERT_TRUE(steered) << steered.error().message;
    for (const Class& c : classes()) {
        group.send(c.datagram);
        EXPECT_EQ(group.arrived(c.datagram.size()), c.socket) << c.description;
    }
}

TEST(Steering, DoesNotLookAtWhereADatagramComesFrom) {
    Group group;
    ASSERT_TRUE(group.steer_it());
    for (int i = 0; i < 64; ++i) {
        group.use_another_port();
        group.send(classes()[0].datagram);
        EXPECT_EQ(group.arrived(classes()[0].datagram.size()), kNewcomers);
    }
}

TEST(Steering, KeepsTheOtherSlotsWhenASocketIsGone) {
    Group group;
    ASSERT_TRUE(group.steer_it());
    group.close(1);
    const Class ip = classes()[6];
    group.send(ip.datagram);
    EXPECT_EQ(group.arrived(ip.datagram.size()), ip.socket);
    const Class orphan = classes()[7]; // its socket is closed: any other has it
    group.send(orphan.datagram);
    EXPECT_TRUE(group.arrived(orphan.datagram.size()));
}

TEST(Steering, WithoutItEveryDatagramStillArrivesSomewhere) {
    Group group;
    bool elsewhere = false;
    for (int i = 0; i < 64; ++i) {
        group.use_another_port();
        for (const Class& c : classes()) {
            group.send(c.datagram);
            const auto at = group.arrived(c.datagram.size());
            EXPECT_TRUE(at) << c.description;
            elsewhere = elsewhere || at != c.socket;
        }
    }
    EXPECT_TRUE(elsewhere) << "else nothing was tested: the kernel's hash knows nothing of classes";
}

TEST(L2tpSockets, AreNotSharedWithAnotherProgram) {
    const Group group;
    const auto second = open_l2tp_sockets(kLoopback, kL2tpPort, 1, true);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, "UDP 127.0.0.1:1701: Address already in use");
}

} // namespace
} // namespace lns::parent

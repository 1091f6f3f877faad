// SPDX-License-Identifier: ISC
// What sessiond sends leaves in trains, and what depends on an order keeps it.
#include "sessiond/trains.h"

#include <algorithm>
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/socket.h>

#include "lib/base/pktinfo.h"
#include "lib/l2tp/header.h"

namespace lns::sessiond {
namespace {

const Endpoint kLac{Ipv4{0x0a000001}, 1701};

std::vector<std::uint8_t> data(std::uint16_t session, std::size_t octets) {
    const auto header = l2tp::encode_data_header(PeerTunnelId{7}, PeerSessionId{session});
    std::vector<std::uint8_t> out(header.begin(), header.end());
    out.resize(std::max(octets, out.size()), 0xc0);
    return out;
}

std::vector<std::uint8_t> control(std::uint16_t tunnel, std::uint16_t ns, std::size_t octets) {
    std::vector<std::uint8_t> out(octets);
    Writer w(out);
    l2tp::encode_control_header(w, PeerTunnelId{tunnel}, PeerSessionId::none, ns, 0, octets - l2tp::kControlHeaderSize);
    return out;
}

// The places of all datagrams in the order in which they leave.
std::vector<std::uint32_t> order(Trains& trains, std::span<const Outbox::Item> items) {
    std::vector<std::uint32_t> places;
    for (const Trains::Train& train : trains.arrange(items))
        for (std::uint32_t i = 0, at = train.first; i < train.count; ++i, at = trains.next(at))
            places.push_back(at);
    return places;
}

TEST(Trains, JoinEqualSizesOfOneLacAndLeaveNobodyBehind) {
    Outbox box;
    for (std::uint16_t session = 1; session <= 30; ++session) {
        box.add(kLac, {}, data(session, 24));
        box.add(kLac, {}, data(session, 18));
    }
    box.add({Ipv4{0x0a000002}, 1701}, {}, data(99, 24));
    Trains trains;
    EXPECT_LE(trains.arrange(box.items()).size(), 12U);
    const auto places = order(trains, box.items());
    EXPECT_EQ(places.size(), box.items().size());
    EXPECT_EQ(std::set<std::uint32_t>(places.begin(), places.end()).size(), places.size());
    for (const Trains::Train& train : trains.arrange(box.items()))
        for (std::uint32_t i = 0, at = train.first; i < train.count; ++i, at = trains.next(at)) {
            const bool last = i + 1 == train.count;
            EXPECT_TRUE(box.items()[at].payload.size() == train.octets ||
                        (last && box.items()[at].payload.size() < train.octets));
            EXPECT_EQ(box.items()[at].peer, box.items()[train.first].peer);
        }
}

TEST(Trains, AreClosedByASmallerOneThatWouldBeAlone) {
    Outbox box;
    box.add(kLac, {}, data(1, 30));
    box.add(kLac, {}, data(2, 30));
    box.add(kLac, {}, control(7, 0, 12));
    box.add(kLac, {}, data(1, 40)); // no train of larger ones
    box.add({Ipv4{0x0a000002}, 1701}, {}, data(3, 20));
    Trains trains;
    const auto made = trains.arrange(box.items());
    ASSERT_EQ(made.size(), 3U);
    EXPECT_EQ(made[0].count, 3U);
    EXPECT_EQ(made[0].octets, 30U);
    EXPECT_EQ(order(trains, box.items()), (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
}

TEST(Trains, AreNotLongerThanTheKernelTakes) {
    Outbox box;
    for (std::uint16_t session = 1; session <= 200; ++session)
        box.add(kLac, {}, data(session, 24));
    Trains trains;
    const auto made = trains.arrange(box.items());
    EXPECT_EQ(made.size(), 4U);
    for (const Trains::Train& train : made)
        EXPECT_LE(train.count, Trains::kLongest);
    trains.give_up();
    EXPECT_EQ(trains.arrange(box.items()).size(), 200U);
}

TEST(Trains, KeepTheOrderOfASessionAndOfATunnelsControlMessages) {
    Outbox box;
    std::uint32_t random = 1;
    for (int i = 0; i < 2000; ++i) {
        random = random * 1664525 + 1013904223;
        const auto who = static_cast<std::uint16_t>(1 + (random >> 8) % 40);
        const std::size_t octets = 16 + (random >> 16) % 5 * 4;
        if (random >> 28 < 4)
            box.add(kLac, {}, control(static_cast<std::uint16_t>(who % 3), 0, octets));
        else
            box.add(kLac, {}, data(who, octets));
    }
    Trains trains;
    std::array<std::uint32_t, 65536> last_of_session{};
    std::array<std::uint32_t, 65536> last_of_control{};
    for (const std::uint32_t place : order(trains, box.items())) {
        const auto header = l2tp::parse_header(box.items()[place].payload);
        ASSERT_TRUE(header.ok());
        auto& last = header->control() ? last_of_control[raw(header->tunnel)] : last_of_session[raw(header->session)];
        EXPECT_GE(place, last);
        last = place;
    }
}

TEST(Trains, AControlMessageDoesNotOvertakeTheFramesOfItsTunnel) {
    Outbox box;
    box.add(kLac, {}, control(7, 0, 40));
    box.add(kLac, {}, data(1, 20));       // a Terminate-Request
    box.add(kLac, {}, control(7, 1, 40)); // and the CDN behind it
    Trains trains;
    EXPECT_EQ(order(trains, box.items()), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(UdpPort, SendsTrainsThatArriveAsTheDatagramsTheyAreMadeOf) {
    const auto bound = [] {
        UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const sockaddr_in any = to_sockaddr({Ipv4{INADDR_LOOPBACK}, 0});
        EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
        return fd;
    };
    const UniqueFd lac = bound();
    sockaddr_in name{};
    socklen_t length = sizeof name;
    ASSERT_EQ(getsockname(lac.get(), reinterpret_cast<sockaddr*>(&name), &length), 0);
    UdpPort port(bound());
    Outbox box;
    for (std::uint16_t session = 1; session <= 70; ++session) {
        box.add(from_sockaddr(name), Ipv4{INADDR_LOOPBACK}, data(session, 24));
        box.add(from_sockaddr(name), Ipv4{INADDR_LOOPBACK}, data(session, 31));
    }
    EXPECT_EQ(port.send(box), 0U);
    EXPECT_TRUE(box.items().empty());
    std::array<std::array<int, 2>, 71> got{};
    for (int i = 0; i < 140; ++i) {
        std::array<std::uint8_t, 256> buffer{};
        const ssize_t n = recv(lac.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        ASSERT_TRUE(n == 24 || n == 31) << n;
        const auto header = l2tp::parse_header(Bytes(buffer).first(static_cast<std::size_t>(n)));
        ASSERT_TRUE(header.ok());
        const std::size_t which = n == 31 ? 1 : 0;
        EXPECT_EQ(got.at(raw(header->session))[0], which == 1 ? 1 : 0) << "a session's frames in order";
        ++got.at(raw(header->session))[which];
    }
    for (std::size_t session = 1; session <= 70; ++session)
        EXPECT_EQ(got[session], (std::array{1, 1}));
}

} // namespace
} // namespace lns::sessiond

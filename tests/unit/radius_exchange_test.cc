// SPDX-License-Identifier: ISC
// Tries, fail-over, dead time and the matching of replies, with a clock of the test's own.
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "lib/base/digest.h"
#include "radiusd-client/exchange.h"
#include "radiusd-client/requests.h"

namespace lns::radius_client {
namespace {

using namespace std::chrono_literals;

const Endpoint kPrimary{Ipv4{0x0a000001}, 1645};
const Endpoint kSecondary{Ipv4{0x0a000002}, 1645};
const Secret kSecret("s3cret");
const MonoTime kStart{1000s};

bool no_requirement(Endpoint) { return false; }

// An owner that notes what happens.
struct Notes final : RequestOwner {
    struct Packet {
        std::uint16_t socket;
        Endpoint to;
        std::vector<std::uint8_t> octets;
        MonoTime at{};
    };
    std::vector<Packet> packets;
    std::vector<std::uint64_t> answered_keys, given_up;
    std::vector<Endpoint> dead;
    SeededRng authenticators{7};

    Bytes encode(std::uint64_t, std::uint8_t id, radius::Authenticator& authenticator,
                 std::span<std::uint8_t> buffer) override {
        authenticators.fill(authenticator);
        radius::RequestBuilder out(buffer, radius::Code::AccessRequest, id);
        out.text(radius::Attr::UserName, "joe");
        return out.finish_access(authenticator, kSecret.reveal_octets());
    }
    void transmit(std::uint16_t socket, Endpoint to, Bytes packet) override {
        packets.push_back({socket, to, {packet.begin(), packet.end()}});
    }
    void sent(const RequestView&, bool, MonoTime now) override { packets.back().at = now; }
    void answered(std::uint64_t key, const radius::PacketView&, Endpoint, MonoTime) override {
        answered_keys.push_back(key);
    }
    void gave_up(std::uint64_t key, MonoTime) override { given_up.push_back(key); }
    void server_died(Endpoint server) override { dead.push_back(server); }
    void server_revived(Endpoint server) override { std::erase(dead, server); }
};

std::vector<std::uint8_t> reply_to(const Notes::Packet& request, radius::Code code = radius::Code::AccessAccept,
                                   const Secret& secret = kSecret) {
    std::vector<std::uint8_t> out{static_cast<std::uint8_t>(code), request.octets[1], 0, 20};
    const Md5Digest digest = md5({Bytes(out).first(4), Bytes(request.octets).subspan(4, 16), secret.reveal_octets()});
    out.insert(out.end(), digest.begin(), digest.end());
    return out;
}

// With this attribute, whose value is x.
std::vector<std::uint8_t> reply_with(const Notes::Packet& request, radius::Attr type) {
    const std::vector<std::uint8_t> attributes{static_cast<std::uint8_t>(type), 3, 'x'};
    std::vector<std::uint8_t> out{2, request.octets[1], 0, 23};
    const Md5Digest digest =
        md5({Bytes(out).first(4), Bytes(request.octets).subspan(4, 16), attributes, kSecret.reveal_octets()});
    out.insert(out.end(), digest.begin(), digest.end());
    out.insert(out.end(), attributes.begin(), attributes.end());
    return out;
}

struct World {
    explicit World(std::vector<Endpoint> servers, std::uint16_t sockets = 2)
        : requests(Purpose::authentication, notes, rng, sockets) {
        requests.configure(servers, kSecret, now);
    }
    bool start(std::uint64_t key) { return requests.start(key, now + kLoginLimit, now).has_value(); }
    void advance_to(MonoTime until) {
        while (requests.next_deadline() <= until) {
            now = requests.next_deadline();
            requests.tick(now);
        }
        now = until;
    }
    void advance(Clock::duration by) { advance_to(now + by); }
    std::optional<Drop> deliver(const Notes::Packet& request, const std::vector<std::uint8_t>& octets) {
        return deliver(request.socket, request.to, octets);
    }
    std::optional<Drop> deliver(std::uint16_t socket, Endpoint from, const std::vector<std::uint8_t>& octets) {
        const auto packet = radius::PacketView::parse(octets);
        EXPECT_TRUE(packet.ok());
        return requests.receive(socket, from, *packet, no_requirement, now).judgement.drop;
    }
    std::vector<Endpoint> destinations() const {
        std::vector<Endpoint> out;
        for (const auto& p : notes.packets)
            out.push_back(p.to);
        return out;
    }

    SeededRng rng{1};
    Notes notes;
    MonoTime now = kStart;
    Requests requests;
};

TEST(Exchange, TriesAServerThreeTimesWithGrowingWaitsThenTheNext) {
    World w({kPrimary, kSecondary});
    ASSERT_TRUE(w.start(1));
    w.advance(60s);
    EXPECT_EQ(w.destinations(),
              (std::vector<Endpoint>{kPrimary, kPrimary, kPrimary, kSecondary, kSecondary, kSecondary}));
    const auto wait = [&](std::size_t i) { return w.notes.packets[i].at - w.notes.packets[i - 1].at; };
    EXPECT_GE(wait(1), 1800ms); // 2 s and a tenth either way
    EXPECT_LE(wait(1), 2200ms);
    for (const std::size_t i : {2U, 3U}) {
        EXPECT_GE(wait(i), 3600ms);
        EXPECT_LE(wait(i), 4400ms);
    }
    EXPECT_EQ(w.notes.given_up, std::vector<std::uint64_t>{1});
    EXPECT_EQ(w.notes.dead, (std::vector<Endpoint>{kPrimary, kSecondary}));
    EXPECT_EQ(w.requests.in_flight(), 0U);
}

TEST(Exchange, NeverTakesMoreThanTwentySeconds) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        World w({kPrimary, kSecondary});
        w.rng = SeededRng(seed);
        ASSERT_TRUE(w.start(1));
        w.advance(kLoginLimit);
        EXPECT_EQ(w.notes.given_up.size(), 1U) << seed;
    }
}

TEST(Exchange, RetransmissionKeepsIdentifierAndAuthenticatorAndANewServerGetsNewOnes) {
    World w({kPrimary, kSecondary});
    ASSERT_TRUE(w.start(1));
    w.advance(12s);
    ASSERT_GE(w.notes.packets.size(), 4U);
    EXPECT_EQ(w.notes.packets[0].octets, w.notes.packets[1].octets);
    EXPECT_EQ(w.notes.packets[0].octets, w.notes.packets[2].octets);
    EXPECT_EQ(w.notes.packets[0].socket, w.notes.packets[2].socket);
    const auto authenticator = [&](std::size_t i) {
        return std::vector<std::uint8_t>(w.notes.packets[i].octets.begin() + 4, w.notes.packets[i].octets.begin() + 20);
    };
    EXPECT_NE(authenticator(0), authenticator(3));
}

TEST(Exchange, TakesAReplyToAnyOfItsTries) {
    World w({kPrimary});
    ASSERT_TRUE(w.start(5));
    w.advance(9s);
    ASSERT_EQ(w.notes.packets.size(), 3U);
    EXPECT_FALSE(w.deliver(w.notes.packets[0], reply_to(w.notes.packets[0])));
    EXPECT_EQ(w.notes.answered_keys, std::vector<std::uint64_t>{5});
    w.advance(60s);
    EXPECT_EQ(w.notes.packets.size(), 3U);
    EXPECT_TRUE(w.notes.given_up.empty());
}

TEST(Exchange, DuplicateAndLateRepliesCountForNothing) {
    World w({kPrimary});
    ASSERT_TRUE(w.start(1));
    const auto reply = reply_to(w.notes.packets[0]);
    EXPECT_FALSE(w.deliver(w.notes.packets[0], reply));
    EXPECT_EQ(w.deliver(w.notes.packets[0], reply), Drop::unmatched);
    ASSERT_TRUE(w.start(2));
    w.advance(60s);
    EXPECT_EQ(w.notes.given_up, std::vector<std::uint64_t>{2});
    EXPECT_EQ(w.deliver(w.notes.packets[1], reply_to(w.notes.packets[1])), Drop::unmatched);
    EXPECT_EQ(w.notes.answered_keys.size(), 1U);
}

TEST(Exchange, ForeignRepliesAreDroppedByReason) {
    World w({kPrimary, kSecondary});
    ASSERT_TRUE(w.start(1));
    const Notes::Packet request = w.notes.packets[0];
    const auto good = reply_to(request);
    auto other_id = good;
    other_id[1] ^= 1;
    EXPECT_EQ(w.deliver(request.socket, {Ipv4{0x0a000009}, 1645}, good), Drop::foreign);
    EXPECT_EQ(w.deliver(request.socket, {kPrimary.address, 1646}, good), Drop::foreign);
    EXPECT_EQ(w.deliver(request.socket, kSecondary, good), Drop::unmatched); // a server, but not the one asked
    EXPECT_EQ(w.deliver(request.socket ^ 1, kPrimary, good), Drop::unmatched);
    EXPECT_EQ(w.deliver(99, kPrimary, good), Drop::unmatched);
    EXPECT_EQ(w.deliver(request, other_id), Drop::unmatched);
    EXPECT_EQ(w.deliver(request, reply_to(request, radius::Code::AccountingResponse)), Drop::wrong_code);
    EXPECT_EQ(w.deliver(request, reply_to(request, radius::Code::AccessRequest)), Drop::wrong_code);
    EXPECT_EQ(w.deliver(request, reply_to(request, radius::Code::AccessAccept, Secret("other"))),
              Drop::wrong_authenticator);
    EXPECT_TRUE(w.notes.answered_keys.empty());
    EXPECT_FALSE(w.deliver(request, good)); // the good one still counts
}

TEST(Exchange, RequiresMessageAuthenticatorWhereThePolicySaysSo) {
    World w({kPrimary});
    ASSERT_TRUE(w.start(1));
    const auto octets = reply_to(w.notes.packets[0]);
    const auto packet = radius::PacketView::parse(octets);
    const auto result = w.requests.receive(
        w.notes.packets[0].socket, kPrimary, *packet, [](Endpoint) { return true; }, w.now);
    EXPECT_EQ(result.judgement.drop, Drop::no_message_authenticator);
    EXPECT_TRUE(w.notes.answered_keys.empty());
}

// CVE-2024-3596: the forged Accept of the published attack carries the Proxy-State it put in the request.
TEST(Exchange, DropsAReplyWithProxyStateAndNoMessageAuthenticator) {
    World w({kPrimary});
    ASSERT_TRUE(w.start(1));
    const Notes::Packet request = w.notes.packets[0];
    EXPECT_EQ(w.deliver(request, reply_with(request, radius::Attr::ProxyState)), Drop::proxy_state);
    EXPECT_FALSE(w.deliver(request, reply_with(request, radius::Attr::Class)));
}

TEST(ServerPool, ADeadServerDoesNotSlowTheNextLogins) {
    World w({kPrimary, kSecondary});
    ASSERT_TRUE(w.start(1));
    w.advance(11500ms);
    ASSERT_EQ(w.notes.dead, std::vector<Endpoint>{kPrimary});
    EXPECT_FALSE(w.deliver(w.notes.packets.back(), reply_to(w.notes.packets.back())));
    for (std::uint64_t key = 2; key < 10; ++key) {
        ASSERT_TRUE(w.start(key));
        EXPECT_EQ(w.notes.packets.back().to, kSecondary);
        EXPECT_FALSE(w.deliver(w.notes.packets.back(), reply_to(w.notes.packets.back())));
    }
}

TEST(ServerPool, LoginsUnderWayLeaveAServerThatWasFoundDead) {
    World w({kPrimary, kSecondary});
    ASSERT_TRUE(w.start(1));
    w.advance(7s);
    ASSERT_TRUE(w.start(2)); // its tries would last until 17 s
    w.advance(6s);           // the first one found the primary dead at about 10 s
    ASSERT_EQ(w.notes.dead, std::vector<Endpoint>{kPrimary});
    w.advance(2s);
    const auto destinations = w.destinations();
    EXPECT_GE(std::count(destinations.begin(), destinations.end(), kSecondary), 2);
}

TEST(ServerPool, AfterDeadTimeOneRequestProbesAndAReplyBringsTheServerBack) {
    World w({kPrimary, kSecondary});
    ASSERT_TRUE(w.start(1));
    w.advance(11500ms);
    EXPECT_FALSE(w.deliver(w.notes.packets.back(), reply_to(w.notes.packets.back())));
    w.advance(kDeadTime);
    w.notes.packets.clear();
    for (std::uint64_t key = 2; key <= 4; ++key)
        ASSERT_TRUE(w.start(key));
    EXPECT_EQ(w.destinations(), (std::vector<Endpoint>{kPrimary, kSecondary, kSecondary}));
    EXPECT_FALSE(w.deliver(w.notes.packets[1], reply_to(w.notes.packets[1])));
    EXPECT_FALSE(w.deliver(w.notes.packets[2], reply_to(w.notes.packets[2])));
    const Notes::Packet probe = w.notes.packets[0];
    w.advance(3s); // one try only: then the secondary is asked
    ASSERT_EQ(w.notes.packets.size(), 4U);
    EXPECT_EQ(w.notes.packets.back().to, kSecondary);
    EXPECT_FALSE(w.deliver(w.notes.packets.back(), reply_to(w.notes.packets.back())));
    w.advance(kDeadTime);
    w.notes.packets.clear();
    ASSERT_TRUE(w.start(5));
    EXPECT_EQ(w.notes.packets.back().to, kPrimary);
    EXPECT_FALSE(w.deliver(w.notes.packets.back(), reply_to(w.notes.packets.back())));
    ASSERT_TRUE(w.start(6));
    EXPECT_EQ(w.notes.packets.back().to, kPrimary);
    EXPECT_FALSE(w.requests.pool().server(0).dead);
    EXPECT_TRUE(w.notes.dead.empty());
}

TEST(ServerPool, WhenAllAreDeadAllAreTriedByTurns) {
    World w({kPrimary, kSecondary});
    ASSERT_TRUE(w.start(1));
    w.advance(21s);
    ASSERT_TRUE(w.requests.pool().all_dead());
    w.notes.packets.clear();
    ASSERT_TRUE(w.start(2));
    w.advance(5s);
    EXPECT_EQ(w.destinations(), (std::vector<Endpoint>{kPrimary, kSecondary, kPrimary}));
    EXPECT_FALSE(w.deliver(w.notes.packets[2], reply_to(w.notes.packets[2])));
    EXPECT_FALSE(w.requests.pool().all_dead());
}

TEST(ServerPool, AServerThatAnswersOthersIsNotDead) {
    World w({kPrimary, kSecondary});
    ASSERT_TRUE(w.start(1));
    w.advance(5s);
    ASSERT_TRUE(w.start(2));
    EXPECT_FALSE(w.deliver(w.notes.packets.back(), reply_to(w.notes.packets.back())));
    w.advance(7s);
    EXPECT_EQ(w.notes.packets.back().to, kSecondary); // the lost one moves on all the same
    EXPECT_TRUE(w.notes.dead.empty());
}

TEST(Requests, UseEverySocketAndIdentifierOnceBeforeAnyTwice) {
    World w({kPrimary}, 16);
    std::map<std::pair<std::uint16_t, std::uint8_t>, int> used;
    for (std::uint64_t key = 0; key < 4096; ++key) {
        ASSERT_TRUE(w.start(key)) << key;
        ++used[{w.notes.packets.back().socket, w.notes.packets.back().octets[1]}];
    }
    EXPECT_EQ(used.size(), 4096U);
    EXPECT_FALSE(w.start(4096));
    const Notes::Packet some = w.notes.packets[1234];
    EXPECT_FALSE(w.deliver(some, reply_to(some)));
    EXPECT_EQ(w.notes.answered_keys, std::vector<std::uint64_t>{1234});
    EXPECT_TRUE(w.start(4096));
}

TEST(Requests, WhatIsUnderWayAtOnceIsOnFewSockets) {
    World w({kPrimary}, 16);
    std::set<std::uint16_t> sockets;
    for (std::uint64_t key = 0; key < 200; ++key) {
        ASSERT_TRUE(w.start(key));
        sockets.insert(w.notes.packets.back().socket);
    }
    EXPECT_EQ(sockets.size(), 1U);
}

TEST(Requests, APlaceThatIsAskedForIsGivenWhenItIsFree) {
    World w({kPrimary}, 2);
    const auto place_of_last = [&] { return w.notes.packets.back().socket * 256 + w.notes.packets.back().octets[1]; };
    for (const std::uint64_t place : {0U, 300U, 511U}) {
        ASSERT_TRUE(w.requests.start(place, w.now + kLoginLimit, w.now, 512 * 7 + place));
        EXPECT_EQ(place_of_last(), static_cast<int>(place));
    }
    ASSERT_TRUE(w.requests.start(1, w.now + kLoginLimit, w.now, 300)); // taken: any other
    std::set<int> used{0, 300, 511, place_of_last()};
    EXPECT_EQ(used.size(), 4U);
    while (w.start(2))
        EXPECT_TRUE(used.insert(place_of_last()).second);
    EXPECT_EQ(used.size(), 512U);
}

// accel-ppp #324: log-ins stopped after months because request slots leaked.
TEST(Requests, LeakNothingOverManyLives) {
    World w({kPrimary, kSecondary}, 1);
    SeededRng fate(3);
    for (std::uint64_t key = 0; key < 20000; ++key) {
        const auto slot = w.requests.start(key, w.now + kLoginLimit, w.now);
        ASSERT_TRUE(slot.has_value()) << key;
        const Notes::Packet last = w.notes.packets.back();
        switch (fate.below(4)) {
        case 0:
            w.requests.cancel(*slot);
            break;
        case 1:
            w.advance(25s);
            break;
        default:
            EXPECT_FALSE(w.deliver(last, reply_to(last)));
        }
        w.notes.packets.clear();
    }
    EXPECT_EQ(w.requests.in_flight(), 0U);
    std::uint64_t started = 0;
    while (w.start(started))
        ++started;
    EXPECT_EQ(started, 256U);
}

TEST(Requests, StartAgainWhenTheServersChange) {
    World w({kPrimary});
    ASSERT_TRUE(w.start(1));
    const Endpoint other{Ipv4{0x0a000003}, 1812};
    w.requests.configure(std::vector{other}, kSecret, w.now);
    ASSERT_EQ(w.notes.packets.size(), 2U);
    EXPECT_EQ(w.notes.packets.back().to, other);
    EXPECT_EQ(w.deliver(w.notes.packets[0], reply_to(w.notes.packets[0])), Drop::foreign);
    EXPECT_FALSE(w.deliver(w.notes.packets[1], reply_to(w.notes.packets[1])));
    ASSERT_TRUE(w.start(2));
    w.requests.configure({}, kSecret, w.now);
    EXPECT_EQ(w.notes.given_up, std::vector<std::uint64_t>{2});
    EXPECT_FALSE(w.start(3));
}

} // namespace
} // namespace lns::radius_client

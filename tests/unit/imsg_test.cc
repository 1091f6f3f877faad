// SPDX-License-Identifier: ISC
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <thread>

#include "lib/imsg/channel.h"
#include "lib/imsg/relay.h"

namespace lns::imsg {
namespace {

struct Pair {
    Pair(Proc a, Proc b) : Pair(a, b, channel_pair()) {}
    Pair(Proc a, Proc b, std::pair<UniqueFd, UniqueFd> fds)
        : left(a, b, std::move(fds.first)), right(b, a, std::move(fds.second)) {}
    Channel left;
    Channel right;
};

TEST(ImsgTable, LetsOnlyTheNamedSenderSpeak) {
    EXPECT_TRUE(may_send(Type::auth_request, Proc::session, Proc::radius));
    EXPECT_FALSE(may_send(Type::auth_request, Proc::datapath, Proc::radius));
    EXPECT_FALSE(may_send(Type::auth_request, Proc::radius, Proc::session));
    EXPECT_FALSE(may_send(Type::route_add, Proc::cli, Proc::parent));
    EXPECT_TRUE(may_send(Type::pong, Proc::datapath, Proc::parent));
}

TEST(Channel, DeliversBodyAndDescriptor) {
    Pair p(Proc::parent, Proc::session);
    int seen = 0;
    p.right.on<Ping>([&](const Ping& ping) { seen += static_cast<int>(ping.sequence); });
    p.right.on<StartSocket>([&](const StartSocket& s, UniqueFd fd) {
        EXPECT_EQ(s.kind, SocketKind::tun);
        EXPECT_GE(fcntl(fd.get(), F_GETFD), 0);
        seen += 100;
    });
    EXPECT_TRUE(p.left.send(Ping{7}));
    EXPECT_TRUE(p.left.send(StartSocket{SocketKind::tun, 0}, UniqueFd(dup(0))));
    EXPECT_TRUE(p.right.receive_blocking());
    EXPECT_TRUE(p.right.receive_blocking());
    EXPECT_EQ(seen, 107);
}

struct BadMessage {
    const char* description;
    Header header;
    std::size_t body;
};

TEST(Channel, ClosesAndReportsOnAnyForeignMessage) {
    const auto type = [](Type t) { return static_cast<std::uint32_t>(t); };
    const BadMessage rows[] = {
        {"shorter than a header", {}, 0},
        {"unknown type", {9999, sizeof(Header), 0, 0}, 0},
        {"wrong direction", {type(Type::ping), sizeof(Header) + sizeof(Ping), 0, 0}, sizeof(Ping)},
        {"zeros at its end", {type(Type::pong), sizeof(Header) + 4, 0, 0}, 4},
        {"body too long", {type(Type::pong), sizeof(Header) + sizeof(Pong) + 1, 0, 0}, sizeof(Pong) + 1},
        {"something behind it", {type(Type::pong), sizeof(Header), 0, 0}, 5},
        {"length field lies", {type(Type::pong), sizeof(Header) + 999, 0, 0}, sizeof(Pong)},
        {"descriptor missing", {type(Type::start_socket), sizeof(Header) + sizeof(StartSocket), 0, 0}, 8},
        {"no handler", {type(Type::ready), sizeof(Header), 0, 0}, 0},
    };
    for (const BadMessage& row : rows) {
        auto fds = channel_pair();
        Channel parent(Proc::parent, Proc::session, std::move(fds.first));
        int heard = 0;
        parent.on<Pong>([&](const Pong&) { ++heard; });
        std::string why;
        parent.on_violation([&](const std::string& text) { why = text; });
        std::array<std::uint8_t, 2048> raw{};
        memcpy(raw.data(), &row.header, sizeof row.header);
        if (std::string_view(row.description) == "body too long") raw[row.header.length - 1] = 1;
        const std::size_t size = row.header.length == 0 ? 3 : sizeof(Header) + row.body;
        ASSERT_GT(send(fds.second.get(), raw.data(), size, 0), 0);
        EXPECT_FALSE(parent.receive_blocking()) << row.description;
        EXPECT_FALSE(why.empty()) << row.description;
        EXPECT_FALSE(parent.is_open()) << row.description;
        EXPECT_EQ(heard, std::string_view(row.description) == "something behind it" ? 1 : 0) << row.description;
    }
}

TEST(Channel, BoundsItsQueueAndTellsWhenDrained) {
    Pair p(Proc::parent, Proc::session);
    bool drained = false;
    std::uint64_t received = 0;
    p.left.on_drained([&] { drained = true; });
    p.right.on<Ping>([&](const Ping& ping) { EXPECT_EQ(ping.sequence, received++); });
    std::uint64_t taken = 0;
    while (p.left.send(Ping{taken}))
        ++taken;
    EXPECT_GE(taken, Channel::kMaxQueued);
    std::thread reader([&] {
        while (received < taken)
            ASSERT_TRUE(p.right.receive_blocking());
    });
    EXPECT_TRUE(p.left.flush_blocking());
    reader.join();
    EXPECT_TRUE(drained);
    EXPECT_EQ(p.left.stats().refused, 1U);
}

struct Held : Pair { // the left end holds what it sends
    Held() : Pair(Proc::parent, Proc::session) {
        left.hold([this] { ++first; });
        right.on<Ping>([this](const Ping& ping) { got.push_back(ping.sequence); });
        right.on<StartSocket>([this](const StartSocket&, UniqueFd) { got.push_back(UINT64_MAX); });
    }
    int first = 0; // how often it said that there is something to flush
    std::vector<std::uint64_t> got;
};

TEST(ChannelThatHolds, SendsAtTheFlushInOrderAndSaysOnceThatThereIsSomething) {
    Held p;
    for (std::uint64_t i = 0; i < 200; ++i)
        EXPECT_TRUE(p.left.send(Ping{i}));
    EXPECT_EQ(p.first, 1);
    p.right.receive_pending();
    EXPECT_TRUE(p.got.empty());
    p.left.flush();
    p.right.receive_pending();
    ASSERT_EQ(p.got.size(), 200U);
    for (std::uint64_t i = 0; i < 200; ++i)
        EXPECT_EQ(p.got[i], i);
    EXPECT_EQ(p.left.stats().sent, 200U);
    EXPECT_TRUE(p.left.send(Ping{200}));
    EXPECT_EQ(p.first, 2);
}

TEST(ChannelThatHolds, SendsManyMessagesAsFewRecordsWithoutTheZerosAtTheirEnds) {
    auto fds = channel_pair();
    Channel left(Proc::session, Proc::parent, std::move(fds.first));
    left.hold([] {});
    const LogLine line{3, std::string_view("Login by joe at 10.0.0.1 from 10.90.0.2")};
    for (int i = 0; i < 1000; ++i)
        ASSERT_TRUE(left.send(line));
    left.flush();
    int records = 0;
    std::size_t octets = 0;
    std::array<std::uint8_t, 70000> record{};
    for (ssize_t n = 0; (n = recv(fds.second.get(), record.data(), record.size(), MSG_DONTWAIT)) > 0; ++records)
        octets += static_cast<std::size_t>(n);
    EXPECT_LT(records, 20);
    EXPECT_LT(octets, 1000U * 80);
}

TEST(ChannelThatHolds, WhatItJoinsArrivesAsItWas) {
    Pair p(Proc::session, Proc::parent);
    p.left.hold([] {});
    std::vector<LogLine> sent;
    std::vector<LogLine> got;
    p.right.on<LogLine>([&](const LogLine& line) { got.push_back(line); });
    for (std::uint32_t i = 0; i < 300; ++i) {
        sent.push_back({i % 5, std::string_view(std::string(i * 3, static_cast<char>('a' + i % 26)))});
        ASSERT_TRUE(p.left.send(sent.back()));
    }
    for (int i = 0; i < 1000 && got.size() < sent.size(); ++i) {
        p.left.flush();
        p.right.receive_pending();
    }
    ASSERT_EQ(got.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i)
        EXPECT_EQ(memcmp(&got[i], &sent[i], sizeof sent[i]), 0) << i;
}

TEST(ChannelThatHolds, DoesNotLetADescriptorOvertake) {
    Held p;
    EXPECT_TRUE(p.left.send(Ping{1}));
    EXPECT_TRUE(p.left.send(StartSocket{SocketKind::tun, 0}, UniqueFd(dup(0))));
    EXPECT_TRUE(p.left.send(Ping{2}));
    p.left.flush();
    p.right.receive_pending();
    EXPECT_EQ(p.got, (std::vector<std::uint64_t>{1, UINT64_MAX, 2}));
}

TEST(ChannelThatHolds, BoundsWhatItHoldsAndLosesNothingOfIt) {
    Held p;
    bool drained = false;
    p.left.on_drained([&] { drained = true; });
    std::uint64_t taken = 0;
    while (p.left.send(Ping{taken}))
        ++taken;
    EXPECT_EQ(taken, Channel::kMaxQueued);
    EXPECT_EQ(p.left.queued(), taken);
    for (int rounds = 0; p.got.size() < taken && rounds < 1000; ++rounds) { // more than the socket has room for
        p.left.flush();
        p.right.receive_pending();
    }
    ASSERT_EQ(p.got.size(), taken);
    EXPECT_EQ(p.got.back(), taken - 1);
    EXPECT_TRUE(drained);
    EXPECT_EQ(p.left.queued(), 0U);
}

TEST(ChannelInALoop, TakesManyMessagesOneCallAndSeesTheEnd) {
    EventLoop loop;
    Held p;
    bool closed = false;
    p.right.on_closed([&] { closed = true; });
    p.right.attach(loop);
    for (std::uint64_t i = 0; i < 100; ++i)
        p.left.send(Ping{i});
    p.left.flush();
    p.left.close();
    while (!closed)
        loop.run_once();
    EXPECT_EQ(p.got.size(), 100U);
}

TEST(ChannelInALoop, AHandlerMayEndTheChannelAmongOthers) {
    EventLoop loop;
    auto fds = channel_pair();
    Channel left(Proc::parent, Proc::session, std::move(fds.first));
    auto right = std::make_unique<Channel>(Proc::session, Proc::parent, std::move(fds.second));
    int got = 0;
    right->on<Ping>([&](const Ping&) {
        ++got;
        right.reset();
    });
    right->attach(loop);
    EXPECT_TRUE(left.send(Ping{1}));
    EXPECT_TRUE(left.send(Ping{2}));
    loop.run_once();
    EXPECT_EQ(got, 1);
    EXPECT_FALSE(left.send(Ping{3}));
}

TEST(Deferred, RunsOnceBehindTheEventsAtHandInTheSameRound) {
    EventLoop loop;
    std::vector<int> order;
    Deferred last(loop, [&] { order.push_back(3); });
    Deferred one(loop, [&] {
        order.push_back(1);
        last.post();
        last.post();
    });
    Deferred two(loop, [&] { order.push_back(2); });
    one.post();
    two.post();
    loop.run_once();
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(Relay, CarriesADatagramWithItsAddresses) {
    auto fds = channel_pair();
    Relay a(std::move(fds.first));
    Relay b(std::move(fds.second));
    const std::array<std::uint8_t, 3> payload{1, 2, 3};
    EXPECT_TRUE(a.send({{Ipv4{0x0a000001}, 1701}, Ipv4{0x0a000002}, payload}));
    Datagram got;
    ASSERT_TRUE(b.receive(got));
    EXPECT_EQ(to_string(got.peer), "10.0.0.1:1701");
    EXPECT_EQ(got.local.value, 0x0a000002U);
    EXPECT_EQ(got.payload.size(), 3U);
    EXPECT_FALSE(b.receive(got));
    EXPECT_FALSE(b.closed());
}

TEST(Relay, TellsThatTheOtherEndIsGone) {
    auto fds = channel_pair();
    const Relay a(std::move(fds.first));
    EXPECT_FALSE(a.closed());
    fds.second.reset();
    EXPECT_TRUE(a.closed());
}

} // namespace
} // namespace lns::imsg

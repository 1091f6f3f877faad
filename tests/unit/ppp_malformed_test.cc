// SPDX-License-Identifier: ISC
// Packets no honest peer sends, in every phase: dropped whole and counted, or answered within bounds.
#include "tests/unit/ppp_harness.h"

namespace lns::ppp {
namespace {

using std::chrono::seconds;

Octets many_options() {
    Octets all;
    for (int i = 0; i < 250; ++i)
        all = join({all, option(static_cast<std::uint8_t>(200 + i % 50))});
    return all;
}

struct Row {
    const char* description;
    Octets packet;
    Counter counter;
};

const Row kRows[] = {
    {"empty", {}, Counter::bad_length},
    {"one octet", {1}, Counter::bad_length},
    {"three octets", {1, 1, 0}, Counter::bad_length},
    {"length 0", {1, 1, 0, 0}, Counter::bad_length},
    {"length 3", {1, 1, 0, 3}, Counter::bad_length},
    {"length 65535", {1, 1, 0xff, 0xff, 1, 4, 5, 0xdc}, Counter::bad_length},
    {"length one beyond the frame", {1, 1, 0, 9, 1, 4, 5, 0xdc}, Counter::bad_length},
    {"above 1500 octets", packet(Code::ConfigureRequest, 1, Octets(1497, 2)), Counter::too_long},
    {"option length 0", packet(Code::ConfigureRequest, 1, {1, 0}), Counter::bad_options},
    {"option length 1", packet(Code::ConfigureRequest, 1, {1, 1}), Counter::bad_options},
    {"option length 255", packet(Code::ConfigureRequest, 1, {1, 255, 5, 0xdc}), Counter::bad_options},
    {"endpoint length 255", packet(Code::ConfigureRequest, 1, {19, 255, 1}), Counter::bad_options},
    {"a good option, then half of one", packet(Code::ConfigureRequest, 1, {1, 4, 5, 0xdc, 2}), Counter::bad_options},
    {"nak with option length 0", packet(Code::ConfigureNak, 1, {1, 0}), Counter::bad_options},
    {"reject with option length 255", packet(Code::ConfigureReject, 1, {5, 255, 0}), Counter::bad_options},
    {"code-reject of nothing", packet(Code::CodeReject, 1), Counter::bad_length},
};

TEST(MalformedPacket, IsDroppedAndCountedByLcpAndIpcp) {
    for (const Row& row : kRows) {
        for (const Protocol protocol : {Protocol::LCP, Protocol::IPCP}) {
            SCOPED_TRACE(testing::Message() << row.description << (protocol == Protocol::LCP ? " LCP" : " IPCP"));
            Lns lns;
            lns.start_with(AuthMethod::pap);
            lns.login();
            ASSERT_TRUE(lns.accept());
            const State lcp = lns.s.lcp.state;
            const State ipcp = lns.s.ipcp.state;
            lns.clear();
            lns.receive(protocol, row.packet);
            EXPECT_EQ(lns.counted, std::vector<Counter>{row.counter});
            EXPECT_TRUE(lns.sent.empty());
            EXPECT_EQ(lns.s.lcp.state, lcp);
            EXPECT_EQ(lns.s.ipcp.state, ipcp);
        }
    }
}

TEST(MalformedPacket, ManyUnknownOptionsAreAllRejectedOnce) {
    Lns lns;
    lns.start();
    lns.clear();
    lns.lcp(Code::ConfigureRequest, 1, many_options());
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_TRUE(lns.sent[0].is(Protocol::LCP, Code::ConfigureReject));
    EXPECT_EQ(lns.sent[0].data, many_options());
}

TEST(MalformedPacket, NaksThatDoNotFitAreLeftForTheNextRound) {
    Lns lns;
    lns.start();
    Octets all;
    for (int i = 0; i < 748; ++i)
        all = join({all, option(2)}); // each would be answered by six octets for two
    lns.clear();
    lns.lcp(Code::ConfigureRequest, 1, all);
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_TRUE(lns.sent[0].is(Protocol::LCP, Code::ConfigureNak));
    EXPECT_LE(lns.sent[0].data.size(), 1496U);
    EXPECT_EQ(lns.sent[0].data.size() % 6, 0U);
}

TEST(MalformedPacket, EndpointWithoutAClassIsRejected) {
    Lns lns;
    lns.start();
    lns.lcp(Code::ConfigureRequest, 1, option(19));
    EXPECT_EQ(lns.find(Protocol::LCP, Code::ConfigureReject)->data, option(19));
}

TEST(MalformedPacket, EchoAndProtocolRejectTooShortAreCounted) {
    Lns lns;
    lns.open();
    for (std::size_t n = 0; n < 4; ++n) {
        lns.lcp(Code::EchoRequest, 1, Octets(n, 0));
        lns.lcp(Code::EchoReply, 1, Octets(n, 0));
    }
    lns.lcp(Code::ProtocolReject, 1, {0x80});
    EXPECT_EQ(lns.number_of(Counter::bad_length), 9U);
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_EQ(lns.s.phase, Phase::open);
}

TEST(MalformedPacket, EmptyFramesOfEveryProtocolAreHarmless) {
    static constexpr std::uint16_t kProtocols[] = {0x0021, 0x0057, 0x003d, 0x8021, 0x8057,
                                                   0x80fd, 0xc021, 0xc023, 0xc025, 0xc223};
    for (const bool open : {false, true}) {
        Lns lns;
        if (open)
            lns.open();
        else
            lns.start();
        for (const std::uint16_t protocol : kProtocols)
            lns.receive(Protocol{protocol}, {});
        lns.receive_octets({});
        lns.receive_octets({0xff, 0x03});
        EXPECT_EQ(lns.counted.size(), 12U); // each of them by something
        EXPECT_FALSE(lns.finished);
    }
}

// Takes a session to each phase, then feeds it packets with wrong octets. The harness checks that timers
// end, that no frame is above the peer's MRU, and that Finished comes once.
void bring_to(Lns& lns, Phase phase, AuthMethod method) {
    if (phase == Phase::dead) return;
    if (phase == Phase::establish) return lns.start();
    lns.start_with(method);
    if (phase == Phase::authenticate) return;
    lns.login();
    if (phase == Phase::waiting_for_aaa) return;
    ASSERT_TRUE(lns.accept());
    if (phase == Phase::network) return;
    lns.ipcp_up();
    if (phase == Phase::terminating) lns.close(Reason::administrative);
}

Octets random_frame(SeededRng& rng) {
    static constexpr std::uint16_t protocols[] = {0xc021, 0xc021, 0xc021, 0x8021, 0x8021, 0xc023, 0xc223, 0x80fd, 0x21};
    Octets data;
    for (std::uint32_t n = rng.below(6); n > 0; --n) {
        Octets value(rng.below(9));
        rng.fill(value);
        data = join({data, option(static_cast<std::uint8_t>(rng.below(rng.below(2) != 0 ? 20 : 256)), value)});
    }
    Octets all = frame(Protocol{protocols[rng.below(std::size(protocols))]},
                       packet(static_cast<std::uint8_t>(rng.below(16)), static_cast<std::uint8_t>(rng.u16()), data));
    for (std::uint32_t n = rng.below(3); n > 0; --n)
        all[rng.below(static_cast<std::uint32_t>(all.size()))] = static_cast<std::uint8_t>(rng.u16());
    if (rng.below(8) == 0) all.resize(rng.below(static_cast<std::uint32_t>(all.size()) + 1));
    return all;
}

TEST(MalformedPacket, StormsEndOrLeaveTheSessionInOrder) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        Lns lns(seed);
        const AuthMethod method = seed % 2 == 0 ? AuthMethod::pap : AuthMethod::chap;
        bring_to(lns, static_cast<Phase>(seed / 2 % 7), method);
        SeededRng rng(seed + 1000);
        std::size_t received = 0;
        lns.octets_sent = 0;
        for (int i = 0; i < 300; ++i) {
            const Octets f = random_frame(rng);
            received += f.size();
            lns.receive_octets(f);
            if (rng.below(4) == 0) lns.advance(std::chrono::milliseconds(rng.below(2000)));
            if (rng.below(20) == 0) lns.accept();
        }
        EXPECT_LT(lns.octets_sent, 4 * received + 4000);
        lns.close(Reason::administrative);
        lns.advance(seconds(10));
        EXPECT_EQ(lns.s.phase, Phase::dead);
        EXPECT_EQ(lns.ups, lns.downs);
        EXPECT_EQ(next_deadline(lns.s), kNever);
    }
}

} // namespace
} // namespace lns::ppp

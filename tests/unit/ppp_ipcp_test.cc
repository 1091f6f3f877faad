// SPDX-License-Identifier: ISC
#include "tests/unit/ppp_harness.h"

namespace lns::ppp {
namespace {

using std::chrono::seconds;

Lns after_login(AuthMethod method = AuthMethod::pap) {
    Lns lns;
    lns.start_with(method);
    lns.login();
    EXPECT_TRUE(lns.accept());
    return lns;
}

TEST(Ipcp, SendsTheVerdictThenOurAddress) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.login();
    lns.clear();
    ASSERT_TRUE(lns.accept());
    ASSERT_EQ(lns.sent.size(), 2U);
    EXPECT_EQ(lns.sent[0].protocol, Protocol::PAP);
    EXPECT_TRUE(lns.sent[1].is(Protocol::IPCP, Code::ConfigureRequest));
    EXPECT_EQ(lns.sent[1].data, option(3, be32(0x0a000001)));
    EXPECT_EQ(lns.s.phase, Phase::network);
    EXPECT_EQ(lns.ups, 0);
    lns.ipcp_up();
    EXPECT_EQ(lns.ups, 1);
    EXPECT_EQ(lns.s.phase, Phase::open);
}

TEST(Ipcp, TheWishedAddressIsThatOfAWellFormedRequest) {
    const auto wish = [](Code code, const Octets& options) {
        return wished_address(frame(Protocol::IPCP, packet(code, 1, options)));
    };
    EXPECT_EQ(wish(Code::ConfigureRequest, join({option(129, be32(1)), option(3, be32(0x0a000007))})),
              Ipv4{0x0a000007});
    EXPECT_EQ(wish(Code::ConfigureRequest, {}), Ipv4{});
    EXPECT_EQ(wish(Code::ConfigureRequest, option(3, {1, 2, 3})), Ipv4{});
    EXPECT_FALSE(wish(Code::ConfigureRequest, {3}));
    EXPECT_FALSE(wish(Code::ConfigureRequest, {3, 0}));
    EXPECT_FALSE(wish(Code::ConfigureNak, option(3, be32(7))));
    EXPECT_FALSE(wished_address(frame(Protocol::LCP, packet(Code::ConfigureRequest, 1, option(3, be32(7))))));
    EXPECT_FALSE(wished_address(frame(Protocol::IPCP, {1, 1, 0})));
    EXPECT_FALSE(wished_address(frame(Protocol::IPCP, {1, 1, 0, 10, 3, 6})));
    EXPECT_FALSE(wished_address({}));
}

TEST(Ipcp, AsksOnceForAMissingAddressThenDoesWithout) {
    Lns lns = after_login();
    lns.ipcp(Code::ConfigureRequest, 1, option(129, be32(0x08080808)));
    EXPECT_EQ(lns.find(Protocol::IPCP, Code::ConfigureNak)->data, option(3, be32(0x0a000063)));
    lns.clear();
    lns.ipcp(Code::ConfigureRequest, 2, option(129, be32(0x08080808)));
    EXPECT_NE(lns.find(Protocol::IPCP, Code::ConfigureAck), nullptr);
}

TEST(Ipcp, AMissingAddressIsAskedForAfterTheRejectsAreSettled) {
    Lns lns = after_login();
    lns.ipcp(Code::ConfigureRequest, 1, option(130, be32(0)));
    EXPECT_NE(lns.find(Protocol::IPCP, Code::ConfigureReject), nullptr);
    lns.clear();
    lns.ipcp(Code::ConfigureRequest, 2);
    EXPECT_NE(lns.find(Protocol::IPCP, Code::ConfigureNak), nullptr);
}

TEST(Ipcp, EndsWithAPeerThatInsistsOnAnotherAddress) {
    Lns lns = after_login();
    std::vector<int> answers;
    for (std::uint8_t id = 0; id < 50 && lns.s.phase == Phase::network; ++id) {
        lns.clear();
        lns.ipcp(Code::ConfigureRequest, id, option(3, be32(0xc0a80101)));
        answers.push_back(lns.sent.at(0).code);
    }
    EXPECT_EQ(answers, (std::vector<int>{3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5}));
    lns.advance(seconds(10));
    EXPECT_EQ(lns.finished, Reason::address_refused);
}

TEST(Ipcp, TakesAPeerThatLeavesItsAddressOutAfterTheReject) {
    Lns lns = after_login();
    for (std::uint8_t id = 0; id < 6; ++id)
        lns.ipcp(Code::ConfigureRequest, id, option(3, be32(0xc0a80101)));
    EXPECT_NE(lns.find(Protocol::IPCP, Code::ConfigureReject), nullptr);
    lns.ipcp(Code::ConfigureRequest, 6);
    EXPECT_NE(lns.find(Protocol::IPCP, Code::ConfigureAck), nullptr);
}

TEST(Ipcp, RejectsNoMoreThanThePeersMruHolds) {
    Lns lns;
    lns.cfg.auth_methods = {AuthMethod::pap, AuthMethod::none};
    lns.start();
    lns.lcp_up(option(1, {0x02, 0x40})); // 576
    lns.login();
    ASSERT_TRUE(lns.accept());
    Octets options;
    for (int i = 0; i < 100; ++i)
        options = join({options, option(99, Octets(10, 1))});
    lns.clear();
    lns.ipcp(Code::ConfigureRequest, 1, options);
    EXPECT_EQ(lns.sent.at(0).data.size(), 564U); // 47 whole options in 572
}

TEST(Ipcp, EndsWithAPeerThatWantsToChooseOurAddress) {
    Lns lns = after_login();
    int rounds = 0;
    for (; rounds < 50 && lns.s.phase == Phase::network; ++rounds)
        lns.ipcp(Code::ConfigureNak, lns.s.ipcp.request_id, option(3, be32(0xc0a80101)));
    EXPECT_EQ(rounds, 5);
    EXPECT_EQ(lns.s.local_address, lns.cfg.local_address);
    lns.advance(seconds(10));
    EXPECT_EQ(lns.finished, Reason::address_refused);
}

TEST(Ipcp, DoesWithoutOurAddressIfThePeerRejectsTheOption) {
    Lns lns = after_login();
    lns.ipcp(Code::ConfigureReject, lns.s.ipcp.request_id, option(3, be32(0x0a000001)));
    EXPECT_TRUE(lns.find(Protocol::IPCP, Code::ConfigureRequest)->data.empty());
    lns.ipcp_up();
    EXPECT_EQ(lns.ups, 1);
}

TEST(Ipcp, EndsWhenNobodyAnswers) {
    Lns lns = after_login();
    lns.clear();
    lns.advance(seconds(40));
    EXPECT_EQ(lns.number_of(Protocol::IPCP, Code::ConfigureRequest), 9U);
    EXPECT_EQ(lns.finished, Reason::ipcp_no_reply);
}

TEST(Ipcp, RepeatsChapSuccessToAPeerThatHasNotSeenIt) {
    Lns lns = after_login(AuthMethod::chap);
    lns.clear();
    lns.advance(seconds(3));
    EXPECT_EQ(lns.number_of(Protocol::CHAP, kSuccess), 1U);
    lns.ipcp(Code::ConfigureRequest, 1); // now it must have
    lns.clear();
    lns.advance(seconds(6));
    EXPECT_EQ(lns.number_of(Protocol::CHAP, kSuccess), 0U);
    EXPECT_EQ(lns.number_of(Protocol::IPCP, Code::ConfigureRequest), 2U);
}

TEST(Ipcp, NegotiatedAnewTheNetworkGoesDownAndUp) {
    Lns lns;
    lns.open();
    lns.ipcp(Code::ConfigureRequest, 9, option(3, be32(0x0a000063)));
    EXPECT_EQ(lns.downs, 1);
    EXPECT_EQ(lns.s.phase, Phase::network);
    const Sent* request = lns.find(Protocol::IPCP, Code::ConfigureRequest);
    ASSERT_NE(request, nullptr);
    lns.ipcp(Code::ConfigureAck, request->id, request->data);
    EXPECT_EQ(lns.ups, 2);
    EXPECT_EQ(lns.s.phase, Phase::open);
}

TEST(Ipcp, NegotiatedAnewForEverItEnds) {
    Lns lns;
    lns.open();
    int rounds = 0;
    while (lns.s.phase != Phase::terminating && rounds < 100) {
        ++rounds;
        lns.ipcp(Code::ConfigureRequest, 9, option(3, be32(0x0a000063)));
        const Sent* request = lns.find(Protocol::IPCP, Code::ConfigureRequest);
        lns.ipcp(Code::ConfigureAck, request->id, request->data);
    }
    EXPECT_EQ(rounds, 19);
    EXPECT_EQ(lns.ups, lns.downs);
}

TEST(Ipcp, TerminatedByThePeerTheSessionEnds) {
    Lns lns;
    lns.open();
    lns.ipcp(Code::TerminateRequest, 5);
    EXPECT_EQ(lns.downs, 1);
    EXPECT_TRUE(lns.sent.at(0).is(Protocol::IPCP, Code::TerminateAck));
    lns.advance(seconds(20));
    EXPECT_EQ(lns.finished, Reason::peer_terminated);
}

TEST(Ipcp, TerminatedByThePeerWhoThenBeginsAnewWithLcpItComesUpAgain) {
    Lns lns;
    lns.open();
    lns.ipcp(Code::TerminateRequest, 5);
    lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77)));
    const Sent* request = lns.find(Protocol::LCP, Code::ConfigureRequest);
    lns.lcp(Code::ConfigureAck, request->id, request->data);
    lns.login();
    ASSERT_TRUE(lns.accept());
    lns.ipcp_up();
    EXPECT_EQ(lns.s.reason, Reason::none);
    lns.close(Reason::idle_timeout);
    lns.advance(seconds(10));
    EXPECT_EQ(lns.finished, Reason::idle_timeout);
}

TEST(Ipcp, BeginsASecondTimeWithAllItsOptions) {
    Lns lns = after_login();
    lns.ipcp(Code::ConfigureReject, lns.s.ipcp.request_id, option(3, be32(0x0a000001)));
    lns.ipcp_up();
    lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77)));
    const Sent* request = lns.find(Protocol::LCP, Code::ConfigureRequest);
    lns.lcp(Code::ConfigureAck, request->id, request->data);
    lns.login();
    ASSERT_TRUE(lns.accept());
    EXPECT_EQ(lns.find(Protocol::IPCP, Code::ConfigureRequest)->data, option(3, be32(0x0a000001)));
}

TEST(Ipcp, ASecondLoginOwesNothingToTheFirst) {
    Lns lns = after_login(AuthMethod::chap);
    lns.ipcp(Code::ConfigureRequest, 1); // without an address: Nak'ed once
    lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77)));
    const Sent* request = lns.find(Protocol::LCP, Code::ConfigureRequest);
    lns.lcp(Code::ConfigureAck, request->id, request->data);
    lns.login();
    ASSERT_TRUE(lns.accept());
    lns.clear();
    lns.advance(seconds(3));
    EXPECT_EQ(lns.number_of(Protocol::CHAP, kSuccess), 1U);
    lns.ipcp(Code::ConfigureRequest, 1);
    EXPECT_NE(lns.find(Protocol::IPCP, Code::ConfigureNak), nullptr);
}

TEST(Ipcp, ASecondLoginMayBringAnotherAddress) {
    Lns lns;
    lns.open();
    lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77)));
    const Sent* request = lns.find(Protocol::LCP, Code::ConfigureRequest);
    lns.lcp(Code::ConfigureAck, request->id, request->data);
    lns.login();
    lns.parameters.peer_address = Ipv4{0x0a000064};
    ASSERT_TRUE(lns.accept());
    lns.ipcp_up();
    EXPECT_EQ(lns.s.peer_address.value, 0x0a000064U);
    EXPECT_EQ(lns.ups, 2);
}

} // namespace
} // namespace lns::ppp

// SPDX-License-Identifier: ISC
#include "tests/unit/ppp_harness.h"

namespace lns::ppp {
namespace {

using std::chrono::seconds;

TEST(Pap, AsksAaaOnceAndAnswersRepeatedRequestsAlike) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    EXPECT_EQ(lns.s.phase, Phase::authenticate);
    lns.pap(7, "user@example", "secret");
    ASSERT_EQ(lns.asked.size(), 1U);
    EXPECT_EQ(lns.asked[0].method, AuthMethod::pap);
    EXPECT_EQ(lns.asked[0].user.view(), "user@example");
    EXPECT_EQ(lns.asked[0].password.reveal(), "secret");
    EXPECT_EQ(lns.s.phase, Phase::waiting_for_aaa);
    lns.clear();
    lns.pap(8, "user@example", "secret");
    lns.pap(9, "other", "guess");
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_EQ(lns.number_of(Counter::auth_while_waiting), 2U);
    ASSERT_TRUE(lns.accept("welcome"));
    const Sent* ack = lns.find(Protocol::PAP, kPapAck);
    ASSERT_NE(ack, nullptr);
    EXPECT_EQ(ack->id, 8); // of the repetition; not 9, which was somebody else
    EXPECT_EQ(ack->data, join({{7}, text("welcome")}));
    lns.clear();
    lns.pap(10, "user@example", "secret");
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_EQ(lns.sent[0].code, kPapAck);
    EXPECT_EQ(lns.sent[0].id, 10);
    EXPECT_EQ(lns.sent[0].data, join({{7}, text("welcome")}));
    EXPECT_EQ(lns.asked.size(), 1U);
}

TEST(Pap, TellsThePeerOfARejectThenTerminates) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.login();
    lns.clear();
    ASSERT_TRUE(lns.refuse("no such user"));
    ASSERT_EQ(lns.sent.size(), 2U);
    EXPECT_EQ(lns.sent[0].protocol, Protocol::PAP);
    EXPECT_EQ(lns.sent[0].code, kPapNak);
    EXPECT_EQ(lns.sent[0].data, join({{12}, text("no such user")}));
    EXPECT_TRUE(lns.sent[1].is(Protocol::LCP, Code::TerminateRequest));
    EXPECT_FALSE(lns.finished);
    lns.clear();
    lns.pap(8, "user", "secret"); // the Nak was lost
    EXPECT_EQ(lns.sent.at(0).code, kPapNak);
    EXPECT_EQ(lns.asked.size(), 1U);
    lns.lcp(Code::TerminateAck, 1);
    EXPECT_EQ(lns.finished, Reason::auth_failed);
    EXPECT_EQ(lns.ups + lns.downs, 0);
}

TEST(Pap, DropsWhatIsNotWellFormed) {
    struct Row {
        const char* description;
        Octets packet;
        Counter counter;
    };
    const Row rows[] = {
        {"empty", {}, Counter::bad_length},
        {"header cut", {1, 1, 0}, Counter::bad_length},
        {"length 3", {1, 1, 0, 3}, Counter::bad_length},
        {"length beyond the frame", {1, 1, 0, 20, 1, 'u', 1, 'p'}, Counter::bad_length},
        {"length 65535", {1, 1, 0xff, 0xff, 1, 'u', 1, 'p'}, Counter::bad_length},
        {"no peer id", packet(1, 1), Counter::bad_auth},
        {"peer id beyond the packet", packet(1, 1, {200, 'u'}), Counter::bad_auth},
        {"no password", packet(1, 1, {1, 'u'}), Counter::bad_auth},
        {"password beyond the packet", packet(1, 1, {1, 'u', 9, 'p'}), Counter::bad_auth},
        {"octets behind the password", packet(1, 1, {1, 'u', 1, 'p', 'x'}), Counter::bad_auth},
        {"Ack, which is ours to send", packet(2, 1, {0}), Counter::bad_auth},
        {"Nak, which is ours to send", packet(3, 1, {0}), Counter::bad_auth},
        {"unknown code", packet(99, 1, {1, 'u', 1, 'p'}), Counter::bad_auth},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.description);
        Lns lns;
        lns.start_with(AuthMethod::pap);
        lns.clear();
        lns.receive(Protocol::PAP, row.packet);
        EXPECT_EQ(lns.counted, std::vector<Counter>{row.counter});
        EXPECT_TRUE(lns.sent.empty());
        EXPECT_EQ(lns.s.phase, Phase::authenticate);
        lns.login();
        EXPECT_EQ(lns.asked.size(), 1U);
    }
}

TEST(Pap, RefusesNamesAndPasswordsThatRadiusCannotCarry) {
    for (const auto& [user, password] : {std::pair{std::string(), std::string("p")},
                                         {std::string(254, 'u'), std::string("p")},
                                         {std::string("u"), std::string(129, 'p')}}) {
        Lns lns;
        lns.start_with(AuthMethod::pap);
        lns.pap(1, user, password);
        EXPECT_TRUE(lns.asked.empty());
        EXPECT_NE(lns.find(Protocol::PAP, kPapNak), nullptr);
        lns.advance(seconds(10));
        EXPECT_EQ(lns.finished, Reason::auth_failed);
    }
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.pap(1, std::string(253, 'u'), std::string(128, 'p'));
    ASSERT_EQ(lns.asked.size(), 1U);
    EXPECT_EQ(lns.asked[0].user.view(), std::string(253, 'u'));
    EXPECT_EQ(lns.asked[0].password.reveal(), std::string(128, 'p'));
}

TEST(Pap, TakesAnEmptyPassword) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.pap(1, "user", "");
    ASSERT_EQ(lns.asked.size(), 1U);
    EXPECT_TRUE(lns.asked[0].password.empty());
}

TEST(Pap, EndsWhenThePeerSaysNothing) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.advance(seconds(59));
    EXPECT_EQ(lns.s.phase, Phase::authenticate);
    lns.advance(seconds(7));
    EXPECT_EQ(lns.finished, Reason::auth_timeout);
}

TEST(Chap, SendsAChallengeAndPassesTheResponseOn) {
    Lns lns;
    lns.cfg.host_name.assign(std::string_view("gate"));
    lns.start_with(AuthMethod::chap);
    const Sent* challenge = lns.find(Protocol::CHAP, kChallenge);
    ASSERT_NE(challenge, nullptr);
    EXPECT_EQ(challenge->data, join({{16}, {lns.s.auth.challenge.begin(), lns.s.auth.challenge.end()}, text("gate")}));
    lns.chap(challenge->id, "user");
    ASSERT_EQ(lns.asked.size(), 1U);
    EXPECT_EQ(lns.asked[0].method, AuthMethod::chap);
    EXPECT_EQ(lns.asked[0].user.view(), "user");
    EXPECT_EQ(lns.asked[0].chap_id, challenge->id);
    EXPECT_EQ(lns.asked[0].challenge, lns.s.auth.challenge);
    EXPECT_EQ(lns.asked[0].response[15], 0x5a);
    const std::uint8_t id = challenge->id;
    lns.clear();
    lns.advance(seconds(10));
    EXPECT_TRUE(lns.sent.empty()) << "it waits for AAA, not for the peer";
    lns.chap(id, "user");
    EXPECT_EQ(lns.number_of(Counter::auth_while_waiting), 1U);
    ASSERT_TRUE(lns.accept("welcome"));
    EXPECT_EQ(lns.find(Protocol::CHAP, kSuccess)->message(), "welcome");
    lns.clear();
    lns.chap(lns.s.auth.id, "user");
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_EQ(lns.sent[0].code, kSuccess);
    EXPECT_EQ(lns.asked.size(), 1U);
}

TEST(Chap, TellsThePeerOfARejectThenTerminates) {
    Lns lns;
    lns.start_with(AuthMethod::chap);
    lns.login();
    lns.clear();
    ASSERT_TRUE(lns.refuse("wrong"));
    ASSERT_EQ(lns.sent.size(), 2U);
    EXPECT_EQ(lns.sent[0].code, kFailure);
    EXPECT_EQ(lns.sent[0].message(), "wrong");
    EXPECT_TRUE(lns.sent[1].is(Protocol::LCP, Code::TerminateRequest));
    lns.clear();
    lns.login();
    EXPECT_EQ(lns.sent.at(0).code, kFailure);
    lns.advance(seconds(10));
    EXPECT_EQ(lns.finished, Reason::auth_failed);
}

TEST(Chap, RepeatsTheSameChallengeAndGivesUp) {
    Lns lns;
    lns.start_with(AuthMethod::chap);
    const Sent first = *lns.find(Protocol::CHAP, kChallenge);
    lns.advance(seconds(29));
    EXPECT_EQ(lns.number_of(Protocol::CHAP, kChallenge), 10U);
    for (const Sent& sent : lns.sent) {
        if (sent.protocol != Protocol::CHAP) continue;
        EXPECT_EQ(sent.id, first.id);
        EXPECT_EQ(sent.data, first.data);
    }
    lns.advance(seconds(10));
    EXPECT_EQ(lns.finished, Reason::auth_timeout);
    EXPECT_EQ(lns.number_of(Protocol::CHAP, kChallenge), 10U);
}

TEST(Chap, DropsWhatIsNotAResponseToTheChallenge) {
    Lns lns;
    lns.start_with(AuthMethod::chap);
    lns.clear();
    const std::uint8_t id = lns.s.auth.id;
    lns.chap(static_cast<std::uint8_t>(id + 1), "user");
    EXPECT_EQ(lns.counted, std::vector<Counter>{Counter::wrong_identifier});
    lns.clear();
    const Octets bad[] = {
        packet(kResponse, id),
        packet(kResponse, id, join({{17}, Octets(17, 1), text("user")})),
        packet(kResponse, id, join({{16}, Octets(15, 1)})),
        packet(kResponse, id, join({{0}, text("user")})),
        packet(kChallenge, id, join({{16}, Octets(16, 1), text("user")})),
        packet(kSuccess, id),
        packet(kFailure, id),
        packet(77, id, join({{16}, Octets(16, 1), text("user")})),
    };
    for (const Octets& p : bad)
        lns.receive(Protocol::CHAP, p);
    EXPECT_EQ(lns.number_of(Counter::bad_auth), std::size(bad));
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_TRUE(lns.asked.empty());
}

TEST(Chap, RefusesAnEmptyOrEndlessName) {
    for (const std::size_t length : {std::size_t{0}, std::size_t{254}}) {
        Lns lns;
        lns.start_with(AuthMethod::chap);
        lns.chap(lns.s.auth.id, std::string(length, 'u'));
        EXPECT_NE(lns.find(Protocol::CHAP, kFailure), nullptr);
        EXPECT_TRUE(lns.asked.empty());
    }
}

TEST(Auth, TakesNoOtherProtocolThanTheOneAgreed) {
    Lns chap;
    chap.start_with(AuthMethod::chap);
    chap.clear();
    chap.pap(1, "user", "secret");
    EXPECT_EQ(chap.counted, std::vector<Counter>{Counter::wrong_auth_protocol});
    EXPECT_TRUE(chap.asked.empty());
    EXPECT_TRUE(chap.sent.empty());
    Lns pap;
    pap.start_with(AuthMethod::pap);
    pap.clear();
    pap.chap(0, "user");
    EXPECT_EQ(pap.counted, std::vector<Counter>{Counter::wrong_auth_protocol});
    EXPECT_TRUE(pap.asked.empty());
    EXPECT_TRUE(pap.sent.empty());
}

TEST(Auth, ComesOnlyAfterLcp) {
    Lns lns;
    lns.start();
    lns.pap(1, "user", "secret");
    EXPECT_TRUE(lns.asked.empty());
    EXPECT_EQ(lns.number_of(Counter::out_of_phase), 1U);
}

TEST(Auth, OfAnEarlierNegotiationIsNotRepeated) {
    Lns lns;
    lns.open();
    lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77)));
    lns.clear();
    lns.login();
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_EQ(lns.number_of(Counter::out_of_phase), 1U);
}

TEST(Auth, NetworkProtocolsComeOnlyAfterIt) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.clear();
    lns.ipcp(Code::ConfigureRequest, 1, option(3, be32(0)));
    lns.receive(Protocol::CCP, packet(Code::ConfigureRequest, 1));
    lns.login();
    lns.ipcp(Code::ConfigureRequest, 2, option(3, be32(0)));
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_EQ(lns.number_of(Counter::out_of_phase), 3U);
}

TEST(Auth, AnAnswerToAnOlderRequestIsStale) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.login();
    const std::uint16_t old = lns.serial();
    lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77))); // the peer begins anew
    EXPECT_FALSE(lns.accept());
    const Sent* request = lns.find(Protocol::LCP, Code::ConfigureRequest);
    lns.lcp(Code::ConfigureAck, request->id, request->data);
    lns.pap(3, "other", "guess");
    ASSERT_EQ(lns.asked.size(), 2U);
    EXPECT_NE(lns.serial(), old);
    lns.asked.back().serial = old; // the first user's acceptance must not let the second one in
    EXPECT_FALSE(lns.accept());
    EXPECT_FALSE(lns.refuse());
    EXPECT_EQ(lns.number_of(Counter::stale_answer), 3U);
    EXPECT_EQ(lns.s.phase, Phase::waiting_for_aaa);
}

TEST(Auth, GivesAaaItsTimeHoweverLateThePeerBegan) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.advance(seconds(59));
    lns.login();
    lns.advance(seconds(59));
    EXPECT_TRUE(lns.accept());
}

TEST(Auth, EndsWhenAaaDoesNotAnswer) {
    Lns lns;
    lns.start_with(AuthMethod::chap);
    lns.login();
    lns.advance(seconds(70));
    EXPECT_EQ(lns.finished, Reason::auth_timeout);
    EXPECT_FALSE(lns.accept());
}

TEST(Auth, AcceptWithoutAnAddressEndsTheSession) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.login();
    lns.parameters.peer_address = {};
    EXPECT_TRUE(lns.accept());
    lns.advance(seconds(10));
    EXPECT_EQ(lns.finished, Reason::no_address);
}

TEST(Auth, CutsLongMessages) {
    for (const AuthMethod method : {AuthMethod::pap, AuthMethod::chap}) {
        Lns lns;
        lns.start_with(method);
        lns.login();
        lns.clear();
        ASSERT_TRUE(lns.refuse(std::string(5000, 'x')));
        const Octets& data = lns.sent.at(0).data;
        EXPECT_EQ(data.size(), method == AuthMethod::pap ? 254U : 253U);
        if (method == AuthMethod::pap) {
            EXPECT_EQ(data[0], 253);
        }
        lns.clear();
        lns.login(); // repeated: what was kept
        EXPECT_EQ(lns.sent.at(0).data.size(), method == AuthMethod::pap ? 61U : 60U);
    }
}

TEST(NextDeadline, IsTheEarliestOfAllTimers) {
    Session s;
    EXPECT_EQ(next_deadline(s), kNever);
    MonoTime at{seconds(100)};
    for (MonoTime* timer :
         {&s.lcp.deadline, &s.ipcp.deadline, &s.auth.deadline, &s.auth.resend_at, &s.setup_deadline, &s.echo.due}) {
        at -= seconds(1);
        *timer = at;
        EXPECT_EQ(next_deadline(s), at);
    }
}

TEST(Recover, ChallengesAnewWhenAResponseWasInHand) {
    Lns lns;
    lns.start_with(AuthMethod::chap);
    lns.login();
    const std::uint8_t old_id = lns.s.auth.id;
    const auto old_challenge = lns.s.auth.challenge;
    lns.clear();
    lns.recover();
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_EQ(lns.sent[0].code, kChallenge);
    EXPECT_NE(lns.sent[0].id, old_id);
    EXPECT_NE(lns.s.auth.challenge, old_challenge);
    EXPECT_FALSE(lns.accept()); // of the request that was lost
    lns.login();
    EXPECT_EQ(lns.asked.size(), 2U);
    EXPECT_TRUE(lns.accept());
}

TEST(Recover, WaitsForThePeersNextPapRequest) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.login();
    lns.clear();
    lns.recover();
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_FALSE(lns.accept());
    lns.pap(8, "user", "secret");
    EXPECT_EQ(lns.asked.size(), 2U);
    EXPECT_TRUE(lns.accept());
}

TEST(Recover, GivesAPeerThatHasNotAnsweredItsTimeAnew) {
    for (const AuthMethod method : {AuthMethod::pap, AuthMethod::chap}) {
        Lns lns;
        lns.start_with(method);
        lns.now += seconds(100);
        lns.recover();
        lns.tick();
        EXPECT_EQ(lns.s.phase, Phase::authenticate);
        lns.login();
        EXPECT_TRUE(lns.accept());
    }
}

TEST(Recover, SaysNetworkUpOnceMoreAndHoldsNobodysSilenceAgainstThem) {
    Lns lns;
    lns.open();
    lns.now += seconds(3000);
    lns.recover();
    EXPECT_EQ(lns.ups, 2);
    EXPECT_TRUE(lns.sent.empty());
    lns.advance(seconds(30));
    EXPECT_EQ(lns.s.phase, Phase::open);
}

TEST(Recover, ForgivesEchoesThatNobodyWasThereToHear) {
    Lns lns;
    lns.open();
    lns.advance(seconds(60));
    ASSERT_GT(lns.s.echo.outstanding, 0);
    lns.now += seconds(3000);
    lns.recover();
    lns.advance(seconds(30));
    EXPECT_EQ(lns.s.phase, Phase::open);
}

TEST(Recover, SetsNoTimeToSessionsThatAreSetUp) {
    Lns lns;
    lns.open();
    lns.recover();
    for (int i = 0; i < 20; ++i) {
        lns.advance(seconds(20));
        alive(lns.s, lns.now);
    }
    EXPECT_EQ(lns.s.phase, Phase::open);
}

TEST(Recover, SaysFinishedOnceMore) {
    Lns lns;
    lns.open();
    lns.close(Reason::administrative);
    lns.lcp(Code::TerminateAck, 1);
    ASSERT_EQ(lns.finished, Reason::administrative);
    lns.finished.reset();
    lns.recover();
    EXPECT_EQ(lns.finished, Reason::administrative);
    Lns never_started;
    never_started.recover();
    EXPECT_FALSE(never_started.finished);
}

TEST(Recover, LetsTimersRunOn) {
    Lns lns;
    lns.start();
    lns.now += seconds(100);
    lns.clear();
    lns.recover();
    lns.tick();
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::ConfigureRequest), 1U);
    lns.lcp_up();
    EXPECT_EQ(lns.s.phase, Phase::authenticate);
}

} // namespace
} // namespace lns::ppp

// SPDX-License-Identifier: ISC
// The worker as a whole over loopback.
#include "tests/unit/radius_suite.h"

namespace lns::radius_client {
namespace {

void local_only(conf::Config& config) { config.primary_radius = {}; }

constexpr const char* kSubscribers = "joe:secret\nann:word:10.1.2.3:172.16.0.0/24,172.16.1.0/24\n";

TEST(Service, DecidesByTheSubscribersFile) {
    Suite suite(local_only, "", kSubscribers);
    EXPECT_EQ(suite.login(pap("joe", "secret")).verdict, AuthVerdict::accept);
    EXPECT_EQ(suite.login(pap("joe", "secre")).verdict, AuthVerdict::reject);
    EXPECT_EQ(suite.login(pap("joe", "")).verdict, AuthVerdict::reject);
    EXPECT_EQ(suite.login(pap("nobody", "secret")).verdict, AuthVerdict::reject);
    EXPECT_EQ(suite.login(chap("joe", "secret")).verdict, AuthVerdict::accept);
    EXPECT_EQ(suite.login(chap("joe", "wrong")).verdict, AuthVerdict::reject);
    const imsg::AuthReply ann = suite.login(pap("ann", "word"));
    EXPECT_EQ(ann.verdict, AuthVerdict::accept);
    EXPECT_EQ(ann.session, 300U);
    EXPECT_EQ(ann.generation, 4U);
    EXPECT_EQ(ann.request, 17U);
    EXPECT_EQ(ann.local, 1);
    EXPECT_EQ(to_string(ann.framed_address), "10.1.2.3");
    ASSERT_EQ(ann.route_count, 2);
    EXPECT_EQ(to_string(ann.route_addresses[1]), "172.16.1.0");
    EXPECT_EQ(ann.route_lengths[1], 24);
    EXPECT_TRUE(suite.server().received.empty());
}

TEST(Service, AsksRadiusForUsersTheFileDoesNotHave) {
    Suite suite([](conf::Config& c) { c.auth_method = conf::AuthSource::local_then_radius; }, "s3cret", kSubscribers);
    suite.server().on_packet = [&](const FakeServer::Packet& p) { suite.server().reply(p, Code::AccessAccept); };
    EXPECT_EQ(suite.login(pap("joe", "wrong")).verdict, AuthVerdict::reject);
    EXPECT_TRUE(suite.server().received.empty());
    const imsg::AuthReply other = suite.login(pap("other", "x"));
    EXPECT_EQ(other.verdict, AuthVerdict::accept);
    EXPECT_EQ(other.local, 0);
}

// RFC 2865 5.2, the other way round.
std::string reveal(const FakeServer::Packet& p) {
    std::string out;
    const Bytes hidden = p.value(Attr::UserPassword);
    Bytes previous = Bytes(p.octets).subspan(4, 16);
    for (std::size_t at = 0; at + 16 <= hidden.size(); at += 16) {
        const auto pad = md5({kSecret.reveal_octets(), previous});
        for (std::size_t i = 0; i < 16; ++i)
            out += static_cast<char>(hidden[at + i] ^ pad[i]);
        previous = hidden.subspan(at, 16);
    }
    return out.substr(0, out.find('\0'));
}

TEST(Service, SaysInAccessRequestAllThatIsPromised) {
    Suite suite;
    suite.server().on_packet = [&](const FakeServer::Packet& p) { suite.server().reply(p, Code::AccessAccept); };
    const std::string password = "a password of more than one block of sixteen";
    EXPECT_EQ(suite.login(pap("joe", password.c_str())).verdict, AuthVerdict::accept);
    const FakeServer::Packet& p = suite.server().received.at(0);
    EXPECT_EQ(p.octets[20], 80); // Message-Authenticator comes first
    EXPECT_EQ(reveal(p), password);
    EXPECT_EQ(p.text(Attr::UserName), "joe");
    EXPECT_EQ(p.number(Attr::NasIpAddress), 0x0a000001U);
    EXPECT_EQ(p.text(Attr::NasIdentifier), "lns1");
    EXPECT_EQ(p.number(Attr::NasPort), 300U);
    EXPECT_EQ(p.number(Attr::NasPortType), 5U);
    EXPECT_EQ(p.number(Attr::ServiceType), 2U);
    EXPECT_EQ(p.number(Attr::FramedProtocol), 1U);
    EXPECT_EQ(p.text(Attr::CallingStationId), "0412");
    EXPECT_EQ(p.text(Attr::CalledStationId), "0399");
    EXPECT_EQ(p.text(Attr::ConnectInfo), "8000000/640000");
    EXPECT_EQ(p.text(Attr::AcctSessionId), "0000000000abcdef");
}

TEST(Service, PassesOnWhatAnAcceptSays) {
    Suite suite;
    suite.server().on_packet = [&](const FakeServer::Packet& p) {
        std::vector<std::uint8_t> attributes{8, 6, 10, 1, 2, 3, 27, 6, 0, 0, 14, 16, 25, 5, 'a', 'b', 'c'};
        const std::string route = "172.16.0.0/24 0.0.0.0 1";
        attributes.insert(attributes.end(), {22, static_cast<std::uint8_t>(route.size() + 2)});
        attributes.insert(attributes.end(), route.begin(), route.end());
        const std::string own = "192.0.2.1/32"; // the LAC's: refused
        attributes.insert(attributes.end(), {22, static_cast<std::uint8_t>(own.size() + 2)});
        attributes.insert(attributes.end(), own.begin(), own.end());
        suite.server().reply(p, Code::AccessAccept, attributes);
    };
    const imsg::AuthReply reply = suite.login(chap("joe", "secret"));
    EXPECT_EQ(reply.verdict, AuthVerdict::accept);
    EXPECT_EQ(to_string(reply.framed_address), "10.1.2.3");
    EXPECT_EQ(reply.session_timeout, 3600U);
    EXPECT_EQ(reply.classes.view(), "\x03"
                                    "abc");
    ASSERT_EQ(reply.route_count, 1);
    EXPECT_EQ(to_string(reply.route_addresses[0]), "172.16.0.0");
    EXPECT_EQ(suite.count(Counter::remark_refused_route), 1U);
    const FakeServer::Packet& p = suite.server().received.at(0);
    EXPECT_EQ(p.value(Attr::ChapPassword).size(), 17U);
    EXPECT_EQ(p.value(Attr::ChapPassword)[0], 77);
    EXPECT_EQ(p.value(Attr::ChapChallenge).size(), 16U);
    EXPECT_TRUE(p.value(Attr::UserPassword).empty());
}

TEST(Service, WritesPacketsInWordsAtLevelFive) {
    Suite suite([](conf::Config& c) { c.debug = static_cast<std::uint32_t>(LogLevel::packet); });
    suite.server().on_packet = [&](const FakeServer::Packet& p) {
        suite.server().reply(p, Code::AccessAccept, {8, 6, 10, 1, 2, 3});
    };
    EXPECT_EQ(suite.login(pap("joe", "secret")).verdict, AuthVerdict::accept);
    EXPECT_TRUE(suite.until([&] { return suite.log.find("Framed-IP-Address=10.1.2.3") != std::string::npos; }));
    EXPECT_NE(suite.log.find("User-Name=joe"), std::string::npos);
    EXPECT_EQ(suite.log.find("secret"), std::string::npos);
}

TEST(Service, PassesOnARejectAndItsMessage) {
    Suite suite;
    suite.server().on_packet = [&](const FakeServer::Packet& p) {
        suite.server().reply(p, Code::AccessReject, {18, 4, 'n', 'o'});
    };
    const imsg::AuthReply reply = suite.login(pap("joe", "wrong"));
    EXPECT_EQ(reply.verdict, AuthVerdict::reject);
    EXPECT_EQ(reply.message.view(), "no");
    suite.server().on_packet = [&](const FakeServer::Packet& p) {
        suite.server().reply(p, Code::AccessChallenge, {24, 3, 1});
    };
    EXPECT_EQ(suite.login(pap("joe", "wrong")).verdict, AuthVerdict::reject);
}

TEST(Service, DropsBadRepliesWithAReasonAndTakesTheGoodOne) {
    Suite suite;
    suite.server().on_packet = [&](const FakeServer::Packet& p) {
        suite.server().send(p, {2, p.octets[1], 0, 20});
        suite.server().reply(p, Code::AccessAccept, {}, true, Secret("other"));
        suite.server().reply(p, Code::AccountingResponse);
        suite.server().reply(p, Code::AccessAccept, {8, 6, 10, 1, 2, 3});
        suite.server().reply(p, Code::AccessReject);
    };
    EXPECT_EQ(suite.login(pap("joe", "secret")).verdict, AuthVerdict::accept);
    EXPECT_TRUE(suite.until([&] { return suite.count(Counter::reply_unmatched) == 1; }));
    EXPECT_EQ(suite.count(Counter::reply_malformed), 1U);
    EXPECT_EQ(suite.count(Counter::reply_wrong_authenticator), 1U);
    EXPECT_EQ(suite.count(Counter::reply_wrong_code), 1U);
    EXPECT_TRUE(suite.until([&] { return suite.log.find("radius_secret") != std::string::npos; })) << suite.log;
    EXPECT_EQ(suite.replies.size(), 1U);
}

TEST(Service, AsksForMessageAuthenticatorOnceAServerHasSentIt) {
    Suite suite;
    bool authenticated = false;
    suite.server().on_packet = [&](const FakeServer::Packet& p) {
        suite.server().reply(p, Code::AccessAccept, {}, authenticated);
    };
    EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::accept); // not seen yet: a warning
    EXPECT_TRUE(suite.until([&] { return suite.log.find("CVE-2024-3596") != std::string::npos; }));
    authenticated = true;
    EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::accept);
    authenticated = false;
    suite.session().send(pap("joe", "x"));
    EXPECT_TRUE(suite.until([&] { return suite.count(Counter::reply_no_message_authenticator) == 1; }));
    EXPECT_EQ(suite.replies.size(), 2U);
}

TEST(Service, RequiresMessageAuthenticatorFromTheFirstReplyWhenSetToYes) {
    Suite suite([](conf::Config& c) { c.radius_require_message_authenticator = conf::Tristate::yes; });
    suite.server().on_packet = [&](const FakeServer::Packet& p) {
        suite.server().reply(p, Code::AccessAccept, {}, false);
    };
    suite.session().send(pap("joe", "x"));
    EXPECT_TRUE(suite.until([&] { return suite.count(Counter::reply_no_message_authenticator) == 1; }));
    EXPECT_TRUE(suite.replies.empty());
}

TEST(Service, RefusesQueriesWithoutASecretOrAServer) {
    {
        Suite suite({}, "");
        EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::unavailable);
        EXPECT_TRUE(suite.until([&] { return suite.log.find("radius_secret is not set") != std::string::npos; }));
        EXPECT_TRUE(suite.server().received.empty());
    }
    Suite suite([](conf::Config& c) {
        c.primary_radius = {};
        c.auth_method = conf::AuthSource::radius;
    });
    EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::unavailable);
}

TEST(Service, ShowsRequestsUnderWayAndForgetsCancelledOnes) {
    Suite suite;
    suite.session().send(pap("joe", "x", 300));
    suite.session().send(pap("ann", "x", 301));
    ASSERT_TRUE(suite.until([&] { return suite.server().received.size() == 2; }));
    EXPECT_EQ(suite.shown(shm::RadiusState::auth), 2U);
    suite.session().send(imsg::AuthCancel{300, 4});
    suite.session().send(imsg::AuthCancel{301, 3}); // of another generation: not this one
    ASSERT_TRUE(suite.until([&] { return suite.shown(shm::RadiusState::auth) == 1; }));
    suite.server().reply(suite.server().received[0], Code::AccessAccept);
    suite.server().reply(suite.server().received[1], Code::AccessAccept);
    ASSERT_TRUE(suite.until([&] { return suite.replies.size() == 1 && suite.count(Counter::reply_unmatched) == 1; }));
    EXPECT_EQ(suite.replies[0].session, 301U);
    EXPECT_EQ(suite.shown(shm::RadiusState::auth), 0U);
}

TEST(Service, ARepeatedQuestionIsAskedOnce) {
    Suite suite;
    suite.session().send(pap("joe", "x"));
    suite.session().send(pap("joe", "x")); // sessiond's channel was full, so it sends all again
    imsg::AuthRequest other = pap("joe", "y");
    other.request = 18;
    suite.session().send(other); // another login of that session ends the first
    ASSERT_TRUE(suite.until([&] { return suite.server().received.size() == 2; }));
    EXPECT_EQ(suite.count(Counter::auth_requests), 2U);
    for (const FakeServer::Packet& p : suite.server().received)
        suite.server().reply(p, Code::AccessAccept);
    ASSERT_TRUE(suite.until([&] { return !suite.replies.empty() && suite.count(Counter::reply_unmatched) == 1; }));
    EXPECT_EQ(suite.replies[0].request, 18U);
}

TEST(Service, ANewSessiondGetsNoAnswersToOldQuestions) {
    Suite suite;
    suite.session().send(pap("joe", "x"));
    ASSERT_TRUE(suite.until([&] { return suite.server().received.size() == 1; }));
    suite.restart_session();
    ASSERT_TRUE(suite.until([&] { return suite.shown(shm::RadiusState::auth) == 0; }));
    suite.server().reply(suite.server().received[0], Code::AccessAccept);
    ASSERT_TRUE(suite.until([&] { return suite.count(Counter::reply_unmatched) == 1; }));
    EXPECT_TRUE(suite.replies.empty());
    suite.server().on_packet = [&](const FakeServer::Packet& p) { suite.server().reply(p, Code::AccessReject); };
    EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::reject);
}

TEST(Service, SendsAccountingToTheNextPort) {
    Suite suite;
    suite.server().on_packet = [&](const FakeServer::Packet& p) { suite.server().reply(p, Code::AccountingResponse); };
    suite.session().send(acct(imsg::AcctKind::start));
    suite.session().send(acct(imsg::AcctKind::stop));
    ASSERT_TRUE(suite.until([&] { return suite.count(Counter::acct_acknowledged) == 2; }));
    EXPECT_EQ(suite.stored.size(), 2U);
    ASSERT_EQ(suite.server().received.size(), 2U);
    const FakeServer::Packet& start = suite.server().received[0];
    const FakeServer::Packet& stop = suite.server().received[1];
    EXPECT_TRUE(start.acct);
    EXPECT_EQ(start.number(Attr::AcctStatusType), 1U);
    EXPECT_EQ(stop.number(Attr::AcctStatusType), 2U);
    EXPECT_EQ(stop.number(Attr::AcctInputOctets), 0x3456789aU);
    EXPECT_EQ(stop.number(Attr::AcctInputGigawords), 0x12U);
    EXPECT_EQ(stop.text(Attr::AcctSessionId), "0000000000abcdef");
    const auto digest = md5({Bytes(stop.octets).first(4), std::array<std::uint8_t, 16>{},
                             Bytes(stop.octets).subspan(20), kSecret.reveal_octets()});
    EXPECT_TRUE(equal_constant_time(digest, Bytes(stop.octets).subspan(4, 16))); // RFC 2866 3
}

TEST(Service, KeepsAccountingAndWhatItLearntThroughARestart) {
    Suite suite;
    suite.server().on_packet = [&](const FakeServer::Packet& p) {
        if (!p.acct) suite.server().reply(p, Code::AccessAccept);
    };
    EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::accept);
    suite.session().send(acct(imsg::AcctKind::start));
    ASSERT_TRUE(suite.until([&] { return suite.stored.size() == 1; })); // committed, never acknowledged
    suite.restart();
    suite.server().on_packet = [&](const FakeServer::Packet& p) {
        if (p.acct) suite.server().reply(p, Code::AccountingResponse);
    };
    ASSERT_TRUE(suite.until([&] { return suite.count(Counter::acct_acknowledged) == 1; }));
    EXPECT_EQ(suite.server().received[0].number(Attr::AcctStatusType), 1U);
}

TEST(Service, AccountsAreSettledWhenTheSpoolHasForgottenWhatWasAcknowledged) {
    Suite suite;
    std::vector<FakeServer::Packet> unanswered;
    suite.server().on_packet = [&](const FakeServer::Packet& p) { unanswered.push_back(p); };
    suite.session().send(acct(imsg::AcctKind::start));
    ASSERT_TRUE(suite.until([&] { return suite.stored.size() == 1 && unanswered.size() == 1; }));
    suite.parent().send(imsg::SettleAccounts{Clock::now() + 1h});
    suite.session().send(acct(imsg::AcctKind::stop));
    ASSERT_TRUE(suite.until([&] { return suite.stored.size() == 2; }));
    EXPECT_TRUE(suite.settled.empty());
    suite.server().on_packet = [&](const FakeServer::Packet& p) { suite.server().reply(p, Code::AccountingResponse); };
    suite.server().reply(unanswered[0], Code::AccountingResponse);
    ASSERT_TRUE(suite.until([&] { return !suite.settled.empty(); }));
    EXPECT_EQ(suite.settled, std::vector<std::uint64_t>{0});
    EXPECT_EQ(suite.count(Counter::acct_acknowledged), 2U);
}

TEST(Service, AccountsThatNobodyAcknowledgesAreReportedWhenTimeIsUp) {
    Suite suite;
    suite.session().send(acct(imsg::AcctKind::stop));
    ASSERT_TRUE(suite.until([&] { return suite.stored.size() == 1; }));
    suite.parent().send(imsg::SettleAccounts{Clock::now() + 50ms});
    ASSERT_TRUE(suite.until([&] { return !suite.settled.empty(); }));
    EXPECT_EQ(suite.settled, std::vector<std::uint64_t>{1});
}

TEST(Service, AccountsWithoutAServerAreSettledAtOnce) {
    Suite suite(local_only, "", kSubscribers);
    suite.parent().send(imsg::SettleAccounts{Clock::now() + 1h});
    ASSERT_TRUE(suite.until([&] { return !suite.settled.empty(); }));
    EXPECT_EQ(suite.settled, std::vector<std::uint64_t>{0});
}

TEST(Service, CarriesThousandsOfLoginsAtOnce) {
    Suite suite;
    constexpr std::size_t kLogins = 6000; // more than the 4096 identifiers there are
    suite.server().on_packet = [&](const FakeServer::Packet& p) {
        const auto& all = suite.server().received;
        if (all.size() > 400) return suite.server().reply(p, Code::AccessAccept);
        if (all.size() < 400) return; // nobody is answered before so many wait at once
        for (std::size_t i = 0; i < 400; ++i)
            suite.server().reply(FakeServer::Packet(all[i]), Code::AccessAccept);
    };
    for (std::uint32_t i = 0; i < kLogins; ++i)
        ASSERT_TRUE(suite.session().send(pap("joe", "x", 1000 + i)));
    EXPECT_TRUE(suite.until([&] { return suite.replies.size() == kLogins; })) << suite.replies.size();
    std::set<std::uint32_t> sessions;
    for (const imsg::AuthReply& reply : suite.replies)
        sessions.insert(reply.session);
    EXPECT_EQ(sessions.size(), kLogins);
}

} // namespace
} // namespace lns::radius_client

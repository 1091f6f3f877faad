// SPDX-License-Identifier: ISC
// Calls that end at the wrong moment, against sessiond as a whole: tests/cve/README.md says which is which.
#include "sessiond/packet_log.h"
#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;

enum class End : std::uint8_t { hang_up, terminate, drop_session, drop_tunnel, stop_ccn };

void end_it(Rig& rig, LacSite& site, Subscriber& s, End how) {
    auto& call = site.lac->calls.at(s.call - 1U);
    switch (how) {
    case End::hang_up:
        return site.lac->hang_up(call);
    case End::terminate:
        if (call.up) s.terminate();
        return;
    case End::drop_session:
        for (std::uint32_t i = 0; i < rig.table(shm::TableId::sessions).records(); ++i)
            if (rig.session(SessionIndex{i}).state != shm::SessionState::free)
                rig.cli().send(imsg::DropSession{1, i, 0, 0});
        return;
    case End::drop_tunnel:
        rig.cli().send(imsg::DropTunnel{1, raw(site.lac->lns())});
        return;
    case End::stop_ccn:
        return site.lac->say(SessionId::none, l2tp::test::stop_payload(l2tp::test::kTheirs));
    }
}

// CVE-2021-42054, CVE-2021-42870, accel-ppp: a call cleared while it was being made. Every way to end, after any step
// of the set-up; the answers of AAA come or do not. In the end there is no session, and each Start has its Stop.
class EndDuringSetUp : public testing::TestWithParam<End> {};

TEST_P(EndDuringSetUp, LeavesNothingWhateverTheStep) {
    Rig rig;
    LacSite* site = &rig.lac_up();
    for (const int step : {0, 2, 4, 7, 12}) {
        SCOPED_TRACE(testing::Message() << "after step " << step);
        rig.answers = step % 2 == 0;
        Subscriber& joe = rig.dial(*site, "joe");
        for (int i = 0; i < step; ++i)
            rig.step();
        end_it(rig, *site, joe, GetParam());
        rig.advance(1s);
        if (GetParam() < End::drop_tunnel)
            end_it(rig, *site, joe, End::drop_session); // the first may have come too early
        ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }, 300s));
        if (GetParam() >= End::drop_tunnel) {
            ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 0; }, 300s));
            rig.forget_subscribers(*site);
            site->deaf = true;
            site = &rig.lac_up();
        }
    }
    EXPECT_EQ(rig.records_of(imsg::AcctKind::start).size(), rig.records_of(imsg::AcctKind::stop).size());
    EXPECT_EQ(rig.tunnels_in_use(), 1U);
}
INSTANTIATE_TEST_SUITE_P(Cve2021_42054, EndDuringSetUp,
                         testing::Values(End::hang_up, End::terminate, End::drop_session, End::drop_tunnel,
                                         End::stop_ccn));

// accel-ppp 7bd6843c, PR 301: the session is gone, or another is in its slot, when the answer comes.
TEST(AccelPr301, AnAnswerToASessionThatIsGoneIsNobodys) {
    Rig rig;
    rig.answers = false;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.dial(site, "joe");
    ASSERT_TRUE(rig.until([&] { return rig.asked.size() == 1; }));
    const imsg::AuthRequest question = rig.asked[0];
    site.lac->hang_up(site.lac->calls.at(joe.call - 1U));
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
    rig.answer(question);
    rig.answer(question);
    rig.advance(1s);
    EXPECT_EQ(rig.sessions_in_use(), 0U);
    EXPECT_TRUE(rig.records_of(imsg::AcctKind::start).empty());
    rig.dial(site, "jim");
    ASSERT_TRUE(rig.until([&] { return rig.asked.size() == 2; }));
    rig.answer(question);
    rig.advance(1s);
    EXPECT_TRUE(rig.records_of(imsg::AcctKind::start).empty()) << "jim was let in by the answer about joe";
}

// Weakness 16: passwords in the log. At level 5 it has every packet.
TEST(Weakness16, APasswordInAPacketIsNotShown) {
    const Octets pap =
        ppp::frame(ppp::Protocol::PAP, ppp::packet(ppp::kPapRequest, 1, ppp::pap_request("joe", "secret")));
    const Octets iccn =
        l2tp::test::iccn([](l2tp::AvpWriter& a) { a.text(l2tp::AvpType::ProxyAuthenResponse, "secret"); });
    const auto header = l2tp::encode_data_header(PeerTunnelId{1}, PeerSessionId{2});
    for (const Octets& datagram : {ppp::join({Octets(header.begin(), header.end()), pap}),
                                   l2tp::test::datagram(TunnelId{1}, SessionId{2}, 3, 4, iccn)}) {
        const Octets shown = without_passwords(datagram);
        ASSERT_EQ(shown.size(), datagram.size());
        EXPECT_EQ(as_text(shown).find("secret"), std::string_view::npos);
        EXPECT_NE(as_text(datagram).find("secret"), std::string_view::npos);
        for (std::size_t size = 0; size < datagram.size(); ++size)
            EXPECT_EQ(without_passwords(Bytes(datagram).first(size)).size(), size);
    }
}

} // namespace
} // namespace lns::sessiond

// SPDX-License-Identifier: ISC
// sessiond dies between every two changes of a table, and between the last change and sending, over the whole life of
// calls; a new one goes on. The LAC and the subscriber notice at most that they had to repeat something, and nothing
// is left over, lost or doubled (DESIGN 1, law 4).
#include <map>
#include <set>

#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;
using imsg::AcctKind;
using shm::SessionState;

struct Life {
    const char* name;
    std::function<void(Rig&)> live;
};

bool ended(const Subscriber& s) { return s.leg().ended; }

// Dials as often as a LAC would, until the subscriber is online; nullptr when he never is.
Subscriber* get_online(Rig& rig, LacSite& site, const std::string& user,
                       ppp::AuthMethod method = ppp::AuthMethod::pap) {
    Subscriber* s = &rig.dial(site, user, method);
    const bool online = rig.until([&] {
        if (ended(*s)) s = &rig.dial(site, user, method);
        return s->open() && rig.session(*s).state == SessionState::open;
    });
    EXPECT_TRUE(online) << user << " cannot get online";
    return online ? s : nullptr;
}

bool echo_is_answered(Rig& rig, Subscriber& s) {
    s.frames.clear();
    for (int i = 0; i < 2; ++i) { // a crash may take one datagram with it
        s.say(ppp::frame(ppp::Protocol::LCP, ppp::packet(ppp::Code::EchoRequest, 5, ppp::be32(0))));
        if (rig.until([&] { return s.got(ppp::Protocol::LCP, static_cast<std::uint8_t>(ppp::Code::EchoReply)); }, 2s))
            return true;
    }
    return false;
}

LacSite& tunnel_up(Rig& rig) {
    LacSite& site = rig.lac();
    EXPECT_TRUE(rig.until([&] { return site.lac->up; })) << "no tunnel";
    return site;
}

// With an address of his own and a framed route: both are routes of the kernel.
void give_routes(imsg::AuthReply& reply) {
    reply.framed_address = *parse_ipv4("192.0.2.9");
    reply.route_count = 1;
    reply.route_addresses[0] = *parse_ipv4("172.16.5.0");
    reply.route_lengths[0] = 24;
}

constexpr shm::Counters64 kTraffic{.up_packets = 3, .up_octets = 300, .down_packets = 5, .down_octets = 5000};

void use(Rig& rig, const Subscriber& s) {
    for (std::uint16_t datapath = 0; datapath < Rig::kDatapaths; ++datapath)
        rig.add_traffic(rig.index_of(s), datapath, kTraffic);
}

void online_until(Rig& rig, ppp::AuthMethod method, const std::function<void(LacSite&, Subscriber&)>& end) {
    LacSite& site = tunnel_up(rig);
    Subscriber* joe = get_online(rig, site, "joe", method);
    ASSERT_NE(joe, nullptr);
    EXPECT_EQ(joe->client->address(), rig.session(*joe).address.value);
    use(rig, *joe);
    EXPECT_TRUE(echo_is_answered(rig, *joe));
    end(site, *joe);
    EXPECT_TRUE(rig.until([&] { return ended(*joe); })) << "not ended";
}

// Terminate-Request, repeated like a client's: what the one that died had read already is lost.
void say_goodbye(Rig& rig, const Subscriber& s) {
    for (int i = 0; i < 3 && !ended(s); ++i) {
        s.terminate();
        rig.until([&] { return ended(s); }, 3s);
    }
    EXPECT_TRUE(ended(s)) << "his goodbye is not heard";
}

void hang_up(LacSite& site, const Subscriber& s) { site.lac->hang_up(site.lac->calls.at(s.call - 1U)); }

const std::vector<Life> kLives{
    {"PAP; the subscriber says goodbye",
     [](Rig& rig) {
         online_until(rig, ppp::AuthMethod::pap, [&rig](LacSite&, const Subscriber& joe) { say_goodbye(rig, joe); });
     }},
    {"CHAP; the LAC hangs up",
     [](Rig& rig) {
         online_until(rig, ppp::AuthMethod::chap, [](LacSite& site, Subscriber& s) { hang_up(site, s); });
     }},
    {"routes of his own; the operator drops the session",
     [](Rig& rig) {
         rig.verdict = give_routes;
         online_until(rig, ppp::AuthMethod::pap, [&rig](LacSite&, const Subscriber& joe) {
             for (std::uint32_t i = 1; i < 9 && !ended(joe); ++i) { // until he sees that it was done
                 rig.cli().send(imsg::DropSession{i, raw(rig.index_of(joe)), 0, 0});
                 rig.until([&] { return ended(joe); }, 20s);
             }
         });
     }},
    {"the operator drops the tunnel",
     [](Rig& rig) {
         online_until(rig, ppp::AuthMethod::pap, [&rig](const LacSite& site, const Subscriber&) {
             const auto id = static_cast<std::uint32_t>(raw(site.lac->lns()));
             for (std::uint32_t i = 1; i < 9 && !site.lac->stopped; ++i) {
                 rig.cli().send(imsg::DropTunnel{i, id});
                 rig.until([&] { return site.lac->stopped; }, 20s);
             }
             EXPECT_TRUE(site.lac->stopped);
         });
     }},
    {"the modem begins anew",
     [](Rig& rig) {
         online_until(rig, ppp::AuthMethod::pap, [&rig](LacSite&, Subscriber& joe) {
             Rig::reboot(joe, "joe");
             EXPECT_TRUE(rig.until([&] { return joe.open() && rig.session(joe).state == SessionState::open; }));
             use(rig, joe);
             say_goodbye(rig, joe);
         });
     }},
    {"the same user again",
     [](Rig& rig) {
         LacSite& site = tunnel_up(rig);
         Subscriber* first = get_online(rig, site, "joe");
         Subscriber* second = get_online(rig, site, "joe");
         ASSERT_TRUE(first != nullptr && second != nullptr);
         EXPECT_TRUE(rig.until([&] { return ended(*first); }));
         EXPECT_TRUE(echo_is_answered(rig, *second));
         say_goodbye(rig, *second);
     }},
    {"a wrong password, then the right one",
     [](Rig& rig) {
         LacSite& site = tunnel_up(rig);
         rig.verdict = [](imsg::AuthReply& r) { r.verdict = imsg::AuthVerdict::reject; };
         const Subscriber& joe = rig.dial(site, "joe");
         EXPECT_TRUE(rig.until([&] { return ended(joe); }));
         rig.verdict = [](imsg::AuthReply&) {};
         Subscriber* again = get_online(rig, site, "joe");
         ASSERT_NE(again, nullptr);
         hang_up(site, *again);
     }},
    {"the LAC ends the tunnel with sessions in it",
     [](Rig& rig) {
         LacSite& site = tunnel_up(rig);
         get_online(rig, site, "joe");
         get_online(rig, site, "ann");
         rig.dial(site, "sue"); // half made
         site.stop();
     }},
    {"the LAC begins anew without a word",
     [](Rig& rig) {
         LacSite& site = tunnel_up(rig);
         get_online(rig, site, "joe");
         site.restart();
         EXPECT_TRUE(rig.until([&] { return site.lac->up; }));
         Subscriber* again = get_online(rig, site, "joe");
         ASSERT_NE(again, nullptr);
         say_goodbye(rig, *again);
     }},
};

// ---- what must be so when all is over ----

// radiusd-client takes a record that it is told twice once; here, too.
void expect_accounts_in_order(const Rig& rig) {
    std::map<std::uint64_t, std::vector<const imsg::AcctRequest*>> of_session;
    for (const imsg::AcctRequest& r : rig.records) {
        if (r.session == 0) continue; // On
        auto& known = of_session[r.acct_session_id];
        const auto same = std::find_if(known.begin(), known.end(), [&](const auto* k) { return k->kind == r.kind; });
        if (same == known.end()) {
            known.push_back(&r);
        } else {
            EXPECT_EQ((*same)->octets_in, r.octets_in) << "told twice, and not the same";
        }
    }
    std::uint64_t in = 0;
    for (const auto& [id, records] : of_session) {
        ASSERT_EQ(records.size(), 2U) << "session " << id;
        EXPECT_EQ(records[0]->kind, AcctKind::start);
        EXPECT_EQ(records[1]->kind, AcctKind::stop);
        in += records[1]->octets_in;
    }
    EXPECT_EQ(in % (2 * kTraffic.up_octets), 0U) << "octets lost or invented";
}

std::set<std::string> kernel_routes(const Rig& rig) {
    std::set<std::string> now;
    std::set<std::string> stale;
    for (const std::string& told : rig.told) {
        if (told == "route sync begin") stale = now;
        if (told == "route sync end")
            for (const std::string& route : stale)
                now.erase(route);
        if (told.starts_with("route add ")) {
            now.insert(told.substr(10));
            stale.erase(told.substr(10));
        }
        if (told.starts_with("route remove ")) now.erase(told.substr(13));
    }
    return now;
}

void expect_nothing_left(Rig& rig) {
    const auto forward = rig.table(shm::TableId::forward).reader<shm::ForwardRecord>();
    for (std::uint32_t i = 0; i < forward.size(); ++i)
        EXPECT_TRUE(forward.version(i) == 0 || forward.get(i).state == shm::ForwardState::none) << "slot " << i;
    const auto leases = rig.table(shm::TableId::leases).reader<shm::LeaseRecord>();
    for (std::uint32_t i = 0; i < leases.size(); ++i)
        EXPECT_TRUE(leases.version(i) == 0 || leases.get(i).session == SessionIndex::none) << "lease " << i;
    EXPECT_EQ(kernel_routes(rig), std::set<std::string>());
    const auto tunnels = static_cast<std::uint32_t>(rig.table(shm::TableId::tunnels).records());
    const shm::Locator locator(rig.table(shm::TableId::locator).view<std::uint32_t>(), tunnels);
    for (unsigned id = 0; id < shm::Locator::kTunnelIds; ++id)
        ASSERT_EQ(locator.tunnel(TunnelId(id)), TunnelIndex::none) << "tunnel id " << id;
    for (std::uint32_t t = 1; t < tunnels; ++t)
        for (unsigned block = 0; block < shm::kBlocksPerTunnel; ++block)
            ASSERT_EQ(locator.block(TunnelIndex{t}, block), 0U) << "tunnel " << t;
}

// False when the life was over before it came to the last crash.
bool survives(const Life& life, const std::vector<int>& crashes) {
    Rig rig({.config = [](conf::Config& c) { c.auth_chap_first = false; }, .quick = true});
    rig.crash_at(crashes);
    life.live(rig);
    const bool crashed = rig.crashed();
    EXPECT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; })) << "a session is left";
    rig.stop_lacs();
    EXPECT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 0; })) << "a tunnel is left";
    rig.crash_at({});
    rig.restart(); // finds nothing that the one before did not know
    rig.advance(1s);
    expect_accounts_in_order(rig);
    expect_nothing_left(rig);
    return crashed;
}

class Crash : public testing::TestWithParam<Life> {};
INSTANTIATE_TEST_SUITE_P(Lives, Crash, testing::ValuesIn(kLives));

TEST_P(Crash, BetweenAnyTwoChangesIsSurvived) {
    int nth = 1;
    for (; nth < 2000; ++nth) {
        SCOPED_TRACE(std::string(GetParam().name) + ": crash at " + std::to_string(nth));
        if (!survives(GetParam(), {nth}) || testing::Test::HasFailure()) break;
    }
    RecordProperty("changes", nth);
    EXPECT_GT(nth, 40); // it did die at every one
}

TEST_P(Crash, DuringRecoveryIsSurvived) {
    for (int nth = 3; nth < 2000; nth += 7) {
        const int second = 1 + nth % 5;
        SCOPED_TRACE(std::string(GetParam().name) + ": crash at " + std::to_string(nth) + " and " +
                     std::to_string(second) + " later, twice");
        if (!survives(GetParam(), {nth, second, second}) || testing::Test::HasFailure()) break;
    }
}

} // namespace
} // namespace lns::sessiond

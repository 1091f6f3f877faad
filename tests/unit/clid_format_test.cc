// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "clid/format_pool.h"
#include "clid/format_process.h"
#include "clid/format_radius.h"
#include "clid/format_session.h"
#include "clid/format_tunnel.h"
#include "clid/format_uptime.h"
#include "lib/imsg/process.h"

namespace lns::clid {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kNow{1000h};
constexpr Ipv4 kAddress{0x0a0a0a01}; // 10.10.10.1

std::uint64_t ticks(MonoTime at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

struct Session {
    shm::SessionRecord record;
    shm::TunnelRecord tunnel;
    shm::SessionCounters counters{};

    Session() {
        record.state = shm::SessionState::open;
        record.user = "joe";
        record.address = kAddress;
        record.calling = "0399";
        record.created = kNow - 20s;
        record.opened = kNow - 18s;
        tunnel.local_id = TunnelId{2};
        tunnel.peer.address = Ipv4{0x0a630002};
    }
    [[nodiscard]] SessionFacts facts() const { return {SessionIndex{1}, record, tunnel, counters}; }
    [[nodiscard]] std::string row() const { return format_session_row(facts(), kNow); }
};

// As the reference's capture, without the columns the manual does not have.
TEST(FormatSession, RowStandsUnderItsHeader) {
    Session s;
    s.counters = {3, 204, 0, 0, 0, 0, ticks(kNow - 10s), 0};
    EXPECT_EQ(format_session_header(), "  SID  TID Username                         IP              I T G     opened "
                                       "downloaded   uploaded idle LAC             CLI");
    EXPECT_EQ(s.row(), "    1    2 joe                              10.10.10.1      N N N         18          0        "
                       "204   10 10.99.0.2       0399");
}

TEST(FormatSession, BeforeAuthenticationTheUserIsAStar) {
    Session s;
    s.record.state = shm::SessionState::starting;
    s.record.opened = {};
    EXPECT_EQ(user_column(s.record), "*");
    s.record.user = {};
    s.record.address = {};
    EXPECT_EQ(s.row(),
              "    1    2 *                                0.0.0.0         N N N         20          0          0   "
              "20 10.99.0.2       0399");
}

TEST(FormatSession, CountsFromTheBaselineOfTheSlot) {
    Session s;
    s.record.baseline = {1, 100, 2, 200, 10, 20};
    s.record.carried.down_dropped = 5;
    s.counters = {5, 150, 9, 5000000000, 13, 24, 0, 0};
    const Traffic t = traffic_of(s.facts());
    EXPECT_EQ(t.uploaded, 50U);
    EXPECT_EQ(t.up_packets, 4U);
    EXPECT_EQ(t.downloaded, 4999999800U);
    EXPECT_EQ(t.down_packets, 7U);
    EXPECT_EQ(t.up_dropped, 3U);
    EXPECT_EQ(t.down_dropped, 9U);
    s.record.baseline.up_octets = 1000; // a torn moment must not show 18 exabytes
    EXPECT_EQ(traffic_of(s.facts()).uploaded, 0U);
}

TEST(FormatSession, IdleIsSinceTheLastPacketOfThisSession) {
    Session s;
    EXPECT_EQ(idle_seconds(s.facts(), kNow), 18);
    s.counters.last_down = ticks(kNow - 7s);
    EXPECT_EQ(idle_seconds(s.facts(), kNow), 7);
    s.counters.last_up = ticks(kNow - 3s);
    EXPECT_EQ(idle_seconds(s.facts(), kNow), 3);
    s.counters = {};
    s.counters.last_up = ticks(kNow - 500s); // of an earlier session in the slot
    EXPECT_EQ(idle_seconds(s.facts(), kNow), 18);
    s.counters.last_up = ticks(kNow + 1s); // the packet came after the clock was read
    EXPECT_EQ(idle_seconds(s.facts(), kNow), 0);
}

TEST(FormatSession, TextOfPeersCannotSteerATerminal) {
    Session s;
    s.record.user = "a\x1b[2J\r\nb";
    s.record.calling = "\x9b"
                       "31m";
    const std::string detail = format_session_detail(s.facts(), std::nullopt, kNow);
    EXPECT_NE(s.row().find("a\\x1b[2J\\x0d\\x0ab"), std::string::npos);
    EXPECT_NE(s.row().find("\\x9b31m"), std::string::npos);
    EXPECT_EQ(s.row().find('\x1b'), std::string::npos);
    EXPECT_EQ(detail.find('\x1b'), std::string::npos);
    EXPECT_EQ(detail.find('\x9b'), std::string::npos);
}

TEST(FormatSession, DetailNamesPhaseRoutesAndLimits) {
    Session s;
    shm::SessionAaa aaa;
    aaa.route_count = 200; // more than there can be
    aaa.route_addresses[0] = Ipv4{0x0a3c0100};
    aaa.route_lengths[0] = 24;
    s.record.idle_timeout = 300;
    const std::string detail = format_session_detail(s.facts(), aaa, kNow);
    EXPECT_NE(detail.find("\tRoute:\t\t10.60.1.0/24\n"), std::string::npos) << detail;
    EXPECT_NE(detail.find("\tIdle Timeout:\t300 seconds\n"), std::string::npos);
    EXPECT_NE(detail.find("\tPPP Phase:\tNetwork\n"), std::string::npos);
    s.record.state = shm::SessionState::starting;
    s.record.opened = {};
    s.record.auth_pending = true;
    EXPECT_NE(format_session_detail(s.facts(), std::nullopt, kNow).find("\tPPP Phase:\tAuthenticate\n"),
              std::string::npos);
}

TEST(FormatTunnel, StateIsOneOfTheManualsWords) {
    EXPECT_STREQ(tunnel_state_word(shm::TunnelState::free), "Free");
    EXPECT_STREQ(tunnel_state_word(shm::TunnelState::opening), "Opening");
    EXPECT_STREQ(tunnel_state_word(shm::TunnelState::open), "Open");
    EXPECT_STREQ(tunnel_state_word(shm::TunnelState::dieing), "Dieing");
    EXPECT_STREQ(tunnel_state_word(shm::TunnelState{77}), "unknown");
}

TEST(FormatTunnel, RowStandsUnderItsHeader) {
    shm::TunnelRecord tunnel;
    tunnel.local_id = TunnelId{2};
    tunnel.state = shm::TunnelState::open;
    tunnel.host_name = "testlac";
    tunnel.peer.address = Ipv4{0x0a630002};
    EXPECT_EQ(format_tunnel_header(), " TID             Hostname                   IP  State Sessions");
    EXPECT_EQ(format_tunnel_row(tunnel, 8), "   2              testlac            10.99.0.2   Open      8");
}

TEST(FormatTunnel, ManySessionsFillSeveralLines) {
    EXPECT_EQ(format_tunnel_sids({}, true), "\tSessions:\t");
    EXPECT_EQ(format_tunnel_sids({SessionIndex{257}, SessionIndex{70000}}, true), "\tSessions:\t257 70000");
    EXPECT_EQ(format_tunnel_sids({SessionIndex{3}}, false), "\t\t\t3");
}

TEST(FormatPool, ReservedAddressIsTheManualsPicture) {
    shm::LeaseRecord lease{Ipv4{0xc0a86406}, SessionIndex::none, {}, kNow - 1548s, "joe.user"};
    EXPECT_EQ(format_pool_row(lease, kNow), "192.168.100.6     N           [joe.user] 1548s");
    lease.session = SessionIndex{12};
    EXPECT_EQ(format_pool_row(lease, kNow), "192.168.100.6     Y        12 joe.user");
    EXPECT_EQ(format_pool_header(), "IP Address      Used  Session User");
}

TEST(FormatRadius, RowHasTheManualsColumns) {
    EXPECT_EQ(format_radius_header(), "Radius State   Session      Retry Try");
    EXPECT_EQ(format_radius_row({shm::RadiusState::start, 200, 3, 65537, 1795328907}),
              "   200 START     65537 1795328907   3");
}

TEST(FormatRadius, StateIsOneOfTheManualsWords) {
    const std::array<std::pair<shm::RadiusState, const char*>, 9> words{{{shm::RadiusState::null, "NULL"},
                                                                         {shm::RadiusState::wait, "WAIT"},
                                                                         {shm::RadiusState::chap, "CHAP"},
                                                                         {shm::RadiusState::auth, "AUTH"},
                                                                         {shm::RadiusState::ipcp, "IPCP"},
                                                                         {shm::RadiusState::start, "START"},
                                                                         {shm::RadiusState::stop, "STOP"},
                                                                         {shm::RadiusState::interim, "INTERIM"},
                                                                         {shm::RadiusState{99}, "unknown"}}};
    for (const auto& [state, word] : words)
        EXPECT_STREQ(radius_state_word(state), word);
}

TEST(FormatProcess, DeadProcessShowsItsLastExitAndNoAge) {
    shm::ProcessRecord p{static_cast<std::uint8_t>(Proc::session),
                         shm::ProcessState::backing_off,
                         0,
                         0,
                         961,
                         4,
                         {},
                         kNow - 50s,
                         1,
                         2,
                         3,
                         {},
                         "killed by signal 9"};
    EXPECT_EQ(format_process_row(p, kNow),
              "sessiond               0 961               waiting          0        4           1       "
              "    2      3 killed by signal 9");
    p.state = shm::ProcessState::running;
    p.pid = 4321;
    p.user.assign(std::string_view("_l2tpns-session"));
    EXPECT_EQ(format_process_row(p, kNow).substr(0, 61),
              "sessiond            4321 _l2tpns-session   running         50");
}

TEST(FormatUptime, FirstLineIsTheManuals) {
    Uptime u;
    u.local_time.tm_hour = 17;
    u.local_time.tm_min = 10;
    u.local_time.tm_sec = 35;
    u.seconds = 8 * 86400 + 7000;
    u.users = 2212;
    u.load = {0.21, 0.17, 0.16};
    EXPECT_EQ(format_uptime(u), " 17:10:35 up 8 days, 2212 users, load average: 0.21, 0.17, 0.16");
}

TEST(FormatUptime, AgeIsInItsLargestUnit) {
    EXPECT_EQ(format_age(-5), "0 mins");
    EXPECT_EQ(format_age(60), "1 min");
    EXPECT_EQ(format_age(3599), "59 mins");
    EXPECT_EQ(format_age(3600), "1 hour");
    EXPECT_EQ(format_age(86400), "1 day");
}

TEST(FormatUptime, SecondLineIsTheManuals) {
    // 6.1 Mbit/s up, 12.7 down: each counted as it comes in and as it goes out.
    const Bandwidth rate{6.1e6 / 8, 12.7e6 / 8, 3033, 2569};
    EXPECT_EQ(format_bandwidth(rate), "Bandwidth: UDP-ETH:6/6  ETH-UDP:13/13  TOTAL:37.6   IN:3033 OUT:2569");
}

} // namespace
} // namespace lns::clid

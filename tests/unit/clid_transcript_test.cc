// SPDX-License-Identifier: ISC
// Whole dialogues through TCP, the real master and its child, compared with tests/golden/cli-*.ok.
#include <atomic>
#include <cstring>
#include <gtest/gtest.h>
#include <regex>

#include "lib/conf/access_list.h"
#include "lib/conf/typed_value.h"
#include "tests/unit/clid_suite.h"
#include "tests/unit/golden.h"

namespace lns::clid {
namespace {

using namespace std::chrono_literals;

// Ages in the tables are chosen so that these leave room for a slow machine.
std::string mask_times(std::string text) {
    const std::vector<std::pair<std::string, std::string>> masks{
        {R"(\b100\d\d\d\b)", "100###"},
        {R"(\b50\d\d\b)", "50##"},
        {R"(\b15\d\ds\b)", "15##s"},
        {R"( \d\d:\d\d:\d\d up)", " ##:##:## up"},
        {R"(average: [\d., ]+)", "average: #"},
    };
    for (const auto& [pattern, with] : masks)
        text = std::regex_replace(text, std::regex(pattern), with);
    return text;
}

void expect_golden(const std::string& name, const std::string& transcript) {
    golden::expect(LNS_TOP_SRCDIR "/tests/golden/" + name + ".ok", mask_times(transcript));
}

constexpr Ipv4 address(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return {a << 24 | b << 16 | c << 8 | d};
}

constexpr std::uint32_t kSid = 256; // the first slot of block 1

shm::SessionRecord session(const char* user, Ipv4 at) {
    shm::SessionRecord r;
    r.generation = Generation{7};
    r.tunnel = TunnelIndex{1};
    r.tunnel_generation = Generation{3};
    r.state = shm::SessionState::open;
    r.created = Clock::now() - 100100s;
    r.opened = Clock::now() - 100000s;
    r.address = at;
    r.mru = 1400;
    r.tx_speed = 512;
    r.user = user;
    r.calling = "0399";
    r.called = "5551";
    return r;
}

std::uint64_t ticks(MonoTime at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

void put_tunnels(ClidSuite& suite) {
    shm::TunnelRecord tunnel;
    tunnel.generation = Generation{3};
    tunnel.state = shm::TunnelState::open;
    tunnel.authenticated = true;
    tunnel.local_id = TunnelId{4711};
    tunnel.peer_id = PeerTunnelId{77};
    tunnel.peer = {address(10, 99, 0, 2), 34388};
    tunnel.local_address = address(10, 99, 0, 1);
    tunnel.created = Clock::now() - 100500s;
    tunnel.host_name = "testlac";
    tunnel.vendor_name = "pylac";
    suite.put_tunnel(1, tunnel, 1);
    tunnel.generation = Generation{1};
    tunnel.state = shm::TunnelState::opening;
    tunnel.local_id = TunnelId{9};
    tunnel.host_name = "evil\x1b[2J";
    suite.put_tunnel(2, tunnel, 2);
}

void put_sessions(ClidSuite& suite) {
    shm::SessionRecord joe = session("joe", address(10, 10, 10, 1));
    joe.baseline = {10, 1000, 20, 2000};
    suite.put_session(kSid + 1, joe);
    auto& counters = suite.table(shm::TableId::session_counters).view<shm::SessionCounters>()[kSid + 1];
    counters = {13, 1204, 27, 9000000002000, 0, 0, ticks(Clock::now() - 5000s), ticks(Clock::now() - 5040s)};

    shm::SessionRecord starting = session("", {});
    starting.state = shm::SessionState::starting;
    starting.opened = {};
    starting.created = Clock::now() - 100000s;
    suite.put_session(kSid + 2, starting);

    shm::SessionRecord routed = session("static", address(10, 50, 0, 9));
    routed.has_aaa = true;
    routed.session_timeout = 3600;
    suite.put_session(kSid + 3, routed);
    shm::SessionAaa aaa;
    aaa.generation = routed.generation;
    aaa.route_count = 1;
    aaa.route_addresses[0] = address(10, 60, 1, 0);
    aaa.route_lengths[0] = 24;
    aaa.filter_in = "web.in";
    suite.table(shm::TableId::session_aaa).writer<shm::SessionAaa>().write(kSid + 3, aaa);

    shm::SessionRecord closing = session("gone", address(10, 10, 10, 9));
    closing.state = shm::SessionState::closing;
    suite.put_session(kSid + 4, closing);

    suite.put_session(kSid + 5, session("bad\r\n\x1b]0;owned\x07", address(10, 10, 10, 5)));
}

void put_the_rest(ClidSuite& suite) {
    auto leases = suite.table(shm::TableId::leases).writer<shm::LeaseRecord>();
    leases.write(0, {address(10, 10, 10, 1), SessionIndex{kSid + 1}, Generation{7}, {}, "joe"});
    leases.write(1, {address(192, 168, 100, 6), {}, {}, Clock::now() - 1548s, "joe.user"});
    auto requests = suite.table(shm::TableId::radius_requests).writer<shm::RadiusRequestRecord>();
    requests.write(3, {shm::RadiusState::auth, 17, 2, kSid + 2, 1795328907});
    requests.write(4, {shm::RadiusState::interim, 255, 1, kSid + 1, 1795328911});
    auto processes = suite.table(shm::TableId::processes).writer<shm::ProcessRecord>();
    const MonoTime started = Clock::now() - 100000s;
    processes.write(0, {static_cast<std::uint8_t>(Proc::session),
                        shm::ProcessState::running,
                        0,
                        1234,
                        961,
                        2,
                        "_l2tpns-session",
                        started,
                        100,
                        200,
                        0,
                        {},
                        "killed by signal 11",
                        3U << 20});
    processes.write(1, {static_cast<std::uint8_t>(Proc::datapath),
                        shm::ProcessState::running,
                        1,
                        1235,
                        962,
                        0,
                        {},
                        started,
                        5,
                        6,
                        1,
                        {},
                        {}});
    processes.write(5, {99, shm::ProcessState::backing_off, 0, 0, 0, 9, {}, started, 0, 0, 0, {}, "exit status 2"});
    auto memory = suite.table(shm::TableId::memory).writer<shm::TableMemory>();
    memory.write(0, {static_cast<std::uint16_t>(shm::TableId::sessions), 0, 1262592, 805306368});
    memory.write(1, {static_cast<std::uint16_t>(shm::TableId::session_counters), 1, 1262592, 4096});
    memory.write(2, {}); // of an earlier parent
    memory.write(3, {shm::kFastPathMemory, 0, 1, 1000000});
    memory.write(4, {77, 0, 1, 0}); // of a later release
}

std::string transcript(ClidSuite& suite, const std::vector<std::string>& lines, std::string prompt) {
    Operator& who = suite.connect_to_prompt(prompt);
    std::string all = who.seen();
    for (const std::string& line : lines) {
        if (line == "enable") prompt.replace(prompt.size() - 2, 1, "#");
        all += suite.dialogue(who, line, prompt);
    }
    return all + "\n";
}

TEST(CliTranscript, ListsAndDetails) {
    ClidSuite suite({});
    put_tunnels(suite);
    put_sessions(suite);
    put_the_rest(suite);
    expect_golden("cli-show", transcript(suite,
                                         {"show session",
                                          "show session 257",
                                          "show session 258 259",
                                          "show session 300",
                                          "show session 260",
                                          "show session abc",
                                          "show session 4294967295",
                                          "show users",
                                          "show users static",
                                          "show users nobody",
                                          "show tunnel",
                                          "show tunnel 4711",
                                          "show tunnel 9",
                                          "show tunnel 10",
                                          "show tunnel 0",
                                          "show pool",
                                          "show radius",
                                          "show processes",
                                          "show memory",
                                          "show memory json",
                                          "show counters | include cli_conn",
                                          "uptime"},
                                         "lns1> "));
}

TEST(CliTranscript, EmptySuite) {
    ClidSuite suite({});
    expect_golden("cli-empty",
                  transcript(suite,
                             {"show session", "show users", "show tunnel", "show tunnel 1", "show pool", "show radius",
                              "show processes", "show memory", "show counters | include cli_conn", "uptime"},
                             "lns1> "));
}

TEST(CliTranscript, HelpFiltersAbbreviationsAndHistory) {
    ClidSuite suite({});
    suite.settings.throttle_speed = 28;
    put_tunnels(suite);
    put_sessions(suite);
    expect_golden("cli-habits", transcript(suite,
                                           {"help",
                                            "sh us",
                                            "show session | include joe",
                                            "show users | exclude joe",
                                            "show session | begin static",
                                            "show session | count",
                                            "show tunnels extra",
                                            "show version now",
                                            "show",
                                            "nonsense",
                                            "show running-config",
                                            "drop session 257",
                                            "history",
                                            "enable",
                                            "help",
                                            "show running-config",
                                            "drop session",
                                            "drop session 257",
                                            "drop session 258 300 x",
                                            "drop tunnel 4711",
                                            "drop tunnel 65536",
                                            "drop user joe nobody",
                                            "snoop joe",
                                            "snoop nobody 192.0.2.7 9",
                                            "snoop joe 192.0.2.7",
                                            "no snoop joe nobody",
                                            "snoop joe 192.0.2.7 9999",
                                            "throttle joe 64",
                                            "throttle joe in 64 out x",
                                            "throttle",
                                            "throttle joe out 128",
                                            "show throttle",
                                            "show session 257",
                                            "show session | include joe",
                                            "no throttle joe",
                                            "no throttle joe",
                                            "no snoop joe",
                                            "filter joe",
                                            "filter joe in",
                                            "filter joe sideways web",
                                            "filter joe in web out std1",
                                            "no filter joe"},
                                           "lns1> "));
}

TEST(CliTranscript, QuestionMarkExplainsAndKeepsTheLine) {
    ClidSuite suite({});
    Operator& who = suite.connect_to_prompt("lns1> ");
    for (const char* line : {"show ?", "\x15show session ?", "\x15uptime ?"}) {
        const std::size_t before = who.seen().size();
        who.type(line);
        const std::string typed = std::string("lns1> ") + (line[0] == '\x15' ? line + 1 : line);
        const std::string redrawn = typed.substr(0, typed.size() - 1);
        ASSERT_TRUE(suite.wait_for([&] { return who.seen().size() > before && who.seen().ends_with(redrawn); }))
            << who.seen();
    }
    EXPECT_NE(who.seen().find("  version              Show currently running software version\n"), std::string::npos);
    EXPECT_NE(who.seen().find("  <SID>                Session id, from show session\n"
                              "    json               The same as a JSON document\n"),
              std::string::npos)
        << who.seen();
    EXPECT_NE(who.seen().find("  json                 The same as a JSON document\n  <cr>\n"), std::string::npos);
}

// One line at a time: the prompt says which mode it is.
void type_each(ClidSuite& suite, Operator& who, const std::vector<std::pair<const char*, const char*>>& lines) {
    for (const auto& [line, prompt] : lines) {
        const std::size_t before = who.seen().size();
        const std::string_view end = prompt;
        who.type(line);
        ASSERT_TRUE(suite.wait_for([&] {
            return who.seen().size() > before + end.size() && who.seen().ends_with(end);
        })) << line
            << "\n"
            << who.seen();
    }
}

TEST(CliTranscript, TheTabulatorCompletesWhatIsConnected) {
    ClidSuite suite({});
    put_tunnels(suite);
    put_sessions(suite);
    Operator& who = suite.connect_to_prompt("lns1> ");
    type_each(suite, who,
              {{"show users st\t", "\b\bstatic "},
               {"\x15show session 26\t", "\b\b261 "},
               {"\x15show session 2\t", "\b2"}, // as far as all agree
               {"5\t", "\b\b25"},
               {"8 261\r\n", "lns1> "},
               {"show tunnel 47\t", "\b\b4711 "},
               {"\x15show users nobody\t", "\a"},
               {"\r\n", "lns1> "},
               {"enable\r\n", "lns1# "},
               {"drop user st\t\r\n", "lns1# "},
               {"drop session 2580\b\r\n", "lns1# "}});
    EXPECT_NE(who.seen().find("User:\t\tbad"), std::string::npos) << "show session 258 261\n" << who.seen();
    ASSERT_EQ(suite.drops.size(), 2U) << who.seen();
    EXPECT_EQ(suite.drops[0].session, kSid + 3);
    EXPECT_EQ(suite.drops[1].session, kSid + 2);
}

TEST(CliTranscript, APatternOfManyWordsMayBeAskedAboutAtAnyPlace) {
    ClidSuite suite({});
    put_tunnels(suite);
    put_sessions(suite);
    Operator& who = suite.connect_to_prompt("lns1> ");
    type_each(suite, who,
              {{"show users | include joe \t", "\a"},
               {"257 \t\t\r\n", "lns1> "},
               {"show version | grep -v 0 1 ?", "\a"},
               {"\x15show version | between a b \t", "\a"},
               {"\x15show version | egrep -i \t\r\n", "lns1> "},
               {"show version | include\r\n", "lns1> "},
               {"show help | begin \r\n", "lns1> "}});
    EXPECT_NE(who.seen().find("missing required argument 'search_pattern' for command 'include'"), std::string::npos)
        << who.seen();
    // The words are one pattern, as they ever were.
    EXPECT_NE(suite.dialogue(who, "show version | include l2tpns 0", "lns1> ").find("\nl2tpns 0"), std::string::npos);
    EXPECT_EQ(suite.dialogue(who, "show version | include l2tpns 9", "lns1> ").find("\nl2tpns 0"), std::string::npos);
    EXPECT_EQ(suite.dialogue(who, "show version | grep -v l2tpns 0", "lns1> ").find("\nl2tpns 0"), std::string::npos);
    EXPECT_EQ(suite.children(), 1U);
}

TEST(CliTranscript, TheLineCanBeEdited) {
    ClidSuite suite({});
    Operator& who = suite.connect_to_prompt("lns1> ");
    for (const char* line : {
             "shXX\b\x7fow version\r\n",                                                     // backspace, delete
             "how versio\x01s\x05n\r\n",                                                     // ^A, ^E
             "show nonsense \x17\x17show version\r\n",                                       // ^W
             "nonsense\x15show version\r\n",                                                 // ^U
             "show version 12\x02\x02\x02\x0b\r\n",                                          // ^B, ^K
             "xshow version\x01\x06\b\r\n",                                                  // ^F
             "sho version\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[Cw\r\n", // left, right
             "\x10\r\n",                                                                     // ^P: the last line again
             "\x1b[A\x1b[A\x1b[B\r\n",                                                       // up, down
         }) {
        const std::size_t before = who.seen().size();
        who.type(line);
        ASSERT_TRUE(suite.wait_for([&] {
            return who.seen().find("\nl2tpns ", before) != std::string::npos && who.seen().ends_with("lns1> ");
        })) << line
            << who.seen();
    }
}

TEST(CliTranscript, ConfigurationMode) {
    ClidSuite suite({});
    Operator& who = suite.connect_to_prompt("lns1> ");
    constexpr const char* kConfig = "lns1(config)# ";
    type_each(suite, who,
              {{"set debug 4\r\n", "lns1> "},
               {"configure terminal\r\n", "lns1> "},
               {"enable\r\n", "lns1# "},
               {"set debug 4\r\n", "lns1# "},
               {"conf t\r\n", kConfig},
               {"set\r\n", kConfig},
               {"set debug\r\n", kConfig},
               {"set debugg 4\r\n", kConfig},
               {"set debug 9\r\n", kConfig},
               {"set debug 4\r\n", kConfig},
               {"set icmp_rate 13\r\n", kConfig},
               {"set hostname two words\r\n", kConfig},
               {"set l2tp_secret \"it's a secret\"\r\n", kConfig},
               {"set radius_secret 'a \"b\" | c'\r\n", kConfig},
               {"set primary_dns 10.0.0.53\r\n", kConfig},
               {"set auth_method local\r\n", kConfig},
               {"load plugin ../evil\r\n", kConfig},
               {"load plugin garden\r\n", kConfig},
               {"remove plugin garden\r\n", kConfig},
               {"exit\r\n", "lns1# "},
               {"configure terminal\r\n", kConfig},
               {"\x1a", "lns1# "},
               {"write memory\r\n", "lns1# "},
               {"write terminal\r\n", "lns1# "},
               {"reload\r\n", "lns1# "}});
    golden::expect(LNS_TOP_SRCDIR "/tests/golden/cli-configure.ok", who.seen());
    ASSERT_EQ(suite.sets.size(), 6U);
    const auto key = [&](std::size_t i) { return conf::key_at(suite.sets[i].key)->name; };
    EXPECT_EQ(key(0), "debug");
    EXPECT_EQ(suite.sets[0].number, 4U);
    EXPECT_EQ(key(2), "l2tp_secret");
    EXPECT_EQ(suite.sets[2].text.view(), "it's a secret");
    EXPECT_EQ(suite.sets[3].text.view(), "a \"b\" | c");
    EXPECT_EQ(suite.sets[4].address, address(10, 0, 0, 53));
    EXPECT_EQ(key(5), "auth_method");
    EXPECT_EQ(suite.sets[5].number, 1U) << "the second word of radius, local and both";
    for (const std::string& line : suite.log)
        EXPECT_EQ(line.find("secret'"), line.npos) << "a secret in the log: " << line;
}

TEST(CliTranscript, AccessListsAreTypedRuleByRule) {
    ClidSuite suite({});
    put_tunnels(suite);
    put_sessions(suite); // one is filtered by web.in
    suite.access_lists = "ip access-list extended web\n permit tcp any any eq 80\n deny ip any any\n"
                         "ip access-list standard std1\n permit 10.10.10.0 0.0.0.255\n";
    const std::uint64_t key = conf::rule_key("web", "deny ip any any");
    suite.table(shm::TableId::rule_counters).view<shm::RuleCounter>()[key % shm::kRuleCounters] = {key, 7};
    Operator& who = suite.connect_to_prompt("lns1> ");
    constexpr const char* kConfig = "lns1(config)# ";
    constexpr const char* kExtended = "lns1(config-ext-nacl)# ";
    constexpr const char* kStandard = "lns1(config-std-nacl)# ";
    type_each(suite, who,
              {{"show access-list\r\n", "lns1> "},
               {"show access-list web nosuch std1\r\n", "lns1> "},
               {"enable\r\n", "lns1# "},
               {"configure terminal\r\n", kConfig},
               {"permit ip any any\r\n", kConfig},
               {"ip access-list\r\n", kConfig},
               {"ip access-list odd foo\r\n", kConfig},
               {"ip access-list extended fo*o\r\n", kConfig},
               {"ip access-list extended foo\r\n", kExtended},
               {"permit tcp any any established\r\n", kExtended},
               {"deny udp any gt 1024 any range 10 9\r\n", kExtended},
               {"exit\r\n", kConfig},
               {"ip access-list standard bar\r\n", kStandard},
               {"deny 10.0.0.0 0.0.0.255\r\n", kStandard},
               {"exit\r\n", kConfig},
               {"no ip access-list foo\r\n", kConfig},
               {"no ip access-list extended web.in\r\n", kConfig},
               {"no ip access-list standard bar\r\n", kConfig}});
    golden::expect(LNS_TOP_SRCDIR "/tests/golden/cli-access-lists.ok", who.seen());
    ASSERT_EQ(suite.list_changes.size(), 5U);
    EXPECT_EQ(suite.list_changes[0].verb, imsg::AccessListVerb::begin);
    EXPECT_EQ(suite.list_changes[1].name.view(), "foo");
    EXPECT_EQ(conf::print(suite.list_changes[1].kind, suite.list_changes[1].rule), "permit tcp any any established");
    EXPECT_EQ(conf::print(suite.list_changes[3].kind, suite.list_changes[3].rule), "deny 10.0.0.0 0.0.0.255");
    EXPECT_EQ(suite.list_changes[4].verb, imsg::AccessListVerb::remove);
}

TEST(CliTranscript, QuestionMarkExplainsSettings) {
    ClidSuite suite({});
    Operator& who = suite.connect_to_prompt("lns1> ");
    type_each(suite, who,
              {{"enable\r\n", "lns1# "},
               {"configure terminal\r\n", "lns1(config)# "},
               {"set icmp?", "lns1(config)# set icmp"},
               {"\x15set radius_authtypes ?", "lns1(config)# set radius_authtypes "}});
    EXPECT_NE(who.seen().find("  icmp_rate                            integer\n"), std::string::npos) << who.seen();
    EXPECT_NE(who.seen().find("  pap, chap, \"pap,chap\" or \"chap,pap\"\n"), std::string::npos) << who.seen();
}

TEST(CliTranscript, UptimeShowsMovingCounters) {
    ClidSuite suite({});
    put_tunnels(suite);
    put_sessions(suite);
    auto& counters = suite.table(shm::TableId::session_counters).view<shm::SessionCounters>()[kSid + 1];
    Operator& who = suite.connect_to_prompt("lns1> ");
    who.type("uptime\r\n");
    const auto moved = [&] {
        std::atomic_ref<std::uint64_t>(counters.up_packets).fetch_add(1000);
        std::atomic_ref<std::uint64_t>(counters.up_octets).fetch_add(100000000);
        return who.seen().find("OUT:") != std::string::npos;
    };
    ASSERT_TRUE(suite.wait_for(moved));
    EXPECT_TRUE(std::regex_search(who.seen(), std::regex(R"(UDP-ETH:[1-9]\d*/[1-9]\d*  ETH-UDP:0/0 .* IN:[1-9])")))
        << who.seen();
}

} // namespace
} // namespace lns::clid

// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "lib/base/rng.h"
#include "lib/conf/access_list.h"
#include "lib/conf/startup_config.h"
#include "lib/conf/text.h"

namespace lns::conf {
namespace {

constexpr auto kStandard = AccessKind::standard;
constexpr auto kExtended = AccessKind::extended;

Result<AccessRule> parse(AccessKind kind, std::string_view text) { return parse_access_rule(kind, split(text, ' ')); }

AccessRule rule(std::string_view text) {
    const auto parsed = parse(kExtended, text);
    EXPECT_TRUE(parsed.ok()) << text;
    return parsed.ok() ? *parsed : AccessRule{};
}

TEST(AccessRule, IsPrintedAsItIsTyped) {
    for (const std::string_view text :
         {"permit ip any any", "permit tcp any any eq 80", "deny udp any gt 1024 any range 10 20",
          "permit tcp any any established", "permit ip host 1.2.3.4 any fragments",
          "deny tcp 10.0.0.0 0.255.255.255 neq 1 host 192.0.2.1 lt 9 match-any +syn -ack",
          "permit tcp any any match-all -fin +rst", "permit icmp any 10.0.0.0 0.0.0.255"}) {
        const auto parsed = parse(kExtended, text);
        ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.error().message;
        EXPECT_EQ(print(kExtended, *parsed), text);
        EXPECT_TRUE(is_sound(kExtended, *parsed));
    }
    for (const std::string_view text :
         {"permit any", "permit 10.10.10.0 0.0.0.255", "deny host 1.2.3.4 host 5.6.7.8"}) {
        const auto parsed = parse(kStandard, text);
        ASSERT_TRUE(parsed.ok()) << text;
        EXPECT_EQ(print(kStandard, *parsed), text);
    }
    EXPECT_EQ(print(kExtended, rule("permit tcp any any eq www")), "permit tcp any any eq 80");
    EXPECT_EQ(print(kStandard, *parse(kStandard, "permit any any")), "permit any");
}

TEST(AccessRule, WhatIsWrongIsNamed) {
    struct Case {
        AccessKind kind;
        std::string_view text, complaint;
    };
    for (const Case& c : {
             Case{kExtended, "allow ip any any", "\"allow\": expected permit or deny"},
             Case{kExtended, "permit gre any any", "\"gre\": expected ip, icmp, tcp or udp"},
             Case{kExtended, "permit", "ip, icmp, tcp or udp is missing"},
             Case{kExtended, "permit ip", "a source address is missing"},
             Case{kExtended, "permit ip any", "a destination address is missing"},
             Case{kExtended, "permit ip any host", "the address of a host is missing"},
             Case{kExtended, "permit ip 10.0.0.0 any", "\"any\": expected a wildcard behind the address"},
             Case{kExtended, "permit ip 10.0.0.0/8 any", "\"10.0.0.0/8\": expected a source address"},
             Case{kExtended, "permit ip any any eq 80", "\"eq\" is not expected there"},
             Case{kExtended, "permit icmp any any established", "\"established\" is not expected there"},
             Case{kExtended, "permit tcp any any eq", "a port is missing"},
             Case{kExtended, "permit tcp any any eq 65536", "\"65536\": expected a port"},
             Case{kExtended, "permit tcp any any eq -1", "\"-1\": expected a port"},
             Case{kExtended, "permit tcp any any range 9 8", "a range ends below its beginning"},
             Case{kExtended, "permit udp any any established", "\"established\" is not expected there"},
             Case{kExtended, "permit tcp any any match-any", "a flag is missing"},
             Case{kExtended, "permit tcp any any match-any syn",
                  "\"syn\": expected +FLAG or -FLAG of fin, syn, rst, psh, ack and urg"},
             Case{kExtended, "permit tcp any any match-all +syn -syn", "\"-syn\" is named twice"},
             Case{kExtended, "permit tcp any any eq 80 fragments", "fragments have no ports"},
             Case{kExtended, "permit ip any any any", "\"any\" is not expected there"},
             Case{kStandard, "permit tcp any any", "\"tcp\": expected a source address"},
             Case{kStandard, "permit any any any", "\"any\" is not expected there"},
         }) {
        const auto parsed = parse(c.kind, c.text);
        ASSERT_FALSE(parsed.ok()) << c.text;
        EXPECT_EQ(parsed.error().message, c.complaint);
    }
}

TEST(AccessRule, OneThatNobodyCouldTypeIsUnsound) {
    const AccessRule good = rule("permit tcp any any range 1 2");
    const auto spoilt = [&](auto spoil) {
        AccessRule r = good;
        spoil(r);
        return is_sound(kExtended, r);
    };
    EXPECT_TRUE(is_sound(kExtended, good));
    EXPECT_FALSE(is_sound(kStandard, good));
    EXPECT_FALSE(spoilt([](AccessRule& r) { r.action = AccessAction{9}; }));
    EXPECT_FALSE(spoilt([](AccessRule& r) { r.protocol = 47; }));
    EXPECT_FALSE(spoilt([](AccessRule& r) { r.flag_test = FlagTest{9}; }));
    EXPECT_FALSE(spoilt([](AccessRule& r) { r.flag_test = FlagTest::match_any; })) << "no flags";
    EXPECT_FALSE(spoilt([](AccessRule& r) { r.flags_set = 1; })) << "flags that are not asked for";
    EXPECT_FALSE(spoilt([](AccessRule& r) { r.fragments = 1; })) << "with ports";
    EXPECT_FALSE(spoilt([](AccessRule& r) { r.unused = 1; }));
    EXPECT_FALSE(spoilt([](AccessRule& r) { r.source_port.test = PortTest{77}; }));
    EXPECT_FALSE(spoilt([](AccessRule& r) { r.destination_port.last = 0; }));
    EXPECT_FALSE(spoilt([](AccessRule& r) { r.destination = {Ipv4{1}, Ipv4{0xffffffff}}; })) << "any has no address";
}

PacketFacts tcp(std::uint16_t port, std::uint8_t flags) {
    return {*parse_ipv4("10.0.0.5"), *parse_ipv4("203.0.113.7"), 6, false, true, true, false, 40000, port, flags};
}

bool permitted(std::initializer_list<std::string_view> lines, const PacketFacts& packet) {
    std::vector<AccessRule> rules;
    for (const std::string_view line : lines)
        rules.push_back(rule(line));
    const auto decides = deciding_rule(rules, packet);
    return decides && rules[*decides].action == AccessAction::permit;
}

TEST(AccessList, TheFirstRuleThatMatchesDecidesAndBehindTheLastAllIsDenied) {
    EXPECT_FALSE(permitted({}, tcp(80, 0x10)));
    EXPECT_TRUE(permitted({"permit tcp any any eq 80", "deny ip any any"}, tcp(80, 0x10)));
    EXPECT_FALSE(permitted({"deny ip any any", "permit tcp any any eq 80"}, tcp(80, 0x10)));
    EXPECT_FALSE(permitted({"permit tcp any any eq 80"}, tcp(81, 0x10)));
    EXPECT_FALSE(permitted({"permit udp any any"}, tcp(80, 0x10)));
    EXPECT_TRUE(permitted({"permit ip 10.0.0.0 0.0.0.255 any"}, tcp(80, 0x10)));
    EXPECT_FALSE(permitted({"permit ip 10.0.1.0 0.0.0.255 any"}, tcp(80, 0x10)));
}

TEST(AccessList, LooksAtFlags) {
    EXPECT_TRUE(permitted({"permit tcp any any established"}, tcp(80, 0x10)));
    EXPECT_TRUE(permitted({"permit tcp any any established"}, tcp(80, 0x04)));
    EXPECT_FALSE(permitted({"permit tcp any any established"}, tcp(80, 0x02)));
    EXPECT_TRUE(permitted({"permit tcp any any match-all +syn -ack"}, tcp(80, 0x02)));
    EXPECT_FALSE(permitted({"permit tcp any any match-all +syn -ack"}, tcp(80, 0x12)));
    EXPECT_TRUE(permitted({"permit tcp any any match-any +syn -ack"}, tcp(80, 0x12)));
    EXPECT_FALSE(permitted({"permit tcp any any match-any +syn -ack"}, tcp(80, 0x10)));
}

TEST(AccessList, FragmentsHaveNoPortsAndCannotHideThem) {
    PacketFacts later = tcp(0, 0);
    later.later_fragment = true;
    later.has_ports = later.has_flags = false;
    EXPECT_TRUE(permitted({"permit tcp any any eq 80"}, later)) << "of no use without the first one";
    EXPECT_FALSE(permitted({"permit udp any any eq 80"}, later));
    EXPECT_TRUE(permitted({"deny tcp any any eq 25", "permit ip any any"}, later)) << "the first one is denied";
    EXPECT_FALSE(permitted({"deny ip any any fragments", "permit ip any any"}, later));
    EXPECT_TRUE(permitted({"deny ip any any fragments", "permit ip any any"}, tcp(80, 0x10)));
    PacketFacts cut = tcp(0, 0);
    cut.has_ports = cut.has_flags = false;
    EXPECT_FALSE(permitted({"permit tcp any any neq 25"}, cut));
    EXPECT_FALSE(permitted({"deny tcp any any eq 25", "permit ip any any"}, cut));
    later.forged = true;
    EXPECT_FALSE(permitted({"permit ip any any"}, later));
}

// The rules of the manual page word by word, without a thought for anything else.
bool naive_address(const AddressMatch& m, Ipv4 a) {
    for (int bit = 0; bit < 32; ++bit)
        if ((m.wildcard.value >> bit & 1) == 0 && (m.address.value >> bit & 1) != (a.value >> bit & 1)) return false;
    return true;
}
bool naive_port(const PortMatch& m, int port) {
    if (m.test == PortTest::any) return true;
    if (m.test == PortTest::eq) return port == m.first;
    if (m.test == PortTest::neq) return !(port == m.first);
    if (m.test == PortTest::gt) return port >= m.first + 1;
    if (m.test == PortTest::lt) return port <= m.first - 1;
    return m.first <= port && port <= m.last;
}
bool naive_flags(const AccessRule& r, std::uint8_t flags) {
    if (r.flag_test == FlagTest::none) return true;
    if (r.flag_test == FlagTest::established) return (flags & 0x10) != 0 || (flags & 0x04) != 0;
    int asked = 0;
    int met = 0;
    for (int bit = 0; bit < 6; ++bit) {
        const bool is_set = (flags >> bit & 1) != 0;
        if ((r.flags_set >> bit & 1) != 0) ++asked, met += is_set ? 1 : 0;
        if ((r.flags_clear >> bit & 1) != 0) ++asked, met += is_set ? 0 : 1;
    }
    return r.flag_test == FlagTest::match_any ? met > 0 : met == asked;
}
bool naive(const std::vector<AccessRule>& rules, const PacketFacts& p) {
    if (p.forged) return false;
    for (const AccessRule& r : rules) {
        const bool permits = r.action == AccessAction::permit;
        const bool asks = r.source_port.test != PortTest::any || r.destination_port.test != PortTest::any ||
                          r.flag_test != FlagTest::none;
        bool hit = (r.protocol == 0 || r.protocol == p.protocol) && naive_address(r.source, p.source) &&
                   naive_address(r.destination, p.destination);
        if (r.fragments != 0) {
            hit = hit && p.later_fragment;
        } else if (asks && p.later_fragment) {
            hit = hit && permits;
        } else if (asks) {
            const bool short_of = !p.has_ports || (r.flag_test != FlagTest::none && !p.has_flags);
            hit = hit &&
                  (short_of ? !permits
                            : naive_port(r.source_port, p.source_port) &&
                                  naive_port(r.destination_port, p.destination_port) && naive_flags(r, p.tcp_flags));
        }
        if (hit) return permits;
    }
    return false;
}

std::string random_words(Rng& rng) {
    const auto pick = [&](std::initializer_list<const char*> words) {
        return std::string(words.begin()[rng.u32() % words.size()]);
    };
    const auto port = [&] { return std::to_string(rng.u32() % 4); };
    const auto address = [&] {
        return pick({" any", " host 0.0.0.1", " 0.0.0.2 0.0.0.1", " 0.0.0.0 255.255.255.253"});
    };
    const auto ports = [&] {
        switch (rng.u32() % 4) {
        case 0:
            return pick({" eq ", " neq ", " gt ", " lt "}) + port();
        case 1:
            return " range " + port() + " " + port();
        default:
            return std::string();
        }
    };
    const std::string protocol = pick({"ip", "icmp", "tcp", "udp"});
    const bool has_ports = protocol == "tcp" || protocol == "udp";
    std::string text = pick({"permit ", "deny "}) + protocol + address() + (has_ports ? ports() : "") + address() +
                       (has_ports ? ports() : "");
    if (protocol == "tcp") text += pick({"", "", " established", " match-any +syn -fin", " match-all +ack -rst"});
    return text + pick({"", "", "", " fragments"});
}

TEST(AccessList, AgreesWithANaiveReadingOfTheManual) {
    SeededRng rng(20250701);
    int permits = 0;
    int rounds = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::vector<AccessRule> rules;
        for (std::uint32_t n = rng.u32() % 6; n > 0; --n) {
            const std::string text = random_words(rng);
            const auto parsed = parse(kExtended, text);
            if (!parsed) continue; // fragments with ports, a range backwards
            ASSERT_EQ(*parse(kExtended, print(kExtended, *parsed)), *parsed) << text;
            rules.push_back(*parsed);
        }
        constexpr std::array<std::uint8_t, 4> kProtocols{1, 6, 17, 47};
        PacketFacts p{Ipv4{rng.u32() % 4}, Ipv4{rng.u32() % 4}, kProtocols[rng.u32() % 4]};
        p.later_fragment = rng.u32() % 4 == 0;
        p.has_ports = !p.later_fragment && (p.protocol == 6 || p.protocol == 17) && rng.u32() % 5 != 0;
        p.has_flags = p.has_ports && p.protocol == 6 && rng.u32() % 5 != 0;
        p.forged = p.later_fragment && p.protocol == 6 && rng.u32() % 3 == 0;
        p.source_port = static_cast<std::uint16_t>(rng.u32() % 5);
        p.destination_port = static_cast<std::uint16_t>(rng.u32() % 5);
        p.tcp_flags = static_cast<std::uint8_t>(rng.u32() % 64);
        const auto decides = deciding_rule(rules, p);
        const bool verdict = decides && rules[*decides].action == AccessAction::permit;
        ASSERT_EQ(verdict, naive(rules, p)) << i;
        permits += verdict ? 1 : 0;
        ++rounds;
    }
    EXPECT_GT(permits, rounds / 20); // both happen often enough to show something
    EXPECT_LT(permits, rounds * 19 / 20);
}

TEST(StartupConfig, ReadsAccessListsAndPrintsThemBack) {
    const std::string text = "set debug 2\n"
                             "ip access-list extended web\n"
                             " permit tcp any any eq 80\n"
                             " deny ip any any\n"
                             "ip access-list standard std1\n"
                             " permit 10.10.10.0 0.0.0.255\n"
                             "ip access-list extended empty\n";
    const StartupConfig config = parse_startup_config(text, "startup-config");
    EXPECT_TRUE(config.diagnostics.lines().empty());
    ASSERT_EQ(config.settings.access_lists.size(), 3U);
    EXPECT_EQ(config.settings.access_lists[0].rules.size(), 2U);
    EXPECT_EQ(config.settings.access_lists[1].kind, kStandard);
    EXPECT_EQ(print(config.settings), text);
    const StartupConfig more =
        parse_startup_config(text + "ip access-list extended web\n permit ip any any\n", "startup-config");
    EXPECT_EQ(more.settings.access_lists[0].rules.size(), 3U) << "behind those it has";
}

TEST(StartupConfig, SaysWhatIsWrongInAccessLists) {
    const StartupConfig config = parse_startup_config("permit ip any any\n"
                                                      "ip access-list web\n"
                                                      "ip access-list extended we\"b\n"
                                                      "ip access-list extended \"a b\"\n"
                                                      " permit ip any nonsense\n"
                                                      "ip access-list standard one\n"
                                                      " permit tcp any any\n"
                                                      "ip access-list extended one\n"
                                                      "set debug 1\n"
                                                      " deny ip any any\n"
                                                      "ip route\n",
                                                      "f");
    EXPECT_EQ(config.diagnostics.lines(),
              (std::vector<std::string>{
                  "f:1: \"permit\" belongs behind ip access-list KIND NAME",
                  "f:2: expected ip access-list standard NAME or ip access-list extended NAME",
                  "f:3: a quotation mark stands inside a word: put the whole value in quotation marks",
                  "f:4: \"a b\" is no name for an access list: letters, digits and ._-+:/@, at most 62",
                  "f:5: \"nonsense\": expected a destination address",
                  "f:7: \"tcp\": expected a source address",
                  "f:8: access list \"one\" is standard above",
                  "f:10: \"deny\" belongs behind ip access-list KIND NAME",
                  "f:11: expected ip access-list standard NAME or ip access-list extended NAME",
              }));
}

TEST(RuleKey, TellsRulesAndListsApart) {
    EXPECT_NE(rule_key("a", "permit ip any any"), rule_key("b", "permit ip any any"));
    EXPECT_NE(rule_key("a", "permit ip any any"), rule_key("a", "deny ip any any"));
    EXPECT_EQ(rule_key("a", "permit ip any any"), rule_key("a", "permit ip any any"));
}

} // namespace
} // namespace lns::conf

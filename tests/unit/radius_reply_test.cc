// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>
#include <optional>

#include "lib/radius/access_reply.h"
#include "lib/radius/cisco_avpair.h"
#include "lib/radius/framed_route.h"
#include "tests/unit/hex.h"

namespace lns::radius {
namespace {

using test::hex;

const RoutePolicy kPolicy{{}, {Ipv4{0x0a000001}, Ipv4{0xc0000201}}}; // ours 10.0.0.1, the LAC 192.0.2.1

struct Decoded {
    AccessReply reply;
    std::vector<Remark> remarks;
    [[nodiscard]] std::optional<RemarkKind> remark() const {
        return remarks.size() == 1 ? std::optional(remarks[0].kind) : std::nullopt;
    }
};

// A reply of these attributes. The authenticator is not looked at here.
Decoded decode(std::vector<std::uint8_t> attributes, Code code = Code::AccessAccept,
               const RoutePolicy& policy = kPolicy) {
    std::vector<std::uint8_t> octets(kHeaderSize);
    octets.insert(octets.end(), attributes.begin(), attributes.end());
    octets[0] = static_cast<std::uint8_t>(code);
    octets[2] = static_cast<std::uint8_t>(octets.size() >> 8);
    octets[3] = static_cast<std::uint8_t>(octets.size());
    const auto packet = PacketView::parse(octets);
    EXPECT_TRUE(packet.ok());
    Decoded out;
    if (packet.ok()) out.reply = decode_access_reply(*packet, policy, out.remarks);
    return out;
}

std::vector<std::uint8_t> text_attribute(Attr type, std::string_view text) {
    std::vector<std::uint8_t> out{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(text.size() + 2)};
    out.insert(out.end(), text.begin(), text.end());
    return out;
}

std::vector<std::uint8_t> avpair(std::string_view text) {
    std::vector<std::uint8_t> out{26, static_cast<std::uint8_t>(text.size() + 8), 0, 0, 0, 9,
                                  1,  static_cast<std::uint8_t>(text.size() + 2)};
    out.insert(out.end(), text.begin(), text.end());
    return out;
}

std::vector<std::uint8_t> operator+(std::vector<std::uint8_t> a, const std::vector<std::uint8_t>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

TEST(AccessAccept, OfRfc2865_7_2IsUnderstood) {
    const Decoded d = decode(hex("060600000002 070600000001 0806fffffffe 0a0600000002 0d0600000001 0c06000005dc"));
    EXPECT_TRUE(d.reply.accepted);
    EXPECT_EQ(d.reply.framed_address.value, 0xfffffffe);
    EXPECT_EQ(d.reply.mtu, 1500);
    EXPECT_TRUE(d.remarks.empty());
}

TEST(AccessAccept, GivesAddressNetmaskAndTimeouts) {
    const Decoded d = decode(hex("08060a010203 0906ffffff00 1b0600000e10 1c060000003c 550600000258"));
    EXPECT_EQ(to_string(d.reply.framed_address), "10.1.2.3");
    EXPECT_EQ(to_string(d.reply.framed_netmask), "255.255.255.0");
    EXPECT_EQ(d.reply.session_timeout, 3600U);
    EXPECT_EQ(d.reply.idle_timeout, 60U);
    EXPECT_EQ(d.reply.interim_interval, 600U);
}

struct DnsForm {
    const char* description;
    const char* attributes;
};

TEST(AccessAccept, TakesDnsServersInEveryUsualForm) {
    const DnsForm rows[] = {
        {"Microsoft", "1a0c 00000137 1c06 08080808 1a0c 00000137 1d06 08080404"},
        {"Microsoft, both in one attribute", "1a12 00000137 1c06 08080808 1d06 08080404"},
        {"Ascend, in the standard space", "8706 08080808 8806 08080404"},
        {"Ascend", "1a0c 00000211 8706 08080808 1a0c 00000211 8806 08080404"},
        {"Microsoft, then Ascend with other ones", "1a12 00000137 1c06 08080808 1d06 08080404 8706 01010101"},
    };
    for (const DnsForm& row : rows) {
        const Decoded d = decode(hex(row.attributes));
        EXPECT_EQ(to_string(d.reply.dns1), "8.8.8.8") << row.description;
        EXPECT_EQ(to_string(d.reply.dns2), "8.8.4.4") << row.description;
    }
    const Decoded cisco = decode(avpair("ip:dns-servers=8.8.8.8 8.8.4.4"));
    EXPECT_EQ(to_string(cisco.reply.dns1), "8.8.8.8");
    EXPECT_EQ(to_string(cisco.reply.dns2), "8.8.4.4");
}

TEST(AccessAccept, KeepsEveryClassWhole) {
    const std::string big(253, 'c');
    const Decoded d = decode(text_attribute(Attr::Class, big) + text_attribute(Attr::Class, std::string("\0x", 2)));
    EXPECT_EQ(d.reply.class_count, 2);
    EXPECT_EQ(d.reply.classes.view(), "\xfd" + big + std::string("\x02\0x", 3));
}

TEST(AccessAccept, SaysWhenAClassDoesNotFit) {
    const auto big = text_attribute(Attr::Class, std::string(253, 'c'));
    const Decoded d = decode(big + big + big);
    EXPECT_EQ(d.reply.class_count, 2);
    EXPECT_EQ(d.remark(), RemarkKind::no_room);
    EXPECT_TRUE(d.reply.accepted);
}

TEST(AccessAccept, TakesFiltersByTheirSuffix) {
    const Decoded d = decode(text_attribute(Attr::FilterId, "adsl.in") + text_attribute(Attr::FilterId, "web.out"));
    EXPECT_EQ(d.reply.filter_in.view(), "adsl");
    EXPECT_EQ(d.reply.filter_out.view(), "web");
    for (const char* bad : {"adsl", ".in", "in", ".out", "adsl.IN"})
        EXPECT_EQ(decode(text_attribute(Attr::FilterId, bad)).remark(), RemarkKind::bad_filter) << bad;
}

TEST(AccessAccept, TakesCiscoAvPairsInBothForms) {
    const Decoded one_each = decode(avpair("throttle=yes") + avpair("intercept=10.0.0.9:1000"));
    const Decoded together = decode(avpair("throttle=yes,intercept=10.0.0.9:1000"));
    const std::string expected("throttle=yes\0intercept=10.0.0.9:1000", 36);
    EXPECT_EQ(one_each.reply.avpairs.view(), expected);
    EXPECT_EQ(together.reply.avpairs.view(), expected);
    EXPECT_EQ(decode(avpair("no pair")).remark(), RemarkKind::bad_avpair);
    EXPECT_EQ(decode(avpair(std::string_view("a=b\0c=d", 7))).remark(), RemarkKind::bad_avpair);
    EXPECT_EQ(decode(avpair("ip:dns-servers=nonsense")).remark(), RemarkKind::bad_avpair);
}

TEST(AccessAccept, GivesUpToTenRoutes) {
    std::vector<std::uint8_t> attributes;
    for (int i = 0; i < 11; ++i)
        attributes = attributes + text_attribute(Attr::FramedRoute, "172.16." + std::to_string(i) + ".0/24 0.0.0.0 1");
    const Decoded d = decode(attributes);
    EXPECT_EQ(d.reply.route_count, 10);
    EXPECT_EQ(to_string(d.reply.routes[9]), "172.16.9.0/24");
    EXPECT_EQ(d.remark(), RemarkKind::no_room);
}

TEST(AccessAccept, RefusesRoutesAndAddressesThatAreNotForASubscriber) {
    const RoutePolicy policy{{*parse_prefix4("172.16.0.0/12")}, kPolicy.protect};
    const std::pair<const char*, RemarkKind> rows[] = {
        {"0.0.0.0/0 10.0.0.1 1", RemarkKind::refused_route}, {"224.0.0.0/4", RemarkKind::refused_route},
        {"127.0.0.0/8", RemarkKind::refused_route},          {"128.0.0.0/1", RemarkKind::refused_route},
        {"10.0.0.0/24", RemarkKind::refused_route},          {"192.0.2.1/32", RemarkKind::refused_route},
        {"192.168.0.0/24", RemarkKind::refused_route},       {"172.0.0.0/8", RemarkKind::refused_route},
        {"172.16.0.0/24/24", RemarkKind::bad_route},         {"over there", RemarkKind::bad_route},
    };
    for (const auto& [text, kind] : rows) {
        const Decoded d = decode(text_attribute(Attr::FramedRoute, text), Code::AccessAccept, policy);
        EXPECT_EQ(d.remark(), kind) << text;
        EXPECT_EQ(d.reply.route_count, 0) << text;
        EXPECT_TRUE(d.reply.accepted) << text;
    }
    for (const char* octets : {"08060a000001", "0806c0000201", "08067f000001", "0806e0000001", "080600000000"}) {
        const Decoded d = decode(hex(octets));
        EXPECT_EQ(d.remark(), RemarkKind::refused_address) << octets;
        EXPECT_FALSE(d.reply.framed_address.is_set()) << octets;
    }
}

struct Rejecting {
    const char* description;
    const char* attributes;
    RemarkKind kind;
};

// accel-ppp CVE-2020-28194, CVE-2022-24704 and -24705, 96ff385e: attributes of a wrong size and vendor
// attributes whose inner length lies; ppp 2026-07: the like in pppd's RADIUS plugin.
TEST(AccessAccept, CountsAsRejectWhenItCannotBeWhatTheServerMeant) {
    const Rejecting rows[] = {
        {"Service-Type Login", "060600000001", RemarkKind::unsupported},
        {"Framed-Protocol SLIP", "070600000002", RemarkKind::unsupported},
        {"Framed-IP-Address of 3 octets", "08050a0102", RemarkKind::bad_attribute},
        {"Framed-IP-Address of 5 octets", "08070a01020304", RemarkKind::bad_attribute},
        {"Session-Timeout empty", "1b02", RemarkKind::bad_attribute},
        {"Session-Timeout of 2 octets", "1b040001", RemarkKind::bad_attribute},
        {"Framed-Route empty", "1602", RemarkKind::bad_attribute},
        {"Class empty", "1902", RemarkKind::bad_attribute},
        {"Filter-Id empty", "0b02", RemarkKind::bad_attribute},
        {"Service-Type of 1 octet", "060302", RemarkKind::bad_attribute},
        {"Vendor-Specific empty", "1a02", RemarkKind::bad_attribute},
        {"Vendor-Specific without a vendor", "1a05000000", RemarkKind::bad_attribute},
        {"Vendor-Specific with nothing inside", "1a0600000009", RemarkKind::bad_attribute},
        {"inner length 0", "1a0a 00000009 0100 6162", RemarkKind::bad_attribute},
        {"inner length 1", "1a0a 00000009 0101 6162", RemarkKind::bad_attribute},
        {"inner length 255", "1a0a 00000009 01ff 6162", RemarkKind::bad_attribute},
        {"inner length one too many", "1a0a 00000009 0105 6162", RemarkKind::bad_attribute},
        {"inner type without a length", "1a07 00000009 01", RemarkKind::bad_attribute},
        {"a stray octet behind", "1a0b 00000009 0104 6162 63", RemarkKind::bad_attribute},
        {"MS-Primary-DNS-Server of 3 octets", "1a0b 00000137 1c05 080808", RemarkKind::bad_attribute},
        {"Cisco-AVPair empty", "1a08 00000009 0102", RemarkKind::bad_attribute},
    };
    for (const Rejecting& row : rows) {
        const Decoded d = decode(hex(row.attributes));
        EXPECT_FALSE(d.reply.accepted) << row.description;
        ASSERT_FALSE(d.remarks.empty()) << row.description;
        EXPECT_EQ(d.remarks.back().kind, row.kind) << row.description;
    }
}

TEST(AccessAccept, LeavesForeignVendorsAlone) {
    const Decoded d = decode(hex("1a09 00002747 01ff00 1a07 00001234 00"));
    EXPECT_TRUE(d.reply.accepted);
    EXPECT_TRUE(d.remarks.empty());
}

TEST(AccessAccept, IgnoresValuesOutOfRangeAndSaysSo) {
    for (const char* octets : {"0c0600000020", "0c0600010000", "0906ff00ff00"}) {
        const Decoded d = decode(hex(octets));
        EXPECT_TRUE(d.reply.accepted) << octets;
        EXPECT_EQ(d.remark(), RemarkKind::bad_value) << octets;
        EXPECT_EQ(d.reply.mtu, 0);
        EXPECT_FALSE(d.reply.framed_netmask.is_set());
    }
}

TEST(AccessReply, CarriesItsMessagesOneAfterTheOther) {
    const auto two = text_attribute(Attr::ReplyMessage, "go") + text_attribute(Attr::ReplyMessage, "away");
    const Decoded d = decode(two, Code::AccessReject);
    EXPECT_FALSE(d.reply.accepted);
    EXPECT_EQ(d.reply.message.view(), "go away");
    EXPECT_TRUE(d.remarks.empty());
    EXPECT_EQ(decode(text_attribute(Attr::ReplyMessage, std::string(253, 'm'))).reply.message.view().size(), 126U);
}

TEST(AccessReply, ChallengeIsAReject) {
    const Decoded d = decode(hex("1803aa"), Code::AccessChallenge);
    EXPECT_FALSE(d.reply.accepted);
    EXPECT_EQ(d.remark(), RemarkKind::unsupported);
}

TEST(FramedRoute, IsReadStrictly) {
    const std::pair<const char*, const char*> good[] = {
        {"192.168.1.0/24 192.168.1.1 1 2 -1", nullptr},
        {"192.168.1.0/24 192.168.1.1 1 2 1", "192.168.1.0/24"},
        {"192.168.1.0/24", "192.168.1.0/24"},
        {"192.168.1.7/32 0.0.0.0", "192.168.1.7/32"},
        {"  192.168.1.0/24   0.0.0.0   1  ", "192.168.1.0/24"},
        {"10.0.0.0 0.0.0.0 1", "10.0.0.0/8"},
        {"172.16.0.0 0.0.0.0 1", "172.16.0.0/16"},
        {"192.168.1.0 0.0.0.0 1", "192.168.1.0/24"},
        {"10.1.2.3 0.0.0.0 1", nullptr}, // host bits: more than was meant
        {"192.168.1.7/24 0.0.0.0 1", nullptr},
        {"224.0.0.0", nullptr}, // no class, no default length
        {"192.168.1.0/33", nullptr},
        {"192.168.1.0/", nullptr},
        {"192.168.1.0/-1", nullptr},
        {"192.168.1.0/24x", nullptr},
        {"192.168.1.0/24 gateway", nullptr},
        {"192.168.1.0/24 0.0.0.0 99999999999", nullptr},
        {"192.168.1/24", nullptr},
        {"192.168.1.0/255.255.255.0", nullptr},
        {"", nullptr},
        {"   ", nullptr},
        {"\x01\xff/24", nullptr},
    };
    for (const auto& [text, expected] : good) {
        const auto route = parse_framed_route(text);
        EXPECT_EQ(route ? to_string(*route) : "none", expected == nullptr ? "none" : expected) << text;
    }
    EXPECT_FALSE(parse_framed_route(std::string_view("192.168.1.0/24\0", 15)));
    EXPECT_FALSE(parse_framed_route(std::string(4000, '1')));
}

TEST(PrefixList, IsAllOrNothing) {
    EXPECT_TRUE(parse_prefix_list("")->empty());
    EXPECT_EQ(parse_prefix_list("10.0.0.0/8, 192.168.0.0/16")->size(), 2U);
    for (const char* bad : {"10.0.0.0", "10.0.0.0/8,x", ",", "10.0.0.0/8,,", "10.0.0.0/8 10.0.0.0/8"})
        EXPECT_FALSE(parse_prefix_list(bad)) << bad;
}

struct Split {
    const char* text;
    std::vector<std::string> pairs;
};

TEST(CiscoAvPair, IsSplitOnlyBeforeAKeyAndEquals) {
    const Split rows[] = {
        {"throttle=yes", {"throttle=yes"}},
        {"intercept=yes,throttle=yes", {"intercept=yes", "throttle=yes"}},
        {"intercept=yes, throttle=yes", {"intercept=yes", "throttle=yes"}},
        {"key=a,b,c", {"key=a,b,c"}},
        {"key=a,b,c=d", {"key=a,b", "c=d"}},
        {"ip:route=10.0.0.0 255.0.0.0", {"ip:route=10.0.0.0 255.0.0.0"}},
        {"lcp:interface-config#1=ip mtu 1400", {"lcp:interface-config#1=ip mtu 1400"}},
        {"a=b=c,d=e=f", {"a=b=c", "d=e=f"}},
        {"a=,b=", {"a=", "b="}},
        {"a=1,=2", {"a=1,=2"}},
        {"a=1,", {"a=1,"}},
        {"=x", {}},
        {"", {}},
        {"words without", {}},
    };
    for (const Split& row : rows) {
        std::vector<std::string> got;
        for (const AvPair& pair : split_avpairs(row.text))
            got.push_back(std::string(pair.key) + "=" + std::string(pair.value));
        EXPECT_EQ(got, row.pairs) << row.text;
    }
}

TEST(CiscoAvPair, DnsServersAreOneOrTwoAddresses) {
    EXPECT_EQ(to_string(parse_dns_servers("8.8.8.8")->primary), "8.8.8.8");
    EXPECT_EQ(to_string(parse_dns_servers("8.8.8.8,8.8.4.4")->secondary), "8.8.4.4");
    for (const char* bad : {"", " ", "8.8.8", "8.8.8.8 x", "8.8.8.8 8.8.4.4 1.1.1.1"})
        EXPECT_FALSE(parse_dns_servers(bad)) << bad;
}

} // namespace
} // namespace lns::radius

// SPDX-License-Identifier: ISC
// What other RADIUS clients fell over, as tests of ours: tests/cve/README.md says which is which.
#include <algorithm>
#include <gtest/gtest.h>

#include "lib/l2tp/l2tp.h"
#include "lib/radius/access_reply.h"
#include "lib/radius/access_request.h"
#include "lib/radius/dictionary.h"
#include "radiusd-client/local_auth.h"
#include "tests/unit/l2tp_bytes.h"

namespace lns::radius {
namespace {

using Octets = std::vector<std::uint8_t>;

const RoutePolicy kPolicy{{}, {Ipv4{0x0a000001}}};

Octets reply_of(Bytes attributes, Code code = Code::AccessAccept) {
    Octets out(kHeaderSize + attributes.size());
    std::ranges::copy(attributes, out.begin() + kHeaderSize);
    out[0] = static_cast<std::uint8_t>(code);
    out[2] = static_cast<std::uint8_t>(out.size() >> 8);
    out[3] = static_cast<std::uint8_t>(out.size());
    return out;
}

AccessReply decode(const Octets& octets) {
    const auto packet = PacketView::parse(octets);
    EXPECT_TRUE(packet.ok());
    std::vector<Remark> remarks;
    return packet.ok() ? decode_access_reply(*packet, kPolicy, remarks) : AccessReply{};
}

// CVE-2020-28194, accel-ppp: an attribute of any type with any size.
TEST(Cve2020_28194, EveryAttributeInEverySizeIsTakenOrRefusesTheLogin) {
    for (unsigned type = 0; type <= 255; ++type) {
        for (std::size_t size = 0; size <= kMaxValue; ++size) {
            for (const std::uint8_t fill : Octets{0x00, 0x31, 0xff}) {
                Octets attribute{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(size + 2)};
                attribute.insert(attribute.end(), size, fill);
                const AccessReply reply = decode(reply_of(attribute));
                ASSERT_LE(reply.route_count, reply.routes.size());
                ASSERT_LE(reply.message.view().size(), 126U);
            }
        }
    }
}

// CVE-2022-24704, CVE-2022-24705, accel-ppp 96ff385e: the lengths inside a vendor's attribute.
TEST(Cve2022_24704, LengthsInsideAVendorsAttributeAreHeldAgainstIt) {
    for (const std::uint8_t vendor : Octets{9, 14}) { // Cisco, and one we do not know
        for (unsigned inner = 0; inner <= 255; ++inner) {
            for (std::size_t size = 0; size <= 40; ++size) {
                Octets attribute{26, static_cast<std::uint8_t>(size + 8), 0, 0, 0, vendor,
                                 1,  static_cast<std::uint8_t>(inner)};
                attribute.insert(attribute.end(), size, 'a');
                if (size > 2) attribute[10] = '=';
                const AccessReply reply = decode(reply_of(attribute));
                if (inner < 2 || inner > size + 2) {
                    EXPECT_TRUE(reply.avpairs.empty());
                }
            }
        }
    }
    for (std::uint8_t size = 0; size < 6; ++size) { // no room for vendor and lengths
        Octets attribute{26, static_cast<std::uint8_t>(size + 2)};
        attribute.insert(attribute.end(), size, 0);
        EXPECT_TRUE(decode(reply_of(attribute)).avpairs.empty());
    }
}

// accel-ppp a4c79494; l2tpns 2.4.1, weakness 4: texts of routes, and routes that are cheap however wide.
TEST(AccelA4c79494, NoTextOfARouteDoesHarm) {
    SeededRng rng(7);
    constexpr std::string_view kAlphabet = "0123456789./ :-x\0\xff";
    for (int i = 0; i < 200000; ++i) {
        std::string text(rng.below(40), ' ');
        for (char& c : text)
            c = kAlphabet[rng.below(static_cast<std::uint32_t>(kAlphabet.size()))];
        const auto route = parse_framed_route(text);
        if (route) {
            ASSERT_TRUE(route->length <= 32 && route->contains(route->address)) << text;
        }
    }
    for (const char* text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/4294967304", "::/0"})
        EXPECT_FALSE(parse_framed_route(text).has_value()) << text;
}

TEST(Weakness4, ARouteOfAnEighthOfTheInternetIsOneEntry) {
    const std::string text = "11.0.0.0/8 0.0.0.0 1";
    Octets attribute{22, static_cast<std::uint8_t>(text.size() + 2)};
    attribute.insert(attribute.end(), text.begin(), text.end());
    const AccessReply reply = decode(reply_of(attribute));
    ASSERT_EQ(reply.route_count, 1U);
    EXPECT_EQ(reply.routes[0].length, 8U);
}

// Weakness 4: Framed-IPv6-Route without a slash, Delegated-IPv6-Prefix longer than any prefix.
TEST(Weakness4, Ipv6AttributesOfEverySizeAreHarmless) {
    for (const std::uint8_t type : Octets{96, 97, 98, 99, 100, 123, 168}) {
        for (std::size_t size = 0; size <= kMaxValue; ++size) {
            Octets attribute{type, static_cast<std::uint8_t>(size + 2)};
            attribute.insert(attribute.end(), size, 0xff);
            decode(reply_of(attribute));
        }
    }
}

// pppd 2026-07 (11c0881, d4bcf36, f30db19, 9685bc3, 06c0b1e), CVE-2015-3310: replies that are shorter than they say.
TEST(PppdRadius2026, EveryCutAndEveryLyingLengthOfAReplyIsRefused) {
    const Octets whole = reply_of(Octets{6, 6, 0, 0, 0, 2, 8, 6, 10, 0, 0, 1, 18, 5, 'a', 'b', 'c'});
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(PacketView::parse(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))).ok());
    for (std::uint32_t length = 0; length <= 0xffff; ++length) {
        Octets lying = whole;
        lying[2] = static_cast<std::uint8_t>(length >> 8);
        lying[3] = static_cast<std::uint8_t>(length);
        const auto packet = PacketView::parse(lying);
        if (packet) {
            ASSERT_TRUE(length >= kHeaderSize && packet->octets().size() == length);
        }
        if (length > whole.size()) {
            ASSERT_FALSE(packet.ok());
        }
    }
}

// accel-ppp PR 269: numbers of any length from ICRQ into a request to the server.
TEST(AccelPr269, NumbersOfEveryLengthGoIntoARequestWithinTheirFields) {
    using namespace l2tp;
    const Secret secret("s");
    const std::array<std::uint8_t, 16> none{};
    for (std::size_t size = 0; size <= kMaxAvpValue; ++size) {
        const std::string number(size, '5');
        const auto body = test::payload(MessageType::ICRQ, [&](AvpWriter& a) {
            a.u16(AvpType::AssignedSessionId, 7);
            a.u32(AvpType::CallSerialNumber, 1);
            a.text(AvpType::CalledNumber, number);
            a.text(AvpType::CallingNumber, number);
            a.text(AvpType::SubAddress, number);
        });
        Message m;
        ASSERT_EQ(decode_message(body, {}, m), WireError::none);
        const FixedText<62> calling = m.calling_number.view();
        const FixedText<62> called = m.called_number.view();
        AccessRequest request{.call = {}, .password = {}, .chap_challenge = none, .chap_response = none};
        request.call.user = "joe";
        request.call.calling = calling.view();
        request.call.called = called.view();
        Octets buffer(kMaxPacket);
        const Bytes packet = encode_access_request(request, 1, Authenticator{}, secret.reveal_octets(), buffer);
        ASSERT_FALSE(packet.empty());
        ASSERT_TRUE(PacketView::parse(packet).ok());
    }
}

// radcli 1.5.3: names of more than 32 octets; 1.5.1: packets above 4096 octets are RequestBuilder's test.
TEST(Radcli153, LongNamesInTheDictionaryAreCutOrRefusedAndNothingElse) {
    for (const std::size_t size : {31U, 32U, 33U, 64U, 128U, 200U, 1000U, 5000U}) {
        const std::string name(size, 'N');
        const auto dictionary = Dictionary::parse("ATTRIBUTE User-Name 1 string\nATTRIBUTE " + name + " 200 string\n");
        if (!dictionary) continue;
        const Octets reply = reply_of(Octets{200, 5, 'a', 'b', 'c', 1, 3, 'x'});
        EXPECT_FALSE(dictionary->describe(*PacketView::parse(reply)).empty());
    }
}

// CVE-2026-55706, OpenBSD: a password of no length compared equal, as did a prefix.
TEST(Cve2026_55706, OnlyTheWholePasswordIsTheRightOne) {
    conf::Subscribers subscribers;
    subscribers["joe"].password = Secret("secret");
    const auto verdict = [&](std::string_view password) {
        imsg::AuthRequest request{};
        request.method = imsg::AuthMethod::pap;
        request.user = "joe";
        request.password = password;
        const auto reply = radius_client::authenticate_locally(request, subscribers);
        return reply ? reply->verdict : imsg::AuthVerdict::unavailable;
    };
    EXPECT_EQ(verdict("secret"), imsg::AuthVerdict::accept);
    for (const std::string_view wrong :
         {std::string_view(""), std::string_view("s"), std::string_view("secre"), std::string_view("secret\0", 7),
          std::string_view("secrets"), std::string_view("Secret"), std::string_view("secretsecret")})
        EXPECT_EQ(verdict(wrong), imsg::AuthVerdict::reject) << wrong;
    imsg::AuthRequest none{};
    none.user = "joe";
    EXPECT_EQ(radius_client::authenticate_locally(none, subscribers)->verdict, imsg::AuthVerdict::reject);
    imsg::AuthRequest chap{}; // an answer of zeroes to a challenge of zeroes
    chap.method = imsg::AuthMethod::chap;
    chap.user = "joe";
    EXPECT_EQ(radius_client::authenticate_locally(chap, subscribers)->verdict, imsg::AuthVerdict::reject);
}

} // namespace
} // namespace lns::radius

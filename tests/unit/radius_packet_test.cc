// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>
#include <limits>

#include "lib/radius/access_request.h"
#include "lib/radius/accounting_request.h"
#include "lib/radius/packet.h"
#include "tests/unit/hex.h"

namespace lns::radius {
namespace {

using test::hex;
using test::to_hex;

const Bytes kSecret = as_octets("xyzzy5461"); // RFC 2865 7

Authenticator authenticator(std::string_view digits) {
    Authenticator out{};
    const auto octets = hex(digits);
    std::copy(octets.begin(), octets.end(), out.begin());
    return out;
}

const Authenticator kRequest = authenticator("0f403f9473978057bd83d5cb98f4227a"); // RFC 2865 7.1

TEST(Packet, ParsesTheRequestOfRfc2865_7_1) {
    const auto octets = hex("01000038 0f403f9473978057bd83d5cb98f4227a 01066e656d6f"
                            "02120dbe708d93d413ce3196e43f782a0aee 0406c0a80110 050600000003");
    const auto packet = PacketView::parse(octets);
    ASSERT_TRUE(packet.ok());
    EXPECT_EQ(packet->code(), Code::AccessRequest);
    EXPECT_EQ(packet->id(), 0);
    Bytes value;
    ASSERT_TRUE(packet->find(Attr::UserName, value));
    EXPECT_EQ(as_text(value), "nemo");
    EXPECT_FALSE(packet->find(Attr::State, value));
}

TEST(Packet, VerifiesTheResponsesOfRfc2865_7) {
    const auto telnet = hex("02000026 86fe220e7624ba2a1005f6bf9b55e0b2 060600000001 0f0600000000 0e06c0a80103");
    const auto framed = hex("02010038 15efbc7dab26cfa3dc34d9c03c8601a4 060600000002 070600000001 0806fffffffe"
                            "0a0600000002 0d0600000001 0c06000005dc");
    EXPECT_TRUE(response_authenticator_valid(*PacketView::parse(telnet), kRequest, kSecret));
    EXPECT_TRUE(response_authenticator_valid(*PacketView::parse(framed),
                                             authenticator("2aee86f08d0d55969ca5978e0d3367a2"), kSecret));
    EXPECT_FALSE(response_authenticator_valid(*PacketView::parse(framed), kRequest, kSecret));
    EXPECT_FALSE(response_authenticator_valid(*PacketView::parse(telnet), kRequest, as_octets("xyzzy5462")));
}

struct Lie {
    const char* description;
    const char* octets;
    PacketError error;
};

TEST(Packet, RefusesEveryLengthThatLies) {
    const std::string header = "0200";
    const std::string authentic(32, '0');
    const Lie rows[] = {
        {"nothing at all", "", PacketError::too_short},
        {"one octet", "02", PacketError::too_short},
        {"no authenticator", "02000014", PacketError::too_short},
        {"Length below a header", "02000013 00000000000000000000000000000000", PacketError::too_short},
        {"Length zero", "02000000 00000000000000000000000000000000", PacketError::too_short},
        {"Length beyond the datagram", "02000015 00000000000000000000000000000000", PacketError::truncated},
        {"Length 65535", "0200ffff 00000000000000000000000000000000", PacketError::truncated},
        {"attribute of length 0", "02000016 00000000000000000000000000000000 1900", PacketError::attribute_too_short},
        {"attribute of length 1", "02000017 00000000000000000000000000000000 190100", PacketError::attribute_too_short},
        {"attribute one octet too long", "02000017 00000000000000000000000000000000 190461",
         PacketError::attribute_overrun},
        {"attribute of length 255", "02000017 00000000000000000000000000000000 19ff61", PacketError::attribute_overrun},
        {"type without a length", "02000015 00000000000000000000000000000000 19", PacketError::attribute_overrun},
        {"attribute goes on behind the Length", "02000017 00000000000000000000000000000000 190461 62",
         PacketError::attribute_overrun},
        {"good attribute, then a bad one", "0200001a 00000000000000000000000000000000 190361 1800 00",
         PacketError::attribute_too_short},
    };
    for (const Lie& row : rows) {
        const auto octets = hex(row.octets);
        const auto packet = PacketView::parse(octets);
        ASSERT_FALSE(packet.ok()) << row.description;
        EXPECT_EQ(packet.error(), row.error) << row.description;
    }
}

TEST(Packet, RefusesMoreThan4096Octets) {
    std::vector<std::uint8_t> octets(4097);
    octets[0] = 2;
    octets[2] = 0x10;
    octets[3] = 0x01;
    const auto packet = PacketView::parse(octets);
    ASSERT_FALSE(packet.ok());
    EXPECT_EQ(packet.error(), PacketError::too_long);
}

TEST(Packet, IgnoresPaddingBehindItsLength) { // RFC 2865 3
    auto octets = hex("02070017 00000000000000000000000000000000 190361");
    octets.insert(octets.end(), {0xff, 0xff, 0xff});
    const auto packet = PacketView::parse(octets);
    ASSERT_TRUE(packet.ok());
    EXPECT_EQ(packet->attributes().size(), 3U);
}

TEST(MessageAuthenticator, IsFoundWhereverItStands) {
    const char* rows[] = {
        "020700317c8dd4d8c1c4fa0be1102e26e66018d25012e2d2340511094627ee1e9f14c3a36ce708060a0102031905616263",
        "0207003121ab5d48473ad2843d7571cdf6d82ea708060a01020350122eb2f348e0045c173d36361a0d389f971905616263",
        "020700311651acbb612daec9152624b8c89c0aa508060a010203190561626350122b1052ee131e107916b3836cf1890b39",
    };
    for (const char* row : rows) {
        auto octets = hex(row);
        const auto packet = PacketView::parse(octets);
        ASSERT_TRUE(packet.ok());
        EXPECT_TRUE(response_authenticator_valid(*packet, kRequest, kSecret)) << row;
        EXPECT_EQ(check_message_authenticator(*packet, kRequest, kSecret), MessageAuthenticator::valid) << row;
        EXPECT_EQ(check_message_authenticator(*packet, kRequest, as_octets("other")), MessageAuthenticator::invalid);
        for (std::size_t i = kHeaderSize; i < octets.size(); ++i) { // any octet changed: invalid, or no packet
            octets[i] ^= 1;
            const auto changed = PacketView::parse(octets);
            if (changed.ok()) {
                EXPECT_NE(check_message_authenticator(*changed, kRequest, kSecret), MessageAuthenticator::valid) << i;
            }
            octets[i] ^= 1;
        }
    }
}

TEST(MessageAuthenticator, IsInvalidTwiceOrInAWrongSize) {
    const auto absent = hex("02070017 00000000000000000000000000000000 190361");
    const auto small = hex("02070018 00000000000000000000000000000000 50040000");
    auto twice = hex("0207003800000000000000000000000000000000");
    for (int i = 0; i < 2; ++i) {
        twice.insert(twice.end(), {80, 18});
        twice.resize(twice.size() + 16);
    }
    const auto check = [](const std::vector<std::uint8_t>& octets) {
        return check_message_authenticator(*PacketView::parse(octets), kRequest, kSecret);
    };
    EXPECT_EQ(check(absent), MessageAuthenticator::absent);
    EXPECT_EQ(check(small), MessageAuthenticator::invalid);
    EXPECT_EQ(check(twice), MessageAuthenticator::invalid);
}

struct Hidden {
    std::string password;
    const char* hidden;
};

TEST(UserPassword, IsHiddenInBlocks) {
    const Hidden rows[] = {
        {"arctangent", "0dbe708d93d413ce3196e43f782a0aee"}, // RFC 2865 7.1
        {"", "6ccc13f9f2ba74ab5fe2e43f782a0aee"},
        {"0123456789abcdef0123456789abcdefX", "5cfd21cac68f429c67db855d1b4e6f88f2e532af2326b44cca47106da85bf3d2"
                                              "e8e7a9a7c516d4cf65d224051f7c08cc"},
    };
    for (const Hidden& row : rows) {
        std::array<std::uint8_t, kMaxPassword> out{};
        const std::size_t n = hide_password(as_octets(row.password), kRequest, kSecret, out);
        EXPECT_EQ(to_hex(Bytes(out).first(n)), row.hidden) << row.password;
    }
}

TEST(UserPassword, MayHave128OctetsAndNotOneMore) {
    std::array<std::uint8_t, kMaxPassword> out{};
    EXPECT_EQ(hide_password(as_octets(std::string(128, 'p')), kRequest, kSecret, out), 128U);
    EXPECT_EQ(hide_password(as_octets(std::string(129, 'p')), kRequest, kSecret, out), 0U);
}

constexpr std::array<std::uint8_t, 16> kSixteen{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

AccessRequest pap_request() {
    return {.call = {.nas_address = Ipv4{0x0a000001},
                     .nas_identifier = "lns1",
                     .nas_port = 300,
                     .acct_session_id = 0x0123456789abcdef,
                     .user = "joe",
                     .calling = "0412",
                     .called = "0399",
                     .tx_speed = 8000000,
                     .rx_speed = 640000},
            .password = as_octets("secret"),
            .chap_challenge = kSixteen,
            .chap_response = kSixteen};
}

TEST(AccessRequest, PutsMessageAuthenticatorFirstAndMatchesTheVector) {
    std::array<std::uint8_t, kMaxPacket> buffer{};
    const Bytes packet = encode_access_request(pap_request(), 9, kRequest, kSecret, buffer);
    EXPECT_EQ(to_hex(packet), "0109008f0f403f9473978057bd83d5cb98f4227a501227d1732ae778f5e47c04de85ae24ffbc"
                              "02121fa9708b97ce74ab5fe2e43f782a0aee01056a6f6504060a00000120066c6e7331050600"
                              "00012c3d06000000050606000000020706000000011e06303339391f06303431324d10383030"
                              "303030302f3634303030302c1230313233343536373839616263646566");
}

TEST(AccessRequest, CarriesChapResponseAndChallenge) {
    AccessRequest request = pap_request();
    request.chap = true;
    request.chap_id = 0x42;
    std::array<std::uint8_t, kMaxPacket> buffer{};
    const auto packet = PacketView::parse(encode_access_request(request, 1, kRequest, kSecret, buffer));
    ASSERT_TRUE(packet.ok());
    Bytes value;
    EXPECT_FALSE(packet->find(Attr::UserPassword, value));
    ASSERT_TRUE(packet->find(Attr::ChapPassword, value));
    EXPECT_EQ(to_hex(value), "420102030405060708090a0b0c0d0e0f10");
    ASSERT_TRUE(packet->find(Attr::ChapChallenge, value));
    EXPECT_EQ(to_hex(value), to_hex(kSixteen));
}

TEST(AccessRequest, LeavesOutWhatIsNotKnown) {
    AccessRequest request = pap_request();
    request.call.calling = request.call.called = "";
    request.call.nas_address = {};
    request.call.tx_speed = 0;
    std::array<std::uint8_t, kMaxPacket> buffer{};
    const auto packet = PacketView::parse(encode_access_request(request, 1, kRequest, kSecret, buffer));
    ASSERT_TRUE(packet.ok());
    Bytes value;
    for (const Attr type : {Attr::CallingStationId, Attr::CalledStationId, Attr::NasIpAddress, Attr::ConnectInfo})
        EXPECT_FALSE(packet->find(type, value)) << static_cast<int>(type);
}

// accel-ppp PR #269: Calling and Called Number of 0 to 1017 octets came to the RADIUS encoder.
TEST(AccessRequest, NeverOverflowsWhateverTheNumbersHold) {
    for (std::size_t n = 0; n <= 1017; ++n) {
        const std::string number(n, '7');
        AccessRequest request = pap_request();
        request.call.calling = request.call.called = number;
        std::array<std::uint8_t, kMaxPacket> buffer{};
        const Bytes packet = encode_access_request(request, 1, kRequest, kSecret, buffer);
        EXPECT_EQ(packet.empty(), n > kMaxValue) << n;
        if (!packet.empty()) {
            EXPECT_TRUE(PacketView::parse(packet).ok()) << n;
        }
    }
}

TEST(AccessRequest, FailsWholeInABufferThatIsTooSmall) {
    std::array<std::uint8_t, kMaxPacket> buffer{};
    const std::size_t size = encode_access_request(pap_request(), 1, kRequest, kSecret, buffer).size();
    for (std::size_t n = kHeaderSize; n < size; ++n)
        EXPECT_TRUE(encode_access_request(pap_request(), 1, kRequest, kSecret, std::span(buffer).first(n)).empty());
}

// radcli 1.5.1 fixed an overflow past 4096 octets: ours ends at the limit.
TEST(RequestBuilder, RefusesToGrowBeyond4096Octets) {
    std::vector<std::uint8_t> buffer(8192);
    RequestBuilder out(buffer, Code::AccountingRequest, 1);
    for (int i = 0; i < 40; ++i)
        out.text(Attr::Class, std::string(250, 'c'));
    Authenticator ignored{};
    EXPECT_TRUE(out.finish_accounting(ignored, kSecret).empty());
}

TEST(AccountingRequest, MatchesTheVector) {
    std::array<std::uint8_t, kMaxPacket> buffer{};
    Authenticator request{};
    const Bytes packet = encode_accounting_request(hex("280600000002"), 5, 3, kSecret, buffer, request);
    EXPECT_EQ(to_hex(packet), "0403002017e72cd0a59bfb933db30e6a61c01c4e280600000002290600000005");
    EXPECT_EQ(to_hex(request), "17e72cd0a59bfb933db30e6a61c01c4e");
}

std::uint32_t number(const PacketView& packet, Attr type) {
    Bytes value;
    std::uint32_t v = 0xdeadbeef;
    if (!packet.find(type, value)) return v;
    Reader r(value);
    EXPECT_TRUE(r.u32(v) && r.done());
    return v;
}

AccountingRecord stop_record() {
    static const auto classes = hex("03616263 0164");
    return {.status = AcctStatusType::Stop,
            .call = pap_request().call,
            .authentic = AcctAuthentic::Local,
            .event_time = 1700000000,
            .framed_address = Ipv4{0x0a010203},
            .framed_netmask = Ipv4{0xffffffff},
            .classes = classes,
            .session_time = 61,
            .octets_in = 0x123456789a,
            .octets_out = std::numeric_limits<std::uint64_t>::max(),
            .packets_in = 7,
            .packets_out = 8,
            .terminate_cause = 1};
}

TEST(AccountingRecord, StopCarriesCountersOf64BitsAndEveryClass) {
    std::array<std::uint8_t, kMaxPacket> record{};
    std::array<std::uint8_t, kMaxPacket> buffer{};
    Authenticator request{};
    const Bytes attributes = encode_accounting_record(stop_record(), record);
    const auto packet = PacketView::parse(encode_accounting_request(attributes, 4, 1, kSecret, buffer, request));
    ASSERT_TRUE(packet.ok());
    const std::pair<Attr, std::uint32_t> rows[] = {
        {Attr::AcctStatusType, 2},           {Attr::EventTimestamp, 1700000000}, {Attr::AcctAuthentic, 2},
        {Attr::FramedIpAddress, 0x0a010203}, {Attr::FramedIpNetmask, ~0U},       {Attr::AcctSessionTime, 61},
        {Attr::AcctInputOctets, 0x3456789a}, {Attr::AcctInputGigawords, 0x12},   {Attr::AcctOutputOctets, ~0U},
        {Attr::AcctOutputGigawords, ~0U},    {Attr::AcctInputPackets, 7},        {Attr::AcctOutputPackets, 8},
        {Attr::AcctTerminateCause, 1},       {Attr::AcctDelayTime, 4},           {Attr::NasPort, 300},
        {Attr::FramedProtocol, 1},
    };
    for (const auto& [type, value] : rows)
        EXPECT_EQ(number(*packet, type), value) << find_attribute(Vendor::none, static_cast<std::uint8_t>(type))->name;
    Reader rest(packet->attributes());
    AttributeView a;
    std::string classes;
    while (next_attribute(rest, a))
        if (a.type == static_cast<std::uint8_t>(Attr::Class)) classes += std::string(as_text(a.value)) + "|";
    EXPECT_EQ(classes, "abc|d|");
}

TEST(AccountingRecord, StartHasNoUseAndOnHasNoCall) {
    std::array<std::uint8_t, kMaxPacket> record{};
    std::array<std::uint8_t, kMaxPacket> buffer{};
    Authenticator request{};
    AccountingRecord start = stop_record();
    start.status = AcctStatusType::Start;
    Bytes attributes = encode_accounting_record(start, record);
    auto packet = PacketView::parse(encode_accounting_request(attributes, 0, 1, kSecret, buffer, request));
    ASSERT_TRUE(packet.ok());
    Bytes value;
    for (const Attr type : {Attr::AcctSessionTime, Attr::AcctInputOctets, Attr::AcctTerminateCause})
        EXPECT_FALSE(packet->find(type, value));
    EXPECT_TRUE(packet->find(Attr::UserName, value));
    start.status = AcctStatusType::AccountingOn;
    attributes = encode_accounting_record(start, record);
    packet = PacketView::parse(encode_accounting_request(attributes, 0, 1, kSecret, buffer, request));
    ASSERT_TRUE(packet.ok());
    for (const Attr type : {Attr::UserName, Attr::NasPort, Attr::Class, Attr::FramedIpAddress})
        EXPECT_FALSE(packet->find(type, value));
    EXPECT_TRUE(packet->find(Attr::NasIdentifier, value));
    EXPECT_TRUE(packet->find(Attr::AcctSessionId, value));
}

TEST(AttributeTable, FindsEachOfItsRowsAndNothingElse) {
    for (const AttributeDef& def : attribute_table())
        EXPECT_EQ(find_attribute(def.vendor, def.type), &def) << def.name;
    EXPECT_EQ(find_attribute(Vendor::none, 0), nullptr);
    EXPECT_EQ(find_attribute(Vendor::Cisco, 255), nullptr);
    EXPECT_TRUE(known_vendor(Vendor::Cisco));
    EXPECT_FALSE(known_vendor(Vendor::none));
    EXPECT_FALSE(known_vendor(Vendor{10055}));
}

} // namespace
} // namespace lns::radius

// SPDX-License-Identifier: ISC
// lacsim's own reading of L2TP and PPP.
#include <gtest/gtest.h>

#include "lib/base/digest.h"
#include "lib/base/rng.h"
#include "tools/lacsim/l2tp_wire.h"
#include "tools/lacsim/ppp_wire.h"

namespace lns::lacsim {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets control_message(MessageType type, void (*fill)(MessageWriter&)) {
    MessageWriter w(type, 0x1111, 0x2222);
    fill(w);
    Octets message = w.finish();
    set_sequence(message, 5, 6);
    return message;
}

Malformed decode(Bytes datagram, ControlMessage& out, std::string_view secret = {}) {
    static std::array<std::uint8_t, 2048> scratch;
    Packet packet;
    if (const Malformed m = decode_packet(datagram, packet); m != Malformed::none) return m;
    return decode_message(packet.body, secret, scratch, out);
}

Octets cdn() {
    return control_message(MessageType::CDN, [](MessageWriter& w) {
        w.result(2, 6, "no luck");
        w.u16(AvpType::AssignedSessionId, 77);
    });
}

TEST(LacsimPacket, ControlHeaderIsReadAsRfc2661Writes) {
    const Octets message = cdn();
    Packet packet;
    ASSERT_EQ(decode_packet(message, packet), Malformed::none);
    EXPECT_TRUE(packet.control);
    EXPECT_EQ(packet.tunnel, 0x1111);
    EXPECT_EQ(packet.session, 0x2222);
    EXPECT_EQ(packet.ns, 5);
    EXPECT_EQ(packet.nr, 6);
    // T, L and S bits and version 2 (RFC 2661 3.1).
    EXPECT_EQ(message[0], 0xc8);
    EXPECT_EQ(message[1], 0x02);
    EXPECT_EQ(message[2] << 8 | message[3], static_cast<int>(message.size()));
}

TEST(LacsimPacket, RefusesEveryTruncationOfAControlMessage) {
    const Octets message = cdn();
    for (std::size_t n = 0; n < message.size(); ++n) {
        Packet packet;
        EXPECT_NE(decode_packet(Bytes(message).first(n), packet), Malformed::none) << n;
    }
}

TEST(LacsimPacket, RefusesWhatAnLnsMustNotSend) {
    struct Row {
        const char* description;
        Octets datagram;
        Malformed expected;
    };
    const Row rows[] = {
        {"version 3", {0x00, 0x03, 0, 1, 0, 1}, Malformed::header_version},
        {"a reserved bit", {0x10, 0x02, 0, 1, 0, 1}, Malformed::header_reserved},
        {"control without length", {0x88, 0x02, 0, 1, 0, 0, 0, 0, 0, 0}, Malformed::control_flags},
        {"control with priority", {0xc9, 0x02, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0}, Malformed::control_flags},
        {"length beyond the datagram", {0x40, 0x02, 0, 9, 0, 1, 0, 1}, Malformed::length_mismatch},
        {"length short of the datagram", {0x40, 0x02, 0, 7, 0, 1, 0, 1}, Malformed::length_mismatch},
        {"offset beyond the datagram", {0x02, 0x02, 0, 1, 0, 1, 0, 9, 0xff}, Malformed::offset_too_large},
    };
    for (const Row& row : rows) {
        Packet packet;
        EXPECT_EQ(decode_packet(row.datagram, packet), row.expected) << row.description;
    }
}

TEST(LacsimPacket, EveryVariantOfTheDataHeaderCarriesTheFrame) {
    const std::array<std::uint8_t, 3> frame{0xaa, 0xbb, 0xcc};
    for (unsigned bits = 0; bits < 16; ++bits) {
        const DataFlags flags{.length = (bits & 1) != 0,
                              .sequence = (bits & 2) != 0,
                              .priority = (bits & 4) != 0,
                              .offset = (bits & 8) != 0,
                              .offset_size = 5};
        std::array<std::uint8_t, 64> buffer{};
        Writer w(buffer);
        write_data_header(w, flags, 100, 200, 9, frame.size());
        EXPECT_EQ(w.size(), flags.header_size());
        w.bytes(frame);
        Packet packet;
        ASSERT_EQ(decode_packet(w.written(), packet), Malformed::none) << bits;
        EXPECT_FALSE(packet.control);
        EXPECT_EQ(packet.tunnel, 100);
        EXPECT_EQ(packet.session, 200);
        EXPECT_TRUE(std::equal(frame.begin(), frame.end(), packet.body.begin(), packet.body.end())) << bits;
        if (flags.sequence) {
            EXPECT_EQ(packet.ns, 9);
        }
    }
}

TEST(LacsimMessage, ReadsResultErrorAndText) {
    ControlMessage m;
    const Octets message = cdn();
    ASSERT_EQ(decode(message, m), Malformed::none);
    EXPECT_EQ(m.type, MessageType::CDN);
    EXPECT_EQ(m.result, 2);
    EXPECT_EQ(m.error, 6);
    EXPECT_EQ(m.error_text, "no luck");
    EXPECT_EQ(m.assigned_session, 77);
    EXPECT_FALSE(m.has(AvpType::ReceiveWindowSize));
}

TEST(LacsimMessage, RefusesAvpsAgainstTheRules) {
    struct Row {
        const char* description;
        Octets avps;
        Malformed expected;
    };
    const Octets hello{0x80, 8, 0, 0, 0, 0, 0, 6};
    const auto with = [&hello](Octets more) {
        Octets all = hello;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    const Row rows[] = {
        {"a good HELLO", hello, Malformed::none},
        {"length below the header", with({0x80, 5, 0, 0, 0, 7}), Malformed::avp_length},
        {"length beyond the message", with({0x80, 9, 0, 0, 0, 7}), Malformed::avp_length},
        {"a reserved bit", with({0x84, 7, 0, 0, 0, 7, 'x'}), Malformed::avp_reserved},
        {"an unknown mandatory AVP", with({0x80, 6, 0, 0, 0, 99}), Malformed::avp_unknown_mandatory},
        {"an unknown optional AVP", with({0x00, 6, 0, 0, 0, 99}), Malformed::none},
        {"a mandatory AVP of a vendor", with({0x80, 6, 0, 9, 0, 7}), Malformed::avp_unknown_mandatory},
        {"a tunnel id of three octets", with({0x80, 9, 0, 0, 0, 9, 1, 2, 3}), Malformed::avp_value},
        {"two message types", with({0x80, 8, 0, 0, 0, 0, 0, 6}), Malformed::avp_order},
        {"no message type in front", {0x80, 8, 0, 0, 0, 9, 0, 6}, Malformed::avp_order},
        {"an unknown message type", {0x80, 8, 0, 0, 0, 0, 0, 99}, Malformed::message_unknown},
        {"an ICRP without session id", {0x80, 8, 0, 0, 0, 0, 0, 11}, Malformed::avp_missing},
        {"hidden without a secret", with({0xc0, 10, 0, 0, 0, 9, 1, 2, 3, 4}), Malformed::avp_hidden},
    };
    for (const Row& row : rows) {
        ControlMessage m;
        EXPECT_EQ(decode_message(row.avps, {}, {}, m), row.expected) << row.description;
    }
}

TEST(LacsimMessage, HiddenValuesComeBackWithTheSecretOnly) {
    SeededRng rng(1);
    MessageWriter w(MessageType::StopCCN, 1, 0);
    w.hide("secret", rng);
    w.result(1, 0, "a text of more than sixteen octets, so that a second block is needed");
    w.u16(AvpType::AssignedTunnelId, 4711);
    const Octets message = w.finish();
    ControlMessage m;
    ASSERT_EQ(decode(message, m, "secret"), Malformed::none);
    EXPECT_EQ(m.assigned_tunnel, 4711);
    EXPECT_EQ(m.error_text, "a text of more than sixteen octets, so that a second block is needed");
    ControlMessage wrong;
    EXPECT_TRUE(decode(message, wrong, "other") != Malformed::none || wrong.assigned_tunnel != 4711);
}

TEST(LacsimMessage, ChallengeResponseIsMd5OfTypeSecretAndChallenge) {
    const Octets challenge{1, 2, 3};
    const Octets id{3};
    const Md5Digest expected = md5({id, as_octets("s"), challenge});
    EXPECT_EQ(challenge_response(MessageType::SCCCN, "s", challenge), expected);
    EXPECT_NE(challenge_response(MessageType::SCCRP, "s", challenge), expected);
}

TEST(LacsimFrame, HeadersAreReadInEveryCompressedForm) {
    for (const Octets& frame :
         {Octets{0xff, 0x03, 0x00, 0x21, 9}, Octets{0x00, 0x21, 9}, Octets{0xff, 0x03, 0x21, 9}, Octets{0x21, 9}}) {
        Protocol protocol{};
        Bytes information;
        ASSERT_EQ(decode_frame(frame, protocol, information), Malformed::none);
        EXPECT_EQ(protocol, Protocol::ip);
        ASSERT_EQ(information.size(), 1U);
        EXPECT_EQ(information[0], 9);
    }
}

TEST(LacsimFrame, RefusesShortFramesAndEvenProtocolNumbers) {
    Protocol protocol{};
    Bytes information;
    for (const Octets& frame :
         {Octets{}, Octets{0xff}, Octets{0xff, 0x03}, Octets{0xff, 0x03, 0xc0}, Octets{0xff, 4, 0x21}})
        EXPECT_EQ(decode_frame(frame, protocol, information), Malformed::frame_short);
    EXPECT_EQ(decode_frame(Octets{0xc0, 0x22, 1}, protocol, information), Malformed::protocol_number);
}

TEST(LacsimFrame, LcpIsNeverCompressed) {
    const Compression both{.address_control = true, .protocol = true};
    for (const Protocol p : {Protocol::lcp, Protocol::ipcp, Protocol::ip}) {
        std::array<std::uint8_t, 8> buffer{};
        Writer w(buffer);
        write_frame_header(w, both, p);
        EXPECT_EQ(w.size(), both.header_size(p));
        EXPECT_EQ(w.size(), p == Protocol::lcp ? 4U : p == Protocol::ip ? 1U : 2U);
    }
}

TEST(LacsimFrame, ControlPacketsMayBePaddedButNotCut) {
    ControlPacket packet;
    ASSERT_EQ(decode_control(Octets{9, 7, 0, 6, 1, 2, 0, 0}, packet), Malformed::none);
    EXPECT_EQ(packet.data.size(), 2U);
    EXPECT_EQ(decode_control(Octets{9, 7, 0, 9, 1, 2}, packet), Malformed::ppp_length);
    EXPECT_EQ(decode_control(Octets{9, 7, 0, 3}, packet), Malformed::ppp_length);
}

TEST(LacsimFrame, OptionsShorterThanTheirHeaderAreRefused) {
    std::uint8_t type = 0;
    Bytes value;
    for (const Octets& options : {Octets{1}, Octets{1, 0}, Octets{1, 1}, Octets{1, 4, 5}}) {
        Reader r(options);
        EXPECT_EQ(next_option(r, type, value), Malformed::ppp_option);
    }
}

} // namespace
} // namespace lns::lacsim

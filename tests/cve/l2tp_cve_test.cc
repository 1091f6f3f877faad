// SPDX-License-Identifier: ISC
// What other L2TP servers fell over, as tests of ours: tests/cve/README.md says which is which. Each input is a copy of
// its own on the heap, so that a sanitizer sees a read one octet too far.
#include <set>

#include "lib/l2tp/hiding.h"
#include "tests/unit/l2tp_control_fixture.h"

namespace lns::l2tp {
namespace {

using namespace test;
using namespace std::chrono_literals;

WireError decode(Octets payload, Message& m, Bytes secret = kSecret) {
    payload.shrink_to_fit();
    return decode_message(payload, secret, m);
}

// Message Type in front, then one AVP of which `present` octets of value are there while its Length says `length`.
Octets with_avp(MessageType type, std::uint16_t flags_and_length, std::uint16_t attribute, std::size_t present) {
    Octets out = payload(type, [](AvpWriter& a) { a.octets(AvpType::RandomVector, kTheirChallenge); });
    for (const std::uint16_t word : {flags_and_length, std::uint16_t{0}, attribute}) {
        out.push_back(static_cast<std::uint8_t>(word >> 8));
        out.push_back(static_cast<std::uint8_t>(word));
    }
    out.insert(out.end(), present, 0x41);
    return out;
}

// accel-ppp PR 344, vyos-build 1151: the original length 0xffff wrapped.
TEST(AccelPr344, EveryDecipheredLengthOfAHiddenAvpIsHeldAgainstWhatIsThere) {
    const auto type = static_cast<std::uint16_t>(AvpType::CallingNumber);
    for (const std::size_t size : {std::size_t{0}, std::size_t{14}, std::size_t{40}}) { // less than, one, three blocks
        Octets room(size + 2);
        Writer w(room);
        ASSERT_TRUE(hide(w, kSecret, type, kTheirChallenge, Octets(size, 0x41), {}));
        for (std::uint32_t length = 0; length <= 0xffff; ++length) {
            Octets hidden = room; // the first pad is xored: the length can be turned into any other
            hidden[0] ^= static_cast<std::uint8_t>((length ^ size) >> 8);
            hidden[1] ^= static_cast<std::uint8_t>(length ^ size);
            Octets scratch(hidden.size());
            const auto plain = unhide(kSecret, type, kTheirChallenge, hidden, scratch);
            ASSERT_EQ(plain.ok(), length <= size) << length;
            if (plain) {
                ASSERT_EQ(plain->size(), length);
            }
            const auto wrong = unhide(Octets{'x'}, type, kTheirChallenge, hidden, scratch);
            if (wrong) {
                ASSERT_LE(wrong->size(), size);
            }
        }
    }
}

// CVE-2020-15173, npppd's AVP with a wrong length (OpenBSD errata 2023), accel-ppp PR 269.
TEST(Cve2020_15173, EveryLengthOfEveryAvpWithEveryBitIsTakenOrRefused) {
    constexpr std::uint16_t kLastType = 47;
    for (std::uint16_t type = 0; type <= kLastType; ++type) {
        for (const unsigned flags : {0x0000U, 0x8000U, 0x4000U, 0xc000U}) {
            for (std::uint16_t length = 0; length <= 1023; ++length) {
                const std::size_t value = length < kAvpHeaderSize ? 0U : length - kAvpHeaderSize;
                Message m;
                const auto word = static_cast<std::uint16_t>(flags | length);
                const WireError whole = decode(with_avp(MessageType::ICRQ, word, type, value), m);
                EXPECT_EQ(whole == WireError::none, length >= kAvpHeaderSize) << type << '/' << length;
                if (value > 0) {
                    EXPECT_NE(decode(with_avp(MessageType::ICRQ, word, type, value - 1), m), WireError::none)
                        << "beyond the end: " << type << '/' << length;
                }
            }
        }
    }
}

// accel-ppp 36c44075: reads of words where they stand.
TEST(Accel36c44075, AMessageMeansTheSameAtEveryAddress) {
    const Octets request = sccrq(7, [](AvpWriter& a) {
        a.text(AvpType::VendorName, "odd"); // nine octets: what follows is at an odd offset
        a.u32(AvpType::BearerCapabilities, 0x01020304);
        a.octets(AvpType::TieBreaker, Octets(8, 9));
        a.u16(AvpType::ReceiveWindowSize, 5);
    });
    const Octets whole = datagram(TunnelId::none, SessionId::none, 0, 0, request);
    for (std::size_t offset = 0; offset < 16; ++offset) {
        Octets shifted(offset, 0xee);
        shifted.insert(shifted.end(), whole.begin(), whole.end());
        const auto header = parse_header(Bytes(shifted).subspan(offset));
        ASSERT_TRUE(header.ok());
        Message m;
        ASSERT_EQ(decode_message(header->payload, {}, m), WireError::none);
        EXPECT_FALSE(m.fault);
        EXPECT_EQ(m.bearer_capabilities, 0x01020304U);
        EXPECT_EQ(m.receive_window, 5U);
        EXPECT_EQ(m.host_name.view(), "lac");
    }
}

// CVE-2020-7465, mpd5: a Q.931 cause or a result of any length in a message that ends something.
TEST(Cve2020_7465, CausesAndResultsOfEveryLengthEndTheCallOnce) {
    for (std::size_t size = 0; size <= 1017; ++size) {
        for (const AvpType type : {AvpType::ResultCode, AvpType::Q931CauseCode, AvpType::PppDisconnectCause}) {
            const Octets body = payload(MessageType::CDN, [&](AvpWriter& a) {
                if (type != AvpType::ResultCode) a.octets(AvpType::ResultCode, result(2));
                a.u16(AvpType::AssignedSessionId, 7);
                a.octets(type, Octets(size, 0x41));
            });
            Message m;
            ASSERT_EQ(decode(body, m), WireError::none);
            EXPECT_LE(m.error_text.view().size(), Text::kCapacity);
            Call call;
            call.state = CallState::established;
            EXPECT_EQ(receive(call, m, kStart).change, CallChange::down) << size;
            EXPECT_EQ(receive(call, m, kStart).change, CallChange::none) << size;
        }
    }
}

// npppd: a call whose ICCN was refused was marked established by what came after.
TEST(NpppdIccnRefused, ARefusedCallStaysRefusedWhateverFollows) {
    const auto message = [](const Octets& body) {
        Message m;
        EXPECT_EQ(decode(body, m), WireError::none);
        return m;
    };
    const Octets unknown = iccn([](AvpWriter& a) { a.raw_avp(true, 0, 99, Octets{1}); });
    const Octets malformed = payload(MessageType::ICCN, [](AvpWriter& a) { a.u16(AvpType::TxConnectSpeed, 1); });
    for (const Octets& refused : {unknown, malformed}) {
        Call call;
        accept(call, message(icrq(7, 1)), SessionId{9}, kStart);
        EXPECT_EQ(receive(call, message(refused), kStart).change, CallChange::down);
        EXPECT_EQ(call.state, CallState::closing);
        for (const Octets& next : {iccn(), unknown, icrq(7, 1), iccn(), cdn_payload(7), iccn()}) {
            EXPECT_NE(receive(call, message(next), kStart).change, CallChange::up);
            EXPECT_NE(call.state, CallState::established);
        }
    }
}

// tcpdump issue 43: a loop on seven octets; l2tpns: AVPs without length.
TEST(Tcpdump43, ShortDatagramsAndAvpsOfLengthZeroAreDoneWithAtOnce) {
    for (std::uint32_t flags = 0; flags <= 0xffff; ++flags) {
        for (std::size_t size = 0; size <= 12; ++size) {
            Octets bytes(size, 0);
            if (size > 0) bytes[0] = static_cast<std::uint8_t>(flags >> 8);
            if (size > 1) bytes[1] = static_cast<std::uint8_t>(flags);
            const auto header = parse_header(bytes);
            if (header) {
                ASSERT_LE(header->length, size);
            }
        }
    }
    Message m;
    EXPECT_EQ(decode(Octets(4096, 0), m), WireError::avp_short);
    EXPECT_EQ(decode(with_avp(MessageType::SCCRQ, 0x8000, 7, 4000), m), WireError::avp_short);
}

// CVE-2004-0649, l2tpd: a control message as large as a datagram can be.
TEST(Cve2004_0649, TheLargestControlMessageIsTakenOrRefusedAsAWhole) {
    Octets body = payload(MessageType::SCCRQ, [](AvpWriter& a) { start_avps(a, 7); });
    const Octets filler = avps([](AvpWriter& a) { a.raw_avp(false, 0, 200, Octets(1017, 1)); });
    while (body.size() + filler.size() <= 65507 - kControlHeaderSize)
        body.insert(body.end(), filler.begin(), filler.end());
    Octets whole(kControlHeaderSize + body.size());
    Writer w(whole);
    encode_control_header(w, PeerTunnelId::none, PeerSessionId::none, 0, 0, body.size());
    w.bytes(body);
    Connection c;
    c.config.secret = kSecret;
    const auto header = parse_header(whole);
    ASSERT_TRUE(header.ok());
    Message m;
    ASSERT_EQ(decode_message(header->payload, kSecret, m), WireError::none);
    EXPECT_EQ(m.ignored, std::min<std::size_t>(255, body.size() / filler.size()));
    Effects out;
    EXPECT_TRUE(accept(c.cc, *header, m, kOurs, c.config, c.now, c.rng, out));
}

// CVE-2002-0872, CVE-2002-0873: random numbers that were none.
TEST(Cve2002_0872, IdsAndChallengesOfTwoStartsDiffer) {
    std::set<Octets> seen;
    for (int start = 0; start < 64; ++start) {
        SystemRng rng;
        Octets drawn(kChallengeSize);
        rng.fill(drawn);
        EXPECT_TRUE(seen.insert(drawn).second);
        rng.fill(drawn);
        EXPECT_TRUE(seen.insert(drawn).second);
    }
}

// l2tpns 2.3.2: a loop on AVPs of an unknown vendor.
TEST(L2tpns232, AMessageFullOfForeignVendorsIsReadOnce) {
    Message m;
    const Octets foreign = sccrq(7, [](AvpWriter& a) {
        for (int i = 0; i < 500; ++i)
            a.raw_avp(false, 9, static_cast<std::uint16_t>(i), {});
    });
    ASSERT_EQ(decode(foreign, m), WireError::none);
    EXPECT_FALSE(m.fault);
    EXPECT_EQ(m.ignored, 255U);
}

// l2tpns 2.1.1: the length of a Random Vector.
TEST(L2tpns211, ARandomVectorOfAnyLengthUnhidesWithinTheMessage) {
    for (std::size_t size = 0; size <= 1017; ++size) {
        Octets vector(size, 3);
        Octets room(64);
        Writer w(room);
        ASSERT_TRUE(hide(w, kSecret, static_cast<std::uint16_t>(AvpType::AssignedTunnelId), vector, Octets{0, 7}, {}));
        const Octets hidden = octets(w.written());
        Octets body = payload(MessageType::SCCRQ, [&](AvpWriter& a) {
            a.octets(AvpType::RandomVector, vector);
            a.u16(AvpType::ProtocolVersion, kProtocolVersion);
            a.u32(AvpType::FramingCapabilities, 3);
            a.text(AvpType::HostName, "lac");
            a.hidden(AvpType::AssignedTunnelId, Octets{0, 7}, kSecret, vector, {});
        });
        Message m;
        ASSERT_EQ(decode(body, m), WireError::none);
        EXPECT_EQ(!m.fault, size > 0) << size;
        if (size > 0) {
            EXPECT_EQ(m.assigned_tunnel, PeerTunnelId{7});
        }
    }
}

// FreeBSD D26548: the acknowledgement and the retransmission in the same instant, in either order.
TEST(FreeBsdD26548, AnAcknowledgementAndATimerInOneInstantAgree) {
    for (const bool ack_first : {true, false}) {
        Connection c;
        c.establish();
        c.zlb(c.cc.high);
        c.transmit(a_cdn(5));
        const std::uint16_t sent_ns = c.cc.una;
        c.now = c.cc.retransmit_at;
        Effects out;
        if (!ack_first) tick(c.cc, c.config, c.now, out);
        EXPECT_EQ(sent(out).size(), ack_first ? 0U : 1U);
        const Effects cleared = c.zlb(c.cc.high);
        EXPECT_EQ(of<CallCleared>(cleared).size(), 1U);
        Effects after;
        tick(c.cc, c.config, c.now, after);
        EXPECT_TRUE(after.empty());
        EXPECT_EQ(c.cc.una, static_cast<std::uint16_t>(sent_ns + 1));
        EXPECT_EQ(c.cc.tries, 0U);
    }
}

// CVE-2024-49940, CVE-2026-23072, CVE-2026-43080 were in the kernel's L2TP, which is not used; our parser on their
// input.
TEST(KernelL2tp, AnyVersionButTwoIsRefusedAndALengthIsNeverCutToSixteenBits) {
    for (unsigned version = 0; version < 16; ++version) {
        if (version == 2) continue;
        for (const unsigned flags : {0x0000U, 0x4000U, 0xc800U}) {
            Octets bytes(64, 0);
            bytes[0] = static_cast<std::uint8_t>(flags >> 8);
            bytes[1] = static_cast<std::uint8_t>(version);
            EXPECT_FALSE(parse_header(bytes).ok()) << version;
        }
    }
    Octets large(65536, 0); // no datagram is that large
    large[1] = 0x02;
    EXPECT_FALSE(parse_header(large).ok());
    large.pop_back();
    const auto header = parse_header(large);
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->length, large.size());
}

// l2tpns 2.4.1, weakness 2: a Message Type AVP without value was read from what the buffer held before.
TEST(Weakness2, AnEmptyMessageTypeIsNotAnswered) {
    Connection c;
    const Octets empty_type{0x80, 0x06, 0, 0, 0, 0};
    Message m;
    EXPECT_NE(decode(empty_type, m), WireError::none);
    Effects none;
    EXPECT_FALSE(c.open(empty_type, none));
    EXPECT_TRUE(none.empty());
    c.establish();
    const std::uint16_t nr = c.cc.nr;
    const Effects out = c.get_next(empty_type);
    EXPECT_TRUE(sent(out).empty());
    EXPECT_EQ(c.cc.nr, nr) << "dropped whole, not acknowledged";
}

// Weakness 1: a Length beyond the datagram.
TEST(Weakness1, ALengthFieldNeverReachesBeyondTheDatagram) {
    for (const bool control : {true, false}) {
        for (std::uint32_t length = 0; length <= 0xffff; ++length) {
            Octets bytes(20, 0);
            bytes[0] = control ? 0xc8 : 0x40;
            bytes[1] = 0x02;
            bytes[2] = static_cast<std::uint8_t>(length >> 8);
            bytes[3] = static_cast<std::uint8_t>(length);
            const auto header = parse_header(bytes);
            ASSERT_EQ(header.ok(), length <= bytes.size() && length >= (control ? kControlHeaderSize : 8U)) << length;
            if (header) {
                ASSERT_LE(header->payload.data() + header->payload.size(), bytes.data() + length);
            }
        }
    }
}

} // namespace
} // namespace lns::l2tp

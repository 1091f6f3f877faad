// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/l2tp_bytes.h"

namespace lns::l2tp {
namespace {

using test::Octets;

struct BadHeader {
    const char* description;
    Octets bytes;
    WireError error;
};

class HeaderBad : public testing::TestWithParam<BadHeader> {};

TEST_P(HeaderBad, IsRefusedForItsReason) {
    const auto h = parse_header(GetParam().bytes);
    ASSERT_FALSE(h.ok()) << GetParam().description;
    EXPECT_EQ(name(h.error()), name(GetParam().error)) << GetParam().description;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HeaderBad,
    testing::Values(
        BadHeader{"empty datagram", {}, WireError::header_short},
        BadHeader{"one octet", {0xc8}, WireError::header_short},
        BadHeader{"flags only", {0xc8, 0x02}, WireError::header_short},
        BadHeader{"L2F, version 1", {0x00, 0x01, 0, 1, 0, 1}, WireError::version},
        BadHeader{"version 0", {0x00, 0x00, 0, 1, 0, 1}, WireError::version},
        BadHeader{"version 15", {0xc8, 0x0f, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0}, WireError::version},
        BadHeader{"L2TPv3 control", {0xc8, 0x03, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0}, WireError::version_3},
        BadHeader{"L2TPv3 data", {0x00, 0x03, 0, 0, 0, 0, 0, 1}, WireError::version_3},
        BadHeader{"control without Length", {0x88, 0x02, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, WireError::control_flags},
        BadHeader{"control without sequence", {0xc0, 0x02, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0}, WireError::control_flags},
        BadHeader{"control with offset", {0xca, 0x02, 0, 14, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, WireError::control_flags},
        BadHeader{"control with priority", {0xc9, 0x02, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0}, WireError::control_flags},
        BadHeader{"control, Length 1000 in 12", {0xc8, 0x02, 3, 232, 0, 1, 0, 0, 0, 0, 0, 0}, WireError::length_long},
        BadHeader{"control, Length 65535", {0xc8, 0x02, 255, 255, 0, 1, 0, 0, 0, 0, 0, 0}, WireError::length_long},
        BadHeader{"control, Length 0", {0xc8, 0x02, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, WireError::length_short},
        BadHeader{"control, Length 3", {0xc8, 0x02, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0}, WireError::length_short},
        BadHeader{"control, Length 8", {0xc8, 0x02, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0}, WireError::length_short},
        BadHeader{"control, Length 11", {0xc8, 0x02, 0, 11, 0, 1, 0, 0, 0, 0, 0, 0}, WireError::length_short},
        BadHeader{"control of 11 octets", {0xc8, 0x02, 0, 11, 0, 1, 0, 0, 0, 0, 0}, WireError::header_short},
        BadHeader{"data of 5 octets", {0x00, 0x02, 0, 1, 0}, WireError::header_short},
        BadHeader{"data, Length above the datagram", {0x40, 0x02, 0, 9, 0, 1, 0, 1}, WireError::length_long},
        BadHeader{"data, Length inside the ids", {0x40, 0x02, 0, 6, 0, 1, 0, 1}, WireError::length_short},
        BadHeader{
            "data, Length inside the sequence", {0x48, 0x02, 0, 9, 0, 1, 0, 1, 0, 0, 0, 0}, WireError::length_short},
        BadHeader{"data, sequence cut", {0x08, 0x02, 0, 1, 0, 1, 0, 0, 0}, WireError::header_short},
        BadHeader{"data, offset field cut", {0x02, 0x02, 0, 1, 0, 1, 0}, WireError::header_short},
        BadHeader{"data, offset beyond the end", {0x02, 0x02, 0, 1, 0, 1, 0, 3, 9, 9}, WireError::offset},
        BadHeader{"data, offset 65535", {0x02, 0x02, 0, 1, 0, 1, 255, 255, 9, 9}, WireError::offset},
        BadHeader{"data, offset beyond Length", {0x42, 0x02, 0, 11, 0, 1, 0, 1, 0, 2, 0, 0, 7, 7}, WireError::offset}));

TEST(Header, ReadsAControlMessage) {
    const Octets bytes{0xc8, 0x02, 0, 14, 0x12, 0x34, 0x56, 0x78, 0, 7, 0, 9, 0xaa, 0xbb};
    const auto h = parse_header(bytes);
    ASSERT_TRUE(h.ok());
    EXPECT_TRUE(h->control());
    EXPECT_EQ(h->length, 14);
    EXPECT_EQ(h->tunnel, TunnelId{0x1234});
    EXPECT_EQ(h->session, SessionId{0x5678});
    EXPECT_EQ(h->ns, 7);
    EXPECT_EQ(h->nr, 9);
    EXPECT_EQ(test::octets(h->payload), (Octets{0xaa, 0xbb}));
}

TEST(Header, IgnoresReservedBitsAsTheRfcSays) {
    const Octets bytes{0xf8, 0xf2, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0};
    EXPECT_TRUE(parse_header(bytes).ok());
}

TEST(Header, CutsWhatStandsBehindLength) {
    const Octets bytes{0x40, 0x02, 0, 10, 0, 1, 0, 2, 0x21, 0x45, 0xde, 0xad};
    const auto h = parse_header(bytes);
    ASSERT_TRUE(h.ok());
    EXPECT_EQ(h->length, 10);
    EXPECT_EQ(test::octets(h->payload), (Octets{0x21, 0x45}));
}

TEST(Header, DataRoundTripsInEveryCombinationOfOptions) {
    const Octets frame{0xff, 0x03, 0xc0, 0x21, 1, 2, 3, 4};
    for (unsigned bits = 0; bits < 16; ++bits) {
        DataOptions options;
        options.length = (bits & 1) != 0;
        options.sequence = (bits & 2) != 0;
        options.offset = (bits & 4) != 0;
        options.priority = (bits & 8) != 0;
        options.ns = 0xfffe;
        options.nr = 0x0102;
        options.offset_size = options.offset ? 5 : 0;
        Octets buffer(64);
        Writer w(buffer);
        encode_data_header(w, PeerTunnelId{0xa1b2}, PeerSessionId{0xc3d4}, options, frame.size());
        w.bytes(frame);
        ASSERT_TRUE(w.ok());
        const auto h = parse_header(w.written());
        ASSERT_TRUE(h.ok()) << bits << ' ' << name(h.error());
        EXPECT_FALSE(h->control());
        EXPECT_EQ(h->tunnel, TunnelId{0xa1b2});
        EXPECT_EQ(h->session, SessionId{0xc3d4});
        EXPECT_EQ(h->has(kFlagP), options.priority);
        EXPECT_EQ(h->ns, options.sequence ? 0xfffe : 0);
        EXPECT_EQ(h->nr, options.sequence ? 0x0102 : 0);
        EXPECT_EQ(h->length, w.size());
        EXPECT_EQ(test::octets(h->payload), frame);
        // Every cut of it is refused or shorter: nothing beyond the end is ever read.
        for (std::size_t n = 0; n < w.size(); ++n) {
            const Octets cut = test::octets(w.written().first(n)); // exact size, for the sanitizer
            const auto part = parse_header(cut);
            if (part.ok())
                EXPECT_LT(part->payload.size(), frame.size());
            else
                EXPECT_NE(part.error(), WireError::none);
        }
    }
}

TEST(Header, ShortestDataHeaderIsSixOctets) {
    const auto h = encode_data_header(PeerTunnelId{0x0102}, PeerSessionId{0x0304});
    EXPECT_EQ(test::octets(h), (Octets{0, 2, 1, 2, 3, 4}));
    EXPECT_TRUE(parse_header(h).ok());
}

TEST(WireErrorNames, AreAllThereAndDifferent) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < kWireErrors; ++i) {
        const auto text = name(static_cast<WireError>(i));
        EXPECT_FALSE(text.empty());
        EXPECT_TRUE(seen.insert(text).second) << text;
    }
    EXPECT_EQ(name(static_cast<WireError>(250)), "unknown");
}

} // namespace
} // namespace lns::l2tp

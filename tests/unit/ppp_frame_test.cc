// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <vector>

#include "lib/ppp/frame.h"

namespace lns::ppp {
namespace {

struct Row {
    const char* description;
    std::vector<std::uint8_t> octets;
    FrameError error;
    std::uint16_t protocol;
    std::size_t payload;
};

const Row kRows[] = {
    {"address, control, protocol", {0xff, 3, 0xc0, 0x21, 1, 2}, FrameError::none, 0xc021, 2},
    {"no address and control", {0xc0, 0x21, 1}, FrameError::none, 0xc021, 1},
    {"compressed protocol", {0x21, 0x45, 0, 0}, FrameError::none, 0x0021, 3},
    {"compressed protocol behind address and control", {0xff, 3, 0x21, 0x45}, FrameError::none, 0x0021, 1},
    {"uncompressed IP", {0x00, 0x21, 0x45}, FrameError::none, 0x0021, 1},
    {"03 alone is a protocol, not a control field", {0x03, 0x45}, FrameError::none, 0x0003, 1},
    {"empty Information field", {0x80, 0x21}, FrameError::none, 0x8021, 0},
    {"nothing", {}, FrameError::truncated, 0, 0},
    {"address alone", {0xff}, FrameError::bad_protocol, 0, 0},
    {"address and control alone", {0xff, 3}, FrameError::truncated, 0, 0},
    {"half a protocol", {0xff, 3, 0xc0}, FrameError::truncated, 0, 0},
    {"half a protocol without address", {0x00}, FrameError::truncated, 0, 0},
    {"protocol with an even last octet", {0xff, 3, 0xc0, 0x20, 1}, FrameError::bad_protocol, 0, 0},
    {"other control field", {0xff, 0x13, 0xc0, 0x21}, FrameError::bad_protocol, 0, 0},
    {"address and control twice", {0xff, 3, 0xff, 3, 0xc0, 0x21}, FrameError::bad_protocol, 0, 0},
};

TEST(PppFrame, ParsesOrRejectsTheOutermostOctets) {
    for (const Row& row : kRows) {
        SCOPED_TRACE(row.description);
        const Frame f = parse_frame(row.octets);
        EXPECT_EQ(f.error, row.error);
        EXPECT_EQ(static_cast<std::uint16_t>(f.protocol), row.protocol);
        EXPECT_EQ(f.payload.size(), row.payload);
    }
}

TEST(PppFrame, IsUsableAtCompileTime) {
    static constexpr std::uint8_t octets[] = {0xff, 3, 0x00, 0x21, 0x45};
    static_assert(parse_frame(octets).protocol == Protocol::IP);
    static_assert(parse_frame(octets).payload.size() == 1);
}

} // namespace
} // namespace lns::ppp

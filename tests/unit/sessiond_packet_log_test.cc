// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sessiond/packet_log.h"

namespace lns::sessiond {
namespace {

using Octets = std::vector<std::uint8_t>;

bool holds(const Octets& octets, std::string_view text) {
    return std::search(octets.begin(), octets.end(), text.begin(), text.end()) != octets.end();
}

void append(Octets& octets, std::string_view text) { octets.insert(octets.end(), text.begin(), text.end()); }

// A data message (no Length) with an Authenticate-Request.
Octets pap_request(std::uint8_t said_password_length) {
    Octets d{0x00, 0x02, 0x00, 0x07, 0x00, 0x01, 0xff, 0x03, 0xc0, 0x23, 1, 9, 0, 16, 3};
    append(d, "joe");
    d.push_back(said_password_length);
    append(d, "hunter2");
    return d;
}

TEST(PacketLog, HidesThePasswordOfPap) {
    const Octets shown = without_passwords(pap_request(7));
    EXPECT_FALSE(holds(shown, "hunter2"));
    EXPECT_TRUE(holds(shown, "joe"));
    EXPECT_TRUE(holds(shown, "*******"));
    EXPECT_EQ(shown.size(), pap_request(7).size());
}

TEST(PacketLog, HidesItWhateverTheLengthsSay) {
    for (const int length : {0, 1, 6, 200})
        EXPECT_FALSE(holds(without_passwords(pap_request(static_cast<std::uint8_t>(length))), "hunter2")) << length;
}

TEST(PacketLog, HidesAllWhereTheLengthOfTheNameLies) {
    Octets request = pap_request(7);
    request[14] = 200;
    EXPECT_FALSE(holds(without_passwords(request), "hunter2"));
}

TEST(PacketLog, HidesWhatALacRepeatsOfIt) {
    // ICCN: a control message whose AVPs are Message Type and Proxy Authen Response.
    Octets d{0xc8, 0x02, 0, 33, 0, 7, 0, 1, 0, 0, 0, 0, 0x80, 8, 0, 0, 0, 0, 0, 12, 0x00, 13, 0, 0, 0, 33};
    append(d, "hunter2");
    const Octets shown = without_passwords(d);
    EXPECT_FALSE(holds(shown, "hunter2"));
    EXPECT_TRUE(std::equal(d.begin(), d.begin() + 26, shown.begin()));
}

TEST(PacketLog, LeavesAllElseAsItIs) {
    const Octets ip{0x00, 0x02, 0x00, 0x07, 0x00, 0x01, 0x00, 0x21, 0x45, 0, 0, 20};
    const Octets acknowledgement{0x00, 0x02, 0x00, 0x07, 0x00, 0x01, 0xff, 0x03, 0xc0, 0x23, 2, 9, 0, 5, 0};
    for (const Octets& octets : {ip, acknowledgement, Octets{}, Octets{0xc8}, Octets{0, 2, 0, 7, 0, 1, 0xc0, 0x23, 1}})
        EXPECT_EQ(without_passwords(octets), octets);
}

} // namespace
} // namespace lns::sessiond

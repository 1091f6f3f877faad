// SPDX-License-Identifier: ISC
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "lib/base/log.h"
#include "lib/radius/dictionary.h"
#include "tests/unit/hex.h"

namespace lns::radius {
namespace {

std::string shipped() {
    std::ifstream file(LNS_TOP_SRCDIR "/etc/dictionary.l2tpns");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

struct Log { // what is logged while it lives
    Log() {
        log_set_sink([this](LogLevel, std::string_view line) { text += std::string(line) + "\n"; });
    }
    ~Log() { log_set_sink({}); }
    std::string text;
};

TEST(Dictionary, AsShippedAgreesWithTheAttributeTable) {
    const Log log;
    const auto dictionary = Dictionary::parse(shipped());
    ASSERT_TRUE(dictionary.ok()) << log.text;
    EXPECT_EQ(dictionary->disagreements(), std::vector<std::string>{});
    EXPECT_EQ(log.text, "");
}

TEST(Dictionary, DescribesWhatAPacketHoldsButNoSecrets) {
    const auto dictionary = Dictionary::parse(shipped());
    ASSERT_TRUE(dictionary.ok());
    const auto octets = test::hex("02070063 00000000000000000000000000000000 08060a010203 060600000002 0606000000ff"
                                  "19056101ff 021200112233445566778899aabbccddeeff fe03aa 08030a"
                                  "1a0b00000009 0105613d62 1a0900001234 010203 1a0c00000137 1c0608080808");
    const auto packet = PacketView::parse(octets);
    ASSERT_TRUE(packet.ok());
    EXPECT_EQ(dictionary->describe(*packet),
              "Access-Accept 7: Framed-IP-Address=10.1.2.3 Service-Type=Framed Service-Type=255 Class=a\\x01\\xff "
              "User-Password=* Attr-254=\\xaa Framed-IP-Address=\\x0a Cisco-AVPair=a=b Vendor-4660=(3 octets) "
              "MS-Primary-DNS-Server=8.8.8.8");
}

TEST(Dictionary, ComplainsIntoTheLogAndNotToSyslog) {
    for (const char* bad :
         {"ATTRIBUTE Foo x string\n", "ATTRIBUTE A-Name-Longer-Than-The-Thirty-Two-Octets-There-Are 7 string\n",
          "ATTRIBUTE Foo 7 nonsense\n", "ATTRIBUTE\n", "VALUE Foo\n"}) {
        const Log log;
        EXPECT_FALSE(Dictionary::parse(bad).ok()) << bad;
        EXPECT_NE(log.text.find("radcli"), std::string::npos) << bad << log.text;
    }
}

TEST(Dictionary, SaysWhereAFileDisagrees) {
    const auto dictionary = Dictionary::parse("ATTRIBUTE User-Name 1 integer\nATTRIBUTE Other 2 string\n");
    ASSERT_TRUE(dictionary.ok());
    const auto found = dictionary->disagreements();
    EXPECT_EQ(found.size(), attribute_table().size());
    EXPECT_EQ(found[0], "User-Name has another type");
    EXPECT_EQ(found[1], "User-Password is called Other");
}

} // namespace
} // namespace lns::radius

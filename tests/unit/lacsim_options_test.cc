// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tools/lacsim/json.h"
#include "tools/lacsim/options.h"
#include "tools/lacsim/source.h"
#include "tools/lacsim/udp_errors.h"

namespace lns::lacsim {
namespace {

using Words = std::vector<std::string>;

TEST(LacsimOptions, DefaultsAreOneSessionInOneTunnel) {
    const auto o = parse_options({"10.0.0.1"});
    ASSERT_TRUE(o.ok());
    EXPECT_EQ(o->lns, (Endpoint{*parse_ipv4("10.0.0.1"), 1701}));
    EXPECT_EQ(o->tunnels, 1U);
    EXPECT_EQ(o->sessions, 1U);
    EXPECT_TRUE(o->goodbye);
    EXPECT_TRUE(o->ppp.allow_pap && o->ppp.allow_chap);
}

TEST(LacsimOptions, ShortLongAndJoinedFormsMeanTheSame) {
    for (const Words& words :
         {Words{"-s", "5", "-Ssecret", "10.0.0.1:99"}, Words{"-s5", "--secret", "secret", "10.0.0.1:99"},
          Words{"--sessions=5", "--secret=secret", "--", "10.0.0.1:99"}}) {
        const auto o = parse_options(words);
        ASSERT_TRUE(o.ok()) << o.error().message;
        EXPECT_EQ(o->sessions, 5U);
        EXPECT_EQ(o->secret.reveal(), "secret");
        EXPECT_EQ(o->lns.port, 99);
    }
}

TEST(LacsimOptions, RefusesWhatItCannotMean) {
    const Words lines[] = {
        {},
        {"10.0.0.256"},
        {"10.0.0.1", "10.0.0.2"},
        {"--no-such-option", "10.0.0.1"},
        {"-t", "0", "10.0.0.1"},
        {"-t", "1x", "10.0.0.1"},
        {"-t"},
        {"--no-goodbye=yes", "10.0.0.1"},
        {"-a", "eap", "10.0.0.1"},
        {"--data-flags", "X", "10.0.0.1"},
        {"--loss", "101", "10.0.0.1"},
        {"--loss", "nan", "10.0.0.1"},
        {"--traffic", "up", "10.0.0.1"},
        {"--hide", "10.0.0.1"},
        {"-s", "65536", "10.0.0.1"},
        {"--tun", "averyveryverylongname", "10.0.0.1"},
        {"--tun", "t0", "--tun-session", "2", "10.0.0.1"},
        {"--source"},
        {"--source", "--to", "10.0.0.1+5", "10.0.0.1"},
        {"--to", "10.0.0.1+5", "10.0.0.1"},
        {"--repeat", "2", "--traffic", "down", "10.0.0.1"},
    };
    for (const Words& words : lines) {
        const auto o = parse_options(words);
        EXPECT_FALSE(o.ok()) << (words.empty() ? "nothing" : words[0]);
        if (!o.ok()) {
            EXPECT_FALSE(o.error().message.empty());
        }
    }
}

TEST(LacsimOptions, ModesHaveTheirOwnArguments) {
    const auto source = parse_options({"--source", "--to", "10.0.0.1+5", "--flood"});
    ASSERT_TRUE(source.ok()) << source.error().message;
    EXPECT_EQ(source->mode, Mode::source);
    EXPECT_EQ(source->to_count, 5U);
    EXPECT_EQ(source->pps, 0);
    const auto reflector = parse_options({"--reflector", "10.0.0.1:7"});
    ASSERT_TRUE(reflector.ok());
    EXPECT_EQ(reflector->lns.port, 7);
    EXPECT_TRUE(parse_options({"--help"}).ok());
}

TEST(LacsimOptions, DataFlagsAndOffset) {
    const auto o = parse_options({"--data-flags", "L,O", "10.0.0.1"});
    ASSERT_TRUE(o.ok());
    EXPECT_TRUE(o->data_flags.length && o->data_flags.offset);
    EXPECT_FALSE(o->data_flags.sequence || o->data_flags.priority);
    EXPECT_EQ(o->data_flags.offset_size, 4);
}

TEST(LacsimOptions, TemplatesTakeTheNumberOfTheSubscriber) {
    EXPECT_EQ(expand("user%d@isp", 12), "user12@isp");
    EXPECT_EQ(expand("100%%d%", 12), "100%d%");
    EXPECT_EQ(expand("%d%d", 3), "33");
}

TEST(LacsimOptions, HelpAndManualPageNameEachOption) {
    const char* srcdir = std::getenv("srcdir");
    std::ifstream file(std::string(srcdir != nullptr ? srcdir : "..") + "/man/lacsim.1");
    std::ostringstream page;
    page << file.rdbuf();
    ASSERT_FALSE(page.str().empty()) << "man/lacsim.1 not found";
    for (const std::string& name : option_names()) {
        EXPECT_NE(usage().find(name), std::string::npos) << name;
        EXPECT_NE(page.str().find(".It Fl Fl " + name.substr(2)), std::string::npos)
            << name << " is not in the manual page";
    }
}

TEST(LacsimJson, NestsAndQuotes) {
    Json json;
    json.begin().number("a", 1).begin("b").end().begin("c").text("d", "q\"\\\x01\xe9").flag("e", true).end();
    json.real("f", 0.5).end();
    EXPECT_EQ(json.str(), "{\n  \"a\": 1,\n  \"b\": {},\n  \"c\": {\n    \"d\": \"q\\\"\\\\\\u0001\\u00e9\",\n"
                          "    \"e\": true\n  },\n  \"f\": 0.500\n}\n");
}

TEST(LacsimSource, ReadsTheListOfASetUpAndPlainAddresses) {
    const auto list = parse_address_list("u1@isp,10.0.0.1,5,6,0.0.0.0,0.0.0.0\n10.0.0.2\n\n");
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(to_string(list[0]), "10.0.0.1");
    EXPECT_EQ(to_string(list[1]), "10.0.0.2");
    EXPECT_TRUE(parse_address_list("10.0.0.1\nrubbish\n").empty());
}

TEST(LacsimUdpErrors, FindsTheValuesUnderTheirNames) {
    const UdpErrors e = parse_udp_errors("Ip: A B\nIp: 1 2\nUdp: InDatagrams RcvbufErrors InCsumErrors\nUdp: 7 8 9\n");
    EXPECT_EQ(e.buffer_full, 8U);
    EXPECT_EQ(e.checksum, 9U);
    EXPECT_EQ(parse_udp_errors("").checksum, 0U);
}

} // namespace
} // namespace lns::lacsim

// SPDX-License-Identifier: ISC
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/conf/subscribers.h"

namespace lns::conf {
namespace {

Subscribers accepted(std::string_view text) {
    SubscribersFile file = parse_subscribers(text, "subscribers");
    EXPECT_TRUE(file.diagnostics.list().empty()) << file.diagnostics.lines()[0];
    return file.subscribers;
}

TEST(Subscribers, ReadsAllForms) {
    const Subscribers all = accepted("# name:password[:address[:routes]]\r\n"
                                     "\n"
                                     "joe@example.com:secret\r\n"
                                     "fixed:pw:10.1.1.1\n"
                                     "routed:pw with # and blank:10.1.1.2:192.168.7.0/24,192.168.8.0/23\n"
                                     "pooled:pw::192.168.9.0/24\n"
                                     "empty:pw:\n");
    ASSERT_EQ(all.size(), 5U);
    const Subscriber& joe = all.find("joe@example.com")->second;
    EXPECT_EQ(joe.password.reveal(), "secret");
    EXPECT_FALSE(joe.address);
    EXPECT_TRUE(joe.routes.empty());
    EXPECT_EQ(to_string(*all.find("fixed")->second.address), "10.1.1.1");
    const Subscriber& routed = all.find("routed")->second;
    EXPECT_EQ(routed.password.reveal(), "pw with # and blank");
    ASSERT_EQ(routed.routes.size(), 2U);
    EXPECT_EQ(to_string(routed.routes[1]), "192.168.8.0/23");
    EXPECT_FALSE(all.find("pooled")->second.address);
    EXPECT_EQ(all.find("pooled")->second.routes.size(), 1U);
    EXPECT_FALSE(all.find("empty")->second.address);
}

TEST(Subscribers, UndoesEscapes) {
    const Subscribers all = accepted("\\#1\\:a:p\\:w\\\\x\n");
    ASSERT_EQ(all.count("#1:a"), 1U);
    EXPECT_EQ(all.find("#1:a")->second.password.reveal(), "p:w\\x");
}

TEST(Subscribers, TakesWhatFitsIntoALoginMessage) {
    const std::string name(kMaxSubscriberName, 'n');
    const std::string password(kMaxSubscriberPassword, 'p');
    EXPECT_EQ(accepted(name + ":" + password).count(name), 1U);
    EXPECT_TRUE(parse_subscribers(name + "n:p", "f").diagnostics.has_errors());
    EXPECT_TRUE(parse_subscribers("n:" + password + "p", "f").diagnostics.has_errors());
}

struct BadLine {
    const char* description;
    std::string line;
};

TEST(Subscribers, RefusesBadLines) {
    std::string routes = "10.0.0.0/24";
    for (int n = 0; n < 10; ++n)
        routes += ",10.0.0.0/24";
    for (const BadLine& row : {
             BadLine{"no colon", "joe"},
             BadLine{"no name", ":hunter2"},
             BadLine{"no password", "joe:"},
             BadLine{"no password, with address", "joe::10.0.0.1"},
             BadLine{"colon in the password", "joe:a:hunter2"},
             BadLine{"five fields", "joe:hunter2:10.0.0.1:10.0.0.0/24:x"},
             BadLine{"unknown escape", "joe:hunter2\\n"},
             BadLine{"backslash at the end", "joe:hunter2\\"},
             BadLine{"blank before the name", " joe:hunter2"},
             BadLine{"blank after the name", "joe :hunter2"},
             BadLine{"blank at the end", "joe:hunter2 "},
             BadLine{"control character", "joe:hunter2\x07"},
             BadLine{"network as address", "joe:hunter2:10.0.0.0/24"},
             BadLine{"loopback", "joe:hunter2:127.0.0.1"},
             BadLine{"multicast", "joe:hunter2:224.0.0.1"},
             BadLine{"pool mark of RADIUS", "joe:hunter2:255.255.255.254"},
             BadLine{"empty routes", "joe:hunter2:10.0.0.1:"},
             BadLine{"route without length", "joe:hunter2:10.0.0.1:10.0.0.0"},
             BadLine{"route with host bits", "joe:hunter2:10.0.0.1:10.0.0.1/24"},
             BadLine{"default route", "joe:hunter2:10.0.0.1:0.0.0.0/0"},
             BadLine{"route over loopback", "joe:hunter2:10.0.0.1:127.0.0.0/24"},
             BadLine{"eleven routes", "joe:hunter2:10.0.0.1:" + routes},
         }) {
        const SubscribersFile file = parse_subscribers("\n" + row.line, "s");
        ASSERT_EQ(file.diagnostics.list().size(), 1U) << row.description;
        EXPECT_TRUE(file.diagnostics.has_errors()) << row.description;
        const std::string line = file.diagnostics.lines()[0];
        EXPECT_TRUE(line.starts_with("s:2: ")) << line;
        EXPECT_EQ(line.find("hunter2"), std::string::npos) << line;
        EXPECT_TRUE(file.subscribers.empty()) << row.description;
    }
}

TEST(Subscribers, ASecondLineForANameIsAnError) {
    const SubscribersFile file = parse_subscribers("joe:a\nann:b\njoe:c\n", "s");
    EXPECT_EQ(file.diagnostics.lines(), std::vector<std::string>{"s:3: subscriber \"joe\" stands in line 1 already"});
    EXPECT_EQ(file.subscribers.find("joe")->second.password.reveal(), "a");
}

TEST(Subscribers, ASecondUserOfAnAddressIsAWarning) {
    const SubscribersFile file = parse_subscribers("joe:a:10.0.0.1\nann:b:10.0.0.1\n", "s");
    EXPECT_FALSE(file.diagnostics.has_errors());
    EXPECT_EQ(
        file.diagnostics.lines(),
        std::vector<std::string>{"s:2: warning: the address of line 1 once more: the two cannot be online together"});
    EXPECT_EQ(file.subscribers.size(), 2U);
}

} // namespace
} // namespace lns::conf

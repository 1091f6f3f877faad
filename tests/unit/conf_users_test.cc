// SPDX-License-Identifier: ISC
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/conf/users.h"

namespace lns::conf {
namespace {

Users accepted(std::string_view text) {
    UsersFile file = parse_users(text, "users");
    EXPECT_TRUE(file.diagnostics.list().empty()) << file.diagnostics.lines()[0];
    return file.users;
}

struct Form {
    const char* description;
    const char* password;
};

// All made by crypt(3) from "open sesame".
constexpr Form kForms[] = {
    {"plain text", "open sesame"},
    {"MD5", "$1$SALTsalt$hifm0I8GITr7jiZWB9NEN0"},
    {"SHA-256", "$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC"},
    {"SHA-512", "$6$saltsalt$e/5XKibXPLqVcfjpD.ouauaJrAOL5V0uo80Lt7n7EbRdRiCx3HbQ90yjOHr.G0T.mx79PEMRy8nmtr0qSYhQp1"},
    {"bcrypt", "$2b$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy"},
    {"yescrypt", "$y$j9T$abcdefghijk.$xvzvILkLoj5cCwWHc2SvwkcdnlXgJzLr.IWbVHawX3B"},
    {"DES", "{crypt}ab/G8gtZdMwak"},
    {"MD5 with the mark", "{crypt}$1$SALTsalt$hifm0I8GITr7jiZWB9NEN0"},
};

TEST(Users, VerifiesEveryFormOfPassword) {
    for (const Form& form : kForms) {
        const Users users = accepted(std::string("# operators\r\nadmin:") + form.password + "\r\n");
        EXPECT_TRUE(users.verify("admin", "open sesame")) << form.description;
        for (const char* wrong : {"", "open", "Open sesame", "*0", "*1", form.description})
            EXPECT_FALSE(users.verify("admin", wrong)) << form.description << ": " << wrong;
        EXPECT_FALSE(users.verify("root", "open sesame")) << form.description;
        EXPECT_FALSE(users.verify("", "")) << form.description;
    }
}

TEST(Users, AHashIsNotItsOwnPassword) {
    const std::string hash = kForms[1].password;
    EXPECT_FALSE(accepted("admin:" + hash).verify("admin", hash));
}

TEST(Users, EnableIsAPasswordAndNotAUser) {
    const Users users = accepted("admin:a\nenable:b\n");
    EXPECT_EQ(users.size(), 1U);
    EXPECT_TRUE(users.has_enable());
    EXPECT_TRUE(users.verify_enable("b"));
    EXPECT_FALSE(users.verify_enable("a"));
    EXPECT_FALSE(users.verify("enable", "b"));
    EXPECT_FALSE(users.contains("enable"));
    EXPECT_TRUE(users.contains("admin"));
    EXPECT_FALSE(accepted("admin:a\n").has_enable());
    EXPECT_FALSE(accepted("admin:a\n").verify_enable(""));
}

TEST(Users, PlainPasswordsMayHoldColonsDollarsAndBlanks) {
    EXPECT_TRUE(accepted("a:x:y").verify("a", "x:y"));
    EXPECT_TRUE(accepted("a:$money").verify("a", "$money"));
    EXPECT_TRUE(accepted("a:$$").verify("a", "$$"));
    EXPECT_TRUE(accepted("a: b c").verify("a", " b c"));
    EXPECT_TRUE(accepted("a:#b").verify("a", "#b"));
}

TEST(Users, AnOverlongOrBinaryPasswordIsWrongAndNothingElse) {
    const Users users = accepted(std::string("a:") + kForms[1].password);
    EXPECT_FALSE(users.verify("a", std::string(100000, 'x')));
    EXPECT_FALSE(users.verify("a", std::string_view("open sesame\0x", 13)));
}

struct BadLine {
    const char* description;
    const char* line;
};

TEST(Users, RefusesBadLinesWithoutShowingThem) {
    for (const BadLine& row : {
             BadLine{"no colon", "hunter2"},
             BadLine{"no name", ":hunter2"},
             BadLine{"blank in the name", "a b:hunter2"},
             BadLine{"blank before the name", " a:hunter2"},
             BadLine{"no password", "hunter2:"},
             BadLine{"blank at the end", "a:hunter2 "},
             BadLine{"control character", "a:hunter2\x01"},
             BadLine{"cut hash", "a:$1$SALTsalt$hifm0I8GITr7jiZWB9NEN"},
             BadLine{"unknown hash", "a:$99$hunter2hunter2$abcdefghijklmnopqrstuvwxyz"},
             BadLine{"hash with a stray character", "a:$1$SALTsalt$hifm0I8GITr7jiZWB9NE!0"},
             BadLine{"marked plain text", "a:{crypt}hunter2"},
             BadLine{"marked nothing", "a:{crypt}"},
             BadLine{"failure token of crypt", "a:{crypt}*0"},
         }) {
        const UsersFile file = parse_users(std::string("\n\n") + row.line, "users");
        ASSERT_EQ(file.diagnostics.list().size(), 1U) << row.description;
        EXPECT_TRUE(file.diagnostics.has_errors()) << row.description;
        const std::string line = file.diagnostics.lines()[0];
        EXPECT_TRUE(line.starts_with("users:3: ")) << line;
        EXPECT_EQ(line.find("hunter2"), std::string::npos) << line;
        EXPECT_EQ(file.users.size(), 0U) << row.description;
    }
}

TEST(Users, ASecondLineForAUserIsAnError) {
    const UsersFile file = parse_users("a:x\na:y\n", "users");
    EXPECT_EQ(file.diagnostics.lines(), std::vector<std::string>{"users:2: this user has a line already"});
    EXPECT_TRUE(file.users.verify("a", "x"));
}

} // namespace
} // namespace lns::conf

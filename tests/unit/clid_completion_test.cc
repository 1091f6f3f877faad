// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "clid/completion.h"

namespace lns::clid {
namespace {

std::set<std::string> completed(std::string_view begun, const std::vector<std::string>& words) {
    Completions completions(begun);
    for (const std::string& word : words)
        completions.add(word);
    return std::move(completions).take();
}

std::string in_common(const std::set<std::string>& words) {
    std::string common = *words.begin();
    for (const std::string& word : words)
        while (!word.starts_with(common))
            common.pop_back();
    return common;
}

TEST(Completions, AreTheWordsThatBeginSoEachOnce) {
    EXPECT_EQ(completed("jo", {"joe", "ann", "joe", "john"}), (std::set<std::string>{"joe", "john"}));
    EXPECT_TRUE(completed("x", {"joe"}).empty());
    EXPECT_EQ(completed("", {"joe"}).size(), 1U);
}

TEST(Completions, SomeOfManyAgreeAsFarAsAllDo) {
    std::vector<std::string> users;
    for (int i = 0; i < 100000; ++i)
        users.push_back("user" + std::to_string(i));
    users.push_back("usher");
    const auto some = completed("u", users);
    EXPECT_LE(some.size(), Completions::kMost + 1);
    EXPECT_EQ(in_common(some), "us");
    users.pop_back();
    EXPECT_EQ(in_common(completed("u", users)), "user");
}

TEST(Completions, LeaveOutWhatCannotBeTyped) {
    for (const std::string& word :
         {std::string(""), std::string("a b"), std::string("a\"b"), std::string("a'b"), std::string("a\\b"),
          std::string("a|b"), std::string("a?"), std::string("<a"), std::string("[a"), std::string("a\x1b"),
          std::string("a\xff"), std::string(65, 'a')})
        EXPECT_TRUE(completed("", {word}).empty()) << word;
    EXPECT_EQ(completed("", {std::string(64, 'a')}).size(), 1U);
    EXPECT_EQ(completed("joe@i", {"joe@isp.example.net"}).size(), 1U);
}

} // namespace
} // namespace lns::clid

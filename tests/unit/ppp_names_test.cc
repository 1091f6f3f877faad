// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "lib/ppp/ppp.h"

namespace lns::ppp {
namespace {

template <class Enum>
void expect_distinct(Enum last) {
    std::set<std::string_view> names;
    for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i)
        EXPECT_TRUE(names.insert(name(static_cast<Enum>(i))).second) << i;
    EXPECT_EQ(name(static_cast<Enum>(static_cast<unsigned>(last) + 1)), "?"); // a damaged record harms nobody
}

TEST(PppNames, TellOneValueFromAnother) {
    expect_distinct(State::Opened);
    expect_distinct(Phase::terminating);
    expect_distinct(AuthMethod::chap);
    expect_distinct(Reason::shutdown);
    expect_distinct(Counter::after_end);
}

TEST(PppNames, OfCountersAreWordsForTheOperator) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const std::string word(name(static_cast<Counter>(i)));
        EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << word;
    }
}

} // namespace
} // namespace lns::ppp

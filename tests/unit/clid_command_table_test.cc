// SPDX-License-Identifier: ISC
#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

#include "clid/command_table.h"
#include "clid/counters.h"
#include "clid/handlers.h"
#include "clid/json_fields.h"
#include "lib/control/commands.h"
#include "lib/counters/counter_names.h"
#include "tests/unit/golden.h"

namespace lns::clid {
namespace {

using counters::counter_text;
using counters::kCountingPrograms;

std::string manual() { return golden::read(LNS_TOP_SRCDIR "/man/l2tpns-cli.7"); }

std::string between(const std::string& text, const std::string& from, const std::string& to) {
    const std::size_t a = text.find(from);
    const std::size_t b = text.find(to, a == text.npos ? 0 : a + from.size());
    return a == text.npos || b == text.npos ? "" : text.substr(a, b - a);
}

// The head of an item of the manual's list, as the row says it.
std::string item_of(const Command& command) {
    std::string item = ".It Ic " + std::string(command.words);
    std::istringstream synopsis{std::string(command.synopsis)};
    for (std::string word; synopsis >> word;) {
        if (word.starts_with('[')) {
            item += " Op";
            word.erase(0, 1);
        }
        if (word.ends_with(']')) word.pop_back();
        const bool sign = word == "|" || word == "...";
        const bool value = word.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 0;
        item += (sign ? " " : value ? " Ar " : " Cm ") + word;
    }
    return item + (command.json != nullptr ? " Op Cm json" : "");
}

std::set<std::string> items_in(const std::string& section) {
    std::set<std::string> items;
    std::istringstream lines(section);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(".It Ic ")) items.insert(line);
    return items;
}

TEST(CommandTable, TheManualHasEveryCommandAndNoOther) {
    const std::string page = manual();
    std::set<std::string> any;
    std::set<std::string> privileged;
    for (const Command& command : command_table())
        (command.privilege == Privilege::any ? any : privileged).insert(item_of(command));
    EXPECT_EQ(items_in(between(page, "\n.Ss Commands for everybody", "\n.Ss ")), any);
    EXPECT_EQ(items_in(between(page, "\n.Ss Commands after enable", "\n.S")), privileged);
}

// The part of the manual page between these lines is what the tables make of it.
void expect_made_from_tables(std::string_view begin, std::string_view end, const std::string& made) {
    const std::string path = LNS_TOP_SRCDIR "/man/l2tpns-cli.7";
    const std::string page = golden::read(path);
    const std::size_t from = page.find(begin);
    const std::size_t to = page.find(end);
    ASSERT_NE(from, page.npos);
    ASSERT_NE(to, page.npos);
    golden::expect(path, page.substr(0, from + begin.size()) + made + page.substr(to));
}

TEST(CommandTable, TheManualHasEveryCounterWithItsMeaning) {
    expect_made_from_tables(counters::kCountersBegin, counters::kCountersEnd, counters::counters_manual());
}

// The words behind `.Li` in a section of a page, without punctuation.
std::set<std::string> literals_in(const std::string& section) {
    std::set<std::string> found;
    std::istringstream lines(section);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        bool literal = false;
        for (std::string word; words >> word;) {
            if (word == "Li" || word == ".Li")
                literal = true;
            else if (word == "No" || word == "Cm")
                literal = false;
            else if (literal && word.size() > 1)
                found.insert(word);
        }
    }
    return found;
}

bool is_counter(Proc proc, const std::string& name) {
    if (counters::find_counter(proc, name)) return true;
    for (std::size_t i = 0; !counter_text(proc, i).name.empty(); ++i) // "relayed_": all of them
        if (name.ends_with('_') && counter_text(proc, i).name.starts_with(name)) return true;
    return false;
}

TEST(CounterNames, ThoseOfTheOtherPagesExist) {
    for (const auto& [page, proc] : {std::pair{"sessiond.8", Proc::session}, std::pair{"datapathd.8", Proc::datapath},
                                     std::pair{"radiusd-client.8", Proc::radius}, std::pair{"clid.8", Proc::cli}}) {
        const std::string text = golden::read(std::string(LNS_TOP_SRCDIR "/man/") + page);
        const auto names = literals_in(between(text, "\n.Sh COUNTERS", "\n.Sh SEE ALSO"));
        EXPECT_GT(names.size(), 5U) << page;
        for (const std::string& name : names)
            EXPECT_TRUE(is_counter(proc, name)) << page << ": " << name;
    }
    const std::string guide = golden::read(LNS_TOP_SRCDIR "/man/l2tpns.7");
    for (const std::string& name : literals_in(between(guide, "\n.Sh READING COUNTERS", "\n.Sh WHEN")))
        EXPECT_TRUE(std::any_of(kCountingPrograms.begin(), kCountingPrograms.end(), [&](Proc proc) {
            return is_counter(proc, name);
        })) << name;
}

TEST(ControlCommands, TheManualHasEachAndNoOther) {
    const std::string page = golden::read(LNS_TOP_SRCDIR "/man/nsctl.8");
    const auto items = items_in(between(page, "\n.Sh DESCRIPTION", "\n.Sh FILES"));
    EXPECT_EQ(items.size(), control::kCommands.size());
    for (const control::Command& command : control::kCommands)
        EXPECT_TRUE(std::any_of(items.begin(), items.end(), [&](const std::string& item) {
            return (item + ' ').starts_with(".It Ic " + std::string(command.words) + ' ');
        })) << command.words;
}

TEST(CommandTable, TheManualHasEveryFieldOfTheJsonDocuments) {
    expect_made_from_tables(kJsonBegin, kJsonEnd, json_manual());
}

TEST(CounterNames, EachHasAMeaning) {
    for (const Proc proc : kCountingPrograms)
        for (std::size_t i = 0; !counter_text(proc, i).name.empty(); ++i)
            EXPECT_FALSE(counter_text(proc, i).meaning.empty()) << counter_text(proc, i).name;
}

TEST(CommandTable, WordsAndHelpAreUniqueAndWhole) {
    std::set<std::string_view> words;
    for (const Command& command : command_table()) {
        EXPECT_TRUE(words.insert(command.words).second) << command.words;
        EXPECT_FALSE(command.help.empty()) << command.words;
        EXPECT_EQ(find_command(command.words), &command);
        // libcli gives a command no more than two words here.
        EXPECT_LE(std::count(command.words.begin(), command.words.end(), ' '), 1) << command.words;
    }
    EXPECT_EQ(find_command("show"), nullptr);
}

TEST(CommandTable, WhatChangesOrRevealsSomethingNeedsEnable) {
    for (const Command& command : command_table()) {
        const bool harmless = command.words.starts_with("show ") || command.words == "uptime" ||
                              command.words == "terminal length" || command.words.ends_with("debug");
        const bool secret = command.words == "show running-config";
        EXPECT_EQ(command.privilege == Privilege::any, harmless && !secret) << command.words;
    }
}

TEST(CounterNames, EachProgramNamesItsOwn) {
    EXPECT_EQ(counter_text(Proc::cli, 0).name, "cli_connections");
    EXPECT_EQ(counter_text(Proc::cli, kCounters.size()).name, "");
    EXPECT_FALSE(counter_text(Proc::session, 0).name.empty());
    EXPECT_FALSE(counter_text(Proc::datapath, 0).name.empty());
    EXPECT_FALSE(counter_text(Proc::radius, 0).name.empty());
    EXPECT_EQ(counter_text(Proc::parent, 0).name, "");
    for (const Proc proc : {Proc::session, Proc::datapath, Proc::radius})
        EXPECT_EQ(counter_text(proc, 1U << 20).name, "");
}

TEST(ParseId, TakesWholeNumbersWithinBoundsOnly) {
    EXPECT_EQ(parse_id("1", 65535), 1U);
    EXPECT_EQ(parse_id("65535", 65535), 65535U);
    EXPECT_EQ(parse_id("4294967295", UINT32_MAX), UINT32_MAX);
    for (const char* text : {"", "0", "65536", "-1", "+1", " 1", "1 ", "1x", "0x1", "99999999999999999999"})
        EXPECT_FALSE(parse_id(text, 65535).has_value()) << text;
}

} // namespace
} // namespace lns::clid

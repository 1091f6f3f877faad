// SPDX-License-Identifier: ISC
#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

#include "clid/command_table.h"
#include "clid/counter_names.h"
#include "clid/counters.h"
#include "clid/handlers.h"
#include "tests/unit/golden.h"

namespace lns::clid {
namespace {

std::string manual() { return golden::read(LNS_TOP_SRCDIR "/man/clid.8"); }

std::string between(const std::string& text, const std::string& from, const std::string& to) {
    const std::size_t a = text.find(from);
    const std::size_t b = text.find(to, a == text.npos ? 0 : a + from.size());
    return a == text.npos || b == text.npos ? "" : text.substr(a, b - a);
}

// The head of an item of the manual's list, as the row says it.
std::string item_of(const Command& command) {
    std::string item = ".It Ic " + std::string(command.words);
    if (command.count == Count::any) item += " Op Ar " + std::string(command.argument) + " ...";
    if (command.count == Count::some) item += " Ar " + std::string(command.argument) + " ...";
    return item;
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

TEST(CommandTable, TheManualHasEveryCounter) {
    const std::string section = between(manual() + "\n.Sh ", "\n.Sh COUNTERS", "\n.Sh ");
    for (const std::string_view name : kCounterNames)
        EXPECT_NE(section.find("\n.It Li " + std::string(name) + "\n"), section.npos) << name;
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
        const bool harmless = command.words.starts_with("show ") || command.words == "uptime";
        const bool secret = command.words == "show running-config";
        EXPECT_EQ(command.privilege == Privilege::any, harmless && !secret) << command.words;
    }
}

TEST(CounterNames, EachProgramNamesItsOwn) {
    EXPECT_EQ(counter_name(Proc::cli, 0), "cli_connections");
    EXPECT_EQ(counter_name(Proc::cli, kCounterNames.size()), "");
    EXPECT_FALSE(counter_name(Proc::session, 0).empty());
    EXPECT_FALSE(counter_name(Proc::datapath, 0).empty());
    EXPECT_FALSE(counter_name(Proc::radius, 0).empty());
    EXPECT_EQ(counter_name(Proc::parent, 0), "");
    for (const Proc proc : {Proc::session, Proc::datapath, Proc::radius})
        EXPECT_EQ(counter_name(proc, 1U << 20), "");
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

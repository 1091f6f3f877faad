// SPDX-License-Identifier: ISC
// What strangers type must not hurt the master, whatever it does to the child that reads it.
#include <gtest/gtest.h>

#include "clid/counters.h"
#include "lib/base/rng.h"
#include "tests/unit/clid_suite.h"

namespace lns::clid {
namespace {

std::uint64_t count(ClidSuite& suite, Counter which) { return suite.counter(static_cast<std::size_t>(which)); }

// What a stranger may send, by description.
std::string garbage(SeededRng& rng, std::size_t size) {
    std::string out(size, '\0');
    for (char& c : out)
        c = static_cast<char>(rng.u16() & 0xff);
    return out;
}

struct Nuisance {
    const char* description;
    std::string octets;
};

std::vector<Nuisance> nuisances() {
    SeededRng rng(20240229);
    std::string iac;
    for (int i = 0; i < 100000; ++i)
        iac += {'\xff', static_cast<char>(0xfa + i % 6), static_cast<char>(i)};
    std::string quotes;
    for (int i = 0; i < 3000; ++i)
        quotes += "show session \"a | include ' | | grep -e \\\"\r\n";
    std::string words;
    for (int i = 0; i < 1000; ++i)
        words += "a ";
    return {{"random octets", garbage(rng, 1 << 20)},
            {"a line of 1 MiB", std::string(1 << 20, 'x')},
            {"a flood of telnet commands", iac},
            {"quotes and pipes", quotes},
            {"many words", "show " + words + "\r\n" + words + "| include " + words + "\r\n"},
            {"many pipes", "show session" + std::string(2000, '|') + "\r\n"},
            {"question marks and tabs", std::string(5000, '?') + std::string(5000, '\t')},
            {"format directives", "show users %n%n%s%s%p\r\nshow session %n\r\n"},
            {"NUL octets", std::string(100000, '\0')}};
}

void expect_harmless(const Nuisance& nuisance, bool before_login) {
    SCOPED_TRACE(nuisance.description);
    ClidSuite suite(before_login ? ClidSuite::Setup{"joe:sesame\n", true} : ClidSuite::Setup{});
    const std::string prompt = before_login ? "Username: " : "lns1> ";
    const std::size_t descriptors = suite.open_descriptors();
    Operator& who = suite.connect_to_prompt(prompt);
    std::string_view rest = nuisance.octets;
    // As fast as it takes them, while its answers are read; a wrong password makes it pause.
    EXPECT_TRUE(suite.wait_for([&] {
        rest.remove_prefix(who.type(rest.substr(0, 65536)));
        return rest.empty() || who.closed() || count(suite, Counter::logins_failed) > 0;
    }));
    who.hang_up();
    EXPECT_TRUE(suite.wait_for([&] { return suite.children() == 0 && suite.open_descriptors() == descriptors; }));
    EXPECT_TRUE(suite.master_lives());
    EXPECT_TRUE(suite.drops.empty());
    EXPECT_EQ(count(suite, Counter::children_crashed), 0U) << "libcli fell over";
    EXPECT_EQ(count(suite, Counter::child_violations), 0U);
    suite.connect_to_prompt(prompt);
}

TEST(CliGarbage, BeforeLoginNeitherHurtsTheMasterNorLeaks) {
    for (const Nuisance& nuisance : nuisances())
        expect_harmless(nuisance, true);
}

TEST(CliGarbage, AtThePromptNeitherHurtsTheMasterNorLeaks) {
    for (const Nuisance& nuisance : nuisances())
        expect_harmless(nuisance, false);
}

} // namespace
} // namespace lns::clid

// SPDX-License-Identifier: ISC
// Who gets in, what he may do, and that nobody at the door can hurt the master.
#include <csignal>
#include <gtest/gtest.h>

#include "clid/admission.h"
#include "clid/counters.h"
#include "clid/login_policy.h"
#include "tests/unit/clid_suite.h"

namespace lns::clid {
namespace {

std::uint64_t count(ClidSuite& suite, Counter which) { return suite.counter(static_cast<std::size_t>(which)); }

Operator& log_in(ClidSuite& suite, const std::string& user, const std::string& password) {
    Operator& who = suite.connect_to_prompt("Username: ");
    suite.dialogue(who, user, "Password: ");
    suite.dialogue(who, password, "lns1> ");
    return who;
}

ClidSuite::Setup with_users() { return {"joe:sesame\nenable:open\n", true}; }

TEST(CliLogin, RightPasswordLetsInAndIsLoggedWithItsSource) {
    ClidSuite suite(with_users());
    const Operator& who = log_in(suite, "joe", "sesame");
    EXPECT_TRUE(who.seen().ends_with("lns1> ")) << who.seen();
    EXPECT_TRUE(suite.wait_for([&] { return suite.logged("joe from 127.0.0.1:"); }));
    EXPECT_EQ(count(suite, Counter::logins), 1U);
    EXPECT_EQ(who.seen().find("sesame"), std::string::npos) << "a password is not echoed";
}

TEST(CliLogin, HashedPasswordsOfTheManualAreAccepted) {
    for (const char* hash : {"$1$salty$QW9bjnub3vUjv.x9tUFp21", "{crypt}abnqrLigH.z/s"}) {
        ClidSuite suite({"joe:" + std::string(hash) + "\n", true});
        EXPECT_TRUE(log_in(suite, "joe", "sesame").seen().ends_with("lns1> ")) << hash;
    }
}

TEST(CliLogin, WrongPasswordIsRefusedCountedAndLoggedWithoutIt) {
    ClidSuite suite(with_users());
    Operator& who = suite.connect_to_prompt("Username: ");
    suite.dialogue(who, "joe\x1b[2J", "Password: ");
    const std::string seen = suite.dialogue(who, "secretly", "Username: ");
    EXPECT_NE(seen.find("Access denied"), std::string::npos) << seen;
    EXPECT_TRUE(suite.wait_for([&] { return suite.logged("login of \"joe"); }));
    EXPECT_TRUE(suite.logged("from 127.0.0.1:"));
    EXPECT_FALSE(suite.logged("secretly"));
    EXPECT_FALSE(suite.logged("\x1b"));
    EXPECT_EQ(count(suite, Counter::logins_failed), 1U);
}

TEST(CliLogin, AnswerToAWrongPasswordIsHeldBackWhileOthersAreServed) {
    ClidSuite suite(with_users());
    Operator& guesser = suite.connect_to_prompt("Username: ");
    suite.dialogue(guesser, "joe", "Password: ");
    const MonoTime start = Clock::now();
    guesser.type("wrong\r\n");
    suite.connect_to_prompt("Username: ");
    EXPECT_TRUE(suite.wait_for([&] { return guesser.seen().find("Access denied") != std::string::npos; }));
    EXPECT_GE(Clock::now() - start, LoginPolicy::delay(1)); // never sooner, however slow the machine
}

TEST(CliLogin, ThreeWrongPasswordsEndTheConnection) {
    ClidSuite suite(with_users());
    Operator& who = suite.connect_to_prompt("Username: ");
    for (int i = 0; i < 3; ++i) {
        suite.dialogue(who, "enable", "Password: "); // not a user, even with its right password
        suite.dialogue(who, "open", "Username: ");
    }
    EXPECT_TRUE(suite.wait_for([&] { return who.closed(); })) << who.seen();
    EXPECT_NE(who.seen().find("Too many wrong passwords"), std::string::npos) << who.seen();
    EXPECT_EQ(count(suite, Counter::logins_failed), 3U);
}

TEST(CliLogin, OverlongNamesAndPasswordsAreNotTakenForTheirBeginning) {
    const std::string user(126, 'u');
    const std::string password(254, 'p');
    ClidSuite suite({user + ":" + password + "\n", true});
    Operator& who = suite.connect_to_prompt("Username: ");
    suite.dialogue(who, user + "u", "Password: ");
    EXPECT_NE(suite.dialogue(who, password, "Username: ").find("Access denied"), std::string::npos);
    suite.dialogue(who, user, "Password: ");
    EXPECT_NE(suite.dialogue(who, password + "p", "Username: ").find("Access denied"), std::string::npos);
    suite.dialogue(who, user, "Password: ");
    suite.dialogue(who, password, "lns1> ");
    EXPECT_TRUE(who.seen().ends_with("lns1> ")) << who.seen();
}

TEST(CliLogin, AUsersFileWithoutUsersLetsNobodyIn) {
    ClidSuite suite({"# nobody yet\n", true});
    Operator& who = suite.connect_to_prompt("Username: ");
    suite.dialogue(who, "nobody", "Password: ");
    EXPECT_NE(suite.dialogue(who, "", "Username: ").find("Access denied"), std::string::npos) << who.seen();
}

TEST(CliLogin, AReloadedUsersFileReplacesTheOld) {
    ClidSuite suite({});
    suite.connect_to_prompt("lns1> ");
    suite.reload_users("# nobody\n");
    ASSERT_TRUE(suite.wait_for([&] { return suite.logged("nobody can log in"); }));
    suite.reload_users("ann:sesame\n");
    EXPECT_TRUE(log_in(suite, "ann", "sesame").seen().ends_with("lns1> ")) << "the login of the new file is asked";
}

TEST(CliEnable, WrongPasswordGivesNoPrivilege) {
    ClidSuite suite(with_users());
    Operator& who = log_in(suite, "joe", "sesame");
    suite.dialogue(who, "enable", "Password: ");
    const std::string seen = suite.dialogue(who, "sesame", "lns1> ");
    EXPECT_NE(seen.find("Access denied"), std::string::npos) << seen;
    EXPECT_NE(suite.dialogue(who, "drop session 1", "lns1> ").find("Invalid command"), std::string::npos);
    EXPECT_NE(suite.dialogue(who, "show running-config", "lns1> ").find("Invalid command"), std::string::npos);
    EXPECT_TRUE(suite.drops.empty());
    EXPECT_EQ(count(suite, Counter::enables_failed), 1U);
}

TEST(CliEnable, RightPasswordForwardsDropsWithTheRightIndex) {
    ClidSuite suite(with_users());
    Operator& who = log_in(suite, "joe", "sesame");
    suite.dialogue(who, "enable", "Password: ");
    suite.dialogue(who, "open", "lns1# ");
    suite.dialogue(who, "drop session 65537 3", "lns1# ");
    suite.dialogue(who, "drop tunnel 4711", "lns1# ");
    ASSERT_EQ(suite.drops.size(), 2U) << who.seen();
    EXPECT_EQ(suite.drops[0].session, 65537U);
    EXPECT_EQ(suite.drops[1].session, 3U);
    ASSERT_EQ(suite.tunnel_drops.size(), 1U);
    EXPECT_EQ(suite.tunnel_drops[0].tunnel, 4711U);
    EXPECT_TRUE(suite.wait_for([&] { return suite.logged("joe from 127.0.0.1"); }));
    EXPECT_TRUE(suite.logged("drop session 65537"));
    suite.dialogue(who, "disable", "lns1> ");
    EXPECT_NE(suite.dialogue(who, "drop session 1", "lns1> ").find("Invalid command"), std::string::npos);
}

TEST(CliEnable, WithoutAnEntryLoopbackNeedsNoPassword) {
    ClidSuite suite({"joe:sesame\n", true});
    Operator& who = log_in(suite, "joe", "sesame");
    suite.dialogue(who, "enable", "lns1# ");
    suite.dialogue(who, "drop session 5", "lns1# ");
    EXPECT_EQ(suite.drops.size(), 1U) << who.seen();
}

TEST(CliRequests, SessiondAbsentOrRestartedIsSaidAtOnce) {
    ClidSuite suite({std::nullopt, false});
    Operator& who = suite.connect_to_prompt("lns1> ");
    suite.dialogue(who, "enable", "lns1# ");
    EXPECT_NE(suite.dialogue(who, "drop session 5", "lns1# ").find("sessiond cannot be reached"), std::string::npos);
    suite.connect_sessiond();
    suite.answer_drops = false;
    who.type("drop session 5\r\n");
    ASSERT_TRUE(suite.wait_for([&] { return suite.drops.size() == 1; }));
    suite.connect_sessiond();
    EXPECT_TRUE(suite.wait_for([&] {
        return who.seen().find("sessiond was restarted") != std::string::npos && who.seen().ends_with("lns1# ");
    })) << who.seen();
    suite.answer_drops = true;
    EXPECT_NE(suite.dialogue(who, "drop session 5", "lns1# ").find("Session 5 is not active."), std::string::npos);
}

TEST(CliRequests, AnOperatorWhoLeavesWhileSessiondThinksIsForgotten) {
    ClidSuite suite({});
    suite.answer_drops = false;
    Operator& who = suite.connect_to_prompt("lns1> ");
    suite.dialogue(who, "enable", "lns1# ");
    who.type("drop session 5\r\n");
    ASSERT_TRUE(suite.wait_for([&] { return suite.drops.size() == 1; }));
    who.hang_up();
    suite.connect_sessiond(); // the answer to nobody
    EXPECT_TRUE(suite.wait_for([&] { return suite.children() == 0; }));
    suite.connect_to_prompt("lns1> ");
    EXPECT_TRUE(suite.master_lives());
}

TEST(CliDoor, FiveHundredConnectionsAreBoundedAndGiveAllBack) {
    ClidSuite suite({});
    const std::size_t descriptors = suite.open_descriptors();
    std::vector<Operator*> all;
    for (int i = 0; i < 500; ++i)
        all.push_back(&suite.connect());
    const auto answered = [&] {
        return std::all_of(all.begin(), all.end(), [](const Operator* o) { return o->closed() || !o->seen().empty(); });
    };
    ASSERT_TRUE(suite.wait_for(answered));
    EXPECT_LE(suite.children(), Admission::kMaxOfSource);
    EXPECT_TRUE(suite.wait_for([&] { return count(suite, Counter::refused_source) == 500 - Admission::kMaxOfSource; }));
    EXPECT_NE(all.back()->seen().find("Too many connections from your address"), std::string::npos);
    for (Operator* o : all)
        o->hang_up();
    ASSERT_TRUE(suite.wait_for([&] { return suite.children() == 0 && suite.open_descriptors() == descriptors; }))
        << suite.children() << " children, " << suite.open_descriptors() << " of " << descriptors << " descriptors";
    suite.connect_to_prompt("lns1> ");
}

TEST(CliDoor, AChildHoldsNothingButItsSocketAndItsChannel) {
    ClidSuite suite(with_users());
    suite.connect_to_prompt("Username: ");
    suite.connect_to_prompt("Username: ");
    ASSERT_EQ(writable_tables_of(suite.pid()), 2U) << "the master's own counters and the baseline";
    for (const pid_t child : suite.child_pids()) {
        const auto fds = descriptors_of(child);
        // 0-2, the channel, the socket and libcli's copy of it.
        EXPECT_LE(fds.size(), 6U);
        EXPECT_EQ(writable_tables_of(child), 0U);
    }
    EXPECT_EQ(suite.child_pids().size(), 2U);
}

TEST(CliDoor, ChildrenEndWithTheMaster) {
    ClidSuite suite({});
    Operator& who = suite.connect_to_prompt("lns1> ");
    kill(suite.pid(), SIGKILL);
    EXPECT_TRUE(suite.wait_for([&] { return who.closed(); }));
}

TEST(CliDoor, AChildThatCrashesIsReportedAndTheOthersGoOn) {
    ClidSuite suite({});
    Operator& first = suite.connect_to_prompt("lns1> ");
    const pid_t child = suite.child_pids().at(0);
    Operator& second = suite.connect_to_prompt("lns1> ");
    kill(child, SIGABRT);
    EXPECT_TRUE(suite.wait_for([&] { return first.closed() && count(suite, Counter::children_crashed) == 1; }));
    EXPECT_TRUE(suite.wait_for([&] { return suite.logged("died by signal 6"); }));
    EXPECT_NE(suite.dialogue(second, "show version", "lns1> ").find("l2tpns "), std::string::npos);
}

} // namespace
} // namespace lns::clid

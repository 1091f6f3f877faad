// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <syslog.h>

#include "l2tpnsd/log_writer.h"

namespace lns::parent {
namespace {

struct LogDirectory {
    LogDirectory() {
        char name[] = "/tmp/lns-log-XXXXXX";
        path = mkdtemp(&name[0]);
    }
    ~LogDirectory() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string file(const char* name) const { return path + "/" + name; }
    [[nodiscard]] std::string text(const char* name) const {
        std::ifstream in(file(name));
        std::ostringstream out;
        out << in.rdbuf();
        return out.str();
    }
    std::string path;
};

TEST(LogLine, HasDateAndTimeInFront) {
    setenv("TZ", "UTC", 1);
    tzset();
    EXPECT_EQ(format_log_line(1'000'000'000, "sessiond: hello"), "2001-09-09 01:46:40 sessiond: hello\n");
}

TEST(LogLine, StaysOneLineWhateverAWorkerSends) {
    EXPECT_EQ(format_log_line(0, "a\nb\rc\x1b[2J\x7f").substr(20), "a\\x0ab\\x0dc\\x1b[2J\\x7f\n");
    EXPECT_EQ(format_log_line(0, "already \\x41 escaped").substr(20), "already \\x41 escaped\n");
}

TEST(LogLevels, BecomeSyslogPriorities) {
    EXPECT_EQ(syslog_priority(LogLevel::critical), LOG_CRIT);
    EXPECT_EQ(syslog_priority(LogLevel::error), LOG_ERR);
    EXPECT_EQ(syslog_priority(LogLevel::warning), LOG_WARNING);
    EXPECT_EQ(syslog_priority(LogLevel::info), LOG_NOTICE);
    EXPECT_EQ(syslog_priority(LogLevel::call), LOG_INFO);
    EXPECT_EQ(syslog_priority(LogLevel::packet), LOG_DEBUG);
}

TEST(LogTarget, FacilitiesAreKnownByName) {
    EXPECT_EQ(syslog_facility("local5"), LOG_LOCAL5);
    EXPECT_EQ(syslog_facility("daemon"), LOG_DAEMON);
    EXPECT_FALSE(syslog_facility("local9"));
    EXPECT_FALSE(syslog_facility(""));
}

TEST(LogTarget, InTheBackgroundIsSyslogWithoutALogFile) {
    EXPECT_EQ(log_target("", false), "");
    EXPECT_EQ(log_target("", true), "syslog:daemon");
    EXPECT_EQ(log_target("/var/log/l2tpns", true), "/var/log/l2tpns");
}

TEST(LogWriter, AppendsToItsFileWhichOthersCannotRead) {
    const LogDirectory directory;
    umask(022);
    LogWriter log;
    ASSERT_TRUE(log.open(directory.file("log")));
    log.write(LogLevel::error, "one");
    log.write(LogLevel::error, "two");
    const std::string text = directory.text("log");
    EXPECT_NE(text.find(" one\n"), std::string::npos);
    EXPECT_NE(text.find(" two\n"), std::string::npos);
    EXPECT_EQ(std::filesystem::status(directory.file("log")).permissions() & std::filesystem::perms::all,
              std::filesystem::perms(0640));
}

TEST(LogWriter, GathersLinesUntilTheyAreLetGoOrOneIsAnError) {
    const LogDirectory directory;
    LogWriter log;
    ASSERT_TRUE(log.open(directory.file("log")));
    log.gather();
    log.write(LogLevel::info, "a: 1");
    EXPECT_EQ(directory.text("log"), "");
    log.write(LogLevel::error, "a: 2");
    EXPECT_NE(directory.text("log").find("a: 1\n"), std::string::npos);
    EXPECT_NE(directory.text("log").find("a: 2\n"), std::string::npos);
    log.write(LogLevel::info, "a: 3");
    log.let_go();
    EXPECT_NE(directory.text("log").find("a: 3\n"), std::string::npos);
    log.write(LogLevel::info, "a: 4");
    EXPECT_NE(directory.text("log").find("a: 4\n"), std::string::npos);
    log.gather();
    log.write(LogLevel::info, "a: 5");
    ASSERT_TRUE(log.open(directory.file("next")));
    EXPECT_NE(directory.text("log").find("a: 5\n"), std::string::npos);
}

TEST(LogWriter, OpenedAgainLeavesTheRotatedFileAlone) {
    const LogDirectory directory;
    LogWriter log;
    ASSERT_TRUE(log.open(directory.file("log")));
    log.write(LogLevel::error, "before");
    std::filesystem::rename(directory.file("log"), directory.file("log.1"));
    ASSERT_TRUE(log.open(directory.file("log")));
    log.write(LogLevel::error, "after");
    EXPECT_EQ(directory.text("log.1").find("after"), std::string::npos);
    EXPECT_NE(directory.text("log").find("after"), std::string::npos);
}

TEST(LogWriter, KeepsTheOldFileWhenANewOneCannotBeOpened) {
    const LogDirectory directory;
    LogWriter log;
    ASSERT_TRUE(log.open(directory.file("log")));
    EXPECT_FALSE(log.open(directory.file("absent/log")));
    EXPECT_FALSE(log.open("syslog:local9"));
    log.write(LogLevel::error, "still here");
    EXPECT_NE(directory.text("log").find("still here"), std::string::npos);
}

} // namespace
} // namespace lns::parent

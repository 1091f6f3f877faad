// SPDX-License-Identifier: ISC
#include "l2tpnsd/log_writer.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <utility>

#include "lib/base/escape.h"

namespace lns::parent {

namespace {

struct Facility {
    std::string_view name;
    int number;
};

constexpr std::array kFacilities{
    Facility{"auth", LOG_AUTH},     Facility{"authpriv", LOG_AUTHPRIV}, Facility{"cron", LOG_CRON},
    Facility{"daemon", LOG_DAEMON}, Facility{"ftp", LOG_FTP},           Facility{"kern", LOG_KERN},
    Facility{"local0", LOG_LOCAL0}, Facility{"local1", LOG_LOCAL1},     Facility{"local2", LOG_LOCAL2},
    Facility{"local3", LOG_LOCAL3}, Facility{"local4", LOG_LOCAL4},     Facility{"local5", LOG_LOCAL5},
    Facility{"local6", LOG_LOCAL6}, Facility{"local7", LOG_LOCAL7},     Facility{"lpr", LOG_LPR},
    Facility{"mail", LOG_MAIL},     Facility{"news", LOG_NEWS},         Facility{"syslog", LOG_SYSLOG},
    Facility{"user", LOG_USER},     Facility{"uucp", LOG_UUCP},
};

constexpr std::string_view kSyslog = "syslog:";
constexpr mode_t kLogMode = 0640;
constexpr std::size_t kMostGathered = 65536;

std::string one_line(std::string_view text) {
    return escape_but(text, [](unsigned char octet) { return octet >= 0x20 && octet != 0x7f; });
}

} // namespace

std::string log_target(std::string_view log_file, bool background) {
    return log_file.empty() && background ? "syslog:daemon" : std::string(log_file);
}

std::optional<int> syslog_facility(std::string_view name) {
    for (const Facility& facility : kFacilities)
        if (facility.name == name) return facility.number;
    return std::nullopt;
}

int syslog_priority(LogLevel level) { return level == LogLevel::asked ? LOG_INFO : static_cast<int>(level) + LOG_CRIT; }

std::string format_log_line(std::time_t when, std::string_view line) {
    std::tm local{};
    localtime_r(&when, &local);
    std::array<char, 32> stamp{};
    const std::size_t n = strftime(stamp.data(), stamp.size(), "%Y-%m-%d %H:%M:%S ", &local);
    return std::string(stamp.data(), n) + one_line(line) + '\n';
}

Status<> LogWriter::open(std::string_view target) {
    put(std::exchange(gathered_, {}));
    if (target.starts_with(kSyslog)) {
        const auto facility = syslog_facility(target.substr(kSyslog.size()));
        if (!facility) return failure("log_file: no such syslog facility");
        openlog("l2tpns", LOG_PID | LOG_NDELAY, *facility);
        facility_ = facility;
        file_.reset();
        return Done{};
    }
    UniqueFd file;
    if (!target.empty()) {
        const std::string path(target);
        file.reset(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, kLogMode));
        if (!file) return failure("log_file " + path + ": " + strerror(errno));
    }
    facility_.reset();
    file_ = std::move(file);
    return Done{};
}

void LogWriter::write(LogLevel level, std::string_view line) {
    if (facility_) {
        syslog(*facility_ | syslog_priority(level), "%s", one_line(line).c_str());
        return;
    }
    gathered_ += format_log_line(time(nullptr), line);
    // What may be followed by the end is not kept back.
    if (!gathering_ || level <= LogLevel::error || gathered_.size() >= kMostGathered) put(std::exchange(gathered_, {}));
}

void LogWriter::let_go() {
    gathering_ = false;
    put(std::exchange(gathered_, {}));
}

void LogWriter::put(std::string_view text) {
    if (text.empty()) return;
    const int fd = file_ ? file_.get() : STDOUT_FILENO;
    [[maybe_unused]] const ssize_t ignored = ::write(fd, text.data(), text.size()); // nowhere left to complain
}

} // namespace lns::parent

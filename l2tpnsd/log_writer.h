// SPDX-License-Identifier: ISC
// Where the log lines of all processes end: standard output, a file, or syslog (the manual's log_file).
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/result.h"

namespace lns::parent {

class LogWriter {
public:
    // `target`: "" for standard output, an absolute path, or "syslog:FACILITY". On failure the old one
    // stays. Opening the same file again is how a rotated log is let go.
    Status<> open(std::string_view target);
    void write(LogLevel level, std::string_view line);
    // Between these lines gather, and leave in one system call: those that come together from a worker.
    void gather() { gathering_ = true; }
    void let_go();

private:
    void put(std::string_view text);

    UniqueFd file_;
    std::optional<int> facility_; // of syslog
    std::string gathered_;
    bool gathering_ = false;
};

// Where lines go by that log_file; in the background standard output is no place.
std::string log_target(std::string_view log_file, bool background);
// "YYYY-MM-DD hh:mm:ss line\n" in local time. Control characters become \xNN: a line from a worker
// stays one line.
std::string format_log_line(std::time_t when, std::string_view line);
// The number of a facility's name, as in syslog.conf(5).
std::optional<int> syslog_facility(std::string_view name);
// The manual's level as a syslog(3) priority.
int syslog_priority(LogLevel level);

} // namespace lns::parent

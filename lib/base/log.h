// SPDX-License-Identifier: ISC
// Log lines with the manual's levels. A line has its process name in front; text from a peer passes
// escape() first. Secrets have no formatter (lib/base/secret.h).
#pragma once

#include <functional>
#include <string_view>

#include "lib/base/bytes.h"

namespace lns {

// The manual's `debug` values.
enum class LogLevel : unsigned char {
    critical = 0,
    error = 1,
    warning = 2,
    info = 3,
    call = 4,
    packet = 5,
    asked = 6, // for by a setting of its own: written whatever `debug` says
};

using LogSink = std::function<void(LogLevel, std::string_view line)>;

// Who speaks, and where lines go. Without a sink they go to standard error. Not thread-safe: call in
// the prologue of a process.
void log_init(std::string_view process, LogLevel threshold);
void log_set_sink(LogSink sink);
void log_set_threshold(LogLevel threshold);
[[nodiscard]] bool log_wanted(LogLevel level);

void log_at(LogLevel level, const char* format, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const char* format, ...) __attribute__((format(printf, 1, 2)));  // warning, errno's text added
void log_warnx(const char* format, ...) __attribute__((format(printf, 1, 2))); // warning
void log_error(const char* format, ...) __attribute__((format(printf, 1, 2))); // error
void log_info(const char* format, ...) __attribute__((format(printf, 1, 2)));  // information
void log_debug(const char* format, ...) __attribute__((format(printf, 1, 2))); // calls
// A line that a peer can cause as often as he likes. Of those of one place in the program only so many are
// written in a time; the next one says how many were held back.
void log_limited(LogLevel level, const char* format, ...) __attribute__((format(printf, 2, 3)));
// Level 5: a title and the octets in hex, in as many lines as that takes.
void log_packet(std::string_view title, Bytes packet);

// A broken invariant or a failed privilege drop: logs at level critical (fatal adds errno) and ends
// the process with status 2; the parent starts it again.
[[noreturn]] void fatal(const char* format, ...) __attribute__((format(printf, 1, 2)));
[[noreturn]] void fatalx(const char* format, ...) __attribute__((format(printf, 1, 2)));

} // namespace lns

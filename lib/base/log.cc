// SPDX-License-Identifier: ISC
#include "lib/base/log.h"

#include "lib/base/hex_dump.h"
#include "lib/base/log_limits.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>

namespace lns {

namespace {

// The log is the one thing every module reaches without being handed it.
struct LogState {
    std::string process = "l2tpns";
    LogLevel threshold = LogLevel::warning;
    LogSink sink;
    LogLimits limits;
};

LogState& state() {
    static LogState instance;
    return instance;
}

void emit(LogLevel level, std::string_view text) {
    LogState& log = state();
    std::string line = log.process;
    line += ": ";
    line += text;
    if (log.sink) {
        log.sink(level, line);
        return;
    }
    line += '\n';
    [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

__attribute__((format(printf, 1, 0))) std::string format_line(const char* format, va_list args, int error) {
    char* text = nullptr;
    std::string line = vasprintf(&text, format, args) < 0 ? format : text;
    free(text);
    if (error != 0) {
        line += ": ";
        line += strerror(error);
    }
    return line;
}

__attribute__((format(printf, 2, 0))) void log_v(LogLevel level, const char* format, va_list args, int error) {
    if (log_wanted(level)) emit(level, format_line(format, args, error));
}

} // namespace

void log_init(std::string_view process, LogLevel threshold) {
    state().process = process;
    state().threshold = threshold;
}
void log_set_sink(LogSink sink) { state().sink = std::move(sink); }
void log_set_threshold(LogLevel threshold) { state().threshold = threshold; }
bool log_wanted(LogLevel level) { return level <= state().threshold || level == LogLevel::asked; }

void log_at(LogLevel level, const char* format, ...) {
    va_list args;
    va_start(args, format);
    log_v(level, format, args, 0);
    va_end(args);
}

void log_warn(const char* format, ...) {
    const int error = errno;
    va_list args;
    va_start(args, format);
    log_v(LogLevel::warning, format, args, error);
    va_end(args);
}

void log_warnx(const char* format, ...) {
    va_list args;
    va_start(args, format);
    log_v(LogLevel::warning, format, args, 0);
    va_end(args);
}

void log_error(const char* format, ...) {
    va_list args;
    va_start(args, format);
    log_v(LogLevel::error, format, args, 0);
    va_end(args);
}

void log_info(const char* format, ...) {
    va_list args;
    va_start(args, format);
    log_v(LogLevel::info, format, args, 0);
    va_end(args);
}

void log_debug(const char* format, ...) {
    va_list args;
    va_start(args, format);
    log_v(LogLevel::call, format, args, 0);
    va_end(args);
}

void log_limited(LogLevel level, const char* format, ...) {
    if (!log_wanted(level)) return;
    const auto held_back = state().limits.pass(format, Clock::now());
    if (!held_back) return;
    va_list args;
    va_start(args, format);
    std::string line = format_line(format, args, 0);
    va_end(args);
    if (*held_back > 0) line += " (" + std::to_string(*held_back) + " more like this held back)";
    emit(level, line);
}

void log_packet(std::string_view title, Bytes packet) {
    if (!log_wanted(LogLevel::packet)) return;
    for (const std::string& line : hex_dump(title, packet))
        emit(LogLevel::packet, line);
}

void fatal(const char* format, ...) {
    const int error = errno;
    va_list args;
    va_start(args, format);
    emit(LogLevel::critical, format_line(format, args, error));
    va_end(args);
    _exit(2);
}

void fatalx(const char* format, ...) {
    va_list args;
    va_start(args, format);
    emit(LogLevel::critical, format_line(format, args, 0));
    va_end(args);
    _exit(2);
}

} // namespace lns

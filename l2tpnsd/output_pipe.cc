// SPDX-License-Identifier: ISC
#include "l2tpnsd/output_pipe.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/log.h"

namespace lns::parent {

namespace {

constexpr std::size_t kLongestLine = 1024;
constexpr int kReadsAtEnd = 64; // a pipe holds 64 KiB; a grandchild may still write

} // namespace

OutputPipe::OutputPipe(EventLoop& loop, std::string name) : name_(std::move(name)) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fatal("pipe");
    read_end_.reset(ends[0]);
    write_end_.reset(ends[1]);
    fcntl(read_end_.get(), F_SETFL, O_NONBLOCK);
    watch_ = std::make_unique<ReadWatch>(loop, read_end_.get(), [this] { read_some(); });
}

bool OutputPipe::read_some() {
    std::array<char, 4096> buffer;
    const ssize_t n = read(read_end_.get(), buffer.data(), buffer.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (n <= 0) {
        watch_.reset(); // closed by the worker
        return false;
    }
    pending_.append(buffer.data(), static_cast<std::size_t>(n));
    log_lines(false);
    return true;
}

void OutputPipe::log_lines(bool last) {
    for (;;) {
        const std::size_t end = pending_.find('\n');
        const bool whole = end != std::string::npos && end <= kLongestLine;
        if (!whole && pending_.size() < kLongestLine && !(last && !pending_.empty())) return;
        const std::size_t length = whole ? end : std::min(pending_.size(), kLongestLine);
        log_error("%s printed: %s", name_.c_str(), pending_.substr(0, length).c_str());
        pending_.erase(0, whole ? length + 1 : length);
    }
}

void OutputPipe::finish() {
    for (int i = 0; i < kReadsAtEnd && watch_ && read_some(); ++i) {
    }
    log_lines(true);
    watch_.reset();
}

} // namespace lns::parent

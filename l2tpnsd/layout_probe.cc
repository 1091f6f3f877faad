// SPDX-License-Identifier: ISC
#include "l2tpnsd/layout_probe.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace lns::parent {

namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::size_t kLongestAnswer = 256;

} // namespace

LayoutProbe::LayoutProbe(EventLoop& loop, const std::string& program, Answer answer)
    : answer_(std::move(answer)), timer_(loop, [this] { finish(failure("does not say its layout in time")); }) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0) {
        output_.reset(ends[0]);
        auto child = ChildProcess::probe(program, UniqueFd(ends[1]));
        if (child) child_ = std::move(*child);
    }
    if (child_) watch_.emplace(loop, output_.get(), [this] { readable(); });
    timer_.arm(child_ ? Clock::duration(kPatience) : Clock::duration::zero());
}

LayoutProbe::~LayoutProbe() {
    if (!child_) return;
    child_->signal(SIGKILL);
    child_->reap();
}

void LayoutProbe::readable() {
    std::array<char, kLongestAnswer> buffer;
    const ssize_t n = read(output_.get(), buffer.data(), buffer.size());
    if (n > 0 && said_.size() < kLongestAnswer) {
        said_.append(buffer.data(), static_cast<std::size_t>(n));
        return;
    }
    const auto layout = parse_layout(said_);
    finish(layout ? Result<SuiteLayout>(*layout) : failure("does not say its layout"));
}

void LayoutProbe::finish(Result<SuiteLayout> result) {
    watch_.reset();
    timer_.cancel();
    const Answer answer = std::move(answer_); // it may destroy the probe
    answer(std::move(result));
}

} // namespace lns::parent

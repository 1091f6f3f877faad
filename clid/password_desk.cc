// SPDX-License-Identifier: ISC
#include "clid/password_desk.h"

#include <algorithm>
#include <csignal>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "clid/fork_child.h"
#include "lib/base/log.h"
#include "lib/worker/system_call_filter.h"

namespace lns::clid {

namespace {

// No exit status that a crash or a tool could produce by chance.
constexpr int kRight = 42;
constexpr int kWrong = 43;
constexpr rlim_t kMostCpuSeconds = 10;

} // namespace

PasswordDesk::PasswordDesk(EventLoop& loop) : timer_(loop, [this] { advance(); }) {}

void PasswordDesk::submit(PasswordAttempt attempt, Answer answer) {
    waiting_.push_back({std::move(attempt), std::move(answer)});
    advance();
}

void PasswordDesk::cancel(std::uint32_t connection) {
    std::erase_if(waiting_, [=](const Waiting& w) { return w.attempt.connection == connection; });
    std::erase_if(held_back_, [=](const HeldBack& h) { return h.connection == connection; });
    if (checker_ != 0 && checking_.attempt.connection == connection) checking_.answer = {};
}

void PasswordDesk::forget_everything() {
    users_ = {};
    waiting_.clear();
    checking_ = {};
}

void PasswordDesk::advance() {
    const MonoTime now = Clock::now();
    give_due_answers(now);
    while (start_next(now)) {
    }
    arm(now);
}

void PasswordDesk::give_due_answers(MonoTime now) {
    std::vector<Answer> due;
    std::erase_if(held_back_, [&](HeldBack& h) {
        if (h.at > now) return false;
        due.push_back(std::move(h.answer));
        return true;
    });
    for (const Answer& answer : due)
        answer(false);
}

// True when an attempt was taken from the queue.
bool PasswordDesk::start_next(MonoTime now) {
    if (checker_ != 0) return false;
    const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                   [&](const Waiting& w) { return policy_.next_check(w.attempt.source) <= now; });
    if (next == waiting_.end()) return false;
    checking_ = std::move(*next);
    waiting_.erase(next);
    checking_since_ = now;
    const pid_t pid = fork_child().pid;
    if (pid == 0) check_in_child(checking_.attempt);
    if (pid < 0) {
        log_warn("cannot check a password");
        settle(std::exchange(checking_, {}), false);
        return true;
    }
    checker_ = pid;
    return true;
}

void PasswordDesk::check_in_child(const PasswordAttempt& attempt) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit cpu{kMostCpuSeconds, kMostCpuSeconds};
    setrlimit(RLIMIT_CPU, &cpu);
    worker::confine(Proc::cli_child, worker::Phase::serving);
    const std::string_view password = attempt.password.reveal();
    const bool right = !password.empty() &&
                       (attempt.for_enable ? users_.verify_enable(password) : users_.verify(attempt.user, password));
    _exit(right ? kRight : kWrong);
}

bool PasswordDesk::process_ended(pid_t pid, int status) {
    if (pid != checker_) return false;
    checker_ = 0;
    const bool judged = WIFEXITED(status) && (WEXITSTATUS(status) == kRight || WEXITSTATUS(status) == kWrong);
    if (!judged) log_warnx("a password could not be checked (status %d)", status);
    settle(std::exchange(checking_, {}), judged && WEXITSTATUS(status) == kRight);
    advance();
    return true;
}

void PasswordDesk::settle(Waiting done, bool right) {
    if (right) {
        if (done.answer) done.answer(true);
        return;
    }
    // From the start of the check, so that its length does not tell whether such a user exists.
    const MonoTime at = policy_.failed(done.attempt.source, checking_since_);
    if (done.answer) held_back_.push_back({at, done.attempt.connection, std::move(done.answer)});
}

void PasswordDesk::arm(MonoTime now) {
    MonoTime next = kNever;
    for (const HeldBack& h : held_back_)
        next = std::min(next, h.at);
    if (checker_ == 0)
        for (const Waiting& w : waiting_)
            next = std::min(next, policy_.next_check(w.attempt.source));
    if (next != kNever) timer_.arm(next - now);
}

} // namespace lns::clid

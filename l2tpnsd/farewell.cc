// SPDX-License-Identifier: ISC
#include "l2tpnsd/farewell.h"

#include "lib/base/log.h"

namespace lns::parent {

Farewell::Farewell(EventLoop& loop, Calls calls) : calls_(std::move(calls)), patience_(loop, [this] { late(); }) {}

void Farewell::begin() {
    if (under_way()) return end();
    enter(Step::sessions);
}

void Farewell::enter(Step step) {
    const auto time = step == Step::sessions ? kForSessions : kForAccounts;
    step_ = step;
    by_ = Clock::now() + time;
    patience_.arm(time + kMargin);
    ask();
}

void Farewell::ask() {
    imsg::Channel* session = step_ == Step::sessions ? calls_.reach(Proc::session) : nullptr;
    imsg::Channel* radius = step_ == Step::accounts ? calls_.reach(Proc::radius) : nullptr;
    if (session != nullptr) session->send(imsg::Stop{by_});
    if (radius != nullptr) radius->send(imsg::SettleAccounts{by_});
}

void Farewell::serves(Proc proc) {
    const bool asked =
        (step_ == Step::sessions && proc == Proc::session) || (step_ == Step::accounts && proc == Proc::radius);
    if (asked) ask();
}

void Farewell::answered(const imsg::StillStopping& /*answer*/) {
    if (step_ == Step::sessions) enter(Step::sessions);
}

void Farewell::answered(const imsg::Stopped& /*answer*/) {
    if (step_ == Step::sessions) enter(Step::accounts);
}

void Farewell::answered(const imsg::AccountsSettled& answer) {
    if (step_ != Step::accounts) return;
    if (answer.waiting > 0)
        log_warnx("%llu accounting records stay in the spool for the next start",
                  static_cast<unsigned long long>(answer.waiting));
    end();
}

void Farewell::late() {
    if (step_ == Step::sessions) {
        log_error("sessiond did not end all sessions in time");
        return enter(Step::accounts);
    }
    log_error("radiusd-client did not settle the accounts in time: records may be left in the spool");
    end();
}

void Farewell::end() {
    patience_.cancel();
    if (std::exchange(step_, Step::over) != Step::over) calls_.over();
}

} // namespace lns::parent

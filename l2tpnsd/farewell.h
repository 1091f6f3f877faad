// SPDX-License-Identifier: ISC
// The end for good (DESIGN 7, stopping), bounded in time without progress: sessiond ends and accounts every session,
// then radiusd-client waits until servers have acknowledged the records. Who dies meanwhile is started again as ever,
// and is asked again.
#pragma once

#include <functional>

#include "lib/base/event.h"
#include "lib/imsg/channel.h"

namespace lns::parent {

class Farewell {
public:
    struct Calls {
        std::function<imsg::Channel*(Proc)> reach; // nullptr while it does not serve
        std::function<void()> over;
    };
    Farewell(EventLoop& loop, Calls calls);

    // Asked again while it is under way, it is over at once.
    void begin();
    [[nodiscard]] bool under_way() const { return step_ != Step::none; }

    void serves(Proc proc);                           // a worker that had not been there
    void answered(const imsg::StillStopping& answer); // so many sessions take their time: it begins anew
    void answered(const imsg::Stopped& answer);
    void answered(const imsg::AccountsSettled& answer);

    static constexpr std::chrono::seconds kForSessions{8};
    static constexpr std::chrono::seconds kForAccounts{5};
    static constexpr std::chrono::seconds kMargin{2}; // for the answer of one that needed all of the time

private:
    enum class Step : std::uint8_t { none, sessions, accounts, over };
    void enter(Step step);
    void ask();
    void late();
    void end();

    Calls calls_;
    Step step_ = Step::none;
    MonoTime by_{}; // the step's
    Timer patience_;
};

} // namespace lns::parent

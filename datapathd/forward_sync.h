// SPDX-License-Identifier: ISC
// The dialogue with sessiond about the forward table: hints in, confirmations of removal out.
#pragma once

#include <deque>

#include "datapathd/forward_view.h"
#include "lib/imsg/channel.h"

namespace lns::datapath {

class ForwardSync {
public:
    // `max_unsent`: confirmations kept until the channel has room; what is more is found again by a scan.
    ForwardSync(ForwardView& view, shm::CounterWords& counters, std::size_t max_unsent = 65536)
        : view_(view), counters_(counters), max_unsent_(max_unsent) {}

    // A new channel to sessiond, not attached yet: whatever was said before, all is looked at again.
    void connected(imsg::Channel& channel);
    void disconnected(const imsg::Channel& channel);
    void rescan();

    // Asked before a removal is confirmed; who says true calls release() later.
    using HoldBack = std::function<bool(SessionIndex, Generation)>;
    void hold_back(HoldBack ask) { hold_back_ = std::move(ask); }
    void release(SessionIndex session, Generation generation);

    [[nodiscard]] std::size_t unsent() const { return unsent_.size(); }

private:
    void changed(SessionIndex session);
    void confirm(SessionIndex session, Generation generation);
    void send_unsent();

    ForwardView& view_;
    shm::CounterWords& counters_;
    imsg::Channel* channel_ = nullptr;
    std::deque<imsg::ForwardRemoved> unsent_;
    std::size_t max_unsent_;
    HoldBack hold_back_;
    bool forgot_some_ = false;
};

} // namespace lns::datapath

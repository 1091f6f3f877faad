// SPDX-License-Identifier: ISC
// The dialogue with sessiond about the forward table: hints in, confirmations of removal out.
#pragma once

#include <deque>

#include "datapathd/forward_view.h"
#include "lib/imsg/channel.h"

namespace lns::datapath {

class ForwardSync {
public:
    ForwardSync(ForwardView& view, shm::CounterWords& counters) : view_(view), counters_(counters) {}

    // A new channel to sessiond, not attached yet: whatever was said before, all is looked at again.
    void connected(imsg::Channel& channel);
    void disconnected(const imsg::Channel& channel);
    void rescan();

    // Confirmations kept until the queue has room; what is more is found again by a scan.
    static constexpr std::size_t kMaxUnsent = 65536;
    [[nodiscard]] std::size_t unsent() const { return unsent_.size(); }

private:
    void changed(SessionIndex session);
    void confirm(SessionIndex session, Generation generation);
    void send_unsent();

    ForwardView& view_;
    shm::CounterWords& counters_;
    imsg::Channel* channel_ = nullptr;
    std::deque<imsg::ForwardRemoved> unsent_;
    bool forgot_some_ = false;
};

} // namespace lns::datapath

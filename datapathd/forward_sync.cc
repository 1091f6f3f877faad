// SPDX-License-Identifier: ISC
#include "datapathd/forward_sync.h"

namespace lns::datapath {

void ForwardSync::connected(imsg::Channel& channel) {
    channel_ = &channel;
    channel.on<imsg::ForwardChanged>([this](const imsg::ForwardChanged& hint) { changed(SessionIndex{hint.session}); });
    channel.on<imsg::Rescan>([this](const imsg::Rescan&) { rescan(); });
    channel.on_drained([this] { send_unsent(); });
    channel.on_closed([this, &channel] { disconnected(channel); });
    rescan();
}

void ForwardSync::disconnected(const imsg::Channel& channel) {
    if (channel_ == &channel) channel_ = nullptr;
}

void ForwardSync::changed(SessionIndex session) {
    counters_.add(Counter::hints);
    view_.refresh(session, [this](SessionIndex s, Generation g) { confirm(s, g); });
}

void ForwardSync::rescan() {
    counters_.add(Counter::rescans);
    unsent_.clear(); // the table says what is to be confirmed
    forgot_some_ = false;
    view_.rescan([this](SessionIndex s, Generation g) { confirm(s, g); });
}

void ForwardSync::confirm(SessionIndex session, Generation generation) {
    if (hold_back_ && hold_back_(session, generation)) return;
    release(session, generation);
}

void ForwardSync::release(SessionIndex session, Generation generation) {
    const imsg::ForwardRemoved message{raw(session), raw(generation)};
    if (channel_ == nullptr) return; // a new channel starts with a scan
    if (unsent_.empty() && channel_->send(message)) return counters_.add(Counter::confirmations);
    if (unsent_.size() >= max_unsent_) {
        forgot_some_ = true;
        return;
    }
    counters_.add(Counter::confirmations_queued);
    unsent_.push_back(message);
}

void ForwardSync::send_unsent() {
    while (!unsent_.empty() && channel_ != nullptr && channel_->send(unsent_.front())) {
        counters_.add(Counter::confirmations);
        unsent_.pop_front();
    }
    if (unsent_.empty() && forgot_some_) rescan();
}

} // namespace lns::datapath

// SPDX-License-Identifier: ISC
// sessiond's end of the channel to radiusd-client. Questions and accounting records are kept until they
// are answered, so that a radiusd-client that was restarted is asked again and loses nothing.
#pragma once

#include <functional>
#include <map>
#include <unordered_map>

#include "sessiond/context.h"

namespace lns::sessiond {

class Aaa {
public:
    struct Calls {
        std::function<void(const imsg::AuthReply&)> reply;
        std::function<void(const imsg::AcctStored&)> stored;
    };
    Aaa(Context& context, Calls calls);
    ~Aaa();

    void ask(const imsg::AuthRequest& request);
    // The session ended: the answer is not wanted any more.
    void cancel(SessionIndex session, Generation generation);
    // Fills in the sequence number and returns it.
    std::uint32_t account(imsg::AcctRequest request);

    [[nodiscard]] std::size_t unanswered() const { return questions_.size(); }
    [[nodiscard]] std::size_t unstored() const { return records_.size(); }

private:
    void connected(imsg::Channel& channel);
    void send_all(imsg::Channel& channel);
    void forget(SessionIndex session);

    Context& cx_;
    Calls calls_;
    std::unordered_map<SessionIndex, imsg::AuthRequest> questions_;
    std::map<std::uint32_t, imsg::AcctRequest> records_; // by sequence: order matters to the accountant
    std::uint32_t next_sequence_ = 1;
    bool resend_owed_ = false; // the channel was full: all is sent again once it is drained
};

} // namespace lns::sessiond

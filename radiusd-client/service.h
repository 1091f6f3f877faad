// SPDX-License-Identifier: ISC
// The worker radiusd-client put together: sessiond's channel, the RADIUS sockets, the timer.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "lib/radius/dictionary.h"
#include "lib/worker/worker.h"
#include "radiusd-client/accounting.h"
#include "radiusd-client/logins.h"
#include "radiusd-client/message_authenticator_policy.h"
#include "radiusd-client/transport.h"

namespace lns::radius_client {

class Service {
public:
    // `spool_path` as seen in the worker's root directory.
    Service(worker::Worker& worker, std::string spool_path);
    // The process is about to end in good order: what is in memory alone goes to the spool, so that the next one sends
    // it from where this one did.
    void leave();

private:
    void connect_session(imsg::Channel& channel);
    void configure();
    void load_subscribers();
    void load_dictionary();
    void trace(const char* direction, Endpoint server, Bytes packet) const;
    void received(std::uint16_t socket, Endpoint from, Bytes datagram);
    void dropped(Drop drop, Endpoint from, const char* detail, MonoTime now);
    void learn(const Requests::Received& received, MonoTime now);
    void report_settled();
    void on_timer();
    void arm();
    template <class Body>
    void to_session(std::deque<Body>& unsent, const Body& body);
    void send_unsent();

    worker::Worker& worker_;
    SystemRng rng_;
    RequestBoard board_;
    Context context_;
    std::optional<radius::Dictionary> dictionary_;
    MessageAuthenticatorPolicy policy_;
    bool policy_recalled_ = false;
    Logins logins_;
    Accounting accounting_;
    Transport transport_;
    Timer timer_;
    MonoTime armed_ = kNever;     // when timer_ fires
    MonoTime settle_by_ = kNever; // the parent waits for AccountsSettled until then
    LogLimiter drop_limiter_{std::chrono::seconds(10)};
    LogLimiter warn_limiter_{std::chrono::hours(1)};
    // For sessiond, while its channel is full.
    std::deque<imsg::AuthReply> unsent_replies_;
    std::deque<imsg::AcctStored> unsent_stored_;
};

} // namespace lns::radius_client

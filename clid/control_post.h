// SPDX-License-Identifier: ISC
// The master's side of the control port: keeps its process running, passes on what it asks for, counts and
// logs. What the process says it may do is all that the port can do: to drop, throttle and intercept sessions.
#pragma once

#include <functional>
#include <memory>

#include "clid/counters.h"
#include "clid/fork_child.h"
#include "clid/request_desk.h"
#include "lib/base/event.h"
#include "lib/imsg/channel.h"
#include "shm/counters.h"

namespace lns::clid {

class ControlPost {
public:
    // Makes the process, with its end of the channel.
    using Start = std::function<Forked(UniqueFd channel)>;

    ControlPost(EventLoop& loop, RequestDesk& requests, shm::CounterWords& counters, Start start);
    ControlPost(const ControlPost&) = delete;
    ControlPost& operator=(const ControlPost&) = delete;
    ~ControlPost();

    void start();
    // So that it begins anew, with another secret.
    void restart();
    // For the master's SIGCHLD: true when that process was the post's.
    bool process_ended(pid_t pid, int status);

    static constexpr std::uint32_t kNumber = 0; // among the request desk's connections

private:
    void asked(const imsg::CliCommand& question);
    void asked_services(const imsg::CliServices& question);
    void seen(const imsg::ControlSeen& seen);
    void answer(const RequestResult& result);
    void end_process();
    void give_up(const std::string& why);

    EventLoop& loop_;
    RequestDesk& requests_;
    shm::CounterWords& counters_;
    Start start_;
    std::unique_ptr<imsg::Channel> channel_;
    Forked process_;
    Timer again_;
    MonoTime refusal_logged_{};
};

} // namespace lns::clid

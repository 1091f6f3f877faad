// SPDX-License-Identifier: ISC
// The master's side of one operator's connection: it knows who he is and what he may do. What his child
// says about that is not believed.
#pragma once

#include <functional>
#include <string>
#include <sys/types.h>

#include "clid/counters.h"
#include "clid/log_feed.h"
#include "clid/password_desk.h"
#include "clid/request_desk.h"
#include "lib/base/inet.h"
#include "lib/imsg/channel.h"
#include "shm/counters.h"

namespace lns::clid {

// What this connection must show before it may do something.
struct DoorRules {
    bool ask_login = true;
    bool ask_enable = true;      // false: no enable entry and from loopback, where everybody may
    bool enable_possible = true; // false: no enable entry, and not from loopback
};

// What all connections share.
struct Services {
    EventLoop& loop;
    PasswordDesk& passwords;
    RequestDesk& requests;
    LogFeed& log;
    std::function<void()> clear_counters;
    shm::CounterWords& counters;
    Clock::duration login_within; // then a connection without a user ends
};

class Connection {
public:
    struct Child {
        std::uint32_t number = 0; // of the connection
        pid_t pid = 0;
        UniqueFd channel;
        UniqueFd socket;  // kept to be able to end the connection
        UniqueFd process; // its pidfd, to be able to end it
    };
    Connection(Services services, Child child, Endpoint peer, DoorRules rules);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    [[nodiscard]] pid_t pid() const { return child_.pid; }
    [[nodiscard]] Ipv4 source() const { return peer_.address; }
    // User and address, for the log.
    [[nodiscard]] std::string who() const;

    static constexpr unsigned kMaxFailures = 3;

private:
    void asked_login(const imsg::CliLogin& question);
    void asked_enable(const imsg::CliEnable& question);
    void asked_command(const imsg::CliCommand& question);
    void asked_set(const imsg::CliSet& question);
    void asked_services(const imsg::CliServices& question);
    void asked_access_list(const imsg::CliAccessList& question);
    void asked_plugin(const imsg::CliPlugin& question);
    void login_judged(const std::string& user, bool right);
    void enable_judged(bool right);
    // Is he, who is logged in, allowed to ask that?
    [[nodiscard]] bool may(const imsg::CliCommand& question) const;
    void forward(const imsg::CliCommand& question);
    void follow_log(std::uint32_t wish);
    void pass_on(const imsg::LogCopy& line);
    void forwarded(RequestResult result);
    // False, and the connection ends, when the child asks while it waits for an answer.
    bool begin_question();
    void answer(imsg::CliVerdict verdict, std::string_view text);
    void refuse_after_failure();
    void send_away(const char* why);
    void end();
    void deadline_passed();

    Services services_;
    Child child_;
    Endpoint peer_;
    DoorRules rules_;
    imsg::Channel channel_;
    std::string user_;
    bool logged_in_ = false;
    bool privileged_ = false;
    bool question_open_ = false;
    bool ending_ = false;
    unsigned failures_ = 0;
    std::uint32_t log_lines_lost_ = 0;
    Timer deadline_;
};

} // namespace lns::clid

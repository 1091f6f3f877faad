// SPDX-License-Identifier: ISC
// clid's master: accepts operators, gives each a child, checks passwords, grants privilege, and is the
// only one that speaks to the parent and to sessiond (DESIGN 2). It never reads what an operator types.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "clid/admission.h"
#include "clid/connection.h"
#include "clid/control_post.h"
#include "clid/shell.h"
#include "clid/speed_log.h"
#include "clid/suite_view.h"

namespace lns::clid {

class Master {
public:
    // Takes the listening socket and the tables from the worker, which must outlive it.
    explicit Master(worker::Worker& worker);

private:
    void config_changed();
    void load_users();
    void listen();
    void accept_waiting();
    void receive(UniqueFd socket, Endpoint peer);
    void refuse(const UniqueFd& socket, Endpoint peer, Counter counter, const char* text);
    [[nodiscard]] DoorRules rules_for(Ipv4 source) const;
    void start_child(UniqueFd socket, Endpoint peer);
    [[noreturn]] void become_child(UniqueFd socket, UniqueFd channel, pid_t master, DoorRules rules);
    void forget_everything();
    Forked start_control(UniqueFd channel);
    void reap_children();
    void child_ended(pid_t pid, int status);

    worker::Worker& worker_;
    SuiteView view_;
    SpeedLog speed_log_;
    PasswordDesk passwords_;
    RequestDesk requests_;
    LogFeed log_;
    shm::TwoSlotWriter<shm::CounterValues> baselines_;
    Admission admission_;
    std::map<std::uint32_t, std::unique_ptr<Connection>> connections_;
    std::uint32_t last_number_ = 0;
    bool users_file_ = true;
    UniqueFd listener_;
    UniqueFd control_socket_; // none: the port is off
    Secret control_secret_;
    std::unique_ptr<ControlPost> control_;
    std::optional<ReadWatch> accept_watch_;
    Timer accept_again_;
    SignalWatch child_watch_;
};

} // namespace lns::clid

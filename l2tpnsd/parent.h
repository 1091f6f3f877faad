// SPDX-License-Identifier: ISC
// The running parent: answers signals and the few requests of workers. It never sees a packet.
#pragma once

#include <memory>
#include <vector>

#include "l2tpnsd/configuration.h"
#include "l2tpnsd/farewell.h"
#include "l2tpnsd/live_config.h"
#include "l2tpnsd/log_tap.h"
#include "l2tpnsd/log_writer.h"
#include "l2tpnsd/operator_desk.h"
#include "l2tpnsd/resources.h"
#include "l2tpnsd/restarts.h"
#include "l2tpnsd/routes.h"
#include "l2tpnsd/state_desk.h"
#include "l2tpnsd/supervisor.h"

namespace lns::parent {

class Parent {
public:
    // `config` is resolved; `machine` is what it was resolved with.
    Parent(Options options, Configuration configuration, conf::Config config, Machine machine, Resources resources,
           LogWriter& log);
    Parent(const Parent&) = delete;
    Parent& operator=(const Parent&) = delete;

    Status<> write_pid_files();
    // Starts the workers, and serves until asked to stop: for good, and nothing stays, or for a restart, and all does.
    void start();
    void serve();

private:
    void add_pool_routes();
    void set_handlers(imsg::Channel& channel, const WorkerId& worker);
    void set_route_handlers(imsg::Channel& session);
    void restart(const imsg::RestartProcess& request);
    Status<> may_execute() const;
    void execute();
    void set_operator_handlers(imsg::Channel& clid);
    void take_log_line(LogLevel level, std::string_view line);
    void follow_log(const imsg::LogFollow& wish);
    RoutePolicy route_policy();
    void open_log();
    Change reload();
    void adopt(const Change& change);
    void give_workers(const std::vector<imsg::FileKind>& files);
    void stop_for_restart();
    void stop_cleanly();
    void serve_lac(Ipv4 peer);
    void beat();
    void keep_after_us(bool keep);
    void leave_to_successor();
    void leave();

    Options options_;
    LiveConfig live_;
    conf::Config config_; // live_.config(), as it was carried out
    Resources resources_;
    LogWriter& log_;
    std::string own_program_; // its path
    OperatorDesk operators_;
    LogTap tap_;
    Routes routes_;
    EventLoop loop_;
    StateDesk state_;
    Supervisor supervisor_;
    std::vector<SignalWatch> signals_;
    Farewell farewell_;
    Timer beat_timer_; // of the fast path
    Restarts restarts_;
    bool for_restart_ = false;
    std::vector<Ipv4> own_addresses_;
    MonoTime own_addresses_read_{};
};

} // namespace lns::parent

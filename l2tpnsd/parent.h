// SPDX-License-Identifier: ISC
// The running parent: answers signals and the few requests of workers. It never sees a packet.
#pragma once

#include <memory>
#include <vector>

#include "l2tpnsd/configuration.h"
#include "l2tpnsd/log_writer.h"
#include "l2tpnsd/resources.h"
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
    // Starts the workers, and serves until asked to stop; leaves nothing behind then.
    void start();
    void serve();

private:
    void add_pool_routes();
    void set_handlers(imsg::Channel& channel, const WorkerId& worker);
    void set_route_handlers(imsg::Channel& session);
    void show_running(imsg::Channel& channel, std::uint32_t request);
    RoutePolicy route_policy();
    void open_log();
    void reload();
    void adopt(conf::Config config);
    void stop_for_restart();
    void stop_cleanly();
    void leave();

    Options options_;
    Configuration running_;
    conf::Config config_; // running_.settings, resolved
    Machine machine_;
    Resources resources_;
    LogWriter& log_;
    Routes routes_;
    EventLoop loop_;
    StateDesk state_;
    Supervisor supervisor_;
    std::vector<SignalWatch> signals_;
    Timer stop_timer_;
    bool stopping_ = false;
    std::vector<Ipv4> own_addresses_;
    MonoTime own_addresses_read_{};
};

} // namespace lns::parent

// SPDX-License-Identifier: ISC
#include "l2tpnsd/parent.h"

#include <csignal>
#include <unistd.h>

#include "l2tpnsd/reload.h"
#include "l2tpnsd/sealed_memory.h"
#include "lib/base/log.h"
#include "lib/conf/startup_config.h"

namespace lns::parent {

namespace {

constexpr std::chrono::seconds kStopPatience{10};
constexpr std::chrono::seconds kAddressesFresh{1};
constexpr std::size_t kRoutesPerSession = 11; // its address and ten framed routes
constexpr WorkerId kSession{Proc::session, 0};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

} // namespace

Parent::Parent(Options options, Configuration configuration, conf::Config config, Machine machine, Resources resources,
               LogWriter& log)
    : options_(std::move(options)), running_(std::move(configuration)), config_(config), machine_(std::move(machine)),
      resources_(std::move(resources)), log_(log),
      routes_({[this](Prefix4 p) { return resources_.netlink.add_route(p, resources_.tun.index); },
               [this](Prefix4 p) { return resources_.netlink.remove_route(p, resources_.tun.index); }}),
      state_(loop_, state_directory(options_.rundir, options_.rundir_is_default), resources_.inventory),
      supervisor_(loop_, {options_.libexecdir, resources_.workers, &resources_.accounts, &resources_.inventory,
                          &resources_.tables}),
      stop_timer_(loop_, [this] {
          log_error("sessiond did not end all sessions in time");
          loop_.stop();
      }) {
    resources_.inventory.segments = &resources_.tables.segments();
    supervisor_.on_channel([this](imsg::Channel& channel, const WorkerId& worker) { set_handlers(channel, worker); });
    supervisor_.on_end([this](const WorkerId& worker) {
        if (worker != kSession) return;
        state_.session_ended();
        if (stopping_) loop_.stop(); // it cannot say goodbye any more
    });
    const auto watch = [this](int number, auto call) { signals_.emplace_back(loop_, number, call); };
    watch(SIGHUP, [this] { reload(); });
    watch(SIGTERM, [this] { stop_for_restart(); });
    watch(SIGINT, [this] { stop_for_restart(); });
    watch(SIGQUIT, [this] { stop_cleanly(); });
}

Status<> Parent::write_pid_files() {
    if (auto done = write_pid_file(resources_.rundir.pid_file()); !done) return done;
    if (config_.pid_file.empty()) return Done{};
    return write_pid_file(config_.pid_file.str());
}

void Parent::start() {
    log_info("l2tpns serves on %s, TUN device %s", to_string(config_.iftun_address).c_str(),
             resources_.tun.name.c_str());
    if (!config_.users_file_present) log_warnx("no users file: the CLI asks no login and listens on loopback only");
    add_pool_routes();
    state_.offer(config_.save_state);
    supervisor_.start();
}

void Parent::add_pool_routes() {
    const auto own = resources_.netlink.local_addresses();
    for (const Prefix4 prefix : running_.pool.prefixes())
        for (const auto& local : own)
            if (prefix.contains(local.address))
                log_warnx("the pool's %s holds %s, an address of this machine", to_string(prefix).c_str(),
                          to_string(local.address).c_str());
    routes_.add_pool(running_.pool.prefixes());
}

void Parent::serve() {
    loop_.run();
    leave();
}

void Parent::set_handlers(imsg::Channel& channel, const WorkerId& worker) {
    channel.on<imsg::LogLine>([this](const imsg::LogLine& line) {
        if (line.level <= config_.debug) log_.write(static_cast<LogLevel>(line.level), line.text.view());
    });
    if (worker.proc == Proc::session) {
        set_route_handlers(channel);
        channel.on<imsg::Stopped>([this](const imsg::Stopped&) {
            if (stopping_) loop_.stop();
        });
        channel.on<imsg::StateSaved>([this](const imsg::StateSaved& report) { state_.saved(report); });
        channel.on<imsg::StateLoaded>([this](const imsg::StateLoaded& report) { state_.loaded(report); });
    }
    if (worker.proc == Proc::cli)
        channel.on<imsg::ShowRunning>(
            [this, &channel](const imsg::ShowRunning& ask) { show_running(channel, ask.request); });
}

void Parent::set_route_handlers(imsg::Channel& session) {
    session.on<imsg::RouteAdd>(
        [this](const imsg::RouteAdd& route) { routes_.add(route_policy(), route.address, route.length); });
    session.on<imsg::RouteRemove>(
        [this](const imsg::RouteRemove& route) { routes_.remove(route.address, route.length); });
    session.on<imsg::RouteSyncBegin>([this](const imsg::RouteSyncBegin&) { routes_.sync_begin(); });
    session.on<imsg::RouteSyncEnd>([this](const imsg::RouteSyncEnd&) { routes_.sync_end(); });
}

// The machine's addresses are read anew, but not for each of a thousand routes that come at once.
RoutePolicy Parent::route_policy() {
    const MonoTime now = Clock::now();
    if (own_addresses_.empty() || now - own_addresses_read_ > kAddressesFresh) {
        own_addresses_.clear();
        for (const auto& local : resources_.netlink.local_addresses())
            own_addresses_.push_back(local.address);
        own_addresses_read_ = now;
    }
    const std::size_t most = running_.pool.prefixes().size() + std::size_t{config_.max_sessions} * kRoutesPerSession;
    RoutePolicy policy{own_addresses_, allowed_routes(config_), most};
    for (const Ipv4 address : {config_.bind_address, config_.iftun_address, config_.peer_address,
                               config_.primary_radius, config_.secondary_radius})
        if (address.is_set()) policy.own.push_back(address);
    return policy;
}

void Parent::show_running(imsg::Channel& channel, std::uint32_t request) {
    const std::string text = conf::print(running_.settings);
    UniqueFd memory = seal_in_memory(text);
    if (!memory) {
        log_warn("memory file for the running configuration");
        channel.send(imsg::CommandResult{request, 1, "not possible now"});
        return;
    }
    channel.send(imsg::RunningConfig{request, static_cast<std::uint32_t>(text.size())}, std::move(memory));
}

void Parent::open_log() {
    const auto opened = log_.open(log_target(config_.log_file.view(), options_.daemonize));
    if (!opened) log_error("%s", opened.error().message.c_str());
}

void Parent::reload() {
    if (const auto opened = log_.open(config_.log_file.view()); !opened)
        log_error("%s", opened.error().message.c_str());
    Configuration read = read_configuration(options_.confdir);
    for (const std::string& complaint : read.complaints)
        log_error("%s", complaint.c_str());
    if (read.has_errors) {
        log_error("the configuration has errors: the running one is kept");
        return;
    }
    ReloadPlan plan = plan_reload(running_.settings, read.settings);
    if (!(read.pool == running_.pool)) plan.for_restart.emplace_back(kIpPool);
    Configuration next = running_;
    next.settings = std::move(plan.settings);
    auto config = resolve(next, machine_, options_.verbose);
    if (!config) {
        log_error("%s: the running configuration is kept", config.error().message.c_str());
        return;
    }
    running_ = std::move(next);
    adopt(*config);
    log_info("configuration read again; changed: %s", plan.changed.empty() ? "nothing" : joined(plan.changed).c_str());
    if (!plan.for_restart.empty()) log_warnx("only a restart changes: %s", joined(plan.for_restart).c_str());
}

void Parent::adopt(conf::Config config) {
    const bool new_log = config.log_file != config_.log_file;
    const bool new_mtu = tun_mtu(config) != tun_mtu(config_);
    config_ = config;
    log_set_threshold(static_cast<LogLevel>(config_.debug));
    resources_.inventory.log_level = static_cast<std::uint8_t>(config_.debug);
    if (new_log) open_log();
    if (new_mtu) {
        const auto done = resources_.netlink.set_link_up(resources_.tun.index, tun_mtu(config_));
        if (!done) log_error("%s", done.error().message.c_str());
    }
    resources_.inventory.secrets = running_.settings.secrets;
    for (const WorkerId& worker : resources_.workers)
        if (imsg::Channel* channel = supervisor_.channel(worker)) send_reloaded(*channel, worker, resources_.inventory);
    supervisor_.tell_config_changed(resources_.tables.publish(config_));
}

void Parent::stop_for_restart() {
    if (!config_.save_state || stopping_ || state_.saving()) return loop_.stop(); // asked twice: now
    state_.save(supervisor_.channel(kSession), true, [this] { loop_.stop(); });
}

void Parent::stop_cleanly() {
    imsg::Channel* session = supervisor_.channel(kSession);
    if (stopping_ || session == nullptr || !session->send(imsg::Stop{})) { // asked twice: now
        loop_.stop();
        return;
    }
    stopping_ = true;
    stop_timer_.arm(kStopPatience);
}

// The one way out. Workers have no goodbye to say here; nothing of the suite stays. Tables and RUNDIR
// go with the resources.
void Parent::leave() {
    supervisor_.end_all();
    routes_.remove_all();
    resources_.inventory.sockets.clear(); // with its last queue goes the TUN device
    if (!config_.pid_file.empty()) unlink(config_.pid_file.str().c_str());
    log_info("stopped");
}

} // namespace lns::parent

// SPDX-License-Identifier: ISC
#include "l2tpnsd/parent.h"

#include <csignal>
#include <unistd.h>

#include "lib/base/log.h"

namespace lns::parent {

namespace {

constexpr std::chrono::seconds kStopPatience{10};
constexpr std::chrono::seconds kAddressesFresh{1};
constexpr std::size_t kRoutesPerSession = 11; // its address and ten framed routes
constexpr WorkerId kSession{Proc::session, 0};

} // namespace

Parent::Parent(Options options, Configuration configuration, conf::Config config, Machine machine, Resources resources,
               LogWriter& log)
    : options_(std::move(options)), live_(std::move(configuration), config, std::move(machine), options_.verbose),
      config_(config), resources_(std::move(resources)), log_(log),
      operators_(live_, options_.confdir,
                 {[this](const Change& change) { adopt(change); }, [this] { return reload(); }}),
      routes_({[this](Prefix4 p) { return resources_.netlink.add_route(p, resources_.tun.index); },
               [this](Prefix4 p) { return resources_.netlink.remove_route(p, resources_.tun.index); }}),
      supervisor_(loop_, {options_.libexecdir, resources_.workers, &resources_.accounts, &resources_.inventory,
                          &resources_.tables}),
      stop_timer_(loop_, [this] {
          log_error("sessiond did not end all sessions in time");
          loop_.stop();
      }) {
    resources_.inventory.segments = &resources_.tables.segments();
    supervisor_.on_channel([this](imsg::Channel& channel, const WorkerId& worker) { set_handlers(channel, worker); });
    supervisor_.on_end([this](const WorkerId& worker) {
        if (stopping_ && worker == kSession) loop_.stop(); // it cannot say goodbye any more
    });
    supervisor_.on_serving([this] {
        if (!resources_.garp) return;
        if (const auto sent = resources_.garp->announce(config_.bind_address); !sent)
            log_error("%s", sent.error().message.c_str());
    });
    const auto watch = [this](int number, auto call) { signals_.emplace_back(loop_, number, call); };
    watch(SIGHUP, [this] { reload(); });
    watch(SIGTERM, [this] { loop_.stop(); });
    watch(SIGINT, [this] { loop_.stop(); });
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
    supervisor_.start();
}

void Parent::add_pool_routes() {
    const auto own = resources_.netlink.local_addresses();
    const auto prefixes = live_.running().pool.prefixes();
    for (const Prefix4 prefix : prefixes)
        for (const auto& local : own)
            if (prefix.contains(local.address))
                log_warnx("the pool's %s holds %s, an address of this machine", to_string(prefix).c_str(),
                          to_string(local.address).c_str());
    routes_.add_pool(prefixes);
}

void Parent::serve() {
    loop_.run();
    leave();
}

void Parent::set_handlers(imsg::Channel& channel, const WorkerId& worker) {
    channel.on<imsg::LogLine>([this](const imsg::LogLine& line) {
        const auto level = static_cast<LogLevel>(line.level);
        if (line.level <= static_cast<std::uint32_t>(LogLevel::asked) && log_wanted(level))
            log_.write(level, line.text.view());
    });
    if (worker.proc == Proc::session) {
        set_route_handlers(channel);
        channel.on<imsg::Stopped>([this](const imsg::Stopped&) {
            if (stopping_) loop_.stop();
        });
    }
    if (worker.proc == Proc::cli) operators_.serve(channel);
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
    const std::size_t most =
        live_.running().pool.prefixes().size() + std::size_t{config_.max_sessions} * kRoutesPerSession;
    RoutePolicy policy{own_addresses_, allowed_routes(config_), most};
    for (const Ipv4 address : {config_.bind_address, config_.iftun_address, config_.peer_address,
                               config_.primary_radius, config_.secondary_radius})
        if (address.is_set()) policy.own.push_back(address);
    return policy;
}

void Parent::open_log() {
    const auto opened = log_.open(log_target(config_.log_file.view(), options_.daemonize));
    if (!opened) log_error("%s", opened.error().message.c_str());
}

Change Parent::reload() {
    if (const auto opened = log_.open(log_target(config_.log_file.view(), options_.daemonize)); !opened)
        log_error("%s", opened.error().message.c_str());
    Change change = live_.reload(read_configuration(options_.confdir));
    if (!change.refused) adopt(change);
    log_report(change.report);
    return change;
}

void Parent::adopt(const Change& change) {
    const conf::Config& config = live_.config();
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
    if (change.pool) routes_.replace_pool(live_.running().pool.prefixes());
    give_workers(change.files);
}

void Parent::give_workers(const std::vector<imsg::FileKind>& files) {
    resources_.inventory.secrets = live_.running().settings.secrets;
    for (const imsg::FileKind kind : files) {
        const Secret* text = find_file(live_.running(), kind);
        if (!hold_file(resources_.inventory, kind, text != nullptr ? std::optional(text->reveal()) : std::nullopt))
            log_warn("%s: the old one stays", file_name(kind));
    }
    for (const WorkerId& worker : resources_.workers)
        if (imsg::Channel* channel = supervisor_.channel(worker))
            send_changed(*channel, worker, resources_.inventory, files);
    supervisor_.tell_config_changed(resources_.tables.publish(config_));
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

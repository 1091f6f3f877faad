// SPDX-License-Identifier: ISC
#include "l2tpnsd/parent.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <unistd.h>

#include "lib/base/log.h"

namespace lns::parent {

namespace {

constexpr std::chrono::seconds kAddressesFresh{1};
constexpr std::size_t kRoutesPerSession = 11; // its address and ten framed routes
constexpr WorkerId kSession{Proc::session, 0};
constexpr WorkerId kCli{Proc::cli, 0};

// Where this program is: asked while it is still the one installed there. By the name it was started under, so that
// `killall -HUP l2tpns` finds it after it has executed itself anew, too.
std::string program_path(const std::vector<std::string>& command_line) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    const fs::path own = fs::read_symlink("/proc/self/exe", ignored);
    if (command_line.empty()) return own.string();
    const fs::path named = own.parent_path() / fs::path(command_line[0]).filename();
    return (fs::equivalent(named, own, ignored) ? named : own).string();
}

void block_signals(bool block) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(block ? SIG_BLOCK : SIG_UNBLOCK, &all, nullptr);
}

// A worker begins its lines with its name; one that uses another's is shown for what it is.
std::string spoken_by(Proc proc, std::string_view line) {
    const std::string name = std::string(proc_name(proc)) + ": ";
    return line.starts_with(name) ? std::string(line) : name + std::string(line);
}

} // namespace

Parent::Parent(Options options, Configuration configuration, conf::Config config, Machine machine, Resources resources,
               LogWriter& log)
    : options_(std::move(options)), live_(std::move(configuration), config, std::move(machine), options_.verbose),
      config_(config), resources_(std::move(resources)), log_(log), own_program_(program_path(options_.command_line)),
      operators_(live_, options_.confdir,
                 {[this](const Change& change) { adopt(change); }, [this] { return reload(); }}),
      routes_({[this](Prefix4 p) { return resources_.netlink.add_route(p, resources_.tun.index); },
               [this](Prefix4 p) { return resources_.netlink.remove_route(p, resources_.tun.index); }}),
      state_(loop_, state_directory(options_.rundir, options_.rundir_is_default), resources_.inventory),
      supervisor_(loop_, {options_.libexecdir, resources_.workers, &resources_.accounts, &resources_.inventory,
                          &resources_.tables, resources_.rundir.record_file(), resources_.tun.name}),
      farewell_(loop_, {[this](Proc proc) {
                            return supervisor_.serving({proc, 0});
                        },
                        [this] { loop_.stop(); }}),
      beat_timer_(loop_, [this] { beat(); }), restarts_(loop_, options_.libexecdir, own_program_,
                                                        {[this](Proc proc) { supervisor_.swap(proc); },
                                                         [this] { return may_execute(); }, [this] { execute(); }}) {
    resources_.inventory.segments = &resources_.tables.segments();
    supervisor_.on_channel([this](imsg::Channel& channel, const WorkerId& worker) { set_handlers(channel, worker); });
    supervisor_.on_end([this](const WorkerId& worker) {
        if (worker == kSession) state_.session_ended();
    });
    supervisor_.on_ready([this](const WorkerId& worker) { farewell_.serves(worker.proc); });
    supervisor_.on_serving([this] {
        if (!resources_.garp) return;
        if (const auto sent = resources_.garp->announce(config_.bind_address); !sent)
            log_error("%s", sent.error().message.c_str());
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
    log_set_sink([this](LogLevel level, std::string_view line) { take_log_line(level, line); });
    log_info("l2tpns serves on %s, TUN device %s", to_string(config_.iftun_address).c_str(),
             resources_.tun.name.c_str());
    if (!config_.users_file_present) log_warnx("no users file: the CLI asks no login and listens on loopback only");
    block_signals(false); // of an image that executed this one
    keep_after_us(true);
    routes_.adopt(resources_.found_routes);
    add_pool_routes();
    resources_.tables_were_found ? state_.tables_are_newer() : state_.offer(config_.save_state);
    supervisor_.start();
    if (resources_.fast_path.on()) beat();
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
    for_restart_ ? leave_to_successor() : leave();
}

void Parent::set_handlers(imsg::Channel& channel, const WorkerId& worker) {
    channel.around_batch([this] { log_.gather(); }, [this] { log_.let_go(); });
    channel.on<imsg::LogLine>([this, proc = worker.proc](const imsg::LogLine& line) {
        take_log_line(static_cast<LogLevel>(line.level), spoken_by(proc, line.text.view()));
    });
    if (tap_.level() > config_.debug) channel.send(imsg::LogWanted{tap_.level()});
    if (worker.proc == Proc::session) {
        set_route_handlers(channel);
        channel.on<imsg::StillStopping>([this](const imsg::StillStopping& answer) { farewell_.answered(answer); });
        channel.on<imsg::Stopped>([this](const imsg::Stopped& answer) { farewell_.answered(answer); });
        channel.on<imsg::StateSaved>([this](const imsg::StateSaved& report) { state_.saved(report); });
        channel.on<imsg::StateLoaded>([this](const imsg::StateLoaded& report) { state_.loaded(report); });
    }
    if (worker.proc == Proc::radius)
        channel.on<imsg::AccountsSettled>([this](const imsg::AccountsSettled& answer) { farewell_.answered(answer); });
    if (worker.proc == Proc::datapath)
        channel.on<imsg::FastPathPeer>([this](const imsg::FastPathPeer& lac) { serve_lac(lac.peer); });
    if (worker.proc == Proc::cli) {
        operators_.serve(channel);
        set_operator_handlers(channel);
    }
}

void Parent::serve_lac(Ipv4 peer) {
    if (resources_.fast_path.serve(peer, resources_.netlink))
        resources_.tables.set_fast_path(resources_.fast_path.record());
}

void Parent::beat() {
    if (resources_.fast_path.beat(Clock::now(), std::chrono::seconds(config_.restart_grace)))
        resources_.tables.set_fast_path(resources_.fast_path.record());
    beat_timer_.arm(FastPath::kBeat);
}

void Parent::set_operator_handlers(imsg::Channel& clid) {
    tap_.close();
    clid.on<imsg::RestartProcess>([this](const imsg::RestartProcess& ask) { restart(ask); });
    clid.on<imsg::Shutdown>([this, &clid](const imsg::Shutdown& ask) {
        log_warnx("an operator ends the suite");
        clid.send(imsg::CommandResult{ask.request, 0, std::string_view("Shutting down")});
        stop_cleanly();
    });
    clid.on<imsg::LogFollow>([this](const imsg::LogFollow& wish) { follow_log(wish); });
}

void Parent::take_log_line(LogLevel level, std::string_view line) {
    if (level > LogLevel::asked) return;
    if (static_cast<std::uint32_t>(level) <= config_.debug || level == LogLevel::asked) log_.write(level, line);
    tap_.copy(supervisor_.channel(kCli), level, line);
}

// Whoever makes the lines must know that somebody wants more of them than `debug` says.
void Parent::follow_log(const imsg::LogFollow& wish) {
    const std::uint32_t before = std::max(config_.debug, tap_.level());
    tap_.follow(wish);
    const std::uint32_t wanted = std::max(config_.debug, tap_.level());
    if (wanted == before) return;
    log_set_threshold(static_cast<LogLevel>(wanted));
    resources_.inventory.log_level = static_cast<std::uint8_t>(wanted);
    for (const WorkerId& worker : resources_.workers)
        if (imsg::Channel* channel = supervisor_.channel(worker)) channel->send(imsg::LogWanted{tap_.level()});
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

void Parent::restart(const imsg::RestartProcess& request) {
    restarts_.ask(request.proc, [this, number = request.request](bool failed, const std::string& text) {
        imsg::CommandResult result{number, failed ? 1U : 0U, {}};
        result.text.assign(text.substr(0, result.text.kCapacity));
        if (imsg::Channel* cli = supervisor_.channel({Proc::cli, 0})) cli->send(result);
    });
}

// The next image reads the configuration anew, and must be able to go on with these tables.
Status<> Parent::may_execute() const {
    if (farewell_.under_way()) return failure("it is stopping");
    const Configuration next = read_configuration(options_.confdir);
    if (next.has_errors) return failure("the configuration has errors: see l2tpnsd -n");
    const shm::TableSizes now = shm::table_sizes(config_);
    const shm::TableSizes then = shm::table_sizes(next.settings.config);
    if (now.tunnels != then.tunnels || now.max_sessions != then.max_sessions)
        return failure("max_sessions or max_tunnels was changed: all sessions would be lost");
    return Done{};
}

// The same process in a new image: what is handed over stays open, the workers are ended by it as those of any parent
// that is gone. Signals wait until it listens.
void Parent::execute() {
    supervisor_.mark_alive();
    std::vector<char*> arguments;
    for (std::string& word : options_.command_line)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    Handover::give(resources_.inventory.sockets);
    block_signals(true);
    const std::string program = own_program_;
    execv(program.c_str(), arguments.data());
    log_error("%s: %s", program.c_str(), strerror(errno));
    block_signals(false);
    Handover::give(resources_.inventory.sockets, false);
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
    const std::uint32_t level = std::max(config_.debug, tap_.level());
    log_set_threshold(static_cast<LogLevel>(level));
    resources_.inventory.log_level = static_cast<std::uint8_t>(level);
    if (new_log) open_log();
    if (new_mtu) {
        const auto done = resources_.netlink.set_link_up(resources_.tun.index, tun_mtu(config_));
        if (!done) log_error("%s", done.error().message.c_str());
    }
    resources_.fast_path.beat(Clock::now(), std::chrono::seconds(config_.restart_grace)); // it may be another now
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

void Parent::stop_for_restart() {
    for_restart_ = !farewell_.under_way();
    if (!config_.save_state || !for_restart_ || state_.saving()) return loop_.stop(); // asked twice: now
    state_.save(supervisor_.serving(kSession), [this] { loop_.stop(); });
}

void Parent::stop_cleanly() {
    resources_.inventory.stopping = true;
    farewell_.begin();
}

// Tables, TUN device and the record of the instance: for whoever takes over, however this process ends.
void Parent::keep_after_us(bool keep) {
    resources_.tables.leave_in_place(keep);
    resources_.rundir.leave_in_place(keep);
    const auto& sockets = resources_.inventory.sockets;
    const auto queue = std::ranges::find(sockets, imsg::SocketKind::tun, &HeldSocket::kind);
    if (queue == sockets.end()) return;
    if (const auto done = set_persistent(queue->fd.get(), keep); !done) log_error("%s", done.error().message.c_str());
}

void Parent::leave_to_successor() {
    if (config_.restart_grace == 0)
        supervisor_.end_all();
    else
        supervisor_.abandon();
    resources_.fast_path.leave(Clock::now(), std::chrono::seconds(config_.restart_grace));
    if (!config_.pid_file.empty()) unlink(config_.pid_file.str().c_str());
    log_warnx("stopped for a restart: the workers serve on for %u s; l2tpnsd started again goes on with all sessions, "
              "l2tpnsd --purge -r %s ends them for good",
              config_.restart_grace, resources_.rundir.path().c_str());
}

// Workers have no goodbye to say here; nothing of the suite stays. Tables and RUNDIR go with the resources.
void Parent::leave() {
    supervisor_.end_all();
    resources_.fast_path.remove();
    keep_after_us(false);
    routes_.remove_all();
    resources_.inventory.sockets.clear(); // with its last queue goes the TUN device
    if (!config_.pid_file.empty()) unlink(config_.pid_file.str().c_str());
    log_info("stopped");
}

} // namespace lns::parent

// SPDX-License-Identifier: ISC
#include "l2tpnsd/resources.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iterator>
#include <thread>
#include <unistd.h>

#include "l2tpnsd/accounts.h"
#include "l2tpnsd/old_workers.h"
#include "l2tpnsd/sockets.h"
#include "l2tpnsd/steering.h"
#include "l2tpnsd/take_over.h"
#include "lib/base/log.h"
#include "lib/conf/read_file.h"

namespace lns::parent {

namespace {

using imsg::FileKind;
using imsg::SocketKind;

// A worker that is not on record, since its parent was killed just then, holds on until it notices.
constexpr std::chrono::seconds kTimeToUnlock{10};
constexpr int kTries = 20;
constexpr std::chrono::milliseconds kBetweenTries{100};

template <class Open>
auto persistently(Open open) {
    auto result = open();
    for (int i = 1; !result && i < kTries; ++i) {
        std::this_thread::sleep_for(kBetweenTries);
        result = open();
    }
    return result;
}

class Opener {
public:
    Opener(const Options& options, const conf::Config& config, Resources& out, Handover handover)
        : options_(options), config_(config), out_(out), handover_(std::move(handover)),
          datapaths_(static_cast<std::uint16_t>(config.datapath_workers)),
          before_(read_record(out.rundir.record_file())), old_(OldWorkers::find(before_)),
          sessiond_lives_(old_.count(Proc::session) > 0) {
        if (!before_.boot.empty()) out_.rundir.leave_in_place();
        if (old_.any())
            log_warnx(handover_.any() ? "executed anew: taking over" : "taking over from a parent that is gone");
    }

    Status<> programs() {
        for (const WorkerRow& row : worker_rows()) {
            const std::string path = options_.libexecdir + "/" + std::string(row.program());
            if (access(path.c_str(), X_OK) != 0) return failure(path + " cannot be executed: is -l right?");
        }
        return Done{};
    }

    Status<> end_old_clid() { return old_.end(std::array{Proc::cli}); } // its port cannot be shared

    Status<> cli_listener() {
        auto kept = kept_sockets(SocketKind::cli, 1, {config_.cli_bind_address, config_.cli_port});
        if (!kept.empty()) {
            hold(SocketKind::cli, {Proc::cli, 0}, 0, std::move(kept[0]));
            return Done{};
        }
        outgrown_.clear(); // the port may be wanted again
        auto fd = persistently([&] { return open_cli_listener(config_.cli_bind_address, config_.cli_port); });
        if (!fd) return Failure<Error>{fd.error()};
        hold(SocketKind::cli, {Proc::cli, 0}, 0, std::move(*fd));
        return Done{};
    }

    Status<> control_socket() {
        if (config_.control_port == 0) return Done{};
        auto fd = persistently([&] { return open_control_socket(config_.control_bind_address, config_.control_port); });
        if (!fd) return Failure<Error>{fd.error()};
        hold(SocketKind::control, {Proc::cli, 0}, 0, std::move(*fd));
        return Done{};
    }

    Status<> l2tp_sockets() {
        auto kept = kept_sockets(SocketKind::l2tp, datapaths_ + 2U, {config_.bind_address, kL2tpPort});
        if (!kept.empty()) { // their steering stays with them
            hold_l2tp(kept);
            return Done{};
        }
        auto group = persistently(
            [&] { return open_l2tp_sockets(config_.bind_address, kL2tpPort, datapaths_ + 2U, !old_.any()); });
        if (!group) return Failure<Error>{group.error()};
        std::vector<int> fds;
        for (const UniqueFd& fd : *group)
            fds.push_back(fd.get());
        if (const auto steered = steer(fds); !steered)
            log_warnx("no steering of port %u: workers relay (%s)", kL2tpPort, steered.error().message.c_str());
        hold_l2tp(*group);
        return Done{};
    }

    Status<> radius_sockets() {
        auto kept = handover_.sockets(SocketKind::radius);
        for (std::uint32_t i = 0; i < kRadiusSockets; ++i) {
            auto fd = i < kept.size() ? Result<UniqueFd>(std::move(kept[i])) : open_radius_socket();
            if (!fd) return Failure<Error>{fd.error()};
            hold(SocketKind::radius, {Proc::radius, 0}, i, std::move(*fd));
        }
        return Done{};
    }

    Status<> relays() {
        for (std::uint16_t i = 0; i < datapaths_; ++i) {
            auto pair = make_relay_pair();
            if (!pair) return Failure<Error>{pair.error()};
            hold(SocketKind::relay, {Proc::session, 0}, i, std::move(pair->first));
            hold(SocketKind::relay, {Proc::datapath, i}, i, std::move(pair->second));
        }
        return Done{};
    }

    Status<> icmp_sockets() {
        auto kept = handover_.sockets(SocketKind::icmp);
        for (std::uint16_t i = 0; i < datapaths_; ++i) {
            auto fd = i < kept.size() ? Result<UniqueFd>(std::move(kept[i])) : open_icmp_socket();
            if (!fd) return Failure<Error>{fd.error()};
            hold(SocketKind::icmp, {Proc::datapath, i}, i, std::move(*fd));
        }
        return Done{};
    }

    Status<> snoop_sockets() {
        for (std::uint16_t i = 0; i < datapaths_; ++i) {
            auto fd = open_snoop_socket();
            if (!fd) return Failure<Error>{fd.error()};
            hold(SocketKind::snoop, {Proc::datapath, i}, i, std::move(*fd));
        }
        return Done{};
    }

    // Ignored when BGP is configured: the neighbours are told by it.
    Status<> garp() {
        if (!config_.send_garp || !config_.bind_address.is_set() || conf::bgp_is_configured(config_)) return Done{};
        auto socket = GratuitousArp::open();
        if (!socket) return Failure<Error>{socket.error()};
        out_.garp = std::move(*socket);
        return Done{};
    }

    Status<> tun() {
        if (auto found = find_tun(); !found) return found;
        for (std::uint16_t i = 0; i < datapaths_; ++i)
            hold(SocketKind::tun, {Proc::datapath, i}, i, std::move(out_.tun.queues[i]));
        out_.tun.queues.clear();
        out_.netlink.leave_ipv6_alone(out_.tun.index);
        if (auto up = out_.netlink.set_link_up(out_.tun.index, tun_mtu(config_)); !up) return up;
        return out_.netlink.set_address(out_.tun.index, config_.iftun_address);
    }

    // Everything that takes their place is open: datagrams go to the new sockets already, packets to the new queues.
    Status<> end_old_workers() {
        for (const Proc proc : {Proc::datapath, Proc::session})
            if (auto done = old_.end(std::array{proc}); !done) return done;
        if (steered_queue_ >= 0)
            if (const auto done = steer_tun(steered_queue_, std::nullopt); !done)
                log_warnx("%s", done.error().message.c_str());
        if (auto done = old_.end_all(); !done) return done;
        auto locked = out_.rundir.take_writers_lock(Clock::now() + kTimeToUnlock);
        out_.inventory.writers_lock = out_.rundir.writers_lock();
        return locked;
    }

    Status<> tables() {
        const bool afresh = start_with_found_tables() == Start::afresh;
        auto tables = afresh ? SharedTables::create(options_.rundir, config_, out_.workers)
                             : SharedTables::attach(options_.rundir, config_, out_.workers);
        if (!tables) return Failure<Error>{tables.error()};
        out_.tables = std::move(*tables);
        out_.tables_were_found = !afresh;
        out_.tables.publish(config_);
        return Done{};
    }

    Status<> fast_path() {
        const shm::TableSizes sizes = shm::table_sizes(config_);
        FastPath::Setup setup;
        setup.wanted = config_.fast_path;
        setup.named = config_.fast_path_interfaces.str();
        setup.pins = out_.rundir.bpf_directory();
        setup.sizes = {sizes.tunnels, sizes.sessions, host_buckets(sizes.max_sessions)};
        setup.tun = out_.tun.index;
        setup.port = kL2tpPort;
        setup.grace = std::chrono::seconds(config_.restart_grace);
        setup.go_on = out_.tables_were_found;
        out_.fast_path = FastPath::begin(setup);
        out_.inventory.maps = out_.fast_path.maps();
        out_.tables.set_fast_path(out_.fast_path.record());
        merge_datagrams(out_.fast_path.record().mode == shm::FastPathMode::off); // its programs take single ones only
        return Done{};
    }

    Status<> spool() { return make_spool(out_.inventory.spool_directory, out_.accounts.of(Proc::radius).uid); }

    Status<> files(const Configuration& configuration) {
        for (const FileKind kind : kCheckedFiles) {
            const Secret* text = find_file(configuration, kind);
            if (!hold_file(out_.inventory, kind, text != nullptr ? std::optional(text->reveal()) : std::nullopt))
                return failure("memory for " + std::string(file_name(kind)) + ": " + strerror(errno));
        }
        // It only makes the log readable.
        auto dictionary = conf::read_file(dictionary_path());
        if (!dictionary && dictionary.error().trouble != conf::FileTrouble::absent)
            log_warnx("%s: %s", dictionary_path().c_str(), dictionary.error().message.c_str());
        if (dictionary && !hold_file(out_.inventory, FileKind::dictionary, std::string_view(*dictionary)))
            return failure("memory for the dictionary: " + std::string(strerror(errno)));
        return Done{};
    }

    void paths(const Configuration& configuration) {
        Inventory& inventory = out_.inventory;
        inventory.secrets = configuration.settings.secrets;
        inventory.empty_directory = out_.rundir.empty_directory();
        inventory.spool_directory = spool_path();
        inventory.datapath_workers = datapaths_;
        inventory.log_level = static_cast<std::uint8_t>(config_.debug);
    }

private:
    // Of the image before, if they are what the configuration wants; else none.
    std::vector<UniqueFd> kept_sockets(SocketKind kind, std::size_t count, Endpoint wanted) {
        auto kept = handover_.sockets(kind);
        const bool fit = kept.size() == count &&
                         std::ranges::all_of(kept, [&](const UniqueFd& fd) { return is_bound_to(fd.get(), wanted); });
        if (fit) return kept;
        std::ranges::move(kept, std::back_inserter(outgrown_));
        return {};
    }
    void hold_l2tp(std::vector<UniqueFd>& group) {
        hold(SocketKind::l2tp, {Proc::session, 0}, 0, std::move(group[0]));
        for (std::uint16_t i = 0; i < datapaths_; ++i)
            hold(SocketKind::l2tp, {Proc::datapath, i}, i, std::move(group[i + 1U]));
        hold(SocketKind::l2tp, {Proc::session, 0}, 1, std::move(group[datapaths_ + 1U]));
    }
    void merge_datagrams(bool merge) {
        for (const HeldSocket& held : out_.inventory.sockets)
            if (held.kind == SocketKind::l2tp && !merge_arriving(held.fd.get(), merge) && merge)
                return log_warn("UDP_GRO: received one by one");
    }
    // The device of before, unless the configuration names another, or a new one.
    Status<> find_tun() {
        const std::string_view wanted = config_.tundevicename.view();
        std::optional<Tun> found;
        if (!before_.tun.empty() && (wanted.empty() || wanted == before_.tun)) {
            auto kept = handover_.sockets(SocketKind::tun);
            const bool keeps = kept.size() == datapaths_;
            auto joined = keeps ? keep_tun(before_.tun, std::move(kept)) : join_tun(before_.tun, datapaths_);
            if (!joined) return Failure<Error>{joined.error()};
            found = std::move(*joined);
            if (found && !keeps) steer_to_new_queues(*found);
        } else if (!before_.tun.empty()) {
            if (const auto removed = remove_tun(before_.tun); !removed)
                log_warnx("%s", removed.error().message.c_str());
        }
        if (found) {
            out_.tun = std::move(*found);
            out_.found_routes = out_.netlink.routes_through(out_.tun.index);
            return Done{};
        }
        auto tun = persistently([&] { return create_tun(wanted, datapaths_); });
        if (!tun) return Failure<Error>{tun.error()};
        out_.tun = std::move(*tun);
        return Done{};
    }
    // Of the others their readers come to an end then, and nothing is lost with them: all goes to one that stays,
    // whatever the kernel numbers anew when they are closed. With fewer queues than before a packet of those
    // milliseconds may be.
    void steer_to_new_queues(const Tun& tun) {
        const auto old = static_cast<unsigned>(old_.count(Proc::datapath));
        if (old == 0) return;
        if (const auto steered = steer_tun(tun.queues[0].get(), old); steered)
            steered_queue_ = tun.queues[0].get();
        else
            log_warnx("packets that wait in %s may be lost: %s", tun.name.c_str(), steered.error().message.c_str());
    }
    Start start_with_found_tables() {
        const auto left = SharedTables::look(options_.rundir, config_, out_.workers);
        Findings found{FoundTables::none, sessiond_lives_, {}, std::chrono::seconds(config_.restart_grace)};
        if (left.any) found.tables = left.fits ? FoundTables::fit : FoundTables::misfit;
        const MonoTime now = Clock::now();
        if (left.heartbeat != MonoTime{}) found.silence = now - left.heartbeat;
        const Start start = decide(found);
        if (start == Start::go_on) log_warnx("going on with the tables of the instance before");
        if (start == Start::close) {
            log_warnx("the tables of the instance before were left alone for too long: their sessions are closed");
            out_.inventory.close_before = now;
            out_.inventory.served_until = found.silence ? std::min(now, left.heartbeat + found.grace) : now;
        }
        if (found.tables == FoundTables::misfit)
            log_error("the sessions of the instance before are lost: %s", left.fits.error().message.c_str());
        return start;
    }
    void hold(SocketKind kind, WorkerId owner, std::uint32_t instance, UniqueFd fd) {
        out_.inventory.sockets.push_back({kind, owner, instance, std::move(fd)});
    }
    [[nodiscard]] std::string spool_path() const {
        if (!config_.accounting_spool.empty()) return config_.accounting_spool.str();
        return options_.rundir_is_default ? LOCALSTATEDIR "/lib/l2tpns" : options_.rundir + "/spool";
    }
    // A directory of programs may bring its own: that of a build tree.
    [[nodiscard]] std::string dictionary_path() const {
        const std::string beside = options_.libexecdir + "/dictionary";
        return access(beside.c_str(), R_OK) == 0 ? beside : PKGDATADIR "/dictionary";
    }

    const Options& options_;
    const conf::Config& config_;
    Resources& out_;
    Handover handover_;
    std::vector<UniqueFd> outgrown_; // handed over, but of another address or number: the old workers empty them
    std::uint16_t datapaths_;
    InstanceRecord before_;
    OldWorkers old_;
    bool sessiond_lives_;
    int steered_queue_ = -1; // of the TUN device, while its steering is ours
};

} // namespace

Result<Resources> open_resources(const Options& options, const Configuration& configuration, const conf::Config& config,
                                 RunDirectory rundir, Netlink netlink, Handover handover) {
    Resources out{std::move(rundir),
                  std::move(netlink),
                  {},
                  {},
                  {},
                  {},
                  {},
                  all_workers(static_cast<std::uint16_t>(config.datapath_workers)),
                  Accounts(config.setuid),
                  {}};
    Opener opener(options, config, out, std::move(handover));
    opener.paths(configuration);
    if (auto done = opener.files(configuration); !done) return Failure<Error>{done.error()};
    using Step = Status<> (Opener::*)();
    for (const Step step : {&Opener::programs, &Opener::end_old_clid, &Opener::cli_listener, &Opener::control_socket,
                            &Opener::l2tp_sockets, &Opener::radius_sockets, &Opener::relays, &Opener::icmp_sockets,
                            &Opener::snoop_sockets, &Opener::garp, &Opener::tun, &Opener::end_old_workers,
                            &Opener::spool, &Opener::tables, &Opener::fast_path})
        if (auto done = (opener.*step)(); !done) return Failure<Error>{done.error()};
    return out;
}

} // namespace lns::parent

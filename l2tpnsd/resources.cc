// SPDX-License-Identifier: ISC
#include "l2tpnsd/resources.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <unistd.h>

#include "l2tpnsd/accounts.h"
#include "l2tpnsd/sealed_memory.h"
#include "l2tpnsd/sockets.h"
#include "l2tpnsd/steering.h"
#include "lib/base/log.h"

namespace lns::parent {

namespace {

using imsg::FileKind;
using imsg::SocketKind;

// Workers of a parent that was killed hold sockets and TUN device until they notice.
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
    Opener(const Options& options, const conf::Config& config, Resources& out)
        : options_(options), config_(config), out_(out),
          datapaths_(static_cast<std::uint16_t>(config.datapath_workers)) {}

    Status<> programs() {
        for (const WorkerRow& row : worker_rows()) {
            const std::string path = options_.libexecdir + "/" + std::string(row.program());
            if (access(path.c_str(), X_OK) != 0) return failure(path + " cannot be executed: is -l right?");
        }
        return Done{};
    }

    Status<> cli_listener() {
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
        auto group = persistently([&] { return open_l2tp_sockets(config_.bind_address, kL2tpPort, datapaths_ + 1U); });
        if (!group) return Failure<Error>{group.error()};
        std::vector<int> fds;
        for (const UniqueFd& fd : *group)
            fds.push_back(fd.get());
        if (const auto steered = steer(fds); !steered)
            log_warnx("no steering of port %u: workers relay (%s)", kL2tpPort, steered.error().message.c_str());
        hold(SocketKind::l2tp, {Proc::session, 0}, 0, std::move((*group)[0]));
        for (std::uint16_t i = 0; i < datapaths_; ++i)
            hold(SocketKind::l2tp, {Proc::datapath, i}, i, std::move((*group)[i + 1U]));
        return Done{};
    }

    Status<> radius_sockets() {
        for (std::uint32_t i = 0; i < kRadiusSockets; ++i) {
            auto fd = open_radius_socket();
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
        for (std::uint16_t i = 0; i < datapaths_; ++i) {
            auto fd = open_icmp_socket();
            if (!fd) return Failure<Error>{fd.error()};
            hold(SocketKind::icmp, {Proc::datapath, i}, i, std::move(*fd));
        }
        return Done{};
    }

    Status<> tun() {
        auto tun = persistently([&] { return create_tun(config_.tundevicename.view(), datapaths_); });
        if (!tun) return Failure<Error>{tun.error()};
        out_.tun = std::move(*tun);
        for (std::uint16_t i = 0; i < datapaths_; ++i)
            hold(SocketKind::tun, {Proc::datapath, i}, i, std::move(out_.tun.queues[i]));
        out_.tun.queues.clear();
        out_.netlink.leave_ipv6_alone(out_.tun.index);
        if (auto up = out_.netlink.set_link_up(out_.tun.index, tun_mtu(config_)); !up) return up;
        return out_.netlink.add_address(out_.tun.index, config_.iftun_address);
    }

    Status<> tables() {
        auto tables = SharedTables::create(options_.rundir, config_, out_.workers);
        if (!tables) return Failure<Error>{tables.error()};
        out_.tables = std::move(*tables);
        out_.tables.publish(config_);
        return Done{};
    }

    Status<> spool() { return make_spool(out_.inventory.spool_directory, out_.accounts.of(Proc::radius).uid); }

    Status<> pool_file(const std::string& text) {
        UniqueFd fd = seal_in_memory(text);
        if (!fd) return failure(std::string("memory for the pool: ") + strerror(errno));
        out_.inventory.files.push_back({FileKind::ip_pool, "", std::move(fd)});
        return Done{};
    }

    void paths(const Configuration& configuration) {
        Inventory& inventory = out_.inventory;
        inventory.secrets = configuration.settings.secrets;
        inventory.empty_directory = out_.rundir.empty_directory();
        inventory.spool_directory = spool_path();
        inventory.datapath_workers = datapaths_;
        inventory.log_level = static_cast<std::uint8_t>(config_.debug);
        inventory.files.push_back({FileKind::users, options_.confdir + "/" + kUsers, {}});
        inventory.files.push_back({FileKind::subscribers, options_.confdir + "/" + kSubscribers, {}});
        inventory.files.push_back({FileKind::dictionary, dictionary_path(), {}});
    }

private:
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
    std::uint16_t datapaths_;
};

} // namespace

Result<Resources> open_resources(const Options& options, const Configuration& configuration, const conf::Config& config,
                                 RunDirectory rundir, Netlink netlink) {
    Resources out{std::move(rundir),
                  std::move(netlink),
                  {},
                  {},
                  {},
                  all_workers(static_cast<std::uint16_t>(config.datapath_workers)),
                  Accounts(config.setuid)};
    Opener opener(options, config, out);
    opener.paths(configuration);
    if (auto done = opener.pool_file(configuration.pool_text); !done) return Failure<Error>{done.error()};
    using Step = Status<> (Opener::*)();
    for (const Step step : {&Opener::programs, &Opener::cli_listener, &Opener::control_socket, &Opener::l2tp_sockets,
                            &Opener::radius_sockets, &Opener::relays, &Opener::icmp_sockets, &Opener::tun,
                            &Opener::spool, &Opener::tables})
        if (auto done = (opener.*step)(); !done) return Failure<Error>{done.error()};
    return out;
}

} // namespace lns::parent

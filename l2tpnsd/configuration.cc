// SPDX-License-Identifier: ISC
#include "l2tpnsd/configuration.h"

#include <algorithm>

#include "l2tpnsd/worker_table.h"
#include "lib/base/log.h"
#include "lib/conf/read_file.h"
#include "lib/conf/startup_config.h"
#include "lib/conf/subscribers.h"
#include "lib/conf/text.h"
#include "lib/conf/users.h"

namespace lns::parent {

namespace {

enum class IfAbsent : std::uint8_t { fine, warning, error };

class DirectoryReader {
public:
    DirectoryReader(std::string confdir, Configuration& out) : confdir_(std::move(confdir)), out_(out) {}

    std::optional<std::string> read(const char* name, IfAbsent if_absent, const char* consequence) {
        const std::string path = path_of(name);
        auto text = conf::read_file(path);
        if (text) return std::move(*text);
        if (text.error().trouble != conf::FileTrouble::absent || if_absent == IfAbsent::error)
            error(path + ": " + text.error().message);
        else if (if_absent == IfAbsent::warning)
            out_.complaints.push_back(path + ": warning: " + text.error().message + ": " + consequence);
        return std::nullopt;
    }
    void take(const conf::Diagnostics& diagnostics) {
        for (std::string& line : diagnostics.lines())
            out_.complaints.push_back(std::move(line));
        out_.has_errors = out_.has_errors || diagnostics.has_errors();
    }
    [[nodiscard]] std::string path_of(const char* name) const { return confdir_ + "/" + name; }

private:
    void error(std::string complaint) {
        out_.complaints.push_back(std::move(complaint));
        out_.has_errors = true;
    }
    std::string confdir_;
    Configuration& out_;
};

} // namespace

Configuration read_configuration(const std::string& confdir) {
    Configuration out;
    DirectoryReader directory(confdir, out);
    if (const auto text = directory.read(kStartupConfig, IfAbsent::error, "")) {
        auto file = conf::parse_startup_config(*text, directory.path_of(kStartupConfig));
        directory.take(file.diagnostics);
        out.settings = std::move(file.settings);
    }
    if (const auto text = directory.read(kIpPool, IfAbsent::warning, "only RADIUS gives addresses")) {
        auto file = conf::parse_ip_pool(*text, directory.path_of(kIpPool));
        directory.take(file.diagnostics);
        out.pool = std::move(file.plan);
        out.pool_text = *text;
    }
    if (const auto text = directory.read(kUsers, IfAbsent::fine, "")) {
        directory.take(conf::parse_users(*text, directory.path_of(kUsers)).diagnostics);
        out.users_present = true;
    }
    const bool local = conf::auth_source(out.settings.config) != conf::AuthSource::radius;
    if (const auto text = directory.read(kSubscribers, local ? IfAbsent::warning : IfAbsent::fine, "nobody is in it"))
        directory.take(conf::parse_subscribers(*text, directory.path_of(kSubscribers)).diagnostics);
    return out;
}

Result<conf::Config> resolve(const Configuration& configuration, const Machine& machine, unsigned verbose) {
    conf::Config config = configuration.settings.config;
    constexpr auto kMostVerbose = static_cast<std::uint32_t>(LogLevel::packet);
    config.debug = std::min(config.debug + verbose, kMostVerbose);
    if (config.hostname.empty()) config.hostname.assign(std::string_view(machine.hostname));
    if (!config.iftun_address.is_set()) config.iftun_address = config.bind_address;
    if (!config.iftun_address.is_set() && machine.primary) config.iftun_address = *machine.primary;
    if (!config.iftun_address.is_set())
        return failure("this machine has no address to serve from: set bind_address or iftun_address");
    if (!config.peer_address.is_set()) config.peer_address = config.iftun_address;
    if (config.datapath_workers == 0) config.datapath_workers = std::max(machine.cores, 1U);
    config.datapath_workers = std::min<std::uint32_t>(config.datapath_workers, kMaxDatapathWorkers);
    // Without users no login is asked: then only this machine may connect (DESIGN 7).
    config.users_file_present = configuration.users_present;
    if (!configuration.users_present) config.cli_bind_address = Ipv4{0x7f000001};
    if (configuration.settings.secrets.control_secret.empty()) config.control_bind_address = Ipv4{0x7f000001};
    return config;
}

std::vector<Prefix4> allowed_routes(const conf::Config& config) {
    std::vector<Prefix4> prefixes;
    for (const std::string_view word : conf::split(config.framed_route_allow.view(), ','))
        if (const auto prefix = parse_prefix4(conf::trim(word))) prefixes.push_back(*prefix);
    return prefixes;
}

} // namespace lns::parent

// SPDX-License-Identifier: ISC
#include "l2tpnsd/configuration.h"

#include <algorithm>
#include <sys/stat.h>

#include "l2tpnsd/worker_table.h"
#include "lib/base/log.h"
#include "lib/conf/access_list.h"
#include "lib/conf/read_file.h"
#include "lib/conf/startup_config.h"
#include "lib/conf/subscribers.h"
#include "lib/conf/text.h"
#include "lib/conf/users.h"

namespace lns::parent {

namespace {

using imsg::FileKind;

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
            warning(path, text.error().message + ": " + consequence);
        return std::nullopt;
    }
    void take(const conf::Diagnostics& diagnostics) {
        for (std::string& line : diagnostics.lines())
            out_.complaints.push_back(std::move(line));
        out_.has_errors = out_.has_errors || diagnostics.has_errors();
    }
    void keep(FileKind kind, const std::string& text) { out_.files.emplace(kind, Secret(text)); }
    // A file with passwords is nobody else's business.
    void check_mode(const char* name, const char* what) {
        const std::string path = path_of(name);
        struct stat file {};
        if (stat(path.c_str(), &file) != 0) return;
        const bool by_group = (file.st_mode & S_IRGRP) != 0 && file.st_gid != 0;
        if (by_group || (file.st_mode & S_IROTH) != 0)
            warning(path, std::string("others can read it, and it holds ") + what + ": chmod 600");
    }
    [[nodiscard]] std::string path_of(const char* name) const { return confdir_ + "/" + name; }

private:
    void error(std::string complaint) {
        out_.complaints.push_back(std::move(complaint));
        out_.has_errors = true;
    }
    void warning(const std::string& path, const std::string& text) {
        out_.complaints.push_back(path + ": warning: " + text);
    }
    std::string confdir_;
    Configuration& out_;
};

bool has_secrets(const conf::Settings& settings) {
    return std::ranges::any_of(conf::config_keys(), [&](const conf::ConfigKey& key) {
        return conf::is_secret(key) && !conf::is_default(settings, key);
    });
}

void read_settings(DirectoryReader& directory, Configuration& out) {
    const auto text = directory.read(kStartupConfig, IfAbsent::error, "");
    if (!text) return;
    auto file = conf::parse_startup_config(*text, directory.path_of(kStartupConfig));
    directory.take(file.diagnostics);
    out.settings = std::move(file.settings);
    keep_access_lists(out);
    if (has_secrets(out.settings)) directory.check_mode(kStartupConfig, "secrets");
}

void read_pool(DirectoryReader& directory, Configuration& out) {
    const auto text = directory.read(kIpPool, IfAbsent::warning, "only RADIUS gives addresses");
    if (!text) return;
    auto file = conf::parse_ip_pool(*text, directory.path_of(kIpPool));
    directory.take(file.diagnostics);
    out.pool = std::move(file.plan);
    directory.keep(FileKind::ip_pool, *text);
}

void read_users(DirectoryReader& directory, Configuration& out) {
    const auto text = directory.read(kUsers, IfAbsent::fine, "");
    if (!text) return;
    const conf::UsersFile file = conf::parse_users(*text, directory.path_of(kUsers));
    directory.take(file.diagnostics);
    if (file.users.has_plain()) directory.check_mode(kUsers, "passwords in plain text");
    directory.keep(FileKind::users, *text);
    out.users_present = true;
}

void read_subscribers(DirectoryReader& directory, const Configuration& out) {
    const bool local = conf::auth_source(out.settings.config) != conf::AuthSource::radius;
    const auto text = directory.read(kSubscribers, local ? IfAbsent::warning : IfAbsent::fine, "nobody is in it");
    if (!text) return;
    const conf::SubscribersFile file = conf::parse_subscribers(*text, directory.path_of(kSubscribers));
    directory.take(file.diagnostics);
    if (!file.subscribers.empty()) directory.check_mode(kSubscribers, "passwords");
    directory.keep(FileKind::subscribers, *text);
}

} // namespace

const char* file_name(FileKind kind) {
    switch (kind) {
    case FileKind::users:
        return kUsers;
    case FileKind::ip_pool:
        return kIpPool;
    case FileKind::subscribers:
        return kSubscribers;
    case FileKind::dictionary:
        return "dictionary";
    case FileKind::access_lists:
        return "access lists";
    case FileKind::state: // none of the configuration
        break;
    }
    return "";
}

const Secret* find_file(const Configuration& configuration, FileKind kind) {
    const auto found = configuration.files.find(kind);
    return found == configuration.files.end() ? nullptr : &found->second;
}

void keep_access_lists(Configuration& configuration) {
    configuration.files.insert_or_assign(FileKind::access_lists,
                                         Secret(conf::print(configuration.settings.access_lists)));
}

Configuration read_configuration(const std::string& confdir) {
    Configuration out;
    DirectoryReader directory(confdir, out);
    read_settings(directory, out);
    read_pool(directory, out);
    read_users(directory, out);
    read_subscribers(directory, out);
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

// SPDX-License-Identifier: ISC
#include "clid/master.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clid/child.h"
#include "clid/control_process.h"
#include "clid/counter_baseline.h"
#include "clid/fork_child.h"
#include "lib/conf/ip_pool.h"
#include "lib/conf/users.h"

namespace lns::clid {

namespace {

using namespace std::chrono_literals;

constexpr int kAcceptsPerWake = 64;
constexpr Clock::duration kPauseWhenFull = 1s; // no descriptors left: try again then
constexpr unsigned kIdleSeconds = 10 * 60;     // as a Cisco console
constexpr Clock::duration kLoginWithin = 1min; // connections without a user do not stay

// The parent has checked it.
void load_pool(worker::Worker& worker, SuiteView& view) {
    const auto pool = worker.read_file(imsg::FileKind::ip_pool);
    view.pool = conf::parse_ip_pool(pool.value_or(""), "ip_pool").plan;
}

SuiteView view_of(worker::Worker& worker) {
    std::vector<TableMap> maps;
    for (const auto& table : worker.kit().tables)
        maps.push_back({table.id, table.instance, &table.map});
    SuiteView view = make_view(maps);
    load_pool(worker, view);
    return view;
}

} // namespace

Master::Master(worker::Worker& worker)
    : worker_(worker), view_(view_of(worker)), speed_log_(worker.loop(), view_), passwords_(worker.loop()),
      requests_(worker), log_(worker.parent()),
      baselines_(worker.table(shm::TableId::counter_baseline).writer<shm::CounterValues>()),
      listener_(worker.take_socket(imsg::SocketKind::cli)), accept_again_(worker.loop(), [this] { listen(); }),
      child_watch_(worker.loop(), SIGCHLD, [this] { reap_children(); }) {
    fcntl(listener_.get(), F_SETFL, fcntl(listener_.get(), F_GETFL) | O_NONBLOCK);
    load_users();
    speed_log_.turn(worker_.config().config.dump_speed);
    worker_.on_config_changed([this] { config_changed(); });
    listen();
    control_secret_ = worker_.secret(imsg::SecretKind::control);
    for (auto& socket : worker_.take_sockets(imsg::SocketKind::control))
        control_socket_ = std::move(socket.fd);
    if (!control_socket_) return;
    control_ = std::make_unique<ControlPost>(worker_.loop(), requests_, worker_.counters(),
                                             [this](UniqueFd channel) { return start_control(std::move(channel)); });
    control_->start();
}

void Master::config_changed() {
    speed_log_.turn(worker_.config().config.dump_speed);
    if (worker_.file_is_new(imsg::FileKind::users)) load_users();
    if (worker_.file_is_new(imsg::FileKind::ip_pool)) load_pool(worker_, view_); // for connections to come
    Secret secret = worker_.secret(imsg::SecretKind::control);
    if (secret == control_secret_) return;
    control_secret_ = std::move(secret);
    if (control_) control_->restart();
}

void Master::load_users() {
    auto text = worker_.read_file(imsg::FileKind::users);
    users_file_ = text.has_value();
    if (!users_file_) log_info("no users file: no login is asked, and only loopback is served");
    if (!text) return passwords_.set_users({});
    conf::UsersFile file = conf::parse_users(*text, "users");
    explicit_bzero(text->data(), text->size());
    for (const std::string& line : file.diagnostics.lines())
        log_error("%s", line.c_str());
    if (file.users.size() == 0) log_warnx("the users file has no users: nobody can log in");
    passwords_.set_users(std::move(file.users));
}

void Master::listen() {
    accept_watch_.emplace(worker_.loop(), listener_.get(), [this] { accept_waiting(); });
}

void Master::accept_waiting() {
    for (int i = 0; i < kAcceptsPerWake; ++i) {
        sockaddr_in address{};
        socklen_t length = sizeof address;
        UniqueFd socket(accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_CLOEXEC));
        if (socket) {
            receive(std::move(socket), from_sockaddr(address));
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warn("accept");
            worker_.counters().add(Counter::refused_system);
            accept_watch_.reset();
            accept_again_.arm(kPauseWhenFull);
        }
        if (errno != EINTR && errno != ECONNABORTED) return;
    }
}

void Master::receive(UniqueFd socket, Endpoint peer) {
    switch (admission_.enter(peer.address, users_file_)) {
    case Admission::Verdict::not_local:
        return refuse(socket, peer, Counter::refused_remote, "There is no users file: loopback only");
    case Admission::Verdict::full:
        return refuse(socket, peer, Counter::refused_full, "Too many connections, try again later");
    case Admission::Verdict::too_many_of_source:
        return refuse(socket, peer, Counter::refused_source, "Too many connections from your address");
    case Admission::Verdict::admitted:
        return start_child(std::move(socket), peer);
    }
}

void Master::refuse(const UniqueFd& socket, Endpoint peer, Counter counter, const char* text) {
    worker_.counters().add(counter);
    log_limited(LogLevel::info, "connection from %s refused: %s", to_string(peer).c_str(), text);
    const std::string line = std::string(text) + "\r\n";
    send(socket.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

DoorRules Master::rules_for(Ipv4 source) const {
    const bool has_enable = passwords_.users().has_enable();
    return {users_file_, has_enable || !is_loopback(source), has_enable};
}

void Master::start_child(UniqueFd socket, Endpoint peer) {
    const DoorRules rules = rules_for(peer.address);
    worker_.counters().add(Counter::connections);
    auto [ours, theirs] = imsg::channel_pair();
    const pid_t master = getpid();
    Forked child = fork_child();
    if (child.pid == 0) become_child(std::move(socket), std::move(theirs), master, rules);
    if (child.pid < 0) {
        log_warn("fork");
        admission_.leave(peer.address);
        return refuse(socket, peer, Counter::refused_system, "No process left, try again later");
    }
    const std::uint32_t number = ++last_number_;
    const Services services{
        worker_.loop(),     passwords_,  requests_, log_, [this] { clear_counters(baselines_, view_, unix_seconds()); },
        worker_.counters(), kLoginWithin};
    auto connection = std::make_unique<Connection>(
        services, Connection::Child{number, child.pid, std::move(ours), std::move(socket), std::move(child.process)},
        peer, rules);
    log_info("connection %s", connection->who().c_str());
    connections_.emplace(number, std::move(connection));
}

// In a forked child: nothing of what only the master may know and do is left.
void Master::forget_everything() {
    passwords_.forget_everything();
    worker_.kit().secrets.clear();
    control_secret_ = Secret();
    for (auto& table : worker_.kit().tables)
        if (table.writable && !table.map.make_read_only()) _exit(EXIT_FAILURE);
}

Forked Master::start_control(UniqueFd channel) {
    const pid_t master = getpid();
    Forked child = fork_child();
    if (child.pid < 0) log_warn("fork");
    if (child.pid != 0) return child;
    Secret secret = control_secret_;
    forget_everything();
    serve_control({std::move(control_socket_), std::move(channel), master, std::move(secret)}, view_);
}

void Master::become_child(UniqueFd socket, UniqueFd channel, pid_t master, DoorRules rules) {
    forget_everything();
    const conf::Config config = worker_.config().config;
    const std::string hostname = config.hostname.empty() ? "l2tpns" : config.hostname.str();
    serve_connection(
        {std::move(socket), std::move(channel), master, {hostname, rules.ask_login, rules.ask_enable, kIdleSeconds}},
        view_);
}

void Master::reap_children() {
    int status = 0;
    pid_t pid = 0;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (!passwords_.process_ended(pid, status) && !(control_ && control_->process_ended(pid, status)))
            child_ended(pid, status);
}

void Master::child_ended(pid_t pid, int status) {
    for (auto it = connections_.begin(); it != connections_.end(); ++it) {
        const Connection& connection = *it->second;
        if (connection.pid() != pid) continue;
        if (WIFSIGNALED(status)) {
            worker_.counters().add(Counter::children_crashed);
            log_error("connection %s: its child died by signal %d", connection.who().c_str(), WTERMSIG(status));
        } else {
            log_info("connection %s ended", connection.who().c_str());
        }
        admission_.leave(connection.source());
        connections_.erase(it);
        return;
    }
}

} // namespace lns::clid

// SPDX-License-Identifier: ISC
#include "tests/unit/clid_suite.h"

#include "sessiond/services.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <dirent.h>
#include <fstream>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clid/master.h"
#include "lib/worker/worker.h"

namespace lns::clid {

namespace {

using namespace std::chrono_literals;

constexpr Clock::duration kPatience = 60s; // only a test that fails waits so long
constexpr shm::TableSizes kSizes{16, 17 * 256, 1000};
constexpr std::array kTables{
    shm::TableId::tunnels,          shm::TableId::sessions,         shm::TableId::session_aaa,
    shm::TableId::locator,          shm::TableId::session_counters, shm::TableId::process_counters,
    shm::TableId::config,           shm::TableId::processes,        shm::TableId::leases,
    shm::TableId::radius_requests,  shm::TableId::operation,        shm::TableId::counter_baseline,
    shm::TableId::carried_counters, shm::TableId::services,         shm::TableId::rule_counters,
    shm::TableId::memory,           shm::TableId::user_hashes,
};

UniqueFd memory_file(std::string_view text) {
    UniqueFd fd(memfd_create("clid-test", MFD_CLOEXEC));
    if (write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("memory file");
    return fd;
}

// What the clid program does, without giving up privileges that a test does not have.
[[noreturn]] void be_clid(UniqueFd parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    log_init("clid", LogLevel::call);
    tzset(); // as the prologue of a worker does, before the filter
    worker::Worker worker(Proc::cli, std::move(parent));
    worker.receive_start_kit();
    const Master master(worker);
    worker.serve();
    _exit(EXIT_SUCCESS);
}

std::uint16_t own_counters() { return shm::counters_instance(static_cast<unsigned>(Proc::cli), 0); }

std::uint16_t instance_of(shm::TableId id) {
    return id == shm::TableId::process_counters ? own_counters() : std::uint16_t{0};
}

} // namespace

Operator::Operator(EventLoop& loop, std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = to_sockaddr({Ipv4{INADDR_LOOPBACK}, port});
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("connect");
    watch_.emplace(loop, socket_.get(), [this] { readable(); });
}

void Operator::readable() {
    std::array<char, 65536> buffer;
    const ssize_t n = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) return void(raw_.append(buffer.data(), static_cast<std::size_t>(n)));
    closed_ = true;
    watch_.reset();
}

std::size_t Operator::type(std::string_view text) {
    if (closed_) return 0; // which is part of some tests
    const ssize_t n = send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
}

std::string Operator::seen() const {
    std::string out;
    for (std::size_t i = 0; i < raw_.size(); ++i) {
        if (raw_[i] == '\xff')
            i += 2; // IAC, verb, option
        else if (raw_[i] != '\r')
            out += raw_[i];
    }
    return out;
}

void Operator::hang_up() {
    watch_.reset();
    socket_.reset();
    closed_ = true;
}

ClidSuite::ClidSuite(Setup setup) : rundir_("/clid-test/" + std::to_string(getpid())) {
    make_tables();
    listen();
    auto [ours, theirs] = imsg::channel_pair();
    pid_ = fork();
    if (pid_ == 0) be_clid(std::move(theirs));
    if (pid_ < 0) throw std::runtime_error("fork");
    theirs.reset();
    map_tables();
    parent_ = std::make_unique<imsg::Channel>(Proc::parent, Proc::cli, std::move(ours));
    hand_over(setup);
    handle_messages();
    parent_->attach(loop_);
    if (!wait_for([this] { return ready_; })) throw std::runtime_error("clid does not get ready");
}

ClidSuite::~ClidSuite() {
    kill(pid_, SIGKILL); // its children follow it
    waitpid(pid_, nullptr, 0);
    shm::remove_all_segments(rundir_);
}

void ClidSuite::make_tables() {
    for (const shm::TableId id : kTables) {
        auto segment = shm::create_segment(rundir_, id, instance_of(id), kSizes);
        if (!segment) throw std::runtime_error(segment.error().message);
        tables_.push_back({std::move(*segment), {}});
    }
}

// After the fork, so that clid does not inherit what only writers have.
void ClidSuite::map_tables() {
    for (Made& made : tables_) {
        auto map = shm::Mapping::map(made.segment.writable.get(), made.segment.id, true);
        if (!map) throw std::runtime_error(map.error().message);
        made.map = std::move(*map);
    }
}

void ClidSuite::listen() {
    listener_.reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in any = to_sockaddr({Ipv4{INADDR_LOOPBACK}, 0});
    sockaddr_in bound{};
    socklen_t length = sizeof bound;
    if (bind(listener_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 ||
        ::listen(listener_.get(), 1024) != 0 ||
        getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0)
        throw std::runtime_error("listen");
    port_ = ntohs(bound.sin_port);
}

void ClidSuite::hand_over(const Setup& setup) {
    shm::ConfigRecord config;
    config.config.debug = 4;
    config.config.hostname = "lns1";
    config.config.users_file_present = setup.users.has_value();
    table(shm::TableId::config).writer<shm::ConfigRecord>().write(0, config);
    parent_->send(imsg::StartIdentity{Proc::cli, 4, 0, 1, 1, 0, 0, {}, {}, {}, 0});
    for (const Made& made : tables_) {
        const bool writable =
            made.segment.id == shm::TableId::process_counters || made.segment.id == shm::TableId::counter_baseline;
        const int fd = writable ? made.segment.writable.get() : made.segment.read_only.get();
        parent_->send(imsg::StartTable{static_cast<std::uint16_t>(made.segment.id), made.segment.instance, writable},
                      UniqueFd(dup(fd)));
    }
    parent_->send(imsg::StartSocket{imsg::SocketKind::cli, 0}, std::move(listener_));
    parent_->send(imsg::StartFile{imsg::FileKind::ip_pool, 0}, memory_file("192.168.100.0/24\n"));
    if (setup.users) parent_->send(imsg::StartFile{imsg::FileKind::users, 0}, memory_file(*setup.users));
    if (setup.with_sessiond) connect_sessiond();
    parent_->send(imsg::StartDone{});
}

void ClidSuite::handle_messages() {
    parent_->on<imsg::Ready>([this](const imsg::Ready&) { ready_ = true; });
    parent_->on<imsg::LogLine>([this](const imsg::LogLine& line) { log.push_back(line.text.str()); });
    parent_->on<imsg::Violation>([this](const imsg::Violation& v) { log.push_back("violation: " + v.why.str()); });
    parent_->on<imsg::ShowRunning>([this](const imsg::ShowRunning& question) {
        say(question.request, false, question.only_access_lists != 0 ? access_lists : running_config);
    });
    parent_->on<imsg::EditAccessList>([this](const imsg::EditAccessList& question) {
        list_changes.push_back(question.change);
        say(question.request, false, "");
    });
    parent_->on<imsg::SetKey>([this](const imsg::SetKey& question) {
        sets.push_back(question);
        say(question.request, question.number == 13, question.number == 13 ? "it is unlucky\n" : "as you wish\n");
    });
    parent_->on<imsg::ChangePlugin>([this](const imsg::ChangePlugin& question) {
        say(question.request, false, (question.remove != 0 ? "removed " : "loaded ") + question.name.str() + "\n");
    });
    parent_->on<imsg::WriteMemory>(
        [this](const imsg::WriteMemory& question) { say(question.request, false, "written\n"); });
    parent_->on<imsg::ReloadConfig>([this](const imsg::ReloadConfig& question) {
        say(question.request, true, "startup-config:7: nonsense\nthe old one is kept\x1b[2J\n");
    });
}

void ClidSuite::say(std::uint32_t request, bool failed, const std::string& text) {
    parent_->send(imsg::Document{request, static_cast<std::uint32_t>(text.size()), failed, 0}, memory_file(text));
}

void ClidSuite::connect_sessiond() {
    auto [ours, theirs] = imsg::channel_pair();
    parent_->send(imsg::StartChannel{Proc::session, 0, 0}, std::move(theirs));
    sessiond_ = std::make_unique<imsg::Channel>(Proc::session, Proc::cli, std::move(ours));
    serve_sessiond(*sessiond_);
    sessiond_->attach(loop_);
}

void ClidSuite::reload_users(const std::string& users) {
    parent_->send(imsg::StartFile{imsg::FileKind::users, 0}, memory_file(users));
    parent_->send(imsg::ConfigChanged{2});
}

void ClidSuite::serve_sessiond(imsg::Channel& channel) {
    channel.on<imsg::DropSession>([this, &channel](const imsg::DropSession& question) {
        drops.push_back(question);
        const bool known = table(shm::TableId::sessions).reader<shm::SessionRecord>().get(question.session).state ==
                           shm::SessionState::open;
        const std::string text =
            "Session " + std::to_string(question.session) + (known ? " dropped" : " is not active.");
        if (answer_drops) channel.send(imsg::CommandResult{question.request, known ? 0U : 1U, text});
    });
    channel.on<imsg::ChangeServices>([this, &channel](const imsg::ChangeServices& question) {
        const auto record = table(shm::TableId::sessions).reader<shm::SessionRecord>().get(question.session);
        auto all = table(shm::TableId::services).writer<shm::SessionServices>();
        sessiond::Services services{all.get(question.session), {}, {}};
        const auto done = sessiond::apply_change(question.change, settings, record.user.view(), services);
        services.record.generation = record.generation;
        all.write(question.session, services.record);
        changes.push_back(question);
        channel.send(imsg::CommandResult{question.request, done ? 0U : 1U, done ? *done : done.error().message});
    });
    channel.on<imsg::DropTunnel>([this, &channel](const imsg::DropTunnel& question) {
        tunnel_drops.push_back(question);
        const std::string text = "Tunnel " + std::to_string(question.tunnel) + " shut down (\x1b[2Jlac)";
        if (answer_drops) channel.send(imsg::CommandResult{question.request, 0, text});
    });
}

shm::Mapping& ClidSuite::table(shm::TableId id) {
    for (Made& made : tables_)
        if (made.segment.id == id) return made.map;
    throw std::runtime_error("no such table");
}

void ClidSuite::put_tunnel(std::uint32_t index, const shm::TunnelRecord& record, std::uint32_t block) {
    table(shm::TableId::tunnels).writer<shm::TunnelRecord>().write(index, record);
    shm::LocatorWriter locator(table(shm::TableId::locator).view<std::uint32_t>(), kSizes.tunnels);
    locator.set_tunnel(record.local_id, TunnelIndex{index});
    locator.set_block(TunnelIndex{index}, 0, block);
}

void ClidSuite::put_session(std::uint32_t sid, const shm::SessionRecord& record) {
    table(shm::TableId::sessions).writer<shm::SessionRecord>().write(sid, record);
    shm::UserHashWriter hashes(table(shm::TableId::user_hashes).view<std::uint32_t>());
    hashes.set(sid, shm::UserHashes::of(record.user.view()));
}

std::uint64_t ClidSuite::counter(std::size_t which) {
    return shm::CounterWords(table(shm::TableId::process_counters).view<std::uint64_t>()).get(which);
}

Operator& ClidSuite::connect() {
    operators_.push_back(std::make_unique<Operator>(loop_, port_));
    return *operators_.back();
}

Operator& ClidSuite::connect_to_prompt(const std::string& prompt) {
    Operator& who = connect();
    EXPECT_TRUE(wait_for([&] { return who.seen().ends_with(prompt); })) << who.seen();
    return who;
}

bool ClidSuite::wait_for(const std::function<bool()>& so) {
    const MonoTime deadline = Clock::now() + kPatience;
    Timer tick(loop_, [] {});
    while (!so()) {
        if (Clock::now() > deadline) return false;
        tick.arm(20ms);
        loop_.run_once();
    }
    return true;
}

std::string ClidSuite::dialogue(Operator& who, const std::string& line, const std::string& prompt) {
    const std::size_t before = who.seen().size();
    who.type(line + "\r\n");
    // The echo of what was typed may hold the prompt's text, so it has to come last.
    wait_for([&] {
        const std::string seen = who.seen();
        return who.closed() || (seen.size() > before + prompt.size() && seen.ends_with(prompt));
    });
    return who.seen().substr(before);
}

bool ClidSuite::master_lives() const { return waitpid(pid_, nullptr, WNOHANG) == 0; }

bool ClidSuite::logged(std::string_view text) const {
    return std::any_of(log.begin(), log.end(), [&](const std::string& line) { return line.find(text) != line.npos; });
}

std::vector<pid_t> ClidSuite::child_pids() const {
    const std::string pid = std::to_string(pid_);
    std::ifstream list("/proc/" + pid + "/task/" + pid + "/children");
    std::vector<pid_t> children;
    for (pid_t child = 0; list >> child;)
        children.push_back(child);
    return children;
}

std::vector<int> descriptors_of(pid_t pid) {
    std::vector<int> open;
    DIR* directory = opendir(("/proc/" + std::to_string(pid) + "/fd").c_str());
    if (directory == nullptr) return open;
    while (const dirent* entry = readdir(directory))
        if (entry->d_name[0] != '.') open.push_back(atoi(entry->d_name));
    closedir(directory);
    return open;
}

std::size_t writable_tables_of(pid_t pid) {
    std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);)
        if (line.find("/dev/shm/l2tpns-") != std::string::npos && line.find(" rw-s ") != std::string::npos) ++count;
    return count;
}

} // namespace lns::clid

// SPDX-License-Identifier: ISC
#include "config.h"

#include "lib/worker/worker.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/conf/config.h"
#include "lib/imsg/suite_layout.h"
#include "lib/worker/sandbox.h"
#include "lib/worker/system_call_filter.h"

namespace lns::worker {

namespace {

constexpr int kParentFd = 3;
constexpr std::chrono::milliseconds kDrainPoll{1};
constexpr std::chrono::milliseconds kDrainAtMost{200};
constexpr std::size_t kMaxConfigFile = std::size_t{64} << 20;

} // namespace

Worker::Worker(Proc self, UniqueFd parent_fd)
    : self_(self), loop_(std::make_unique<EventLoop>()),
      parent_(std::make_unique<imsg::Channel>(self, Proc::parent, std::move(parent_fd))), leave_timer_(*loop_, [this] {
          if (packets_wait() && Clock::now() < leave_deadline_)
              leave_timer_.arm(kDrainPoll);
          else
              loop_->stop();
      }) {}

Worker::~Worker() { log_set_sink({}); }

void Worker::set_start_handlers(bool& done) {
    using namespace imsg;
    parent_->on<StartIdentity>([this](const StartIdentity& b) {
        kit_.identity = b;
        log_set_threshold(static_cast<LogLevel>(b.log_level));
    });
    parent_->on<StartTable>([this](const StartTable& b, UniqueFd fd) {
        if (b.table >= shm::kTableCount) fatalx("unknown table %u", b.table);
        const auto id = static_cast<shm::TableId>(b.table);
        auto map = shm::Mapping::map(fd.get(), id, b.writable != 0);
        if (!map) fatalx("%s", map.error().message.c_str());
        kit_.tables.push_back({id, b.instance, b.writable != 0, std::move(*map)});
    });
    parent_->on<StartMap>([this](const StartMap& b, UniqueFd fd) {
        void* const at = mmap(nullptr, b.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
        if (at == MAP_FAILED) fatal("map %u of the fast path", static_cast<unsigned>(b.kind));
        kit_.maps.push_back({b.kind, {static_cast<std::byte*>(at), b.bytes}});
    });
    parent_->on<StartSocket>([this](const StartSocket& b, UniqueFd fd) {
        if (b.kind == SocketKind::l2tp || b.kind == SocketKind::relay || b.kind == SocketKind::tun)
            packet_fds_.push_back(fd.get());
        kit_.sockets.push_back({b.kind, b.instance, std::move(fd)});
    });
    // Files and secrets come again when the configuration was reloaded.
    parent_->on<StartFile>([this](const StartFile& b, UniqueFd fd) {
        std::erase_if(kit_.files, [&](const auto& known) { return known.first == b.kind; });
        if (b.absent == 0) kit_.files.emplace_back(b.kind, std::move(fd));
        new_files_.insert(b.kind);
    });
    parent_->on<StartSecret>([this](const StartSecret& b) {
        std::erase_if(kit_.secrets, [&](const auto& known) { return known.first == b.kind; });
        kit_.secrets.emplace_back(b.kind, Secret(b.value.view()));
    });
    parent_->on<StartChannel>([this](const StartChannel& b, UniqueFd fd) {
        kit_.peers.push_back({b.proc, b.instance, std::move(fd)});
    });
    parent_->on<StartLock>([this](const StartLock&, UniqueFd fd) { kit_.writers_lock = std::move(fd); });
    parent_->on<StartDone>([&done](const StartDone&) { done = true; });
    parent_->on<Ping>([this](const Ping& b) { parent_->send(Pong{b.sequence}); });
    parent_->on<ConfigChanged>([](const ConfigChanged&) {});
    parent_->on<LogWanted>([this](const LogWanted& b) { log_wanted_ = b.level; });
}

void Worker::receive_start_kit() {
    bool done = false;
    set_start_handlers(done);
    while (!done)
        if (!parent_->receive_blocking()) fatalx("the parent left during start-up");
    new_files_.clear();
    set_running_handlers();
    const std::uint16_t own = shm::counters_instance(static_cast<unsigned>(self_), instance());
    if (has_table(shm::TableId::process_counters, own))
        counters_ = shm::CounterWords(table(shm::TableId::process_counters, own).view<std::uint64_t>());
}

void Worker::drop_privileges() {
    const auto& id = kit_.identity;
    const conf::Config wanted = config().config;
    enter_jail({self_, id.chroot_path.str(), id.uid, id.gid, wanted.lock_pages, wanted.scheduler_fifo,
                shm::session_slots(wanted.max_sessions, wanted.max_tunnels)});
    confine(self_, Phase::starting);
    confined_ = true;
}

void Worker::set_running_handlers() {
    using namespace imsg;
    parent_->on<StartChannel>([this](const StartChannel& b, UniqueFd fd) {
        connect_peer({b.proc, b.instance, std::move(fd)});
    });
    parent_->on<LogWanted>([this](const LogWanted& b) {
        log_wanted_ = b.level;
        set_log_threshold();
    });
    parent_->on<ConfigChanged>([this](const ConfigChanged&) {
        set_log_threshold();
        if (config_changed_) config_changed_();
    });
    parent_->on_closed([this] { parent_left(); });
    leave_watch_.emplace(*loop_, SIGTERM, [this] { asked_to_leave(); });
    parent_->on_violation([](const std::string& why) { fatalx("from the parent: %s", why.c_str()); });
    log_set_sink([this](LogLevel level, std::string_view line) { send_log(level, line); });
}

void Worker::set_log_threshold() {
    log_set_threshold(static_cast<LogLevel>(std::max(config().config.debug, log_wanted_)));
}

void Worker::send_log(LogLevel level, std::string_view line) {
    if (log_lines_lost_ > 0) {
        const std::string lost = std::to_string(log_lines_lost_) + " log lines were lost: there were too many at once";
        const std::string with_name = std::string(proc_name(self_)) + ": " + lost;
        imsg::LogLine report{static_cast<std::uint32_t>(LogLevel::warning), std::string_view(with_name)};
        if (parent_->is_open() && parent_->send(report)) log_lines_lost_ = 0;
    }
    imsg::LogLine body{static_cast<std::uint32_t>(level), line};
    if (!parent_->is_open() || !parent_->send(body)) ++log_lines_lost_;
    if (level <= LogLevel::error) parent_->flush(); // it may be the last one
}

// Its successor ends this process within the grace; without one it stops silently.
void Worker::parent_left() {
    leave_deadline_ = MonoTime{};
    leave_timer_.arm(std::chrono::seconds(config().config.restart_grace));
}

// By the parent: at once, since what waits in the sockets is read by the worker that follows. By the successor of a
// parent that left: it has sockets and queues of its own, so ours are emptied first.
void Worker::asked_to_leave() {
    const Clock::duration patience = parent_->is_open() ? Clock::duration::zero() : kDrainAtMost;
    leave_deadline_ = Clock::now() + patience;
    leave_timer_.arm(Clock::duration::zero()); // after what this round of the loop has still to send
}

bool Worker::packets_wait() const {
    std::vector<pollfd> polled;
    for (const int fd : packet_fds_)
        polled.push_back({fd, POLLIN, 0});
    return poll(polled.data(), polled.size(), 0) > 0;
}

shm::Mapping& Worker::table(shm::TableId id, std::uint16_t instance) {
    for (auto& table : kit_.tables)
        if (table.id == id && table.instance == instance) return table.map;
    fatalx("table %s/%u was not handed over", shm::table_def(id).name.data(), instance);
}

bool Worker::has_table(shm::TableId id, std::uint16_t instance) const {
    for (const auto& table : kit_.tables)
        if (table.id == id && table.instance == instance) return true;
    return false;
}

std::span<std::byte> Worker::map_memory(imsg::MapKind kind) const {
    for (const StartKit::Map& map : kit_.maps)
        if (map.kind == kind) return map.memory;
    return {};
}

UniqueFd Worker::take_socket(imsg::SocketKind kind, std::uint32_t instance) {
    for (auto& socket : kit_.sockets)
        if (socket.kind == kind && socket.instance == instance && socket.fd) return std::move(socket.fd);
    fatalx("a socket of kind %u was not handed over", static_cast<unsigned>(kind));
}

std::vector<OwnedSocket> Worker::take_sockets(imsg::SocketKind kind) {
    std::vector<OwnedSocket> taken;
    for (auto& socket : kit_.sockets)
        if (socket.kind == kind && socket.fd) taken.push_back(std::move(socket));
    return taken;
}

std::optional<std::string> Worker::read_file(imsg::FileKind kind) {
    for (const auto& [which, fd] : kit_.files) {
        if (which != kind) continue;
        std::string text;
        std::array<char, 65536> buffer;
        ssize_t n = 0;
        while (text.size() < kMaxConfigFile &&
               (n = pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0)
            text.append(buffer.data(), static_cast<std::size_t>(n));
        explicit_bzero(buffer.data(), buffer.size()); // it may have held passwords
        return text;
    }
    return std::nullopt;
}

bool Worker::file_is_new(imsg::FileKind kind) { return new_files_.erase(kind) > 0; }

UniqueFd Worker::take_file(imsg::FileKind kind) {
    UniqueFd taken;
    std::erase_if(kit_.files, [&](auto& file) {
        if (file.first != kind) return false;
        taken = std::move(file.second);
        return true;
    });
    return taken;
}

Secret Worker::secret(imsg::SecretKind kind) const {
    for (const auto& [which, value] : kit_.secrets)
        if (which == kind) return value;
    return {};
}

shm::ConfigRecord Worker::config() const {
    for (const auto& table : kit_.tables)
        if (table.id == shm::TableId::config) return table.map.reader<shm::ConfigRecord>().get(0);
    fatalx("no configuration was handed over");
}

shm::CounterWords& Worker::counters() { return counters_; }

void Worker::on_peer(Proc proc, Connected connected) {
    peer_calls_.emplace_back(proc, std::move(connected));
    for (auto& peer : kit_.peers)
        if (peer.proc == proc && peer.fd) connect_peer(std::move(peer));
}

void Worker::connect_peer(StartKit::Peer peer) {
    for (PeerChannel& old : peers_) // the last words of the one that ended
        if (old.proc == peer.proc && old.instance == peer.instance) old.channel->receive_pending();
    std::erase_if(peers_, [&](const PeerChannel& p) { return p.proc == peer.proc && p.instance == peer.instance; });
    auto channel = std::make_unique<imsg::Channel>(self_, peer.proc, std::move(peer.fd), peer.instance);
    channel->on_violation([this, proc = peer.proc, instance = peer.instance](const std::string& why) {
        parent_->send(imsg::Violation{proc, 0, instance, std::string_view(why)});
    });
    peers_.push_back({peer.proc, peer.instance, std::move(channel)});
    announce_peer(peers_.back());
}

void Worker::announce_peer(PeerChannel& peer) {
    imsg::Channel& channel = *peer.channel;
    channel.around_batch(before_, after_);
    if (flush_soon_) hold(channel);
    for (const auto& [proc, connected] : peer_calls_)
        if (proc == peer.proc) connected(channel);
    channel.attach(*loop_);
}

imsg::Channel* Worker::peer(Proc proc, std::uint16_t instance) {
    for (auto& p : peers_)
        if (p.proc == proc && p.instance == instance && p.channel->is_open()) return p.channel.get();
    return nullptr;
}

void Worker::around_messages(std::function<void()> before, std::function<void()> after) {
    before_ = std::move(before);
    after_ = std::move(after);
    parent_->around_batch(before_, after_);
    for (auto& p : peers_)
        p.channel->around_batch(before_, after_);
}

void Worker::hold(imsg::Channel& channel) {
    channel.hold([this] { flush_soon_->post(); });
}

void Worker::hold_messages() {
    flush_soon_.emplace(*loop_, [this] { flush_messages(); });
    hold(*parent_);
    for (auto& p : peers_)
        hold(*p.channel);
}

void Worker::flush_messages() {
    for (auto& p : peers_)
        p.channel->flush();
    parent_->flush();
}

void Worker::serve() {
    if (confined_) confine(self_, Phase::serving);
    parent_->attach(*loop_);
    parent_->send(imsg::Ready{});
    loop_->run();
    flush_messages();
}

namespace {

int print_layout() {
    puts(lns::print_layout(own_layout()).c_str());
    return EXIT_SUCCESS;
}

} // namespace

int run(int argc, char** argv, Proc self, const std::function<void(Worker&)>& serve) {
    const std::string_view option = argc > 1 ? argv[1] : "";
    if (option == "--layout") return print_layout();
    if (option == "--version") {
        printf("%s %s\n", proc_name(self).data(), PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    log_init(proc_name(self), LogLevel::info);
    if (fcntl(kParentFd, F_GETFD) < 0) {
        fprintf(stderr, "%s is started by l2tpnsd(8), not by hand\n", argv[0]);
        return EXIT_FAILURE;
    }
    fcntl(kParentFd, F_SETFD, FD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); // signals are the parent's business; a terminal's ^C reaches the whole group
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    try {
        Worker worker(self, UniqueFd(kParentFd));
        worker.receive_start_kit();
        worker.drop_privileges();
        serve(worker);
    } catch (const std::exception& e) {
        fatalx("%s", e.what());
    }
    return EXIT_SUCCESS;
}

} // namespace lns::worker

// SPDX-License-Identifier: ISC
#include "config.h"

#include "lib/worker/worker.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "lib/conf/config.h"
#include "lib/worker/sandbox.h"

namespace lns::worker {

namespace {

constexpr int kParentFd = 3;
constexpr std::size_t kMaxConfigFile = std::size_t{64} << 20;

} // namespace

Worker::Worker(Proc self, UniqueFd parent_fd)
    : self_(self), loop_(std::make_unique<EventLoop>()),
      parent_(std::make_unique<imsg::Channel>(self, Proc::parent, std::move(parent_fd))) {}

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
    parent_->on<StartSocket>([this](const StartSocket& b, UniqueFd fd) {
        kit_.sockets.push_back({b.kind, b.instance, std::move(fd)});
    });
    // Files and secrets come again when the configuration was reloaded.
    parent_->on<StartFile>([this](const StartFile& b, UniqueFd fd) {
        std::erase_if(kit_.files, [&](const auto& known) { return known.first == b.kind; });
        kit_.files.emplace_back(b.kind, std::move(fd));
    });
    parent_->on<StartSecret>([this](const StartSecret& b) {
        std::erase_if(kit_.secrets, [&](const auto& known) { return known.first == b.kind; });
        kit_.secrets.emplace_back(b.kind, Secret(b.value.view()));
    });
    parent_->on<StartChannel>([this](const StartChannel& b, UniqueFd fd) {
        kit_.peers.push_back({b.proc, b.instance, std::move(fd)});
    });
    parent_->on<StartDone>([&done](const StartDone&) { done = true; });
    parent_->on<Ping>([this](const Ping& b) { parent_->send(Pong{b.sequence}); });
    parent_->on<ConfigChanged>([](const ConfigChanged&) {});
}

void Worker::receive_start_kit() {
    bool done = false;
    set_start_handlers(done);
    while (!done)
        if (!parent_->receive_blocking()) fatalx("the parent left during start-up");
    set_running_handlers();
    const std::uint16_t own = shm::counters_instance(static_cast<unsigned>(self_), instance());
    if (has_table(shm::TableId::process_counters, own))
        counters_ = shm::CounterWords(table(shm::TableId::process_counters, own).view<std::uint64_t>());
}

void Worker::drop_privileges() {
    const auto& id = kit_.identity;
    enter_jail({id.chroot_path.str(), id.uid, id.gid});
}

void Worker::set_running_handlers() {
    using namespace imsg;
    parent_->on<StartChannel>([this](const StartChannel& b, UniqueFd fd) {
        connect_peer({b.proc, b.instance, std::move(fd)});
    });
    parent_->on<ConfigChanged>([this](const ConfigChanged&) {
        log_set_threshold(static_cast<LogLevel>(config().config.debug));
        if (config_changed_) config_changed_();
    });
    parent_->on_closed([this] { loop_->stop(); });
    parent_->on_violation([](const std::string& why) { fatalx("from the parent: %s", why.c_str()); });
    log_set_sink([this](LogLevel level, std::string_view line) { send_log(level, line); });
}

void Worker::send_log(LogLevel level, std::string_view line) {
    imsg::LogLine body{static_cast<std::uint32_t>(level), line};
    if (!parent_->is_open() || !parent_->send(body)) ++log_lines_lost_;
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
        return text;
    }
    return std::nullopt;
}

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

void Worker::serve() {
    parent_->attach(*loop_);
    parent_->send(imsg::Ready{});
    loop_->run();
}

namespace {

int print_layout() {
    printf("tables %016llx messages %016llx\n", static_cast<unsigned long long>(shm::layout_of_all_tables()),
           static_cast<unsigned long long>(imsg::layout_hash()));
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

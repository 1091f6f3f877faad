// SPDX-License-Identifier: ISC
// Parent and sessiond in one, for tests of datapathd alone: makes device, sockets and tables, starts the real
// worker, and writes the one session's record as it is told. Run by root in the LNS's namespace.
//
//   datapath_rig DATAPATHD EMPTY-DIRECTORY FIFO LNS-IP LAC-IP SUBSCRIBER-IP TUN-IP
//
// One command a line from FIFO: active | removing | mru N | route A.B.C.D/N | icmp_rate N | counters FILE.
// Says "ready" once it serves and "confirmed" when the worker confirms a removal.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <stdexcept>
#include <sys/wait.h>

#include "datapathd/counters.h"
#include "l2tpnsd/netlink.h"
#include "l2tpnsd/sockets.h"
#include "l2tpnsd/tun.h"
#include "lib/base/log.h"
#include "lib/imsg/channel.h"
#include "shm/locator.h"
#include "shm/segment.h"

using namespace lns;
using shm::TableId;

namespace {

constexpr TunnelId kTunnel{4242};
constexpr SessionIndex kSession{256 + 5}; // wire id 5: the mask is 0
constexpr std::uint32_t kNobody = 65534;
constexpr auto kDatapath = static_cast<unsigned>(Proc::datapath);

template <class T>
T need(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}
Ipv4 address(const char* text) {
    const auto a = parse_ipv4(text);
    if (!a) throw std::runtime_error(text);
    return *a;
}

class Tables {
public:
    Tables() {
        config_.config.max_tunnels = 8;
        config_.config.max_sessions = 1024;
        for (const auto& [id, instance] : std::initializer_list<std::pair<TableId, std::uint16_t>>{
                 {TableId::forward, 0},
                 {TableId::session_aaa, 0},
                 {TableId::locator, 0},
                 {TableId::config, 0},
                 {TableId::services, 0},
                 {TableId::throttle, 0},
                 {TableId::data_sequence, 0},
                 {TableId::rule_counters, 0},
                 {TableId::fast_path, 0},
                 {TableId::session_counters, 0},
                 {TableId::process_counters, shm::counters_instance(kDatapath, 0)}}) {
            segments_.push_back(need(shm::create_segment(rundir(), id, instance, shm::table_sizes(config_.config))));
            maps_.emplace(id, need(shm::Mapping::map(segments_.back().writable.get(), id, true)));
        }
        shm::LocatorWriter locator(map(TableId::locator).view<std::uint32_t>(), 9);
        locator.set_tunnel(kTunnel, TunnelIndex{1});
        locator.set_block(TunnelIndex{1}, 0, 1);
        set_icmp_rate(0);
    }
    ~Tables() { shm::remove_all_segments(rundir()); }
    Tables(const Tables&) = delete;
    Tables& operator=(const Tables&) = delete;

    void hand_over(imsg::Channel& worker) {
        for (const shm::Segment& s : segments_) {
            const bool own = s.id == TableId::session_counters || s.id == TableId::process_counters ||
                             s.id == TableId::throttle || s.id == TableId::rule_counters ||
                             s.id == TableId::data_sequence;
            const UniqueFd& fd = own ? s.writable : s.read_only;
            worker.send(imsg::StartTable{static_cast<std::uint16_t>(s.id), s.instance, own ? 1U : 0U},
                        UniqueFd(dup(fd.get())));
        }
    }
    void set_icmp_rate(std::uint32_t rate) {
        ++config_.generation;
        config_.config.icmp_rate = rate;
        map(TableId::config).writer<shm::ConfigRecord>().write(0, config_);
    }
    void write(const shm::ForwardRecord& record) {
        map(TableId::forward).writer<shm::ForwardRecord>().write(raw(kSession), record);
    }
    void write(const shm::SessionAaa& aaa) {
        map(TableId::session_aaa).writer<shm::SessionAaa>().write(raw(kSession), aaa);
    }
    void print_counters(const std::string& path) {
        FILE* out = fopen((path + ".new").c_str(), "w");
        if (out == nullptr) throw std::runtime_error(path);
        const auto words = map(TableId::process_counters).view<std::uint64_t>();
        for (const auto& def : datapath::kCounters)
            fprintf(out, "%s=%llu\n", def.name.data(),
                    static_cast<unsigned long long>(words[static_cast<std::size_t>(def.counter)]));
        const auto& s = map(TableId::session_counters).view<shm::SessionCounters>()[raw(kSession)];
        for (const auto& [name, value] : {std::pair{"up_packets", s.up_packets},
                                          {"up_octets", s.up_octets},
                                          {"down_packets", s.down_packets},
                                          {"down_octets", s.down_octets},
                                          {"up_dropped", s.up_dropped},
                                          {"down_dropped", s.down_dropped}})
            fprintf(out, "session_%s=%llu\n", name, static_cast<unsigned long long>(value));
        fclose(out);
        rename((path + ".new").c_str(), path.c_str());
    }

private:
    static std::string rundir() { return "/datapath-rig/" + std::to_string(getpid()); }
    shm::Mapping& map(TableId id) { return maps_.at(id); }

    shm::ConfigRecord config_;
    std::vector<shm::Segment> segments_;
    std::map<TableId, shm::Mapping> maps_;
};

pid_t start_worker(const char* program, int channel) {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    if (dup2(channel, 3) != 3) _exit(127);
    execl(program, "datapathd", nullptr);
    _exit(127);
}

class Rig {
public:
    explicit Rig(char** argv)
        : parent_fds_(imsg::channel_pair()), parent_(Proc::parent, Proc::datapath, std::move(parent_fds_.first)),
          peer_fds_(imsg::channel_pair()), sessiond_(Proc::session, Proc::datapath, std::move(peer_fds_.first)),
          relay_(need(parent::make_relay_pair())) {
        record_.generation = Generation{1};
        record_.local = address(argv[4]);
        record_.peer = address(argv[5]);
        record_.address = address(argv[6]);
        record_.peer_port = 1701;
        record_.peer_tunnel = PeerTunnelId{17};
        record_.peer_session = PeerSessionId{23};
        record_.mru = 1500;
        make_device(address(argv[7]));
        worker_ = start_worker(argv[1], parent_fds_.second.get());
        parent_fds_.second.reset();
        parent_.on<imsg::LogLine>([](const imsg::LogLine& l) { printf("%s\n", l.text.str().c_str()), fflush(stdout); });
        parent_.on<imsg::Ready>([](const imsg::Ready&) { printf("ready\n"), fflush(stdout); });
        parent_.on_closed([this] { loop_.stop(); });
        sessiond_.on<imsg::ForwardRemoved>(
            [](const imsg::ForwardRemoved& m) { printf("confirmed %u\n", m.generation), fflush(stdout); });
        send_kit(argv[2], need(parent::open_l2tp_sockets(Ipv4{}, parent::kL2tpPort, 1, true)));
        commands_ = UniqueFd(open(argv[3], O_RDWR | O_CLOEXEC));
        if (!commands_) throw std::runtime_error(argv[3]);
    }
    ~Rig() {
        parent_.close();
        if (worker_ > 0) kill(worker_, SIGKILL), waitpid(worker_, nullptr, 0);
    }
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    void run() {
        parent_.attach(loop_);
        sessiond_.attach(loop_);
        const ReadWatch commands(loop_, commands_.get(), [this] { read_commands(); });
        const SignalWatch end(loop_, SIGTERM, [this] { loop_.stop(); });
        loop_.run();
    }

private:
    void make_device(Ipv4 own) {
        tun_ = need(parent::create_tun("", 1));
        auto netlink = need(parent::Netlink::open());
        need(netlink.set_link_up(tun_.index, 1500));
        need(netlink.set_address(tun_.index, own));
        need(netlink.add_route({Ipv4{record_.address.value & Prefix4::mask(16)}, 16}, tun_.index));
    }
    void send_kit(const char* directory, std::vector<UniqueFd> l2tp) {
        imsg::StartIdentity identity{};
        identity.proc = Proc::datapath;
        identity.log_level = 3;
        identity.instances = 1;
        identity.uid = identity.gid = kNobody;
        identity.chroot_path = std::string_view(directory);
        parent_.send(identity);
        tables_.hand_over(parent_);
        parent_.send(imsg::StartSocket{imsg::SocketKind::l2tp, 0}, std::move(l2tp[0]));
        parent_.send(imsg::StartSocket{imsg::SocketKind::tun, 0}, std::move(tun_.queues[0]));
        parent_.send(imsg::StartSocket{imsg::SocketKind::icmp, 0}, need(parent::open_icmp_socket()));
        parent_.send(imsg::StartSocket{imsg::SocketKind::snoop, 0}, need(parent::open_snoop_socket()));
        parent_.send(imsg::StartSocket{imsg::SocketKind::relay, 0}, std::move(relay_.second));
        parent_.send(imsg::StartChannel{Proc::session, 0, 0}, std::move(peer_fds_.second));
        parent_.send(imsg::StartDone{});
    }
    void publish() {
        tables_.write(record_);
        sessiond_.send(imsg::ForwardChanged{raw(kSession), raw(record_.generation)});
    }
    void read_commands() {
        std::array<char, 4096> buffer;
        const ssize_t n = read(commands_.get(), buffer.data(), buffer.size());
        if (n > 0) pending_.append(buffer.data(), static_cast<std::size_t>(n));
        for (std::size_t end = 0; (end = pending_.find('\n')) != pending_.npos; pending_.erase(0, end + 1))
            obey(pending_.substr(0, end));
    }
    void obey(const std::string& line) {
        const std::size_t blank = std::min(line.find(' '), line.size());
        const std::string word = line.substr(0, blank);
        const std::string value = blank < line.size() ? line.substr(blank + 1) : "";
        const auto number = static_cast<std::uint16_t>(strtoul(value.c_str(), nullptr, 10));
        if (word == "counters") return tables_.print_counters(value);
        if (word == "icmp_rate") {
            tables_.set_icmp_rate(number);
            parent_.send(imsg::ConfigChanged{1});
            return;
        }
        if (word == "active") record_.state = shm::ForwardState::active;
        if (word == "removing") record_.state = shm::ForwardState::removing;
        if (word == "mru") record_.mru = number;
        if (word == "route") set_route(*parse_prefix4(value));
        publish();
    }
    void set_route(const Prefix4& route) {
        shm::SessionAaa aaa;
        aaa.generation = record_.generation;
        aaa.route_addresses[0] = route.address;
        aaa.route_lengths[0] = route.length;
        aaa.route_count = 1;
        record_.route_count = 1;
        tables_.write(aaa);
        need(need(parent::Netlink::open()).add_route(route, tun_.index));
    }

    EventLoop loop_;
    Tables tables_;
    shm::ForwardRecord record_;
    std::pair<UniqueFd, UniqueFd> parent_fds_;
    imsg::Channel parent_;
    std::pair<UniqueFd, UniqueFd> peer_fds_;
    imsg::Channel sessiond_;
    std::pair<UniqueFd, UniqueFd> relay_;
    parent::Tun tun_;
    UniqueFd commands_;
    std::string pending_;
    pid_t worker_ = -1;
};

} // namespace

int main(int argc, char** argv) try {
    if (argc != 8) return EXIT_FAILURE;
    log_init("datapath_rig", LogLevel::info);
    Rig(argv).run();
    return EXIT_SUCCESS;
} catch (const std::exception& e) {
    fprintf(stderr, "datapath_rig: %s\n", e.what());
    return EXIT_FAILURE;
}

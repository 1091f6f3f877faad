// SPDX-License-Identifier: ISC
// What the tests of the whole worker over loopback share: a parent and a sessiond of the test's own in the same
// process, and a small RADIUS server.
#pragma once

#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/digest.h"
#include "radiusd-client/service.h"

namespace lns::radius_client {

using namespace std::chrono_literals;
using imsg::AuthVerdict;
using radius::Attr;
using radius::Code;

inline const Secret kSecret("s3cret");
inline constexpr Ipv4 kLoopback{0x7f000001};
inline constexpr shm::TableSizes kSizes{9, 2048, 1000};

inline UniqueFd udp_socket(std::uint16_t port) {
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = to_sockaddr({kLoopback, port});
    return bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? std::move(fd)
                                                                                            : UniqueFd();
}

inline std::uint16_t port_of(const UniqueFd& fd) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
}

// A server on two adjoining ports: the second one is for accounting.
class FakeServer {
public:
    explicit FakeServer(EventLoop& loop) {
        while (!auth_.valid() || !acct_.valid()) {
            auth_ = udp_socket(0);
            acct_ = udp_socket(static_cast<std::uint16_t>(port_of(auth_) + 1));
        }
        for (const UniqueFd* fd : {&auth_, &acct_}) { // without privileges the packets are lost and come again
            const int room = 8 << 20;
            setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
        }
        watches_.emplace_back(loop, auth_.get(), [this] { receive(auth_); });
        watches_.emplace_back(loop, acct_.get(), [this] { receive(acct_); });
    }
    std::uint16_t port() const { return port_of(auth_); }

    struct Packet {
        std::vector<std::uint8_t> octets;
        sockaddr_in from{};
        bool acct = false;
        radius::PacketView view() const { return *radius::PacketView::parse(octets); }
        Bytes value(Attr type) const {
            Bytes out;
            return view().find(type, out) ? out : Bytes();
        }
        std::string text(Attr type) const { return std::string(as_text(value(type))); }
        std::uint32_t number(Attr type) const {
            std::uint32_t v = 0xdeadbeef;
            Reader r(value(type));
            return r.u32(v) ? v : 0xdeadbeef;
        }
    };
    std::vector<Packet> received;
    std::function<void(const Packet&)> on_packet;

    // A reply with these attributes; with Message-Authenticator unless told otherwise.
    void reply(const Packet& to, Code code, std::vector<std::uint8_t> attributes = {}, bool authenticated = true,
               const Secret& secret = kSecret) {
        const Bytes request_authenticator = Bytes(to.octets).subspan(4, 16);
        if (authenticated && !to.acct) attributes.insert(attributes.begin(), {80, 18});
        if (authenticated && !to.acct) attributes.insert(attributes.begin() + 2, 16, 0);
        const std::size_t size = attributes.size() + 20;
        std::vector<std::uint8_t> out{static_cast<std::uint8_t>(code), to.octets[1],
                                      static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
        if (authenticated && !to.acct) {
            const auto mac = hmac_md5(secret.reveal_octets(), {out, request_authenticator, attributes});
            std::copy(mac.begin(), mac.end(), attributes.begin() + 2);
        }
        const auto digest = md5({out, request_authenticator, attributes, secret.reveal_octets()});
        out.insert(out.end(), digest.begin(), digest.end());
        out.insert(out.end(), attributes.begin(), attributes.end());
        send(to, out);
    }
    void send(const Packet& to, const std::vector<std::uint8_t>& octets) {
        sendto((to.acct ? acct_ : auth_).get(), octets.data(), octets.size(), 0,
               reinterpret_cast<const sockaddr*>(&to.from), sizeof to.from);
    }

private:
    void receive(const UniqueFd& fd) {
        for (;;) {
            Packet packet{std::vector<std::uint8_t>(5000), {}, &fd == &acct_};
            socklen_t length = sizeof packet.from;
            const ssize_t n = recvfrom(fd.get(), packet.octets.data(), packet.octets.size(), MSG_DONTWAIT,
                                       reinterpret_cast<sockaddr*>(&packet.from), &length);
            if (n < 0) return;
            packet.octets.resize(static_cast<std::size_t>(n));
            received.push_back(packet);
            if (on_packet) on_packet(packet);
        }
    }
    UniqueFd auth_, acct_;
    std::vector<ReadWatch> watches_;
};

// The worker, with what the parent would have given it.
class Suite {
public:
    using Change = std::function<void(conf::Config&)>;
    explicit Suite(const Change& change = {}, const char* secret = "s3cret", const char* subscribers = nullptr)
        : directory_(std::filesystem::temp_directory_path() / ("radius-service-" + std::to_string(getpid()))) {
        std::filesystem::create_directory(directory_);
        config_.primary_radius = kLoopback;
        config_.radius_accounting = true;
        config_.bind_address = Ipv4{0x0a000001};
        config_.hostname = "lns1";
        config_.debug = static_cast<std::uint32_t>(LogLevel::call);
        if (change) change(config_);
        boot(secret, subscribers);
    }
    ~Suite() {
        shut_down();
        std::filesystem::remove_all(directory_);
    }
    // A new process on the same spool, as after a crash.
    void restart() {
        shut_down();
        boot("s3cret", nullptr);
    }
    // sessiond crashed and came back on a new channel.
    void restart_session() {
        session_fds_ = imsg::channel_pair();
        parent_->send(imsg::StartChannel{Proc::session, 0, 0}, std::move(session_fds_.second));
        connect_session();
    }

    // Runs the loop until the condition holds; false when that does not come about.
    bool until(const std::function<bool()>& condition) {
        bool late = false;
        Timer deadline(worker_->loop(), [&late] { late = true; });
        deadline.arm(30s);
        while (!condition() && !late)
            worker_->loop().run_once();
        return condition();
    }
    imsg::AuthReply login(const imsg::AuthRequest& request) {
        const std::size_t before = replies.size();
        session_->send(request);
        EXPECT_TRUE(until([&] { return replies.size() > before; }));
        return replies.size() > before ? replies.back() : imsg::AuthReply{};
    }
    imsg::Channel& session() { return *session_; }
    imsg::Channel& parent() { return *parent_; }
    FakeServer& server() { return *server_; }
    std::uint64_t count(Counter counter) { return worker_->counters().get(counter); }
    std::size_t shown(shm::RadiusState state) {
        const auto table = worker_->table(shm::TableId::radius_requests).reader<shm::RadiusRequestRecord>();
        std::size_t n = 0;
        for (std::size_t i = 0; i < 64; ++i)
            n += table.get(i).state == state ? 1 : 0;
        return n;
    }

    std::vector<imsg::AuthReply> replies;
    std::vector<imsg::AcctStored> stored;
    std::vector<std::uint64_t> settled;
    std::string log;

private:
    void boot(const char* secret, const char* subscribers) {
        auto parent_fds = imsg::channel_pair();
        session_fds_ = imsg::channel_pair();
        parent_ = std::make_unique<imsg::Channel>(Proc::parent, Proc::radius, std::move(parent_fds.first));
        parent_->on<imsg::LogLine>([this](const imsg::LogLine& line) { log += line.text.str() + "\n"; });
        parent_->on<imsg::AccountsSettled>([this](const imsg::AccountsSettled& s) { settled.push_back(s.waiting); });
        parent_->on<imsg::Violation>([](const imsg::Violation& v) { ADD_FAILURE() << v.why.view(); });
        worker_ = std::make_unique<worker::Worker>(Proc::radius, std::move(parent_fds.second));
        server_ = std::make_unique<FakeServer>(worker_->loop());
        hand_over(secret, subscribers);
        worker_->receive_start_kit();
        service_ = std::make_unique<Service>(*worker_, (directory_ / "spool.db").string());
        connect_session();
        parent_->attach(worker_->loop());
        worker_->parent().attach(worker_->loop());
    }
    void connect_session() {
        session_ = std::make_unique<imsg::Channel>(Proc::session, Proc::radius, std::move(session_fds_.first));
        session_->on<imsg::AuthReply>([this](const imsg::AuthReply& reply) { replies.push_back(reply); });
        session_->on<imsg::AcctStored>([this](const imsg::AcctStored& s) { stored.push_back(s); });
        session_->attach(worker_->loop());
    }
    void shut_down() {
        session_.reset();
        parent_.reset();
        service_.reset();
        server_.reset();
        worker_.reset(); // with the loop that the others watched by
        segments_.clear();
        shm::remove_all_segments(rundir());
    }

    static std::string rundir() { return "/radius-service-test/" + std::to_string(getpid()); }

    shm::Segment& segment(shm::TableId id, std::uint16_t instance, std::uint32_t writable) {
        auto made = shm::create_segment(rundir(), id, instance, kSizes);
        EXPECT_TRUE(made.ok());
        segments_.push_back(std::move(*made));
        shm::Segment& s = segments_.back();
        parent_->send(imsg::StartTable{static_cast<std::uint16_t>(id), instance, writable},
                      UniqueFd(dup((writable != 0 ? s.writable : s.read_only).get())));
        return s;
    }
    void hand_over(const char* secret, const char* subscribers) {
        imsg::StartIdentity identity{};
        identity.proc = Proc::radius;
        identity.log_level = static_cast<std::uint8_t>(config_.debug);
        parent_->send(identity);
        const shm::Segment& config = segment(shm::TableId::config, 0, 0);
        auto map = shm::Mapping::map(config.writable.get(), shm::TableId::config, true);
        if (config_.primary_radius.is_set()) config_.primary_radius_port = server_->port();
        map->writer<shm::ConfigRecord>().write(0, {1, config_});
        segment(shm::TableId::radius_requests, 0, 1);
        segment(shm::TableId::process_counters, shm::counters_instance(static_cast<unsigned>(Proc::radius), 0), 1);
        for (std::uint32_t i = 0; i < 16; ++i)
            parent_->send(imsg::StartSocket{imsg::SocketKind::radius, i},
                          UniqueFd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
        if (*secret != '\0') parent_->send(imsg::StartSecret{imsg::SecretKind::radius, std::string_view(secret)});
        if (subscribers != nullptr) {
            UniqueFd file(memfd_create("subscribers", MFD_CLOEXEC));
            EXPECT_EQ(write(file.get(), subscribers, strlen(subscribers)), static_cast<ssize_t>(strlen(subscribers)));
            parent_->send(imsg::StartFile{imsg::FileKind::subscribers, 0}, std::move(file));
        }
        parent_->send(imsg::StartFile{imsg::FileKind::dictionary, 0},
                      UniqueFd(open(LNS_TOP_SRCDIR "/etc/dictionary.l2tpns", O_RDONLY | O_CLOEXEC)));
        parent_->send(imsg::StartChannel{Proc::session, 0, 0}, std::move(session_fds_.second));
        parent_->send(imsg::StartDone{});
    }

    std::filesystem::path directory_;
    std::pair<UniqueFd, UniqueFd> session_fds_;
    conf::Config config_;
    std::vector<shm::Segment> segments_;
    std::unique_ptr<imsg::Channel> parent_;
    std::unique_ptr<worker::Worker> worker_;
    std::unique_ptr<FakeServer> server_;
    std::unique_ptr<Service> service_;
    std::unique_ptr<imsg::Channel> session_;
};

inline imsg::AuthRequest pap(const char* user, const char* password, std::uint32_t session = 300) {
    imsg::AuthRequest r{};
    r.session = session;
    r.generation = 4;
    r.request = 17;
    r.method = imsg::AuthMethod::pap;
    r.acct_session_id = 0xabcdef;
    r.lac = Ipv4{0xc0000201};
    r.tx_speed = 8000000;
    r.rx_speed = 640000;
    r.user = user;
    r.password = password;
    r.calling = "0412";
    r.called = "0399";
    return r;
}

inline imsg::AuthRequest chap(const char* user, std::string_view password) {
    imsg::AuthRequest r = pap(user, "");
    r.method = imsg::AuthMethod::chap;
    r.chap_id = 77;
    r.chap_challenge.fill(0x5a);
    const std::array<std::uint8_t, 1> id{r.chap_id};
    r.chap_response = md5({id, as_octets(password), r.chap_challenge});
    return r;
}

inline imsg::AcctRequest acct(imsg::AcctKind kind) {
    imsg::AcctRequest r{};
    r.session = 300;
    r.generation = 4;
    r.kind = kind;
    r.sequence = 1;
    r.acct_session_id = 0xabcdef;
    r.event_time = unix_seconds();
    r.user = "joe";
    r.octets_in = 0x123456789a;
    return r;
}

} // namespace lns::radius_client

// SPDX-License-Identifier: ISC
// The worker as a whole over loopback: a parent and a sessiond of the test's own in the same process, and
// a small RADIUS server.
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
namespace {

using namespace std::chrono_literals;
using imsg::AuthVerdict;
using radius::Attr;
using radius::Code;

const Secret kSecret("s3cret");
constexpr Ipv4 kLoopback{0x7f000001};
constexpr shm::TableSizes kSizes{9, 2048, 1000};

UniqueFd udp_socket(std::uint16_t port) {
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = to_sockaddr({kLoopback, port});
    return bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? std::move(fd)
                                                                                            : UniqueFd();
}

std::uint16_t port_of(const UniqueFd& fd) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
}

// A server on two adjoining ports: the second one is for accounting.
class Server {
public:
    explicit Server(EventLoop& loop) {
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
    Server& server() { return *server_; }
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
        server_ = std::make_unique<Server>(worker_->loop());
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
    std::unique_ptr<Server> server_;
    std::unique_ptr<Service> service_;
    std::unique_ptr<imsg::Channel> session_;
};

imsg::AuthRequest pap(const char* user, const char* password, std::uint32_t session = 300) {
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

imsg::AuthRequest chap(const char* user, std::string_view password) {
    imsg::AuthRequest r = pap(user, "");
    r.method = imsg::AuthMethod::chap;
    r.chap_id = 77;
    r.chap_challenge.fill(0x5a);
    const std::array<std::uint8_t, 1> id{r.chap_id};
    r.chap_response = md5({id, as_octets(password), r.chap_challenge});
    return r;
}

imsg::AcctRequest acct(imsg::AcctKind kind) {
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

void local_only(conf::Config& config) { config.primary_radius = {}; }

constexpr const char* kSubscribers = "joe:secret\nann:word:10.1.2.3:172.16.0.0/24,172.16.1.0/24\n";

TEST(Service, DecidesByTheSubscribersFile) {
    Suite suite(local_only, "", kSubscribers);
    EXPECT_EQ(suite.login(pap("joe", "secret")).verdict, AuthVerdict::accept);
    EXPECT_EQ(suite.login(pap("joe", "secre")).verdict, AuthVerdict::reject);
    EXPECT_EQ(suite.login(pap("joe", "")).verdict, AuthVerdict::reject);
    EXPECT_EQ(suite.login(pap("nobody", "secret")).verdict, AuthVerdict::reject);
    EXPECT_EQ(suite.login(chap("joe", "secret")).verdict, AuthVerdict::accept);
    EXPECT_EQ(suite.login(chap("joe", "wrong")).verdict, AuthVerdict::reject);
    const imsg::AuthReply ann = suite.login(pap("ann", "word"));
    EXPECT_EQ(ann.verdict, AuthVerdict::accept);
    EXPECT_EQ(ann.session, 300U);
    EXPECT_EQ(ann.generation, 4U);
    EXPECT_EQ(ann.request, 17U);
    EXPECT_EQ(ann.local, 1);
    EXPECT_EQ(to_string(ann.framed_address), "10.1.2.3");
    ASSERT_EQ(ann.route_count, 2);
    EXPECT_EQ(to_string(ann.route_addresses[1]), "172.16.1.0");
    EXPECT_EQ(ann.route_lengths[1], 24);
    EXPECT_TRUE(suite.server().received.empty());
}

TEST(Service, AsksRadiusForUsersTheFileDoesNotHave) {
    Suite suite([](conf::Config& c) { c.auth_method = conf::AuthSource::local_then_radius; }, "s3cret", kSubscribers);
    suite.server().on_packet = [&](const Server::Packet& p) { suite.server().reply(p, Code::AccessAccept); };
    EXPECT_EQ(suite.login(pap("joe", "wrong")).verdict, AuthVerdict::reject);
    EXPECT_TRUE(suite.server().received.empty());
    const imsg::AuthReply other = suite.login(pap("other", "x"));
    EXPECT_EQ(other.verdict, AuthVerdict::accept);
    EXPECT_EQ(other.local, 0);
}

// RFC 2865 5.2, the other way round.
std::string reveal(const Server::Packet& p) {
    std::string out;
    const Bytes hidden = p.value(Attr::UserPassword);
    Bytes previous = Bytes(p.octets).subspan(4, 16);
    for (std::size_t at = 0; at + 16 <= hidden.size(); at += 16) {
        const auto pad = md5({kSecret.reveal_octets(), previous});
        for (std::size_t i = 0; i < 16; ++i)
            out += static_cast<char>(hidden[at + i] ^ pad[i]);
        previous = hidden.subspan(at, 16);
    }
    return out.substr(0, out.find('\0'));
}

TEST(Service, SaysInAccessRequestAllThatIsPromised) {
    Suite suite;
    suite.server().on_packet = [&](const Server::Packet& p) { suite.server().reply(p, Code::AccessAccept); };
    const std::string password = "a password of more than one block of sixteen";
    EXPECT_EQ(suite.login(pap("joe", password.c_str())).verdict, AuthVerdict::accept);
    const Server::Packet& p = suite.server().received.at(0);
    EXPECT_EQ(p.octets[20], 80); // Message-Authenticator comes first
    EXPECT_EQ(reveal(p), password);
    EXPECT_EQ(p.text(Attr::UserName), "joe");
    EXPECT_EQ(p.number(Attr::NasIpAddress), 0x0a000001U);
    EXPECT_EQ(p.text(Attr::NasIdentifier), "lns1");
    EXPECT_EQ(p.number(Attr::NasPort), 300U);
    EXPECT_EQ(p.number(Attr::NasPortType), 5U);
    EXPECT_EQ(p.number(Attr::ServiceType), 2U);
    EXPECT_EQ(p.number(Attr::FramedProtocol), 1U);
    EXPECT_EQ(p.text(Attr::CallingStationId), "0412");
    EXPECT_EQ(p.text(Attr::CalledStationId), "0399");
    EXPECT_EQ(p.text(Attr::ConnectInfo), "8000000/640000");
    EXPECT_EQ(p.text(Attr::AcctSessionId), "0000000000abcdef");
}

TEST(Service, PassesOnWhatAnAcceptSays) {
    Suite suite;
    suite.server().on_packet = [&](const Server::Packet& p) {
        std::vector<std::uint8_t> attributes{8, 6, 10, 1, 2, 3, 27, 6, 0, 0, 14, 16, 25, 5, 'a', 'b', 'c'};
        const std::string route = "172.16.0.0/24 0.0.0.0 1";
        attributes.insert(attributes.end(), {22, static_cast<std::uint8_t>(route.size() + 2)});
        attributes.insert(attributes.end(), route.begin(), route.end());
        const std::string own = "192.0.2.1/32"; // the LAC's: refused
        attributes.insert(attributes.end(), {22, static_cast<std::uint8_t>(own.size() + 2)});
        attributes.insert(attributes.end(), own.begin(), own.end());
        suite.server().reply(p, Code::AccessAccept, attributes);
    };
    const imsg::AuthReply reply = suite.login(chap("joe", "secret"));
    EXPECT_EQ(reply.verdict, AuthVerdict::accept);
    EXPECT_EQ(to_string(reply.framed_address), "10.1.2.3");
    EXPECT_EQ(reply.session_timeout, 3600U);
    EXPECT_EQ(reply.classes.view(), "\x03"
                                    "abc");
    ASSERT_EQ(reply.route_count, 1);
    EXPECT_EQ(to_string(reply.route_addresses[0]), "172.16.0.0");
    EXPECT_EQ(suite.count(Counter::remark_refused_route), 1U);
    const Server::Packet& p = suite.server().received.at(0);
    EXPECT_EQ(p.value(Attr::ChapPassword).size(), 17U);
    EXPECT_EQ(p.value(Attr::ChapPassword)[0], 77);
    EXPECT_EQ(p.value(Attr::ChapChallenge).size(), 16U);
    EXPECT_TRUE(p.value(Attr::UserPassword).empty());
}

TEST(Service, WritesPacketsInWordsAtLevelFive) {
    Suite suite([](conf::Config& c) { c.debug = static_cast<std::uint32_t>(LogLevel::packet); });
    suite.server().on_packet = [&](const Server::Packet& p) {
        suite.server().reply(p, Code::AccessAccept, {8, 6, 10, 1, 2, 3});
    };
    EXPECT_EQ(suite.login(pap("joe", "secret")).verdict, AuthVerdict::accept);
    EXPECT_TRUE(suite.until([&] { return suite.log.find("Framed-IP-Address=10.1.2.3") != std::string::npos; }));
    EXPECT_NE(suite.log.find("User-Name=joe"), std::string::npos);
    EXPECT_EQ(suite.log.find("secret"), std::string::npos);
}

TEST(Service, PassesOnARejectAndItsMessage) {
    Suite suite;
    suite.server().on_packet = [&](const Server::Packet& p) {
        suite.server().reply(p, Code::AccessReject, {18, 4, 'n', 'o'});
    };
    const imsg::AuthReply reply = suite.login(pap("joe", "wrong"));
    EXPECT_EQ(reply.verdict, AuthVerdict::reject);
    EXPECT_EQ(reply.message.view(), "no");
    suite.server().on_packet = [&](const Server::Packet& p) {
        suite.server().reply(p, Code::AccessChallenge, {24, 3, 1});
    };
    EXPECT_EQ(suite.login(pap("joe", "wrong")).verdict, AuthVerdict::reject);
}

TEST(Service, DropsBadRepliesWithAReasonAndTakesTheGoodOne) {
    Suite suite;
    suite.server().on_packet = [&](const Server::Packet& p) {
        suite.server().send(p, {2, p.octets[1], 0, 20});
        suite.server().reply(p, Code::AccessAccept, {}, true, Secret("other"));
        suite.server().reply(p, Code::AccountingResponse);
        suite.server().reply(p, Code::AccessAccept, {8, 6, 10, 1, 2, 3});
        suite.server().reply(p, Code::AccessReject);
    };
    EXPECT_EQ(suite.login(pap("joe", "secret")).verdict, AuthVerdict::accept);
    EXPECT_TRUE(suite.until([&] { return suite.count(Counter::reply_unmatched) == 1; }));
    EXPECT_EQ(suite.count(Counter::reply_malformed), 1U);
    EXPECT_EQ(suite.count(Counter::reply_wrong_authenticator), 1U);
    EXPECT_EQ(suite.count(Counter::reply_wrong_code), 1U);
    EXPECT_TRUE(suite.until([&] { return suite.log.find("radius_secret") != std::string::npos; })) << suite.log;
    EXPECT_EQ(suite.replies.size(), 1U);
}

TEST(Service, AsksForMessageAuthenticatorOnceAServerHasSentIt) {
    Suite suite;
    bool authenticated = false;
    suite.server().on_packet = [&](const Server::Packet& p) {
        suite.server().reply(p, Code::AccessAccept, {}, authenticated);
    };
    EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::accept); // not seen yet: a warning
    EXPECT_TRUE(suite.until([&] { return suite.log.find("CVE-2024-3596") != std::string::npos; }));
    authenticated = true;
    EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::accept);
    authenticated = false;
    suite.session().send(pap("joe", "x"));
    EXPECT_TRUE(suite.until([&] { return suite.count(Counter::reply_no_message_authenticator) == 1; }));
    EXPECT_EQ(suite.replies.size(), 2U);
}

TEST(Service, RequiresMessageAuthenticatorFromTheFirstReplyWhenSetToYes) {
    Suite suite([](conf::Config& c) { c.radius_require_message_authenticator = conf::Tristate::yes; });
    suite.server().on_packet = [&](const Server::Packet& p) { suite.server().reply(p, Code::AccessAccept, {}, false); };
    suite.session().send(pap("joe", "x"));
    EXPECT_TRUE(suite.until([&] { return suite.count(Counter::reply_no_message_authenticator) == 1; }));
    EXPECT_TRUE(suite.replies.empty());
}

TEST(Service, RefusesQueriesWithoutASecretOrAServer) {
    {
        Suite suite({}, "");
        EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::unavailable);
        EXPECT_TRUE(suite.until([&] { return suite.log.find("radius_secret is not set") != std::string::npos; }));
        EXPECT_TRUE(suite.server().received.empty());
    }
    Suite suite([](conf::Config& c) {
        c.primary_radius = {};
        c.auth_method = conf::AuthSource::radius;
    });
    EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::unavailable);
}

TEST(Service, ShowsRequestsUnderWayAndForgetsCancelledOnes) {
    Suite suite;
    suite.session().send(pap("joe", "x", 300));
    suite.session().send(pap("ann", "x", 301));
    ASSERT_TRUE(suite.until([&] { return suite.server().received.size() == 2; }));
    EXPECT_EQ(suite.shown(shm::RadiusState::auth), 2U);
    suite.session().send(imsg::AuthCancel{300, 4});
    suite.session().send(imsg::AuthCancel{301, 3}); // of another generation: not this one
    ASSERT_TRUE(suite.until([&] { return suite.shown(shm::RadiusState::auth) == 1; }));
    suite.server().reply(suite.server().received[0], Code::AccessAccept);
    suite.server().reply(suite.server().received[1], Code::AccessAccept);
    ASSERT_TRUE(suite.until([&] { return suite.replies.size() == 1 && suite.count(Counter::reply_unmatched) == 1; }));
    EXPECT_EQ(suite.replies[0].session, 301U);
    EXPECT_EQ(suite.shown(shm::RadiusState::auth), 0U);
}

TEST(Service, ARepeatedQuestionIsAskedOnce) {
    Suite suite;
    suite.session().send(pap("joe", "x"));
    suite.session().send(pap("joe", "x")); // sessiond's channel was full, so it sends all again
    imsg::AuthRequest other = pap("joe", "y");
    other.request = 18;
    suite.session().send(other); // another login of that session ends the first
    ASSERT_TRUE(suite.until([&] { return suite.server().received.size() == 2; }));
    EXPECT_EQ(suite.count(Counter::auth_requests), 2U);
    for (const Server::Packet& p : suite.server().received)
        suite.server().reply(p, Code::AccessAccept);
    ASSERT_TRUE(suite.until([&] { return !suite.replies.empty() && suite.count(Counter::reply_unmatched) == 1; }));
    EXPECT_EQ(suite.replies[0].request, 18U);
}

TEST(Service, ANewSessiondGetsNoAnswersToOldQuestions) {
    Suite suite;
    suite.session().send(pap("joe", "x"));
    ASSERT_TRUE(suite.until([&] { return suite.server().received.size() == 1; }));
    suite.restart_session();
    ASSERT_TRUE(suite.until([&] { return suite.shown(shm::RadiusState::auth) == 0; }));
    suite.server().reply(suite.server().received[0], Code::AccessAccept);
    ASSERT_TRUE(suite.until([&] { return suite.count(Counter::reply_unmatched) == 1; }));
    EXPECT_TRUE(suite.replies.empty());
    suite.server().on_packet = [&](const Server::Packet& p) { suite.server().reply(p, Code::AccessReject); };
    EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::reject);
}

TEST(Service, SendsAccountingToTheNextPort) {
    Suite suite;
    suite.server().on_packet = [&](const Server::Packet& p) { suite.server().reply(p, Code::AccountingResponse); };
    suite.session().send(acct(imsg::AcctKind::start));
    suite.session().send(acct(imsg::AcctKind::stop));
    ASSERT_TRUE(suite.until([&] { return suite.count(Counter::acct_acknowledged) == 2; }));
    EXPECT_EQ(suite.stored.size(), 2U);
    ASSERT_EQ(suite.server().received.size(), 2U);
    const Server::Packet& start = suite.server().received[0];
    const Server::Packet& stop = suite.server().received[1];
    EXPECT_TRUE(start.acct);
    EXPECT_EQ(start.number(Attr::AcctStatusType), 1U);
    EXPECT_EQ(stop.number(Attr::AcctStatusType), 2U);
    EXPECT_EQ(stop.number(Attr::AcctInputOctets), 0x3456789aU);
    EXPECT_EQ(stop.number(Attr::AcctInputGigawords), 0x12U);
    EXPECT_EQ(stop.text(Attr::AcctSessionId), "0000000000abcdef");
    const auto digest = md5({Bytes(stop.octets).first(4), std::array<std::uint8_t, 16>{},
                             Bytes(stop.octets).subspan(20), kSecret.reveal_octets()});
    EXPECT_TRUE(equal_constant_time(digest, Bytes(stop.octets).subspan(4, 16))); // RFC 2866 3
}

TEST(Service, KeepsAccountingAndWhatItLearntThroughARestart) {
    Suite suite;
    suite.server().on_packet = [&](const Server::Packet& p) {
        if (!p.acct) suite.server().reply(p, Code::AccessAccept);
    };
    EXPECT_EQ(suite.login(pap("joe", "x")).verdict, AuthVerdict::accept);
    suite.session().send(acct(imsg::AcctKind::start));
    ASSERT_TRUE(suite.until([&] { return suite.stored.size() == 1; })); // committed, never acknowledged
    suite.restart();
    suite.server().on_packet = [&](const Server::Packet& p) {
        if (p.acct) suite.server().reply(p, Code::AccountingResponse);
    };
    ASSERT_TRUE(suite.until([&] { return suite.count(Counter::acct_acknowledged) == 1; }));
    EXPECT_EQ(suite.server().received[0].number(Attr::AcctStatusType), 1U);
}

TEST(Service, AccountsAreSettledWhenTheSpoolHasForgottenWhatWasAcknowledged) {
    Suite suite;
    std::vector<Server::Packet> unanswered;
    suite.server().on_packet = [&](const Server::Packet& p) { unanswered.push_back(p); };
    suite.session().send(acct(imsg::AcctKind::start));
    ASSERT_TRUE(suite.until([&] { return suite.stored.size() == 1 && unanswered.size() == 1; }));
    suite.parent().send(imsg::SettleAccounts{Clock::now() + 1h});
    suite.session().send(acct(imsg::AcctKind::stop));
    ASSERT_TRUE(suite.until([&] { return suite.stored.size() == 2; }));
    EXPECT_TRUE(suite.settled.empty());
    suite.server().on_packet = [&](const Server::Packet& p) { suite.server().reply(p, Code::AccountingResponse); };
    suite.server().reply(unanswered[0], Code::AccountingResponse);
    ASSERT_TRUE(suite.until([&] { return !suite.settled.empty(); }));
    EXPECT_EQ(suite.settled, std::vector<std::uint64_t>{0});
    EXPECT_EQ(suite.count(Counter::acct_acknowledged), 2U);
}

TEST(Service, AccountsThatNobodyAcknowledgesAreReportedWhenTimeIsUp) {
    Suite suite;
    suite.session().send(acct(imsg::AcctKind::stop));
    ASSERT_TRUE(suite.until([&] { return suite.stored.size() == 1; }));
    suite.parent().send(imsg::SettleAccounts{Clock::now() + 50ms});
    ASSERT_TRUE(suite.until([&] { return !suite.settled.empty(); }));
    EXPECT_EQ(suite.settled, std::vector<std::uint64_t>{1});
}

TEST(Service, AccountsWithoutAServerAreSettledAtOnce) {
    Suite suite(local_only, "", kSubscribers);
    suite.parent().send(imsg::SettleAccounts{Clock::now() + 1h});
    ASSERT_TRUE(suite.until([&] { return !suite.settled.empty(); }));
    EXPECT_EQ(suite.settled, std::vector<std::uint64_t>{0});
}

TEST(Service, CarriesThousandsOfLoginsAtOnce) {
    Suite suite;
    constexpr std::size_t kLogins = 6000; // more than the 4096 identifiers there are
    suite.server().on_packet = [&](const Server::Packet& p) {
        const auto& all = suite.server().received;
        if (all.size() > 400) return suite.server().reply(p, Code::AccessAccept);
        if (all.size() < 400) return; // nobody is answered before so many wait at once
        for (std::size_t i = 0; i < 400; ++i)
            suite.server().reply(Server::Packet(all[i]), Code::AccessAccept);
    };
    for (std::uint32_t i = 0; i < kLogins; ++i)
        ASSERT_TRUE(suite.session().send(pap("joe", "x", 1000 + i)));
    EXPECT_TRUE(suite.until([&] { return suite.replies.size() == kLogins; })) << suite.replies.size();
    std::set<std::uint32_t> sessions;
    for (const imsg::AuthReply& reply : suite.replies)
        sessions.insert(reply.session);
    EXPECT_EQ(sessions.size(), kLogins);
}

} // namespace
} // namespace lns::radius_client

// SPDX-License-Identifier: ISC
#include "tests/unit/sessiond_rig.h"

#include <algorithm>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lns::sessiond {

namespace {

using namespace std::chrono_literals;

constexpr Clock::duration kStep = 100ms;      // of the rig's time
constexpr Clock::duration kRealPerStep = 1ms; // for what the kernel has on its way
constexpr int kQuickRounds = 8;
constexpr std::uint32_t kMaxTunnels = 8;
constexpr std::uint32_t kMaxSessions = 600;

UniqueFd udp_socket(Ipv4 address) {
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in name = to_sockaddr({address, 0});
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) throw std::runtime_error("bind");
    return fd;
}

Endpoint name_of(const UniqueFd& fd) {
    sockaddr_in name{};
    socklen_t length = sizeof name;
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length);
    return from_sockaddr(name);
}

UniqueFd memory_file(const std::string& text) {
    UniqueFd fd(memfd_create("sessiond-test", MFD_CLOEXEC));
    if (write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("memory file");
    return fd;
}

std::string kind_name(imsg::AcctKind kind) {
    constexpr std::array<const char*, 5> kNames{"start", "interim", "stop", "on", "off"};
    return kNames.at(static_cast<std::size_t>(kind));
}

Rig* rig_in_use = nullptr; // whose sessiond runs

} // namespace

bool still_alive() { return rig_in_use == nullptr || rig_in_use->passes_crash_point(); }

imsg::AuthReply reply_to(const imsg::AuthRequest& question) {
    imsg::AuthReply reply{};
    reply.session = question.session;
    reply.generation = question.generation;
    reply.request = question.request;
    reply.verdict = imsg::AuthVerdict::accept;
    return reply;
}

// ---- LAC and subscriber ----

LacSite::LacSite(Rig& rig, Ipv4 address, const l2tp::test::Lac::Options& options)
    : lac(std::make_unique<l2tp::test::Lac>(options)), rig_(rig), options_(options), socket_(udp_socket(address)) {
    lac->start();
}

void LacSite::watch(EventLoop& loop) {
    watch_ = std::make_unique<ReadWatch>(loop, socket_.get(), [this] { readable(); });
}

Endpoint LacSite::endpoint() const { return name_of(socket_); }

void LacSite::restart() {
    rig_.forget_subscribers(*this);
    lac = std::make_unique<l2tp::test::Lac>(options_);
    stopping_ = false;
    lac->start();
}

void LacSite::stop() {
    if (!lac->up || lac->stopped || std::exchange(stopping_, true)) return;
    lac->say(SessionId::none, l2tp::test::stop_payload(l2tp::test::kTheirs));
    for (auto& call : lac->calls)
        call.ended = true;
}

void LacSite::send(const Octets& datagram) {
    const sockaddr_in to = to_sockaddr(rig_.server());
    sendto(socket_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

void LacSite::tick() {
    if (deaf) return;
    lac->tick(rig_.now);
    for (const Octets& datagram : lac->outbox)
        send(datagram);
    lac->outbox.clear();
}

void LacSite::readable() {
    std::array<std::uint8_t, 4096> buffer; // NOLINT: written before it is read
    for (;;) {
        const ssize_t n = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n < 0) return;
        if (deaf) continue;
        const Octets datagram(buffer.data(), buffer.data() + n);
        const auto header = l2tp::parse_header(datagram);
        ASSERT_TRUE(header.ok());
        if (!header->control()) {
            rig_.hear(*this, *header);
            continue;
        }
        lac->get(datagram);
        tick();
    }
}

bool Subscriber::got(ppp::Protocol protocol, std::uint8_t code) const {
    return std::any_of(frames.begin(), frames.end(), [&](const Octets& octets) {
        const ppp::Frame f = ppp::parse_frame(octets);
        return f.ok() && f.protocol == protocol && !f.payload.empty() && f.payload[0] == code;
    });
}

void Subscriber::say(const Octets& frame) const {
    const auto header = l2tp::encode_data_header(PeerTunnelId{raw(site->lac->lns())}, PeerSessionId{raw(leg().peer)});
    site->send(ppp::join({Octets(header.begin(), header.end()), frame}));
}

void Subscriber::terminate() const {
    say(ppp::frame(ppp::Protocol::LCP, ppp::packet(ppp::Code::TerminateRequest, 99)));
}

LacSite& Rig::lac(Ipv4 address, l2tp::test::Lac::Options options) {
    lacs_.emplace_back(*this, address, options);
    lacs_.back().watch(worker_->loop());
    return lacs_.back();
}

void Rig::stop_lacs() {
    for (LacSite& site : lacs_)
        site.stop();
}

void Rig::forget_subscribers(const LacSite& site) {
    subscribers_.remove_if([&](const Subscriber& s) { return s.site == &site; });
}

LacSite& Rig::lac_up(l2tp::test::Lac::Options options) {
    LacSite& site = lac(Ipv4{0x7f000001}, options);
    EXPECT_TRUE(until([&] { return site.lac->up && site.lac->quiet(); })) << "no tunnel";
    return site;
}

Subscriber& Rig::dial(LacSite& site, const std::string& user, ppp::AuthMethod method) {
    return dial(site, ppp::Client::Wishes{.method = method, .user = user});
}

Subscriber& Rig::dial(LacSite& site, const ppp::Client::Wishes& wishes) {
    Subscriber& s = subscribers_.emplace_back();
    s.site = &site;
    s.call = site.lac->dial("0123" + wishes.user, "555");
    s.client = std::make_unique<ppp::Client>(wishes);
    s.client->send = [&s](const Octets& frame) { s.say(frame); };
    return s;
}

Subscriber& Rig::online(LacSite& site, const std::string& user) {
    return online(site, ppp::Client::Wishes{.user = user});
}

Subscriber& Rig::online(LacSite& site, const ppp::Client::Wishes& wishes) {
    Subscriber& s = dial(site, wishes);
    EXPECT_TRUE(until([&] { return s.open() && session(s).state == shm::SessionState::open; })) << wishes.user;
    return s;
}

void Rig::reboot(Subscriber& s, const std::string& user) {
    s.client = std::make_unique<ppp::Client>(ppp::Client::Wishes{.user = user});
    s.client->send = [&s](const Octets& frame) { s.say(frame); };
    s.frames.clear();
}

void Rig::hear(LacSite& site, const l2tp::Header& header) {
    for (Subscriber& s : subscribers_) {
        if (s.site != &site || s.call != raw(header.session)) continue;
        s.frames.emplace_back(header.payload.begin(), header.payload.end());
        if (!s.leg().ended && s.leg().up) s.client->receive(s.frames.back());
    }
}

// ---- the world ----

Rig::Rig(Setup setup) : setup_(std::move(setup)), rundir_("/sessiond-test/" + std::to_string(getpid())) {
    config_.max_tunnels = kMaxTunnels;
    config_.max_sessions = kMaxSessions;
    config_.hostname = "lns1";
    config_.peer_address = Ipv4{0x0a000001};
    config_.primary_dns = Ipv4{0x0a000035};
    config_.secondary_dns = Ipv4{0x0a000036};
    config_.debug = static_cast<std::uint32_t>(LogLevel::info);
    if (setup_.config) setup_.config(config_);
    rig_in_use = this;
    make_tables();
    make_sockets();
    boot();
}

Rig::~Rig() {
    crash();
    rig_in_use = nullptr;
    tables_.clear();
    shm::remove_all_segments(rundir_);
}

void Rig::make_tables() {
    using Id = shm::TableId;
    const auto make = [this](Id id, std::uint16_t instance, bool writable) {
        auto segment = shm::create_segment(rundir_, id, instance, shm::table_sizes(config_));
        if (!segment) throw std::runtime_error(segment.error().message);
        auto map = shm::Mapping::map(segment->writable.get(), id, true);
        if (!map) throw std::runtime_error(map.error().message);
        tables_.push_back({std::move(*segment), std::move(*map), writable});
    };
    for (const Id id : {Id::tunnels, Id::sessions, Id::session_aaa, Id::forward, Id::locator, Id::leases, Id::operation,
                        Id::carried_counters, Id::services, Id::user_hashes})
        make(id, 0, true);
    for (std::uint16_t i = 0; i < kDatapaths; ++i)
        make(Id::session_counters, i, false);
    make(Id::process_counters, shm::counters_instance(static_cast<unsigned>(Proc::session), 0), true);
    make(Id::data_sequence, 0, false);
    make(Id::process_counters, shm::counters_instance(static_cast<unsigned>(Proc::radius), 0), false);
    make(Id::counter_baseline, 0, false);
    make(Id::config, 0, false);
    publish_config();
}

void Rig::publish_config() {
    table(shm::TableId::config).writer<shm::ConfigRecord>().write(0, {++config_generation_, config_});
}

void Rig::change_config(const std::function<void(conf::Config&)>& change) {
    change(config_);
    publish_config();
    parent_->send(imsg::ConfigChanged{config_generation_});
}

void Rig::make_sockets() {
    l2tp_ = udp_socket(Ipv4{INADDR_LOOPBACK});
    server_ = name_of(l2tp_);
    for (std::uint16_t i = 0; i < kDatapaths; ++i) {
        auto [ours, theirs] = imsg::channel_pair();
        relays_.emplace_back(std::move(ours));
        relay_ends_.push_back(std::move(theirs));
    }
}

void Rig::boot() {
    do {
        dead_ = false;
        start_sessiond();
        if (dead_) crash();
    } while (dead_);
    EventLoop& loop = worker_->loop();
    parent_->attach(loop);
    radius_->attach(loop);
    cli_->attach(loop);
    for (std::uint16_t i = 0; i < kDatapaths; ++i) {
        datapaths_[i]->attach(loop);
        scan(i);
    }
    for (LacSite& site : lacs_)
        site.watch(loop);
    worker_->parent().attach(loop);
}

void Rig::start_sessiond() {
    auto [ours, theirs] = imsg::channel_pair();
    parent_ = std::make_unique<imsg::Channel>(Proc::parent, Proc::session, std::move(ours));
    worker_ = std::make_unique<worker::Worker>(Proc::session, std::move(theirs));
    serve_parent();
    hand_over();
    worker_->receive_start_kit();
    if (setup_.sessiond) sessiond_ = std::make_unique<Sessiond>(*worker_, [this] { return now; });
}

bool Rig::passes_crash_point() {
    if (dead_) return false;
    if (crashes_.empty() || --crashes_.front() > 0) return true;
    crashes_.erase(crashes_.begin());
    dead_ = true;
    hear_last_words();
    for (imsg::Channel* channel : {parent_.get(), radius_.get(), datapaths_[0].get(), datapaths_[1].get(), cli_.get()})
        channel->close();
    return false;
}

void Rig::hear_last_words() {
    for (imsg::Channel* channel : {parent_.get(), radius_.get(), datapaths_[0].get(), datapaths_[1].get(), cli_.get()})
        channel->receive_pending();
}

void Rig::crash() {
    for (LacSite& site : lacs_)
        site.unwatch();
    sessiond_.reset();
    // What it had said before is heard; what is said to it is lost.
    hear_last_words();
    parent_.reset();
    radius_.reset();
    cli_.reset();
    for (auto& datapath : datapaths_)
        datapath.reset();
    worker_.reset();
}

std::string Rig::save_state() {
    saves_.clear();
    const UniqueFd file = memory_file("");
    parent_->send(imsg::SaveState{}, UniqueFd(dup(file.get())));
    EXPECT_TRUE(until([&] { return saves_.size() == 1 && saves_[0].error == 0; }, 1s));
    std::string text(static_cast<std::size_t>(lseek(file.get(), 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(file.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return text;
}

void Rig::new_boot(const std::string& state, std::uint32_t max_sessions) {
    crash();
    tables_.clear();
    if (max_sessions != 0) config_.max_sessions = max_sessions;
    make_tables();
    state_ = state;
    boot();
}

void Rig::hand_over() {
    imsg::StartIdentity identity{};
    identity.proc = Proc::session;
    identity.log_level = static_cast<std::uint8_t>(config_.debug);
    identity.stopping = stopping ? 1 : 0;
    parent_->send(identity);
    for (const Made& made : tables_)
        parent_->send(imsg::StartTable{static_cast<std::uint16_t>(made.segment.id), made.segment.instance,
                                       made.writable ? 1U : 0U},
                      UniqueFd(dup((made.writable ? made.segment.writable : made.segment.read_only).get())));
    parent_->send(imsg::StartSocket{imsg::SocketKind::l2tp, 0}, UniqueFd(dup(l2tp_.get())));
    for (std::uint32_t i = 0; i < kDatapaths; ++i)
        parent_->send(imsg::StartSocket{imsg::SocketKind::relay, i}, UniqueFd(dup(relay_ends_[i].get())));
    parent_->send(imsg::StartFile{imsg::FileKind::ip_pool, 0}, memory_file(setup_.pool));
    if (!state_.empty()) parent_->send(imsg::StartFile{imsg::FileKind::state, 0}, memory_file(state_));
    parent_->send(imsg::StartFile{imsg::FileKind::access_lists, 0}, memory_file(setup_.access_lists));
    parent_->send(imsg::StartSecret{imsg::SecretKind::l2tp, as_text(l2tp::test::kSecret)});
    const auto connect = [this](Proc proc, std::uint16_t instance) {
        auto [ours, theirs] = imsg::channel_pair();
        parent_->send(imsg::StartChannel{proc, 0, instance}, std::move(theirs));
        return std::move(ours);
    };
    radius_ = serve_radius(connect(Proc::radius, 0));
    for (std::uint16_t i = 0; i < kDatapaths; ++i)
        datapaths_[i] = serve_datapath(i, connect(Proc::datapath, i));
    cli_ = std::make_unique<imsg::Channel>(Proc::cli, Proc::session, connect(Proc::cli, 0));
    cli_->on<imsg::CommandResult>([this](const imsg::CommandResult& b) { results.push_back(b); });
    parent_->send(imsg::StartDone{});
}

void Rig::serve_parent() {
    using namespace imsg;
    const auto note = [this](const char* verb, Ipv4 address, std::uint8_t length) {
        told.push_back(std::string("route ") + verb + " " + to_string(Prefix4{address, length}));
    };
    parent_->on<Pong>([](const Pong&) {});
    parent_->on<StillStopping>([this](const StillStopping& b) { still_stopping.push_back(b.left); });
    parent_->on<Stopped>([this](const Stopped&) { stopped = true; });
    parent_->on<StateSaved>([this](const StateSaved& b) { saves_.push_back(b); });
    parent_->on<StateLoaded>([this](const StateLoaded& b) { loads.push_back(b); });
    parent_->on<LogLine>([this](const LogLine& line) { log.push_back(line.text.str()); });
    parent_->on<Violation>([](const Violation& v) { ADD_FAILURE() << v.why.view(); });
    parent_->on<RouteAdd>([note](const RouteAdd& b) { note("add", b.address, b.length); });
    parent_->on<RouteRemove>([note](const RouteRemove& b) { note("remove", b.address, b.length); });
    parent_->on<RouteSyncBegin>([this](const RouteSyncBegin&) { told.emplace_back("route sync begin"); });
    parent_->on<RouteSyncEnd>([this](const RouteSyncEnd&) { told.emplace_back("route sync end"); });
}

// ---- time ----

void Rig::step() {
    now += kStep;
    for (LacSite& site : lacs_)
        site.tick();
    for (Subscriber& s : subscribers_)
        if (s.leg().up && !s.leg().ended && !s.site->deaf) s.client->tick(now);
    parent_->send(imsg::Ping{}); // sessiond looks at the time
    const MonoTime real_end = Clock::now() + (setup_.quick ? 0ms : kRealPerStep);
    for (int i = 0; i < kQuickRounds || Clock::now() < real_end; ++i)
        round(real_end);
}

void Rig::round(MonoTime real_end) {
    {
        Timer end(worker_->loop(), [] {});
        end.arm(std::max(real_end - Clock::now(), Clock::duration::zero()));
        worker_->loop().run_once();
    }
    if (dead_) restart();
    if (setup_.numbers) number_frames();
}

void Rig::number_frames() {
    const shm::DataNumbers table(this->table(shm::TableId::data_sequence).view<shm::DataSequence>());
    imsg::Datagram d;
    for (imsg::Relay& relay : relays_)
        while (relay.receive(d)) {
            const auto header = l2tp::parse_header(d.payload);
            ASSERT_TRUE(header.ok());
            ASSERT_EQ(header->flags, l2tp::kFlagS | l2tp::kVersion2);
            ASSERT_NE(d.session, SessionIndex::none);
            const auto services =
                this->table(shm::TableId::services).reader<shm::SessionServices>().get(raw(d.session));
            numbers.push_back(table.take(d.session, d.generation,
                                         services.generation == d.generation ? services.first_ns : std::uint16_t{0}));
            for (LacSite& site : lacs_)
                if (site.endpoint() == d.peer) hear(site, *header);
        }
}

bool Rig::until(const std::function<bool()>& so, Clock::duration limit) {
    const MonoTime end = now + limit;
    while (!so() && now < end)
        step();
    return so();
}

void Rig::advance(Clock::duration by) {
    const MonoTime end = now + by;
    while (now < end)
        step();
}

// ---- tables ----

shm::Mapping& Rig::table(shm::TableId id, std::uint16_t instance) {
    for (Made& made : tables_)
        if (made.segment.id == id &&
            (made.segment.instance == instance || (id == shm::TableId::process_counters && instance == 0)))
            return made.map;
    throw std::runtime_error("no such table");
}

TunnelIndex Rig::tunnel_of(const LacSite& site) {
    return shm::Locator(table(shm::TableId::locator).view<std::uint32_t>(), kMaxTunnels + 1).tunnel(site.lac->lns());
}

SessionIndex Rig::index_of(const Subscriber& s) {
    if (s.leg().peer == SessionId::none) return SessionIndex::none;
    return shm::Locator(table(shm::TableId::locator).view<std::uint32_t>(), kMaxTunnels + 1)
        .session(tunnel_of(*s.site), s.leg().peer);
}

shm::TunnelRecord Rig::tunnel(TunnelIndex index) {
    return table(shm::TableId::tunnels).reader<shm::TunnelRecord>().get(raw(index));
}
shm::SessionRecord Rig::session(SessionIndex index) {
    return table(shm::TableId::sessions).reader<shm::SessionRecord>().get(raw(index));
}
shm::ForwardRecord Rig::forward(SessionIndex index) {
    return table(shm::TableId::forward).reader<shm::ForwardRecord>().get(raw(index));
}

std::size_t Rig::sessions_in_use() {
    const auto sessions = table(shm::TableId::sessions).reader<shm::SessionRecord>();
    std::size_t n = 0;
    for (std::uint32_t i = 0; i < sessions.size(); ++i)
        n += sessions.version(i) != 0 && sessions.get(i).state != shm::SessionState::free ? 1 : 0;
    return n;
}

std::size_t Rig::tunnels_in_use() {
    std::size_t n = 0;
    for (std::uint32_t i = 1; i <= kMaxTunnels; ++i)
        n += tunnel(TunnelIndex{i}).state != shm::TunnelState::free ? 1 : 0;
    return n;
}

void Rig::add_traffic(SessionIndex session, std::uint16_t datapath, const shm::Counters64& more) {
    auto& c = table(shm::TableId::session_counters, datapath).view<shm::SessionCounters>()[raw(session)];
    c.up_packets += more.up_packets;
    c.up_octets += more.up_octets;
    c.down_packets += more.down_packets;
    c.down_octets += more.down_octets;
    c.last_up = c.last_down = static_cast<std::uint64_t>(now.time_since_epoch().count());
}

// ---- neighbours ----

std::unique_ptr<imsg::Channel> Rig::serve_radius(UniqueFd fd) {
    auto channel = std::make_unique<imsg::Channel>(Proc::radius, Proc::session, std::move(fd));
    channel->on<imsg::AuthRequest>([this](const imsg::AuthRequest& b) {
        asked.push_back(b);
        if (answers) answer(b);
    });
    channel->on<imsg::AuthCancel>([this](const imsg::AuthCancel& b) { cancelled.push_back(b); });
    channel->on<imsg::AcctRequest>([this](const imsg::AcctRequest& b) {
        records.push_back(b);
        told.push_back(b.session == 0 ? kind_name(b.kind) : kind_name(b.kind) + " " + b.user.str());
        if (stores) store(b);
    });
    return channel;
}

void Rig::answer(const imsg::AuthRequest& question) {
    imsg::AuthReply reply = reply_to(question);
    verdict(reply);
    radius_->send(reply);
}

void Rig::store(const imsg::AcctRequest& record) {
    radius_->send(imsg::AcctStored{record.session, record.generation, record.sequence, record.kind, {}});
}

void Rig::reconnect_radius() {
    auto [ours, theirs] = imsg::channel_pair();
    radius_ = serve_radius(std::move(ours));
    radius_->attach(worker_->loop());
    parent_->send(imsg::StartChannel{Proc::radius, 0, 0}, std::move(theirs));
}

std::vector<imsg::AcctRequest> Rig::records_of(imsg::AcctKind kind) const {
    std::vector<imsg::AcctRequest> found;
    std::copy_if(records.begin(), records.end(), std::back_inserter(found),
                 [kind](const imsg::AcctRequest& r) { return r.kind == kind; });
    return found;
}

std::unique_ptr<imsg::Channel> Rig::serve_datapath(std::uint16_t i, UniqueFd fd) {
    auto channel = std::make_unique<imsg::Channel>(Proc::datapath, Proc::session, std::move(fd));
    channel->on<imsg::ForwardChanged>([this, i](const imsg::ForwardChanged& b) {
        hints[i].push_back(b);
        look(i, b.session);
    });
    channel->on<imsg::Rescan>([this, i](const imsg::Rescan&) {
        ++rescans[i];
        scan(i);
    });
    return channel;
}

void Rig::look(std::uint16_t datapath, std::uint32_t session) {
    const shm::ForwardRecord record = forward(SessionIndex{session});
    if (record.state == shm::ForwardState::removing && confirms[datapath])
        datapaths_[datapath]->send(imsg::ForwardRemoved{session, raw(record.generation)});
}

void Rig::scan(std::uint16_t datapath) {
    const auto slots = static_cast<std::uint32_t>(table(shm::TableId::forward).records());
    for (std::uint32_t i = 0; i < slots; ++i)
        look(datapath, i);
}

void Rig::reconnect_datapath(std::uint16_t i) {
    auto [ours, theirs] = imsg::channel_pair();
    datapaths_[i] = serve_datapath(i, std::move(ours));
    datapaths_[i]->attach(worker_->loop());
    parent_->send(imsg::StartChannel{Proc::datapath, 0, i}, std::move(theirs));
    scan(i);
}

bool Rig::logged(std::string_view text) const {
    return std::any_of(log.begin(), log.end(), [&](const std::string& line) { return line.find(text) != line.npos; });
}

std::size_t Rig::times_told(std::string_view what) const {
    return static_cast<std::size_t>(std::count(told.begin(), told.end(), what));
}

std::size_t Rig::when_told(std::string_view what) const {
    return static_cast<std::size_t>(std::find(told.begin(), told.end(), what) - told.begin());
}

} // namespace lns::sessiond

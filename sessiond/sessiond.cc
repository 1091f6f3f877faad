// SPDX-License-Identifier: ISC
#include "sessiond/sessiond.h"

#include <poll.h>

#include "lib/base/log.h"
#include "lib/conf/ip_pool.h"
#include "lib/conf/startup_config.h"
#include "sessiond/packet_log.h"
#include "sessiond/state_file.h"
#include "sessiond/state_loader.h"

namespace lns::sessiond {

namespace {

constexpr auto kTunnelDropDelay = std::chrono::seconds(10); // the manual's drop tunnel
constexpr auto kStopPoll = std::chrono::milliseconds(100);
constexpr auto kProgressPeriod = std::chrono::seconds(1);
constexpr auto kCleanUpPause = std::chrono::milliseconds(20); // between its parts
constexpr int kRelayBatch = 64;
// Answers to keepalives, which nobody waits for, come thousands a second and a few at a time: after a look that found
// nothing else, some are let gather. Who sets up a call meanwhile waits for a thousandth of its time.
constexpr int kGatherMs = 2;
constexpr std::size_t kManyAnswers = UdpPort::kBatch / 2; // so many at once are cheap already
constexpr std::size_t kEndPart = 32;                      // sessions, in one round of the loop

Store::Tables open_tables(worker::Worker& w) {
    using Id = shm::TableId;
    auto& tunnels = w.table(Id::tunnels);
    const auto tunnel_slots = static_cast<std::uint32_t>(tunnels.records());
    return {tunnels.writer<shm::TunnelRecord>(),
            w.table(Id::sessions).writer<shm::SessionRecord>(),
            w.table(Id::session_aaa).writer<shm::SessionAaa>(),
            w.table(Id::forward).writer<shm::ForwardRecord>(),
            LocatorWriter(shm::LocatorWriter(w.table(Id::locator).view<std::uint32_t>(), tunnel_slots)),
            w.table(Id::services).writer<shm::SessionServices>(),
            UserHashWriter(shm::UserHashWriter(w.table(Id::user_hashes).view<std::uint32_t>()))};
}

conf::PoolPlan read_pool(worker::Worker& w) {
    const auto text = w.read_file(imsg::FileKind::ip_pool);
    if (!text) {
        log_warnx("no ip_pool: only subscribers with an address of their own can log in");
        return {};
    }
    return conf::parse_ip_pool(*text, "ip_pool").plan; // checked, and its errors reported, by the parent
}

std::vector<std::string> read_list_names(worker::Worker& w) {
    std::vector<std::string> names;
    const auto text = w.read_file(imsg::FileKind::access_lists).value_or("");
    for (conf::AccessList& list : conf::parse_startup_config(text, "access lists").settings.access_lists)
        names.push_back(std::move(list.name));
    return names;
}

} // namespace

Sessiond::Sessiond(worker::Worker& worker, std::function<MonoTime()> clock)
    : worker_(worker), clock_(std::move(clock)),
      store_(open_tables(worker), worker.config().config.max_sessions, rng_), cx_{worker,
                                                                                  store_,
                                                                                  rng_,
                                                                                  {},
                                                                                  TimerWheel(store_.tunnel_slots(),
                                                                                             clock_()),
                                                                                  TimerWheel(store_.session_slots(),
                                                                                             clock_()),
                                                                                  {},
                                                                                  {},
                                                                                  worker.secret(imsg::SecretKind::l2tp),
                                                                                  {},
                                                                                  {},
                                                                                  clock_()},
      operation_(worker.table(shm::TableId::operation).writer<shm::OperationRecord>()),
      pool_(read_pool(worker), worker.table(shm::TableId::leases).writer<shm::LeaseRecord>()), tunnels_(cx_),
      flush_soon_(worker.loop(), [this] { flush(); }), wheel_timer_(worker.loop(), [this] { timers(); }) {
    worker.hold_messages();
    cx_.load_config();
    cx_.close_before = worker.kit().identity.close_before;
    cx_.served_until = worker.kit().identity.served_until;
    cx_.stopping = worker.kit().identity.stopping != 0;
    for (const auto& table : worker.kit().tables) // also of a datapathd that runs no more
        if (table.id == shm::TableId::session_counters) cx_.traffic.add_worker(table.map.view<shm::SessionCounters>());
    cx_.numbers = shm::DataNumbers(worker.table(shm::TableId::data_sequence).view<shm::DataSequence>());
    cx_.draining = operation_.get(0).draining;
    load_saved_state();
    store_.attach();
    pool_.attach();
    tunnels_.attach();
    ports_.emplace_back(worker.take_socket(imsg::SocketKind::l2tp));
    for (auto& socket : worker.take_sockets(imsg::SocketKind::l2tp))
        ports_.emplace_back(std::move(socket.fd));
    for (auto& socket : worker.take_sockets(imsg::SocketKind::relay))
        relays_.emplace_back(std::move(socket.fd));
    const auto datapaths = static_cast<std::uint16_t>(relays_.size());
    sessions_ = std::make_unique<Sessions>(cx_, tunnels_, pool_, datapaths);
    sessions_->set_access_lists(read_list_names(worker));
    sessions_->attach();
    for (const TunnelIndex tunnel : tunnels_.dropped())
        drop(tunnel);
    for (UdpPort& port : ports_)
        watches_.emplace_back(worker.loop(), port.fd(), [this, &port] { receive_port(port); });
    for (std::size_t i = 0; i < relays_.size(); ++i)
        watches_.emplace_back(worker.loop(), relays_[i].fd(), [this, i] { receive_relay(i); });
    worker.on_peer(Proc::cli, [this](imsg::Channel& channel) { cli_connected(channel); });
    worker.on_config_changed([this] { config_changed(); });
    worker.parent().on<imsg::Stop>([this](const imsg::Stop& b) { begin_stop(b.by); });
    worker.parent().on<imsg::SaveState>([this](const imsg::SaveState&, UniqueFd file) { save_state(std::move(file)); });
    worker.around_messages([this] { cx_.now = clock_(); }, [this] { finish_event(); });
    schedule_clean_up();
    if (cx_.close_before != MonoTime{})
        close_left_alone();
    else if (store_.sessions_in_use() > 0 || tunnels_.live() > 0)
        log_warnx("went on with %zu tunnels and %u sessions", tunnels_.live(), store_.sessions_in_use());
    finish_event();
}

void Sessiond::config_changed() {
    const std::uint32_t interval = cx_.config.cleanup_interval;
    const std::uint32_t burst = cx_.config.throttle_burst;
    cx_.load_config();
    if (burst != cx_.config.throttle_burst) sessions_->burst_changed();
    if (interval != cx_.config.cleanup_interval && !sessions_->sweeping()) schedule_clean_up();
    if (worker_.file_is_new(imsg::FileKind::access_lists)) sessions_->set_access_lists(read_list_names(worker_));
    if (!worker_.file_is_new(imsg::FileKind::ip_pool)) return;
    // Sessions keep their addresses: those outside the new pool get a route of their own, those inside a lease.
    pool_.replace_plan(read_pool(worker_));
    another_pool_ = true;
    sessions_->begin_sweep();
    next_clean_up_ = cx_.now;
}

void Sessiond::schedule_clean_up() { next_clean_up_ = cx_.now + std::chrono::seconds(cx_.config.cleanup_interval); }

void Sessiond::clean_up() {
    if (!sessions_->sweeping()) sessions_->begin_sweep();
    corrected_ += sessions_->sweep_some();
    if (sessions_->sweeping()) {
        next_clean_up_ = cx_.now + kCleanUpPause;
        return;
    }
    cx_.count(Counter::clean_ups);
    const std::size_t corrected = std::exchange(corrected_, 0);
    if (!std::exchange(another_pool_, false) && corrected > 0) {
        cx_.count(Counter::cleaned_up, corrected);
        log_error("regular clean-up: %zu addresses were not held as the sessions say", corrected);
    }
    schedule_clean_up();
}

void Sessiond::receive_port(UdpPort& port) {
    cx_.now = clock_();
    echo_replies_ = 0;
    const UdpPort::Received got = port.receive([this](const imsg::Datagram& d) { datagram(d, false); });
    gather_ = got.datagrams > 0 && got.datagrams < kManyAnswers && echo_replies_ == got.datagrams;
    if (got.too_large > 0) cx_.count(Counter::truncated, got.too_large);
    finish_event();
}

void Sessiond::receive_relay(std::size_t worker) {
    cx_.now = clock_();
    imsg::Datagram received;
    for (int i = 0; i < kRelayBatch && relays_[worker].receive(received); ++i) {
        cx_.count(Counter::relayed_in);
        datagram(received, true);
    }
    finish_event();
}

void Sessiond::datagram(const imsg::Datagram& d, bool relayed) {
    log_datagram("from", d.peer, d.payload);
    const auto header = l2tp::parse_header(d.payload);
    if (!header) return cx_.count(header.error());
    if (header->control()) return tunnels_.receive(d, *header);
    data(d, *header, relayed);
}

void Sessiond::data(const imsg::Datagram& d, const l2tp::Header& header, bool relayed) {
    const TunnelIndex tunnel = store_.find_tunnel(header.tunnel);
    if (tunnel == TunnelIndex::none) return cx_.count(Counter::unknown_tunnel);
    if (store_.view(tunnel).peer != d.peer) return cx_.count(Counter::wrong_peer);
    const ppp::Frame frame = ppp::parse_frame(header.payload);
    if (ppp::is_echo_reply(frame)) ++echo_replies_;
    if (frame.ok() && frame.protocol == ppp::Protocol::IP) {
        // Steering is a hint. What a datapathd has passed on is not passed back.
        if (relayed || relays_.empty()) return cx_.count(Counter::session_not_ready);
        cx_.count(relays_[raw(header.session) % relays_.size()].send(d) ? Counter::relayed_out : Counter::relay_full);
        return;
    }
    sessions_->ppp_frame(tunnel, header.session, header.payload);
}

void Sessiond::finish_event() { flush_soon_.post(); }

void Sessiond::flush() {
    cx_.now = clock_();
    if (!still_alive()) return;
    end_some();
    const bool stopped = stopping_ && stop_complete();
    if (stopping_ && !stopped) tell_progress();
    tunnels_.flush_acks();
    if (log_wanted(LogLevel::packet))
        for (const Outbox::Item& item : cx_.outbox.items())
            log_datagram("to", item.peer, item.payload);
    worker_.flush_messages(); // first: datapathd hears of a session before the subscriber does
    if (const std::size_t refused = ports_[0].send(cx_.outbox); refused > 0) cx_.count(Counter::send_refused, refused);
    send_unnumbered();
    if (stopped) {
        stopping_ = false;
        worker_.parent().send(imsg::Stopped{});
    }
    if (const MonoTime next = next_wake(); next != kNever) wheel_timer_.arm(next - cx_.now);
    if (std::exchange(gather_, false)) poll(nullptr, 0, kGatherMs);
}

// The datapathd that has a session's packets from the TUN device (l2tpnsd/steering.cc), so that its messages leave in
// the order of their numbers.
imsg::Relay* Sessiond::relay_of(std::uint32_t way) {
    return relays_.empty() ? nullptr : &relays_[way % relays_.size()];
}

void Sessiond::send_unnumbered() {
    for (const auto& [message, session, generation, way] : cx_.outbox.unnumbered()) {
        log_datagram("to", message.peer, message.payload);
        imsg::Relay* relay = relay_of(way);
        const bool sent =
            relay != nullptr && relay->send({message.peer, message.local, message.payload, session, generation});
        cx_.count(sent ? Counter::relayed_out : Counter::relay_full);
    }
    cx_.outbox.unnumbered().clear();
}

MonoTime Sessiond::next_wake() const {
    if (sessions_->ending() || !to_end_.empty()) return cx_.now; // in the next round, so that others have their turn
    MonoTime next =
        std::min({cx_.tunnel_timers.next(), cx_.session_timers.next(), next_clean_up_, tunnels_.next_ack()});
    for (const DroppedTunnel& dropped : dropped_)
        next = std::min(next, dropped.once_empty ? std::min(dropped.at, cx_.now + kStopPoll) : dropped.at);
    return stopping_ ? std::min(next, cx_.now + kStopPoll) : next;
}

void Sessiond::timers() {
    cx_.now = clock_();
    cx_.tunnel_timers.run(cx_.now, [this](std::uint32_t key) { tunnels_.tick(TunnelIndex{key}); });
    cx_.session_timers.run(
        cx_.now, [this](std::uint32_t key) { sessions_->tick(SessionIndex{key}); },
        [this](std::uint32_t key) {
            store_.prefetch(SessionIndex{key});
            cx_.traffic.prefetch(SessionIndex{key});
        });
    if (sessions_->ending()) sessions_->end_some();
    close_dropped_tunnels();
    if (cx_.now >= next_clean_up_) clean_up();
    finish_event();
}

void Sessiond::cli_connected(imsg::Channel& channel) {
    channel.on<imsg::DropSession>([this, &channel](const imsg::DropSession& b) { drop_session(channel, b); });
    channel.on<imsg::DropTunnel>([this, &channel](const imsg::DropTunnel& b) { drop_tunnel(channel, b); });
    channel.on<imsg::ChangeServices>([this, &channel](const imsg::ChangeServices& b) { change_services(channel, b); });
    channel.on<imsg::SetDrain>([this, &channel](const imsg::SetDrain& b) { set_drain(channel, b); });
}

void Sessiond::drop_session(imsg::Channel& channel, const imsg::DropSession& request) {
    const SessionIndex session{request.session};
    const bool meant = request.generation == 0 || raw(store_.session(session).generation) == request.generation;
    const bool dropped = meant && sessions_->end(session, EndReason::operator_request);
    const std::string id = std::to_string(request.session);
    channel.send(imsg::CommandResult{request.request, dropped ? 0U : 1U,
                                     dropped ? "Dropping session " + id : "Session " + id + " is not active"});
}

void Sessiond::change_services(imsg::Channel& channel, const imsg::ChangeServices& request) {
    const auto done =
        sessions_->change_services(SessionIndex{request.session}, Generation{request.generation}, request.change);
    channel.send(imsg::CommandResult{request.request, done ? 0U : 1U, done ? *done : done.error().message});
}

void Sessiond::drop_tunnel(imsg::Channel& channel, const imsg::DropTunnel& request) {
    const std::string id = std::to_string(request.tunnel);
    const TunnelIndex tunnel = request.tunnel > 0xffff
                                   ? TunnelIndex::none
                                   : store_.find_tunnel(TunnelId{static_cast<std::uint16_t>(request.tunnel)});
    if (tunnel == TunnelIndex::none || store_.view(tunnel).state == shm::TunnelState::dieing) {
        channel.send(imsg::CommandResult{request.request, 1, "Tunnel " + id + " is not active"});
        return;
    }
    tunnels_.mark_dropped(tunnel); // first, so that a crash does not forget the wish
    drop(tunnel);
    channel.send(imsg::CommandResult{request.request, 0, "Dropping tunnel " + id});
}

void Sessiond::drop(TunnelIndex tunnel) {
    for (const SessionIndex session : store_.sessions_of(tunnel))
        sessions_->end(session, EndReason::operator_request);
    dropped_.push_back({tunnel, store_.view(tunnel).generation, cx_.now + kTunnelDropDelay,
                        l2tp::cause(l2tp::StopResult::general_request, l2tp::Reason::operator_request)});
}

void Sessiond::set_drain(imsg::Channel& channel, const imsg::SetDrain& request) {
    const bool on = request.on != 0;
    if (on != cx_.draining) {
        operation_.write(0, {on, unix_seconds()});
        cx_.draining = on;
        log_warnx(on ? "draining: new tunnels and calls are refused" : "new tunnels and calls are taken again");
    }
    channel.send(imsg::CommandResult{
        request.request, 0,
        std::string_view(on ? "New tunnels and calls are refused" : "New tunnels and calls are taken")});
}

void Sessiond::close_dropped_tunnels() {
    std::erase_if(dropped_, [this](const DroppedTunnel& d) {
        const bool current = store_.view(d.tunnel).generation == d.generation;
        const bool empty = d.once_empty && (!current || store_.view(d.tunnel).sessions == 0);
        if (d.at > cx_.now && !empty) { // the wheel kept an earlier promise of the tunnel's own, and forgot this one
            cx_.tunnel_timers.schedule(raw(d.tunnel), d.at);
            return false;
        }
        if (current) tunnels_.close(d.tunnel, d.cause);
        return true;
    });
}

// The tables of an instance that ended long ago: everybody it served is told, and accounted, and may come anew.
void Sessiond::close_left_alone() {
    log_warnx("%u sessions and %zu tunnels were left alone for too long: they are closed", store_.sessions_in_use(),
              tunnels_.live());
    sessions_->close_left_alone();
    const auto cause = l2tp::cause(l2tp::StopResult::shutting_down, l2tp::Reason::shutdown);
    for (std::uint32_t i = 1; i < store_.tunnel_slots(); ++i) {
        const TunnelIndex tunnel{i};
        if (store_.view(tunnel).state == shm::TunnelState::free) continue;
        if (store_.tunnel(tunnel).created >= cx_.close_before) continue;
        tunnels_.mark_dropped(tunnel);
        dropped_.push_back({tunnel, store_.view(tunnel).generation, cx_.now + kTunnelDropDelay, cause, true});
    }
}

void Sessiond::load_saved_state() {
    const UniqueFd fd = worker_.take_file(imsg::FileKind::state);
    if (!fd) return;
    imsg::StateLoaded report{};
    const auto file = MappedFile::map(fd.get());
    const auto loaded =
        file ? load_state(file->bytes(),
                          {open_tables(worker_), worker_.table(shm::TableId::leases).writer<shm::LeaseRecord>(),
                           cx_.traffic, worker_, worker_.config().config.max_sessions, cx_.now, unix_seconds()})
             : Result<StateTally>(Failure<Error>{file.error()});
    if (loaded) {
        report.tunnels = loaded->tunnels;
        report.sessions = loaded->sessions;
    } else {
        report.refused = 1;
        report.why.assign(std::string_view(loaded.error().message));
    }
    worker_.parent().send(report);
}

void Sessiond::save_state(UniqueFd file) {
    flush(); // what the records say was sent
    FileSink sink(file.get());
    const StateTally tally = write_state(cx_, worker_.table(shm::TableId::leases).reader<shm::LeaseRecord>(),
                                         [&sink](Bytes b) { sink.put(b); });
    const int error = sink.finish();
    worker_.parent().send(imsg::StateSaved{static_cast<std::uint32_t>(error), tally.tunnels, tally.sessions});
}

void Sessiond::begin_stop(MonoTime by) {
    stop_deadline_ = by; // said again: there is more time
    if (std::exchange(stopping_, true)) return;
    log_warnx("shutting down: %u sessions, %zu tunnels", store_.sessions_in_use(), tunnels_.live());
    cx_.stopping = true;
    stop_progress_ = {store_.sessions_in_use(), cx_.now + kProgressPeriod};
    to_end_ = store_.all_sessions();
}

// A million of them must not keep the event loop from the LACs' acknowledgements, nor from the parent's pings.
void Sessiond::end_some() {
    for (std::size_t i = 0; i < kEndPart && !to_end_.empty(); ++i) {
        sessions_->end(to_end_.back(), EndReason::shutdown);
        to_end_.pop_back();
    }
}

// As long as sessions end, which for a million takes longer than any LAC may take to acknowledge.
void Sessiond::tell_progress() {
    if (cx_.now < stop_progress_.next || store_.sessions_in_use() >= stop_progress_.left) return;
    stop_progress_ = {store_.sessions_in_use(), cx_.now + kProgressPeriod};
    worker_.parent().send(imsg::StillStopping{stop_progress_.left});
}

// A tunnel is closed when its sessions' CDNs are out and their Stop records safe; the end is when every
// LAC has acknowledged its StopCCN, or when time is up.
bool Sessiond::stop_complete() {
    const bool late = cx_.now >= stop_deadline_;
    bool waiting = false;
    for (std::uint32_t i = 1; i < store_.tunnel_slots(); ++i) {
        const TunnelIndex tunnel{i};
        const TunnelView view = store_.view(tunnel);
        if (view.state == shm::TunnelState::free) continue;
        if (view.sessions > 0 && !late) {
            waiting = true;
            continue;
        }
        tunnels_.close(tunnel, l2tp::cause(l2tp::StopResult::shutting_down, l2tp::Reason::shutdown));
        waiting = waiting || tunnels_.closing(tunnel);
    }
    if (waiting && !late) return false;
    if (!std::exchange(off_sent_, true)) sessions_->account_server(imsg::AcctKind::off);
    return sessions_->unstored() == 0 || late;
}

} // namespace lns::sessiond

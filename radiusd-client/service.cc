// SPDX-License-Identifier: ISC
#include "radiusd-client/service.h"

#include <algorithm>

#include "lib/base/log.h"

namespace lns::radius_client {

namespace {

static_assert(static_cast<unsigned>(Counter::reply_proxy_state) - static_cast<unsigned>(Counter::reply_malformed) ==
              kDrops - 1);

RequestBoard make_board(worker::Worker& worker) {
    if (!worker.has_table(shm::TableId::radius_requests)) return {};
    return RequestBoard(worker.table(shm::TableId::radius_requests).writer<shm::RadiusRequestRecord>());
}

std::vector<UniqueFd> take_sockets(worker::Worker& worker) {
    std::vector<UniqueFd> out;
    for (worker::OwnedSocket& socket : worker.take_sockets(imsg::SocketKind::radius))
        out.push_back(std::move(socket.fd));
    if (out.empty()) fatalx("no RADIUS socket was handed over");
    return out;
}

std::uint16_t count_sockets(worker::Worker& worker) {
    const auto& sockets = worker.kit().sockets;
    return static_cast<std::uint16_t>(std::count_if(sockets.begin(), sockets.end(),
                                                    [](const auto& s) { return s.kind == imsg::SocketKind::radius; }));
}

} // namespace

Service::Service(worker::Worker& worker, std::string spool_path)
    : worker_(worker),
      board_(make_board(worker)), context_{.rng = rng_,
                                           .counters = worker.counters(),
                                           .board = board_,
                                           .sockets = count_sockets(worker),
                                           .send = [this](std::uint16_t socket, Endpoint to,
                                                          Bytes packet) { transport_.send(socket, to, packet); },
                                           .wall = unix_seconds,
                                           .trace = [this](const char* direction, Endpoint server,
                                                           Bytes packet) { trace(direction, server, packet); },
                                           .settings = {}},
      logins_(context_, [this](const imsg::AuthReply& reply) { to_session(unsent_replies_, reply); }),
      accounting_(context_, std::move(spool_path),
                  [this](const imsg::AcctStored& stored) { to_session(unsent_stored_, stored); }),
      transport_(
          worker.loop(), take_sockets(worker),
          [this](std::uint16_t socket, Endpoint from, Bytes datagram) { received(socket, from, datagram); },
          [this](std::size_t refused) { context_.count(Counter::packets_unsent, refused); }),
      timer_(worker.loop(), [this] { on_timer(); }) {
    worker.hold_messages();
    load_subscribers();
    load_dictionary();
    configure();
    worker.on_config_changed([this] {
        if (worker_.file_is_new(imsg::FileKind::subscribers)) load_subscribers();
        configure();
    });
    worker.on_peer(Proc::session, [this](imsg::Channel& channel) { connect_session(channel); });
    worker.parent().on<imsg::SettleAccounts>([this](const imsg::SettleAccounts& b) {
        settle_by_ = b.by;
        accounting_.commit_all(Clock::now()); // sessiond is about to go
        arm();
    });
}

void Service::leave() {
    accounting_.commit_all(Clock::now());
    worker_.flush_messages();
}

void Service::load_subscribers() {
    const auto text = worker_.read_file(imsg::FileKind::subscribers);
    if (!text) return logins_.set_subscribers({});
    conf::SubscribersFile file = conf::parse_subscribers(*text, "subscribers");
    for (const std::string& line : file.diagnostics.lines())
        log_warnx("%s", line.c_str());
    logins_.set_subscribers(std::move(file.subscribers));
}

// It only makes the log readable: without it all works the same.
void Service::load_dictionary() {
    const auto text = worker_.read_file(imsg::FileKind::dictionary);
    if (!text) return;
    auto dictionary = radius::Dictionary::parse(*text);
    if (!dictionary) return log_warnx("%s", dictionary.error().message.c_str());
    for (const std::string& line : dictionary->disagreements())
        log_warnx("RADIUS dictionary: %s", line.c_str());
    dictionary_.emplace(std::move(*dictionary));
}

void Service::trace(const char* direction, Endpoint server, Bytes packet) const {
    const std::string title = std::string("RADIUS ") + direction + " " + to_string(server);
    const auto view = radius::PacketView::parse(packet);
    if (dictionary_ && view)
        log_at(LogLevel::packet, "%s: %s", title.c_str(), dictionary_->describe(*view).c_str());
    else
        log_packet(title, packet);
}

void Service::configure() {
    context_.settings = make_settings(worker_.config().config, worker_.secret(imsg::SecretKind::radius));
    policy_.set_mode(context_.settings.require_message_authenticator);
    const MonoTime now = Clock::now();
    logins_.configure(now);
    accounting_.configure(now);
    arm();
}

void Service::connect_session(imsg::Channel& channel) {
    logins_.forget_all(); // who asked them is gone, and asks again
    unsent_replies_.clear();
    unsent_stored_.clear();
    channel.on<imsg::AuthRequest>([this](const imsg::AuthRequest& request) {
        logins_.request(request, Clock::now());
        arm();
    });
    channel.on<imsg::AuthCancel>([this](const imsg::AuthCancel& cancel) {
        logins_.cancel(cancel.session, cancel.generation, Clock::now());
        arm();
    });
    channel.on<imsg::AcctRequest>([this](const imsg::AcctRequest& request) {
        accounting_.request(request, Clock::now());
        arm();
    });
    channel.on_drained([this] { send_unsent(); });
}

template <class Body>
void Service::to_session(std::deque<Body>& unsent, const Body& body) {
    imsg::Channel* channel = worker_.peer(Proc::session);
    if (channel == nullptr) return; // a new sessiond asks again
    if (!unsent.empty() || !channel->send(body)) unsent.push_back(body);
}

void Service::send_unsent() {
    imsg::Channel* channel = worker_.peer(Proc::session);
    while (channel != nullptr && !unsent_replies_.empty() && channel->send(unsent_replies_.front()))
        unsent_replies_.pop_front();
    while (channel != nullptr && !unsent_stored_.empty() && channel->send(unsent_stored_.front()))
        unsent_stored_.pop_front();
}

void Service::received(std::uint16_t socket, Endpoint from, Bytes datagram) {
    const MonoTime now = Clock::now();
    if (log_wanted(LogLevel::packet)) trace("from", from, datagram);
    context_.count(Counter::replies);
    const auto packet = radius::PacketView::parse(datagram);
    if (!packet) return dropped(Drop::malformed, from, radius::packet_error_text(packet.error()).data(), now);
    const auto require = [this](Endpoint server) { return policy_.required(server); };
    Requests::Received result = logins_.requests().receive(socket, from, *packet, require, now);
    if (result.judgement.drop == Drop::foreign)
        result = accounting_.requests().receive(socket, from, *packet, require, now);
    if (result.judgement.drop)
        dropped(*result.judgement.drop, from, radius::code_name(packet->code()).data(), now);
    else if (packet->code() != radius::Code::AccountingResponse)
        learn(result, now);
    arm();
}

void Service::dropped(Drop drop, Endpoint from, const char* detail, MonoTime now) {
    context_.count(static_cast<Counter>(static_cast<unsigned>(Counter::reply_malformed) + static_cast<unsigned>(drop)));
    const auto held_back = drop_limiter_.pass(drop_text(drop), now);
    if (held_back)
        log_warnx("datagram from %s dropped (%s): %s%s", to_string(from).c_str(), detail, drop_text(drop).data(),
                  more_like_this(*held_back).c_str());
}

void Service::learn(const Requests::Received& received, MonoTime now) {
    const Endpoint server = *received.server;
    if (received.judgement.message_authenticator == radius::MessageAuthenticator::valid) {
        if (policy_.seen(server) && accounting_.spool() != nullptr)
            accounting_.spool()->remember_message_authenticator(server);
    } else if (policy_.worrying() && warn_limiter_.pass(to_string(server), now)) {
        log_warnx("RADIUS server %s sends no Message-Authenticator: its replies could be forged (CVE-2024-3596)",
                  to_string(server).c_str());
    }
}

void Service::on_timer() {
    armed_ = kNever;
    const MonoTime now = Clock::now();
    logins_.tick(now);
    accounting_.tick(now);
    if (!policy_recalled_ && accounting_.spool() != nullptr) {
        policy_.recall(accounting_.spool()->message_authenticators());
        policy_recalled_ = true;
    }
    arm();
}

void Service::report_settled() {
    if (settle_by_ == kNever || (accounting_.owes() && Clock::now() < settle_by_)) return;
    settle_by_ = kNever;
    worker_.parent().send(imsg::AccountsSettled{accounting_.in_spool()});
}

void Service::arm() {
    report_settled();
    const MonoTime at = std::min({logins_.next_deadline(), accounting_.next_deadline(), settle_by_});
    if (at >= armed_) return; // deadlines mostly move away: to look too early costs less than to arm each time
    armed_ = at;
    timer_.arm(at - Clock::now());
}

} // namespace lns::radius_client

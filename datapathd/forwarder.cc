// SPDX-License-Identifier: ISC
#include "datapathd/forwarder.h"

#include <cstddef>
#include <sys/prctl.h>
#include <thread>

#include "lib/conf/startup_config.h"

namespace lns::datapath {

namespace {

using shm::TableId;

SessionTables tables_of(worker::Worker& worker) {
    const conf::Config config = worker.config().config;
    return {shm::Locator(worker.table(TableId::locator).view<const std::uint32_t>(), shm::table_sizes(config).tunnels),
            worker.table(TableId::forward).reader<shm::ForwardRecord>(),
            worker.table(TableId::session_aaa).reader<shm::SessionAaa>(),
            worker.table(TableId::services).reader<shm::SessionServices>()};
}

// The programs of the fast path throttle, too, and cannot reach the table: with them it is one of their maps.
std::span<shm::ThrottleState> throttle_of(worker::Worker& worker) {
    static_assert(sizeof(LnsFastThrottle) == sizeof(shm::ThrottleState) &&
                  offsetof(LnsFastThrottle, up) == offsetof(shm::ThrottleState, up) &&
                  offsetof(LnsFastThrottle, down) == offsetof(shm::ThrottleState, down));
    const auto map = worker.map<shm::ThrottleState>(imsg::MapKind::throttle);
    return map.empty() ? worker.table(TableId::throttle).view<shm::ThrottleState>() : map;
}

Services::Tables service_tables_of(worker::Worker& worker) {
    return {worker.table(TableId::services).reader<shm::SessionServices>(),
            worker.table(TableId::session_aaa).reader<shm::SessionAaa>(), throttle_of(worker),
            worker.table(TableId::rule_counters, worker.instance()).view<shm::RuleCounter>(),
            shm::DataNumbers(worker.table(TableId::data_sequence).view<shm::DataSequence>())};
}

} // namespace

class Forwarder::RelayPort final : public ControlPort {
public:
    explicit RelayPort(imsg::Relay& relay) : relay_(relay) {}
    bool send(const imsg::Datagram& datagram) override { return relay_.send(datagram); }

private:
    imsg::Relay& relay_;
};

Forwarder::Forwarder(worker::Worker& worker)
    : worker_(worker), tables_(tables_of(worker)),
      sessions_(worker.table(TableId::session_counters, worker.instance()).view<shm::SessionCounters>()),
      udp_(worker.take_socket(imsg::SocketKind::l2tp, worker.instance())),
      tun_(worker.take_socket(imsg::SocketKind::tun, worker.instance())),
      icmp_(worker.take_socket(imsg::SocketKind::icmp, worker.instance())),
      relay_(worker.take_socket(imsg::SocketKind::relay, worker.instance())),
      relay_port_(std::make_unique<RelayPort>(relay_)), view_(tables_, worker.config().config.max_sessions),
      sync_(view_, worker.counters()), copies_(worker.take_socket(imsg::SocketKind::snoop, worker.instance())),
      interceptor_(copies_, worker.counters()), services_(service_tables_of(worker), interceptor_, worker.counters()),
      upstream_(tables_, {udp_, tun_, *relay_port_}, services_, sessions_, worker.counters()),
      downstream_(view_, {udp_, tun_, icmp_}, services_, sessions_, worker.counters()) {
    fast_path_ = FastPathKeeper::make(worker, tables_, view_, sync_);
    configure();
    read_lists();
    worker.on_config_changed([this] {
        configure();
        if (worker_.file_is_new(imsg::FileKind::access_lists)) read_lists();
    });
    worker.on_peer(Proc::session, [this](imsg::Channel& channel) { sync_.connected(channel); });
    // The pauses are to be as short as they say; the default adds half as much again.
    if (prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) != 0) log_warn("PR_SET_TIMERSLACK");
    udp_watch_ = std::make_unique<ReadWatch>(worker.loop(), udp_.fd(), [this] { udp_readable(); });
    tun_watch_ = std::make_unique<ReadWatch>(worker.loop(), tun_.fd(), [this] { tun_readable(); });
    relay_watch_ = std::make_unique<ReadWatch>(worker.loop(), relay_.fd(), [this] { relay_readable(); });
}

Forwarder::~Forwarder() = default;

void Forwarder::configure() {
    const conf::Config config = worker_.config().config;
    batch_ = batch_size(config.multi_read_count);
    services_.configure(config);
    downstream_.configure({interface_address(udp_.fd(), tun_.name()),
                           share_of_limit(config.icmp_rate, worker_.instance(), worker_.kit().identity.instances)});
}

void Forwarder::read_lists() { // checked, and its errors reported, by the parent
    const auto text = worker_.read_file(imsg::FileKind::access_lists);
    services_.replace_lists(conf::parse_startup_config(text.value_or(""), "access lists").settings.access_lists);
}

void Forwarder::udp_readable() {
    const MonoTime now = Clock::now();
    if (udp_moderation_.worth_a_pause(upstream_.run(batch_, now), now)) std::this_thread::sleep_for(Moderation::kPause);
}

void Forwarder::tun_readable() {
    const MonoTime now = Clock::now();
    if (tun_moderation_.worth_a_pause(downstream_.run(batch_, now), now))
        std::this_thread::sleep_for(Moderation::kPause);
}

void Forwarder::relay_readable() {
    const MonoTime now = Clock::now();
    imsg::Datagram datagram;
    std::size_t taken = 0;
    while (taken < batch_ && relay_.receive(datagram)) {
        if (datagram.session != SessionIndex::none)
            downstream_.from_sessiond(datagram);
        else
            upstream_.from_sessiond(datagram, now);
        ++taken;
    }
    if (taken == 0 && relay_.closed()) {
        log_warnx("the relay to sessiond was closed");
        relay_watch_.reset();
    }
}

} // namespace lns::datapath

// SPDX-License-Identifier: ISC
// The control-plane worker: its descriptors and events. Decisions are in tunnels.h and sessions.h.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sessiond/context.h"
#include "sessiond/pool.h"
#include "sessiond/sessions.h"
#include "sessiond/tunnels.h"

namespace lns::sessiond {

class Sessiond {
public:
    // `clock` is what every event reads the time from; a test has one of its own.
    explicit Sessiond(worker::Worker& worker, std::function<MonoTime()> clock = Clock::now);

private:
    void config_changed();
    void clean_up();
    void schedule_clean_up();
    void receive_port(UdpPort& port);
    void receive_relay(std::size_t worker);
    void datagram(const imsg::Datagram& datagram, bool relayed);
    void data(const imsg::Datagram& datagram, const l2tp::Header& header, bool relayed);
    // Every event ends here: acknowledgements, the outbox, the next timer. Deferred to the end of the
    // loop's round, so that one system call carries what many events brought.
    void finish_event();
    void flush();
    [[nodiscard]] imsg::Relay* relay_of(std::uint32_t way);
    void send_unnumbered();
    void timers();
    [[nodiscard]] MonoTime next_wake() const;

    void cli_connected(imsg::Channel& channel);
    void drop_session(imsg::Channel& channel, const imsg::DropSession& request);
    void change_services(imsg::Channel& channel, const imsg::ChangeServices& request);
    void drop_tunnel(imsg::Channel& channel, const imsg::DropTunnel& request);
    void set_drain(imsg::Channel& channel, const imsg::SetDrain& request);
    void drop(TunnelIndex tunnel);
    void close_dropped_tunnels();
    void close_left_alone();
    void load_saved_state();
    void save_state(UniqueFd file);
    void begin_stop(MonoTime by);
    void end_some();
    bool stop_complete();
    void tell_progress();

    struct DroppedTunnel { // DESIGN 7: its own message 10 seconds after those of its sessions
        TunnelIndex tunnel;
        Generation generation;
        MonoTime at;
        l2tp::Cause cause;
        bool once_empty = false; // or earlier, when the last of its sessions is gone
    };

    worker::Worker& worker_;
    std::function<MonoTime()> clock_;
    SystemRng rng_;
    Store store_;
    Context cx_;
    shm::TwoSlotWriter<shm::OperationRecord> operation_;
    Pool pool_;
    Tunnels tunnels_;
    std::vector<UdpPort> ports_; // of tunnels; and of those who have none yet. The first one sends
    std::vector<imsg::Relay> relays_;
    std::unique_ptr<Sessions> sessions_;
    std::vector<DroppedTunnel> dropped_;
    bool stopping_ = false;
    bool off_sent_ = false;
    MonoTime stop_deadline_{};
    struct {
        std::uint32_t left = 0; // sessions, when the parent heard last
        MonoTime next{};        // when it may again
    } stop_progress_;
    std::vector<SessionIndex> to_end_; // then: sessions that were not told yet
    MonoTime next_clean_up_{};         // the manual's cleanup_interval; or the next part of one
    std::size_t corrected_ = 0;        // by the one under way
    std::size_t echo_replies_ = 0;     // among what the last look at a port found
    bool gather_ = false;              // it found nothing else
    bool another_pool_ = false;        // since it began: there is much to put right
    Deferred flush_soon_;
    Timer wheel_timer_;
    std::vector<ReadWatch> watches_;
};

} // namespace lns::sessiond

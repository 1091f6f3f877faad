// SPDX-License-Identifier: ISC
// Control connections: finds the record a control datagram belongs to, lets the core of lib/l2tp work
// on a copy, carries out what the core asks for, and commits it last: a message of a LAC counts as received, and so
// is acknowledged, only when all that follows from it is committed. After a crash before that the LAC repeats it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sessiond/applicants.h"
#include "sessiond/context.h"

namespace lns::sessiond {

// Who is told of calls. `repeated`: perhaps it was told so already, by the process before this one.
class CallHandler {
public:
    virtual ~CallHandler() = default;
    virtual void incoming_call(TunnelIndex tunnel, const l2tp::Message& icrq, bool repeated) = 0;
    virtual void call_message(TunnelIndex tunnel, SessionId session, const l2tp::Message& message, bool repeated) = 0;
    virtual void call_cleared(TunnelIndex tunnel, SessionId session) = 0;
    virtual void tunnel_lost(TunnelIndex tunnel, const l2tp::Cause& cause) = 0;
};

class Tunnels {
public:
    explicit Tunnels(Context& context);
    void set_calls(CallHandler& calls) { calls_ = &calls; }
    // After the store was attached: private state of the tunnels that live.
    void attach();

    // A control datagram, its header parsed.
    void receive(const imsg::Datagram& datagram, const l2tp::Header& header);
    // A message of a call. Kept when the window is full; dropped when the tunnel is gone.
    void send(TunnelIndex tunnel, const l2tp::OutMessage& message);
    void close(TunnelIndex tunnel, const l2tp::Cause& cause);
    // The operator wants it to end: no new calls, shown as dieing; close() follows.
    void mark_dropped(TunnelIndex tunnel);
    // It carries messages of calls.
    [[nodiscard]] bool established(TunnelIndex tunnel) const;
    // New calls may come.
    [[nodiscard]] bool takes_calls(TunnelIndex tunnel) const;
    // Whether such a message for that session is sent and not acknowledged, or waits for that.
    [[nodiscard]] bool holds(TunnelIndex tunnel, l2tp::MessageType type, SessionId session) const;
    // Those that the operator dropped and that are not closed yet.
    [[nodiscard]] std::vector<TunnelIndex> dropped() const;
    // Waits for the acknowledgement of its StopCCN.
    [[nodiscard]] bool closing(TunnelIndex tunnel) const;
    void tick(TunnelIndex tunnel);
    // Acknowledges what the batch brought and nothing sent since acknowledged. To a LAC that does not wait for it this
    // can be let wait for a moment, for a message that takes it along (RFC 2661 5.8).
    void flush_acks();
    // When it wants to be called again for what waits; kNever.
    [[nodiscard]] MonoTime next_ack() const;
    // A session slot of the tunnel became free: the tunnel may wait for just that.
    void session_freed(TunnelIndex tunnel);

    [[nodiscard]] std::size_t live() const;
    [[nodiscard]] std::size_t half_open() const { return half_open_; }

private:
    struct Open { // while an event works on it: one copy, however deep what follows goes
        shm::TunnelRecord record;
        l2tp::ControlConnection cc;
    };
    struct State { // private: may be lost
        l2tp::ReorderBuffer early;
        std::deque<l2tp::OutMessage> backlog; // CDNs only, which attach() of the sessions would send again
        Open* open = nullptr;
        bool ack_listed = false;
        bool ack_owed = false;
        std::uint16_t nr = 0;
        std::uint16_t acked_nr = 0; // up to here nothing is owed
        MonoTime ack_due{};
        MonoTime pipelined{}; // when it last sent a message without waiting for our acknowledgement
        bool half_open = false;
        bool recovered = false; // messages from Ns `recovered_nr` on may have been taken before
        bool repeated = false;  // the one in hand may
        std::uint16_t recovered_nr = 0;
    };
    struct PeerHash {
        std::size_t operator()(const std::pair<Endpoint, std::uint16_t>& k) const noexcept {
            return std::hash<Endpoint>()(k.first) ^ k.second * std::size_t{0x9e3779b1};
        }
    };
    using PeerKey = std::pair<Endpoint, std::uint16_t>; // peer's address and port, peer's tunnel id

    void receive_sccrq(const imsg::Datagram& datagram, const l2tp::Header& header);
    void receive_for(TunnelIndex tunnel, const l2tp::Header& header);
    void receive_stray_stop(const imsg::Datagram& datagram, const l2tp::Header& header);
    bool retransmitted(const imsg::Datagram& datagram, const l2tp::Header& header, const l2tp::Message& sccrq);
    [[nodiscard]] bool reflected(Ipv4 source, const l2tp::Message& sccrq) const;
    void open(const imsg::Datagram& datagram, const l2tp::Header& header, const l2tp::Message& sccrq);
    // Where too many tunnels are in the making: see applicants.h.
    void answer_applicant(const imsg::Datagram& datagram, const l2tp::Header& header, const l2tp::Message& sccrq);
    void receive_applicant(const imsg::Datagram& datagram, const l2tp::Header& header);
    TunnelIndex new_tunnel(shm::TunnelRecord& record, TunnelId id);
    void begin(TunnelIndex tunnel, Open& opened);
    void refuse_for_room(Endpoint peer);
    bool forget_oldest_closed();
    void abandon(TunnelIndex tunnel);
    void answer_unproven(const imsg::Datagram& datagram, l2tp::Effects& effects);
    [[nodiscard]] bool over_half_open_limit(Ipv4 source) const;

    // The one way to change a control connection: copy, call, carry out, commit. What is called within another
    // work() on the same tunnel is a part of that.
    template <class Change>
    void work(TunnelIndex tunnel, const Change& change);
    template <class Change>
    void apply(TunnelIndex tunnel, Open& open, const Change& change);
    l2tp::Effects take_spare();
    void carry_out(TunnelIndex tunnel, const Open& open, l2tp::Effects& effects);
    void carry_out_call(TunnelIndex tunnel, const l2tp::Effect& effect);
    void went_up(TunnelIndex tunnel, const shm::TunnelRecord& record, bool authenticated);
    void went_down(TunnelIndex tunnel, const shm::TunnelRecord& record, const l2tp::TunnelDown& down);
    void release_if_over(TunnelIndex tunnel, const l2tp::ControlConnection& cc);
    void drain_backlog(TunnelIndex tunnel);
    void commit(TunnelIndex tunnel, shm::TunnelRecord& record, const l2tp::ControlConnection& cc);
    void note_owed(TunnelIndex tunnel, const l2tp::ControlConnection& cc);
    [[nodiscard]] bool ack_may_wait(TunnelIndex tunnel, const State& s) const;
    void set_half_open(TunnelIndex tunnel, bool half_open);
    void forget_peer_key(TunnelIndex tunnel);
    [[nodiscard]] l2tp::ControlConnection stored(TunnelIndex tunnel) const;
    State& state(TunnelIndex tunnel);

    Context& cx_;
    CallHandler* calls_ = nullptr;
    std::vector<std::unique_ptr<State>> states_;
    std::unordered_multimap<PeerKey, TunnelIndex, PeerHash> by_peer_;
    std::unordered_map<Ipv4, std::uint32_t> half_open_from_;
    std::uint32_t half_open_ = 0;
    Crowd crowd_;
    Applicants applicants_;
    AnswerBudget budget_;
    MonoTime look_again_{}; // for a closed tunnel to forget: before that there is none
    std::vector<TunnelIndex> ack_list_;
    std::vector<l2tp::Effects> spare_;
    std::set<Ipv4> warned_unauthenticated_; // once a LAC, DESIGN 7
};

} // namespace lns::sessiond

// SPDX-License-Identifier: ISC
// The life of a session: call, PPP, login, address, forwarding, accounting, end (DESIGN 6). Each event
// loads the record, lets the cores work on it, commits it, and carries out what follows.
//
// sessions.cc holds the call and PPP, session_login.cc the answer of radiusd-client, session_services.cc what the
// operator wants of it, session_end.cc the end, session_sweep.cc the regular clean-up.
#pragma once

#include <deque>
#include <optional>

#include "sessiond/aaa.h"
#include "sessiond/context.h"
#include "sessiond/end_reason.h"
#include "sessiond/forwarding.h"
#include "sessiond/login.h"
#include "sessiond/pool.h"
#include "sessiond/residents.h"
#include "sessiond/routes.h"
#include "sessiond/services.h"
#include "sessiond/session_core.h"
#include "sessiond/tunnels.h"

namespace lns::sessiond {

class Sessions final : public CallHandler {
public:
    Sessions(Context& context, Tunnels& tunnels, Pool& pool, std::uint16_t datapaths);

    // After the store was attached: goes on with every session where the records say it was.
    void attach();

    // Ends every session that was begun before Context::close_before.
    void close_left_alone();
    // Compares what is private to this process, and what the parent was asked for, with the records, which are the
    // truth: addresses held, leases, kernel routes, half-made calls. In parts, between which everything goes on. Begun
    // while one is under way, it starts anew.
    void begin_sweep();
    [[nodiscard]] bool sweeping() const { return sweep_.has_value(); }
    // One part of at most kSweepPart slots; how much there was to put right in it.
    std::size_t sweep_some();
    static constexpr std::size_t kSweepPart = 1024;

    // Accounting-On: nothing of before lives on. -Off: all Stop records are on their way (RFC 2866 5.1).
    void account_server(imsg::AcctKind kind);
    // Accounting records that are not in the spool yet.
    [[nodiscard]] std::size_t unstored() const { return aaa_.unstored(); }

    // CallHandler
    void incoming_call(TunnelIndex tunnel, const l2tp::Message& icrq, bool repeated) override;
    void call_message(TunnelIndex tunnel, SessionId session, const l2tp::Message& message, bool repeated) override;
    void call_cleared(TunnelIndex tunnel, SessionId session) override;
    void tunnel_lost(TunnelIndex tunnel, const l2tp::Cause& cause) override;

    // Of a tunnel that is gone the sessions of one block end at once, and those of the others one block a call, so that
    // the tens of thousands of a LAC that vanished do not keep the loop from those who call. A crash in between
    // leaves sessions without a tunnel, which attach() ends.
    [[nodiscard]] bool ending() const { return !lost_.empty(); }
    void end_some();

    // The payload of a data message that is not IP.
    void ppp_frame(TunnelIndex tunnel, SessionId session, Bytes frame);
    void tick(SessionIndex session);
    // Ends it for a reason of ours: Terminate-Request and CDN at once. False when there is none.
    bool end(SessionIndex session, EndReason reason);
    // What the operator wants done to its packets; at once. With generation none whichever session has that SID. The
    // text is for the operator.
    Result<std::string> change_services(SessionIndex session, Generation generation, const imsg::ServiceChange& change);
    // The names of the access lists there are.
    void set_access_lists(std::vector<std::string> names) { access_lists_ = std::move(names); }
    // throttle_burst is another: so are the bursts of those who are throttled.
    void burst_changed();

private:
    struct Work {
        SessionIndex index{};
        shm::SessionRecord record;
        SessionCore core;
    };
    [[nodiscard]] Work load(SessionIndex index) const;
    [[nodiscard]] std::optional<Work> load_live(TunnelIndex tunnel, SessionId session) const;
    [[nodiscard]] bool crowds_out_others(TunnelIndex tunnel) const;
    void refuse_for_room(TunnelIndex tunnel, const l2tp::Message& icrq, Counter counter, const char* why);
    [[nodiscard]] std::optional<Work> taken_before(TunnelIndex tunnel, const l2tp::Message& icrq) const;
    [[nodiscard]] std::optional<Work> load_current(std::uint32_t session, std::uint32_t generation) const;
    void commit(Work& w);
    void trace(const Work& w) const;

    // Call and PPP
    void step(Work& w, const l2tp::CallStep& step, EndReason reason_of_down);
    [[nodiscard]] static EndReason first_reason(const Work& w, EndReason line);
    void start_ppp(Work& w);
    void run(Work& w, ppp::Effects& effects);
    void send_frame(const Work& w, Bytes frame);
    void ask(Work& w, const ppp::AuthRequest& question);
    void network_up(Work& w);
    void network_down(Work& w);
    void check_timeouts(Work& w);
    void note_traffic(Work& w) const;
    void schedule(const Work& w);
    [[nodiscard]] MonoTime idle_deadline(const Work& w) const;

    // Login
    void answered(const imsg::AuthReply& reply);
    void admit(Work& w, const imsg::AuthReply& reply);
    [[nodiscard]] std::optional<SessionIndex> displace(const Work& w, Ipv4 address);
    std::optional<Ipv4> address_for(Work& w, const imsg::AuthReply& reply, const Protected& guard);
    void settle_wish(Work& w, Bytes frame);
    void refuse(Work& w, std::string_view message, EndReason reason);
    void account(Work& w, imsg::AcctKind kind);
    void stored(const imsg::AcctStored& stored);
    void interim(Work& w);

    // Sweep
    std::size_t sweep_one(SessionIndex session);
    std::size_t sweep_pool(std::size_t most);
    // Services
    [[nodiscard]] bool is_subscribers(Ipv4 address) const;
    [[nodiscard]] bool is_defined(std::string_view access_list) const;
    void warn_of_undefined_filters(const Work& w, const shm::SessionAaa& aaa) const;
    void publish_services(const Work& w);
    [[nodiscard]] std::uint16_t forward_flags(const Work& w, const shm::SessionAaa& aaa) const;
    void refresh_burst(const Work& w);

    // End
    void begin_end(Work& w, EndReason reason);
    void go_on_ending(Work& w);
    void let_go(Work& w);
    void add_routes(const Work& w);
    void remove_routes(const Work& w);
    [[nodiscard]] std::vector<Prefix4> routes_for(const Work& w) const;
    void forwarding_removed(SessionIndex session, Generation generation);
    void attach_one(SessionIndex index);
    [[nodiscard]] MonoTime accounted_until(const Work& w) const;
    void attach_closing(Work& w);
    [[nodiscard]] bool tunnel_lives(const Work& w) const;
    void log_end(const Work& w) const;

    [[nodiscard]] TunnelId tunnel_id(const Work& w) const { return cx_.store.view(w.record.tunnel).local_id; }
    [[nodiscard]] std::uint16_t mru(const Work& w) const { return cx_.mru(w.core.call.sequencing_required); }
    [[nodiscard]] Ipv4 lac(const Work& w) const { return cx_.store.view(w.record.tunnel).peer.address; }

    Context& cx_;
    Tunnels& tunnels_;
    Pool& pool_;
    std::vector<std::string> access_lists_;
    Residents residents_;
    Routes routes_;
    Aaa aaa_;
    Forwarding forwarding_;

    struct LostTunnel {
        TunnelIndex tunnel{};
        Generation generation{};
        l2tp::Cause cause;
        std::size_t block = 0; // where it goes on
    };
    std::deque<LostTunnel> lost_;

    struct Sweep {
        std::uint32_t tunnel = 1; // where it goes on
        std::size_t block = 0;    // of that tunnel
        std::size_t place = 0;    // of the pool, when the tunnels are done
        // Whose routes were asked for since it began: the parent counts from there (l2tpnsd/routes.h).
        std::vector<bool> routed;
    };
    std::optional<Sweep> sweep_;
};

} // namespace lns::sessiond

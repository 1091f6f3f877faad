// SPDX-License-Identifier: ISC
#include "config.h"

#include "sessiond/state_writer.h"

#include <algorithm>

#include "lib/base/log.h"
#include "sessiond/saved_counters.h"

namespace lns::sessiond {

namespace {

class StateWriter {
public:
    StateWriter(const Context& cx, const state::Encoder::Sink& sink) : cx_(cx), encoder_(saved_kinds(), cx.now, sink) {}

    void origin() { encoder_.add(SavedOrigin{std::string_view(PACKAGE_STRING), unix_seconds()}); }

    void tunnels() {
        for (std::uint32_t i = 1; i < cx_.store.tunnel_slots(); ++i) {
            const TunnelIndex index{i};
            if (cx_.store.view(index).state == shm::TunnelState::free) continue;
            if (encoder_.add(saved_tunnel(index, cx_.store.tunnel(index))))
                ++tally_.tunnels;
            else
                log_warnx("tunnel %u does not fit a state file", i);
        }
    }

    void sessions() {
        for (const SessionIndex index : cx_.store.all_sessions()) {
            SavedSession saved{raw(index), cx_.store.session(index), {}, {}, {}};
            saved.core = saved.record.core.load<SessionCore>();
            if (saved.record.has_aaa) saved.aaa = cx_.store.aaa(index);
            saved.services = cx_.store.services(index, saved.record.generation);
            if (const auto ns = cx_.numbers.next(index, saved.record.generation)) saved.services.first_ns = *ns;
            saved.record.carried = cx_.used(index, saved.record);
            saved.record.last_traffic = last_traffic(index, saved.record);
            if (encoder_.add(saved))
                ++tally_.sessions;
            else
                log_warnx("session %u does not fit a state file", raw(index));
        }
    }

    void leases(const shm::TwoSlotReader<shm::LeaseRecord>& leases) {
        for (std::uint32_t i = 0; i < leases.size() && leases.version(i) != 0; ++i) {
            const shm::LeaseRecord record = leases.get(i);
            if (record.address.is_set() && encoder_.add(SavedLease{record})) ++tally_.leases;
        }
    }

    void counters() {
        for (const SavedCounters& saved : saved_counters(cx_.worker))
            if (!encoder_.add(saved))
                log_warnx("the counters of %s do not fit a state file", saved.program.str().c_str());
    }

    StateTally finish() {
        encoder_.finish();
        return tally_;
    }

private:
    // The counters of a slot outlive its sessions: a packet before the call was another's.
    [[nodiscard]] MonoTime last_traffic(SessionIndex index, const shm::SessionRecord& record) const {
        const shm::SessionCounters sum = cx_.traffic.sum(index);
        const MonoTime last(Clock::duration(static_cast<std::int64_t>(std::max(sum.last_up, sum.last_down))));
        return last > record.created ? std::max(last, record.last_traffic) : record.last_traffic;
    }

    const Context& cx_;
    state::Encoder encoder_;
    StateTally tally_;
};

} // namespace

StateTally write_state(const Context& cx, const shm::TwoSlotReader<shm::LeaseRecord>& leases,
                       const state::Encoder::Sink& sink) {
    StateWriter writer(cx, sink);
    writer.origin();
    writer.tunnels();
    writer.sessions();
    writer.leases(leases);
    writer.counters();
    return writer.finish();
}

} // namespace lns::sessiond

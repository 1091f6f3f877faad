// SPDX-License-Identifier: ISC
#include "sessiond/state_loader.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "lib/base/escape.h"
#include "lib/base/log.h"
#include "sessiond/saved_counters.h"

namespace lns::sessiond {

namespace {

constexpr std::int64_t kLongestAbsence = 366 * 24 * 3600; // seconds; a clock that is farther off is wrong
constexpr unsigned kMaxSkippedLines = 20;

// Slots that are taken one by one, each at the place it had where that is possible.
class Places {
public:
    explicit Places(std::size_t size) : taken_(size, false) {}
    // 0 when none is left; place 0 is never given.
    std::uint32_t take(std::uint32_t wanted) {
        if (wanted == 0 || wanted >= taken_.size() || taken_[wanted]) {
            while (lowest_ < taken_.size() && taken_[lowest_])
                ++lowest_;
            if (lowest_ >= taken_.size()) return 0;
            wanted = lowest_;
        }
        taken_[wanted] = true;
        return wanted;
    }

private:
    std::vector<bool> taken_;
    std::uint32_t lowest_ = 1;
};

class StateLoader {
public:
    StateLoader(const state::Decoder& file, LoadTarget& target)
        : file_(file), to_(target), tunnel_places_(target.tables.tunnels.size()),
          blocks_(target.tables.sessions.size() / shm::kBlockSlots) {}

    // The moment of saving, by this boot's clock.
    void origin() {
        file_.each<SavedOrigin>(to_.now, [this](const SavedOrigin& origin) {
            const std::int64_t away = std::clamp<std::int64_t>(to_.wall - origin.wall, 0, kLongestAbsence);
            saved_at_ = to_.now - std::chrono::seconds(away);
            log_warnx("state saved by %s %lld seconds ago", escape(origin.program.view()).c_str(),
                      static_cast<long long>(away));
        });
    }

    void clear() {
        for (std::uint32_t i = 1; i < to_.tables.tunnels.size(); ++i)
            clear_tunnel(TunnelIndex{i});
        for (std::uint32_t i = 0; i < to_.leases.size() && to_.leases.version(i) != 0; ++i)
            to_.leases.write(i, {});
    }

    void tunnels() {
        file_.each<SavedTunnel>(saved_at_, [this](const SavedTunnel& saved) {
            if (const char* fault = place(saved)) skip("tunnel", saved.index, fault);
        });
    }
    void sessions() {
        file_.each<SavedSession>(saved_at_, [this](const SavedSession& saved) {
            if (const char* fault = place(saved)) skip("session", saved.index, fault);
        });
    }
    // As remembered for their users; those of sessions that live are taken when they are attached.
    void leases() {
        std::unordered_set<Ipv4> known;
        file_.each<SavedLease>(saved_at_, [&](const SavedLease& saved) {
            shm::LeaseRecord record = saved.record;
            if (!record.address.is_set() || !known.insert(record.address).second) return;
            if (tally_.leases >= to_.leases.size()) return skip("lease", tally_.leases, "the table is full");
            if (record.released == MonoTime{}) record.released = to_.now;
            record.session = SessionIndex::none;
            record.generation = Generation::none;
            to_.leases.write(tally_.leases++, record);
        });
    }

    void counters() {
        std::vector<SavedCounters> all;
        file_.each<SavedCounters>(saved_at_, [&all](const SavedCounters& saved) { all.push_back(saved); });
        carry_counters(to_.worker, all);
    }

    StateTally finish() {
        for (const std::string& name : file_.unknown())
            log_warnx("state file: %s is not known to this release, or not as it is there: left out",
                      escape(name).c_str());
        if (skipped_ > kMaxSkippedLines) log_warnx("state file: %u records left out in all", skipped_);
        return tally_;
    }

private:
    struct Home { // where a tunnel of the file is now
        TunnelIndex index{};
        Generation generation{};
        std::uint16_t mask = 0;
    };

    void clear_tunnel(TunnelIndex index) {
        for (unsigned number = 0; number < shm::kBlocksPerTunnel; ++number) {
            const std::uint32_t block = to_.tables.locator.block(index, number);
            if (block == 0) continue;
            const std::uint32_t first = block * shm::kBlockSlots;
            for (std::uint32_t slot = first; slot < first + shm::kBlockSlots; ++slot)
                if (to_.tables.sessions.version(slot) != 0) to_.tables.sessions.write(slot, {});
            to_.tables.locator.set_block(index, number, 0);
        }
        if (to_.tables.tunnels.version(raw(index)) != 0) to_.tables.tunnels.write(raw(index), {});
    }

    const char* place(const SavedTunnel& saved) {
        if (const char* fault = fault_of(saved)) return fault;
        if (ids_.contains(saved.record.local_id)) return "its id is another's";
        const TunnelIndex index{tunnel_places_.take(saved.index)};
        if (index == TunnelIndex::none) return "the table is full";
        ids_.insert(saved.record.local_id);
        homes_[saved.index] = {index, saved.record.generation, saved.record.session_mask};
        to_.tables.tunnels.write(raw(index), restored(saved));
        ++tally_.tunnels;
        return nullptr;
    }

    const char* place(const SavedSession& saved) {
        if (const char* fault = fault_of(saved)) return fault;
        const auto home = homes_.find(raw(saved.record.tunnel));
        if (home == homes_.end() || home->second.generation != saved.record.tunnel_generation)
            return "its tunnel is not there";
        const bool takes_room = !lingers(saved.record);
        if (takes_room && taking_ >= to_.max_sessions) return "the table is full";
        const std::uint32_t slot = slot_for(saved, home->second);
        if (slot == 0) return "the table is full";
        if (to_.tables.sessions.version(slot) != 0 && to_.tables.sessions.get(slot).state != shm::SessionState::free)
            return "its id is another's";
        write(slot, saved, home->second.index);
        ++tally_.sessions;
        if (takes_room) ++taking_;
        return nullptr;
    }

    // The session's id on the wire says all but the number of the block.
    std::uint32_t slot_for(const SavedSession& saved, const Home& home) {
        const auto local = static_cast<std::uint16_t>(raw(saved.record.local_id) ^ home.mask);
        const unsigned number = local >> 8;
        std::uint32_t block = to_.tables.locator.block(home.index, number);
        if (block == 0) {
            block = blocks_.take(saved.index / shm::kBlockSlots);
            if (block == 0) return 0;
            to_.tables.locator.set_block(home.index, number, block);
        }
        return block * shm::kBlockSlots + (local & 255U);
    }

    void write(std::uint32_t slot, const SavedSession& saved, TunnelIndex tunnel) {
        shm::SessionRecord record = restored(saved);
        const shm::SessionCounters before = to_.traffic.sum(SessionIndex{slot});
        record.tunnel = tunnel;
        record.baseline = {before.up_packets,  before.up_octets,  before.down_packets,
                           before.down_octets, before.up_dropped, before.down_dropped};
        if (record.has_aaa) {
            shm::SessionAaa aaa = saved.aaa;
            aaa.generation = record.generation;
            to_.tables.aaa.write(slot, aaa);
        }
        if (saved.services.throttled() || saved.services.snooped() || saved.services.first_ns != 0) {
            shm::SessionServices services = saved.services;
            services.generation = record.generation;
            to_.tables.services.write(slot, services);
        }
        to_.tables.sessions.write(slot, record);
    }

    void skip(const char* what, std::uint32_t index, const char* fault) {
        if (++skipped_ <= kMaxSkippedLines) log_warnx("state file: %s %u left out: %s", what, index, fault);
    }

    const state::Decoder& file_;
    LoadTarget& to_;
    MonoTime saved_at_{};
    Places tunnel_places_;
    Places blocks_;
    std::unordered_map<std::uint32_t, Home> homes_;
    std::unordered_set<TunnelId> ids_;
    StateTally tally_;
    std::uint32_t taking_ = 0; // sessions for which there is max_sessions
    unsigned skipped_ = 0;
};

} // namespace

Result<StateTally> load_state(Bytes file, LoadTarget target) {
    auto decoder = state::Decoder::open(file, saved_kinds());
    if (!decoder) return Failure<Error>{decoder.error()};
    StateLoader loader(*decoder, target);
    loader.clear();
    loader.origin();
    loader.tunnels();
    loader.sessions();
    loader.leases();
    loader.counters();
    return loader.finish();
}

} // namespace lns::sessiond

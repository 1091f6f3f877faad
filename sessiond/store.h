// SPDX-License-Identifier: ISC
// sessiond's side of the shared tables: it is their only writer. Owns what is not truth but follows
// from the records: free tunnels, blocks and slots (rebuilt by attach(), DESIGN 4).
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "lib/base/ids.h"
#include "lib/base/rng.h"
#include "sessiond/table_writer.h"
#include "shm/segment.h"

namespace lns::sessiond {

// What every packet needs of a tunnel, without reading its record.
struct TunnelView {
    Generation generation{};
    shm::TunnelState state{};
    Endpoint peer;
    Ipv4 local;
    TunnelId local_id{};
    PeerTunnelId peer_id{};
    std::uint32_t sessions = 0; // slots in use
    std::uint32_t online = 0;   // of them, by sessions that are open
};

// All of the session is over, its Stop record is in the spool: but its LAC has not acknowledged our CDN yet, and until
// then its id on the wire, which is its slot, must not be another's (RFC 2661 5.7).
[[nodiscard]] bool lingers(const shm::SessionRecord& record);

class Store {
public:
    struct Tables {
        TableWriter<shm::TunnelRecord> tunnels;
        TableWriter<shm::SessionRecord> sessions;
        TableWriter<shm::SessionAaa> aaa;
        TableWriter<shm::ForwardRecord> forward;
        LocatorWriter locator;
        TableWriter<shm::SessionServices> services;
        UserHashWriter user_hashes;
    };
    Store(const Tables& tables, std::uint32_t max_sessions, Rng& rng);

    // Rebuilds the private state from the records: the same at first start and after a crash.
    void attach();

    // ---- Tunnels ----
    // A free slot with a new generation, an unpredictable local id and session mask, committed nowhere
    // yet; TunnelIndex::none when the table is full. With that id, if one is given: no tunnel may have it.
    TunnelIndex new_tunnel(shm::TunnelRecord& record, TunnelId id = TunnelId::none);
    [[nodiscard]] shm::TunnelRecord tunnel(TunnelIndex index) const { return tables_.tunnels.get(raw(index)); }
    void save(TunnelIndex index, const shm::TunnelRecord& record);
    // The slot, its wire id and its blocks may be used again. No session of it may be left.
    void free_tunnel(TunnelIndex index);
    [[nodiscard]] const TunnelView& view(TunnelIndex index) const { return views_[raw(index)]; }
    [[nodiscard]] TunnelIndex find_tunnel(TunnelId id) const { return tables_.locator.tunnel(id); }
    [[nodiscard]] std::size_t tunnel_slots() const { return tables_.tunnels.size(); }

    // ---- Sessions ----
    // The same for a session of that tunnel; `record` gets generation, tunnel and wire id.
    SessionIndex new_session(TunnelIndex tunnel, shm::SessionRecord& record);
    [[nodiscard]] shm::SessionRecord session(SessionIndex index) const { return tables_.sessions.get(raw(index)); }
    void prefetch(SessionIndex index) const { tables_.sessions.prefetch_all(raw(index)); }
    // Without the rest of the record, for looking through many.
    [[nodiscard]] PeerSessionId peer_id(SessionIndex index) const {
        return tables_.sessions.get(raw(index), &shm::SessionRecord::peer_id);
    }
    [[nodiscard]] auto user(SessionIndex index) const {
        return tables_.sessions.get(raw(index), &shm::SessionRecord::user);
    }
    void save(SessionIndex index, const shm::SessionRecord& record);
    void free_session(SessionIndex index);
    // The slot that the wire id names in that tunnel, if a session lives there: its record is in `record` then.
    [[nodiscard]] SessionIndex find_session(TunnelIndex tunnel, SessionId id, shm::SessionRecord& record) const;
    [[nodiscard]] std::size_t session_slots() const { return tables_.sessions.size(); }
    [[nodiscard]] std::uint32_t sessions_in_use() const { return sessions_in_use_; }
    // For how many more there is room. Those that linger take none, up to max_sessions of them: a LAC that vanished
    // with all it had and calls again must not wait for what it will never acknowledge.
    [[nodiscard]] std::uint32_t sessions_free() const {
        const std::uint32_t taking = sessions_in_use_ - std::min(lingering_, max_sessions_);
        return max_sessions_ - std::min(max_sessions_, taking);
    }
    // Every session of the tunnel; every session there is. Only slots of blocks that a tunnel owns are
    // looked at: reading any other would make the kernel give it memory.
    [[nodiscard]] std::vector<SessionIndex> sessions_of(TunnelIndex tunnel) const;
    [[nodiscard]] std::vector<SessionIndex> all_sessions() const;
    // The same for one of the blocks of a tunnel, for work done in parts.
    [[nodiscard]] std::size_t blocks_of(TunnelIndex tunnel) const { return owned_[raw(tunnel)].blocks.size(); }
    [[nodiscard]] std::vector<SessionIndex> sessions_in(TunnelIndex tunnel, std::size_t block) const;

    [[nodiscard]] shm::SessionAaa aaa(SessionIndex index) const { return tables_.aaa.get(raw(index)); }
    void save(SessionIndex index, const shm::SessionAaa& aaa) { tables_.aaa.write(raw(index), aaa); }
    // None but the generation when nothing was ever asked for that session.
    [[nodiscard]] shm::SessionServices services(SessionIndex index, Generation generation) const {
        const shm::SessionServices services = tables_.services.get(raw(index));
        return services.generation == generation ? services : shm::SessionServices{generation, 0, 0, {}};
    }
    void save(SessionIndex index, const shm::SessionServices& services) {
        tables_.services.write(raw(index), services);
    }
    [[nodiscard]] shm::ForwardRecord forward(SessionIndex index) const { return tables_.forward.get(raw(index)); }
    void save(SessionIndex index, const shm::ForwardRecord& forward) { tables_.forward.write(raw(index), forward); }

private:
    struct Owned { // by a tunnel
        std::vector<std::uint32_t> blocks;
        std::deque<std::uint16_t> free_locals; // oldest first, so that an id rests before it is used again
    };
    bool take_block(TunnelIndex tunnel);
    void attach_tunnels();
    void attach_sessions();
    void note_user(SessionIndex index, const shm::SessionRecord& record);
    void adopt_block(TunnelIndex tunnel, unsigned number, std::uint32_t block);
    enum class Use : std::uint8_t { other, online, lingering };
    [[nodiscard]] static Use use_of(const shm::SessionRecord& record);
    void note_use(SessionIndex index, TunnelIndex tunnel, Use use);
    void count_use(TunnelIndex tunnel, Use use, std::uint32_t by);

    Tables tables_;
    shm::SessionRecord saved_{}; // the last one that was, and whose it is
    SessionIndex saved_index_ = SessionIndex::none;
    std::uint32_t max_sessions_;
    Rng& rng_;
    std::vector<TunnelView> views_;
    std::vector<Owned> owned_;
    std::deque<TunnelIndex> free_tunnels_;
    std::vector<std::uint32_t> free_blocks_;
    std::uint32_t sessions_in_use_ = 0;
    std::uint32_t lingering_ = 0;
    std::vector<Use> uses_; // by slot: as what it is counted
};

} // namespace lns::sessiond

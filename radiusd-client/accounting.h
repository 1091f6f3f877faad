// SPDX-License-Identifier: ISC
// Accounting records from sessiond's AcctRequest to the server's acknowledgement. Each is sent at once; one that no
// server has acknowledged soon is committed to the spool, and stays there until one has, across outages and restarts.
// AcctStored tells sessiond of whichever comes first. Until then the session's record says that it is owed, and
// sessiond asks again should this process be killed.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "lib/imsg/bodies.h"
#include "radiusd-client/acct_queue.h"
#include "radiusd-client/context.h"
#include "radiusd-client/spool.h"

namespace lns::radius_client {

class Accounting final : public ContextOwner {
public:
    using Stored = std::function<void(const imsg::AcctStored&)>;
    // The spool is opened by the first flush(), and tried again every second while that fails.
    Accounting(Context& context, std::string spool_path, Stored stored);

    void configure(MonoTime now);
    void request(const imsg::AcctRequest& request, MonoTime now);
    // Commits what arrived and what was acknowledged since the last call, and sends what may go. Of very many records
    // it commits a part, and is due again at once.
    void flush(MonoTime now);
    void tick(MonoTime now);
    [[nodiscard]] MonoTime next_deadline() const;

    Requests& requests() { return requests_; }
    Spool* spool() { return spool_ ? &*spool_ : nullptr; }
    [[nodiscard]] std::size_t held() const { return held_.size(); }
    // Whether a server is still to acknowledge a record, or the spool to forget one that it has.
    [[nodiscard]] bool owes() const {
        return requests_.has_servers() && (!held_.empty() || more_on_disk_ || !acknowledged_.empty());
    }
    // Nobody may ask again for what is held: from now on all goes to the spool at once.
    void commit_all(MonoTime now);
    // Records that a later process would find.
    [[nodiscard]] std::uint64_t in_spool() { return spool_ ? spool_->count() : 0; }

    // RequestOwner
    Bytes encode(std::uint64_t key, std::uint8_t id, radius::Authenticator& authenticator,
                 std::span<std::uint8_t> buffer) override;
    void sent(const RequestView& request, bool again, MonoTime now) override;
    void answered(std::uint64_t key, const radius::PacketView& reply, Endpoint server, MonoTime now) override;
    void gave_up(std::uint64_t key, MonoTime now) override;

    // In memory; what is more stays on disk until there is room. Also bounds what a full disk leaves us with.
    static constexpr std::size_t kMostHeld = 16384;
    // So long a record that is under way, or about to be, need not be on disk: a quick server has answered by then.
    static constexpr Clock::duration kPatience = std::chrono::milliseconds(100);

private:
    struct Held {
        SpoolRecord record;
        MonoTime arrived{};
        std::uint32_t generation = 0; // of the session, for AcctStored
        std::uint32_t sequence = 0;   // of sessiond, likewise
        bool stored = false;          // on disk, and sessiond knows
        bool queued = false;
        RequestBoard::Place place = RequestBoard::kNowhere;
    };
    std::vector<std::uint8_t> encode_record(const imsg::AcctRequest& request);
    void open_spool(MonoTime now);
    bool commit(MonoTime now);
    [[nodiscard]] MonoTime commit_due(const Held& held) const;
    [[nodiscard]] MonoTime next_commit(MonoTime now) const;
    void settle(RecordId id, bool known_already);
    void load_more();
    RecordId next_id(std::uint32_t sequence);
    bool known(const Held& asked);
    Held& hold(RecordId id, Held&& held);
    void let_go(RecordId id);
    void enqueue(RecordId id, Held& held);
    [[nodiscard]] std::int64_t lateness(const SpoolRecord& record) const;
    void pump(MonoTime now);
    void tell_stored(const Held& held);
    void remember(const SpoolRecord& record);

    std::string spool_path_;
    Stored stored_;
    Requests requests_;
    std::optional<Spool> spool_;
    AcctQueue queue_;
    std::map<RecordId, Held> held_;
    std::unordered_map<RecordIdentity, RecordId, RecordIdentityHash> ids_; // of held_
    std::set<RecordId> unstored_;                                          // of held_: to be committed
    std::vector<RecordId> acknowledged_;                                   // to be removed from disk
    RecordId last_id_ = 0;
    RecordId loaded_to_ = 0;
    bool more_on_disk_ = false;
    bool to_disk_at_once_ = false;
    MonoTime flush_at_ = kNever;
    // Acknowledged lately: sessiond may ask again after a crash of its own.
    std::unordered_set<RecordIdentity, RecordIdentityHash> recent_;
    std::deque<RecordIdentity> recent_order_;
};

} // namespace lns::radius_client

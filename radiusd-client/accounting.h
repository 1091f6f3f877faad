// SPDX-License-Identifier: ISC
// Accounting records from sessiond's AcctRequest to the server's acknowledgement. A record is committed
// to the spool before sessiond hears AcctStored and before it is sent, and stays there until a server
// has acknowledged it, across outages and restarts.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

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

private:
    struct Held {
        SpoolRecord record;
        std::uint32_t generation = 0; // of the session, for AcctStored
        std::uint32_t sequence = 0;   // of sessiond, likewise
        bool stored = false;          // on disk, and sessiond knows
        bool queued = false;
        RequestBoard::Place place = RequestBoard::kNowhere;
    };
    std::vector<std::uint8_t> encode_record(const imsg::AcctRequest& request);
    void open_spool(MonoTime now);
    bool commit(MonoTime now);
    void settle(RecordId id, bool known_already);
    void load_more();
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
    std::set<RecordId> unstored_;        // of held_: to be committed
    std::vector<RecordId> acknowledged_; // to be removed from disk
    RecordId last_id_ = 0;
    RecordId loaded_to_ = 0;
    bool more_on_disk_ = false;
    MonoTime flush_at_ = kNever;
    std::set<RecordIdentity> recent_; // acknowledged lately: sessiond may ask again after a crash of its own
    std::deque<RecordIdentity> recent_order_;
};

} // namespace lns::radius_client

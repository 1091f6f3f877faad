// SPDX-License-Identifier: ISC
#include "radiusd-client/accounting.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/radius/accounting_request.h"
#include "radiusd-client/call_identity.h"

namespace lns::radius_client {

namespace {

using imsg::AcctKind;

constexpr Clock::duration kBatch = std::chrono::milliseconds(10); // many records, one commit
constexpr Clock::duration kSpoolRetry = std::chrono::seconds(1);
constexpr std::size_t kMostInOneCommit = 512;
constexpr std::size_t kRecent = 4096;
constexpr RecordId kIdentifiers = 256; // of a socket
// Younger records say that they are not late. So a process that was restarted sends the same octets again, which the
// server knows for a retransmission (RFC 2866 3); a packet is repeated unchanged for that long anyway.
constexpr std::int64_t kNotLate = 5; // seconds: so long a server usually remembers what it answered
constexpr std::size_t kMostAttributes = radius::kMaxPacket - radius::kHeaderSize - 6; // with Acct-Delay-Time

struct KindRow {
    AcctKind kind;
    radius::AcctStatusType status;
    shm::RadiusState shown;
};
constexpr std::array kKinds{
    KindRow{AcctKind::start, radius::AcctStatusType::Start, shm::RadiusState::start},
    KindRow{AcctKind::interim, radius::AcctStatusType::InterimUpdate, shm::RadiusState::interim},
    KindRow{AcctKind::stop, radius::AcctStatusType::Stop, shm::RadiusState::stop},
    KindRow{AcctKind::on, radius::AcctStatusType::AccountingOn, shm::RadiusState::start},
    KindRow{AcctKind::off, radius::AcctStatusType::AccountingOff, shm::RadiusState::stop},
};
constexpr bool rows_in_order() {
    for (std::size_t i = 0; i < kKinds.size(); ++i)
        if (kKinds[i].kind != static_cast<AcctKind>(i)) return false;
    return true;
}
static_assert(rows_in_order());

const KindRow* find_kind(AcctKind kind) {
    const auto i = static_cast<std::size_t>(kind);
    return i < kKinds.size() ? &kKinds[i] : nullptr;
}

bool is_barrier(AcctKind kind) { return kind == AcctKind::on || kind == AcctKind::off; }

bool sendable(const SpoolRecord& record) {
    return find_kind(record.kind) != nullptr && !record.attributes.empty() &&
           record.attributes.size() <= kMostAttributes;
}

} // namespace

Accounting::Accounting(Context& context, std::string spool_path, Stored stored)
    : ContextOwner(context), spool_path_(std::move(spool_path)), stored_(std::move(stored)),
      requests_(Purpose::accounting, *this, context.rng, context.sockets),
      // Above all that earlier processes gave out, even while the spool cannot be read.
      last_id_(context.wall() * 1000000) {}

void Accounting::configure(MonoTime now) {
    const bool on = context_.settings.accounting && !context_.settings.secret.empty();
    requests_.configure(on ? context_.settings.acct_servers : std::vector<Endpoint>(), context_.settings.secret, now);
    flush_at_ = std::min(flush_at_, now);
}

void Accounting::request(const imsg::AcctRequest& request, MonoTime now) {
    context_.count(Counter::acct_requests);
    Held held{.record = {.acct_session_id = request.acct_session_id,
                         .session = request.session,
                         .kind = request.kind,
                         .event_time = request.event_time,
                         .attributes = {}},
              .arrived = now,
              .generation = request.generation,
              .sequence = request.sequence};
    if (!context_.settings.accounting) return tell_stored(held);
    if (known(held)) return;
    held.record.attributes = encode_record(request);
    if (!sendable(held.record)) {
        context_.count(Counter::acct_refused);
        return context_.complain("an accounting record cannot be expressed: it is lost", now);
    }
    if (unstored_.size() >= kMostHeld) {
        context_.count(Counter::acct_refused);
        return context_.complain("accounting spool and memory are full: records are refused", now);
    }
    const RecordId id = next_id(request.sequence);
    Held& kept = hold(id, std::move(held));
    unstored_.insert(id);
    // Where something older may still be on disk, its turn comes when it is there, too.
    if (spool_ && !more_on_disk_ && queue_.size() < kMostHeld) enqueue(id, kept);
    flush_at_ = std::min(flush_at_, commit_due(kept));
    pump(now);
}

// Its number decides on socket and identifier, and follows from that by which sessiond knows the record: so what is
// asked for again, of the next process, is a retransmission to the server.
RecordId Accounting::next_id(std::uint32_t sequence) {
    const RecordId places = std::max<RecordId>(1, context_.sockets * kIdentifiers);
    const RecordId next = last_id_ + 1;
    last_id_ = next + (sequence % places - next % places + places) % places;
    return last_id_;
}

// What sessiond asks for once more after a crash of its own. What it is about to hear of goes by the new number.
bool Accounting::known(const Held& asked) {
    const RecordIdentity wanted = identity(asked.record);
    if (recent_.contains(wanted)) {
        tell_stored(asked);
        return true;
    }
    const auto found = ids_.find(wanted);
    if (found == ids_.end()) return false;
    Held& held = held_.at(found->second);
    held.generation = asked.generation;
    held.sequence = asked.sequence;
    if (held.stored) tell_stored(held);
    return true;
}

Accounting::Held& Accounting::hold(RecordId id, Held&& held) {
    held.record.id = id;
    ids_.insert_or_assign(identity(held.record), id);
    return held_.emplace(id, std::move(held)).first->second;
}

void Accounting::let_go(RecordId id) {
    const auto at = held_.find(id);
    const auto named = ids_.find(identity(at->second.record));
    if (named != ids_.end() && named->second == id) ids_.erase(named);
    held_.erase(at);
}

// When it must be on disk, if no server has acknowledged it.
MonoTime Accounting::commit_due(const Held& held) const {
    if (to_disk_at_once_) return held.arrived;
    const bool promising = held.queued && requests_.has_servers() && !requests_.pool().all_dead();
    return held.arrived + (promising ? kPatience : kBatch);
}

void Accounting::commit_all(MonoTime now) {
    to_disk_at_once_ = true;
    do
        flush(now);
    while (flush_at_ <= now);
}

std::vector<std::uint8_t> Accounting::encode_record(const imsg::AcctRequest& r) {
    const KindRow* kind = find_kind(r.kind);
    if (kind == nullptr) return {};
    const radius::AccountingRecord record{.status = kind->status,
                                          .call = call_identity(context_.settings, r),
                                          .authentic = r.local != 0 ? radius::AcctAuthentic::Local
                                                                    : radius::AcctAuthentic::Radius,
                                          .event_time = r.event_time,
                                          .framed_address = r.address,
                                          .framed_netmask = r.netmask,
                                          .classes = r.classes.bytes(),
                                          .session_time = r.session_time,
                                          .octets_in = r.octets_in,
                                          .octets_out = r.octets_out,
                                          .packets_in = r.packets_in,
                                          .packets_out = r.packets_out,
                                          .terminate_cause = r.terminate_cause};
    std::array<std::uint8_t, radius::kMaxPacket> buffer;
    const Bytes attributes = radius::encode_accounting_record(record, buffer);
    return {attributes.begin(), attributes.end()};
}

void Accounting::tell_stored(const Held& held) {
    context_.count(Counter::acct_stored);
    stored_({held.record.session, held.generation, held.sequence, held.record.kind, {}});
}

void Accounting::open_spool(MonoTime now) {
    auto spool = Spool::open(spool_path_);
    if (!spool) {
        context_.count(Counter::spool_failures);
        return context_.complain(("accounting spool " + spool.error().message).c_str(), now);
    }
    spool_.emplace(std::move(*spool));
    const std::uint64_t waiting = spool_->count();
    if (waiting != 0) log_info("accounting spool: %llu records wait", static_cast<unsigned long long>(waiting));
    more_on_disk_ = waiting != 0;
    last_id_ = std::max(last_id_, spool_->last_id());
}

void Accounting::flush(MonoTime now) {
    flush_at_ = kNever;
    if (!spool_) open_spool(now);
    if (commit(now)) {
        load_more();
        flush_at_ = next_commit(now);
    } else {
        flush_at_ = now + kSpoolRetry;
        for (const RecordId id : unstored_) // what cannot be written is sent all the same
            enqueue(id, held_.at(id));
    }
    pump(now);
}

MonoTime Accounting::next_commit(MonoTime now) const {
    MonoTime next = acknowledged_.empty() ? kNever : now + kBatch; // what load_more() turned down
    if (!unstored_.empty()) next = std::min(next, commit_due(held_.at(*unstored_.begin())));
    return std::max(next, now); // in the next round of the loop at most, so that log-ins do not wait for very many
}

bool Accounting::commit(MonoTime now) {
    if (!spool_) return false;
    std::vector<const SpoolRecord*> add;
    for (auto id = unstored_.begin(); id != unstored_.end() && add.size() < kMostInOneCommit; ++id) {
        const Held& held = held_.at(*id);
        if (commit_due(held) <= now) add.push_back(&held.record);
    }
    if (add.empty() && acknowledged_.empty()) return true;
    std::set<RecordId> known;
    if (!spool_->commit(add, acknowledged_, known)) {
        context_.count(Counter::spool_failures);
        context_.complain(("accounting spool: " + spool_->last_error()).c_str(), now);
        // Removing may succeed where there is no room to add, and make some.
        if (spool_->commit({}, acknowledged_, known)) acknowledged_.clear();
        return false;
    }
    acknowledged_.clear();
    for (const SpoolRecord* record : add)
        settle(record->id, known.contains(record->id));
    return true;
}

// The record is on disk: as this one, or as the same one that came before.
void Accounting::settle(RecordId id, bool known_already) {
    unstored_.erase(id);
    Held& held = held_.at(id);
    held.stored = true;
    tell_stored(held);
    if (held.queued) {
        if (!more_on_disk_) loaded_to_ = std::max(loaded_to_, id);
        return;
    }
    more_on_disk_ = more_on_disk_ || queue_.size() >= kMostHeld;
    if (known_already || more_on_disk_) return let_go(id); // in the latter case its turn comes when it is loaded
    loaded_to_ = id;
    enqueue(id, held);
}

void Accounting::load_more() {
    while (spool_ && more_on_disk_ && held_.size() < kMostHeld / 2) {
        auto records = spool_->load(loaded_to_, kMostInOneCommit);
        more_on_disk_ = records.size() == kMostInOneCommit;
        for (SpoolRecord& record : records) {
            const RecordId id = loaded_to_ = record.id;
            if (held_.contains(id)) continue;
            if (!sendable(record)) {
                log_error("accounting spool: record %lld makes no sense, removed", static_cast<long long>(id));
                acknowledged_.push_back(id);
                continue;
            }
            enqueue(id, hold(id, Held{.record = std::move(record), .stored = true}));
        }
    }
}

void Accounting::enqueue(RecordId id, Held& held) {
    if (std::exchange(held.queued, true)) return;
    queue_.add(id, held.record.acct_session_id, is_barrier(held.record.kind));
}

// Acct-Delay-Time.
std::int64_t Accounting::lateness(const SpoolRecord& record) const {
    const std::int64_t delay = context_.wall() - record.event_time;
    return delay < kNotLate ? 0 : delay;
}

void Accounting::pump(MonoTime now) {
    while (requests_.has_servers()) {
        const auto id = queue_.next(now);
        if (!id) return;
        Held& held = held_.at(*id);
        held.place = context_.board.take();
        // Another Acct-Delay-Time is another packet, and takes another identifier.
        const auto place = static_cast<std::uint64_t>(*id + lateness(held.record));
        if (requests_.start(static_cast<std::uint64_t>(*id), now + kLoginLimit, now, place)) continue;
        context_.board.release(std::exchange(held.place, RequestBoard::kNowhere));
        queue_.unsent(*id);
        return;
    }
}

void Accounting::tick(MonoTime now) {
    requests_.tick(now);
    if (flush_at_ <= now)
        flush(now);
    else
        pump(now);
}

MonoTime Accounting::next_deadline() const {
    const bool idle = requests_.has_servers() && queue_.under_way() < queue_.window();
    return std::min({requests_.next_deadline(), flush_at_, idle ? queue_.next_due() : kNever});
}

Bytes Accounting::encode(std::uint64_t key, std::uint8_t id, radius::Authenticator& authenticator,
                         std::span<std::uint8_t> buffer) {
    const SpoolRecord& record = held_.at(static_cast<RecordId>(key)).record;
    return radius::encode_accounting_request(record.attributes, static_cast<std::uint32_t>(lateness(record)), id,
                                             context_.settings.secret.reveal_octets(), buffer, authenticator);
}

void Accounting::sent(const RequestView& request, bool again, MonoTime now) {
    count_sent(again);
    const Held& held = held_.at(static_cast<RecordId>(request.key));
    context_.board.show(held.place, {.state = find_kind(held.record.kind)->shown,
                                     .id = request.id,
                                     .tries = request.tries,
                                     .session = held.record.session,
                                     .retry_at = wall_time(request.retry_at, now)});
}

void Accounting::answered(std::uint64_t key, const radius::PacketView&, Endpoint, MonoTime now) {
    context_.count(Counter::acct_acknowledged);
    const auto id = static_cast<RecordId>(key);
    const auto at = held_.find(id);
    if (at->second.stored) {
        acknowledged_.push_back(id);
        flush_at_ = std::min(flush_at_, now + kBatch);
    } else { // it need not go to disk any more
        unstored_.erase(id);
        tell_stored(at->second);
    }
    remember(at->second.record);
    context_.board.release(at->second.place);
    let_go(id);
    queue_.acknowledged(id);
    pump(now);
}

void Accounting::gave_up(std::uint64_t key, MonoTime now) {
    context_.count(Counter::acct_late);
    const auto id = static_cast<RecordId>(key);
    context_.board.release(std::exchange(held_.at(id).place, RequestBoard::kNowhere));
    queue_.failed(id, !requests_.pool().all_dead(), now);
    pump(now);
}

void Accounting::remember(const SpoolRecord& record) {
    if (!recent_.insert(identity(record)).second) return;
    recent_order_.push_back(identity(record));
    if (recent_order_.size() <= kRecent) return;
    recent_.erase(recent_order_.front());
    recent_order_.pop_front();
}

} // namespace lns::radius_client

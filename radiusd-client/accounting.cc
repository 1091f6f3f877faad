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
              .generation = request.generation,
              .sequence = request.sequence};
    if (!context_.settings.accounting || recent_.contains(identity(held.record))) return tell_stored(held);
    held.record.attributes = encode_record(request);
    if (!sendable(held.record)) {
        context_.count(Counter::acct_refused);
        return context_.complain("an accounting record cannot be expressed: it is lost", now);
    }
    if (unstored_.size() >= kMostHeld) {
        context_.count(Counter::acct_refused);
        return context_.complain("accounting spool and memory are full: records are refused", now);
    }
    const RecordId id = held.record.id = ++last_id_;
    unstored_.insert(id);
    held_.emplace(id, std::move(held));
    flush_at_ = std::min(flush_at_, now + kBatch);
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
        if (!unstored_.empty())
            flush_at_ = now; // in the next round of the loop, so that log-ins do not wait for all of them
        else if (!acknowledged_.empty())
            flush_at_ = now + kBatch; // what load_more() turned down
    } else {
        flush_at_ = now + kSpoolRetry;
        for (const RecordId id : unstored_) // what cannot be written is sent all the same
            enqueue(id, held_.at(id));
    }
    pump(now);
}

bool Accounting::commit(MonoTime now) {
    if (!spool_) return false;
    if (unstored_.empty() && acknowledged_.empty()) return true;
    std::vector<const SpoolRecord*> add;
    for (auto id = unstored_.begin(); id != unstored_.end() && add.size() < kMostInOneCommit; ++id)
        add.push_back(&held_.at(*id).record);
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
    if (held.queued) return;
    more_on_disk_ = more_on_disk_ || queue_.size() >= kMostHeld;
    if (known_already || more_on_disk_) { // in the latter case its turn comes when it is loaded
        held_.erase(id);
        return;
    }
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
            const auto at = held_.emplace(id, Held{.record = std::move(record), .stored = true}).first;
            enqueue(id, at->second);
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
    } else {
        unstored_.erase(id);
        tell_stored(at->second);
    }
    remember(at->second.record);
    context_.board.release(at->second.place);
    held_.erase(at);
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

// SPDX-License-Identifier: ISC
#include "datapathd/fast_path.h"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cstring>

#include "datapathd/fragment.h"
#include "datapathd/framed_routes.h"

namespace lns::datapath {

namespace {

constexpr std::uint16_t kDefaultMru = 1500; // RFC 1661 6.1

template <class Word>
Word load(Word& word, std::memory_order order = std::memory_order_relaxed) {
    return std::atomic_ref<Word>(word).load(order);
}
template <class Word>
void store(Word& word, Word value, std::memory_order order = std::memory_order_relaxed) {
    std::atomic_ref<Word>(word).store(value, order);
}

std::uint64_t host_slot(std::uint32_t address, SessionIndex session) {
    return std::uint64_t{raw(session)} << 32 | address;
}
std::uint32_t address_in(std::uint64_t slot) { return static_cast<std::uint32_t>(slot); }
SessionIndex session_in(std::uint64_t slot) { return SessionIndex{static_cast<std::uint32_t>(slot >> 32)}; }

bool says_the_same(const LnsFastSession& a, LnsFastSession b) {
    b.version = a.version;
    b.changes = a.changes;
    return memcmp(&a, &b, sizeof a) == 0;
}

// The buckets that an address may be in, the better one first.
std::array<std::size_t, 2> buckets_of(std::uint32_t address, std::size_t buckets) {
    const std::uint32_t number = ntohl(address);
    const auto mask = static_cast<std::uint32_t>(buckets - 1);
    return {LNS_FAST_HASH(number, mask), LNS_FAST_HASH2(number, mask)};
}

// Counters grow on both sides only: the larger is the later.
template <class Word>
void raise(Word& word, std::uint64_t value) {
    if (value > load(word)) store(word, Word{value});
}

} // namespace

LnsFastSession fast_entry(const shm::ForwardRecord& record, const shm::Locator::WireIds& ids) {
    LnsFastSession entry{};
    entry.address = htonl(record.address.value);
    entry.peer = htonl(record.peer.value);
    entry.local = htonl(record.local.value);
    entry.peer_port = htons(record.peer_port);
    entry.local_tunnel = htons(raw(ids.tunnel_id));
    entry.local_session = htons(raw(ids.session_id));
    entry.peer_tunnel = htons(raw(record.peer_tunnel));
    entry.peer_session = htons(raw(record.peer_session));
    entry.mru = std::max(record.mru == 0 ? kDefaultMru : record.mru, kMinimumMtu);
    return entry;
}

LnsFastRate fast_rate(std::uint32_t kbits, FineTime burst) {
    if (kbits == 0) return {};
    return {time_at_rate(std::uint64_t{1} << LNS_FAST_RATE_SHIFT, kbits), burst};
}

FastPath::FastPath(const FastPathMaps& maps, const SessionTables& tables, std::span<shm::SessionCounters> totals,
                   shm::CounterWords& counters)
    : maps_(maps), tables_(tables), totals_(totals), counters_(counters), routes_(maps.routes),
      touched_(maps.sessions.size() / shm::kBlockSlots + 1) {}

bool FastPath::is_fast(SessionIndex session) const { return load(maps_.sessions[raw(session)].version) != 0; }

void FastPath::attach() {
    for (std::uint32_t i = 1; i < maps_.sessions.size(); ++i) {
        const SessionIndex session{i};
        if (!is_fast(session)) continue;
        touched_[i / shm::kBlockSlots] = true;
        ++fast_;
    }
    // The counters say how many there are; a worker that was killed, or new maps, made them wrong.
    const std::uint64_t said =
        counters_.get(Counter::fast_sessions_added) - counters_.get(Counter::fast_sessions_removed);
    if (said > fast_) counters_.add(Counter::fast_sessions_removed, said - fast_);
    if (said < fast_) counters_.add(Counter::fast_sessions_added, fast_ - said);
    check_hosts();
    routes_.check([this](SessionIndex session, const Prefix4& network) { return has(session, network); });
    for (std::uint32_t i = 1; i < maps_.sessions.size(); ++i) {
        const SessionIndex session{i};
        if (is_fast(session)) refresh(session, tables_.forward.get(i));
    }
}

// Does the session serve the address, or network, by the tables of sessiond?
bool FastPath::is_at(SessionIndex session, std::uint32_t address) const {
    if (raw(session) >= maps_.sessions.size()) return false;
    const shm::ForwardRecord record = tables_.forward.get(raw(session));
    return record.state == shm::ForwardState::active && htonl(record.address.value) == address;
}

bool FastPath::has(SessionIndex session, const Prefix4& network) const {
    if (raw(session) >= maps_.sessions.size()) return false;
    const shm::ForwardRecord record = tables_.forward.get(raw(session));
    if (record.state != shm::ForwardState::active || record.route_count == 0) return false;
    const shm::SessionAaa aaa = tables_.aaa.get(raw(session));
    if (aaa.generation != record.generation) return false;
    for (std::size_t i = 0; i < framed_route_count(aaa); ++i)
        if (framed_route(aaa, i) == network) return true;
    return false;
}

// Each slot leads to a session that is up at the address, and knows of it, or is empty.
void FastPath::check_hosts() {
    for (LnsFastHosts& bucket : maps_.hosts)
        for (__u64& slot : bucket.slots) {
            const std::uint64_t word = load(slot);
            if (word == 0) continue;
            const bool right = is_at(session_in(word), address_in(word)) &&
                               load(maps_.sessions[raw(session_in(word))].address) == address_in(word);
            if (!right) store(slot, __u64{0});
        }
}

bool FastPath::refresh(SessionIndex session, const shm::ForwardRecord& record) {
    if (raw(session) == 0 || raw(session) >= maps_.sessions.size()) return false;
    const bool left = may_be_fast(record) ? enter(session, record) : leave(session);
    if (!is_fast(session)) house(session, record.state == shm::ForwardState::active ? htonl(record.address.value) : 0);
    return left;
}

// Those of another use of the slot are none, as for user space.
void FastPath::set_rates(LnsFastSession& entry, SessionIndex session, const shm::ForwardRecord& record) const {
    if (!record.has(shm::kThrottled)) return;
    const shm::SessionServices services = tables_.services.get(raw(session));
    if (services.generation != record.generation) return;
    entry.up = fast_rate(services.throttle_in, services.burst_in * kFinePerMillisecond);
    entry.down = fast_rate(services.throttle_out, services.burst_out * kFinePerMillisecond);
}

bool FastPath::enter(SessionIndex session, const shm::ForwardRecord& record) {
    const auto ids = tables_.locator.wire_ids(session);
    if (!ids || raw(ids->tunnel) >= maps_.tunnels.size()) return leave(session);
    LnsFastSession entry = fast_entry(record, *ids);
    set_rates(entry, session, record);
    LnsFastSession& there = maps_.sessions[raw(session)];
    const std::uint32_t version = load(there.version);
    const bool was_fast = version != 0;
    if (was_fast && says_the_same(there, entry)) {
        add_host(entry.address, session); // it may have been killed in between
        return false;
    }
    if (was_fast) leave(session);
    house(session, entry.address);

    // The counters go on from the totals, in maps that are new, too.
    const shm::SessionCounters& total = totals_[raw(session)];
    LnsFastCounters& counted = maps_.counters[raw(session)];
    raise(counted.up_packets, total.up_packets);
    raise(counted.up_octets, total.up_octets);
    raise(counted.down_packets, total.down_packets);
    raise(counted.down_octets, total.down_octets);
    raise(counted.up_throttled, total.up_dropped);
    raise(counted.down_throttled, total.down_dropped);

    LnsFastTunnel& tunnel = maps_.tunnels[raw(ids->tunnel)];
    const auto local = static_cast<std::uint16_t>(raw(ids->session_id) ^ tables_.locator.mask(ids->tunnel));
    store(tunnel.mask, __u32{tables_.locator.mask(ids->tunnel)});
    store(tunnel.blocks[local >> 8], __u32{raw(session) / shm::kBlockSlots});
    store(maps_.tunnel_ids[raw(ids->tunnel_id)].tunnel, __u32{raw(ids->tunnel)});

    std::atomic_thread_fence(std::memory_order_release); // version 0 first
    entry.changes = there.changes == ~std::uint32_t{0} ? 1 : there.changes + 1;
    there = entry;
    store(there.version, entry.changes, std::memory_order_release); // from here on a packet is taken
    touched_[raw(session) / shm::kBlockSlots] = true;
    count_change(true);
    return false;
}

bool FastPath::leave(SessionIndex session) {
    if (!is_fast(session)) return false;
    store(maps_.sessions[raw(session)].version, __u32{0}, std::memory_order_release);
    count_change(false);
    return true;
}

void FastPath::count_change(bool fast) {
    fast_ = fast ? fast_ + 1 : fast_ - 1;
    counters_.add(fast ? Counter::fast_sessions_added : Counter::fast_sessions_removed);
}

// Of a session that is not fast: the address (0: none) leads to it, and no other does.
void FastPath::house(SessionIndex session, std::uint32_t address) {
    __u32& there = maps_.sessions[raw(session)].address;
    const std::uint32_t before = load(there);
    if (before != 0 && before != address) remove_host(before, session);
    if (before != address) store(there, __u32{address});
    if (address != 0) add_host(address, session);
}

void FastPath::leave_networks() {
    if (routes_.give_up()) counters_.add(Counter::fast_no_room);
}

// The latest session with an address has it. Without room the way down is that of user space, and that to all framed
// networks, one of which the address may be in.
void FastPath::add_host(std::uint32_t address, SessionIndex session) {
    __u64* free = nullptr;
    for (const std::size_t bucket : buckets_of(address, maps_.hosts.size()))
        for (__u64& slot : maps_.hosts[bucket].slots) {
            const std::uint64_t word = load(slot);
            if (word != 0 && address_in(word) == address) {
                if (session_in(word) != session)
                    store(slot, __u64{host_slot(address, session)}, std::memory_order_release);
                return;
            }
            if (word == 0 && free == nullptr) free = &slot;
        }
    if (free == nullptr) return leave_networks();
    store(*free, __u64{host_slot(address, session)}, std::memory_order_release);
}

void FastPath::remove_host(std::uint32_t address, SessionIndex session) {
    for (const std::size_t bucket : buckets_of(address, maps_.hosts.size()))
        for (__u64& slot : maps_.hosts[bucket].slots)
            if (load(slot) == host_slot(address, session)) store(slot, __u64{0}, std::memory_order_release);
}

void FastPath::fold(SessionIndex session) {
    if (raw(session) >= maps_.counters.size() || raw(session) >= totals_.size()) return;
    LnsFastCounters& counted = maps_.counters[raw(session)];
    shm::SessionCounters& total = totals_[raw(session)];
    // The totals first: a worker killed in between loses some of the sums of all, and invents nothing.
    const auto take = [this](std::uint64_t& to, __u64& from, Counter sum) {
        const std::uint64_t now = load(from);
        const std::uint64_t before = load(to);
        if (now <= before) return;
        store(to, now);
        counters_.add(sum, now - before);
    };
    take(total.up_packets, counted.up_packets, Counter::fast_up_packets);
    take(total.up_octets, counted.up_octets, Counter::fast_up_octets);
    take(total.down_packets, counted.down_packets, Counter::fast_down_packets);
    take(total.down_octets, counted.down_octets, Counter::fast_down_octets);
    take(total.up_dropped, counted.up_throttled, Counter::fast_up_throttled);
    take(total.down_dropped, counted.down_throttled, Counter::fast_down_throttled);
    raise(total.last_up, load(counted.last_up));
    raise(total.last_down, load(counted.last_down));
}

void FastPath::fold_some() {
    const std::size_t share = touched_.size() / kRound + 1;
    for (std::size_t i = 0; i < share; ++i) {
        if (next_block_ >= touched_.size()) next_block_ = 0;
        const std::size_t block = next_block_++;
        if (!touched_[block]) continue;
        for (std::uint32_t low = 0; low < shm::kBlockSlots; ++low)
            fold(SessionIndex{static_cast<std::uint32_t>(block) * shm::kBlockSlots + low});
    }
    fold_lost();
}

void FastPath::fold_lost() {
    const std::uint64_t up = load(maps_.lost[0].up);
    const std::uint64_t down = load(maps_.lost[0].down);
    const std::uint64_t said_up = counters_.get(Counter::fast_up_lost);
    const std::uint64_t said_down = counters_.get(Counter::fast_down_lost);
    if (up > said_up) counters_.add(Counter::fast_up_lost, up - said_up);
    if (down > said_down) counters_.add(Counter::fast_down_lost, down - said_down);
}

} // namespace lns::datapath

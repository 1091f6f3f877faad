// SPDX-License-Identifier: ISC
#include "sessiond/applicants.h"

#include <algorithm>

namespace lns::sessiond {

namespace {

// A repeated SCCRQ gets the same challenge only this long, so that a conversation overheard is of no use later.
constexpr std::chrono::seconds kSame{8};

// Between an SCCRQ and its repetition: less is a copy, more than all repetitions take (RFC 2661 5.8) is another.
constexpr std::uint32_t kAgainAfterMs = 500;
constexpr std::uint32_t kAgainWithinMs = 32'000;
constexpr std::chrono::seconds kStaysCrowded{3}; // so that the repetition of a second later finds it still so

std::uint64_t mix(std::uint64_t v) { // the finalizer of splitmix64
    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9;
    v = (v ^ v >> 27) * 0x94d049bb133111eb;
    return v ^ v >> 31;
}

std::uint64_t mix(std::uint64_t v, Bytes octets) {
    Reader r(octets);
    std::uint64_t word = 0;
    std::uint8_t octet = 0;
    while (r.u64(word))
        v = mix(v ^ word);
    word = 0;
    while (r.u8(octet))
        word = word << 8 | octet;
    return mix(v ^ word);
}

} // namespace

bool Crowd::crowded(MonoTime now) {
    if (now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        came_ = 0;
    }
    if (++came_ > kCrowded) crowded_until_ = now + kStaysCrowded;
    return now < crowded_until_;
}

bool Crowd::lets_in(const imsg::Datagram& sccrq, MonoTime now) {
    if (!crowded(now)) return true;
    if (!noted_) noted_ = std::make_unique<Noted[]>(kPlaces);
    const std::uint64_t source = std::uint64_t{sccrq.peer.address.value} << 16 | sccrq.peer.port;
    const std::uint64_t hash = mix(source ^ salt_, sccrq.payload);
    const auto who = static_cast<std::uint32_t>(hash >> 32);
    const auto when = static_cast<std::uint32_t>(now.time_since_epoch() / std::chrono::milliseconds(1));
    const std::span pair(&noted_[hash % (kPlaces / 2) * 2], 2);
    const auto age = [when](const Noted& n) { return when - n.when; };
    for (Noted& n : pair) {
        if (n.who != who) continue;
        if (age(n) <= kAgainWithinMs) return age(n) >= kAgainAfterMs;
        n.when = when;
        return false;
    }
    (age(pair[0]) > age(pair[1]) ? pair[0] : pair[1]) = {who, when};
    return false;
}

bool AnswerBudget::spend(Ipv4 to, std::size_t octets, MonoTime now) {
    if (now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        answers_.fill(0);
    }
    std::uint16_t& answers = answers_[mix(to.value ^ salt_) % kCells];
    if (octets > credit_ || answers >= kAnswersASecond) return false;
    credit_ -= octets;
    ++answers;
    return true;
}

Applicants::Applicants(Rng& rng) : salt_(rng.u64()) { rng.fill(key_); }

void Applicants::Numbers::fill(std::span<std::uint8_t> out) {
    for (std::uint8_t& octet : out) {
        if (used_ == block_.size()) {
            block_ = hmac_sha256(key_, {block_});
            used_ = 0;
        }
        octet = block_[used_++];
    }
}

Applicants::Numbers Applicants::numbers(const imsg::Datagram& sccrq, MonoTime now) const {
    std::array<std::uint8_t, 14> who{};
    Writer w(who);
    w.u64(static_cast<std::uint64_t>(now.time_since_epoch() / kSame));
    w.u32(sccrq.peer.address.value);
    w.u16(sccrq.peer.port);
    return {key_, hmac_sha256(key_, {who, sccrq.payload})};
}

std::span<Applicant> Applicants::places(Endpoint peer, TunnelId id) {
    if (!table_) table_ = std::make_unique<Applicant[]>(kMost);
    const std::uint64_t who = std::uint64_t{peer.address.value} << 32 | std::uint64_t{peer.port} << 16 | raw(id);
    return {&table_[mix(who ^ salt_) % (kMost / kWays) * kWays], kWays};
}

void Applicants::keep(const Applicant& applicant) {
    const auto here = places(applicant.peer, applicant.half_open.tunnel);
    const auto same = [&](const Applicant& a) {
        return a.peer == applicant.peer && a.half_open.tunnel == applicant.half_open.tunnel;
    };
    auto place = std::ranges::find_if(here, same);
    if (place == here.end()) place = std::ranges::min_element(here, {}, &Applicant::since);
    *place = applicant;
}

std::optional<Applicant> Applicants::take(Endpoint peer, TunnelId id, MonoTime now) {
    if (!table_) return std::nullopt;
    for (Applicant& a : places(peer, id)) {
        if (a.peer != peer || a.half_open.tunnel != id || now - a.since > kPatience) continue;
        return std::exchange(a, {});
    }
    return std::nullopt;
}

} // namespace lns::sessiond

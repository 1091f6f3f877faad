// SPDX-License-Identifier: ISC
// Those who asked for a tunnel while too many are in the making, and were answered without a record: the little that
// must be known when their SCCCN comes, in a table of fixed size in which the oldest gives way. A flood of forged
// SCCRQs so takes neither memory nor tunnels, and a LAC among it gets in. Private: after a crash such a LAC begins
// anew.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/inet.h"
#include "lib/base/rng.h"
#include "lib/base/text.h"
#include "lib/imsg/relay.h"
#include "lib/l2tp/l2tp.h"

namespace lns::sessiond {

struct Applicant {
    Endpoint peer;
    Ipv4 local;
    l2tp::HalfOpen half_open;
    MonoTime since{};
    FixedText<22> host_name; // as much as is shown
};

// What unproven sources may make us send (DESIGN 7): no more octets than they sent, but for the first few, and so many
// answers a second to one address, which may be somebody's who never asked.
class AnswerBudget {
public:
    static constexpr std::uint16_t kAnswersASecond = 64;
    static constexpr std::size_t kFirstCredit = 4096; // octets

    explicit AnswerBudget(std::uint64_t salt) : salt_(salt) {}
    void came(std::size_t octets) { credit_ = std::min(credit_ + octets, kMaxCredit); }
    // Whether an answer may go there; then it counts as sent.
    bool spend(Ipv4 to, std::size_t octets, MonoTime now);

private:
    static constexpr std::size_t kMaxCredit = 64 * 1024;
    static constexpr std::size_t kCells = 16384; // of addresses that share their second
    std::uint64_t salt_;
    std::size_t credit_ = kFirstCredit;
    MonoTime second_{};
    std::array<std::uint16_t, kCells> answers_{};
};

// When more SCCRQs over the limit come than LACs can send, only he is listened to who asks again: a LAC repeats its
// SCCRQ after a second, and a forged source has no reason to. All others cost no more than to be noted.
class Crowd {
public:
    static constexpr std::uint32_t kCrowded = 2000; // a second

    explicit Crowd(std::uint64_t salt) : salt_(salt) {}
    // Whether that SCCRQ is worth reading.
    bool lets_in(const imsg::Datagram& sccrq, MonoTime now);

private:
    struct Noted {
        std::uint32_t who = 0;
        std::uint32_t when = 0; // milliseconds
    };
    static constexpr std::size_t kPlaces = std::size_t{1} << 19;
    [[nodiscard]] bool crowded(MonoTime now);

    std::uint64_t salt_;
    MonoTime second_{};
    std::uint32_t came_ = 0; // in it
    MonoTime crowded_until_{};
    std::unique_ptr<Noted[]> noted_; // made when it is needed first; pairs, of which the older gives way
};

class Applicants {
public:
    // As long as an SCCCN is waited for; far more than fit come in a flood, and then it is as long as they last.
    static constexpr std::chrono::seconds kPatience{10};
    static constexpr std::size_t kMost = std::size_t{1} << 17;

    explicit Applicants(Rng& rng);

    // Numbers that nobody can foretell and that are the same for an SCCRQ repeated soon after.
    class Numbers final : public Rng {
    public:
        Numbers(const Sha256Digest& key, const Sha256Digest& of) : key_(key), block_(of) {}
        void fill(std::span<std::uint8_t> out) override;

    private:
        Sha256Digest key_, block_;
        std::size_t used_ = 0;
    };
    [[nodiscard]] Numbers numbers(const imsg::Datagram& sccrq, MonoTime now) const;

    void keep(const Applicant& applicant);
    // Whoever was given that tunnel id, at that address and port; he is forgotten then.
    std::optional<Applicant> take(Endpoint peer, TunnelId id, MonoTime now);

private:
    static constexpr std::size_t kWays = 4; // places where one may stand
    [[nodiscard]] std::span<Applicant> places(Endpoint peer, TunnelId id);

    Sha256Digest key_{};
    std::uint64_t salt_;
    std::unique_ptr<Applicant[]> table_; // made when it is needed first
};

} // namespace lns::sessiond

// SPDX-License-Identifier: ISC
// What is done to the packets of sessions that are not plain: throttled, intercepted, filtered, limited. One for both
// directions of a worker. No locks and no allocation; what several workers share is changed by compare-and-swap.
#pragma once

#include <optional>

#include "datapathd/access_filter.h"
#include "datapathd/gcra.h"
#include "datapathd/inner_ip.h"
#include "datapathd/interceptor.h"
#include "lib/conf/config.h"
#include "shm/records.h"
#include "shm/two_slot.h"

namespace lns::datapath {

// A use of a session's slot and what its forward record says.
struct Served {
    SessionIndex session = SessionIndex::none;
    Generation generation{};
    std::uint16_t flags = 0; // shm::ServiceFlag

    [[nodiscard]] bool is_plain() const { return flags == 0; }
    [[nodiscard]] bool has(shm::ServiceFlag flag) const { return (flags & flag) != 0; }
};

// How much a session may send at once after a silence, as time at its rate.
FineTime throttle_burst(const conf::Config& config);

class Services {
public:
    struct Tables {
        shm::TwoSlotReader<shm::SessionServices> services;
        shm::TwoSlotReader<shm::SessionAaa> aaa;
        std::span<shm::ThrottleState> throttle;
        std::span<shm::RuleCounter> rule_counters; // this worker's
    };
    Services(const Tables& tables, Interceptor& interceptor, shm::CounterWords& counters)
        : tables_(tables), filter_(tables.rule_counters), interceptor_(interceptor), counters_(counters) {}

    void configure(const conf::Config& config);
    void replace_lists(std::vector<conf::AccessList> lists) { filter_.replace(std::move(lists)); }

    // For sessions that are not plain. All say why the packet must not pass, as the counter of the drop.
    // From the subscriber: the order is interception, filter, throttle.
    std::optional<Counter> from_subscriber(const Served& served, const Ipv4Packet& packet, MonoTime now);
    // To it: first the filter, then one packet of so many octets as it will be sent.
    std::optional<Counter> filter_down(const Served& served, const conf::PacketFacts& packet);
    std::optional<Counter> to_subscriber(const Served& served, std::size_t octets, MonoTime now);
    // And one of an intercepted session that was sent, in two parts.
    void was_sent(const Served& served, Bytes front, Bytes rest);

    // At the end of a batch, when the subscribers' packets are gone.
    void flush_copies() { interceptor_.flush(); }

    // Before the packet is looked at; does nothing while all that came in some batches before was plain.
    void prefetch(SessionIndex session) const noexcept;
    void next_batch() { expected_ -= expected_ > 0 ? 1 : 0; }

private:
    [[nodiscard]] shm::SessionServices services_of(const Served& served);
    [[nodiscard]] bool permits(const Served& served, FixedText<62> shm::SessionAaa::*list,
                               const conf::PacketFacts& packet);
    bool within_rate(std::uint64_t shm::ThrottleState::*word, SessionIndex session, std::uint32_t kbits,
                     std::size_t octets, MonoTime now) noexcept;

    Tables tables_;
    AccessFilter filter_;
    Interceptor& interceptor_;
    shm::CounterWords& counters_;
    FineTime burst_ = 0;
    std::uint32_t packet_limit_ = 0;
    static constexpr int kExpected = 16;
    int expected_ = 0; // batches in which sessions that are not plain are still expected
};

} // namespace lns::datapath

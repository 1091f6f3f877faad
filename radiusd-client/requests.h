// SPDX-License-Identifier: ISC
// The requests of one purpose that are on their way: which slot, identifier and socket each has, when
// it is sent again, which reply is whose. Knows no socket and no clock: packets go out through an
// Outlet, the owner hears what became of them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "lib/base/secret.h"
#include "radiusd-client/exchange.h"
#include "radiusd-client/reply_check.h"

namespace lns::radius_client {

using Slot = std::uint32_t;

// What happened to a request, for counters, log and `show radius`.
struct RequestView {
    std::uint64_t key = 0;
    Endpoint server;
    std::uint8_t id = 0;
    std::uint8_t tries = 0; // at this server
    MonoTime retry_at{};
};

// What a Requests does to the world, and whom it tells.
class RequestOwner {
public:
    virtual ~RequestOwner() = default;
    // The packet of request `key`, in `buffer`; its authenticator goes to `authenticator`. Empty: it cannot be sent.
    virtual Bytes encode(std::uint64_t key, std::uint8_t id, radius::Authenticator& authenticator,
                         std::span<std::uint8_t> buffer) = 0;
    virtual void transmit(std::uint16_t socket, Endpoint to, Bytes packet) = 0;
    virtual void sent(const RequestView& request, bool again, MonoTime now) = 0;
    // The slot is free when these are called; the reply's octets are valid during the call.
    virtual void answered(std::uint64_t key, const radius::PacketView& reply, Endpoint server, MonoTime now) = 0;
    virtual void gave_up(std::uint64_t key, MonoTime now) = 0;
    virtual void server_died(Endpoint server) = 0;
    virtual void server_revived(Endpoint server) = 0;
};

class Requests {
public:
    // `sockets` sources with 256 identifiers each, towards every server.
    Requests(Purpose purpose, RequestOwner& owner, Rng& rng, std::uint16_t sockets);

    // Other servers: requests under way start again.
    void configure(std::span<const Endpoint> servers, const Secret& secret, MonoTime now);
    [[nodiscard]] bool has_servers() const { return pool_.size() != 0; }
    [[nodiscard]] const ServerPool& pool() const { return pool_; }

    // Sends a request. Nothing when there is no server, no free identifier or no time left.
    // `place` names the socket and identifier it would rather have: a later process that sends the same again
    // from there sends a retransmission (RFC 2865 2.5), not a new request.
    std::optional<Slot> start(std::uint64_t key, MonoTime deadline, MonoTime now,
                              std::optional<std::uint64_t> place = std::nullopt);
    // The answer is not awaited any more; the owner is not told.
    void cancel(Slot slot);

    struct Received {
        Judgement judgement;
        std::optional<Endpoint> server; // none: foreign
    };
    // A datagram from `from` on `socket`. `require`: does this server have to send Message-Authenticator?
    Received receive(std::uint16_t socket, Endpoint from, const radius::PacketView& reply,
                     const std::function<bool(Endpoint)>& require, MonoTime now);
    // Does what is due; call it at next_deadline() or later.
    void tick(MonoTime now);
    [[nodiscard]] MonoTime next_deadline() const { return timers_.empty() ? kNever : timers_.begin()->first; }
    [[nodiscard]] std::size_t in_flight() const { return timers_.size(); }
    [[nodiscard]] std::size_t capacity() const { return entries_.size(); }

private:
    using SourceId = std::uint32_t; // socket * 256 + identifier

    struct Entry {
        std::uint64_t key = 0;
        Exchange exchange;
        SourceId source = 0;
        std::optional<std::uint64_t> place;
        radius::Authenticator authenticator{};
        std::vector<std::uint8_t> packet;
    };
    // The identifiers towards one server. Given out in the order they came back, so that a late reply
    // seldom meets a new request under its identifier.
    struct Sources {
        std::vector<Slot> owner;    // by SourceId; kNobody
        std::vector<SourceId> free; // a ring; one that was asked for by name may still be in it
        std::vector<bool> listed;   // in the ring
        std::size_t first = 0;
        std::size_t count = 0;

        void reset(std::size_t size);
        std::optional<SourceId> take(Slot slot, std::optional<std::uint64_t> place);
        void give_back(SourceId id);
    };
    static constexpr Slot kNobody = UINT32_MAX;

    bool send_new(Slot slot, MonoTime now);
    void resend(Slot slot, MonoTime now);
    void restart(Slot slot, MonoTime now);
    void release(Slot slot);
    [[nodiscard]] RequestView view(const Entry& entry) const;

    Purpose purpose_;
    RequestOwner& owner_;
    Rng& rng_;
    Secret secret_;
    ServerPool pool_;
    std::vector<Entry> entries_;
    std::vector<Slot> free_slots_;
    std::array<Sources, kMaxServers> sources_;
    std::set<std::pair<MonoTime, Slot>> timers_; // one for each request under way
    std::vector<std::uint8_t> buffer_;
};

} // namespace lns::radius_client

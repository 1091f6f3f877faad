// SPDX-License-Identifier: ISC
// From PPP's question to radiusd-client's and back: builds the messages, judges what came back.
// Pure: no channel, no table.
#pragma once

#include <vector>

#include "lib/conf/config.h"
#include "lib/imsg/bodies.h"
#include "lib/ppp/ppp.h"
#include "shm/records.h"

namespace lns::sessiond {

imsg::AuthRequest auth_request(SessionIndex index, const shm::SessionRecord& record, TunnelId tunnel, Ipv4 lac,
                               const ppp::AuthRequest& question);

imsg::AcctRequest acct_request(SessionIndex index, const shm::SessionRecord& record, const shm::SessionAaa& aaa,
                               TunnelId tunnel, Ipv4 lac, imsg::AcctKind kind, const shm::Counters64& used,
                               std::int64_t now, std::uint32_t session_seconds);

// Framed-IP-Address, RFC 2865 5.8: what to do with it.
enum class AddressWish : std::uint8_t { from_pool, peers_choice, fixed, refused };
struct AddressChoice {
    AddressWish wish = AddressWish::from_pool;
    Ipv4 address; // with fixed
};

// Addresses no subscriber may have, and no framed route may cover: ours (`local` is the one that the LAC
// sends to), the LAC's, the servers'.
class Protected {
public:
    Protected(const conf::Config& config, Ipv4 lac, Ipv4 local);
    [[nodiscard]] bool refuses(Ipv4 address) const;
    [[nodiscard]] bool refuses(Prefix4 prefix) const;

private:
    std::vector<Ipv4> addresses_;
};

AddressChoice choose_address(const imsg::AuthReply& reply, const Protected& guard);

// Copies what the reply gave into the records; refused routes are left out and counted in `refused`.
void apply_reply(const imsg::AuthReply& reply, const Protected& guard, shm::SessionRecord& record, shm::SessionAaa& aaa,
                 unsigned& refused);

std::vector<Prefix4> routes_of(const shm::SessionAaa& aaa);

} // namespace lns::sessiond

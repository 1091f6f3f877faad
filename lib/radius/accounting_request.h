// SPDX-License-Identifier: ISC
// Accounting-Request (RFC 2866 4.1). A record is encoded once, as the attributes that stay the same
// however often it is sent; the spool keeps these octets, which any later release can send.
#pragma once

#include <cstdint>
#include <span>

#include "lib/radius/access_request.h"

namespace lns::radius {

struct AccountingRecord {
    AcctStatusType status{};
    CallIdentity call;
    AcctAuthentic authentic{};
    std::int64_t event_time = 0; // unix seconds
    Ipv4 framed_address;         // unset: not sent
    Ipv4 framed_netmask;
    Bytes classes; // each one length octet and the value
    // Interim and Stop
    std::uint32_t session_time = 0;
    std::uint64_t octets_in = 0; // from the subscriber
    std::uint64_t octets_out = 0;
    std::uint64_t packets_in = 0;
    std::uint64_t packets_out = 0;
    std::uint32_t terminate_cause = 0; // Stop only; 0: not known
};

// The attributes, in `buffer`; empty when they cannot be expressed.
Bytes encode_accounting_record(const AccountingRecord& record, std::span<std::uint8_t> buffer);

// The packet that carries them, with Acct-Delay-Time in seconds. Another delay needs another `id`, since
// the authenticator changes with it (RFC 2866 5.2).
Bytes encode_accounting_request(Bytes attributes, std::uint32_t delay, std::uint8_t id, Bytes secret,
                                std::span<std::uint8_t> buffer, Authenticator& authenticator);

} // namespace lns::radius

// SPDX-License-Identifier: ISC
// A control message decoded into values. Scratch of its receiver, never kept.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/ids.h"
#include "lib/base/text.h"
#include "lib/l2tp/message_table.h"
#include "lib/l2tp/result_codes.h"
#include "lib/l2tp/wire_error.h"

namespace lns::l2tp {

using Text = FixedText<128>; // a longer string of the peer is cut; it is not escaped

// What is wrong with a message whose AVPs can be told apart. RFC 2661 4.1 and 7.1: it ends the call or
// the control connection, with result 2 and cause.error.
struct Fault {
    WireError error = WireError::none;
    Cause cause{};

    explicit operator bool() const { return error != WireError::none; }
};

struct Message {
    MessageType type = MessageType::none;
    bool zlb = false;                       // no AVP at all: an acknowledgement
    bool known = false;                     // type is a row of kMessages
    bool of_session = false;                // of a call
    Fault fault;                            // the first one found
    AvpSet present = 0;                     // of the AVPs that are valid and belong to the message
    std::uint8_t ignored = 0;               // AVPs passed over without the M bit, or not of this message
    WireError ignored_as = WireError::none; // the last one's reason

    std::uint16_t protocol_version = 0; // version << 8 | revision
    std::uint32_t framing_capabilities = 0;
    std::uint32_t bearer_capabilities = 0;
    std::uint16_t firmware_revision = 0;
    PeerTunnelId assigned_tunnel = PeerTunnelId::none;
    PeerSessionId assigned_session = PeerSessionId::none;
    std::uint16_t receive_window = 0;
    std::array<std::uint8_t, 8> tie_breaker{};
    std::vector<std::uint8_t> challenge; // 1..1017 octets
    std::array<std::uint8_t, 16> challenge_response{};

    std::uint32_t call_serial = 0;
    std::uint32_t minimum_bps = 0;
    std::uint32_t maximum_bps = 0;
    std::uint32_t bearer_type = 0;
    std::uint32_t framing_type = 0;
    std::uint32_t tx_speed = 0; // bit/s
    std::uint32_t rx_speed = 0; // bit/s; that of Tx when only this is given (4.4.4)
    std::uint32_t physical_channel = 0;
    std::uint16_t proxy_authen_type = 0;
    std::uint16_t proxy_authen_id = 0;
    bool sequencing_required = false;

    std::uint16_t result = 0;
    std::uint16_t error = 0;
    std::uint16_t q931_cause = 0;
    std::uint8_t q931_message = 0;
    std::uint16_t ppp_disconnect_cause = 0; // RFC 3145
    std::uint16_t ppp_disconnect_protocol = 0;
    std::uint8_t ppp_disconnect_direction = 0;
    std::array<std::uint32_t, 6> call_errors{}; // CRC, framing, hardware overrun, buffer overrun, time-out, alignment
    std::uint32_t send_accm = 0;
    std::uint32_t receive_accm = 0;

    Text host_name;
    Text vendor_name;
    Text calling_number;
    Text called_number;
    Text sub_address;
    Text private_group;
    Text proxy_authen_name;
    Text error_text; // of Result Code

    [[nodiscard]] bool has(AvpType avp) const { return (present & avp_bit(avp)) != 0; }
};

// Decodes the payload of a control message; `secret` (may be empty) is for hidden AVPs.
// Not none: the message cannot be told apart into AVPs or has no type; it is to be dropped whole, not
// acknowledged, and `out` means nothing. None: `out` is valid, and out.fault must be looked at.
[[nodiscard]] WireError decode_message(Bytes payload, Bytes secret, Message& out);

// What a control message's payload says it is, without any check of the rest: for counting. None for a
// ZLB and for what has no readable type.
MessageType message_type_of(Bytes payload);

} // namespace lns::l2tp

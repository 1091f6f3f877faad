// SPDX-License-Identifier: ISC
// L2TPv2 on the wire (RFC 2661 3.1, 4.1, 4.4) as a LAC needs it. This is deliberately not lib/l2tp: a second
// reading of the RFC finds the mistakes of the first. Strict: what an LNS must not send is an error here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/rng.h"
#include "tools/lacsim/malformed.h"

namespace lns::lacsim {

enum class MessageType : std::uint16_t {
    ZLB = 0, // not a type on the wire: a message without AVPs
    SCCRQ = 1,
    SCCRP = 2,
    SCCCN = 3,
    StopCCN = 4,
    HELLO = 6,
    OCRQ = 7,
    OCRP = 8,
    OCCN = 9,
    ICRQ = 10,
    ICRP = 11,
    ICCN = 12,
    CDN = 14,
    WEN = 15,
    SLI = 16,
};

enum class AvpType : std::uint16_t {
    MessageType = 0,
    ResultCode = 1,
    ProtocolVersion = 2,
    FramingCapabilities = 3,
    BearerCapabilities = 4,
    TieBreaker = 5,
    FirmwareRevision = 6,
    HostName = 7,
    VendorName = 8,
    AssignedTunnelId = 9,
    ReceiveWindowSize = 10,
    Challenge = 11,
    Q931CauseCode = 12,
    ChallengeResponse = 13,
    AssignedSessionId = 14,
    CallSerialNumber = 15,
    MinimumBps = 16,
    MaximumBps = 17,
    BearerType = 18,
    FramingType = 19,
    CalledNumber = 21,
    CallingNumber = 22,
    SubAddress = 23,
    TxConnectSpeed = 24,
    PhysicalChannelId = 25,
    InitialReceivedConfReq = 26,
    LastSentConfReq = 27,
    LastReceivedConfReq = 28,
    ProxyAuthenType = 29,
    ProxyAuthenName = 30,
    ProxyAuthenChallenge = 31,
    ProxyAuthenId = 32,
    ProxyAuthenResponse = 33,
    CallErrors = 34,
    Accm = 35,
    RandomVector = 36,
    PrivateGroupId = 37,
    RxConnectSpeed = 38,
    SequencingRequired = 39,
};

// A datagram taken apart. Ids are the receiver's (ours, in what the LNS sends); views into the datagram.
struct Packet {
    bool control = false;
    std::uint16_t tunnel = 0;
    std::uint16_t session = 0;
    bool sequenced = false;
    std::uint16_t ns = 0;
    std::uint16_t nr = 0;
    Bytes body; // AVPs of a control message, the PPP frame of a data message
};

Malformed decode_packet(Bytes datagram, Packet& out);

// What a LAC reads from the control messages of an LNS; views into the datagram or the scratch space.
struct ControlMessage {
    MessageType type = MessageType::ZLB;
    std::uint64_t present = 0; // bit n: AVP n was there
    std::uint16_t protocol_version = 0;
    std::uint16_t assigned_tunnel = 0;
    std::uint16_t assigned_session = 0;
    std::uint16_t receive_window = 0;
    std::uint16_t result = 0;
    std::uint16_t error = 0;
    std::string_view error_text;
    std::string_view host_name;
    Bytes challenge;
    Bytes challenge_response;

    [[nodiscard]] bool has(AvpType type_) const { return (present >> static_cast<unsigned>(type_) & 1) != 0; }
};

// Decodes the AVPs of a control message; hidden ones with the tunnel's secret (RFC 2661 4.3). `scratch` holds
// values that were hidden; out refers to it.
Malformed decode_message(Bytes avps, std::string_view secret, std::span<std::uint8_t> scratch, ControlMessage& out);

// RFC 2661 4.2: the Challenge Response AVP's value. `type` is the message that carries it.
std::array<std::uint8_t, 16> challenge_response(MessageType type, std::string_view secret, Bytes challenge);

// Builds one control message. Ns and Nr are filled in at each transmission by set_sequence().
class MessageWriter {
public:
    // tunnel and session are the peer's ids. A ZLB has no Message Type AVP.
    MessageWriter(MessageType type, std::uint16_t tunnel, std::uint16_t session);

    void u8(AvpType type, std::uint8_t value, bool mandatory = true);
    void u16(AvpType type, std::uint16_t value, bool mandatory = true);
    void u32(AvpType type, std::uint32_t value, bool mandatory = true);
    void octets(AvpType type, Bytes value, bool mandatory = true);
    void text(AvpType type, std::string_view value, bool mandatory = true) {
        octets(type, as_octets(value), mandatory);
    }
    // RFC 2661 4.3: a Random Vector AVP and, from here on, hidden values for octets/text/u16/u32 AVPs that may be
    // hidden; padded by a random number of octets.
    void hide(std::string_view secret, Rng& rng);
    // Result Code AVP (RFC 2661 4.4.2).
    void result(std::uint16_t code, std::uint16_t error, std::string_view text);

    [[nodiscard]] std::vector<std::uint8_t> finish();

private:
    void header(AvpType type, std::size_t value_length, bool mandatory, bool hidden);
    void hidden(AvpType type, Bytes value, bool mandatory);

    std::array<std::uint8_t, 2048> buffer_{};
    Writer writer_;
    std::string_view secret_;
    Rng* rng_ = nullptr;
    std::array<std::uint8_t, 16> vector_{};
};

void set_sequence(std::span<std::uint8_t> message, std::uint16_t ns, std::uint16_t nr);

// Variants of the data header (RFC 2661 3.1) that a LAC may use.
struct DataFlags {
    bool length = false;
    bool sequence = false;
    bool priority = false;
    bool offset = false;
    std::uint16_t offset_size = 0; // octets of padding, with `offset`

    [[nodiscard]] std::size_t header_size() const {
        return 6U + (length ? 2U : 0U) + (sequence ? 4U : 0U) + (offset ? 2U + offset_size : 0U);
    }
};

// The header of a data message that carries `frame_size` octets of PPP.
void write_data_header(Writer& w, const DataFlags& flags, std::uint16_t tunnel, std::uint16_t session, std::uint16_t ns,
                       std::size_t frame_size);

} // namespace lns::lacsim

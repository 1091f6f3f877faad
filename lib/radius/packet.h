// SPDX-License-Identifier: ISC
// RADIUS packets (RFC 2865 3): taking one apart, putting one together, and the checks that tie a reply
// to its request. Pure: no clock, no socket, no random numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/inet.h"
#include "lib/base/result.h"
#include "lib/radius/attributes.h"

namespace lns::radius {

inline constexpr std::size_t kHeaderSize = 20;
inline constexpr std::size_t kMaxPacket = 4096;
inline constexpr std::size_t kMaxValue = 253;
inline constexpr std::size_t kMaxPassword = 128;

using Authenticator = std::array<std::uint8_t, 16>;

enum class PacketError : std::uint8_t {
    too_short,           // less than a header, or the Length field says so
    too_long,            // more than 4096 octets
    truncated,           // the Length field promises more than arrived
    attribute_too_short, // an attribute shorter than its own type and length
    attribute_overrun,   // an attribute beyond the end of the packet
};
std::string_view packet_error_text(PacketError error);

struct AttributeView {
    std::uint8_t type = 0;
    Bytes value;
};

// A packet whose header and attribute lengths hold together. Views into the datagram.
class PacketView {
public:
    // Octets behind the Length are padding (RFC 2865 3) and not part of the view.
    static Result<PacketView, PacketError> parse(Bytes datagram);

    [[nodiscard]] Code code() const { return static_cast<Code>(octets_[0]); }
    [[nodiscard]] std::uint8_t id() const { return octets_[1]; }
    [[nodiscard]] Bytes authenticator() const { return octets_.subspan(4, 16); }
    [[nodiscard]] Bytes attributes() const { return octets_.subspan(kHeaderSize); }
    [[nodiscard]] Bytes octets() const { return octets_; }

    // The value of the first attribute of that type; false when there is none.
    [[nodiscard]] bool find(Attr type, Bytes& value) const;

private:
    explicit PacketView(Bytes octets) : octets_(octets) {}
    Bytes octets_;
};

// Takes the next attribute; false at the end, or when its length lies (then `rest` is not done()).
[[nodiscard]] bool next_attribute(Reader& rest, AttributeView& out);

// ---- Checks of a reply ----

// Response Authenticator (RFC 2865 3, RFC 2866 3) of a reply to the request that carried `request`.
bool response_authenticator_valid(const PacketView& reply, const Authenticator& request, Bytes secret);

enum class MessageAuthenticator : std::uint8_t { absent, valid, invalid };
// RFC 3579 3.2, wherever it stands in the reply. Two of them, or one of a wrong size, are invalid.
MessageAuthenticator check_message_authenticator(const PacketView& reply, const Authenticator& request, Bytes secret);

// ---- Building a request ----

// User-Password hiding (RFC 2865 5.2). Writes the password padded to a multiple of 16, at least 16, octets into `out`
// and returns how many; 0 when it is longer than 128.
std::size_t hide_password(Bytes password, const Authenticator& request, Bytes secret,
                          std::span<std::uint8_t, kMaxPassword> out);

// Appends attributes and, at the end, what depends on all of them. A value that is empty is left out;
// one that does not fit in an attribute or in the packet makes finish() fail.
class RequestBuilder {
public:
    RequestBuilder(std::span<std::uint8_t> buffer, Code code, std::uint8_t id);

    // Room for the Message-Authenticator, filled by finish_access(). First of all attributes, so that a
    // forger has no octets in front of it to work with (CVE-2024-3596).
    void message_authenticator();
    void octets(Attr type, Bytes value);
    void text(Attr type, std::string_view value) { octets(type, as_octets(value)); }
    void integer(Attr type, std::uint32_t value);
    void address(Attr type, Ipv4 value) { integer(type, value.value); }
    // Attributes encoded before: a spooled accounting record.
    void encoded(Bytes attributes) { out_.bytes(attributes); }

    // The whole packet; empty when something did not fit. For Access-Request: `authenticator` is random.
    Bytes finish_access(const Authenticator& authenticator, Bytes secret);
    // For Accounting-Request the authenticator is computed (RFC 2866 3); it is returned in `authenticator`.
    Bytes finish_accounting(Authenticator& authenticator, Bytes secret);

    [[nodiscard]] bool ok() const { return out_.ok(); }
    [[nodiscard]] Bytes attributes() const { return out_.written().subspan(kHeaderSize); }

private:
    void set_length_and_authenticator(Bytes authenticator);
    Writer out_;
    std::size_t message_authenticator_at_ = 0; // of its value; 0: none
};

} // namespace lns::radius

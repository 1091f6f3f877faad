// SPDX-License-Identifier: ISC
#include "lib/radius/packet.h"

#include <algorithm>

#include "lib/base/digest.h"
#include "lib/base/secret.h"

namespace lns::radius {

namespace {

constexpr Authenticator kZeros{};
constexpr std::size_t kLengthAt = 2;
constexpr std::size_t kAuthenticatorAt = 4;
constexpr std::size_t kBlock = 16;

} // namespace

std::string_view packet_error_text(PacketError error) {
    switch (error) {
    case PacketError::too_short:
        return "shorter than a header";
    case PacketError::too_long:
        return "longer than 4096 octets";
    case PacketError::truncated:
        return "shorter than its Length field";
    case PacketError::attribute_too_short:
        return "attribute shorter than 2 octets";
    case PacketError::attribute_overrun:
        return "attribute beyond the end";
    }
    return "?";
}

bool next_attribute(Reader& rest, AttributeView& out) {
    Reader ahead = rest;
    std::uint8_t length = 0;
    if (!ahead.u8(out.type) || !ahead.u8(length) || length < 2 || !ahead.bytes(length - 2U, out.value)) return false;
    rest = ahead;
    return true;
}

Result<PacketView, PacketError> PacketView::parse(Bytes datagram) {
    if (datagram.size() < kHeaderSize) return Failure{PacketError::too_short};
    if (datagram.size() > kMaxPacket) return Failure{PacketError::too_long};
    Reader header(datagram.subspan(kLengthAt));
    std::uint16_t length = 0;
    if (!header.u16(length) || length < kHeaderSize) return Failure{PacketError::too_short};
    if (length > datagram.size()) return Failure{PacketError::truncated};
    const PacketView view(datagram.first(length));
    Reader rest(view.attributes());
    AttributeView attribute;
    while (!rest.done()) {
        const Bytes at = rest.rest();
        if (!next_attribute(rest, attribute))
            return Failure{at.size() < 2 || at[1] >= 2 ? PacketError::attribute_overrun
                                                       : PacketError::attribute_too_short};
    }
    return view;
}

bool PacketView::find(Attr type, Bytes& value) const {
    Reader rest(attributes());
    AttributeView attribute;
    while (next_attribute(rest, attribute)) {
        if (attribute.type != static_cast<std::uint8_t>(type)) continue;
        value = attribute.value;
        return true;
    }
    return false;
}

bool response_authenticator_valid(const PacketView& reply, const Authenticator& request, Bytes secret) {
    const Md5Digest expected = md5({reply.octets().first(kAuthenticatorAt), request, reply.attributes(), secret});
    return equal_constant_time(expected, reply.authenticator());
}

MessageAuthenticator check_message_authenticator(const PacketView& reply, const Authenticator& request, Bytes secret) {
    Reader rest(reply.attributes());
    AttributeView attribute;
    Bytes found;
    std::size_t before = 0; // octets of attributes in front of the value
    bool present = false;
    while (next_attribute(rest, attribute)) {
        if (attribute.type != static_cast<std::uint8_t>(Attr::MessageAuthenticator)) continue;
        if (present || attribute.value.size() != kBlock) return MessageAuthenticator::invalid;
        present = true;
        found = attribute.value;
        before = reply.attributes().size() - rest.size() - kBlock;
    }
    if (!present) return MessageAuthenticator::absent;
    const Md5Digest expected =
        hmac_md5(secret, {reply.octets().first(kAuthenticatorAt), request, reply.attributes().first(before), kZeros,
                          reply.attributes().subspan(before + kBlock)});
    return equal_constant_time(expected, found) ? MessageAuthenticator::valid : MessageAuthenticator::invalid;
}

std::size_t hide_password(Bytes password, const Authenticator& request, Bytes secret,
                          std::span<std::uint8_t, kMaxPassword> out) {
    if (password.size() > kMaxPassword) return 0;
    const std::size_t size = std::max<std::size_t>((password.size() + kBlock - 1) / kBlock * kBlock, kBlock);
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    std::copy(password.begin(), password.end(), out.begin());
    Bytes previous = request;
    for (std::size_t at = 0; at < size; at += kBlock) {
        const Md5Digest pad = md5({secret, previous});
        for (std::size_t i = 0; i < kBlock; ++i)
            out[at + i] = static_cast<std::uint8_t>(out[at + i] ^ pad[i]);
        previous = Bytes(out).subspan(at, kBlock);
    }
    return size;
}

RequestBuilder::RequestBuilder(std::span<std::uint8_t> buffer, Code code, std::uint8_t id)
    : out_(buffer.first(std::min(buffer.size(), kMaxPacket))) {
    out_.u8(static_cast<std::uint8_t>(code));
    out_.u8(id);
    out_.zeros(kHeaderSize - 2);
}

void RequestBuilder::message_authenticator() {
    octets(Attr::MessageAuthenticator, kZeros);
    message_authenticator_at_ = out_.size() - kZeros.size();
}

void RequestBuilder::octets(Attr type, Bytes value) {
    if (value.empty()) return; // RFC 2865 5: an attribute of length zero is not sent
    if (value.size() > kMaxValue) {
        out_.zeros(out_.room() + 1); // fails the whole packet
        return;
    }
    out_.u8(static_cast<std::uint8_t>(type));
    out_.u8(static_cast<std::uint8_t>(value.size() + 2));
    out_.bytes(value);
}

void RequestBuilder::integer(Attr type, std::uint32_t value) {
    out_.u8(static_cast<std::uint8_t>(type));
    out_.u8(6);
    out_.u32(value);
}

void RequestBuilder::set_length_and_authenticator(Bytes authenticator) {
    out_.patch_u16(kLengthAt, static_cast<std::uint16_t>(out_.size()));
    for (std::size_t i = 0; i < authenticator.size(); ++i)
        out_.patch_u8(kAuthenticatorAt + i, authenticator[i]);
}

Bytes RequestBuilder::finish_access(const Authenticator& authenticator, Bytes secret) {
    if (!out_.ok()) return {};
    set_length_and_authenticator(authenticator);
    if (message_authenticator_at_ != 0) {
        const Md5Digest mac = hmac_md5(secret, {out_.written()});
        for (std::size_t i = 0; i < mac.size(); ++i)
            out_.patch_u8(message_authenticator_at_ + i, mac[i]);
    }
    return out_.written();
}

Bytes RequestBuilder::finish_accounting(Authenticator& authenticator, Bytes secret) {
    if (!out_.ok()) return {};
    set_length_and_authenticator(kZeros);
    authenticator = md5({out_.written(), secret});
    set_length_and_authenticator(authenticator);
    return out_.written();
}

} // namespace lns::radius

// SPDX-License-Identifier: ISC
#include "lib/control/packet.h"

#include <algorithm>

#include "lib/base/digest.h"

namespace lns::control {

namespace {

constexpr std::array<std::uint8_t, 4> kMagic{'L', 'N', 'S', 'C'};
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHead = 8;                            // in front of the HMAC
constexpr std::size_t kBody = kHead + sizeof(Sha256Digest); // where the rest begins

enum class Kind : std::uint8_t { request = 1, reply = 2 };

Sha256Digest mac_of(Bytes datagram, const Secret& secret) {
    return hmac_sha256(secret.reveal_octets(), {datagram.first(kHead), datagram.subspan(kBody)});
}

// What is common to both kinds, and room for the HMAC.
void begin(Writer& out, Kind kind, const Nonce& nonce) {
    out.bytes(kMagic);
    out.u8(kVersion);
    out.u8(static_cast<std::uint8_t>(kind));
    out.u16(0);
    out.zeros(sizeof(Sha256Digest));
    out.bytes(nonce);
}

std::vector<std::uint8_t> finish(Writer& out, const Secret& secret) {
    out.patch_u16(6, static_cast<std::uint16_t>(out.size()));
    std::vector<std::uint8_t> datagram(out.written().begin(), out.written().end());
    const Sha256Digest mac = mac_of(datagram, secret);
    std::copy(mac.begin(), mac.end(), datagram.begin() + kHead);
    return datagram;
}

// Checks the fixed part and the HMAC; then gives the nonce and what follows it.
Result<Reader, WireError> open(Bytes datagram, Kind kind, const Secret& secret, Nonce& nonce) {
    Reader in(datagram);
    std::array<std::uint8_t, 4> magic{};
    std::uint8_t version = 0;
    std::uint8_t of_kind = 0;
    std::uint16_t length = 0;
    Sha256Digest mac{};
    if (!in.copy(magic) || magic != kMagic || !in.u8(version)) return Failure{WireError::malformed};
    if (version != kVersion) return Failure{WireError::version};
    if (!in.u8(of_kind) || of_kind != static_cast<std::uint8_t>(kind) || !in.u16(length) || length != datagram.size() ||
        !in.copy(mac))
        return Failure{WireError::malformed};
    if (!equal_constant_time(mac, mac_of(datagram, secret))) return Failure{WireError::wrong_mac};
    if (!in.copy(nonce)) return Failure{WireError::malformed};
    return in;
}

} // namespace

std::string_view name(WireError error) {
    constexpr std::array<std::string_view, 3> names{"not a request", "another version", "wrong secret"};
    const auto i = static_cast<std::size_t>(error);
    return i < names.size() ? names[i] : "unknown";
}

std::optional<std::vector<std::uint8_t>> encode(const Request& request, const Secret& secret) {
    if (request.words.empty() || request.words.size() > kMaxWords) return std::nullopt;
    std::array<std::uint8_t, kMaxRequest> buffer{};
    Writer out(buffer);
    begin(out, Kind::request, request.nonce);
    out.u64(static_cast<std::uint64_t>(request.time));
    for (const std::string& word : request.words) {
        out.u16(static_cast<std::uint16_t>(std::min(word.size(), kMaxRequest)));
        out.text(word);
    }
    if (!out.ok()) return std::nullopt;
    return finish(out, secret);
}

std::vector<std::uint8_t> encode(const Reply& reply, const Secret& secret) {
    std::array<std::uint8_t, kMaxReply> buffer{};
    Writer out(buffer);
    begin(out, Kind::reply, reply.nonce);
    out.u8(static_cast<std::uint8_t>(reply.verdict));
    out.text(std::string_view(reply.text).substr(0, out.room()));
    return finish(out, secret);
}

Result<Request, WireError> decode_request(Bytes datagram, const Secret& secret) {
    Request request;
    auto rest = open(datagram, Kind::request, secret, request.nonce);
    if (!rest) return Failure{rest.error()};
    std::uint64_t time = 0;
    if (!rest->u64(time)) return Failure{WireError::malformed};
    request.time = static_cast<std::int64_t>(time);
    while (!rest->done()) {
        std::uint16_t length = 0;
        Bytes word;
        if (request.words.size() == kMaxWords || !rest->u16(length) || !rest->bytes(length, word))
            return Failure{WireError::malformed};
        request.words.emplace_back(as_text(word));
    }
    if (request.words.empty()) return Failure{WireError::malformed};
    return request;
}

Result<Reply, WireError> decode_reply(Bytes datagram, const Secret& secret) {
    Reply reply;
    auto rest = open(datagram, Kind::reply, secret, reply.nonce);
    if (!rest) return Failure{rest.error()};
    std::uint8_t verdict = 0;
    if (!rest->u8(verdict) || verdict > static_cast<std::uint8_t>(Verdict::refused))
        return Failure{WireError::malformed};
    reply.verdict = static_cast<Verdict>(verdict);
    reply.text = as_text(rest->rest());
    return reply;
}

} // namespace lns::control

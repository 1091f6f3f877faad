// SPDX-License-Identifier: ISC
#include "lib/base/inet.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>

namespace lns {

std::optional<Ipv4> parse_ipv4(std::string_view text) {
    in_addr address{};
    const std::string terminated(text);
    if (terminated.size() != text.size() || inet_pton(AF_INET, terminated.c_str(), &address) != 1) return {};
    return Ipv4{ntohl(address.s_addr)};
}

std::optional<Prefix4> parse_prefix4(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return {};
    const auto address = parse_ipv4(text.substr(0, slash));
    const std::string_view bits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), length);
    if (!address || bits.empty() || error != std::errc{} || end != bits.data() + bits.size() || length > 32) return {};
    if ((address->value & ~Prefix4::mask(length)) != 0) return {};
    return Prefix4{*address, static_cast<std::uint8_t>(length)};
}

std::string to_string(Ipv4 a) {
    std::array<char, INET_ADDRSTRLEN> buffer{};
    const in_addr address{htonl(a.value)};
    inet_ntop(AF_INET, &address, buffer.data(), buffer.size());
    return buffer.data();
}

std::string to_string(Prefix4 p) { return to_string(p.address) + "/" + std::to_string(p.length); }
std::string to_string(Endpoint e) { return to_string(e.address) + ":" + std::to_string(e.port); }

sockaddr_in to_sockaddr(Endpoint e) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(e.port);
    address.sin_addr.s_addr = htonl(e.address.value);
    return address;
}

Endpoint from_sockaddr(const sockaddr_in& address) {
    return {Ipv4{ntohl(address.sin_addr.s_addr)}, ntohs(address.sin_port)};
}

bool is_special(Ipv4 a) {
    const std::uint32_t first = a.value >> 24;
    return first == 0 || first == 127 || first >= 224;
}

bool covers_special(Prefix4 prefix) {
    constexpr Ipv4 kLoopback{0x7f000000};
    return is_special(prefix.address) || is_special(prefix.last()) || prefix.contains(kLoopback);
}

} // namespace lns

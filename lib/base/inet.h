// SPDX-License-Identifier: ISC
// IPv4 addresses, prefixes and UDP endpoints as values in host byte order.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr_in;

namespace lns {

struct Ipv4 {
    std::uint32_t value = 0; // host byte order; 0 = unset

    constexpr auto operator<=>(const Ipv4&) const = default;
    [[nodiscard]] constexpr bool is_set() const { return value != 0; }
};

struct Prefix4 {
    Ipv4 address;            // host bits are zero
    std::uint8_t length = 0; // 0..32

    constexpr auto operator<=>(const Prefix4&) const = default;
    [[nodiscard]] bool contains(Ipv4 a) const { return (a.value & mask(length)) == address.value; }
    [[nodiscard]] constexpr Ipv4 last() const { return Ipv4{address.value | ~mask(length)}; }
    [[nodiscard]] static constexpr std::uint32_t mask(unsigned bits) {
        return bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
    }
};

struct Endpoint {
    Ipv4 address;
    std::uint16_t port = 0; // host byte order

    constexpr auto operator<=>(const Endpoint&) const = default;
};

// Strict: four decimal numbers without leading zeros or blanks (inet_pton rules).
std::optional<Ipv4> parse_ipv4(std::string_view text);
// "A.B.C.D/N"; a set host bit is refused.
std::optional<Prefix4> parse_prefix4(std::string_view text);
std::string to_string(Ipv4 address);
std::string to_string(Prefix4 prefix);
std::string to_string(Endpoint endpoint);

sockaddr_in to_sockaddr(Endpoint endpoint);
Endpoint from_sockaddr(const sockaddr_in& address);

// Addresses that can never belong to one host: 0/8, loopback, multicast, reserved, broadcast.
bool is_special(Ipv4 address);
// Whether a prefix holds any of them.
bool covers_special(Prefix4 prefix);

} // namespace lns

template <>
struct std::hash<lns::Ipv4> {
    std::size_t operator()(lns::Ipv4 a) const noexcept { return a.value * std::size_t{0x9e3779b97f4a7c15}; }
};
template <>
struct std::hash<lns::Endpoint> {
    std::size_t operator()(const lns::Endpoint& e) const noexcept {
        return (std::uint64_t{e.address.value} << 16 | e.port) * std::size_t{0x9e3779b97f4a7c15};
    }
};

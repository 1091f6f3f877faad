// SPDX-License-Identifier: ISC
#include "lib/radius/framed_route.h"

#include <algorithm>
#include <charconv>

namespace lns::radius {

namespace {

std::string_view next_word(std::string_view& rest) {
    const std::size_t from = std::min(rest.find_first_not_of(' '), rest.size());
    const std::size_t to = std::min(rest.find(' ', from), rest.size());
    const std::string_view word = rest.substr(from, to - from);
    rest.remove_prefix(to);
    return word;
}

bool is_number(std::string_view word) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc{} && end == word.data() + word.size();
}

// RFC 2865 5.22: class A 8 bits, class B 16, class C 24; there is no default for the others.
std::optional<Prefix4> classful(std::string_view word) {
    const auto address = parse_ipv4(word);
    if (!address || address->value >> 29 == 7) return {};
    const unsigned length = address->value >> 31 == 0 ? 8 : address->value >> 30 == 2 ? 16 : 24;
    if ((address->value & ~Prefix4::mask(length)) != 0) return {};
    return Prefix4{*address, static_cast<std::uint8_t>(length)};
}

bool within(Prefix4 inner, Prefix4 outer) { return inner.length >= outer.length && outer.contains(inner.address); }

} // namespace

std::optional<Prefix4> parse_framed_route(std::string_view text) {
    const std::string_view destination = next_word(text);
    const auto prefix =
        destination.find('/') == std::string_view::npos ? classful(destination) : parse_prefix4(destination);
    if (!prefix) return {};
    const std::string_view gateway = next_word(text);
    if (!gateway.empty() && !parse_ipv4(gateway)) return {};
    for (std::string_view metric = next_word(text); !metric.empty(); metric = next_word(text))
        if (!is_number(metric)) return {};
    return prefix;
}

std::string_view refusal_text(RouteRefusal refusal) {
    switch (refusal) {
    case RouteRefusal::none:
        return "accepted";
    case RouteRefusal::everything:
        return "a default route is not for a subscriber";
    case RouteRefusal::special:
        return "loopback, multicast or reserved";
    case RouteRefusal::covers_us:
        return "covers an address of ours, of the LAC or of a RADIUS server";
    case RouteRefusal::not_allowed:
        return "not within framed_route_allow";
    }
    return "?";
}

RouteRefusal judge_route(const RoutePolicy& policy, Prefix4 route) {
    if (route.length == 0) return RouteRefusal::everything;
    if (covers_special(route)) return RouteRefusal::special;
    if (std::any_of(policy.protect.begin(), policy.protect.end(),
                    [route](Ipv4 a) { return a.is_set() && route.contains(a); }))
        return RouteRefusal::covers_us;
    const bool allowed = policy.allow.empty() || std::any_of(policy.allow.begin(), policy.allow.end(),
                                                             [route](Prefix4 p) { return within(route, p); });
    return allowed ? RouteRefusal::none : RouteRefusal::not_allowed;
}

RouteRefusal judge_address(const RoutePolicy& policy, Ipv4 address) {
    return judge_route({{}, policy.protect}, Prefix4{address, 32});
}

std::optional<std::vector<Prefix4>> parse_prefix_list(std::string_view text) {
    std::vector<Prefix4> out;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view part = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        const auto prefix = parse_prefix4(next_word(part));
        if (!prefix || !next_word(part).empty()) return {};
        out.push_back(*prefix);
    }
    return out;
}

} // namespace lns::radius

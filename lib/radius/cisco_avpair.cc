// SPDX-License-Identifier: ISC
#include "lib/radius/cisco_avpair.h"

#include <algorithm>

namespace lns::radius {

namespace {

bool key_character(char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || std::string_view("-_:.#/").find(c) != std::string_view::npos;
}

// Octets of the key at the front of `text`; 0 unless `=` follows it.
std::size_t key_length(std::string_view text) {
    const auto end = std::find_if_not(text.begin(), text.end(), key_character);
    return end != text.end() && *end == '=' ? static_cast<std::size_t>(end - text.begin()) : 0;
}

std::string_view skip_blanks(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

// Where the value at the front of `text` ends: at a comma with a key behind it, or at the end.
std::size_t value_length(std::string_view text) {
    for (std::size_t at = text.find(','); at != std::string_view::npos; at = text.find(',', at + 1))
        if (key_length(skip_blanks(text.substr(at + 1))) != 0) return at;
    return text.size();
}

} // namespace

std::vector<AvPair> split_avpairs(std::string_view text) {
    std::vector<AvPair> out;
    text = skip_blanks(text);
    for (std::size_t n = key_length(text); n != 0; n = key_length(text)) {
        AvPair pair{text.substr(0, n), {}};
        text.remove_prefix(n + 1);
        pair.value = text.substr(0, value_length(text));
        out.push_back(pair);
        text.remove_prefix(std::min(pair.value.size() + 1, text.size()));
        text = skip_blanks(text);
    }
    return out;
}

std::optional<DnsServers> parse_dns_servers(std::string_view value) {
    constexpr std::string_view separators = " ,";
    DnsServers out;
    for (Ipv4* slot : {&out.primary, &out.secondary}) {
        const std::size_t from = value.find_first_not_of(separators);
        if (from == std::string_view::npos) break;
        const std::size_t to = std::min(value.find_first_of(separators, from), value.size());
        const auto address = parse_ipv4(value.substr(from, to - from));
        if (!address) return {};
        *slot = *address;
        value.remove_prefix(to);
    }
    if (!out.primary.is_set() || value.find_first_not_of(separators) != std::string_view::npos) return {};
    return out;
}

} // namespace lns::radius

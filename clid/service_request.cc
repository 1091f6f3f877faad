// SPDX-License-Identifier: ISC
#include "clid/service_request.h"

#include <charconv>
#include <string>

#include "lib/conf/value_rules.h"

namespace lns::clid {

namespace {

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > most) return std::nullopt;
    return value;
}

Failure<Error> invalid(const char* what, std::string_view word) {
    return failure(std::string("Invalid ") + what + " \"" + std::string(word) + "\"");
}

} // namespace

Result<SnoopRequest> parse_snoop(std::span<const std::string_view> words) {
    if (words.empty()) return SnoopRequest{};
    const auto address = parse_ipv4(words[0]);
    if (!address || !address->is_set() || conf::require_reachable(*address) != nullptr)
        return invalid("IP address", words[0]);
    if (words.size() < 2) return failure("Incomplete command: an IP address needs a port");
    const auto port = number(words[1], UINT16_MAX);
    if (!port) return invalid("port", words[1]);
    if (words.size() > 2) return invalid("argument", words[2]);
    return SnoopRequest{Endpoint{*address, static_cast<std::uint16_t>(*port)}};
}

Result<ThrottleRequest> parse_throttle(std::span<const std::string_view> words) {
    ThrottleRequest request;
    if (words.size() == 1) {
        request.in = request.out = number(words[0], kMaxThrottleRate);
        if (!request.in) return invalid("rate", words[0]);
        return request;
    }
    for (std::size_t i = 0; i < words.size(); i += 2) {
        if (words[i] != "in" && words[i] != "out") return invalid("argument", words[i]);
        auto& rate = words[i] == "in" ? request.in : request.out;
        if (rate) return invalid("argument", words[i]); // twice
        if (i + 1 == words.size()) return failure("Incomplete command: no rate behind " + std::string(words[i]));
        rate = number(words[i + 1], kMaxThrottleRate);
        if (!rate) return invalid("rate", words[i + 1]);
    }
    return request;
}

} // namespace lns::clid

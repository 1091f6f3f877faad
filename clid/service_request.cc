// SPDX-License-Identifier: ISC
#include "clid/service_request.h"

#include <charconv>
#include <string>

#include "lib/base/escape.h"
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

namespace {

// `in X out Y`, in either order, one of them or both; `take` reads X into the place it is given for.
template <class T, class Take>
Status<> parse_directions(std::span<const std::string_view> words, std::optional<T>& in, std::optional<T>& out,
                          const char* what, Take take) {
    for (std::size_t i = 0; i < words.size(); i += 2) {
        if (words[i] != "in" && words[i] != "out") return invalid("argument", words[i]);
        auto& place = words[i] == "in" ? in : out;
        if (place) return invalid("argument", words[i]); // twice
        if (i + 1 == words.size())
            return failure(std::string("Incomplete command: no ") + what + " behind " + std::string(words[i]));
        place = take(words[i + 1]);
        if (!place) return invalid(what, words[i + 1]);
    }
    return Done{};
}

} // namespace

Result<ThrottleRequest> parse_throttle(std::span<const std::string_view> words) {
    ThrottleRequest request;
    const auto rate = [](std::string_view word) { return number(word, kMaxThrottleRate); };
    if (words.size() == 1) {
        request.in = request.out = rate(words[0]);
        if (!request.in) return invalid("rate", words[0]);
        return request;
    }
    if (auto done = parse_directions(words, request.in, request.out, "rate", rate); !done)
        return Failure<Error>{done.error()};
    return request;
}

Result<FilterRequest> parse_filter(std::span<const std::string_view> words) {
    FilterRequest request;
    const auto name = [](std::string_view word) -> std::optional<std::string_view> {
        const bool fits = !word.empty() && word.size() <= decltype(imsg::ServiceChange::filter_in)::kCapacity;
        return fits ? std::optional(word) : std::nullopt;
    };
    if (words.empty()) return failure("Incomplete command: filter USER in NAME out NAME");
    if (auto done = parse_directions(words, request.in, request.out, "name", name); !done)
        return Failure<Error>{done.error()};
    return request;
}

imsg::ServiceChange service_change(const SnoopRequest& request) {
    imsg::ServiceChange change = end_of_snoop();
    if (!request.to) change.named |= imsg::kAsConfigured;
    if (request.to) change.snoop_address = request.to->address;
    if (request.to) change.snoop_port = request.to->port;
    return change;
}

imsg::ServiceChange service_change(const ThrottleRequest& request) {
    imsg::ServiceChange change{};
    if (!request.in && !request.out) {
        change.named = imsg::kNamedThrottleIn | imsg::kNamedThrottleOut | imsg::kAsConfigured;
        return change;
    }
    if (request.in) change.named |= imsg::kNamedThrottleIn;
    if (request.out) change.named |= imsg::kNamedThrottleOut;
    change.throttle_in = request.in.value_or(0);
    change.throttle_out = request.out.value_or(0);
    return change;
}

imsg::ServiceChange service_change(const FilterRequest& request) {
    imsg::ServiceChange change{};
    if (request.in) change.named |= imsg::kNamedFilterIn;
    if (request.out) change.named |= imsg::kNamedFilterOut;
    change.filter_in.assign(request.in.value_or(""));
    change.filter_out.assign(request.out.value_or(""));
    return change;
}

namespace {

imsg::ServiceChange end_of(std::uint32_t named) {
    imsg::ServiceChange change{};
    change.named = named;
    return change;
}

} // namespace

imsg::ServiceChange end_of_snoop() { return end_of(imsg::kNamedSnoop); }
imsg::ServiceChange end_of_throttle() { return end_of(imsg::kNamedThrottleIn | imsg::kNamedThrottleOut); }
imsg::ServiceChange end_of_filters() { return end_of(imsg::kNamedFilterIn | imsg::kNamedFilterOut); }

std::string describe_service_change(const imsg::CliServices& asked) {
    const imsg::ServiceChange& change = asked.change;
    const auto names = [&](std::uint32_t bit) { return (change.named & bit) != 0; };
    std::string text;
    const auto add = [&](std::string_view word, const std::string& value) {
        text += " " + std::string(word) + (value.empty() ? "" : " " + value);
    };
    if (names(imsg::kNamedThrottleIn)) add("throttle in", std::to_string(change.throttle_in));
    if (names(imsg::kNamedThrottleOut)) add("throttle out", std::to_string(change.throttle_out));
    if (names(imsg::kNamedSnoop))
        add("snoop to", to_string(Endpoint{change.snoop_address, static_cast<std::uint16_t>(change.snoop_port)}));
    if (names(imsg::kNamedFilterIn)) add("filter in", '"' + escape(change.filter_in.view()) + '"');
    if (names(imsg::kNamedFilterOut)) add("filter out", '"' + escape(change.filter_out.view()) + '"');
    if (names(imsg::kAsConfigured)) add("as configured", "");
    return "session " + std::to_string(asked.session) + ":" + text;
}

} // namespace lns::clid

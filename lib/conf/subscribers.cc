// SPDX-License-Identifier: ISC
// No diagnostic repeats anything that may be a part of a password.
#include "lib/conf/subscribers.h"

#include <unordered_map>
#include <utility>

#include "lib/conf/text.h"

namespace lns::conf {
namespace {

using Fields = std::vector<std::string>;

// Cuts at colons and undoes the escapes; false for an unknown escape.
bool cut_fields(std::string_view line, Fields& fields) {
    constexpr std::string_view kEscapable = ":\\#";
    fields.assign(1, {});
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\') {
            if (++i == line.size() || kEscapable.find(line[i]) == std::string_view::npos) return false;
        } else if (line[i] == ':') {
            fields.emplace_back();
            continue;
        }
        fields.back() += line[i];
    }
    return true;
}

const char* complain_about_fields(const Fields& fields) {
    if (fields.size() < 2) return "expected name:password[:address[:route,route...]]";
    if (fields.size() > 4) return "more than four fields: a colon in a name or a password is written \\:";
    if (fields[0].empty()) return "the name is missing";
    if (is_blank(fields[0].front()) || is_blank(fields[0].back())) return "there are blanks around the name";
    if (fields[0].size() > kMaxSubscriberName) return "the name is too long";
    if (fields[1].empty()) return "the password is missing";
    if (fields[1].size() > kMaxSubscriberPassword) return "the password is too long";
    if (is_blank(fields.back().empty() ? 'x' : fields.back().back())) return "there is a blank at the end of the line";
    return nullptr;
}

const char* parse_address(std::string_view text, std::optional<Ipv4>& address) {
    if (text.empty()) return nullptr; // one from the pool
    address = parse_ipv4(text);
    if (!address) return "the address is not A.B.C.D (a colon in a password is written \\:)";
    return is_special(*address) ? "the address is not one that a subscriber can have" : nullptr;
}

const char* parse_routes(std::string_view text, std::vector<Prefix4>& routes) {
    for (const auto item : split(text, ',')) {
        const auto route = parse_prefix4(trim(item));
        if (!route) return "a route is not a prefix A.B.C.D/N without host bits";
        if (covers_special(*route)) return "a route covers addresses that no subscriber can have";
        routes.push_back(*route);
    }
    return routes.size() > kMaxSubscriberRoutes ? "there are more than 10 routes" : nullptr;
}

class Parser {
public:
    explicit Parser(std::string_view file) : result_{{}, Diagnostics(file)} {}

    void line(const Line& line) {
        Fields fields;
        Subscriber subscriber;
        const char* complaint = complain_about_octets(line.text);
        if (complaint == nullptr && !cut_fields(line.text, fields))
            complaint = "a backslash stands before something else than a colon, a backslash or #";
        if (complaint == nullptr) complaint = complain_about_fields(fields);
        if (complaint == nullptr && fields.size() > 2) complaint = parse_address(fields[2], subscriber.address);
        if (complaint == nullptr && fields.size() > 3) complaint = parse_routes(fields[3], subscriber.routes);
        if (complaint != nullptr) return result_.diagnostics.error(line.number, complaint);
        subscriber.password = Secret(fields[1]);
        add(line.number, fields[0], std::move(subscriber));
    }

    SubscribersFile finish() { return std::move(result_); }

private:
    void add(std::uint32_t number, const std::string& name, Subscriber subscriber) {
        const auto address = subscriber.address;
        if (const auto [place, fresh] = lines_.try_emplace(name, number); !fresh)
            return result_.diagnostics.error(number, "subscriber " + show(name) + " stands in line " +
                                                         std::to_string(place->second) + " already");
        result_.subscribers.emplace(name, std::move(subscriber));
        if (!address) return;
        if (const auto [place, fresh] = address_lines_.try_emplace(*address, number); !fresh)
            result_.diagnostics.warning(number, "the address of line " + std::to_string(place->second) +
                                                    " once more: the two cannot be online together");
    }

    SubscribersFile result_;
    std::unordered_map<std::string, std::uint32_t> lines_;
    std::unordered_map<Ipv4, std::uint32_t> address_lines_;
};

} // namespace

SubscribersFile parse_subscribers(std::string_view text, std::string_view file) {
    Parser parser(file);
    Lines lines(text, "#");
    for (Line line; lines.next(line);)
        parser.line(line);
    return parser.finish();
}

} // namespace lns::conf

// SPDX-License-Identifier: ISC
#include "lib/conf/access_list.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/conf/text.h"

namespace lns::conf {

namespace {

template <class T>
struct Word {
    std::string_view word;
    T value;
};

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::array kKinds{Word<AccessKind>{"standard", AccessKind::standard},
                            Word<AccessKind>{"extended", AccessKind::extended}};
constexpr std::array kActions{Word<AccessAction>{"permit", AccessAction::permit},
                              Word<AccessAction>{"deny", AccessAction::deny}};
constexpr std::array kProtocols{Word<std::uint8_t>{"ip", 0}, Word<std::uint8_t>{"icmp", 1},
                                Word<std::uint8_t>{"tcp", kTcp}, Word<std::uint8_t>{"udp", kUdp}};
constexpr std::array kPortTests{Word<PortTest>{"eq", PortTest::eq}, Word<PortTest>{"neq", PortTest::neq},
                                Word<PortTest>{"gt", PortTest::gt}, Word<PortTest>{"lt", PortTest::lt},
                                Word<PortTest>{"range", PortTest::range}};
constexpr std::array kFlagTests{Word<FlagTest>{"match-any", FlagTest::match_any},
                                Word<FlagTest>{"match-all", FlagTest::match_all}};
constexpr std::array kFlags{Word<std::uint8_t>{"fin", 0x01}, Word<std::uint8_t>{"syn", 0x02},
                            Word<std::uint8_t>{"rst", 0x04}, Word<std::uint8_t>{"psh", 0x08},
                            Word<std::uint8_t>{"ack", 0x10}, Word<std::uint8_t>{"urg", 0x20}};
constexpr std::array kPorts{
    // taken on input only
    Word<std::uint16_t>{"bgp", 179},    Word<std::uint16_t>{"bootpc", 68},  Word<std::uint16_t>{"bootps", 67},
    Word<std::uint16_t>{"domain", 53},  Word<std::uint16_t>{"ftp", 21},     Word<std::uint16_t>{"ftp-data", 20},
    Word<std::uint16_t>{"http", 80},    Word<std::uint16_t>{"https", 443},  Word<std::uint16_t>{"imap", 143},
    Word<std::uint16_t>{"isakmp", 500}, Word<std::uint16_t>{"ntp", 123},    Word<std::uint16_t>{"pop3", 110},
    Word<std::uint16_t>{"smtp", 25},    Word<std::uint16_t>{"snmp", 161},   Word<std::uint16_t>{"ssh", 22},
    Word<std::uint16_t>{"sunrpc", 111}, Word<std::uint16_t>{"syslog", 514}, Word<std::uint16_t>{"telnet", 23},
    Word<std::uint16_t>{"tftp", 69},    Word<std::uint16_t>{"whois", 43},   Word<std::uint16_t>{"www", 80}};
constexpr Ipv4 kEveryBit{0xffffffff};

template <class Table>
auto find_word(const Table& table, std::string_view word) {
    const auto row = std::ranges::find(table, word, [](const auto& r) { return r.word; });
    return row == table.end() ? std::nullopt : std::optional(row->value);
}

template <class Table, class T>
std::string_view word_of(const Table& table, T value) {
    const auto row = std::ranges::find(table, value, [](const auto& r) { return r.value; });
    return row == table.end() ? "?" : row->word;
}

std::optional<std::uint16_t> parse_port(std::string_view word) {
    if (const auto named = find_word(kPorts, word)) return named;
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return value;
}

bool has_ports(std::uint8_t protocol) { return protocol == kTcp || protocol == kUdp; }
bool looks_behind_ip(const AccessRule& rule) {
    return rule.source_port.test != PortTest::any || rule.destination_port.test != PortTest::any ||
           rule.flag_test != FlagTest::none;
}

// Takes words from the front; keeps the first complaint.
class RuleParser {
public:
    explicit RuleParser(std::span<const std::string_view> words) : rest_(words) {}

    Result<AccessRule> parse(AccessKind kind) {
        choose(kActions, rule_.action, "permit or deny");
        if (kind == AccessKind::extended) choose(kProtocols, rule_.protocol, "ip, icmp, tcp or udp");
        address(rule_.source, "a source address");
        ports(rule_.source_port);
        if (kind == AccessKind::extended || !rest_.empty())
            address(rule_.destination, "a destination address");
        else
            rule_.destination = {{}, kEveryBit};
        ports(rule_.destination_port);
        if (kind == AccessKind::extended) options();
        if (complaint_.empty() && !rest_.empty()) complain(show(rest_.front()) + " is not expected there");
        if (!complaint_.empty()) return failure(complaint_);
        return rule_;
    }

private:
    void complain(std::string text) {
        if (complaint_.empty()) complaint_ = std::move(text);
        rest_ = {};
    }
    // The next word; empty, with a complaint, when there is none.
    std::string_view take(const char* expected) {
        if (rest_.empty()) {
            complain(std::string(expected) + " is missing");
            return {};
        }
        const std::string_view word = rest_.front();
        rest_ = rest_.subspan(1);
        return word;
    }
    [[nodiscard]] bool next_is(std::string_view word) const { return !rest_.empty() && rest_.front() == word; }

    template <class Table, class T>
    void choose(const Table& table, T& value, const char* expected) {
        const std::string_view word = take(expected);
        if (!complaint_.empty()) return;
        if (const auto found = find_word(table, word))
            value = *found;
        else
            complain(show(word) + ": expected " + expected);
    }
    Ipv4 ipv4(const char* expected) {
        const std::string_view word = take(expected);
        if (!complaint_.empty()) return {};
        const auto parsed = parse_ipv4(word);
        if (!parsed) complain(show(word) + ": expected " + expected);
        return parsed.value_or(Ipv4{});
    }
    void address(AddressMatch& match, const char* expected) {
        if (next_is("any")) {
            take(expected);
            match = {{}, kEveryBit};
        } else if (next_is("host")) {
            take(expected);
            match = {ipv4("the address of a host"), {}};
        } else {
            match.address = ipv4(expected);
            match.wildcard = ipv4("a wildcard behind the address");
        }
    }
    std::uint16_t port() {
        const std::string_view word = take("a port");
        if (!complaint_.empty()) return 0;
        const auto parsed = parse_port(word);
        if (!parsed) complain(show(word) + ": expected a port");
        return parsed.value_or(0);
    }
    void ports(PortMatch& match) {
        if (!has_ports(rule_.protocol) || rest_.empty()) return;
        const auto test = find_word(kPortTests, rest_.front());
        if (!test) return;
        take("");
        match = {*test, port(), 0};
        if (*test == PortTest::range) match.last = port();
        if (complaint_.empty() && *test == PortTest::range && match.first > match.last)
            complain("a range ends below its beginning");
    }
    void options() {
        if (rest_.empty()) return;
        if (next_is("fragments")) {
            take("");
            rule_.fragments = 1;
            if (looks_behind_ip(rule_)) complain("fragments have no ports");
            return;
        }
        if (rule_.protocol != kTcp) return;
        if (next_is("established")) {
            take("");
            rule_.flag_test = FlagTest::established;
        } else if (const auto test = find_word(kFlagTests, rest_.front())) {
            take("");
            rule_.flag_test = *test;
            flags();
        }
    }
    void flags() {
        do {
            const std::string_view word = take("a flag");
            if (!complaint_.empty()) return;
            const auto flag = find_word(kFlags, word.substr(std::min<std::size_t>(1, word.size())));
            const bool set = word.starts_with('+');
            if (!flag || (!set && !word.starts_with('-')))
                return complain(show(word) + ": expected +FLAG or -FLAG of fin, syn, rst, psh, ack and urg");
            if (((rule_.flags_set | rule_.flags_clear) & *flag) != 0) return complain(show(word) + " is named twice");
            auto& flags = set ? rule_.flags_set : rule_.flags_clear;
            flags = static_cast<std::uint8_t>(flags | *flag);
        } while (!rest_.empty());
    }

    std::span<const std::string_view> rest_;
    AccessRule rule_;
    std::string complaint_;
};

std::string print(const AddressMatch& match) {
    if (match.wildcard == kEveryBit) return " any";
    if (!match.wildcard.is_set()) return " host " + lns::to_string(match.address);
    return " " + lns::to_string(match.address) + " " + lns::to_string(match.wildcard);
}

std::string print(const PortMatch& match) {
    if (match.test == PortTest::any) return "";
    std::string text = " " + std::string(word_of(kPortTests, match.test)) + " " + std::to_string(match.first);
    if (match.test == PortTest::range) text += " " + std::to_string(match.last);
    return text;
}

std::string print_flags(const AccessRule& rule) {
    if (rule.flag_test == FlagTest::none) return "";
    if (rule.flag_test == FlagTest::established) return " established";
    std::string text = " " + std::string(word_of(kFlagTests, rule.flag_test));
    for (const auto& flag : kFlags) {
        if ((rule.flags_set & flag.value) != 0) text += " +" + std::string(flag.word);
        if ((rule.flags_clear & flag.value) != 0) text += " -" + std::string(flag.word);
    }
    return text;
}

bool matches(const AddressMatch& match, Ipv4 address) {
    return ((match.address.value ^ address.value) & ~match.wildcard.value) == 0;
}

bool matches(const PortMatch& match, std::uint16_t port) {
    switch (match.test) {
    case PortTest::any:
        return true;
    case PortTest::eq:
        return port == match.first;
    case PortTest::neq:
        return port != match.first;
    case PortTest::gt:
        return port > match.first;
    case PortTest::lt:
        return port < match.first;
    case PortTest::range:
        return port >= match.first && port <= match.last;
    }
    return false;
}

constexpr std::uint8_t kAckOrRst = 0x14;

bool flags_match(const AccessRule& rule, std::uint8_t flags) {
    const unsigned hits = (flags & rule.flags_set) | (~unsigned{flags} & rule.flags_clear);
    switch (rule.flag_test) {
    case FlagTest::none:
        return true;
    case FlagTest::established:
        return (flags & kAckOrRst) != 0;
    case FlagTest::match_any:
        return hits != 0;
    case FlagTest::match_all:
        return hits == (rule.flags_set | unsigned{rule.flags_clear});
    }
    return false;
}

} // namespace

const char* require_list_name(std::string_view name) {
    constexpr std::string_view others = "._-+:/@"; // Filter-Id has whatever the operator of the server likes
    const bool plain = std::ranges::all_of(
        name, [=](char c) { return is_alphanumeric(c) || others.find(c) != std::string_view::npos; });
    if (name.empty() || name.size() > kMaxListName || !plain)
        return "is no name for an access list: letters, digits and ._-+:/@, at most 62";
    return nullptr;
}

std::string_view to_string(AccessKind kind) { return word_of(kKinds, kind); }
std::optional<AccessKind> parse_access_kind(std::string_view word) { return find_word(kKinds, word); }

Result<AccessRule> parse_access_rule(AccessKind kind, std::span<const std::string_view> words) {
    return RuleParser(words).parse(kind);
}

std::string print(AccessKind kind, const AccessRule& rule) {
    std::string text(word_of(kActions, rule.action));
    if (kind == AccessKind::extended) text += " " + std::string(word_of(kProtocols, rule.protocol));
    text += print(rule.source) + print(rule.source_port);
    if (kind == AccessKind::extended || rule.destination.wildcard != kEveryBit) text += print(rule.destination);
    text += print(rule.destination_port) + print_flags(rule);
    return rule.fragments != 0 ? text + " fragments" : text;
}

// What is printed and read again is the same only if it could have been read.
bool is_sound(AccessKind kind, const AccessRule& rule) {
    const std::string text = print(kind, rule);
    const auto parsed = parse_access_rule(kind, split(text, ' '));
    return parsed.ok() && *parsed == rule;
}

std::string print(std::span<const AccessList> lists) {
    std::string text;
    for (const AccessList& list : lists) {
        text += "ip access-list " + std::string(to_string(list.kind)) + " " + list.name + "\n";
        for (const AccessRule& rule : list.rules)
            text += " " + print(list.kind, rule) + "\n";
    }
    return text;
}

const AccessList* find_list(std::span<const AccessList> lists, std::string_view name) {
    const auto found = std::ranges::find(lists, name, &AccessList::name);
    return found == lists.end() ? nullptr : &*found;
}

std::size_t count_rules(std::span<const AccessList> lists) {
    std::size_t count = 0;
    for (const AccessList& list : lists)
        count += list.rules.size();
    return count;
}

// FNV-1a.
std::uint64_t rule_key(std::string_view list, std::string_view printed_rule) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&hash](std::string_view text) {
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    };
    add(list);
    add("\n");
    add(printed_rule);
    return hash == 0 ? 1 : hash;
}

// A fragment but the first may belong to a packet that the rule means: what is permitted by address passes, since
// without its first fragment it is of no use; what is denied must be denied there.
bool matches(const AccessRule& rule, const PacketFacts& packet) noexcept {
    if (rule.protocol != 0 && rule.protocol != packet.protocol) return false;
    if (!matches(rule.source, packet.source) || !matches(rule.destination, packet.destination)) return false;
    if (rule.fragments != 0) return packet.later_fragment;
    if (!looks_behind_ip(rule)) return true;
    const bool denies = rule.action == AccessAction::deny;
    if (packet.later_fragment) return !denies;
    if (!packet.has_ports || (rule.flag_test != FlagTest::none && !packet.has_flags))
        return denies; // a first fragment cut short to hide them
    return matches(rule.source_port, packet.source_port) && matches(rule.destination_port, packet.destination_port) &&
           flags_match(rule, packet.tcp_flags);
}

std::optional<std::size_t> deciding_rule(std::span<const AccessRule> rules, const PacketFacts& packet) noexcept {
    if (packet.forged) return std::nullopt;
    for (std::size_t i = 0; i < rules.size(); ++i)
        if (matches(rules[i], packet)) return i;
    return std::nullopt;
}

} // namespace lns::conf

// SPDX-License-Identifier: ISC
// Named access lists: the text of a rule, and what a list says of a packet. Pure.
//
//   standard:  permit|deny SRC [DST]
//   extended:  permit|deny ip|icmp|tcp|udp SRC [PORTS] DST [PORTS] [FLAGS | fragments]
//   SRC, DST:  any | host ADDRESS | ADDRESS WILDCARD
//   PORTS:     eq|neq|gt|lt PORT | range PORT PORT        (tcp, udp)
//   FLAGS:     established | match-any|match-all +FLAG|-FLAG ...   (tcp)
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/conf/access_rule.h"

namespace lns::conf {

inline constexpr std::size_t kMaxAccessLists = 256;
inline constexpr std::size_t kMaxAccessRules = 4096; // of all lists together
inline constexpr std::size_t kMaxListName = 62;

// nullptr, or what is wrong with the name of a list.
const char* require_list_name(std::string_view name);
std::string_view to_string(AccessKind kind);
std::optional<AccessKind> parse_access_kind(std::string_view word);

// The words of a line, `permit` or `deny` the first of them. The error names what is wrong.
Result<AccessRule> parse_access_rule(AccessKind kind, std::span<const std::string_view> words);
// A rule that did not come from parse_access_rule(): could it have?
[[nodiscard]] bool is_sound(AccessKind kind, const AccessRule& rule);
// As it is typed; parsing gives the rule back.
std::string print(AccessKind kind, const AccessRule& rule);
// As startup-config has them.
std::string print(std::span<const AccessList> lists);

[[nodiscard]] const AccessList* find_list(std::span<const AccessList> lists, std::string_view name);
std::size_t count_rules(std::span<const AccessList> lists);

// Says which rule of which list it is, in every process and after any change of other rules. Never 0.
std::uint64_t rule_key(std::string_view list, std::string_view printed_rule);

// What rules look at. Of a fragment but the first there are neither ports nor flags; of any other they are there unless
// the packet is too short for them.
struct PacketFacts {
    Ipv4 source;
    Ipv4 destination;
    std::uint8_t protocol = 0;
    bool later_fragment = false;
    bool has_ports = false;
    bool has_flags = false;
    bool forged = false; // a fragment made to overwrite the TCP header of the first (RFC 1858, RFC 3128): denied
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::uint8_t tcp_flags = 0;
};

[[nodiscard]] bool matches(const AccessRule& rule, const PacketFacts& packet) noexcept;
// Which rule decides; none: the packet is denied.
[[nodiscard]] std::optional<std::size_t> deciding_rule(std::span<const AccessRule> rules,
                                                       const PacketFacts& packet) noexcept;

} // namespace lns::conf

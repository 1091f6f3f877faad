// SPDX-License-Identifier: ISC
#include "lib/conf/ip_pool.h"

#include <algorithm>
#include <string>

#include "lib/conf/text.h"

namespace lns::conf {
namespace {

struct Entry {
    Prefix4 prefix;
    std::uint32_t line;
};

// Why an entry that is not a prefix is none.
std::string complain_about(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = parse_ipv4(text.substr(0, slash));
    if (!address) return show(text) + " is not an address A.B.C.D or a prefix A.B.C.D/N";
    for (std::uint8_t length = 0; length <= 32; ++length)
        if (text.substr(slash + 1) == std::to_string(length))
            return show(text) + " has host bits set: the prefix is " +
                   to_string(Prefix4{Ipv4{address->value & Prefix4::mask(length)}, length});
    return show(text) + " has no prefix length from 0 to 32";
}

// Prefixes overlap only by one holding the other: of such two the larger stays.
std::vector<Prefix4> without_overlaps(std::vector<Entry> entries, Diagnostics& diagnostics) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return std::pair(a.prefix, a.line) < std::pair(b.prefix, b.line); });
    std::vector<Prefix4> kept;
    std::uint32_t kept_line = 0;
    for (const Entry& entry : entries) {
        if (kept.empty() || !kept.back().contains(entry.prefix.address)) {
            kept.push_back(entry.prefix);
            kept_line = entry.line;
            continue;
        }
        diagnostics.warning(entry.line, to_string(entry.prefix) + " lies in " + to_string(kept.back()) + " of line " +
                                            std::to_string(kept_line) + " and adds nothing");
    }
    return kept;
}

} // namespace

IpPool parse_ip_pool(std::string_view text, std::string_view file) {
    IpPool pool{{}, Diagnostics(file)};
    std::vector<Entry> entries;
    Lines lines(text, "#");
    for (Line line; lines.next(line);) {
        const auto word = trim(line.text);
        const auto single = parse_ipv4(word);
        const auto prefix = single ? Prefix4{*single, 32} : parse_prefix4(word);
        if (!prefix)
            pool.diagnostics.error(line.number, complain_about(word));
        else if (covers_special(*prefix))
            pool.diagnostics.error(line.number, show(word) + " holds addresses that no subscriber can have");
        else
            entries.push_back({*prefix, line.number});
    }
    pool.plan = PoolPlan(without_overlaps(std::move(entries), pool.diagnostics));
    return pool;
}

} // namespace lns::conf

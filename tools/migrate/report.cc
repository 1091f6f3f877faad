// SPDX-License-Identifier: ISC
#include "tools/migrate/report.h"

#include <algorithm>
#include <array>
#include <map>

#include "lib/conf/ip_pool.h"
#include "lib/conf/text.h"
#include "lib/conf/users.h"
#include "tools/migrate/examine_settings.h"

namespace lns::migrate {

namespace {

constexpr const char* kUsers = "users";
constexpr const char* kIpPool = "ip_pool";

constexpr std::array<std::string_view, 6> kFates{"kept", "changed", "ignored", "not understood", "default", "absent"};

std::map<unsigned, std::string> by_line(const conf::Diagnostics& diagnostics) {
    std::map<unsigned, std::string> lines;
    for (const conf::Diagnostic& d : diagnostics.list()) {
        std::string& text = lines[d.line];
        text += (text.empty() ? "" : "; ") + d.message;
    }
    return lines;
}

// What kind of password it is; the word is all that is ever said of it.
std::string_view kind_of_password(std::string_view password) {
    constexpr std::string_view kCrypt = "{crypt}";
    const bool marked = password.starts_with(kCrypt);
    if (marked) password.remove_prefix(kCrypt.size());
    if (password.starts_with("$1$")) return "an MD5 hash, easily guessed: make a new one";
    if (password.starts_with("$")) return "a hash";
    return marked ? "a DES hash, of which only 8 characters count: make a new one" : "in plain text";
}

void examine_users(const std::optional<std::string>& text, std::vector<Finding>& findings) {
    if (!text) {
        findings.push_back({kUsers, 0, Fate::absent, false,
                            "no login is asked, and the command line answers to this machine only, as before"});
        return;
    }
    const auto said = by_line(conf::parse_users(*text, kUsers).diagnostics);
    conf::Lines lines(*text, "#");
    for (conf::Line line; lines.next(line);) {
        const auto colon = std::min(line.text.find(':'), line.text.size());
        if (const auto complaint = said.find(line.number); complaint != said.end()) {
            findings.push_back({kUsers, line.number, Fate::changed, true, complaint->second});
            continue;
        }
        const std::string_view password = line.text.substr(std::min(colon + 1, line.text.size()));
        findings.push_back({kUsers, line.number, Fate::kept, false,
                            conf::show(conf::trim(line.text.substr(0, colon))) + ", password " +
                                std::string(kind_of_password(conf::trim(password)))});
    }
}

void examine_ip_pool(const std::optional<std::string>& text, std::vector<Finding>& findings) {
    if (!text) {
        findings.push_back({kIpPool, 0, Fate::absent, true,
                            "the original did not start without it; here only RADIUS gives addresses then"});
        return;
    }
    const auto said = by_line(conf::parse_ip_pool(*text, kIpPool).diagnostics);
    conf::Lines lines(*text, "#");
    for (conf::Line line; lines.next(line);) {
        const std::string_view entry = conf::trim(line.text);
        const auto colon = entry.find(':');
        const auto complaint = said.find(line.number);
        if (colon != std::string_view::npos)
            findings.push_back({kIpPool, line.number, Fate::changed, true,
                                conf::show(entry) + ": for one server of several: on that one write " +
                                    conf::show(entry.substr(colon + 1)) + ", on the others remove the line"});
        else if (complaint != said.end())
            findings.push_back({kIpPool, line.number, Fate::changed, true, complaint->second});
        else if (entry.find('/') == std::string_view::npos)
            findings.push_back({kIpPool, line.number, Fate::kept, false,
                                std::string(entry) + "; single addresses are routed to the TUN device too"});
        else
            findings.push_back({kIpPool, line.number, Fate::kept, false, std::string(entry)});
    }
}

} // namespace

std::vector<Finding> examine(const OldFiles& files) {
    std::vector<Finding> findings;
    if (files.startup_config)
        examine_startup_config(*files.startup_config, findings);
    else
        findings.push_back({kStartupConfig, 0, Fate::absent, true, "it is needed"});
    examine_users(files.users, findings);
    examine_ip_pool(files.ip_pool, findings);
    return findings;
}

bool needs_attention(const std::vector<Finding>& findings) {
    return std::ranges::any_of(findings, &Finding::attention);
}

std::string print(const std::vector<Finding>& findings) {
    std::string out;
    for (const Finding& f : findings) {
        out += f.attention ? "! " : "  ";
        out += f.file + (f.line != 0 ? ":" + std::to_string(f.line) : "") + ": ";
        out += std::string(kFates[static_cast<std::size_t>(f.fate)]) + ": " + f.text + "\n";
    }
    const auto marked = std::ranges::count_if(findings, &Finding::attention);
    if (marked == 0) return out + "Safe to go.\n";
    return out + std::to_string(marked) + (marked == 1 ? " line needs" : " lines need") +
           " attention before the first day: those with a mark.\n";
}

} // namespace lns::migrate

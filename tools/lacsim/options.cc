// SPDX-License-Identifier: ISC
#include "tools/lacsim/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

namespace lns::lacsim {
namespace {

// Each reads a value's text; false when it is not one.
template <class T>
bool number(std::string_view text, T& out, T low, T high) {
    T v{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error != std::errc{} || end != text.data() + text.size() || v < low || v > high) return false;
    out = v;
    return true;
}
bool real(std::string_view text, double& out, double low, double high) {
    double v = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(v) || v < low || v > high)
        return false;
    out = v;
    return true;
}
bool seconds(std::string_view text, std::chrono::milliseconds& out) {
    double v = 0;
    if (!real(text, v, 0, 1e7)) return false;
    out = std::chrono::milliseconds(static_cast<std::int64_t>(v * 1000));
    return true;
}
bool whole(std::string_view text, std::chrono::seconds& out) {
    std::int64_t v = 0;
    if (!number<std::int64_t>(text, v, 0, 86400)) return false;
    out = std::chrono::seconds(v);
    return true;
}
bool percent(std::string_view text, double& out) {
    if (!real(text, out, 0, 100)) return false;
    out /= 100;
    return true;
}
bool address(std::string_view text, Ipv4& out) {
    const auto v = parse_ipv4(text);
    if (v) out = *v;
    return v.has_value();
}
// ADDR or ADDR:PORT.
bool endpoint(std::string_view text, Endpoint& out, std::uint16_t default_port) {
    const std::size_t colon = text.find(':');
    out.port = default_port;
    if (colon != text.npos && !number<std::uint16_t>(text.substr(colon + 1), out.port, 1, 65535)) return false;
    return address(text.substr(0, colon), out.address);
}
bool authentication(std::string_view text, PppConfig& ppp) {
    if (text != "pap" && text != "chap" && text != "any") return false;
    ppp.allow_pap = text != "chap";
    ppp.allow_chap = text != "pap";
    return true;
}
bool flags(std::string_view text, DataFlags& out) {
    for (const char c : text) {
        if (c == 'L')
            out.length = true;
        else if (c == 'S')
            out.sequence = true;
        else if (c == 'O')
            out.offset = true;
        else if (c == 'P')
            out.priority = true;
        else if (c != ',')
            return false;
    }
    if (out.offset && out.offset_size == 0) out.offset_size = 4;
    return !text.empty();
}
bool traffic(std::string_view text, Traffic& out) {
    static constexpr std::array<std::pair<std::string_view, Traffic>, 4> kKinds{
        {{"up", Traffic::up}, {"down", Traffic::down}, {"both", Traffic::both}, {"echo", Traffic::echo}}};
    for (const auto& [name, kind] : kKinds)
        if (name == text) return out = kind, true;
    return false;
}
// FIRST-IP+COUNT.
bool range(std::string_view text, Options& o) {
    const std::size_t plus = text.find('+');
    if (plus == text.npos || !address(text.substr(0, plus), o.to_first)) return false;
    return number<std::uint32_t>(text.substr(plus + 1), o.to_count, 1, 1U << 24);
}
// Sizes of test packets, by commas.
bool sizes(Options& o, const std::string& text) {
    const auto size = [](std::string_view part, std::uint32_t& out) {
        return number<std::uint32_t>(part, out, 64, 3000);
    };
    std::string_view rest = text;
    std::size_t comma = rest.find(',');
    if (!size(rest.substr(0, comma), o.size)) return false;
    o.next_sizes.clear();
    while (comma != rest.npos) {
        rest.remove_prefix(comma + 1);
        comma = rest.find(',');
        if (!size(rest.substr(0, comma), o.next_sizes.emplace_back())) return false;
    }
    return true;
}

constexpr std::uint32_t kMost = 4000000;

struct OptionDef {
    std::string_view name;
    char letter;               // 0 = none
    std::string_view argument; // empty = takes none
    std::string_view help;
    bool (*apply)(Options&, const std::string& value);
};

using S = const std::string&;
constexpr std::array kOptions{
    OptionDef{"tunnels", 't', "N", "tunnels to open (1)",
              [](Options& o, S v) { return number<std::uint32_t>(v, o.tunnels, 1, 60000); }},
    OptionDef{"same-port", 0, "", "all tunnels from one UDP port instead of one each",
              [](Options& o, S) { return o.same_port = true; }},
    OptionDef{"sessions", 's', "N", "sessions to set up, over all tunnels (1)",
              [](Options& o, S v) { return number<std::uint32_t>(v, o.sessions, 0, kMost); }},
    OptionDef{"first", 0, "N", "number of the first subscriber (1)",
              [](Options& o, S v) { return number<std::uint32_t>(v, o.first_number, 0, UINT32_MAX / 2); }},
    OptionDef{"bind", 0, "ADDR[:PORT]", "local address, and port of the first tunnel",
              [](Options& o, S v) { return endpoint(v, o.bind, 0); }},
    OptionDef{"host-name", 0, "NAME", "our name in SCCRQ (lacsim)",
              [](Options& o, S v) { return o.host_name = v, !v.empty() && v.size() < 256; }},
    OptionDef{"secret", 'S', "TEXT", "tunnel secret: challenge the LNS and answer its challenge",
              [](Options& o, S v) { return o.secret = Secret(v), !v.empty(); }},
    OptionDef{"hide", 0, "", "hide AVPs of calls (needs --secret)", [](Options& o, S) { return o.hide = true; }},
    OptionDef{"user", 'u', "TEMPLATE", "user name; %d is the subscriber's number (user%d@isp)",
              [](Options& o, S v) { return o.user = v, true; }},
    OptionDef{"password", 'p', "TEMPLATE", "password (password)",
              [](Options& o, S v) { return o.password = Secret(v), true; }},
    OptionDef{"auth", 'a', "pap|chap|any", "accepted authentication (any)",
              [](Options& o, S v) { return authentication(v, o.ppp); }},
    OptionDef{"calling", 0, "TEMPLATE", "Calling Number (0100%d)", [](Options& o, S v) { return o.calling = v, true; }},
    OptionDef{"called", 0, "TEMPLATE", "Called Number (0800)", [](Options& o, S v) { return o.called = v, true; }},
    OptionDef{"proxy", 0, "", "send proxy LCP and authentication AVPs in ICCN",
              [](Options& o, S) { return o.proxy = true; }},
    OptionDef{"sequencing", 0, "", "require sequence numbers in data messages, send and check them",
              [](Options& o, S) { return o.sequencing = o.data_flags.sequence = true; }},
    OptionDef{"in-flight", 'w', "N", "unfinished set-ups at most (64)",
              [](Options& o, S v) { return number<std::uint32_t>(v, o.in_flight, 1, kMost); }},
    OptionDef{"window", 0, "N", "receive window of an LNS that announces none (4)",
              [](Options& o, S v) { return number<std::uint16_t>(v, o.window, 1, 32767); }},
    OptionDef{"rate", 'r', "N", "set-ups a second at most (0: no limit)",
              [](Options& o, S v) { return real(v, o.rate, 0, 1e9); }},
    OptionDef{"timeout", 0, "SECONDS", "a set-up that takes longer has failed (30)",
              [](Options& o, S v) { return seconds(v, o.timeout) && o.timeout.count() > 0; }},
    OptionDef{"hold", 'H', "SECONDS", "keep sessions up that long (0)",
              [](Options& o, S v) { return seconds(v, o.hold); }},
    OptionDef{"hello", 0, "SECONDS", "send L2TP HELLO that often (0: never)",
              [](Options& o, S v) { return seconds(v, o.hello); }},
    OptionDef{"echo", 0, "SECONDS", "send LCP Echo-Request that often (0: never)",
              [](Options& o, S v) { return whole(v, o.ppp.echo_interval); }},
    OptionDef{"no-goodbye", 0, "", "end without Terminate-Request, CDN or StopCCN",
              [](Options& o, S) { return !(o.goodbye = false); }},
    OptionDef{"hangup-by-lns", 0, "SECONDS", "wait until the LNS has ended every session",
              [](Options& o, S v) { return seconds(v, o.hangup_by_lns) && o.hangup_by_lns.count() > 0; }},
    OptionDef{"repeat", 0, "N", "each session is set up N times, one after the other (1)",
              [](Options& o, S v) { return number<std::uint32_t>(v, o.repeat, 1, kMost); }},
    OptionDef{"renegotiate", 0, "", "each subscriber, once up, starts LCP anew",
              [](Options& o, S) { return o.renegotiate = true; }},
    OptionDef{"passive", 0, "", "subscribers send nothing before the LNS does",
              [](Options& o, S) { return o.ppp.passive = true; }},
    OptionDef{"mru", 0, "N", "MRU to ask for (1492)",
              [](Options& o, S v) { return number<std::uint16_t>(v, o.ppp.mru, 64, 1500); }},
    OptionDef{"no-pfc", 0, "", "do not offer protocol field compression",
              [](Options& o, S) { return !(o.ppp.pfc = false); }},
    OptionDef{"no-acfc", 0, "", "do not offer address and control field compression",
              [](Options& o, S) { return !(o.ppp.acfc = false); }},
    OptionDef{"address", 0, "ADDR", "address to ask for in IPCP",
              [](Options& o, S v) { return address(v, o.ppp.address); }},
    OptionDef{"ipv6cp", 0, "", "ask for IPV6CP", [](Options& o, S) { return o.ppp.ipv6cp = true; }},
    OptionDef{"ccp", 0, "", "ask for CCP (MPPE)", [](Options& o, S) { return o.ppp.ccp = true; }},
    OptionDef{"restart", 0, "SECONDS", "PPP restart timer (3)",
              [](Options& o, S v) { return seconds(v, o.ppp.restart) && o.ppp.restart.count() > 0; }},
    OptionDef{"ppp-compress", 0, "", "send compressed PPP headers where the LNS allows them",
              [](Options& o, S) { return o.ppp_compress = true; }},
    OptionDef{"data-flags", 0, "L,S,O,P", "bits of the data header: length, sequence, offset, priority",
              [](Options& o, S v) { return flags(v, o.data_flags); }},
    OptionDef{"offset", 0, "N", "octets of padding with O (4)",
              [](Options& o, S v) { return number<std::uint16_t>(v, o.data_flags.offset_size, 0, 256); }},
    OptionDef{"loss", 0, "PERCENT", "lose datagrams on purpose, both ways",
              [](Options& o, S v) { return percent(v, o.impair.loss); }},
    OptionDef{"dup", 0, "PERCENT", "double datagrams on purpose, both ways",
              [](Options& o, S v) { return percent(v, o.impair.duplicate); }},
    OptionDef{"reorder", 0, "PERCENT", "swap datagrams on purpose, both ways",
              [](Options& o, S v) { return percent(v, o.impair.reorder); }},
    OptionDef{"seed", 0, "N", "make everything random repeatable",
              [](Options& o, S v) {
                  std::uint64_t n = 0;
                  return number<std::uint64_t>(v, n, 0, UINT64_MAX) && (o.seed = n, true);
              }},
    OptionDef{"traffic", 0, "up|down|both|echo", "send and check test packets while sessions are up",
              [](Options& o, S v) { return traffic(v, o.traffic); }},
    OptionDef{"target", 0, "ADDR:PORT", "where upstream test packets go (a reflector)",
              [](Options& o, S v) { return endpoint(v, o.target, 9); }},
    OptionDef{"size", 0, "OCTETS", "size of a test packet with its IP header (128); a list by commas: see SIGUSR2",
              sizes},
    OptionDef{"traffic-on-signal", 0, "", "test packets wait for SIGUSR2",
              [](Options& o, S) { return o.traffic_on_signal = true; }},
    OptionDef{"pps", 0, "N", "test packets a second in all (1000)",
              [](Options& o, S v) { return real(v, o.pps, 0.001, 1e9); }},
    OptionDef{"flood", 0, "", "as many test packets as possible", [](Options& o, S) { return o.pps = 0, true; }},
    OptionDef{"duration", 0, "SECONDS", "how long to send test packets (5)",
              [](Options& o, S v) { return seconds(v, o.duration); }},
    OptionDef{"gso", 0, "N", "packets of one session in a row, given to the kernel at once (1)",
              [](Options& o, S v) { return number<std::uint32_t>(v, o.gso, 1, 64); }},
    OptionDef{"random", 0, "", "test packets of sessions at random instead of in turn",
              [](Options& o, S) { return o.random = true; }},
    OptionDef{"reflector", 0, "", "be a reflector: LNS-ADDRESS is where to listen",
              [](Options& o, S) { return o.mode = Mode::reflector, true; }},
    OptionDef{"source", 0, "", "be a source of test packets to subscribers; no LNS-ADDRESS",
              [](Options& o, S) { return o.mode = Mode::source, true; }},
    OptionDef{"to", 0, "FIRST+COUNT", "source: to COUNT addresses from FIRST on",
              [](Options& o, S v) { return range(v, o); }},
    OptionDef{"to-list", 0, "FILE", "source: to the addresses of a --list file",
              [](Options& o, S v) { return o.to_list = v, !v.empty(); }},
    OptionDef{"to-port", 0, "PORT", "source: destination port (9)",
              [](Options& o, S v) { return number<std::uint16_t>(v, o.to_port, 1, 65535); }},
    OptionDef{"tun", 0, "IFNAME", "give a session's IP to this new TUN device",
              [](Options& o, S v) { return o.tun = v, !v.empty() && v.size() < 16; }},
    OptionDef{"tun-session", 0, "N", "which session that is, counted from 1 (1)",
              [](Options& o, S v) { return number<std::uint32_t>(v, o.tun_session, 1, kMost); }},
    OptionDef{"tun-route", 0, "PREFIX", "route to put on the TUN device; may be repeated (the LNS's address)",
              [](Options& o, S v) {
                  const auto p = parse_prefix4(v);
                  if (p) o.tun_routes.push_back(*p);
                  return p.has_value();
              }},
    OptionDef{"json", 0, "FILE", "write the report there instead of to standard output",
              [](Options& o, S v) { return o.json = v, !v.empty(); }},
    OptionDef{"list", 0, "FILE", "write user, address, ids and more of each session: lacsim(1)",
              [](Options& o, S v) { return o.list = v, !v.empty(); }},
    OptionDef{"ready-file", 0, "FILE", "write this file when every session is up or has failed",
              [](Options& o, S v) { return o.ready_file = v, !v.empty(); }},
    OptionDef{"quiet", 'q', "", "no progress line", [](Options& o, S) { return o.quiet = true; }},
    OptionDef{"help", 'h', "", "show this text", [](Options& o, S) { return o.mode = Mode::help, true; }},
    OptionDef{"version", 'V', "", "show the version", [](Options& o, S) { return o.mode = Mode::version, true; }},
};

const OptionDef* by_name(std::string_view name) {
    const auto it = std::find_if(kOptions.begin(), kOptions.end(), [&](const OptionDef& d) { return d.name == name; });
    return it == kOptions.end() ? nullptr : &*it;
}
const OptionDef* by_letter(char letter) {
    const auto it =
        std::find_if(kOptions.begin(), kOptions.end(), [&](const OptionDef& d) { return d.letter == letter; });
    return letter == 0 || it == kOptions.end() ? nullptr : &*it;
}

// What single options cannot see.
std::string contradiction(const Options& o, bool have_address) {
    if (o.mode == Mode::help || o.mode == Mode::version) return {};
    if (o.mode == Mode::source) {
        if (have_address) return "--source takes no LNS-ADDRESS";
        if ((o.to_count == 0) == o.to_list.empty()) return "--source needs either --to or --to-list";
        return {};
    }
    if (!have_address) return "LNS-ADDRESS is missing";
    if (o.mode == Mode::reflector) return {};
    if (o.to_count != 0 || !o.to_list.empty()) return "--to and --to-list belong to --source";
    if (o.hide && o.secret.empty()) return "--hide needs --secret";
    const bool sends = o.traffic != Traffic::none && o.traffic != Traffic::down;
    if (sends && !o.target.address.is_set()) return "--traffic up, both and echo need --target";
    if (o.sessions > std::uint64_t{o.tunnels} * 65535) return "more than 65535 sessions a tunnel";
    if (!o.tun.empty() && o.tun_session > o.sessions) return "--tun-session is beyond --sessions";
    if (o.repeat > 1 && (o.traffic != Traffic::none || !o.tun.empty()))
        return "--repeat goes with neither --traffic nor --tun";
    return {};
}

Error bad(const std::string& text) { return Error{text}; }

} // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
    Options o;
    std::string lns;
    bool options_end = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (options_end || argument.size() < 2 || argument[0] != '-') {
            if (!lns.empty()) return Failure<Error>{bad("more than one LNS-ADDRESS: " + argument)};
            lns = argument;
            continue;
        }
        if (argument == "--") {
            options_end = true;
            continue;
        }
        const bool is_long = argument[1] == '-';
        const std::size_t equal = is_long ? argument.find('=') : argument.npos;
        const OptionDef* def =
            is_long ? by_name(std::string_view(argument).substr(2, equal - 2)) : by_letter(argument[1]);
        if (def == nullptr) return Failure<Error>{bad("unknown option " + argument)};
        std::optional<std::string> value;
        if (equal != argument.npos) value = argument.substr(equal + 1);
        if (!is_long && argument.size() > 2) value = argument.substr(2);
        const std::string shown = "--" + std::string(def->name);
        if (def->argument.empty() && value) return Failure<Error>{bad(shown + " takes no value")};
        if (!def->argument.empty() && !value) {
            if (++i == arguments.size()) return Failure<Error>{bad(shown + " needs a value")};
            value = arguments[i];
        }
        if (!def->apply(o, value.value_or("")))
            return Failure<Error>{bad(shown + ": not a " + std::string(def->argument) + ": " + *value)};
    }
    const bool have_address = !lns.empty();
    if (have_address && !endpoint(lns, o.lns, o.mode == Mode::reflector ? 9 : 1701))
        return Failure<Error>{bad("not an address: " + lns)};
    if (const std::string why = contradiction(o, have_address); !why.empty()) return Failure<Error>{bad(why)};
    return o;
}

std::string usage() {
    std::string text = "usage: lacsim [options] LNS-ADDRESS[:PORT]\n"
                       "       lacsim --reflector [options] ADDRESS:PORT\n"
                       "       lacsim --source --to FIRST+COUNT [options]\n";
    for (const OptionDef& d : kOptions) {
        std::string left = d.letter != 0 ? std::string("  -") + d.letter + ", --" : std::string("      --");
        left += d.name;
        if (!d.argument.empty()) left += " " + std::string(d.argument);
        left.resize(std::max<std::size_t>(left.size() + 2, 34), ' ');
        text += left + std::string(d.help) + "\n";
    }
    return text;
}

std::vector<std::string> option_names() {
    std::vector<std::string> names;
    for (const OptionDef& d : kOptions)
        names.push_back("--" + std::string(d.name));
    return names;
}

std::string expand(std::string_view pattern, std::uint32_t number_) {
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
        if (pattern[i] != '%' || (next != 'd' && next != '%')) {
            text += pattern[i];
            continue;
        }
        if (next == 'd')
            text += std::to_string(number_);
        else
            text += '%';
        ++i;
    }
    return text;
}

} // namespace lns::lacsim

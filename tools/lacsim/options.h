// SPDX-License-Identifier: ISC
// What the command line asks for. Each option is a row of one table, from which parsing and --help come; the
// manual page is checked against it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/inet.h"
#include "lib/base/result.h"
#include "lib/base/secret.h"
#include "tools/lacsim/l2tp_wire.h"
#include "tools/lacsim/ppp_client.h"

namespace lns::lacsim {

enum class Mode : std::uint8_t { lac, reflector, source, help, version };
enum class Traffic : std::uint8_t { none, up, down, both, echo };

struct Impairments {
    double loss = 0, duplicate = 0, reorder = 0; // parts of 1, of all datagrams each way
    [[nodiscard]] bool any() const { return loss > 0 || duplicate > 0 || reorder > 0; }
};

struct Options {
    Mode mode = Mode::lac;
    Endpoint lns;  // of the LNS; in mode reflector: where to listen
    Endpoint bind; // local address and port, unset: chosen by the kernel
    std::uint32_t tunnels = 1;
    std::uint32_t sessions = 1;
    std::uint32_t first_number = 1;
    bool same_port = false;
    std::string host_name = "lacsim";
    std::string user = "user%d@isp";
    Secret password{"password"};
    std::string calling = "0100%d";
    std::string called = "0800";
    Secret secret; // of the tunnels; empty: no challenge
    bool hide = false;
    bool proxy = false;
    bool sequencing = false; // required of the LNS
    std::uint32_t in_flight = 64;
    std::uint16_t window = 4; // of an LNS that announces none (RFC 2661 4.4.3)
    double rate = 0;          // set-ups a second; 0 = no limit
    std::chrono::milliseconds hold{0};
    std::chrono::milliseconds timeout{30000};
    std::chrono::milliseconds hello{0};
    bool goodbye = true;
    std::chrono::milliseconds hangup_by_lns{0};
    std::uint32_t repeat = 1;
    bool renegotiate = false;
    PppConfig ppp;
    bool ppp_compress = false;
    DataFlags data_flags;
    Impairments impair;
    std::optional<std::uint64_t> seed;

    Traffic traffic = Traffic::none;
    Endpoint target;
    std::uint32_t size = 128;              // octets of an inner IP packet
    std::vector<std::uint32_t> next_sizes; // of the test runs that SIGUSR2 begins, in turn with `size`
    double pps = 1000;                     // in all; 0 = as fast as possible
    std::chrono::milliseconds duration{5000};
    std::uint32_t gso = 1; // packets handed to the kernel in one piece
    bool random = false;
    bool traffic_on_signal = false;
    Ipv4 to_first; // mode source
    std::uint32_t to_count = 0;
    std::string to_list;
    std::uint16_t to_port = 9;

    std::string tun;
    std::uint32_t tun_session = 1;
    std::vector<Prefix4> tun_routes;

    std::string json, list, ready_file;
    bool quiet = false;
};

// `arguments` without the program's name.
Result<Options> parse_options(const std::vector<std::string>& arguments);
std::string usage();                     // --help
std::vector<std::string> option_names(); // "--tunnels" ..., for the check of the manual page

// A template's text for one subscriber: %d is the number, %% a percent sign.
std::string expand(std::string_view pattern, std::uint32_t number);

} // namespace lns::lacsim

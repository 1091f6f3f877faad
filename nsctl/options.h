// SPDX-License-Identifier: ISC
// nsctl's command line.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/secret.h"
#include "lib/control/packet.h"

namespace lns::nsctl {

inline constexpr const char* kLoopback = "127.0.0.1";

struct Options {
    std::string host = kLoopback;
    std::uint16_t port = control::kPort;
    std::chrono::milliseconds patience{5000};
    std::string key_file; // empty: the built-in one, if it is there
    bool version = false;
    std::vector<std::string> words; // the command
};

// nsctl [-h HOST[:PORT]] [-t SECS] [-k KEYFILE] COMMAND ..., or as the manual has it: nsctl HOST COMMAND ...
// Without -h the first word is the host, unless it is a command.
Result<Options> parse_options(int argc, char** argv);
std::string usage();

// The secret of a key file: its first line. Refused when others may read the file. Without a file of
// that name there is no secret, if the name was not asked for.
Result<Secret> read_key(const Options& options);

} // namespace lns::nsctl

// SPDX-License-Identifier: ISC
// The command line of l2tpnsd (DESIGN 11).
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace lns::parent {

struct Options {
    bool daemonize = false;  // -d
    bool check_only = false; // -n
    bool purge = false;      // --purge
    bool version = false;    // --version
    bool layout = false;     // --layout
    unsigned verbose = 0;    // -v, each raises `debug` by one
    std::string confdir;     // -c
    std::string rundir;      // -r
    std::string libexecdir;  // -l
    bool rundir_is_default = true;
    std::vector<std::string> command_line; // as it was given, to be executed anew
};

// Paths come out absolute. The error is one line that says what is wrong.
Result<Options> parse_options(int argc, char** argv);
std::string usage();

} // namespace lns::parent

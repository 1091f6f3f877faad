// SPDX-License-Identifier: ISC
#include "l2tpnsd/options.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <getopt.h>

namespace lns::parent {

namespace {

constexpr int kPurge = 256; // beyond any option letter
constexpr int kVersion = 257;
constexpr int kLayout = 258;

std::string absolute(const char* path) {
    std::error_code ignored;
    const std::filesystem::path whole = std::filesystem::absolute(path, ignored).lexically_normal();
    const std::string text = whole.string();
    return text.size() > 1 && text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
}

bool take(Options& options, int letter) {
    switch (letter) {
    case 'd':
        options.daemonize = true;
        return true;
    case 'n':
        options.check_only = true;
        return true;
    case 'v':
        ++options.verbose;
        return true;
    case 'c':
        options.confdir = absolute(optarg);
        return true;
    case 'r':
        options.rundir = absolute(optarg);
        options.rundir_is_default = false;
        return true;
    case 'l':
        options.libexecdir = absolute(optarg);
        return true;
    case kPurge:
        options.purge = true;
        return true;
    case kLayout:
        options.layout = true;
        return true;
    case kVersion:
        options.version = true;
        return true;
    default:
        return false;
    }
}

} // namespace

std::string usage() {
    return "usage: l2tpnsd [-dnv] [-c CONFDIR] [-r RUNDIR] [-l LIBEXECDIR]\n"
           "       l2tpnsd --purge [-r RUNDIR]\n"
           "       l2tpnsd --version | --layout";
}

Result<Options> parse_options(int argc, char** argv) {
    static constexpr std::array<option, 4> kLong{{{"purge", no_argument, nullptr, kPurge},
                                                  {"version", no_argument, nullptr, kVersion},
                                                  {"layout", no_argument, nullptr, kLayout},
                                                  {}}};
    Options options;
    options.command_line.assign(argv, argv + argc);
    options.confdir = SYSCONFDIR "/l2tpns";
    options.rundir = RUNSTATEDIR "/l2tpns";
    options.libexecdir = LIBEXECDIR;
    optind = 0; // starts afresh: tests parse more than once
    opterr = 0;
    int letter = 0;
    while ((letter = getopt_long(argc, argv, "+:dnvc:r:l:", kLong.data(), nullptr)) != -1) {
        if (letter == ':') return failure(std::string("option ") + argv[optind - 1] + " needs an argument");
        if (!take(options, letter)) return failure(std::string("unknown option ") + argv[optind - 1]);
    }
    if (optind < argc) return failure(std::string("unexpected argument ") + argv[optind]);
    if (options.purge && (options.check_only || options.daemonize))
        return failure("--purge goes with -r and nothing else");
    return options;
}

} // namespace lns::parent

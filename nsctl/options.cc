// SPDX-License-Identifier: ISC
#include "nsctl/options.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/control/commands.h"

namespace lns::nsctl {

namespace {

constexpr const char* kDefaultKey = SYSCONFDIR "/l2tpns/nsctl.key";
constexpr unsigned kMostSeconds = 3600;
constexpr std::size_t kMaxKey = 254;

std::optional<unsigned> number(std::string_view text, unsigned most) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > most) return std::nullopt;
    return value;
}

std::string option_name(int option) { return {'-', static_cast<char>(option)}; }

Status<> set_host(Options& options, const std::string& text) {
    const std::size_t colon = text.find(':');
    options.host = text.substr(0, colon);
    if (colon != std::string::npos) {
        const auto port = number(std::string_view(text).substr(colon + 1), UINT16_MAX);
        if (!port) return failure("the port of \"" + text + "\" is none");
        options.port = static_cast<std::uint16_t>(*port);
    }
    if (options.host.empty()) return failure("no host in \"" + text + "\"");
    return Done{};
}

} // namespace

Result<Options> parse_options(int argc, char** argv) {
    Options options;
    bool host_given = false;
    optind = 1;
    opterr = 0;
    for (int option = 0; (option = getopt(argc, argv, "+:h:t:k:v")) != -1;) {
        if (option == ':') return failure(option_name(optopt) + " needs a value");
        if (option == '?') return failure("there is no " + option_name(optopt));
        if (option == 'v') options.version = true;
        if (option == 'k') options.key_file = optarg;
        if (option == 't') {
            const auto seconds = number(optarg, kMostSeconds);
            if (!seconds) return failure(std::string("-t ") + optarg + ": seconds from 1 to 3600 are needed");
            options.patience = std::chrono::seconds(*seconds);
        }
        if (option != 'h') continue;
        host_given = true;
        if (const auto done = set_host(options, optarg); !done) return Failure<Error>{done.error()};
    }
    options.words.assign(argv + optind, argv + argc);
    if (options.version) return options;
    if (!host_given && !options.words.empty() && !control::is_command_word(options.words.front())) {
        if (const auto done = set_host(options, options.words.front()); !done) return Failure<Error>{done.error()};
        options.words.erase(options.words.begin());
    }
    if (options.words.empty()) return failure("a command is needed");
    return options;
}

std::string usage() {
    return "usage: nsctl [-v] [-h HOST[:PORT]] [-t SECS] [-k KEYFILE] COMMAND [ARG ...]\n"
           "       nsctl HOST[:PORT] COMMAND [ARG ...]";
}

Result<Secret> read_key(const Options& options) {
    const bool asked = !options.key_file.empty();
    const std::string path = asked ? options.key_file : kDefaultKey;
    const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) {
        if (asked || (errno != ENOENT && errno != EACCES)) return failure(path + ": " + strerror(errno));
        return Secret();
    }
    struct stat status {};
    if (fstat(file.get(), &status) != 0) return failure(path + ": " + strerror(errno));
    if (S_ISREG(status.st_mode) && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return failure(path + ": others than its owner may use it: chmod 600 it");
    std::array<char, kMaxKey + 2> buffer{};
    const ssize_t n = read(file.get(), buffer.data(), buffer.size());
    if (n < 0) return failure(path + ": " + strerror(errno));
    const std::string_view text(buffer.data(), static_cast<std::size_t>(n));
    const std::string_view line = text.substr(0, text.find('\n'));
    Secret secret(line);
    explicit_bzero(buffer.data(), buffer.size());
    if (secret.empty() || secret.reveal().size() > kMaxKey) return failure(path + ": no key in its first line");
    return secret;
}

} // namespace lns::nsctl

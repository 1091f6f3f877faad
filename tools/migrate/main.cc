// SPDX-License-Identifier: ISC
// l2tpns-migrate: what becomes of a configuration of the original l2tpns. Reads and reports; changes nothing.
#include "config.h"

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "lib/conf/read_file.h"
#include "tools/migrate/report.h"

namespace {

constexpr int kSafe = 0;
constexpr int kAttention = 1;
constexpr int kUnreadable = 2;

int usage(int status) {
    fputs("usage: l2tpns-migrate [DIR]\n", status == kSafe ? stdout : stderr);
    return status;
}

// False, with a line on standard error, when there is such a file but it cannot be read.
bool read(const std::string& directory, const char* name, std::optional<std::string>& text) {
    const std::string path = directory + "/" + name;
    auto file = lns::conf::read_file(path);
    if (file) {
        text = std::move(*file);
        return true;
    }
    if (file.error().trouble == lns::conf::FileTrouble::absent) return true;
    fprintf(stderr, "l2tpns-migrate: %s: %s\n", path.c_str(), file.error().message.c_str());
    return false;
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == "--version") {
        printf("l2tpns-migrate %s\n", PACKAGE_VERSION);
        return kSafe;
    }
    if (argc > 2 || first.starts_with("-")) return usage(first == "-h" || first == "--help" ? kSafe : kUnreadable);
    const std::string directory = first.empty() ? SYSCONFDIR "/l2tpns" : std::string(first);
    lns::migrate::OldFiles files;
    if (!read(directory, "startup-config", files.startup_config) || !read(directory, "users", files.users) ||
        !read(directory, "ip_pool", files.ip_pool))
        return kUnreadable;
    if (!files.startup_config) {
        fprintf(stderr, "l2tpns-migrate: %s/startup-config: there is none\n", directory.c_str());
        return kUnreadable;
    }
    const auto findings = lns::migrate::examine(files);
    fputs(lns::migrate::print(findings).c_str(), stdout);
    return lns::migrate::needs_attention(findings) ? kAttention : kSafe;
}

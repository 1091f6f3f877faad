// SPDX-License-Identifier: ISC
#include "l2tpnsd/plugin_file.h"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>

#include "lib/conf/text.h"
#include "lib/conf/value_rules.h"

namespace lns::parent {

namespace {

// Somebody else than root could put other code there.
bool is_roots_alone(const struct stat& file) { return file.st_uid == 0 && (file.st_mode & (S_IWGRP | S_IWOTH)) == 0; }

} // namespace

std::optional<std::string> complain_about_plugin(const std::string& name, const std::string& directory) {
    if (const char* complaint = conf::require_plugin_name(name)) return conf::show(name) + " " + complaint;
    const std::string path = directory + "/" + name + ".so";
    struct stat place {};
    struct stat file {};
    if (lstat(path.c_str(), &file) != 0 || stat(directory.c_str(), &place) != 0) return path + ": " + strerror(errno);
    if (!S_ISREG(file.st_mode)) return path + " is not a regular file";
    if (!is_roots_alone(file) || !is_roots_alone(place))
        return path + ": others than root could write it or its directory";
    return std::nullopt;
}

} // namespace lns::parent

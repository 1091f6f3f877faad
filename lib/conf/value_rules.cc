// SPDX-License-Identifier: ISC
#include "lib/conf/value_rules.h"

#include <algorithm>
#include <array>

#include "lib/conf/text.h"

namespace lns::conf {
namespace {

constexpr std::array<std::string_view, 20> kFacilities{
    "auth", "authpriv", "cron",   "daemon", "ftp",    "kern",   "lpr",    "mail",   "news",   "syslog",
    "user", "uucp",     "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
};

bool all_of(std::string_view value, bool (*fits)(char)) { return std::all_of(value.begin(), value.end(), fits); }
bool is_name_character(char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; }

} // namespace

const char* require_absolute_path(std::string_view value) {
    return value.starts_with('/') ? nullptr : "must be an absolute path";
}

const char* require_file_path(std::string_view value) {
    if (value.ends_with('/')) return "must be the path of a file";
    return require_absolute_path(value);
}

const char* require_log_destination(std::string_view value) {
    constexpr std::string_view kSyslog = "syslog:";
    if (value.starts_with('/')) return require_file_path(value);
    if (!value.starts_with(kSyslog)) return "must be an absolute path or syslog:FACILITY";
    const auto facility = value.substr(kSyslog.size());
    return std::find(kFacilities.begin(), kFacilities.end(), facility) == kFacilities.end()
               ? "the syslog facility is not known"
               : nullptr;
}

const char* require_host_name(std::string_view value) {
    if (!all_of(value, is_name_character)) return "may hold letters, digits, '-', '.' and '_' only";
    return nullptr;
}

const char* require_device_name(std::string_view value) {
    if (!all_of(value, is_name_character)) return "may hold letters, digits, '-', '.' and '_' only";
    return value == "." || value == ".." ? "is not a name for a device" : nullptr;
}

const char* require_device_list(std::string_view value) {
    for (const auto item : split(value, ',')) {
        const auto name = trim(item);
        if (name.empty() || name.size() > 15 || require_device_name(name) != nullptr)
            return "must be names of devices, separated by commas";
    }
    return nullptr;
}

const char* require_plugin_name(std::string_view value) {
    constexpr std::size_t kLongest = 62; // what a message carries: lib/imsg/bodies.h
    const bool plain = all_of(value, [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; });
    if (value.empty() || value.size() > kLongest || !plain)
        return "is not the name of a plugin: letters, digits, '-' and '_', no path and no .so";
    return nullptr;
}

const char* require_prefix_list(std::string_view value) {
    for (const auto item : split(value, ','))
        if (!parse_prefix4(trim(item))) return "must be prefixes A.B.C.D/N without host bits, separated by commas";
    return nullptr;
}

const char* require_reachable(Ipv4 value) {
    constexpr Prefix4 kLoopback{Ipv4{0x7f000000}, 8};
    return is_special(value) && !kLoopback.contains(value) ? "is not the address of a host" : nullptr;
}

const char* require_multicast(Ipv4 value) {
    constexpr Prefix4 kMulticast{Ipv4{0xe0000000}, 4};
    return kMulticast.contains(value) ? nullptr : "is not a multicast address";
}

const char* require_unicast(Ipv4 value) {
    return is_special(value) ? "is not an address that a host on the network can have" : nullptr;
}

} // namespace lns::conf

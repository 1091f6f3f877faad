// SPDX-License-Identifier: ISC
// What some values must look like beyond their type. Each returns nullptr, or the complaint.
#pragma once

#include <string_view>

#include "lib/base/inet.h"

namespace lns::conf {

const char* require_absolute_path(std::string_view value);
const char* require_file_path(std::string_view value);
// An absolute path, or "syslog:" and one of the facilities of syslog.conf(5).
const char* require_log_destination(std::string_view value);
const char* require_host_name(std::string_view value);
const char* require_device_name(std::string_view value);
// Names of devices, separated by commas.
const char* require_device_list(std::string_view value);
// Of `load plugin`: a plain word, never a path.
const char* require_plugin_name(std::string_view value);
// Prefixes A.B.C.D/N, separated by commas.
const char* require_prefix_list(std::string_view value);

// An address that one host can have, loopback included: a server or a socket on this machine.
const char* require_reachable(Ipv4 value);
const char* require_multicast(Ipv4 value);
// An address that a subscriber can be told.
const char* require_unicast(Ipv4 value);

} // namespace lns::conf

// SPDX-License-Identifier: ISC
// Datagrams the kernel dropped before a program saw them, in this network namespace (/proc/net/snmp).
#pragma once

#include <cstdint>
#include <string_view>

namespace lns::lacsim {

struct UdpErrors {
    std::uint64_t buffer_full = 0; // RcvbufErrors
    std::uint64_t checksum = 0;    // InCsumErrors
};

UdpErrors read_udp_errors();
UdpErrors parse_udp_errors(std::string_view snmp); // the text of the file

} // namespace lns::lacsim

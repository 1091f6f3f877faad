// SPDX-License-Identifier: ISC
#include "tools/lacsim/udp_errors.h"

#include <fstream>
#include <sstream>
#include <string>

namespace lns::lacsim {

// Two lines begin with "Udp:": the names, then the values in the same order.
UdpErrors parse_udp_errors(std::string_view snmp) {
    UdpErrors errors;
    std::istringstream lines{std::string(snmp)};
    std::string names;
    std::string values;
    while (std::getline(lines, names)) {
        if (!names.starts_with("Udp:") || !std::getline(lines, values)) continue;
        std::istringstream name(names.substr(4));
        std::istringstream value(values.substr(values.find(':') + 1));
        std::string key;
        std::uint64_t count = 0;
        while (name >> key && value >> count) {
            if (key == "RcvbufErrors") errors.buffer_full = count;
            if (key == "InCsumErrors") errors.checksum = count;
        }
        return errors;
    }
    return errors;
}

UdpErrors read_udp_errors() {
    std::ifstream file("/proc/net/snmp");
    std::ostringstream text;
    text << file.rdbuf();
    return parse_udp_errors(text.str());
}

} // namespace lns::lacsim

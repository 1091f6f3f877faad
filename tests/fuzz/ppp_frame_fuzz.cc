// SPDX-License-Identifier: ISC
// parse_frame(): what it returns lies within what it was given.
#include <cstdint>
#include <cstdlib>

#include "lib/ppp/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const lns::Bytes octets(data, size);
    const lns::ppp::Frame frame = lns::ppp::parse_frame(octets);
    if (!frame.ok()) return 0;
    const auto protocol = static_cast<std::uint16_t>(frame.protocol);
    if ((protocol & 1) == 0) abort(); // RFC 1661 2
    const std::size_t header = size - frame.payload.size();
    if (header < 1 || header > 4 || frame.payload.data() != data + header) abort();
    return 0;
}

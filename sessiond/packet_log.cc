// SPDX-License-Identifier: ISC
#include "sessiond/packet_log.h"

#include <algorithm>

#include "lib/l2tp/l2tp.h"
#include "lib/ppp/frame.h"

namespace lns::sessiond {

namespace {

constexpr std::size_t kPapHeader = 4; // code, identifier, length

// `part` is a view of `whole`, and `copy` is as long as that.
void cover(std::vector<std::uint8_t>& copy, Bytes whole, Bytes part) {
    std::fill_n(copy.begin() + (part.data() - whole.data()), part.size(), std::uint8_t{'*'});
}

} // namespace

std::vector<std::uint8_t> without_passwords(Bytes datagram) {
    std::vector<std::uint8_t> copy(datagram.begin(), datagram.end());
    const auto header = l2tp::parse_header(datagram);
    if (!header) return copy;
    if (header->control()) {
        Reader message(header->payload);
        l2tp::Avp avp;
        while (!message.done() && l2tp::next_avp(message, avp) == l2tp::WireError::none)
            if (avp.type == static_cast<std::uint16_t>(l2tp::AvpType::ProxyAuthenResponse))
                cover(copy, datagram, avp.value);
        return copy;
    }
    const ppp::Frame frame = ppp::parse_frame(header->payload);
    if (frame.ok() && frame.protocol == ppp::Protocol::PAP && frame.payload.size() > kPapHeader)
        cover(copy, datagram, frame.payload.subspan(kPapHeader));
    return copy;
}

} // namespace lns::sessiond

// SPDX-License-Identifier: ISC
// Any datagram through the header parser; what it takes lies inside the datagram and survives encoding.
#include <cstdlib>
#include <vector>

#include "lib/l2tp/l2tp.h"

namespace {

using namespace lns;
using namespace lns::l2tp;

void require(bool what) {
    if (!what) std::abort();
}

void encode_again(const Header& h) {
    std::vector<std::uint8_t> buffer(70000);
    Writer w(buffer);
    const PeerTunnelId tunnel{raw(h.tunnel)};
    const PeerSessionId session{raw(h.session)};
    if (h.control()) {
        encode_control_header(w, tunnel, session, h.ns, h.nr, h.payload.size());
    } else {
        const DataOptions options{.length = h.has(kFlagL),
                                  .sequence = h.has(kFlagS),
                                  .offset = false,
                                  .priority = h.has(kFlagP),
                                  .ns = h.ns,
                                  .nr = h.nr,
                                  .offset_size = 0};
        encode_data_header(w, tunnel, session, options, h.payload.size());
    }
    w.bytes(h.payload);
    require(w.ok());
    const auto again = parse_header(w.written());
    require(again.ok());
    require(again->tunnel == h.tunnel && again->session == h.session && again->ns == h.ns && again->nr == h.nr);
    require(again->control() == h.control() && as_text(again->payload) == as_text(h.payload));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 65507) return 0; // the longest UDP payload
    const Bytes datagram(data, size);
    const auto h = parse_header(datagram);
    if (!h) {
        require(h.error() != WireError::none && name(h.error()) != "unknown");
        return 0;
    }
    require(h->length <= size && h->payload.size() <= h->length);
    require(h->payload.empty() || (h->payload.data() >= data && h->payload.data() + h->payload.size() <= data + size));
    encode_again(*h);
    return 0;
}

// SPDX-License-Identifier: ISC
// Fragmentation of a packet without DF that is larger than the subscriber's MRU (RFC 791 3.2).
#pragma once

#include <array>

#include "datapathd/inner_ip.h"

namespace lns::datapath {

struct Fragment {
    std::array<std::uint8_t, kMaxIpv4HeaderSize> header;
    std::size_t header_size = 0;
    Bytes body; // of the original packet
};

// One fragment after the other, none larger than `mtu`; each costs a header and no copy of data.
class Fragmenter {
public:
    // `mtu` at least 68 (RFC 791: every link carries that).
    Fragmenter(const Ipv4Packet& packet, std::uint16_t mtu);

    [[nodiscard]] bool done() const { return offset_ >= packet_.payload().size(); }
    void next(Fragment& out);
    // No more fragments than this come out.
    [[nodiscard]] std::size_t most() const;

private:
    [[nodiscard]] Bytes options_of_fragment() const;
    void collect_copied_options();

    const Ipv4Packet& packet_;
    std::size_t mtu_;
    std::size_t offset_ = 0; // octets of the packet's payload
    std::array<std::uint8_t, kMaxIpv4HeaderSize - kIpv4HeaderSize> copied_{};
    std::size_t copied_size_ = 0;
};

inline constexpr std::uint16_t kMinimumMtu = 68;

} // namespace lns::datapath

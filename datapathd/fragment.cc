// SPDX-License-Identifier: ISC
#include "datapathd/fragment.h"

#include <algorithm>

namespace lns::datapath {

namespace {

constexpr std::uint8_t kOptionEnd = 0;
constexpr std::uint8_t kOptionNop = 1;
constexpr std::uint8_t kOptionCopied = 0x80; // RFC 791 3.1: copied into all fragments

} // namespace

Fragmenter::Fragmenter(const Ipv4Packet& packet, std::uint16_t mtu)
    : packet_(packet), mtu_(std::max(mtu, kMinimumMtu)) {
    collect_copied_options();
}

void Fragmenter::collect_copied_options() {
    Writer w(copied_);
    Reader r(packet_.header().subspan(kIpv4HeaderSize));
    std::uint8_t type = 0;
    while (r.u8(type) && type != kOptionEnd) {
        if (type == kOptionNop) continue;
        std::uint8_t length = 0;
        Bytes value;
        if (!r.u8(length) || length < 2 || !r.bytes(length - 2U, value)) break; // the rest makes no sense
        if ((type & kOptionCopied) == 0) continue;
        w.u8(type);
        w.u8(length);
        w.bytes(value);
    }
    w.zeros((4 - w.size() % 4) % 4); // End of Option List as padding
    copied_size_ = w.size();
}

std::size_t Fragmenter::most() const {
    const std::size_t least = (mtu_ - packet_.header_size) & ~std::size_t{7}; // options only get fewer
    return packet_.payload().size() / least + 1;
}

Bytes Fragmenter::options_of_fragment() const {
    return offset_ == 0 ? packet_.header().subspan(kIpv4HeaderSize) : Bytes(copied_).first(copied_size_);
}

void Fragmenter::next(Fragment& out) {
    const Bytes options = options_of_fragment();
    out.header_size = kIpv4HeaderSize + options.size();
    const Bytes rest = packet_.payload().subspan(offset_);
    const bool last = out.header_size + rest.size() <= mtu_;
    out.body = last ? rest : rest.first((mtu_ - out.header_size) & ~std::size_t{7});
    const bool more = !last || (packet_.fragment & kIpMoreFragments) != 0;
    const auto offset = static_cast<std::uint16_t>((packet_.fragment & kIpOffsetMask) + offset_ / 8);

    Writer w(out.header);
    w.bytes(packet_.header().first(kIpv4HeaderSize));
    w.bytes(options);
    w.patch_u8(0, static_cast<std::uint8_t>(0x40 | out.header_size / 4));
    w.patch_u16(kIpTotalLengthAt, static_cast<std::uint16_t>(out.header_size + out.body.size()));
    w.patch_u16(kIpFragmentAt, static_cast<std::uint16_t>(offset | (more ? kIpMoreFragments : 0)));
    w.patch_u16(kIpChecksumAt, 0);
    ChecksumSum sum;
    sum.add(w.written());
    w.patch_u16(kIpChecksumAt, sum.finish());
    offset_ += out.body.size();
}

} // namespace lns::datapath

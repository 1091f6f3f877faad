// SPDX-License-Identifier: ISC
#include "l2tpnsd/gratuitous_arp.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/log.h"

namespace lns::parent {

namespace {

Failure<Error> system_failure(const char* what) {
    const int error = errno;
    return failure("gratuitous ARP: " + std::string(what) + ": " + strerror(error));
}

Ipv4 address_of(const sockaddr* generic) {
    sockaddr_in address{};
    memcpy(&address, generic, sizeof address);
    return Ipv4{ntohl(address.sin_addr.s_addr)};
}

std::vector<LinkAddress> links_with_arp() {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
    std::vector<LinkAddress> links;
    for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
        constexpr unsigned kWanted = IFF_UP | IFF_BROADCAST;
        if ((i->ifa_flags & (kWanted | IFF_NOARP | IFF_LOOPBACK)) != kWanted) continue;
        if (i->ifa_addr == nullptr || i->ifa_netmask == nullptr || i->ifa_addr->sa_family != AF_INET) continue;
        const int length = std::popcount(address_of(i->ifa_netmask).value);
        links.push_back({i->ifa_name, address_of(i->ifa_addr), static_cast<std::uint8_t>(length)});
    }
    return links;
}

} // namespace

const LinkAddress* find_link(std::span<const LinkAddress> links, Ipv4 address) {
    const LinkAddress* best = nullptr;
    for (const LinkAddress& link : links) {
        if (link.address == address) return &link;
        const Prefix4 network{Ipv4{link.address.value & Prefix4::mask(link.length)}, link.length};
        if (network.contains(address) && (best == nullptr || link.length > best->length)) best = &link;
    }
    return best;
}

ArpPacket arp_announcement(const EthernetAddress& own, Ipv4 address) {
    constexpr EthernetAddress kUnknown{};
    ArpPacket packet{};
    Writer out(packet);
    out.u16(ARPHRD_ETHER);
    out.u16(ETHERTYPE_IP);
    out.u8(ETH_ALEN);
    out.u8(sizeof address.value);
    out.u16(ARPOP_REQUEST);
    out.bytes(own);
    out.u32(address.value);
    out.bytes(kUnknown);
    out.u32(address.value);
    return packet;
}

Result<GratuitousArp> GratuitousArp::open() {
    UniqueFd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); // protocol 0: hears nothing
    if (!socket) return system_failure("socket");
    return GratuitousArp(std::move(socket));
}

Status<> GratuitousArp::announce(Ipv4 address) const {
    const auto links = links_with_arp();
    const LinkAddress* link = find_link(links, address);
    if (link == nullptr) {
        log_debug("no gratuitous ARP: %s is in no network of this machine", to_string(address).c_str());
        return Done{};
    }
    ifreq request{};
    link->interface.copy(&request.ifr_name[0], IFNAMSIZ - 1);
    if (ioctl(socket_.get(), SIOCGIFHWADDR, &request) != 0) return system_failure(link->interface.c_str());
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER) return Done{};
    EthernetAddress own{};
    memcpy(own.data(), &request.ifr_hwaddr.sa_data[0], own.size());
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_protocol = htons(ETHERTYPE_ARP);
    to.sll_ifindex = static_cast<int>(if_nametoindex(link->interface.c_str()));
    to.sll_halen = ETH_ALEN;
    memset(&to.sll_addr[0], 0xff, ETH_ALEN);
    const auto packet = arp_announcement(own, address);
    if (sendto(socket_.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0)
        return system_failure(link->interface.c_str());
    log_info("gratuitous ARP for %s sent on %s", to_string(address).c_str(), link->interface.c_str());
    return Done{};
}

} // namespace lns::parent

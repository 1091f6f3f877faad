// SPDX-License-Identifier: ISC
#include "tools/lacsim/tun.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace lns::lacsim {
namespace {

[[noreturn]] void refuse(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

ifreq request(const std::string& name) {
    ifreq r{};
    std::memcpy(r.ifr_name, name.data(), std::min(name.size(), sizeof r.ifr_name - 1));
    return r;
}

void put(sockaddr& field, Ipv4 address) {
    const sockaddr_in value = to_sockaddr(Endpoint{address, 0});
    std::memcpy(&field, &value, sizeof value);
}

} // namespace

Tun::Tun(const std::string& name) : name_(name), fd_(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)) {
    if (!fd_) refuse("/dev/net/tun");
    ifreq r = request(name);
    r.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (ioctl(fd_.get(), TUNSETIFF, &r) != 0) refuse("TUN device " + name);
}

void Tun::configure(Ipv4 local, Ipv4 peer, std::uint16_t mtu, const std::vector<Prefix4>& routes) {
    const UniqueFd control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!control) refuse("socket");
    ifreq r = request(name_);
    put(r.ifr_addr, local);
    if (ioctl(control.get(), SIOCSIFADDR, &r) != 0) refuse(name_ + ": address " + to_string(local));
    if (peer.is_set()) {
        put(r.ifr_dstaddr, peer);
        if (ioctl(control.get(), SIOCSIFDSTADDR, &r) != 0) refuse(name_ + ": peer " + to_string(peer));
    }
    r.ifr_mtu = mtu;
    if (ioctl(control.get(), SIOCSIFMTU, &r) != 0) refuse(name_ + ": MTU " + std::to_string(mtu));
    r.ifr_flags = IFF_UP | IFF_RUNNING | IFF_POINTOPOINT | IFF_NOARP;
    if (ioctl(control.get(), SIOCSIFFLAGS, &r) != 0) refuse(name_ + ": up");
    for (const Prefix4& route : routes) {
        rtentry entry{};
        put(entry.rt_dst, route.address);
        put(entry.rt_genmask, Ipv4{Prefix4::mask(route.length)});
        entry.rt_flags = route.length == 32 ? RTF_UP | RTF_HOST : RTF_UP;
        entry.rt_dev = name_.data();
        if (ioctl(control.get(), SIOCADDRT, &entry) != 0 && errno != EEXIST) refuse("route " + to_string(route));
    }
}

Bytes Tun::read(std::span<std::uint8_t> buffer) const {
    const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
    return n > 0 ? Bytes(buffer).first(static_cast<std::size_t>(n)) : Bytes{};
}

bool Tun::write(Bytes packet) const {
    return ::write(fd_.get(), packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
}

} // namespace lns::lacsim

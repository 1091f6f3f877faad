// SPDX-License-Identifier: ISC
#include "l2tpnsd/sockets.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

namespace lns::parent {

namespace {

// The kernel's default holds 256 small packets.
constexpr int kL2tpBuffer = 8 << 20;
constexpr int kRelayBuffer = 4 << 20;
constexpr int kRadiusBuffer = 1 << 20;
constexpr int kSnoopBuffer = 4 << 20;
constexpr int kListenQueue = 16;

Failure<Error> system_failure(const std::string& what) { return failure(what + ": " + strerror(errno)); }

bool set_option(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

void set_buffers(int fd, int bytes) { // best effort: they only hold bursts
    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
    set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes);
}

bool bind_to(int fd, Endpoint endpoint) {
    const sockaddr_in address = to_sockaddr(endpoint);
    return bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

UniqueFd udp_socket() { return UniqueFd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

// A datagram may be larger than the path: it is sent in fragments, without Don't Fragment, since a
// subscriber behind the tunnel never hears of what a router between LAC and us complains about.
bool prepare_l2tp(int fd) {
    set_buffers(fd, kL2tpBuffer);
    return set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) && set_option(fd, IPPROTO_IP, IP_PKTINFO, 1) &&
           set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
}

} // namespace

Result<std::vector<UniqueFd>> open_l2tp_sockets(Ipv4 address, std::uint16_t port, unsigned count, bool alone) {
    const Endpoint endpoint{address, port};
    const std::string what = "UDP " + to_string(endpoint);
    if (alone) {
        const UniqueFd probe = udp_socket(); // without SO_REUSEPORT: alone on the port or not at all
        if (!probe || !bind_to(probe.get(), endpoint)) return system_failure(what);
    }
    std::vector<UniqueFd> sockets;
    while (sockets.size() < count) {
        UniqueFd fd = udp_socket();
        if (!fd || !prepare_l2tp(fd.get()) || !bind_to(fd.get(), endpoint)) return system_failure(what);
        sockets.push_back(std::move(fd));
    }
    return sockets;
}

bool merge_arriving(int fd, bool merge) { return set_option(fd, IPPROTO_UDP, UDP_GRO, merge ? 1 : 0); }

bool is_bound_to(int fd, Endpoint endpoint) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 && from_sockaddr(address) == endpoint;
}

Result<UniqueFd> open_cli_listener(Ipv4 address, std::uint16_t port) {
    const Endpoint endpoint{address, port};
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd || !set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1) || !bind_to(fd.get(), endpoint) ||
        listen(fd.get(), kListenQueue) != 0)
        return system_failure("TCP " + to_string(endpoint));
    return fd;
}

Result<UniqueFd> open_control_socket(Ipv4 address, std::uint16_t port) {
    const Endpoint endpoint{address, port};
    // Blocking: its reader has nothing else to do. Answers leave from the address that was asked.
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd || !set_option(fd.get(), IPPROTO_IP, IP_PKTINFO, 1) || !bind_to(fd.get(), endpoint))
        return system_failure("UDP " + to_string(endpoint));
    return fd;
}

Result<UniqueFd> open_radius_socket() {
    UniqueFd fd = udp_socket();
    if (!fd) return system_failure("UDP socket");
    set_buffers(fd.get(), kRadiusBuffer);
    return fd;
}

Result<UniqueFd> open_icmp_socket() {
    UniqueFd fd(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW));
    if (!fd) return system_failure("raw socket");
    return fd;
}

// A copy is larger than what it is a copy of, and goes in fragments where it must.
Result<UniqueFd> open_snoop_socket() {
    UniqueFd fd = udp_socket();
    if (!fd || !set_option(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT))
        return system_failure("UDP socket for copies");
    set_buffers(fd.get(), kSnoopBuffer);
    return fd;
}

Result<std::pair<UniqueFd, UniqueFd>> make_relay_pair() {
    std::array<int, 2> fds{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()) != 0)
        return system_failure("socketpair");
    for (const int fd : fds)
        set_buffers(fd, kRelayBuffer);
    return std::pair{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

} // namespace lns::parent

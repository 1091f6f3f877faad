// SPDX-License-Identifier: ISC
#include "datapathd/tun_queue.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "lib/base/log.h"

namespace lns::datapath {

namespace {

constexpr unsigned kTcpOffload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN;
constexpr unsigned kUdpOffload =
    0x20 | 0x40; // TUN_F_USO4, TUN_F_USO6: Linux 6.2 has both or none; headers may lack them

} // namespace

TunQueue::TunQueue(UniqueFd fd) : fd_(std::move(fd)) {
    ifreq request{};
    if (ioctl(fd_.get(), TUNGETIFF, &request) != 0) fatal("TUNGETIFF");
    constexpr int wanted = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
    if ((static_cast<unsigned short>(request.ifr_flags) & wanted) != wanted)
        fatalx("%s was not opened with the flags forwarding needs", request.ifr_name);
    name_.assign(request.ifr_name, strnlen(request.ifr_name, sizeof request.ifr_name));
    const int header_size = kVirtioHeaderSize;
    if (ioctl(fd_.get(), TUNSETVNETHDRSZ, &header_size) != 0) fatal("TUNSETVNETHDRSZ");
    // The kernel hands over TCP and UDP in packets of up to 64 KiB, and packets whose checksum we complete. Without
    // it everything works, only slower.
    joined_udp_ = ioctl(fd_.get(), TUNSETOFFLOAD, kTcpOffload | kUdpOffload) == 0;
    if (!joined_udp_ && ioctl(fd_.get(), TUNSETOFFLOAD, kTcpOffload) != 0)
        log_warn("%s: no segmentation offload", name_.c_str());
    fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
    ring_ = WriteRing::open(fd_.get());
}

std::size_t TunQueue::read(std::span<std::uint8_t> buffer) {
    const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
    // Somebody removed the device: the descriptor stays readable for ever and gives nothing.
    if (n < 0 && errno == EBADFD) fatalx("the TUN device %s is gone", name_.c_str());
    return n > 0 ? static_cast<std::size_t>(n) : 0;
}

void TunQueue::write(const TunPacket& packet, TunResults& results) {
    if (ring_ && packet.parts.size() == 1) {
        if (ring_->full()) ring_->flush(results);
        return ring_->add(packet);
    }
    flush(results); // nothing overtakes
    results.written(packet, writev(fd_.get(), packet.parts.data(), static_cast<int>(packet.parts.size())) >= 0);
}

void TunQueue::flush(TunResults& results) {
    if (ring_) ring_->flush(results);
}

Ipv4 interface_address(int socket, const std::string& name) {
    ifreq request{};
    name.copy(request.ifr_name, sizeof request.ifr_name - 1);
    if (ioctl(socket, SIOCGIFADDR, &request) != 0) return {};
    sockaddr_in address{};
    memcpy(&address, &request.ifr_addr, sizeof address);
    return Ipv4{ntohl(address.sin_addr.s_addr)};
}

} // namespace lns::datapath

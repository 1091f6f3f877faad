// SPDX-License-Identifier: ISC
#include "l2tpnsd/tun.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

namespace lns::parent {

namespace {

constexpr const char* kDevice = "/dev/net/tun";
constexpr short kFlags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
// What the kernel may leave to a queue's reader: checksums and segmentation of TCP over IPv4.
constexpr unsigned long kOffload = TUN_F_CSUM | TUN_F_TSO4;

Failure<Error> system_failure(const std::string& what) {
    const int error = errno;
    return failure(what + ": " + strerror(error));
}

Result<UniqueFd> open_device() {
    UniqueFd fd(open(kDevice, O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (fd) return fd;
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        return failure(std::string("no TUN device here: ") + kDevice + ": " + strerror(errno) + " (try: modprobe tun)");
    return system_failure(kDevice);
}

Result<UniqueFd> open_queue(std::string& name) {
    auto fd = open_device();
    if (!fd) return fd;
    ifreq request{};
    request.ifr_flags = kFlags;
    name.copy(&request.ifr_name[0], IFNAMSIZ - 1);
    if (ioctl(fd->get(), TUNSETIFF, &request) != 0)
        return system_failure("TUN device " + (name.empty() ? "tun%d" : name));
    name = &request.ifr_name[0];
    // To an existing device the kernel attaches silently without the virtio header when it has none.
    ifreq got{};
    if (ioctl(fd->get(), TUNGETIFF, &got) != 0) return system_failure("TUN device " + name);
    if ((got.ifr_flags & kFlags) != kFlags) return failure("TUN device " + name + " exists with other flags");
    if (ioctl(fd->get(), TUNSETOFFLOAD, kOffload) != 0) return system_failure("TUN device " + name + ": offload");
    return fd;
}

Result<Tun> open_queues(std::string_view name, unsigned queues) {
    Tun tun{std::string(name), 0, {}};
    while (tun.queues.size() < queues) {
        auto queue = open_queue(tun.name);
        if (!queue) return Failure<Error>{queue.error()};
        tun.queues.push_back(std::move(*queue));
    }
    tun.index = if_nametoindex(tun.name.c_str());
    return tun;
}

bool exists(const std::string& name) { return !name.empty() && if_nametoindex(name.c_str()) != 0; }

} // namespace

Result<Tun> create_tun(std::string_view name, unsigned queues) {
    if (exists(std::string(name))) return failure("TUN device " + std::string(name) + " exists already");
    return open_queues(name, queues);
}

Result<std::optional<Tun>> join_tun(const std::string& name, unsigned queues) {
    if (!exists(name)) return std::optional<Tun>();
    auto tun = open_queues(name, queues);
    if (!tun) return Failure<Error>{tun.error()};
    return std::optional<Tun>(std::move(*tun));
}

Result<std::optional<Tun>> keep_tun(const std::string& name, std::vector<UniqueFd> queues) {
    if (!exists(name)) return std::optional<Tun>();
    return std::optional<Tun>(Tun{name, if_nametoindex(name.c_str()), std::move(queues)});
}

Status<> set_persistent(int queue, bool persistent) {
    if (ioctl(queue, TUNSETPERSIST, persistent ? 1UL : 0UL) != 0) return system_failure("TUN device: TUNSETPERSIST");
    return Done{};
}

Status<> remove_tun(const std::string& name) {
    auto tun = join_tun(name, 1);
    if (!tun) return Failure<Error>{tun.error()};
    return *tun ? set_persistent((*tun)->queues[0].get(), false) : Status<>(Done{});
}

} // namespace lns::parent

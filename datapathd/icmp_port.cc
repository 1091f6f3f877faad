// SPDX-License-Identifier: ISC
#include "datapathd/icmp_port.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace lns::datapath {

bool RawIcmp::send(Ipv4 destination, Bytes packet) {
    const sockaddr_in to = to_sockaddr({destination, 0});
    return sendto(fd_.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&to), sizeof to) == static_cast<ssize_t>(packet.size());
}

} // namespace lns::datapath

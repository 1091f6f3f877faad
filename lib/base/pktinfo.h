// SPDX-License-Identifier: ISC
// Which of our addresses a datagram was sent to, and from which one an answer leaves (IP_PKTINFO).
#pragma once

#include <array>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/base/inet.h"

namespace lns {

// Room for the control message of one datagram.
union PktinfoControl {
    cmsghdr header;
    std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> room;
};

// Of a received message; unset when it does not say.
inline Ipv4 destination_of(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO) continue;
        in_pktinfo info{};
        memcpy(&info, CMSG_DATA(c), sizeof info);
        return Ipv4{ntohl(info.ipi_addr.s_addr)};
    }
    return {};
}

// For a message to be sent; `control` must live until then.
inline void set_source(msghdr& message, PktinfoControl& control, Ipv4 local) {
    if (!local.is_set()) return;
    message.msg_control = control.room.data();
    message.msg_controllen = control.room.size();
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo info{};
    info.ipi_spec_dst.s_addr = htonl(local.value);
    memcpy(CMSG_DATA(c), &info, sizeof info);
}

} // namespace lns

// SPDX-License-Identifier: ISC
// The way out for ICMP errors. They carry an address of this machine as source, and the kernel takes no
// such packet from a device (it would be a martian), so they leave through a raw socket of the parent's.
#pragma once

#include "lib/base/bytes.h"
#include "lib/base/fd.h"
#include "lib/base/inet.h"

namespace lns::datapath {

class IcmpPort {
public:
    virtual ~IcmpPort() = default;
    // A whole IPv4 packet. False when the kernel did not take it.
    virtual bool send(Ipv4 destination, Bytes packet) = 0;
};

// Over a socket of type SOCK_RAW and protocol IPPROTO_RAW, which only sends.
class RawIcmp final : public IcmpPort {
public:
    explicit RawIcmp(UniqueFd fd) : fd_(std::move(fd)) {}
    bool send(Ipv4 destination, Bytes packet) override;

private:
    UniqueFd fd_;
};

} // namespace lns::datapath

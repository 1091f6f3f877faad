// SPDX-License-Identifier: ISC
// The few rtnetlink(7) requests of the parent. Each waits for the kernel's acknowledgement.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/inet.h"
#include "lib/base/result.h"

struct nlmsghdr;

namespace lns::parent {

// Marks the routes of this program in `ip route` (proto 171); not in use by any other
// (/etc/iproute2/rt_protos, linux/rtnetlink.h). The original used 42, which is Babel's today.
inline constexpr std::uint8_t kRouteProtocol = 171;

class Netlink {
public:
    static Result<Netlink> open();
    Netlink(Netlink&&) noexcept;
    Netlink& operator=(Netlink&&) noexcept;
    ~Netlink();

    Status<> set_link_up(unsigned index, std::uint32_t mtu);
    // The kernel gives it no IPv6 link-local address and sends no router solicitations to subscribers.
    void leave_ipv6_alone(unsigned index);
    // As /32, and the only one of the interface.
    Status<> set_address(unsigned index, Ipv4 address);
    // To the main table, through the interface. Fails when another route to that prefix is there.
    Status<> add_route(Prefix4 prefix, unsigned index);
    // One that is gone already is success.
    Status<> remove_route(Prefix4 prefix, unsigned index);

    // Our routes through that interface.
    std::vector<Prefix4> routes_through(unsigned index);

    // The source address the kernel would choose towards that one; nothing when there is no route.
    std::optional<Ipv4> source_towards(Ipv4 destination);
    // The interface it would send by; nothing when there is no route to another machine.
    std::optional<unsigned> interface_towards(Ipv4 destination);
    // The default route of the main table with the lowest metric.
    struct DefaultRoute {
        std::uint32_t metric = 0;
        std::optional<Ipv4> source;  // where the route itself names one
        std::optional<Ipv4> gateway; // of a route by one gateway
        std::uint32_t interface = 0;
    };
    std::optional<DefaultRoute> default_route();
    // Does a rule for IPv4 apply to what arrives at that device?
    bool has_rule_for_input(const std::string& device);
    // Of every interface, loopback included.
    struct Address {
        Ipv4 address;
        bool global = false; // scope
        std::uint32_t interface = 0;
    };
    std::vector<Address> local_addresses();

private:
    struct Socket;
    Status<> change_address(std::uint16_t type, std::uint16_t flags, unsigned index, Ipv4 address);
    explicit Netlink(std::unique_ptr<Socket> socket);
    std::unique_ptr<Socket> socket_;
};

// The machine's primary address: the source address of its default route, else its first global one.
std::optional<Ipv4> primary_address(Netlink& netlink);

} // namespace lns::parent

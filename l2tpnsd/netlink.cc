// SPDX-License-Identifier: ISC
#include "l2tpnsd/netlink.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <utility>

namespace lns::parent {

namespace {

constexpr std::size_t kRequestSize = 1024; // far more than any request here needs
constexpr std::size_t kReplySize = 32768;  // what the kernel fills at most in a dump

// A request in the making; the buffer is larger than all that is put into it.
class Request {
public:
    Request(std::uint16_t type, std::uint16_t flags) {
        mnl_nlmsg_put_header(buffer_.data());
        header()->nlmsg_type = type;
        header()->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    }
    template <class Body>
    Body& body() {
        return *static_cast<Body*>(mnl_nlmsg_put_extra_header(header(), sizeof(Body)));
    }
    void put(std::uint16_t type, std::uint32_t value) { mnl_attr_put_u32(header(), type, value); }
    void put(std::uint16_t type, Ipv4 address) { mnl_attr_put_u32(header(), type, htonl(address.value)); }
    nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(buffer_.data()); }

private:
    alignas(nlmsghdr) std::array<char, kRequestSize> buffer_{};
};

Request route_request(std::uint16_t type, std::uint16_t flags, Prefix4 prefix, unsigned index) {
    Request request(type, flags);
    auto& route = request.body<rtmsg>();
    route.rtm_family = AF_INET;
    route.rtm_dst_len = prefix.length;
    route.rtm_table = RT_TABLE_MAIN;
    route.rtm_protocol = kRouteProtocol;
    route.rtm_scope = RT_SCOPE_LINK;
    route.rtm_type = RTN_UNICAST;
    request.put(RTA_DST, prefix.address);
    request.put(RTA_OIF, index);
    return request;
}

// The attribute of that type as an IPv4 address.
struct Wanted {
    std::uint16_t type;
    std::optional<Ipv4> found;
};
int find_address(const nlattr* attr, void* data) {
    auto& wanted = *static_cast<Wanted*>(data);
    if (mnl_attr_get_type(attr) == wanted.type && mnl_attr_get_payload_len(attr) == sizeof(std::uint32_t))
        wanted.found = Ipv4{ntohl(mnl_attr_get_u32(attr))};
    return MNL_CB_OK;
}

int on_route(const nlmsghdr* message, void* data) {
    Wanted wanted{RTA_PREFSRC, {}};
    mnl_attr_parse(message, sizeof(rtmsg), find_address, &wanted);
    *static_cast<std::optional<Ipv4>*>(data) = wanted.found;
    return MNL_CB_OK;
}

int on_address(const nlmsghdr* message, void* data) {
    const auto& body = *static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
    Wanted wanted{IFA_LOCAL, {}};
    mnl_attr_parse(message, sizeof body, find_address, &wanted);
    if (wanted.found)
        static_cast<std::vector<Netlink::Address>*>(data)->push_back(
            {*wanted.found, body.ifa_scope == RT_SCOPE_UNIVERSE});
    return MNL_CB_OK;
}

} // namespace

struct Netlink::Socket {
    mnl_socket* handle = nullptr;
    unsigned sequence = 0;

    ~Socket() {
        if (handle != nullptr) mnl_socket_close(handle);
    }
    // Sends, and hands each answer to `call` until the kernel is done. 0, or errno.
    int ask(Request& request, mnl_cb_t call, void* data) {
        nlmsghdr* header = request.header();
        header->nlmsg_seq = ++sequence;
        if (mnl_socket_sendto(handle, header, header->nlmsg_len) < 0) return errno;
        alignas(nlmsghdr) std::array<char, kReplySize> reply;
        for (;;) {
            const ssize_t n = mnl_socket_recvfrom(handle, reply.data(), reply.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return errno;
            const int state = mnl_cb_run(reply.data(), static_cast<std::size_t>(n), sequence,
                                         mnl_socket_get_portid(handle), call, data);
            if (state < 0) return errno;
            if (state == MNL_CB_STOP) return 0;
        }
    }
    Status<> command(Request& request, const std::string& what) {
        const int error = ask(request, nullptr, nullptr);
        if (error != 0) return failure(what + ": " + strerror(error));
        return Done{};
    }
};

Netlink::Netlink(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}
Netlink::Netlink(Netlink&&) noexcept = default;
Netlink& Netlink::operator=(Netlink&&) noexcept = default;
Netlink::~Netlink() = default;

Result<Netlink> Netlink::open() {
    auto socket = std::make_unique<Socket>();
    socket->handle = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (socket->handle == nullptr || mnl_socket_bind(socket->handle, 0, MNL_SOCKET_AUTOPID) < 0)
        return failure(std::string("netlink: ") + strerror(errno));
    return Netlink(std::move(socket));
}

Status<> Netlink::set_link_up(unsigned index, std::uint32_t mtu) {
    Request request(RTM_NEWLINK, NLM_F_ACK);
    auto& link = request.body<ifinfomsg>();
    link.ifi_index = static_cast<int>(index);
    link.ifi_flags = IFF_UP;
    link.ifi_change = IFF_UP;
    request.put(IFLA_MTU, mtu);
    return socket_->command(request, "setting the TUN device up");
}

void Netlink::leave_ipv6_alone(unsigned index) {
    Request request(RTM_NEWLINK, NLM_F_ACK);
    request.body<ifinfomsg>().ifi_index = static_cast<int>(index);
    nlattr* families = mnl_attr_nest_start(request.header(), IFLA_AF_SPEC);
    nlattr* inet6 = mnl_attr_nest_start(request.header(), AF_INET6);
    mnl_attr_put_u8(request.header(), IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    mnl_attr_nest_end(request.header(), inet6);
    mnl_attr_nest_end(request.header(), families);
    socket_->ask(request, nullptr, nullptr); // a kernel without IPv6 says no: just as well
}

Status<> Netlink::add_address(unsigned index, Ipv4 address) {
    Request request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
    auto& body = request.body<ifaddrmsg>();
    body.ifa_family = AF_INET;
    body.ifa_prefixlen = 32;
    body.ifa_scope = RT_SCOPE_UNIVERSE;
    body.ifa_index = index;
    request.put(IFA_LOCAL, address);
    request.put(IFA_ADDRESS, address);
    return socket_->command(request, "address " + to_string(address));
}

Status<> Netlink::add_route(Prefix4 prefix, unsigned index) {
    Request request = route_request(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, prefix, index);
    return socket_->command(request, "route " + to_string(prefix));
}

Status<> Netlink::remove_route(Prefix4 prefix, unsigned index) {
    Request request = route_request(RTM_DELROUTE, NLM_F_ACK, prefix, index);
    const int error = socket_->ask(request, nullptr, nullptr);
    if (error != 0 && error != ESRCH && error != ENODEV)
        return failure("route " + to_string(prefix) + ": " + strerror(error));
    return Done{};
}

std::optional<Ipv4> Netlink::source_towards(Ipv4 destination) {
    Request request(RTM_GETROUTE, NLM_F_ACK);
    auto& route = request.body<rtmsg>();
    route.rtm_family = AF_INET;
    route.rtm_dst_len = 32;
    request.put(RTA_DST, destination);
    std::optional<Ipv4> source;
    if (socket_->ask(request, on_route, &source) != 0) return std::nullopt;
    return source;
}

std::vector<Netlink::Address> Netlink::local_addresses() {
    Request request(RTM_GETADDR, NLM_F_DUMP);
    request.body<ifaddrmsg>().ifa_family = AF_INET;
    std::vector<Address> addresses;
    socket_->ask(request, on_address, &addresses);
    return addresses;
}

std::optional<Ipv4> primary_address(Netlink& netlink) {
    // An address of TEST-NET-1 (RFC 5737): no machine has a route to it but the default one. Nothing is
    // sent there.
    constexpr Ipv4 kElsewhere{0xc0000201};
    const auto source = netlink.source_towards(kElsewhere);
    if (source && !is_special(*source)) return source;
    for (const auto& [address, global] : netlink.local_addresses())
        if (global && !is_special(address)) return address;
    return std::nullopt;
}

} // namespace lns::parent

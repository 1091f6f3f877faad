// SPDX-License-Identifier: ISC
#include "l2tpnsd/netlink.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <map>
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

// The attributes of a message that hold 32 bits: addresses (still in network order) and numbers.
class Attributes {
public:
    Attributes(const nlmsghdr* message, unsigned behind) { mnl_attr_parse(message, behind, keep, this); }

    [[nodiscard]] std::optional<Ipv4> address(std::uint16_t type) const {
        const auto raw = values_.find(type);
        if (raw == values_.end()) return std::nullopt;
        return Ipv4{ntohl(raw->second)};
    }
    [[nodiscard]] std::uint32_t number(std::uint16_t type) const {
        const auto raw = values_.find(type);
        return raw == values_.end() ? 0 : raw->second;
    }

private:
    static int keep(const nlattr* attr, void* self) {
        if (mnl_attr_get_payload_len(attr) == sizeof(std::uint32_t))
            static_cast<Attributes*>(self)->values_[mnl_attr_get_type(attr)] = mnl_attr_get_u32(attr);
        return MNL_CB_OK;
    }
    std::map<std::uint16_t, std::uint32_t> values_;
};

struct Way {
    std::optional<Ipv4> source;
    std::uint32_t interface = 0; // 0: not to another machine
};

int on_route(const nlmsghdr* message, void* data) {
    const auto& route = *static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
    const Attributes attributes(message, sizeof route);
    auto& way = *static_cast<Way*>(data);
    way.source = attributes.address(RTA_PREFSRC);
    if (route.rtm_type == RTN_UNICAST) way.interface = attributes.number(RTA_OIF);
    return MNL_CB_OK;
}

int on_default_route(const nlmsghdr* message, void* data) {
    const auto& route = *static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
    if (route.rtm_dst_len != 0 || route.rtm_table != RT_TABLE_MAIN || route.rtm_type != RTN_UNICAST) return MNL_CB_OK;
    const Attributes attributes(message, sizeof route);
    const Netlink::DefaultRoute found{attributes.number(RTA_PRIORITY), attributes.address(RTA_PREFSRC),
                                      attributes.address(RTA_GATEWAY), attributes.number(RTA_OIF)};
    auto& best = *static_cast<std::optional<Netlink::DefaultRoute>*>(data);
    if (!best || found.metric < best->metric) best = found;
    return MNL_CB_OK;
}

struct InputRule {
    std::string device;
    bool found = false;
};

int on_rule_attribute(const nlattr* attr, void* data) {
    auto& rule = *static_cast<InputRule*>(data);
    if (mnl_attr_get_type(attr) == FRA_IIFNAME && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
        rule.found = rule.found || rule.device == mnl_attr_get_str(attr);
    return MNL_CB_OK;
}

int on_rule(const nlmsghdr* message, void* data) {
    return mnl_attr_parse(message, sizeof(fib_rule_hdr), on_rule_attribute, data);
}

struct OwnRoutes {
    unsigned index;
    std::vector<Prefix4> prefixes;
};

int on_own_route(const nlmsghdr* message, void* data) {
    const auto& route = *static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
    if (route.rtm_protocol != kRouteProtocol || route.rtm_table != RT_TABLE_MAIN) return MNL_CB_OK;
    const Attributes attributes(message, sizeof route);
    auto& own = *static_cast<OwnRoutes*>(data);
    const auto destination = attributes.address(RTA_DST);
    if (destination && attributes.number(RTA_OIF) == own.index)
        own.prefixes.push_back({*destination, route.rtm_dst_len});
    return MNL_CB_OK;
}

int on_address(const nlmsghdr* message, void* data) {
    const auto& body = *static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
    if (const auto local = Attributes(message, sizeof body).address(IFA_LOCAL))
        static_cast<std::vector<Netlink::Address>*>(data)->push_back(
            {*local, body.ifa_scope == RT_SCOPE_UNIVERSE, body.ifa_index});
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

Status<> Netlink::set_address(unsigned index, Ipv4 address) {
    bool there = false;
    for (const Address& local : local_addresses()) {
        if (local.interface != index) continue;
        there = there || local.address == address;
        if (local.address == address) continue;
        if (auto removed = change_address(RTM_DELADDR, 0, index, local.address); !removed) return removed;
    }
    return there ? Status<>(Done{}) : change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address);
}

Status<> Netlink::change_address(std::uint16_t type, std::uint16_t flags, unsigned index, Ipv4 address) {
    Request request(type, static_cast<std::uint16_t>(NLM_F_ACK | flags));
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

std::vector<Prefix4> Netlink::routes_through(unsigned index) {
    Request request(RTM_GETROUTE, NLM_F_DUMP);
    request.body<rtmsg>().rtm_family = AF_INET;
    OwnRoutes own{index, {}};
    socket_->ask(request, on_own_route, &own);
    return std::move(own.prefixes);
}

namespace {

Request route_query(Ipv4 destination) {
    Request request(RTM_GETROUTE, NLM_F_ACK);
    auto& route = request.body<rtmsg>();
    route.rtm_family = AF_INET;
    route.rtm_dst_len = 32;
    request.put(RTA_DST, destination);
    return request;
}

} // namespace

std::optional<Ipv4> Netlink::source_towards(Ipv4 destination) {
    Request request = route_query(destination);
    Way way;
    if (socket_->ask(request, on_route, &way) != 0) return std::nullopt;
    return way.source;
}

std::optional<unsigned> Netlink::interface_towards(Ipv4 destination) {
    Request request = route_query(destination);
    Way way;
    if (socket_->ask(request, on_route, &way) != 0 || way.interface == 0) return std::nullopt;
    return way.interface;
}

std::optional<Netlink::DefaultRoute> Netlink::default_route() {
    Request request(RTM_GETROUTE, NLM_F_DUMP);
    request.body<rtmsg>().rtm_family = AF_INET;
    std::optional<DefaultRoute> best;
    socket_->ask(request, on_default_route, &best);
    return best;
}

bool Netlink::has_rule_for_input(const std::string& device) {
    Request request(RTM_GETRULE, NLM_F_DUMP);
    request.body<fib_rule_hdr>().family = AF_INET;
    InputRule rule{device};
    return socket_->ask(request, on_rule, &rule) == 0 && rule.found;
}

std::vector<Netlink::Address> Netlink::local_addresses() {
    Request request(RTM_GETADDR, NLM_F_DUMP);
    request.body<ifaddrmsg>().ifa_family = AF_INET;
    std::vector<Address> addresses;
    socket_->ask(request, on_address, &addresses);
    return addresses;
}

std::optional<Ipv4> primary_address(Netlink& netlink) {
    const auto route = netlink.default_route();
    if (route && route->source) return route->source;
    if (route && route->gateway)
        if (const auto source = netlink.source_towards(*route->gateway)) return source;
    std::optional<Ipv4> first;
    for (const auto& local : netlink.local_addresses()) {
        if (!local.global || is_special(local.address)) continue;
        if (route && local.interface == route->interface) return local.address;
        if (!first) first = local.address;
    }
    return first;
}

} // namespace lns::parent

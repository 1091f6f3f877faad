// SPDX-License-Identifier: ISC
#include "l2tpnsd/xdp_features.h"

#include <array>
#include <cstdint>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <memory>
#include <optional>

namespace lns::parent {

namespace {

// linux/netdev.h, which is younger than the headers that this is built with
constexpr const char* kFamily = "netdev";
constexpr std::uint8_t kDevGet = 1;
constexpr std::uint16_t kDevIfindex = 1;
constexpr std::uint16_t kDevXdpFeatures = 3;
constexpr std::uint64_t kNdoXmit = 4; // NETDEV_XDP_ACT_NDO_XMIT

struct Close {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using Socket = std::unique_ptr<mnl_socket, Close>;

struct Wanted {
    std::uint16_t type;
    std::optional<std::uint64_t> value; // of an attribute of 2 or 8 octets
};

int take_attribute(const nlattr* attr, void* data) {
    auto& wanted = *static_cast<Wanted*>(data);
    if (mnl_attr_get_type(attr) != wanted.type) return MNL_CB_OK;
    if (mnl_attr_get_payload_len(attr) == sizeof(std::uint64_t)) wanted.value = mnl_attr_get_u64(attr);
    if (mnl_attr_get_payload_len(attr) == sizeof(std::uint16_t)) wanted.value = mnl_attr_get_u16(attr);
    return MNL_CB_OK;
}

int take(const nlmsghdr* message, void* data) {
    return mnl_attr_parse(message, sizeof(genlmsghdr), take_attribute, data);
}

class Question {
public:
    Question(std::uint16_t family, std::uint8_t command) {
        header_ = mnl_nlmsg_put_header(buffer_.data());
        header_->nlmsg_type = family;
        header_->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        auto& body = *static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(header_, sizeof(genlmsghdr)));
        body.cmd = command;
        body.version = 1;
    }
    nlmsghdr* header() { return header_; }
    // The attribute of the answer; nothing also when there is none.
    std::optional<std::uint64_t> ask(mnl_socket* socket, std::uint16_t type) {
        Wanted wanted{type, std::nullopt};
        if (mnl_socket_sendto(socket, header_, header_->nlmsg_len) < 0) return std::nullopt;
        alignas(nlmsghdr) std::array<char, 8192> reply;
        for (int state = MNL_CB_OK; state > MNL_CB_STOP;) {
            const ssize_t n = mnl_socket_recvfrom(socket, reply.data(), reply.size());
            if (n < 0) return std::nullopt;
            state =
                mnl_cb_run(reply.data(), static_cast<std::size_t>(n), 0, mnl_socket_get_portid(socket), take, &wanted);
        }
        return wanted.value;
    }

private:
    alignas(nlmsghdr) std::array<char, 256> buffer_{};
    nlmsghdr* header_ = nullptr;
};

} // namespace

bool sends_redirected_frames(unsigned interface) {
    const Socket socket(mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC));
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return true;
    Question which(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
    mnl_attr_put_strz(which.header(), CTRL_ATTR_FAMILY_NAME, kFamily);
    const auto family = which.ask(socket.get(), CTRL_ATTR_FAMILY_ID);
    if (!family) return true;
    Question features(static_cast<std::uint16_t>(*family), kDevGet);
    mnl_attr_put_u32(features.header(), kDevIfindex, interface);
    const auto can = features.ask(socket.get(), kDevXdpFeatures);
    return !can || (*can & kNdoXmit) != 0;
}

} // namespace lns::parent

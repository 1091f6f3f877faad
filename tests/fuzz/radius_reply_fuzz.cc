// SPDX-License-Identifier: ISC
// Any datagram as a reply of a RADIUS server: what is decoded lies within its bounds and within the policy,
// and nothing believes an authenticator that was not made with the secret.
#include <cstdlib>
#include <vector>

#include "lib/radius/access_reply.h"
#include "lib/radius/cisco_avpair.h"
#include "lib/radius/dictionary.h"

namespace {

using namespace lns;
using namespace lns::radius;

constexpr std::size_t kLongestDatagram = 65507;

void require(bool what) {
    if (!what) std::abort();
}

const RoutePolicy& policy() {
    static const RoutePolicy instance{{}, {Ipv4{0x0a000001}}};
    return instance;
}

const Dictionary& dictionary() {
    static const auto instance = Dictionary::parse("ATTRIBUTE User-Name 1 string\nATTRIBUTE Service-Type 6 integer\n"
                                                   "VALUE Service-Type Framed 2\nATTRIBUTE Framed-IP-Address 8 ipaddr\n"
                                                   "VENDOR Cisco 9\nATTRIBUTE Cisco-AVPair 1 string vendor=Cisco\n");
    return *instance;
}

void check_reply(const AccessReply& reply) {
    require(reply.route_count <= reply.routes.size());
    for (std::size_t i = 0; i < reply.route_count; ++i)
        require(judge_route(policy(), reply.routes[i]) == RouteRefusal::none);
    Reader classes(reply.classes.bytes());
    std::uint8_t length = 0;
    for (std::size_t i = 0; i < reply.class_count; ++i)
        require(classes.u8(length) && length > 0 && classes.skip(length));
    require(classes.done());
    require(reply.mtu == 0 || reply.mtu >= 64);
    require(reply.avpairs.empty() || reply.avpairs.view().find('=') != std::string_view::npos);
}

void check_text(std::string_view text) {
    if (const auto route = parse_framed_route(text)) require(route->contains(route->address) && route->length <= 32);
    std::size_t total = 0;
    for (const AvPair& pair : split_avpairs(text)) {
        require(!pair.key.empty());
        total += pair.key.size() + pair.value.size() + 1;
        parse_dns_servers(pair.value);
    }
    require(total <= text.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > kLongestDatagram) return 0;
    const Bytes datagram(data, size);
    check_text(as_text(datagram));
    const auto packet = PacketView::parse(datagram);
    if (!packet) {
        require(packet_error_text(packet.error()) != "?");
        return 0;
    }
    require(packet->octets().size() <= size && packet->octets().size() >= kHeaderSize);
    const Authenticator request{1, 2, 3};
    const Bytes secret = as_octets("a secret that no corpus holds");
    require(!response_authenticator_valid(*packet, request, secret));
    require(check_message_authenticator(*packet, request, secret) != MessageAuthenticator::valid);
    std::vector<Remark> remarks;
    check_reply(decode_access_reply(*packet, policy(), remarks));
    for (const Remark& remark : remarks)
        require(!remark_text(remark.kind).empty() && remark.text.size() <= kMaxPacket);
    require(!dictionary().describe(*packet).empty());
    return 0;
}

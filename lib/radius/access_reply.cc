// SPDX-License-Identifier: ISC
#include "lib/radius/access_reply.h"

#include <bit>

#include "lib/radius/cisco_avpair.h"

namespace lns::radius {

namespace {

constexpr std::uint32_t kLeastMtu = 64; // RFC 2865 5.12
constexpr std::uint32_t kMostMtu = 65535;
constexpr Ipv4 kAnyFromPool{0xfffffffe}; // RFC 2865 5.8
constexpr Ipv4 kPeersChoice{0xffffffff};

std::uint32_t number(Bytes value) {
    std::uint32_t v = 0;
    Reader r(value);
    return r.u32(v) ? v : 0;
}

// Appends with a separator in front unless it is the first; false when there is no room.
template <std::size_t N>
bool append(FixedText<N>& list, std::string_view separator, std::string_view item) {
    const std::string_view gap = list.empty() ? std::string_view() : separator;
    if (list.view().size() + gap.size() + item.size() > N) return false;
    std::string joined = list.str();
    joined += gap;
    joined += item;
    return list.assign(joined);
}

class Decoder {
public:
    Decoder(const RoutePolicy& policy, AccessReply& out, std::vector<Remark>& remarks)
        : policy_(policy), out_(out), remarks_(remarks) {}

    void attributes(Bytes attributes);

private:
    using Handler = void (Decoder::*)(Bytes);
    struct Row {
        Vendor vendor;
        std::uint8_t type;
        Handler handler;
    };
    static Handler handler_of(Vendor vendor, std::uint8_t type);

    void attribute(Vendor vendor, std::uint8_t type, Bytes value);
    void vendor_specific(Bytes value);
    void remark(RemarkKind kind, std::string text) { remarks_.push_back({kind, std::move(text)}); }
    void reject(RemarkKind kind, std::string text) {
        out_.accepted = false;
        remark(kind, std::move(text));
    }

    void service_type(Bytes v);
    void framed_protocol(Bytes v);
    void framed_ip_address(Bytes v);
    void framed_ip_netmask(Bytes v);
    void filter_id(Bytes v);
    void framed_mtu(Bytes v);
    void reply_message(Bytes v);
    void framed_route(Bytes v);
    void class_(Bytes v);
    void session_timeout(Bytes v) { out_.session_timeout = number(v); }
    void idle_timeout(Bytes v) { out_.idle_timeout = number(v); }
    void interim_interval(Bytes v) { out_.interim_interval = number(v); }
    void primary_dns(Bytes v) { dns(out_.dns1, Ipv4{number(v)}); }
    void secondary_dns(Bytes v) { dns(out_.dns2, Ipv4{number(v)}); }
    void cisco_avpair(Bytes v);
    // Servers that give the DNS in several forms mean the same: the first counts.
    static void dns(Ipv4& slot, Ipv4 value) {
        if (!slot.is_set()) slot = value;
    }

    const RoutePolicy& policy_;
    AccessReply& out_;
    std::vector<Remark>& remarks_;
};

Decoder::Handler Decoder::handler_of(Vendor vendor, std::uint8_t type) {
    constexpr auto standard = [](Attr t, Handler h) { return Row{Vendor::none, static_cast<std::uint8_t>(t), h}; };
    constexpr std::array rows{
        standard(Attr::ServiceType, &Decoder::service_type),
        standard(Attr::FramedProtocol, &Decoder::framed_protocol),
        standard(Attr::FramedIpAddress, &Decoder::framed_ip_address),
        standard(Attr::FramedIpNetmask, &Decoder::framed_ip_netmask),
        standard(Attr::FilterId, &Decoder::filter_id),
        standard(Attr::FramedMtu, &Decoder::framed_mtu),
        standard(Attr::ReplyMessage, &Decoder::reply_message),
        standard(Attr::FramedRoute, &Decoder::framed_route),
        standard(Attr::Class, &Decoder::class_),
        standard(Attr::VendorSpecific, &Decoder::vendor_specific),
        standard(Attr::SessionTimeout, &Decoder::session_timeout),
        standard(Attr::IdleTimeout, &Decoder::idle_timeout),
        standard(Attr::AcctInterimInterval, &Decoder::interim_interval),
        standard(Attr::AscendClientPrimaryDns, &Decoder::primary_dns),
        standard(Attr::AscendClientSecondaryDns, &Decoder::secondary_dns),
        Row{Vendor::Cisco, vendor_type::kCiscoAvPair, &Decoder::cisco_avpair},
        Row{Vendor::Microsoft, vendor_type::kMsPrimaryDnsServer, &Decoder::primary_dns},
        Row{Vendor::Microsoft, vendor_type::kMsSecondaryDnsServer, &Decoder::secondary_dns},
        Row{Vendor::Ascend, vendor_type::kAscendClientPrimaryDns, &Decoder::primary_dns},
        Row{Vendor::Ascend, vendor_type::kAscendClientSecondaryDns, &Decoder::secondary_dns},
    };
    for (const Row& row : rows)
        if (row.vendor == vendor && row.type == type) return row.handler;
    return nullptr;
}

void Decoder::attributes(Bytes attributes) {
    Reader rest(attributes);
    AttributeView a;
    while (next_attribute(rest, a))
        attribute(Vendor::none, a.type, a.value);
}

void Decoder::attribute(Vendor vendor, std::uint8_t type, Bytes value) {
    const Handler handler = handler_of(vendor, type);
    const AttributeDef* def = find_attribute(vendor, type);
    if (handler == nullptr || def == nullptr) return;
    if (value.size() < def->min || value.size() > def->max)
        return reject(RemarkKind::bad_attribute,
                      std::string(def->name) + " of " + std::to_string(value.size()) + " octets");
    (this->*handler)(value);
}

// RFC 2865 5.26: a vendor's own attributes inside, each with type and length of one octet. Vendors that
// pack them otherwise are none of those we know, and are left alone.
void Decoder::vendor_specific(Bytes value) {
    Reader rest(value);
    std::uint32_t id = 0;
    if (!rest.u32(id) || !known_vendor(Vendor{id})) return;
    AttributeView inner;
    while (next_attribute(rest, inner))
        attribute(Vendor{id}, inner.type, inner.value);
    if (!rest.done()) reject(RemarkKind::bad_attribute, "Vendor-Specific with an inner length that does not fit");
}

void Decoder::service_type(Bytes v) {
    if (number(v) != static_cast<std::uint32_t>(ServiceType::Framed))
        reject(RemarkKind::unsupported, "Service-Type " + std::to_string(number(v)));
}

void Decoder::framed_protocol(Bytes v) {
    if (number(v) != static_cast<std::uint32_t>(FramedProtocol::PPP))
        reject(RemarkKind::unsupported, "Framed-Protocol " + std::to_string(number(v)));
}

void Decoder::framed_ip_address(Bytes v) {
    const Ipv4 address{number(v)};
    const bool by_choice = address == kAnyFromPool || address == kPeersChoice;
    const RouteRefusal refusal = by_choice ? RouteRefusal::none : judge_address(policy_, address);
    if (refusal == RouteRefusal::none)
        out_.framed_address = address;
    else
        remark(RemarkKind::refused_address, to_string(address) + ": " + std::string(refusal_text(refusal)));
}

void Decoder::framed_ip_netmask(Bytes v) {
    const std::uint32_t mask = number(v);
    if (std::countl_one(mask) + std::countr_zero(mask) != 32)
        return remark(RemarkKind::bad_value, "Framed-IP-Netmask " + to_string(Ipv4{mask}));
    out_.framed_netmask = Ipv4{mask};
}

void Decoder::filter_id(Bytes v) {
    std::string_view name = as_text(v);
    const bool in = name.ends_with(".in");
    if (!in && !name.ends_with(".out")) return remark(RemarkKind::bad_filter, std::string(name));
    name.remove_suffix(in ? 3 : 4);
    FixedText<62>& slot = in ? out_.filter_in : out_.filter_out;
    if (name.empty())
        remark(RemarkKind::bad_filter, std::string(as_text(v)));
    else if (!slot.assign(name))
        remark(RemarkKind::no_room, "Filter-Id " + std::string(name));
}

void Decoder::framed_mtu(Bytes v) {
    const std::uint32_t mtu = number(v);
    if (mtu < kLeastMtu || mtu > kMostMtu) return remark(RemarkKind::bad_value, "Framed-MTU " + std::to_string(mtu));
    out_.mtu = static_cast<std::uint16_t>(mtu);
}

void Decoder::reply_message(Bytes v) { // shown to a person: what does not fit is cut
    std::string joined = out_.message.str();
    if (!joined.empty()) joined += ' ';
    out_.message.assign(joined.append(as_text(v)));
}

void Decoder::framed_route(Bytes v) {
    const std::string text(as_text(v));
    const auto route = parse_framed_route(text);
    if (!route) return remark(RemarkKind::bad_route, text);
    const RouteRefusal refusal = judge_route(policy_, *route);
    if (refusal != RouteRefusal::none)
        return remark(RemarkKind::refused_route, text + ": " + std::string(refusal_text(refusal)));
    if (out_.route_count == out_.routes.size()) return remark(RemarkKind::no_room, "Framed-Route " + text);
    out_.routes[out_.route_count++] = *route;
}

void Decoder::class_(Bytes v) {
    std::string item(1, static_cast<char>(static_cast<unsigned char>(v.size())));
    item += as_text(v);
    if (append(out_.classes, "", item))
        ++out_.class_count;
    else
        remark(RemarkKind::no_room, "Class of " + std::to_string(v.size()) + " octets");
}

void Decoder::cisco_avpair(Bytes v) {
    const std::string text(as_text(v));
    const auto pairs = split_avpairs(text);
    if (pairs.empty() || text.find('\0') != std::string::npos) return remark(RemarkKind::bad_avpair, text);
    for (const AvPair& pair : pairs) {
        if (pair.key == "ip:dns-servers") {
            const auto servers = parse_dns_servers(pair.value);
            if (!servers) {
                remark(RemarkKind::bad_avpair, text);
                continue;
            }
            dns(out_.dns1, servers->primary);
            dns(out_.dns2, servers->secondary);
        }
        const std::string whole = std::string(pair.key) + "=" + std::string(pair.value);
        if (!append(out_.avpairs, std::string_view("\0", 1), whole))
            remark(RemarkKind::no_room, "Cisco-AVPair " + whole);
    }
}

} // namespace

std::string_view remark_text(RemarkKind kind) {
    constexpr std::array<std::string_view, kRemarkKinds> texts{
        "attribute of a wrong size, taken as a reject",
        "not supported, taken as a reject",
        "Framed-Route that is no route, ignored",
        "Framed-Route refused",
        "Framed-IP-Address refused",
        "Cisco-AVPair not understood, ignored",
        "Filter-Id that is neither NAME.in nor NAME.out, ignored",
        "value out of range, ignored",
        "no room for it, left out",
    };
    return texts[static_cast<std::size_t>(kind)];
}

AccessReply decode_access_reply(const PacketView& reply, const RoutePolicy& policy, std::vector<Remark>& remarks) {
    AccessReply out;
    out.accepted = reply.code() == Code::AccessAccept;
    Decoder decoder(policy, out, remarks);
    if (reply.code() == Code::AccessChallenge) { // RFC 2865 4.4: who cannot ask the user treats it as a reject
        remarks.push_back({RemarkKind::unsupported, "Access-Challenge"});
    }
    decoder.attributes(reply.attributes());
    return out;
}

} // namespace lns::radius

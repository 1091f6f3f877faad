// SPDX-License-Identifier: ISC
// The event counters of datapathd: words of its process_counters table (shm/counters.h), in this order.
// Nothing vanishes: up_datagrams is the sum of up_forwarded, the relayed and the up drops;
// down_packets + down_extra is the sum of down_sent and the down drops.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shm/counters.h"

namespace lns::datapath {

enum class Counter : std::uint16_t {
    // Upstream: datagrams from LACs
    up_datagrams,
    up_forwarded,
    up_octets,
    up_writes,
    relayed_control,
    relayed_ppp,
    up_truncated,
    up_bad_header,
    up_unknown_tunnel,
    up_unknown_session,
    up_bad_frame,
    up_not_forwarding,
    up_wrong_peer,
    up_bad_ip,
    up_wrong_source,
    up_filtered,
    up_throttled,
    up_relay_full,
    up_relay_loop,
    up_tun_refused,
    // Downstream: packets from the TUN device
    down_packets,
    down_extra,
    down_sent,
    down_octets,
    down_messages,
    down_bad_ip,
    down_bad_offload,
    down_no_session,
    down_filtered,
    down_too_big,
    down_limited,
    down_throttled,
    down_send_queue_full,
    down_send_refused,
    // Of sequenced sessions: PPP frames of sessiond, which only this process numbers
    numbered_sent,
    numbered_lost,
    numbered_bad,
    // ICMP errors sent, and not sent though called for
    icmp_unreachable,
    icmp_too_big,
    icmp_limited,
    icmp_suppressed,
    // Services
    mss_clamped,
    filter_undefined,
    snoop_sent,
    snoop_queue_full,
    snoop_refused,
    snoop_loop,
    // Hints and the forward table
    hints,
    rescans,
    confirmations,
    confirmations_queued,
    // What the kernel forwards by itself: of none of it the counters above know
    fast_sessions_added,
    fast_sessions_removed,
    fast_up_packets,
    fast_up_octets,
    fast_down_packets,
    fast_down_octets,
    fast_up_throttled,
    fast_down_throttled,
    fast_up_lost,
    fast_down_lost,
    fast_no_room,
    kCount,
};

using CounterDef = shm::CounterDef<Counter>;

inline constexpr std::array kCounters{
    CounterDef{Counter::up_datagrams, "up_datagrams", "datagrams taken from port 1701 and from sessiond"},
    CounterDef{Counter::up_forwarded, "up_forwarded", "IP packets of subscribers handed to the kernel"},
    CounterDef{Counter::up_octets, "up_octets", "octets of these IP packets"},
    CounterDef{Counter::up_writes, "up_writes", "writes to the TUN device that took them"},
    CounterDef{Counter::relayed_control, "relayed_control", "control messages passed to sessiond"},
    CounterDef{Counter::relayed_ppp, "relayed_ppp", "PPP frames other than IP passed to sessiond"},
    CounterDef{Counter::up_truncated, "up_truncated", "empty, cut off or without addresses"},
    CounterDef{Counter::up_bad_header, "up_bad_header", "L2TP header wrong"},
    CounterDef{Counter::up_unknown_tunnel, "up_unknown_tunnel", "data for a tunnel id that is not in use"},
    CounterDef{Counter::up_unknown_session, "up_unknown_session", "IP for a session id that is not in use"},
    CounterDef{Counter::up_bad_frame, "up_bad_frame", "no PPP protocol number"},
    CounterDef{Counter::up_not_forwarding, "up_not_forwarding", "IP of a session that is not (any more) up"},
    CounterDef{Counter::up_wrong_peer, "up_wrong_peer", "not from the address and port of the session's LAC"},
    CounterDef{Counter::up_bad_ip, "up_bad_ip", "inner IP header wrong"},
    CounterDef{Counter::up_wrong_source, "up_wrong_source", "source address that is not the subscriber's"},
    CounterDef{Counter::up_filtered, "up_filtered", "denied by the access list for what the subscriber sends"},
    CounterDef{Counter::up_throttled, "up_throttled", "over the rate that the subscriber may send at"},
    CounterDef{Counter::up_relay_full, "up_relay_full", "for sessiond, but the relay was full"},
    CounterDef{Counter::up_relay_loop, "up_relay_loop", "came from sessiond but is not for forwarding"},
    CounterDef{Counter::up_tun_refused, "up_tun_refused", "the kernel did not take the packet"},
    CounterDef{Counter::down_packets, "down_packets", "packets read from the TUN device, large ones as one"},
    CounterDef{Counter::down_extra, "down_extra", "further packets made of them by segmentation and fragmentation"},
    CounterDef{Counter::down_sent, "down_sent", "L2TP data messages sent"},
    CounterDef{Counter::down_octets, "down_octets", "octets of the IP packets in them"},
    CounterDef{Counter::down_messages, "down_messages", "socket messages that carried them"},
    CounterDef{Counter::down_bad_ip, "down_bad_ip", "not IPv4, or its header wrong"},
    CounterDef{Counter::down_bad_offload, "down_bad_offload", "offload information that does not fit the packet"},
    CounterDef{Counter::down_no_session, "down_no_session", "destination is nobody's"},
    CounterDef{Counter::down_filtered, "down_filtered", "denied by the access list for what the subscriber receives"},
    CounterDef{Counter::down_too_big, "down_too_big",
               "larger than the MRU with Don't Fragment set, or too many pieces"},
    CounterDef{Counter::down_limited, "down_limited", "more packets to one subscriber than packet_limit"},
    CounterDef{Counter::down_throttled, "down_throttled", "over the rate that the subscriber may receive at"},
    CounterDef{Counter::down_send_queue_full, "down_send_queue_full", "the socket's send buffer was full"},
    CounterDef{Counter::down_send_refused, "down_send_refused", "the kernel refused to send"},
    CounterDef{Counter::numbered_sent, "numbered_sent", "PPP frames of sessiond that were numbered and sent"},
    CounterDef{Counter::numbered_lost, "numbered_lost", "likewise, but the kernel did not take them"},
    CounterDef{Counter::numbered_bad, "numbered_bad", "came from sessiond but are no data messages to number"},
    CounterDef{Counter::icmp_unreachable, "icmp_unreachable", "host unreachable sent"},
    CounterDef{Counter::icmp_too_big, "icmp_too_big", "fragmentation needed sent"},
    CounterDef{Counter::icmp_limited, "icmp_limited", "not sent because of the rate limit"},
    CounterDef{Counter::icmp_suppressed, "icmp_suppressed", "not sent because the packet may not be answered"},
    CounterDef{Counter::mss_clamped, "mss_clamped", "TCP handshakes whose segment size was brought down"},
    CounterDef{Counter::filter_undefined, "filter_undefined",
               "packets that passed because their access list is not defined"},
    CounterDef{Counter::snoop_sent, "snoop_sent", "copies of intercepted packets sent"},
    CounterDef{Counter::snoop_queue_full, "snoop_queue_full", "copies lost: the socket's send buffer was full"},
    CounterDef{Counter::snoop_refused, "snoop_refused", "copies lost: the kernel refused to send"},
    CounterDef{Counter::snoop_loop, "snoop_loop", "packets not copied because they were copies themselves"},
    CounterDef{Counter::hints, "hints", "records looked at because sessiond named them"},
    CounterDef{Counter::rescans, "rescans", "scans of the whole forward table"},
    CounterDef{Counter::confirmations, "confirmations", "removals confirmed to sessiond"},
    CounterDef{Counter::confirmations_queued, "confirmations_queued", "of them kept until the queue had room"},
    CounterDef{Counter::fast_sessions_added, "fast_sessions_added", "sessions given to the fast path"},
    CounterDef{Counter::fast_sessions_removed, "fast_sessions_removed", "sessions taken out of it again"},
    CounterDef{Counter::fast_up_packets, "fast_up_packets",
               "IP packets of subscribers that the kernel forwarded by itself"},
    CounterDef{Counter::fast_up_octets, "fast_up_octets", "octets of these IP packets"},
    CounterDef{Counter::fast_down_packets, "fast_down_packets",
               "IP packets to subscribers that it forwarded by itself"},
    CounterDef{Counter::fast_down_octets, "fast_down_octets", "octets of these IP packets"},
    CounterDef{Counter::fast_up_throttled, "fast_up_throttled",
               "dropped in the fast path: over the rate that the subscriber may send at"},
    CounterDef{Counter::fast_down_throttled, "fast_down_throttled",
               "dropped in the fast path: over the rate that the subscriber may receive at"},
    CounterDef{Counter::fast_up_lost, "fast_up_lost", "lost in the fast path for want of memory, from subscribers"},
    CounterDef{Counter::fast_down_lost, "fast_down_lost", "lost in the fast path for want of memory, to subscribers"},
    CounterDef{Counter::fast_no_room, "fast_no_room",
               "its tables of addresses were too full; framed networks go by user space since"},
};

static_assert(shm::is_complete(kCounters, Counter::kCount), "every counter has a row, in the order of the enum");

} // namespace lns::datapath

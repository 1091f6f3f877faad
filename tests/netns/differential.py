# SPDX-License-Identifier: ISC
"""One corpus of packets through a running suite, both ways, and what comes out: `run SEED COUNT LAC-IF CORE-IF PORTS
ADDRESSES NETWORK FILE` writes it to FILE; `compare FILE FILE` tells what differs. It enters the namespaces by the names in
NS_LAC and NS_CORE. PORTS and ADDRESSES are of three sessions: one that the fast path may take, one with the framed route
NETWORK, and one that it may not take. The same corpus for the same seed, but for the ids of tunnels and sessions.

After each item come two markers, one after the other, that user space alone handles: what comes before the second is the
item's, for within one batch user space may change the order of flows.
Ignored: identification and checksum of the outer IP header, and of the outer UDP header whether it has a (right) checksum."""
import ctypes
import itertools
import json
import os
import random
import socket
import struct
import sys

LAC, LNS, TARGET, SENDER = "10.90.0.2", "10.90.0.1", "10.91.0.77", "10.91.0.66"
ETH_P_IP, ETH_P_ALL, UDP, TCP, ICMP = 0x0800, 3, 17, 6, 1
MARKER_PORT, WAIT = 9999, 30
CONTROL = (0xC021, 0xC023, 0xC223, 0x8021, 0x8057)  # would do something to the session


def total(data, start=0):
    data += b"\0" * (len(data) % 2)
    value = start + sum(struct.unpack(f"!{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


idents = itertools.count(1)  # fragments of different items must not meet


def ip(source, to, protocol, payload, ident=None, fragment=0, ttl=64, tos=0, options=b""):
    size = 20 + len(options) + len(payload)
    ident = next(idents) & 0xFFFF if ident is None else ident
    head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, tos, size, ident, fragment, ttl, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(to)) + options
    return head[:10] + struct.pack("!H", 0xFFFF ^ total(head)) + head[12:] + payload


def udp(source, to, sport, dport, data, checksum=True):
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    pseudo = total(socket.inet_aton(source) + socket.inet_aton(to) + struct.pack("!HH", UDP, 8 + len(data)))
    return head[:6] + struct.pack("!H", (0xFFFF ^ total(head + data, pseudo)) or 0xFFFF if checksum else 0) + data


def tcp(source, to, flags, data, options=b""):
    head = struct.pack("!HHIIBBHHH", 4000, 80, 1, 1, (20 + len(options)) * 4, flags, 1000, 0, 0) + options
    pseudo = total(socket.inet_aton(source) + socket.inet_aton(to) + struct.pack("!HH", TCP, len(head + data)))
    return head[:16] + struct.pack("!H", 0xFFFF ^ total(head + data, pseudo)) + head[18:] + data


class Wire:
    """An interface of another namespace: frames out, and those that arrive."""

    def __init__(self, namespace, interface):
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
        setns(there)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE
        self.socket.bind((interface, ETH_P_ALL))
        self.socket.settimeout(WAIT)
        with open("/proc/net/arp", encoding="ascii") as table:
            neighbours = [line.split()[3] for line in table if line.split()[-1] == interface and line.split()[2] == "0x2"]
        setns(here)
        self.ethernet = bytes.fromhex(neighbours[0].replace(":", "")) + self.socket.getsockname()[4] + b"\x08\0"

    def send(self, packet):
        self.socket.send(self.ethernet + packet)

    def packets(self, own=False):
        while True:
            frame, where = self.socket.recvfrom(70000)
            if frame[12:14] == b"\x08\0" and (where[2] == socket.PACKET_OUTGOING) == own:
                yield frame[14 : 14 + struct.unpack("!H", frame[16:18])[0]]


def setns(fd):
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Session:
    def __init__(self, port, address, wire):
        self.port, self.address = int(port), address
        # Its ids, from what the LAC sends of itself: echo requests of LCP.
        for packet in wire.packets(own=True):
            sport, dport = struct.unpack("!HH", packet[20:24])
            if (sport, dport) == (self.port, 1701) and packet[28] & 0x80 == 0:
                self.tunnel, self.session = struct.unpack("!HH", packet[30:34])
                return

    def up(self, inner, flags=2, ppp=b"\xff\x03\0\x21", fields=b"", tunnel=0, session=0, port=None, source=LAC, checksum=True, tail=b"", **outer):
        data = struct.pack("!HHH", flags, self.tunnel ^ tunnel, self.session ^ session)
        data = data[:2] + fields[:2] + data[2:] + fields[2:] if flags & 0x4000 else data + fields
        return ip(source, LNS, UDP, udp(source, LNS, port or self.port, 1701, data + ppp + inner, checksum) + tail, **outer)


def fragments(packet, at):
    """The packet in two."""
    ident = next(idents) & 0xFFFF
    return [ip(socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20]), packet[9], body, ident=ident, fragment=where)
            for body, where in ((packet[20 : 20 + at], 0x2000), (packet[20 + at :], at // 8))]


def payload(dice, size):
    return bytes(dice.randrange(256) for _ in range(size))


def inner(dice, session, network, source=None):
    """A packet of the subscriber's."""
    source = source or session.address
    data = payload(dice, dice.choice((0, 1, 18, 100, 512, 1200, 1372, 1400)))
    kind = dice.randrange(6)
    if kind == 0:
        return ip(source, TARGET, TCP, tcp(source, TARGET, 2, b"", b"\x02\x04\x05\xb4"))
    if kind == 1:
        return ip(source, TARGET, TCP, tcp(source, TARGET, 0x18, data))
    if kind == 2:
        return ip(source, TARGET, ICMP, b"\x08\0\0\0" + data, fragment=dice.choice((0, 0x4000, 0x2000, 0x0010)))
    return ip(source, TARGET, UDP, udp(source, TARGET, 5000, 5001, data, dice.randrange(3) > 0), ttl=dice.choice((64, 255, 2)),
              tos=dice.choice((0, 0xB8)), fragment=dice.choice((0, 0x4000)), options=dice.choice((b"", b"", b"\x01" * 4)))


def damaged(dice, packet, first):
    """One to three octets from `first` on are others; neither ids, nor what would be meant for sessiond or be answered by an
    ICMP error to the LAC."""
    packet = bytearray(packet)
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(first, len(packet))
        if at not in (9, 16, 17, 18, 19, 22, 23, *range(28, 34)):
            packet[at] ^= 1 << dice.randrange(8)
    if dice.randrange(2):  # so that it is not the sum that tells
        packet[10:12] = b"\0\0"
        packet[10:12] = struct.pack("!H", 0xFFFF ^ total(bytes(packet[: (packet[0] & 15) * 4])))
        packet[26:28] = b"\0\0"
    frame = bytes(packet[34:40])
    protocols = [struct.unpack("!H", frame[at : at + 2])[0] for at in (0, 2) if len(frame) >= at + 2]
    return None if any(p in CONTROL for p in protocols) else bytes(packet)


def up_items(dice, count, plain, routed, slow, network):
    for _ in range(count):
        s = dice.choice((plain, plain, routed, slow))
        source = dice.choice((None,) * 6 + (network, "10.100.9.9", "198.51.100.1", plain.address))
        if source == network:
            source = network.rsplit(".", 1)[0] + "." + str(int(network.rsplit(".", 1)[1]) + dice.randrange(24))
        packet = inner(dice, s, network, source)
        good = s.up(packet, checksum=dice.randrange(2))
        kind = dice.randrange(20)
        if kind < 4:
            yield [good]
        elif kind < 9:
            bad = damaged(dice, good, dice.choice((0, 0, 34, 38, 38)))
            yield [bad] if bad else []
        elif kind == 9:
            yield [s.up(packet, ppp=dice.choice((b"\x21", b"\0\x21", b"\xff\x03\x21", b"\xff\x03\0\x23", b"\xff\x03\0\x02")))]
        elif kind == 10:
            flags, fields = dice.choice(((0x0802, b"\0\1\0\2"), (0x0202, b"\0\0"), (0x0202, b"\0\3xyz"), (0x0102, b""),
                                         (3, b""), (0x1002, b""), (0x4002, struct.pack("!H", 12 + len(packet))),
                                         (0x4002, struct.pack("!H", 3000)), (0x4002, b"\0\4")))
            yield [s.up(packet, flags=flags, fields=fields)]
        elif kind == 11:
            yield [s.up(packet, tunnel=dice.choice((1, 256, 0x8000)))] if dice.randrange(4) == 0 else [s.up(packet, session=dice.choice((1, 0x8000)))]
        elif kind == 12:
            yield [s.up(packet, **dice.choice(({"port": 1702}, {"source": "10.90.0.77"}, {"port": slow.port})))]
        elif kind == 13:
            yield [good[: dice.randrange(20, len(good))]]
        elif kind == 14:
            yield [good + payload(dice, dice.randrange(1, 30))]
        elif kind == 15:
            yield fragments(good, 8 * dice.randrange(1, max(2, (len(good) - 20) // 8)))
        elif kind == 16:
            short = bytearray(good)
            short[24:26] = struct.pack("!H", dice.randrange(0, len(good)))
            short[26:28] = b"\0\0"
            yield [bytes(short)]
        elif kind == 17:
            yield [s.up(packet + payload(dice, dice.randrange(1, 20)))]
        elif kind == 18:
            yield [s.up(packet, tail=payload(dice, 8), checksum=False)]
        else:
            yield [s.up(packet, **dice.choice(({"options": b"\x01" * 4}, {"tos": 3}, {"ttl": 1}, {"fragment": 0x4000})))]


def down_items(dice, count, plain, routed, slow, network):
    first = int(network.rsplit(".", 1)[1])
    for _ in range(count):
        host = network.rsplit(".", 1)[0] + "." + str(first + dice.randrange(20))
        to = dice.choice((plain.address,) * 4 + (routed.address, slow.address, host, host, "10.100.77.77"))
        data = payload(dice, dice.choice((0, 1, 100, 512, 1000, 1372, 1373, 1400, 1450, 1472)))
        fragment, options = dice.choice((0, 0, 0x4000, 0x2000, 0x0020)), dice.choice((b"", b"", b"\x01" * 4))
        kind = dice.randrange(8)
        if kind == 0:
            body = tcp(SENDER, to, dice.choice((2, 0x12)), b"", dice.choice((b"\x02\x04\x05\xb4", b"", b"\x02\x04\x01\0")))
            packet = ip(SENDER, to, TCP, body, fragment=dice.choice((0, 0x4000)))
        elif kind == 1:
            packet = ip(SENDER, to, TCP, tcp(SENDER, to, 0x18, data[:1440]), fragment=fragment)
        elif kind == 2:
            packet = ip(SENDER, to, ICMP, b"\x08\0\0\0" + data, fragment=fragment)
        elif kind == 3:
            packet = ip(SENDER, to, dice.randrange(18, 200), data, options=options)
        else:
            packet = ip(SENDER, to, UDP, udp(SENDER, to, 5000, 5001, data), fragment=fragment, options=options, tos=dice.choice((0, 0xB8)),
                        ttl=dice.choice((64, 2)))
        if kind == 7 and dice.randrange(2):
            packet = packet[: dice.randrange(20, len(packet) + 1)]
        elif kind == 6 and dice.randrange(3) == 0:
            packet = bytearray(packet)
            packet[dice.randrange(1, 20)] ^= 1 << dice.randrange(8)
            if packet[16:20] != socket.inet_aton(to):
                continue
            packet = bytes(packet)
        if len(packet) <= 1500:
            yield [packet]


def marker_in(packet):
    if packet[9] == UDP and len(packet) >= 32 and packet[22:24] == struct.pack("!H", MARKER_PORT):
        return struct.unpack("!I", packet[28:32])[0]
    return None


def decapsulated(packet, sessions):
    """(outer header without what may differ, session, packet) of a datagram of the LNS's; nothing for others."""
    if packet[9] != UDP or packet[20:22] != struct.pack("!H", 1701) or packet[28] & 0x80 or packet[34:38] != b"\xff\x03\0\x21":
        return None
    source, to = packet[12:16], packet[16:20]
    check = struct.unpack("!H", packet[26:28])[0]
    if check and total(packet[20:], total(source + to + struct.pack("!HH", UDP, len(packet) - 20))) != 0xFFFF:
        sys.exit(f"an outer checksum that is wrong: {packet.hex()}")
    if total(packet[:20]) != 0xFFFF or struct.unpack("!H", packet[24:26])[0] != len(packet) - 20:
        sys.exit(f"a wrong outer header: {packet.hex()}")
    port = struct.unpack("!H", packet[22:24])[0]
    name = [s.port for s in sessions].index(port)
    return packet[:4].hex() + packet[6:10].hex() + packet[12:26].hex() + packet[28:30].hex(), name, packet[38:]


def run(seed, count, lac_if, core_if, ports, addresses, network, path):
    lac, core = Wire(os.environ["NS_LAC"], lac_if), Wire(os.environ["NS_CORE"], core_if)
    sessions = [Session(port, address, lac) for port, address in zip(ports.split(","), addresses.split(","))]
    plain, _, slow = sessions
    dice, out, numbers = random.Random(int(seed)), [], iter(range(1 << 31))

    def until_marker(packets, number, seen):
        for found in packets:
            if found is None:
                continue
            mark = marker_in(found[-1])
            if mark == number:
                return
            if mark is None and found[-1][9] != ICMP or found[-1][20:21] == b"\x08":
                seen.append([part.hex() if isinstance(part, bytes) else part for part in found])

    arriving = ((packet,) for packet in core.packets())
    for item in up_items(dice, int(count), *sessions, network):
        for packet in item:
            lac.send(packet)
        seen = []
        for _ in range(2):
            number = next(numbers)
            data = udp(plain.address, TARGET, 1, MARKER_PORT, struct.pack("!I", number))
            lac.send(plain.up(ip(plain.address, TARGET, UDP, data), flags=0x0802, fields=b"\0\0\0\0"))
            until_marker(arriving, number, seen)
        out.append({"way": "up", "item": [p.hex() for p in item], "out": seen})
    leaving = (decapsulated(packet, sessions) for packet in lac.packets())
    for item in down_items(dice, int(count), *sessions, network):
        for packet in item:
            core.send(packet)
        seen = []
        for _ in range(2):
            number = next(numbers)
            core.send(ip(SENDER, slow.address, UDP, udp(SENDER, slow.address, 1, MARKER_PORT, struct.pack("!I", number))))
            until_marker(leaving, number, seen)
        out.append({"way": "down", "item": [p.hex() for p in item], "out": seen})
    with open(path, "w", encoding="ascii") as file:
        json.dump(out, file)
    print(sum(1 for o in out if o["out"]), "of", len(out), "came through")


def compare(one, other):
    with open(one, encoding="ascii") as a, open(other, encoding="ascii") as b:
        pairs = list(zip(json.load(a), json.load(b), strict=True))
    odd = [(x, y) for x, y in pairs if x["out"] != y["out"]]
    for x, y in odd[:10]:
        print(x["way"], "sent", *(p[:160] for p in x["item"]))
        for out in (x["out"], y["out"]):
            print("   ", [[part[:160] if isinstance(part, str) else part for part in packet] for packet in out])
    if odd:
        sys.exit(f"{len(odd)} of {len(pairs)} differ")


if __name__ == "__main__":
    {"run": run, "compare": compare}[sys.argv[1]](*sys.argv[2:])

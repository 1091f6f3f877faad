# SPDX-License-Identifier: ISC
"""A LAC with a right tunnel and wrong habits: `bad_lac.py calls|lcp|again LAC-IP LNS-IP COUNT SECRET`. `calls` asks for so
many calls and finishes none; `lcp` makes one call and sends so many frames of LCP, right and wrong, as fast as it can;
`again` brings user20@isp online and then sends so many Configure-Requests of LCP. Prints how many were answered, and leaves
without a word."""
import hashlib
import random
import socket
import struct
import sys
import time

SCCRQ, SCCRP, SCCCN, ICRQ, ICRP, ICCN, CDN = 1, 2, 3, 10, 11, 12, 14
WINDOW, PATIENCE = 8, 60


def avp(kind, value):
    return struct.pack("!HHH", 0x8000 | 6 + len(value), 0, kind) + value


def avps(octets):
    found = {}
    while len(octets) >= 6:
        size = struct.unpack("!H", octets[:2])[0] & 0x3FF
        found[struct.unpack("!H", octets[4:6])[0]] = octets[6:size]
        octets = octets[size:]
    return found


class Tunnel:
    def __init__(self, lac, lns, secret):
        self.secret = secret.encode()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((lac, 0))
        self.socket.connect((lns, 1701))
        self.ns = self.nr = self.peer = self.acked = 0
        self.unacked = {}
        self.heard = []
        self.frames = 0
        self.frame = b""  # the last one

    def send(self, session, body):
        header = struct.pack("!HHHHHH", 0xC802, 12 + len(body), self.peer, session, self.ns, self.nr)
        if body:
            self.unacked[self.ns] = (session, body)
            self.ns += 1
        self.socket.send(header + body)

    def say(self, session, kind, *more):
        deadline = time.monotonic() + PATIENCE
        while len(self.unacked) >= WINDOW and time.monotonic() < deadline:
            self.hear(1)
        self.send(session, avp(0, struct.pack("!H", kind)) + b"".join(more))

    def hear(self, seconds):
        self.socket.settimeout(seconds)
        try:
            datagram = self.socket.recv(2000)
        except socket.timeout:
            for ns, (session, body) in sorted(self.unacked.items()):
                self.socket.send(struct.pack("!HHHHHH", 0xC802, 12 + len(body), self.peer, session, ns, self.nr) + body)
            return None
        flags, _, _, session = struct.unpack("!HHHH", datagram[:8])
        if not flags & 0x8000:
            self.frames += 1
            self.frame = datagram[6:]
            return None
        ns, nr = struct.unpack("!HH", datagram[8:12])
        self.unacked = {n: m for n, m in self.unacked.items() if (nr - n - 1) & 0xFFFF >= 0x8000}
        if len(datagram) == 12 or ns != self.nr:
            return None
        self.nr = ns + 1 & 0xFFFF
        message = avps(datagram[12:])
        kind = struct.unpack("!H", message[0])[0]
        self.heard.append(kind)
        if kind != SCCRP:
            self.send(0, b"")
        return kind, session, message

    def wait_for(self, *kinds):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            got = self.hear(1)
            if got and got[0] in kinds:
                return got
        sys.exit(f"no answer of kind {kinds}")

    def open(self):
        self.say(0, SCCRQ, avp(2, b"\1\0"), avp(3, b"\0\0\0\3"), avp(7, b"bad"), avp(9, b"\0\7"), avp(11, b"c" * 16))
        _, _, message = self.wait_for(SCCRP)
        self.peer = struct.unpack("!H", message[9])[0]
        response = hashlib.md5(b"\3" + self.secret + message[11]).digest() if 11 in message else b""
        self.say(0, SCCCN, *([avp(13, response)] if response else []))


def calls(tunnel, count):
    for i in range(count):
        tunnel.say(0, ICRQ, avp(14, struct.pack("!H", i + 1)), avp(15, struct.pack("!I", i)))
    deadline = time.monotonic() + PATIENCE
    while len([k for k in tunnel.heard if k in (ICRP, CDN)]) < count and time.monotonic() < deadline:
        tunnel.hear(1)
    return tunnel.heard.count(ICRP), tunnel.heard.count(CDN)


def call(tunnel):
    """What begins a data message of it."""
    tunnel.say(0, ICRQ, avp(14, b"\0\5"), avp(15, b"\0\0\0\1"))
    _, _, message = tunnel.wait_for(ICRP)
    session = struct.unpack("!H", message[14])[0]
    tunnel.say(session, ICCN, avp(24, b"\0\1\0\0"), avp(19, b"\0\0\0\1"))
    return struct.pack("!HHH", 2, tunnel.peer, session) + b"\xff\x03"


def ppp(protocol, code, identifier, data):
    return struct.pack("!HBBH", protocol, code, identifier, 4 + len(data)) + data


LCP, IPCP, PAP = 0xC021, 0x8021, 0xC023
REQUEST, ACK, NAK = 1, 2, 3


def come_online(tunnel, header):
    """Asks for no option of LCP, for the address it is told, and takes all that the LNS wants."""
    wanted = {LCP: b"", IPCP: b"\3\6\0\0\0\0"}
    open_of = dict.fromkeys([LCP, IPCP], 0)  # 2: acknowledged both ways
    deadline = time.monotonic() + PATIENCE
    tunnel.socket.send(header + ppp(LCP, REQUEST, 1, b""))
    while min(open_of.values()) < 2 and time.monotonic() < deadline:
        tunnel.frame = b""
        tunnel.hear(1)
        frame = tunnel.frame.removeprefix(b"\xff\x03")
        if len(frame) < 6:
            continue
        protocol, code, identifier = struct.unpack("!HBB", frame[:4])
        if protocol == PAP:  # an Authenticate-Ack
            tunnel.socket.send(header + ppp(IPCP, REQUEST, 1, wanted[IPCP]))
        if protocol not in wanted:
            continue
        if code == REQUEST:
            tunnel.socket.send(header + ppp(protocol, ACK, identifier, frame[6:]))
        if code == NAK:
            wanted[protocol] = frame[6:]
            tunnel.socket.send(header + ppp(protocol, REQUEST, 2, wanted[protocol]))
        if code in (REQUEST, ACK):
            open_of[protocol] += 1
            if protocol == LCP and open_of[LCP] == 2:
                tunnel.socket.send(header + ppp(PAP, REQUEST, 1, b"\x0auser20@isp\x08password"))
    if min(open_of.values()) < 2:
        sys.exit("not online")


def flood(tunnel, header, frames):
    tunnel.socket.setblocking(False)
    sent = 0
    for frame in frames:
        try:
            tunnel.socket.send(header + frame)
            sent += 1
        except BlockingIOError:
            pass
        try:
            tunnel.socket.recv(2000)
            tunnel.frames += 1
        except BlockingIOError:
            pass
    return tunnel.frames, sent


def lcp(tunnel, count):
    dice = random.Random(1)

    def frame(i):
        code, options = dice.choice([(1, b"\5\6" + dice.randbytes(4)), (1, b""), (2, b""), (3, b"\1\4\5\xdc"), (9, b"\0" * 4),
                                     (1, dice.randbytes(20)), (77, b""), (8, b"\xc2\x23"), (4, b"\5\xff")])
        return ppp(LCP, code, i & 255, options)

    return flood(tunnel, call(tunnel), map(frame, range(count)))


def again(tunnel, count):
    header = call(tunnel)
    come_online(tunnel, header)
    return flood(tunnel, header, (ppp(LCP, REQUEST, i & 255, b"\5\6" + struct.pack("!I", i + 1)) for i in range(count)))


def main(what, lac, lns, count, secret):
    tunnel = Tunnel(lac, lns, secret)
    tunnel.open()
    print(*{"calls": calls, "lcp": lcp, "again": again}[what](tunnel, int(count)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

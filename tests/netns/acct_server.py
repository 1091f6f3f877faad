# SPDX-License-Identifier: ISC
"""An accounting server that remembers: `ADDRESS PORT SECRET DELAY`. Answers each Accounting-Request DELAY seconds after it
came. One with the source port, identifier and authenticator of an earlier one is a retransmission (RFC 5080 2.2.2); one
that says what an earlier one said, with the same Acct-Delay-Time, but is none of these, is a record told twice. At
SIGTERM prints, as JSON, how many of each, and how many sessions had what records."""
import collections
import hashlib
import heapq
import json
import select
import signal
import socket
import sys
import time

SO_RCVBUFFORCE = 33
STATUS, DELAY, SESSION = 40, 41, 44
NAMES = {1: "Start", 2: "Stop", 3: "Interim-Update"}


def attributes(packet):
    at = 20
    while at + 2 <= len(packet) and packet[at + 1] >= 2:
        yield packet[at], packet[at + 2:at + packet[at + 1]]
        at += packet[at + 1]


def main():
    address, port, secret, delay = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode(), float(sys.argv[4])
    asked, said, counts, kinds, answers = set(), {}, collections.Counter(), collections.defaultdict(list), []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        udp.bind((address, port))
        try:
            while True:
                while answers and answers[0][0] <= time.monotonic():
                    udp.sendto(*heapq.heappop(answers)[1:])
                if not select.select([udp], [], [], 0.01)[0]:
                    continue
                packet, source = udp.recvfrom(4096)
                pairs = list(attributes(packet))
                values = dict(pairs)
                late = values.get(DELAY)
                content = tuple(pair for pair in pairs if pair[0] != DELAY)
                if (source, packet[:20]) in asked:
                    counts["retransmissions"] += 1
                elif content in said:
                    counts["twice" if late in said[content] else "late"] += 1
                else:
                    kind = NAMES.get(int.from_bytes(values[STATUS], "big"))
                    if kind:
                        kinds[values[SESSION]].append(kind)
                asked.add((source, packet[:20]))
                said.setdefault(content, set()).add(late)
                head = bytes([5, packet[1], 0, 20])
                answer = head + hashlib.md5(head + packet[4:20] + secret).digest()
                heapq.heappush(answers, (time.monotonic() + delay, answer, source))
        finally:
            sequences = collections.Counter(" ".join(k) for k in kinds.values())
            print(json.dumps({"retransmissions": counts["retransmissions"], "twice": counts["twice"],
                              "late": counts["late"], "sessions": sequences}))


main()

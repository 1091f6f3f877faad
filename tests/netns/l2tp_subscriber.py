# SPDX-License-Identifier: ISC
"""The far end of one hand-made L2TP session: `l2tp_subscriber.py INTERFACE LAC-IP LNS-IP`. What is sent into the
interface leaves as L2TP data for tunnel 4242, session 5; what comes for tunnel 17, session 23 comes out of it.
SIGUSR1 writes the packets and octets seen so far."""
import fcntl
import os
import select
import signal
import socket
import struct
import sys

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SO_RCVBUFFORCE = 33
TO_LNS = struct.pack("!HHH", 0x0002, 4242, 5) + b"\xff\x03\x00\x21"
FROM_LNS = struct.pack("!HHH", 0x0002, 17, 23) + b"\xff\x03\x00\x21"


def main(interface, lac, lns):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", interface.encode(), IFF_TUN | IFF_NO_PI))
    l2tp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    l2tp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
    l2tp.bind((lac, 1701))
    l2tp.connect((lns, 1701))
    l2tp.setblocking(False)
    seen = {"sent": 0, "sent_octets": 0, "received": 0, "received_octets": 0, "foreign": 0}
    signal.signal(signal.SIGUSR1, lambda *_: print(seen, flush=True))
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([tun, l2tp], [], [])
        for _ in range(64):
            try:
                packet = os.read(tun, 65536)
            except BlockingIOError:
                break
            if packet[0] >> 4 != 4:
                continue  # the kernel's own IPv6
            l2tp.send(TO_LNS + packet)
            seen["sent"] += 1
            seen["sent_octets"] += len(packet)
        for _ in range(64):
            try:
                datagram = l2tp.recv(65536)
            except BlockingIOError:
                break
            except ConnectionRefusedError:
                continue
            if not datagram.startswith(FROM_LNS):
                seen["foreign"] += 1
                continue
            seen["received"] += 1
            seen["received_octets"] += len(datagram) - len(FROM_LNS)
            os.write(tun, datagram[len(FROM_LNS) :])


if __name__ == "__main__":
    main(*sys.argv[1:])

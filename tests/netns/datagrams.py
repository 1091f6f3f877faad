# SPDX-License-Identifier: ISC
"""Numbered UDP datagrams: `send FROM TO PORT COUNT SIZE`, SIZE being that of the IP packet, `send-single` the same
without checksums, so that nobody joins them on the way, or `collect ADDRESS PORT FILE`, which appends a line to FILE for each that comes: what was in it, in hex."""
import socket
import sys
import time

SO_NO_CHECK = 11
SO_RCVBUFFORCE = 33
HEADERS = 28  # IPv4 and UDP


def send(source, target, port, count, size, single):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, single)
        udp.bind((source, 0))
        for number in range(count):
            udp.sendto(number.to_bytes(4, "big") + bytes(size - HEADERS - 4), (target, port))
            if number % 10 == 9:
                time.sleep(0.002)  # queues on the way are short


def collect(address, port, path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, open(path, "a", buffering=1) as out:
        udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        udp.bind((address, port))
        while True:
            out.write(udp.recv(65535).hex() + "\n")


if sys.argv[1].startswith("send"):
    send(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]), sys.argv[1] == "send-single")
else:
    collect(sys.argv[2], int(sys.argv[3]), sys.argv[4])

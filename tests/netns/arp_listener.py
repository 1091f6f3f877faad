# SPDX-License-Identifier: ISC
"""Prints each ARP packet that comes in on an interface: Ethernet destination, sender, its address, the one asked for."""
import socket
import sys

ETH_P_ARP = 0x0806


def mac(octets):
    return ":".join("%02x" % octet for octet in octets)


listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP))
listener.bind((sys.argv[1], ETH_P_ARP))
print("listens", flush=True)
while True:
    frame = listener.recv(2048)
    arp = frame[14:42]
    print(mac(frame[:6]), mac(arp[8:14]), socket.inet_ntoa(arp[14:18]), socket.inet_ntoa(arp[24:28]), flush=True)

# SPDX-License-Identifier: ISC
"""Requests as nsctl sends them, but with a time of one's own, recorded, and sent again (lib/control/packet.h).

control.py HOST SECRET make FILE AGE WORD...   writes the datagram of a request that is AGE seconds old
control.py HOST SECRET send FILE               sends it, prints the verdict and the text of the reply
"""
import hashlib
import hmac
import os
import socket
import struct
import sys
import time


def seal(secret, kind, body):
    head = b"LNSC" + struct.pack(">BBH", 1, kind, 8 + 32 + len(body))
    return head + hmac.new(secret, head + body, hashlib.sha256).digest() + body


def make(secret, age, words):
    body = os.urandom(16) + struct.pack(">q", int(time.time()) - age)
    for word in words:
        body += struct.pack(">H", len(word)) + word.encode()
    return seal(secret, 1, body)


def send(host, secret, datagram):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(30)
        udp.connect((host, 1702))
        udp.send(datagram)
        reply = udp.recv(65536)
    assert seal(secret, 2, reply[40:]) == reply, "the reply's HMAC"
    assert reply[40:56] == datagram[40:56], "the reply's nonce"
    print(reply[56], reply[57:].decode("ascii"))


def main():
    host, secret, verb, path = sys.argv[1], sys.argv[2].encode(), sys.argv[3], sys.argv[4]
    if verb == "make":
        with open(path, "wb") as out:
            out.write(make(secret, int(sys.argv[5]), sys.argv[6:]))
    else:
        with open(path, "rb") as recorded:
            send(host, secret, recorded.read())


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: ISC
"""Sends what the fuzz corpora hold to a real suite: `hostile.py l2tp CORPORA SOURCE LNS-IP`, `hostile.py cli CORPORA ADDRESS
PORT`, or serves it as answers of a RADIUS server: `hostile.py radius CORPORA ADDRESS PORT`. `hostile.py callers COUNT ADDRESS PORT` only
connects, and holds on."""
import os
import random
import socket
import struct
import sys
import time

ROUNDS = 20


def corpus(root, name):
    folder = os.path.join(root, name)
    for file in sorted(os.listdir(folder)):
        with open(os.path.join(folder, file), "rb") as f:
            yield f.read()


def spoiled(dice, octets):
    octets = bytearray(octets)
    for _ in range(dice.randrange(3)):
        if octets:
            octets[dice.randrange(len(octets))] = dice.randrange(256)
    return bytes(octets[: dice.randrange(len(octets) + 1)] if dice.randrange(4) == 0 else octets)


def datagrams(root, dice):
    for octets in corpus(root, "l2tp_header"):
        yield octets
    for octets in corpus(root, "l2tp_message"):
        for tunnel in (0, dice.randrange(1, 65536)):
            yield struct.pack("!HHHHHH", 0xC802, 11 + len(octets), tunnel, 0, dice.randrange(3), dice.randrange(3)) + octets[1:]
    for octets in corpus(root, "ppp_frame"):
        yield struct.pack("!HHH", 2, dice.randrange(65536), dice.randrange(65536)) + octets
    for octets in corpus(root, "datapath_decap"):
        while len(octets) >= 2:
            size = struct.unpack("!H", octets[:2])[0]
            yield octets[2 : 2 + size]
            octets = octets[2 + size :]


def l2tp(root, source, lns):
    dice = random.Random(2661)
    sent = 0
    for i in range(ROUNDS):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((source, 0))
            for octets in datagrams(root, dice):
                try:
                    s.sendto((octets if i == 0 else spoiled(dice, octets))[:1472], (lns, 1701))
                    sent += 1
                except OSError:
                    pass
    print(sent)


def cli(root, address, port):
    # On loopback everybody may drop sessions where there is no users file: not those.
    lines = [octets for octets in corpus(root, "cli_line") if b"drop" not in octets] + [b"x" * 65536 + b"\r\n", b"\xff\xfa\x18" * 30000, b"\0" * 65536]
    for octets in lines:
        with socket.create_connection((address, int(port)), timeout=60) as s:
            try:
                s.sendall(octets[1:] + b"\r\n\4")
                s.shutdown(socket.SHUT_WR)
                while s.recv(65536):
                    pass
            except OSError:
                pass
    print(len(lines))


def callers(count, address, port):
    held = []
    for i in range(int(count)):
        s = socket.socket()
        s.settimeout(5)
        try:
            s.bind((f"127.0.{i % 250 + 1}.9", 0))
            s.connect((address, int(port)))
            held.append(s)
        except OSError:
            pass
    print(len(held), flush=True)
    time.sleep(600)


def radius(root, address, port):
    dice = random.Random(2865)
    answers = list(corpus(root, "radius_reply"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address, int(port)))
        while True:
            request, client = s.recvfrom(5000)
            for octets in answers:
                octets = spoiled(dice, octets)
                s.sendto(octets, client)
                if len(octets) > 2:
                    s.sendto(bytes([2, request[1]]) + octets[2:], client)


if __name__ == "__main__":
    {"l2tp": l2tp, "cli": cli, "callers": callers, "radius": radius}[sys.argv[1]](*sys.argv[2:])

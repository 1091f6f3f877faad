# SPDX-License-Identifier: ISC
"""TCP transfer with checksums: `serve ADDRESS PORT`, or `both ADDRESS PORT OCTETS` which sends so many
octets, gets as many back of another kind, and compares digests of both with the server's."""
import hashlib
import random
import socket
import struct
import sys

CHUNK = 65536


def read_exactly(connection, n):
    data = b""
    while len(data) < n:
        part = connection.recv(min(CHUNK, n - len(data)))
        if not part:
            raise ConnectionError("closed early")
        data += part
    return data


def receive(connection, octets):
    digest = hashlib.sha256()
    while octets > 0:
        part = connection.recv(min(CHUNK, octets))
        if not part:
            raise ConnectionError("closed early")
        digest.update(part)
        octets -= len(part)
    return digest.digest()


def send(connection, octets, seed):
    digest = hashlib.sha256()
    source = random.Random(seed)
    while octets > 0:
        part = source.randbytes(min(CHUNK, octets))
        connection.sendall(part)
        digest.update(part)
        octets -= len(part)
    return digest.digest()


def serve(address, port):
    with socket.create_server((address, port)) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                octets, seed = struct.unpack("!QQ", read_exactly(connection, 16))
                connection.sendall(receive(connection, octets))
                connection.sendall(send(connection, octets, seed))


def both(address, port, octets):
    seed = random.randrange(2**32)
    with socket.create_connection((address, port), timeout=120) as connection:
        connection.sendall(struct.pack("!QQ", octets, seed))
        if send(connection, octets, seed + 1) != read_exactly(connection, 32):
            sys.exit("octets sent are not those received")
        down = receive(connection, octets)
        if down != read_exactly(connection, 32):
            sys.exit("octets received are not those sent")
    print(f"{octets} octets each way, intact")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        both(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

# SPDX-License-Identifier: ISC
"""A telnet client for tests: types each argument as a line and prints what the CLI says.

An argument @TEXT is not typed: it waits until the CLI has said TEXT of its own accord.
"""
import re
import socket
import sys

PROMPT = re.compile(rb"(?:[\w.-]+(?:\([\w-]+\))?[>#] |[Uu]sername: |[Pp]assword: )$")
LONGEST_PROMPT = 300


def prompted(seen):
    """Only the end is looked at: a list may be long."""
    return PROMPT.search(seen[-LONGEST_PROMPT:])


def until_prompt(connection):
    connection.settimeout(60)
    seen = bytearray()
    while not prompted(seen):
        chunk = connection.recv(65536)
        if not chunk:
            break
        # Telnet negotiation (RFC 854): IAC and two octets.
        seen += re.sub(rb"\xff[\xfb-\xfe].", b"", chunk, flags=re.S)
    return seen


def until(connection, text):
    connection.settimeout(60)
    seen = bytearray()
    while text not in seen or not prompted(seen):
        chunk = connection.recv(65536)
        if not chunk:
            break
        seen += chunk
    return seen


def main():
    host, port, lines = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    with socket.create_connection((host, port), timeout=60) as connection:
        out = bytearray(until_prompt(connection))
        for line in lines:
            if line.startswith("@"):  # not typed: waits until that has been seen
                out += until(connection, line[1:].encode())
                continue
            connection.sendall(line.encode() + b"\r\n")
            out += until_prompt(connection)
        connection.sendall(b"quit\r\n")
    sys.stdout.write(out.decode("ascii", "replace").replace("\r", ""))


if __name__ == "__main__":
    main()

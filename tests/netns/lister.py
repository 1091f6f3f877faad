# SPDX-License-Identifier: ISC
"""Types `show session` again and again until it is ended by SIGTERM, and then prints how often that was, how long one list
took on average, and the number of rows of the shortest.
"""
import re
import signal
import socket
import sys
import time

ROW = re.compile(rb" [YN] [YN] [YN] ")


def listing(connection):
    connection.sendall(b"show session\r\n")
    seen = b""
    while not seen.endswith(b"> "):
        chunk = connection.recv(1 << 20)
        if not chunk:
            sys.exit("the connection was closed")
        seen += chunk
    return len(ROW.findall(seen))


def main():
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    rows, begin = [], time.monotonic()
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=600) as connection:
        while not connection.recv(65536).endswith(b"> "):
            pass
        print("lists", flush=True)
        while not ended:
            rows.append(listing(connection))
            if len(rows) == 3:
                print("three lists", flush=True)
    print("lists %d seconds %.3f rows %d" % (len(rows), (time.monotonic() - begin) / len(rows), min(rows)))


main()

# SPDX-License-Identifier: ISC
"""Watches a window of time in this network namespace and prints one JSON object.

Usage: window.py SECONDS INTERFACE [PID...]
packets a second sent and dropped by INTERFACE, and CPU seconds a second of the processes."""
import json
import os
import sys
import time

TICK = os.sysconf("SC_CLK_TCK")


def count(interface, what):
    with open(f"/sys/class/net/{interface}/statistics/{what}") as file:
        return int(file.read())


def sample(interface, pids):
    return [time.monotonic(), count(interface, "tx_packets"), count(interface, "tx_dropped"), cpu(pids)]


def cpu(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])  # utime, stime
    return total / TICK


def main():
    seconds, interface, pids = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
    before = sample(interface, pids)
    time.sleep(seconds)
    took, sent, dropped, busy = (b - a for a, b in zip(before, sample(interface, pids)))
    print(json.dumps({"pps": sent / took, "dropped": dropped / took, "cpu": busy / took, "seconds": took}))


main()

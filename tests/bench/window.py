# SPDX-License-Identifier: ISC
"""Watches a window of time in this network namespace and prints one JSON object.

Usage: window.py SECONDS INTERFACE rx|tx [PID...]
packets a second received or sent, and dropped, by INTERFACE, and CPU seconds a second of the processes."""
import json
import os
import sys
import time

LEAD = 0.5  # seconds of load before
TICK = os.sysconf("SC_CLK_TCK")


def count(interface, what):
    with open(f"/sys/class/net/{interface}/statistics/{what}") as file:
        return int(file.read())


def sample(interface, way, pids):
    return [time.monotonic(), count(interface, way + "_packets"), count(interface, way + "_dropped"), cpu(pids)]


def cpu(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])  # utime, stime
    return total / TICK


def main():
    seconds, interface, way, pids = float(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
    time.sleep(LEAD)
    before = sample(interface, way, pids)
    time.sleep(seconds)
    took, sent, dropped, busy = (b - a for a, b in zip(before, sample(interface, way, pids)))
    print(json.dumps({"pps": sent / took, "dropped": dropped / took, "cpu": busy / took, "seconds": took}))


main()

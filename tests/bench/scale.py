# SPDX-License-Identifier: ISC
"""Figures of processes for tests/bench/scale: `cpu PID...`, `snapshot PID...`, `memory PID...`,
`difference FILE FILE SESSIONS`, `spent FILE FILE`."""
import os
import sys
import time


def nanoseconds(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[0])


def cpu(pids):
    """CPU milliseconds so far."""
    print(sum(nanoseconds(pid) for pid in pids) // 1000000)


def snapshot(pids):
    """The time, then name and CPU nanoseconds of each, all at one instant."""
    print("time", time.monotonic_ns())
    rows = [nanoseconds(pid) for pid in pids]
    for pid, ns in zip(pids, rows):
        with open(f"/proc/{pid}/comm", encoding="ascii") as f:
            print(f.read().strip(), ns)


def memory(pids):
    """A line each: name and octets of a process's own memory, or of a table."""
    for pid in pids:
        with open(f"/proc/{pid}/comm", encoding="ascii") as f:
            name = f.read().strip()
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            own = [line.split()[1] for line in f if line.startswith("RssAnon")]
        print(name, int(own[0]) * 1024)
    with open(f"/proc/{pids[0]}/maps", encoding="ascii") as f:
        ours = {line.split("/dev/shm/")[1].split("-")[1] for line in f if "/dev/shm/l2tpns-" in line}
    for entry in os.scandir("/dev/shm"):
        if entry.name.startswith("l2tpns-") and entry.name.split("-")[1] in ours:
            print("table", entry.name.split("-", 2)[2], entry.stat().st_blocks * 512)


def difference(empty, full, sessions):
    def read(path):
        sums = {}
        with open(path, encoding="ascii") as f:
            for line in f:
                *name, octets = line.split()
                key = " ".join(name)
                sums[key] = sums.get(key, 0) + int(octets)
        return sums

    before, after = read(empty), read(full)
    total = 0
    for key, octets in sorted(after.items()):
        grown = octets - before.get(key, 0)
        total += grown
        if grown >= sessions:
            print(f"| {key} | {before.get(key, 0) >> 10} | {octets >> 10} | {grown / sessions:.0f} |")
    print(f"| all | {sum(before.values()) >> 10} | {sum(after.values()) >> 10} | {total / sessions:.0f} |")


def spent(before, after):
    with open(before, encoding="ascii") as f, open(after, encoding="ascii") as g:
        rows = [(a.split()[0], int(b.split()[1]) - int(a.split()[1])) for a, b in zip(f, g)]
    elapsed = rows.pop(0)[1]
    rows.append(("all", sum(ns for _, ns in rows)))
    for name, ns in rows:
        print(f"| {name} | {ns // 1000000} | {ns / elapsed * 100:.2f} |")
    print(f"| in {elapsed / 1e9:.1f} s | | |")


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "difference":
        difference(arguments[0], arguments[1], int(arguments[2]))
    elif command == "spent":
        spent(arguments[0], arguments[1])
    else:
        {"cpu": cpu, "memory": memory, "snapshot": snapshot}[command](arguments)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: ISC
"""Prints the table of tests/bench/recovery from its measurements: `FILE SESSIONS PPS`."""
import statistics
import sys


def main():
    rows = {}
    with open(sys.argv[1], encoding="utf-8") as raw:
        for line in raw:
            name, *values = line.split("\t")
            rows.setdefault(name, []).append([float(v) for v in values])
    print(f"{sys.argv[2]} sessions, {sys.argv[3]} packets/s each way; milliseconds, median (maximum)\n")
    print("| killed | times | pause up | pause down | control unanswered | running again |")
    print("|---|---|---|---|---|---|")
    for name, runs in rows.items():
        cells = [f"{statistics.median(c):.0f} ({max(c):.0f})" for c in zip(*runs)]
        if name == "none":
            cells[-1] = "-"
        print(f"| {name} | {len(runs)} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()

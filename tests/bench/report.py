# SPDX-License-Identifier: ISC
"""Tables of medians and ratios from the measurements that tests/bench/run recorded.

Usage: report.py RAW COMMIT
Ratios are medians of the ratios within a round; after a median stand the smallest and largest value and how many."""
import collections
import datetime
import os
import platform
import statistics
import sys

# benchmark: title, the value compared, its unit, columns of parameters, further values shown of each variant
TABLES = {
    "setup": ("Set-up rate", "rate", "sessions/s", ["sessions", "unfinished"], ["failed"]),
    "packets": ("Forwarding under flood", "kpps", "kpps", ["way", "size", "sessions"], ["offered", "cpu"]),
    "tcp": ("TCP through a session", "cpu_s_per_gb", "CPU s/GB", ["way"], ["gbit"]),
}
NOTES = {
    "setup": "Failed: sessions that did not come up, in all rounds.",
    "packets": "Offered: what the generator sent, in kpps; the rest was lost. CPU: of the LNS's processes, in CPUs; the "
    "receiving kernel thread has the rest of the CPU. Plain forwarding has no process.",
    "tcp": "CPU seconds of all the LNS's processes for 10^9 octets of TCP payload. Gbit/s is limited by the ends.",
}
VARIANTS = ["ours", "original", "plain"]
NAMES = {"ours": "this suite", "original": "2.4.1", "plain": "plain"}


def pairs(text):
    return dict(word.split("=", 1) for word in text.split())


def read(path):
    """{benchmark: {parameters: {variant: {round: {name: value}}}}}"""
    found = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(dict)))
    with open(path) as file:
        for line in file:
            benchmark, variant, parameters, round_, *values = line.rstrip("\n").split("\t")
            cell = found[benchmark][tuple(pairs(parameters).items())][variant]
            cell[int(round_)] = {k: float(v) for k, v in pairs(" ".join(values)).items()}
    return found


def number(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def shown(values):
    text = number(statistics.median(values))
    return text if len(values) == 1 else f"{text} ({number(min(values))}-{number(max(values))}, {len(values)})"


def ratio(cell, value, other):
    ours, theirs = cell.get("ours", {}), cell.get(other, {})
    ratios = [ours[r][value] / theirs[r][value] for r in ours if r in theirs and theirs[r][value] > 0]
    return f"{statistics.median(ratios):.2f}" if ratios else "-"


def extra(name, rounds):
    values = [r[name] for r in rounds.values()]
    return number(sum(values) if name == "failed" else statistics.median(values))


def table(benchmark, cells):
    title, value, unit, columns, extras = TABLES[benchmark]
    variants = [v for v in VARIANTS if any(v in cell for cell in cells.values())]
    heads = [c for c in columns]
    for v in variants:
        heads += [f"{NAMES[v]}, {unit}"] + [f"{e}" for e in extras]
    heads += [f"/ {NAMES[v]}" for v in variants if v != "ours"]
    print(f"## {title}\n\n{NOTES[benchmark]}\n")
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for parameters, cell in cells.items():
        row = [dict(parameters)[c] for c in columns]
        for v in variants:
            rounds = cell.get(v, {})
            row.append(shown([r[value] for r in rounds.values()]) if rounds else "-")
            row += [extra(e, rounds) if rounds else "-" for e in extras]
        row += [f"**{ratio(cell, value, v)}**" for v in variants if v != "ours"]
        print("| " + " | ".join(row) + " |")
    print()


def processor():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    found = read(sys.argv[1])
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    print("# Measured\n")
    print(f"{datetime.date.today()}, commit {sys.argv[2]}, {processor()}, {os.cpu_count()} CPUs, Linux {platform.release()}, "
          f"load average at the end {load}.\n")
    print("Made by `tests/bench/run`; tests/bench/README says how. Variants were measured in turn within each round. A value is "
          "a median (smallest-largest, rounds); a ratio is the median of the ratios within a round. 2.4.1 is Debian's "
          "l2tpns 2.4.1.\n")
    for benchmark in TABLES:
        if benchmark in found:
            table(benchmark, found[benchmark])


main()

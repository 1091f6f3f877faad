# SPDX-License-Identifier: ISC
"""Tables of medians and ratios from the measurements that tests/bench/run recorded.

Usage: report.py RAW...
Each RAW may hold several runs one after the other. Ratios are medians of the ratios within a round of a run; after a
median stand the smallest and largest value and how many."""
import collections
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
WAYS = ["up", "down"]
VARIANTS = ["ours", "tc", "original", "plain"]
SUBJECTS = ["ours", "tc"]  # what is compared with the others
NAMES = {"ours": "this suite", "tc": "with fast_path tc", "original": "2.4.1", "plain": "plain"}


def pairs(text):
    return dict(word.split("=", 1) for word in text.split())


class Measurements:
    """cells: {benchmark: {parameters: {variant: {(run, round): {name: value}}}}}, runs: what each run says of itself."""

    def __init__(self):
        self.cells = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(dict)))
        self.runs = []
        self.run = 0

    def add(self, line):
        if line.startswith("#"):
            self.runs.append(line.lstrip("# "))
            self.run += 1
            return
        benchmark, variant, parameters, round_, *values = line.split("\t")
        cell = self.cells[benchmark][tuple(pairs(parameters).items())][variant]
        if (self.run, round_) in cell:  # a further run that does not say so
            self.run += 1
        cell[(self.run, round_)] = {k: float(v) for k, v in pairs(" ".join(values)).items()}


def read(paths):
    found = Measurements()
    for path in paths:
        with open(path) as file:
            for line in file:
                found.add(line.rstrip("\n"))
    return found


def in_order(parameters):
    return [WAYS.index(value) if value in WAYS else int(value) for _, value in parameters]


def number(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def shown(values):
    text = number(statistics.median(values))
    return text if len(values) == 1 else f"{text} ({number(min(values))}-{number(max(values))}, {len(values)})"


def ratio(cell, value, subject, other):
    ours, theirs = cell.get(subject, {}), cell.get(other, {})
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
    compared = [(s, v) for s in SUBJECTS if s in variants for v in variants if v not in SUBJECTS]
    heads += [f"{'' if s == 'ours' else s + ' '}/ {NAMES[v]}" for s, v in compared]
    print(f"## {title}\n\n{NOTES[benchmark]}\n")
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for parameters, cell in sorted(cells.items(), key=lambda item: in_order(item[0])):
        row = [dict(parameters)[c] for c in columns]
        for v in variants:
            rounds = cell.get(v, {})
            row.append(shown([r[value] for r in rounds.values()]) if rounds else "-")
            row += [extra(e, rounds) if rounds else "-" for e in extras]
        row += [f"**{ratio(cell, value, s, v)}**" for s, v in compared]
        print("| " + " | ".join(row) + " |")
    print()


def processor():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    found = read(sys.argv[1:])
    print("# Measured\n")
    print(f"{processor()}, {os.cpu_count()} CPUs, Linux {platform.release()}.\n")
    for run in found.runs:
        print(f"- {run}")
    print("\nMade by `tests/bench/run`; tests/bench/README says how. Variants were measured in turn within each round. A value is "
          "a median (smallest-largest, rounds); a ratio is the median of the ratios within a round. 2.4.1 is Debian's "
          "l2tpns 2.4.1.\n")
    for benchmark in TABLES:
        if benchmark in found.cells:
            table(benchmark, found.cells[benchmark])


main()

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

# benchmark: title, the value compared, what it is, columns of parameters, further values shown
TABLES = {
    "setup": ("Set-up rate", "rate", "sessions/s", ["sessions", "unfinished"], ["failed", "resent"]),
    "packets": ("Forwarding under flood", "kpps", "kpps", ["sessions", "way", "size"], ["offered", "busy", "cpu"]),
    "latency": ("Time of flight at equal load", "p99", "p99, us", ["sessions", "way", "size"],
                ["p50", "kpps", "lost", "busy"]),
    "storm": ("Reconnect storm", "seconds", "s until all are up", ["sessions", "unfinished"], ["failed"]),
    "tcp": ("TCP through a session", "all", "CPU s/GB", ["way"], ["processes", "gbit"]),
}
NOTES = {
    "setup": "Failed: sessions that did not come up; resent: control messages that the LAC or the LNS sent once more; both "
    "in all rounds.",
    "packets": "Offered: what the generator sent, in kpps; the rest was lost. A rate with > is not that of the LNS: hardly "
    "more was offered. Busy: how much of its CPU the LNS's machine used, with the receiving of its cards; cpu: the LNS's "
    "processes of it.",
    "latency": "From one far end to the other, all variants carrying the same (kpps), half of what 2.4.1 can. p50, "
    "p99 in us; they hold up to 50 us of the receiver's interrupt moderation. Lost: per cent.",
    "storm": "A LAC with all sessions is gone without a word and brings them up again, so many at a time. Failed: in all "
    "rounds.",
    "tcp": "CPU seconds of the LNS's machine for 10^9 octets of TCP payload, with the receiving of its cards, where the kernel "
    "forwards; processes: the LNS's processes of it. Gbit/s is limited by the ends.",
}
WAYS = ["up", "down"]
NAMES = {
    "ours": "this suite", "tc": "fast_path tc", "stack": "fast_path stack", "redirect": "fast_path redirect",
    "original": "2.4.1", "plain": "plain",
}
SERVICES = {"throttled": ", all throttled", "snooped": ", 1 % intercepted"}
VARIANTS = [m + s for m in ["ours", "tc", "stack", "redirect"] for s in ["", "-throttled", "-snooped"]]
VARIANTS += ["original", "plain"]
REFERENCES = ["plain", "original"]
PROCESSES = ["freeradius", "lacsim", "l2tpns", "sessiond", "radiusd-client", "datapathd", "l2tpnsd", "clid"]
SUMS = ["failed", "resent"]  # of all rounds; of other values the median is shown
ENOUGH = 1.1  # offered to carried


def name_of(variant):
    mode, _, service = variant.partition("-")
    return NAMES[mode] + SERVICES.get(service, "")


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
        found = pairs(parameters)
        cell = self.cells[benchmark][tuple((c, found[c]) for c in TABLES[benchmark][3])][variant]
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
    return f"**{statistics.median(ratios):.2f}**" if ratios and subject != other else ""


def extra(name, rounds):
    values = [r[name] for r in rounds.values() if name in r]
    if not values:
        return ""
    return number(sum(values) if name in SUMS else statistics.median(values))


def bounded_by_generator(rounds):
    values = [r["offered"] / r["kpps"] for r in rounds.values() if r.get("kpps", 0) > 0 and "offered" in r]
    return bool(values) and statistics.median(values) < ENOUGH


def table(benchmark, cells):
    title, value, unit, columns, extras = TABLES[benchmark]
    present = [v for v in VARIANTS if any(v in cell for cell in cells.values())]
    references = [v for v in REFERENCES if v in present]
    services = any("-" in v for v in present)
    heads = columns + ["variant", unit] + extras + [f"/ {NAMES[v]}" for v in references]
    heads += ["/ without"] * services
    print(f"## {title}\n\n{NOTES[benchmark]}\n")
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for parameters, cell in sorted(cells.items(), key=lambda item: in_order(item[0])):
        for variant in present:
            rounds = cell.get(variant, {})
            if not rounds:
                continue
            row = [v for _, v in parameters] + [name_of(variant)]
            row.append("> " * bounded_by_generator(rounds) + shown([r[value] for r in rounds.values()]))
            row += [extra(e, rounds) for e in extras]
            row += [ratio(cell, value, variant, v) for v in references]
            if services:
                row.append(ratio(cell, value, variant, variant.split("-")[0]))
            print("| " + " | ".join(row) + " |")
    print()


def cpu_budget(cells):
    """Of set-ups: CPU time of each process."""
    names = [p for p in PROCESSES if any("cpu_" + p in r for c in cells.values() for v in c.values() for r in v.values())]
    if not names:
        return
    print("## Where a set-up's time goes\n\nCPU microseconds a session of each process, user and system, medians. The kernel's "
          "work for a packet is charged to whom it interrupts, mostly the sender. Rest: of all else on the machine, which "
          "is the benchmark's own only where the machine was quiet. The CPU of the LNS has all but FreeRADIUS and lacsim.\n")
    heads = ["sessions", "unfinished", "variant"] + names + ["sum", "rest"]
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for parameters, cell in sorted(cells.items(), key=lambda item: in_order(item[0])):
        for variant, rounds in cell.items():
            used = [sum(r.get("cpu_" + name, 0) for name in names) for r in rounds.values()]
            rest = [r["cpu_machine"] - u for r, u in zip(rounds.values(), used) if "cpu_machine" in r]
            row = [v for _, v in parameters] + [name_of(variant)] + [extra("cpu_" + name, rounds) for name in names]
            row += [number(statistics.median(used)), number(statistics.median(rest)) if rest else ""]
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
            if benchmark == "setup":
                cpu_budget(found.cells[benchmark])


main()

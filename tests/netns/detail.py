# SPDX-License-Identifier: ISC
"""Checks a FreeRADIUS detail file: `FILE SESSIONS CAUSE CLASS`. Each of so many accounting sessions has one Start, then
one Stop, with what every record must have. Prints the sums of input and output octets."""
import sys


def records(path):
    """Each record as a dictionary; they are separated by empty lines and begin with a date."""
    with open(path, encoding="utf-8", errors="replace") as detail:
        for block in detail.read().split("\n\n"):
            pairs = [line.split(" = ", 1) for line in block.splitlines() if " = " in line]
            if pairs:
                yield {name.strip(): value.strip('"') for name, value in pairs}


def fault(record, cause, klass):
    """What is wrong with it, or nothing."""
    for name in ("Event-Timestamp", "User-Name", "Framed-IP-Address", "NAS-IP-Address", "Acct-Delay-Time", "NAS-Port"):
        if name not in record:
            return f"no {name}"
    if klass and record.get("Class") != "0x" + klass.encode().hex():
        return "another Class"
    if any(name.endswith("Gigawords") and value != "0" for name, value in record.items()):
        return "Gigawords of so little"
    if record["Acct-Status-Type"] == "Stop" and record.get("Acct-Terminate-Cause") != cause:
        return f"not {cause}"
    return None


def main():
    path, sessions, cause, klass = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    seen, octets = {}, [0, 0]
    for record in records(path):
        if "User-Name" not in record and record["Acct-Status-Type"] in ("Accounting-On", "Accounting-Off"):
            continue
        if why := fault(record, cause, klass):
            sys.exit(f"{why}: {record}")
        seen.setdefault(record["Acct-Session-Id"], []).append(record["Acct-Status-Type"])
        if record["Acct-Status-Type"] == "Stop":
            octets[0] += int(record["Acct-Input-Octets"])
            octets[1] += int(record["Acct-Output-Octets"])
    odd = {key: kinds for key, kinds in seen.items() if kinds != ["Start", "Stop"]}
    if len(seen) != sessions or odd:
        sys.exit(f"{len(seen)} sessions, not {sessions}; odd ones: {odd}")
    print(*octets)


if __name__ == "__main__":
    main()

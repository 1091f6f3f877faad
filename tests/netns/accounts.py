# SPDX-License-Identifier: ISC
"""Checks a FreeRADIUS detail file: `FILE PREFIX`. Every accounting session has one Start, and after it one Stop; what
Interim-Updates in between say only grows. Prints how many sessions of users with names PREFIX... there are, and the sums
of their input octets, output octets, input packets and output packets."""
import sys

from detail import records

SUMS = ("Acct-Input-Octets", "Acct-Output-Octets", "Acct-Input-Packets", "Acct-Output-Packets")


def main():
    kinds, latest, totals = {}, {}, [0] * (1 + len(SUMS))
    for record in records(sys.argv[1]):
        if "User-Name" not in record:
            continue
        key, kind = record["Acct-Session-Id"], record["Acct-Status-Type"]
        if kind != "Interim-Update":
            kinds.setdefault(key, []).append(kind)
        said = [int(record.get(name, 0)) for name in SUMS]
        if any(now < before for now, before in zip(said, latest.get(key, said))):
            sys.exit(f"less than before: {record}")
        latest[key] = said
        if kind == "Stop" and record["User-Name"].startswith(sys.argv[2]):
            totals = [total + more for total, more in zip(totals, [1, *said])]
    odd = {key: seen for key, seen in kinds.items() if seen != ["Start", "Stop"]}
    if odd:
        sys.exit(f"{len(odd)} of {len(kinds)} sessions are not one Start and one Stop: {list(odd.items())[:20]}")
    print(*totals)


if __name__ == "__main__":
    main()

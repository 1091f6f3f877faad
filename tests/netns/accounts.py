# SPDX-License-Identifier: ISC
"""Checks a FreeRADIUS detail file: `FILE PREFIX`. Every accounting session has one Start, and after it one Stop. Prints
how many sessions of users with names PREFIX... there are, and the sums of their input and output octets."""
import sys

from detail import records


def main():
    kinds, totals = {}, [0, 0, 0]
    for record in records(sys.argv[1]):
        if "User-Name" not in record:
            continue
        kinds.setdefault(record["Acct-Session-Id"], []).append(record["Acct-Status-Type"])
        if record["Acct-Status-Type"] == "Stop" and record["User-Name"].startswith(sys.argv[2]):
            totals[0] += 1
            totals[1] += int(record["Acct-Input-Octets"])
            totals[2] += int(record["Acct-Output-Octets"])
    odd = {key: seen for key, seen in kinds.items() if seen != ["Start", "Stop"]}
    if odd:
        sys.exit(f"{len(odd)} of {len(kinds)} sessions are not one Start and one Stop: {list(odd.items())[:20]}")
    print(*totals)


if __name__ == "__main__":
    main()
